//! The index that answers searches by trigrams and month. It is a projection of the change log, since indexing all trigrams of a
//! batch takes longer than writing the batch.

mod postgres;
mod rows;
mod sqlite;

use derslik_domain::id::AccountId;
use diesel::RunQueryDsl;
use diesel::result::QueryResult;

pub(super) use self::rows::SessionPosition;
use super::terms::Terms;
use crate::db::conn::Conn;
use crate::db::types::DbGuid;

/// Indexes sessions in their order, as many as one transaction should, and returns how many. Deleted sessions leave the index.
pub(super) fn apply(conn: Conn<'_>, account: AccountId, guids: &[DbGuid]) -> QueryResult<usize> {
    match conn {
        Conn::Pg(conn) => postgres::apply(conn, account, guids),
        Conn::Sqlite(conn) => sqlite::apply(conn, account, guids),
    }
}

/// The months in which the account has sessions, in order, each as its number since the year 0.
pub(super) fn months(conn: Conn<'_>, terms: &Terms) -> QueryResult<Vec<i32>> {
    match conn {
        Conn::Pg(conn) => postgres::months(terms).load(conn),
        Conn::Sqlite(conn) => sqlite::months(terms).load(conn),
    }
}

/// The first matching sessions of the index in these months. An entry does not count if its session has changed: the session is pending,
/// and is found there. `None` if very many entries do not count.
pub(super) fn search_index(
    conn: Conn<'_>,
    terms: &Terms,
    months: &[i32],
    limit: i64,
    is_distributed: bool,
) -> QueryResult<Option<Vec<SessionPosition>>> {
    match conn {
        Conn::Pg(conn) => postgres::search_index(conn, terms, months, limit, is_distributed),
        Conn::Sqlite(conn) => sqlite::search_index(conn, terms, months, limit).map(Some),
    }
}

/// The first matching sessions among these pending ones.
pub(super) fn search_pending(conn: Conn<'_>, terms: &Terms, guids: Vec<DbGuid>, limit: i64) -> QueryResult<Vec<SessionPosition>> {
    if guids.is_empty() {
        return Ok(Vec::new());
    }
    match conn {
        Conn::Pg(conn) => postgres::pending(terms, guids, limit).load(conn),
        Conn::Sqlite(conn) => sqlite::pending(terms, guids, limit).load(conn),
    }
}

#[cfg(test)]
pub(super) fn statements() -> Vec<crate::db::sql::printed::Printed> {
    use derslik_domain::session::FilterForm;
    use derslik_testkit::builders::text;

    let account = AccountId::new(1);
    let form = FilterForm { name: text("algebra"), description: text("a long description"), ..FilterForm::default() };
    let terms = Terms::new(account, &form.validate().unwrap());
    let mut statements = postgres::statements(account, &terms);
    statements.append(&mut sqlite::statements(account, &terms));
    statements.append(&mut super::pending::statements(&terms));
    statements
}
