//! Writes many rows in one statement of PostgreSQL, with one array for each column. So the text of the statement never changes, and
//! the server parses and plans it once for a connection.
//!
//! The arrays are taken apart in a list of columns, `SELECT unnest(…), unnest(…)`, whose rows the server hands on as it makes them. In
//! `FROM unnest(…, …)` it would first store each column of each row (ADR 49).

use std::fmt;
use std::io::Write;
use std::marker::PhantomData;
use std::num::TryFromIntError;

use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, BigInt, Binary, Bool, HasSqlType, Nullable, SmallInt, Text};

use crate::db::sql::{Each, Sql, Statement, Value, bound};
use crate::db::types::{Civil, DbCivil, DbGuid, DbInstant, DbJson, Guid, Instant, JSONB_VERSION, Json};

/// At least as many columns as any row has.
const MAX_COLUMNS: usize = 24;

/// The columns of many rows: each is named once, with its SQL type and its value in a row.
pub(crate) struct Columns<'r, R> {
    rows: &'r [R],
    names: Vec<&'static str>,
    changed: Vec<&'static str>,
    arrays: Vec<Box<dyn QueryFragment<Pg> + 'r>>,
    is_count_hidden: bool,
}

impl<'r, R> Columns<'r, R> {
    /// No column yet.
    pub(crate) fn of(rows: &'r [R]) -> Self {
        let names = || Vec::with_capacity(MAX_COLUMNS);
        Self { rows, names: names(), changed: names(), arrays: Vec::with_capacity(MAX_COLUMNS), is_count_hidden: false }
    }

    /// Hides the number of rows from the planner. For a few rows it would make a new plan each time, which costs more than running it.
    pub(crate) fn of_hidden_count(self) -> Self {
        Self { is_count_hidden: true, ..self }
    }

    /// A column that an update changes.
    pub(crate) fn column<T, V>(mut self, name: &'static str, value: impl Fn(&'r R) -> V + 'r) -> Self
    where
        Pg: HasSqlType<T>,
        V: Element<T>,
        T: 'static,
    {
        self.changed.push(name);
        self.key::<T, V>(name, value)
    }

    /// A column by which an update finds its row.
    pub(crate) fn key<T, V>(mut self, name: &'static str, value: impl Fn(&'r R) -> V + 'r) -> Self
    where
        Pg: HasSqlType<T>,
        V: Element<T>,
        T: 'static,
    {
        self.names.push(name);
        self.arrays.push(bound::<Pg, Array<T>, _>(Column { rows: self.rows, value, sql_type: PhantomData::<T> }));
        self
    }

    /// A statement that writes the rows. Its text has these names:
    ///
    /// * `:columns`: the names of all columns.
    /// * `:rows`: a query in parentheses that returns the rows. It needs a name; call it `new`.
    /// * `:changes`: the assignments of an update, which read from `new`.
    pub(crate) fn written_by(self, statement: &'static Statement) -> Sql<'r, Pg> {
        let Self { rows: _, names, changed, arrays, is_count_hidden } = self;
        let rows = if is_count_hidden {
            // The planner does not look into a subquery.
            Each { open: "(SELECT unnest((SELECT ", between: ")), unnest((SELECT ", close: ")))", values: arrays }
        } else {
            Each { open: "(SELECT unnest(", between: "), unnest(", close: "))", values: arrays }
        };
        Sql::of(statement).text("columns", names.join(", ")).text("changes", assignments(&changed)).with("rows".into(), Value::Each(rows))
    }
}

fn assignments(changed: &[&str]) -> String {
    let mut assignments = String::new();
    for &name in changed {
        let separator = if assignments.is_empty() { "" } else { ", " };
        for part in [separator, name, " = new.", name] {
            assignments.push_str(part);
        }
    }
    assignments
}

/// A value in the binary form of PostgreSQL for the SQL type `T`.
pub(crate) trait Element<T> {
    /// Appends the bytes. Returns `false` for NULL, which has none.
    fn append_to(&self, bytes: &mut Vec<u8>) -> bool;
}

impl Element<Text> for &str {
    fn append_to(&self, bytes: &mut Vec<u8>) -> bool {
        bytes.extend_from_slice(self.as_bytes());
        true
    }
}

impl Element<Binary> for &[u8] {
    fn append_to(&self, bytes: &mut Vec<u8>) -> bool {
        bytes.extend_from_slice(self);
        true
    }
}

impl Element<SmallInt> for i16 {
    fn append_to(&self, bytes: &mut Vec<u8>) -> bool {
        bytes.extend_from_slice(&self.to_be_bytes());
        true
    }
}

impl Element<BigInt> for i64 {
    fn append_to(&self, bytes: &mut Vec<u8>) -> bool {
        bytes.extend_from_slice(&self.to_be_bytes());
        true
    }
}

impl Element<Bool> for bool {
    fn append_to(&self, bytes: &mut Vec<u8>) -> bool {
        bytes.push(u8::from(*self));
        true
    }
}

impl Element<Guid> for DbGuid {
    fn append_to(&self, bytes: &mut Vec<u8>) -> bool {
        bytes.extend_from_slice(self.0.as_bytes());
        true
    }
}

impl Element<Instant> for DbInstant {
    fn append_to(&self, bytes: &mut Vec<u8>) -> bool {
        bytes.extend_from_slice(&self.to_bytes());
        true
    }
}

impl Element<Civil> for DbCivil {
    fn append_to(&self, bytes: &mut Vec<u8>) -> bool {
        bytes.extend_from_slice(&self.to_bytes());
        true
    }
}

impl Element<Json> for &DbJson {
    fn append_to(&self, bytes: &mut Vec<u8>) -> bool {
        bytes.push(JSONB_VERSION);
        bytes.extend_from_slice(self.0.as_bytes());
        true
    }
}

impl<T, V: Element<T>> Element<Nullable<T>> for Option<V> {
    fn append_to(&self, bytes: &mut Vec<u8>) -> bool {
        self.as_ref().is_some_and(|value| value.append_to(bytes))
    }
}

/// One column of all rows. Diesel's own arrays would copy each value once more, into a buffer that grows in small steps.
struct Column<'r, R, T, F> {
    rows: &'r [R],
    value: F,
    sql_type: PhantomData<T>,
}

