//! The columns of one row that an update changes. A connection prepares such an update once. diesel keeps no prepared form of its own
//! updates, so the database parses and plans each of them anew.

use diesel::pg::Pg;
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;
use diesel::sqlite::Sqlite;

use crate::db::sql::{Database, Sql, Statement, Value};

/// The changed columns: each is named once, with its SQL type and its value.
pub(crate) struct Changes<'a, DB: Database> {
    assignments: Vec<String>,
    values: Vec<(&'static str, Value<'a, DB>)>,
}

impl<'a, DB: Database> Changes<'a, DB> {
    /// No column yet.
    pub(crate) fn none() -> Self {
        Self { assignments: Vec::new(), values: Vec::new() }
    }

    /// A column that the update changes.
    pub(crate) fn column<T, V>(mut self, name: &'static str, value: V) -> Self
    where
        Pg: HasSqlType<T>,
        Sqlite: HasSqlType<T>,
        V: ToSql<T, Pg> + ToSql<T, Sqlite> + 'a,
        T: 'a,
    {
        self.assignments.push(format!("{name} = :{name}"));
        self.values.push((name, DB::bound::<T, V>(value)));
        self
    }

    /// The statement whose text has the assignments in the place of `:changes`.
    pub(crate) fn written_by(self, statement: &'static Statement) -> Sql<'a, DB> {
        let Self { assignments, values } = self;
        let changes = Sql::composed("changes", assignments.join(", "));
        let changes = values.into_iter().fold(changes, |changes, (name, value)| changes.with(name.into(), value));
        Sql::of(statement).part("changes", changes)
    }
}
