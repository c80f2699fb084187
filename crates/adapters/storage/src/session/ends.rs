//! The SQL of when a session ends and whether it then expires. The domain has the rules; this file writes them down for each
//! database.

use derslik_domain::session::{SessionDuration, SessionStatus};

/// The condition that the status in `column` is one of those that expire. SQLite uses the index `sessions_open` only for this
/// text with the plain name of the column.
pub(super) fn is_open(column: &str) -> String {
    let [first, .., last] = SessionStatus::OPEN.map(SessionStatus::code);
    format!("{column} BETWEEN {first} AND {last}")
}

/// The end of a session in the SQL of PostgreSQL.
pub(super) fn ends_on_postgres() -> String {
    format!("start_at + duration_minutes * interval '{} seconds'", SessionDuration::UNIT.as_secs())
}

/// The end of a session in the SQL of SQLite. Instants are texts there, and `strftime` counts whole seconds, so the fraction is
/// appended unchanged.
pub(super) fn ends_on_sqlite() -> String {
    let unit = SessionDuration::UNIT.as_secs();
    format!("strftime('%Y-%m-%dT%H:%M:%S', start_at, (duration_minutes * {unit}) || ' seconds') || substr(start_at, 20)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_is_that_of_the_index() {
        let migration = include_str!("../../../../../migrations/sqlite/2026-11-21-000035_attendance/up.sql");
        assert!(
            migration
                .contains(&format!("CREATE INDEX sessions_open ON sessions (account_id, start_at, guid) WHERE {};", is_open("status")))
        );
    }
}
