//! What the steps need of each table.

use diesel::result::{DatabaseErrorKind, Error, QueryResult};

use crate::db::conn::Conn;

/// The rows of one table, as the steps use them.
pub(super) trait Rows {
    type Row;

    /// The first rows of an account after a [position](Rows::position). An empty position is before the first row.
    fn load(conn: Conn<'_>, account: i64, after: &str, limit: i64) -> QueryResult<Vec<Self::Row>>;

    /// The rows with that id.
    fn find(conn: Conn<'_>, account: i64, id: &str) -> QueryResult<Vec<Self::Row>>;

    /// The id of a row, as it is shown to an operator.
    fn id(row: &Self::Row) -> String;

    /// The position of a row: the next rows come after it.
    fn position(row: &Self::Row) -> String {
        Self::id(row)
    }

    /// Writes the keys by the current rule into a row.
    fn rewrite(conn: Conn<'_>, account: i64, row: &Self::Row) -> QueryResult<Rewrite>;
}

/// The result for the keys of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rewrite {
    /// The keys were right.
    Same,
    /// The keys were rewritten.
    Done,
    /// Another row has one of the keys.
    Twin,
}

/// The result for a row whose key was written in a savepoint of its own.
pub(super) fn unless_taken(written: QueryResult<usize>) -> QueryResult<Rewrite> {
    match written {
        Ok(_) => Ok(Rewrite::Done),
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(Rewrite::Twin),
        Err(error) => Err(error),
    }
}
