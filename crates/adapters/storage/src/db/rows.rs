//! Reads results row by row, so that long texts are not all in memory, and no more rows are read than needed.

use derslik_domain::page::Page;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::{Connection, QueryResult, RunQueryDsl};
use diesel::query_dsl::LoadQuery;
use diesel::sqlite::SqliteConnection;

use super::postgres::PgConnection;

/// A row with texts that may be long.
pub(crate) trait Lengthy {
    /// The bytes of its texts, as [`written_bytes`] counts them.
    fn text_bytes(&self) -> usize;
}

/// The most bytes of a text as JSON: a control character becomes six characters.
pub(crate) fn written_bytes(text: &str) -> usize {
    let extra = text.bytes().map(|byte| match byte {
        0..0x20 => 5,
        b'"' | b'\\' => 1,
        _ => 0,
    });
    text.len() + extra.sum::<usize>()
}

/// A connection that can load rows one by one.
pub(crate) trait OneByOne: Connection {
    /// The loading mode of diesel for that.
    type Mode;
}

impl OneByOne for PgConnection {
    /// In this mode only as many rows are received as fit the buffers before the first one is read.
    type Mode = DefaultLoadingMode;
}

impl OneByOne for SqliteConnection {
    type Mode = DefaultLoadingMode;
}

/// Runs a query and returns its first rows, as [`first_rows`] counts them.
pub(crate) fn load_first<'conn, 'query: 'conn, C, Q, R>(query: Q, conn: &'conn mut C, most: usize, bytes: usize) -> QueryResult<Page<R>>
where
    C: OneByOne,
    Q: RunQueryDsl<C> + LoadQuery<'query, C, R, C::Mode> + 'conn,
    R: Lengthy + 'conn,
{
    first_rows(query.load_iter(conn)?, most, bytes)
}

/// At most `most` rows. It ends earlier with the row whose texts reach `bytes` in total.
fn first_rows<R: Lengthy>(mut rows: impl Iterator<Item = QueryResult<R>>, most: usize, bytes: usize) -> QueryResult<Page<R>> {
    let (mut entries, mut taken) = (Vec::new(), 0);
    while entries.len() < most && taken < bytes {
        let Some(row) = rows.next().transpose()? else { return Ok(Page { entries, more: false }) };
        taken += row.text_bytes();
        entries.push(row);
    }
    let more = rows.next().transpose()?.is_some();
    Ok(Page { entries, more })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    impl Lengthy for usize {
        fn text_bytes(&self) -> usize {
            *self
        }
    }

    fn first(lengths: &[usize], most: usize, bytes: usize) -> (Vec<usize>, bool, usize) {
        let read = Cell::new(0);
        let rows = lengths.iter().map(|length| {
            read.set(read.get() + 1);
            Ok(*length)
        });
        let Page { entries, more } = first_rows(rows, most, bytes).unwrap();
        (entries, more, read.get())
    }

    #[test]
    fn what_is_escaped_gets_longer() {
        assert_eq!([written_bytes("ş a"), written_bytes("\u{1}\n"), written_bytes("\"\\")], [4, 12, 4]);
    }

    #[test]
    fn rows_are_read_up_to_their_number_or_the_length_of_their_texts() {
        assert_eq!(first(&[], 2, 10), (vec![], false, 0));
        assert_eq!(first(&[1, 1], 2, 10), (vec![1, 1], false, 2));
        assert_eq!(first(&[1, 1, 1, 1], 2, 10), (vec![1, 1], true, 3));
        assert_eq!(first(&[4, 6, 4, 4], 4, 10), (vec![4, 6], true, 3));
        assert_eq!(first(&[4, 6], 4, 10), (vec![4, 6], false, 2));
        assert_eq!(first(&[100, 1, 1], 4, 10), (vec![100], true, 2));
    }
}
