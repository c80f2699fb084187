//! Writes many rows in one statement of PostgreSQL, with one array for each column. So the text of the statement never changes, and
//! the server parses and plans it once for a connection.

use diesel::pg::Pg;
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, HasSqlType};

use crate::db::sql::{Sql, Statement, Value};

/// The columns of many rows: each is named once, with its SQL type and its value in a row.
pub(crate) struct Columns<'r, R> {
    rows: &'r [R],
    names: Vec<&'static str>,
    changed: Vec<&'static str>,
    arrays: Vec<Value<'r, Pg>>,
    is_count_hidden: bool,
}

impl<'r, R> Columns<'r, R> {
    /// No column yet.
    pub(crate) fn of(rows: &'r [R]) -> Self {
        Self { rows, names: Vec::new(), changed: Vec::new(), arrays: Vec::new(), is_count_hidden: false }
    }

    /// Hides the number of rows from the planner. For a few rows it would make a new plan each time, which costs more than running it.
    pub(crate) fn of_hidden_count(self) -> Self {
        Self { is_count_hidden: true, ..self }
    }

    /// A column that an update changes.
    pub(crate) fn column<T, V>(mut self, name: &'static str, value: impl Fn(&'r R) -> V) -> Self
    where
        Pg: HasSqlType<T>,
        Vec<V>: ToSql<Array<T>, Pg>,
        T: 'static,
        V: 'r,
    {
        self.changed.push(name);
        self.key::<T, V>(name, value)
    }

    /// A column by which an update finds its row.
    pub(crate) fn key<T, V>(mut self, name: &'static str, value: impl Fn(&'r R) -> V) -> Self
    where
        Pg: HasSqlType<T>,
        Vec<V>: ToSql<Array<T>, Pg>,
        T: 'static,
        V: 'r,
    {
        self.names.push(name);
        self.arrays.push(Value::bound::<Array<T>, Vec<V>>(self.rows.iter().map(value).collect()));
        self
    }

    /// A statement that writes the rows. Its text has these names:
    ///
    /// * `:columns`: the names of all columns.
    /// * `:rows`: a call of `unnest` that returns the rows. Where it needs a name, call it `new`.
    /// * `:changes`: the assignments of an update, which read from `new`.
    pub(crate) fn written_by(self, statement: &'static Statement) -> Sql<'r, Pg> {
        let Self { rows: _, names, changed, arrays, is_count_hidden } = self;
        // The planner does not look into a subquery.
        let value = |name: &&str| if is_count_hidden { format!("(SELECT :{name})") } else { format!(":{name}") };
        let values: Vec<_> = names.iter().map(value).collect();
        let changes: Vec<_> = changed.iter().map(|name| format!("{name} = new.{name}")).collect();
        let rows = Sql::composed("rows", format!("unnest({})", values.join(", ")));
        let rows = names.iter().zip(arrays).fold(rows, |rows, (name, array)| rows.with((*name).into(), array));
        Sql::of(statement).text("columns", names.join(", ")).text("changes", changes.join(", ")).part("rows", rows)
    }
}
