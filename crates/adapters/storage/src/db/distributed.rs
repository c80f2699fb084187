//! Tells whether the tables are distributed by account: as the shards of a cluster, or as partitions, which stand in for them in tests.

use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::Bool;

use super::conn::Conn;
use super::sql::{Sql, Statement};

static IS_DISTRIBUTED: Statement = Statement::new(
    "is_distributed",
    "
    SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
        OR EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('sessions') AND relkind = 'p')",
);

/// Whether a statement has to name the account in a condition on each of its tables. Most do anyway; this is for those that are slower
/// with it on a single server.
pub(crate) fn is_distributed(conn: Conn<'_>) -> QueryResult<bool> {
    match conn {
        Conn::Pg(conn) => Sql::<Pg>::of(&IS_DISTRIBUTED).returning::<Bool>().get_result(conn),
        Conn::Sqlite(_) => Ok(false),
    }
}
