//! Finds the unique key that a row would have broken. It compares the columns of the key, not its name: on a partition or a shard
//! the key has another name, but the same columns.

use derslik_ports::outbound::Conflict;
use diesel::result::DatabaseErrorInformation;

/// The unique keys that a write may break: the table, the columns in the order of the key, and the conflict of a second row.
const KEYS: [(&str, &[&str], Conflict); 19] = [
    ("accounts", &["id"], Conflict::Account),
    ("accounts", &["name"], Conflict::AccountName),
    ("admins", &["name_key"], Conflict::AdminName),
    ("principals", &["account_id", "id"], Conflict::User),
    ("principals", &["account_id", "guid"], Conflict::User),
    ("principals", &["account_id", "email_key"], Conflict::UserEmail),
    ("principals", &["account_id", "username_key"], Conflict::Username),
    ("credentials", &["kind", "public_id"], Conflict::Credential),
    ("sessions", &["account_id", "guid"], Conflict::Session),
    ("jobs", &["account_id", "project_id", "action", "reference_digest"], Conflict::LiveJob),
    ("projects", &["account_id", "key"], Conflict::ProjectKey),
    ("projects", &["account_id", "name_key"], Conflict::ProjectName),
    ("attendees", &["account_id", "session_guid", "guid"], Conflict::Attendee),
    ("attendees", &["account_id", "attendance_code"], Conflict::Attendee),
    ("attendees", &["account_id", "email_key", "session_guid"], Conflict::Attendee),
    ("attendees", &["account_id", "user_guid", "session_guid"], Conflict::Attendee),
    ("courses", &["account_id", "id"], Conflict::Course),
    ("course_aliases", &["account_id", "project_id", "alias_key"], Conflict::Alias),
    ("idempotency_keys", &["account_id", "principal_id", "idempotency_key"], Conflict::IdempotencyKey),
];

/// What a database reports about a unique key that a row would have broken.
#[derive(Debug, PartialEq, Eq)]
struct BrokenKey<'a> {
    columns: Vec<&'a str>,
    /// Texts that name the table or something derived from it: a partition, a shard, or a constraint of either.
    names: Vec<&'a str>,
}

/// The conflict of the broken key, if a write can break it.
pub(crate) fn conflict(info: &dyn DatabaseErrorInformation) -> Option<Conflict> {
    let key = BrokenKey::of_sqlite(info.message()).or_else(|| BrokenKey::of_postgres(info))?;
    KEYS.iter().find(|(table, columns, _)| key.columns == *columns && key.is_of(table)).map(|(.., conflict)| *conflict)
}

impl<'a> BrokenKey<'a> {
    /// SQLite says `UNIQUE constraint failed: sessions.account_id, sessions.guid`, and never translates it.
    fn of_sqlite(message: &'a str) -> Option<Self> {
        let columns = message.strip_prefix("UNIQUE constraint failed: ")?;
        let (names, columns) = columns.split(", ").filter_map(|column| column.split_once('.')).unzip();
        Some(Self { columns, names })
    }

    /// The detail says `Key (account_id, guid)=(1, …) already exists.` in the language of the server, always with the columns in
    /// the first parentheses. The reported table is the partition. A coordinator of shards reports neither table nor constraint.
    /// It repeats the sentence of the shard, which quotes the constraint.
    fn of_postgres(info: &'a dyn DatabaseErrorInformation) -> Option<Self> {
        let (columns, _) = info.details()?.split_once('(')?.1.split_once(")=(")?;
        let fields: Vec<_> = [info.table_name(), info.constraint_name()].into_iter().flatten().collect();
        let is_separator = |char: char| !char.is_alphanumeric() && char != '_';
        let names = if fields.is_empty() { info.message().split(is_separator).collect() } else { fields };
        Some(Self { columns: columns.split(", ").collect(), names })
    }

    /// Whether the key belongs to the table, to a partition of it, or to a shard: `jobs`, `jobs_p0`, `jobs_102008`.
    fn is_of(&self, table: &str) -> bool {
        let is_of = |name: &&str| name.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
        self.names.iter().any(is_of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Reported {
        message: &'static str,
        details: Option<&'static str>,
        table: Option<&'static str>,
        constraint: Option<&'static str>,
    }

    impl DatabaseErrorInformation for Reported {
        fn message(&self) -> &str {
            self.message
        }

        fn details(&self) -> Option<&str> {
            self.details
        }

        fn hint(&self) -> Option<&str> {
            None
        }

        fn table_name(&self) -> Option<&str> {
            self.table
        }

        fn column_name(&self) -> Option<&str> {
            None
        }

        fn constraint_name(&self) -> Option<&str> {
            self.constraint
        }

        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    fn by_postgres(table: &'static str, constraint: &'static str, details: &'static str) -> Option<Conflict> {
        conflict(&Reported { table: Some(table), constraint: Some(constraint), details: Some(details), ..Reported::default() })
    }

    #[test]
    fn a_part_of_a_table_has_the_keys_of_the_table() {
        let names = [("sessions", "sessions_pkey"), ("sessions_p0", "sessions_p0_pkey"), ("sessions_102008", "sessions_pkey_102008")];
        for (table, constraint) in names {
            assert_eq!(by_postgres(table, constraint, "Key (account_id, guid)=(1, 0001) already exists."), Some(Conflict::Session));
        }
    }

    #[test]
    fn tables_with_keys_of_the_same_columns_are_distinguished() {
        let reported = "Key (account_id, id)=(1, 2) already exists.";
        assert_eq!(by_postgres("courses_p1", "courses_p1_pkey", reported), Some(Conflict::Course));
        assert_eq!(by_postgres("principals", "principals_pkey", reported), Some(Conflict::User));
        assert_eq!(by_postgres("audit_records", "audit_records_pkey", reported), None);
        assert_eq!(by_postgres("session_index", "session_index_pkey", "Key (account_id, guid)=(1, 0001) already exists."), None);
    }

    #[test]
    fn neither_the_language_of_the_server_nor_a_value_changes_the_conflict() {
        let german = "Schlüssel »(account_id, key)=(1, a)=(account_id, id)« existiert bereits.";
        assert_eq!(by_postgres("projects", "projects_key_key", german), Some(Conflict::ProjectKey));
    }

    #[test]
    fn a_coordinator_of_shards_reports_sentences_alone() {
        let message = "doppelter Schlüsselwert verletzt Unique-Constraint »courses_pkey_102008«";
        let reported =
            Reported { message, details: Some("Schlüssel »(account_id, id)=(1, 2)« existiert bereits."), ..Reported::default() };
        assert_eq!(conflict(&reported), Some(Conflict::Course));
    }

    #[test]
    fn sqlite_names_the_columns_with_their_table() {
        let reported = |message| conflict(&Reported { message, ..Reported::default() });
        assert_eq!(
            reported("UNIQUE constraint failed: attendees.account_id, attendees.email_key, attendees.session_guid"),
            Some(Conflict::Attendee)
        );
        assert_eq!(reported("UNIQUE constraint failed: accounts.id"), Some(Conflict::Account));
        assert_eq!(reported("UNIQUE constraint failed: audit_records.account_id, audit_records.id"), None);
    }
}
