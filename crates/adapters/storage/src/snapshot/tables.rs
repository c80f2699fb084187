//! Which tables a backup has, and what becomes of the others. It knows no database.

/// What a backup does with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InBackup {
    /// Its rows are stored, ordered by these columns, which are its key.
    Stored(&'static [&'static str]),
    /// It is not stored, for this reason.
    Left(&'static str),
}

use InBackup::{Left, Stored};

const INDEX: &str = "made again from the sessions, by the workers";
const PROJECTION: &str = "made again from the sessions when a backup is restored";

/// All tables of both databases with what a backup does with each. Tables stand behind those that their foreign keys name, since
/// they are restored in this order. A test compares the list with the schemas.
pub const TABLES: &[(&str, InBackup)] = &[
    ("accounts", Stored(&["id"])),
    ("admins", Stored(&["id"])),
    ("principals", Stored(&["account_id", "id"])),
    ("passwords", Stored(&["account_id", "principal_id"])),
    ("service_accounts", Stored(&["account_id", "principal_id"])),
    ("service_account_people", Stored(&["account_id", "principal_id", "person_id"])),
    ("token_grants", Stored(&["account_id", "id"])),
    ("credentials", Stored(&["account_id", "id"])),
    ("projects", Stored(&["account_id", "id"])),
    ("sessions", Stored(&["account_id", "guid"])),
    ("attendees", Stored(&["account_id", "session_guid", "guid"])),
    ("courses", Stored(&["account_id", "id"])),
    ("course_aliases", Stored(&["account_id", "project_id", "alias_key"])),
    ("course_members", Stored(&["account_id", "course_id", "user_id"])),
    ("grading_periods", Stored(&["account_id", "course_id", "id"])),
    ("jobs", Stored(&["account_id", "id"])),
    ("erasure_users", Stored(&["account_id", "job_id", "place"])),
    ("idempotency_keys", Stored(&["account_id", "principal_id", "idempotency_key"])),
    ("erased_names", Stored(&["account_id", "job_id", "name"])),
    ("audit_records", Stored(&["account_id", "id"])),
    ("audit_seals", Stored(&["account_id", "seq"])),
    ("audit_checkpoints", Stored(&["account_id"])),
    ("service_keys", Stored(&["name"])),
    ("key_rewrites", Stored(&["subject"])),
    ("key_twins", Stored(&["account_id", "subject", "row_id"])),
    ("admin_sign_ins", Left("admins sign in again after a restore")),
    ("change_log", Left("says what the projections lack; a restored one lacks all sessions")),
    ("job_leases", Left("made again from the jobs that run, by the workers")),
    ("session_index", Left(INDEX)),
    ("session_words", Left(INDEX)),
    ("session_words_config", Left(INDEX)),
    ("session_words_data", Left(INDEX)),
    ("session_words_docsize", Left(INDEX)),
    ("session_words_idx", Left(INDEX)),
    ("session_ends", Left(PROJECTION)),
    ("session_creators", Left(PROJECTION)),
    ("account_clocks", Left("belongs to tests: a restored database shows the time of the machine")),
    ("test_accounts", Left("belongs to the tests of one process of profile dev")),
    ("schema_compatibility", Left("belongs to the schema: migrations write it")),
];

/// Tables in which migrations, or the program on an empty database, write rows. They do not make a database one that is in use.
pub(super) const WRITTEN_BY_MIGRATIONS: [&str; 2] = ["service_keys", "key_rewrites"];

/// The columns of SQLite that hold a number for a truth value. PostgreSQL has a type for them.
pub(super) const BOOLEANS: [(&str, &str); 8] = [
    ("principals", "login_allowed"),
    ("sessions", "allow_recording"),
    ("sessions", "inaccessible_replay"),
    ("courses", "guardians_enabled"),
    ("courses", "apply_grading_periods"),
    ("jobs", "completed"),
    ("idempotency_keys", "erased"),
    ("audit_records", "sealed"),
];

/// The columns of SQLite that hold JSON as text. PostgreSQL has a type for them.
pub(super) const DOCUMENTS: [(&str, &str); 6] = [
    ("sessions", "options"),
    ("courses", "extras"),
    ("jobs", "progress"),
    ("jobs", "failures"),
    ("erasure_users", "counts"),
    ("audit_records", "details"),
];

/// The tables whose ids are never given again, and how each database counts them.
pub(super) const COUNTED: [(&str, Counter); 6] = [
    ("admins", Counter::Sequence),
    ("credentials", Counter::Sequence),
    ("token_grants", Counter::Sequence),
    ("jobs", Counter::Sequence),
    ("audit_records", Counter::Sequence),
    ("projects", Counter::HighestOnSqlite),
];

/// How the ids of a table are counted. PostgreSQL has a sequence for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counter {
    /// SQLite keeps the last id in `sqlite_sequence`.
    Sequence,
    /// SQLite counts from the highest id in the table.
    HighestOnSqlite,
}

/// The tables that are stored, in their order, with their keys.
pub(super) fn stored() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    TABLES.iter().filter_map(|(name, decided)| match decided {
        Stored(key) => Some((*name, *key)),
        Left(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::personal::{self, Presence};

    #[test]
    fn a_backup_decides_on_every_table_and_names_only_columns_that_exist() {
        let decided: BTreeSet<_> = TABLES.iter().map(|(name, _)| *name).collect();
        assert_eq!(decided.len(), TABLES.len(), "a table stands twice");
        let undecided: Vec<_> = personal::TABLES.iter().map(|table| table.name).filter(|name| !decided.contains(name)).collect();
        assert_eq!(undecided, [""; 0], "say in {} what a backup does with them", file!());
        let columns = |table: &str| {
            let found = personal::TABLES.iter().find(|known| known.name == table && known.presence == Presence::Both);
            found.map(|known| known.columns.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>()).unwrap_or_default()
        };
        for (table, key) in stored() {
            assert!(key.iter().all(|column| columns(table).contains(column)), "{table} is in both databases and has {key:?}");
        }
        for (table, column) in BOOLEANS.iter().chain(&DOCUMENTS) {
            assert!(columns(table).contains(column), "{table}.{column}");
        }
        for name in WRITTEN_BY_MIGRATIONS.iter().chain(COUNTED.iter().map(|(name, _)| name)) {
            assert!(stored().any(|(table, _)| table == *name), "{name}");
        }
    }
}
