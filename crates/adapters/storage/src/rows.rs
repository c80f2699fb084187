//! Results that are not held as a whole: rows with long texts are read one by one, and no more of them than are wanted.

use derslik_ports::outbound::Listed;
use diesel::QueryResult;

/// A row that may be long.
pub(crate) trait Lengthy {
    /// How many bytes its texts have.
    fn text_bytes(&self) -> usize;
}

/// The first of the rows: `most` of them, or fewer where their texts come to `bytes`. That row is the last one then.
pub(crate) fn first_rows<R: Lengthy>(mut rows: impl Iterator<Item = QueryResult<R>>, most: usize, bytes: usize) -> QueryResult<Listed<R>> {
    let (mut entries, mut taken) = (Vec::new(), 0);
    while entries.len() < most && taken < bytes {
        let Some(row) = rows.next().transpose()? else { return Ok(Listed { entries, more: false }) };
        taken += row.text_bytes();
        entries.push(row);
    }
    let more = rows.next().transpose()?.is_some();
    Ok(Listed { entries, more })
}

/// Runs a query whose rows are read one by one. PostgreSQL would send all of them before the first is looked at.
macro_rules! one_by_one {
    ($conn:expr, $row:ty, $query:expr, |$rows:ident| $read:expr) => {
        match $conn {
            $crate::conn::Conn::Pg(conn) => {
                let $rows = diesel::RunQueryDsl::load_iter::<$row, diesel::pg::PgRowByRowLoadingMode>($query, conn)?;
                $read
            }
            $crate::conn::Conn::Sqlite(conn) => {
                let $rows = diesel::RunQueryDsl::load_iter::<$row, diesel::connection::DefaultLoadingMode>($query, conn)?;
                $read
            }
        }
    };
}
pub(crate) use one_by_one;

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
        let Listed { entries, more } = first_rows(rows, most, bytes).unwrap();
        (entries, more, read.get())
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
