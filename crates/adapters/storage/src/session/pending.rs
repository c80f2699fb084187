//! Pending sessions, which a projection has not applied yet and so are read one by one.

use derslik_ports::outbound::Projection;

use crate::change_log::pending_ids;
use crate::db::text::Dialect;

/// The most pending sessions that a search or an erasure reads one by one. A lookup takes about four microseconds, as long as
/// reading 25 sessions in order. So many are pending only while clients write more than the workers can index.
pub(super) const MAX_PENDING_SCAN: i64 = 10_000;

/// SQL for the pending sessions of the account `:account`, each looked up once by its key, as `written`. On PostgreSQL, `OFFSET 0` keeps
/// conditions out of the lookup. With the status or the order in it, a planner without statistics would read the index of the
/// order for each GUID. On SQLite, `CROSS JOIN` fixes the order of the tables.
pub(super) fn pending_sessions(projection: Projection, dialect: Dialect) -> String {
    let ids = pending_ids(projection, dialect);
    let found = match dialect {
        Dialect::Postgres => "LATERAL (SELECT * FROM sessions WHERE account_id = :account AND guid = each.key OFFSET 0) AS written",
        Dialect::Sqlite => "sessions AS written ON written.account_id = :account AND written.guid = each.key",
    };
    format!("({ids}) AS each CROSS JOIN {found}")
}