impl<R, T, F> fmt::Debug for Column<'_, R, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} values", self.rows.len())
    }
}

impl<'r, R, T, V, F> ToSql<Array<T>, Pg> for Column<'r, R, T, F>
where
    Pg: HasSqlType<T>,
    V: Element<T>,
    F: Fn(&'r R) -> V,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let element_oid = <Pg as HasSqlType<T>>::metadata(out.metadata_lookup()).oid()?;
        out.write_all(&array(element_oid, self.rows.iter().map(&self.value))?)?;
        Ok(IsNull::No)
    }
}

/// The binary form of an array of one dimension: a head, and then each value after its length.
fn array<T, V: Element<T>>(element_oid: u32, values: impl ExactSizeIterator<Item = V>) -> Result<Vec<u8>, TryFromIntError> {
    const DIMENSIONS: u32 = 1;
    const FLAGS: u32 = 0;
    const FIRST_INDEX: u32 = 1;
    const LENGTH_OF_NULL: i32 = -1;
    /// About as many bytes as a value and its length take.
    const VALUE_BYTES: usize = 24;
    let count = u32::try_from(values.len())?;
    let mut bytes = Vec::with_capacity(20 + values.len() * VALUE_BYTES);
    for part in [DIMENSIONS, FLAGS, element_oid, count, FIRST_INDEX] {
        bytes.extend_from_slice(&part.to_be_bytes());
    }
    for value in values {
        let length_at = bytes.len();
        bytes.extend_from_slice(&LENGTH_OF_NULL.to_be_bytes());
        let value_at = bytes.len();
        if value.append_to(&mut bytes) {
            let length = i32::try_from(bytes.len() - value_at)?;
            if let Some(place) = bytes.get_mut(length_at..value_at) {
                place.copy_from_slice(&length.to_be_bytes());
            }
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use diesel::debug_query;

    use super::*;

    static UPDATE: Statement = Statement::new("test_bulk", "UPDATE t SET :changes FROM :rows AS new (:columns) WHERE t.id = new.id");

    #[test]
    fn rows_are_taken_apart_in_a_list_of_columns() {
        let rows = [(1_i64, "one"), (2, "two")];
        let columns = Columns::of(&rows).key::<BigInt, _>("id", |row| row.0).column::<Text, _>("a", |row| row.1);
        let sent = debug_query::<Pg, _>(&columns.column::<BigInt, _>("b", |row| row.0).written_by(&UPDATE)).to_string();
        let text =
            "UPDATE t SET a = new.a, b = new.b FROM (SELECT unnest($1), unnest($2), unnest($3)) AS new (id, a, b) WHERE t.id = new.id";
        assert_eq!(sent.split(" -- binds: ").next(), Some(text));
    }

    #[test]
    fn the_planner_does_not_see_a_hidden_count() {
        static READ: Statement = Statement::new("test_bulk_hidden", "SELECT id FROM :rows AS new (:columns)");
        let columns = Columns::of(&[1_i64, 2]).of_hidden_count().key::<BigInt, _>("id", |id| *id).key::<BigInt, _>("a", |id| *id);
        let sent = debug_query::<Pg, _>(&columns.written_by(&READ)).to_string();
        let text = "SELECT id FROM (SELECT unnest((SELECT $1)), unnest((SELECT $2))) AS new (id, a)";
        assert_eq!(sent.split(" -- binds: ").next(), Some(text));
    }

    #[test]
    fn an_array_has_a_head_and_a_length_before_each_value() {
        let head = |count: u8| [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0, count, 0, 0, 0, 1];
        let numbers = array::<Nullable<SmallInt>, _>(21, [Some(1_i16), None, Some(-1)].into_iter()).unwrap();
        let (expected_head, values) = numbers.split_at(20);
        assert_eq!(expected_head, head(3));
        assert_eq!(values, [0, 0, 0, 2, 0, 1, 255, 255, 255, 255, 0, 0, 0, 2, 255, 255]);
        let texts = array::<Text, _>(21, ["", "ş"].into_iter()).unwrap();
        assert_eq!(texts, [&head(2)[..], &[0, 0, 0, 0], &[0, 0, 0, 2, 197, 159]].concat());
        assert_eq!(array::<Text, &str>(21, [].into_iter()).unwrap(), head(0));
    }
}
