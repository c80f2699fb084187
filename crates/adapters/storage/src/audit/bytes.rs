//! An audit record as the bytes that a seal covers. The bytes are made from the columns as they are stored, not from what they
//! mean. So a changed byte changes them, even where the program would read the same.

use std::collections::BTreeMap;

use derslik_domain::id::Id;
use derslik_ports::outbound::RecordBytes;
use diesel::Queryable;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use serde_json::Value;

use crate::db::types::{DbInstant, DbJson, Instant, Json, instant_text};

/// An instant as SQLite stores it. PostgreSQL has one form of each instant, so it is written as SQLite would.
#[derive(Debug, Clone, PartialEq, Eq, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub(super) struct StoredInstant(String);

impl FromSql<Instant, Pg> for StoredInstant {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let DbInstant(instant) = <DbInstant as FromSql<Instant, Pg>>::from_sql(value)?;
        instant_text(instant).map(Self)
    }
}

impl FromSql<Instant, Sqlite> for StoredInstant {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<Text, Sqlite>>::from_sql(value).map(Self)
    }
}

/// A JSON text as SQLite stores it. PostgreSQL stores values and not texts, so it is written with its members in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq, FromSqlRow)]
#[diesel(sql_type = Json)]
pub(super) struct StoredJson(String);

impl FromSql<Json, Pg> for StoredJson {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let DbJson(text) = <DbJson as FromSql<Json, Pg>>::from_sql(value)?;
        canonical(serde_json::from_str(&text)?).map(Self)
    }
}

impl FromSql<Json, Sqlite> for StoredJson {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<Text, Sqlite>>::from_sql(value).map(Self)
    }
}

/// The value as text. The order of the members of an object does not depend on the features of `serde_json`, so that a later program
/// verifies the seals of this one.
fn canonical(value: Value) -> deserialize::Result<String> {
    match value {
        Value::Object(members) => Ok(serde_json::to_string(&members.into_iter().collect::<BTreeMap<_, _>>())?),
        other => Ok(other.to_string()),
    }
}

/// The columns of a record in this order: `id`, `sealed`, `at`, `event`, `job_id`, `subject`, `principal_id`, `credential_id`,
/// `details`, `object_id`.
#[derive(Debug, Queryable)]
pub(super) struct StoredRecord {
    id: i64,
    sealed: bool,
    at: StoredInstant,
    event: String,
    job_id: Option<i64>,
    subject: Option<Vec<u8>>,
    principal_id: Option<i64>,
    credential_id: Option<i64>,
    details: StoredJson,
    object_id: Option<i64>,
}

/// The same columns of a record that may be missing.
#[derive(Debug, Queryable)]
pub(super) struct StoredRecordIfAny {
    id: Option<i64>,
    sealed: Option<bool>,
    at: Option<StoredInstant>,
    event: Option<String>,
    job_id: Option<i64>,
    subject: Option<Vec<u8>>,
    principal_id: Option<i64>,
    credential_id: Option<i64>,
    details: Option<StoredJson>,
    object_id: Option<i64>,
}

impl StoredRecordIfAny {
    /// The record; `None` if it is missing.
    pub(super) fn found(self) -> Option<StoredRecord> {
        Some(StoredRecord {
            id: self.id?,
            sealed: self.sealed?,
            at: self.at?,
            event: self.event?,
            job_id: self.job_id,
            subject: self.subject,
            principal_id: self.principal_id,
            credential_id: self.credential_id,
            details: self.details?,
            object_id: self.object_id,
        })
    }
}

impl From<StoredRecord> for RecordBytes {
    fn from(record: StoredRecord) -> Self {
        let mut bytes = Vec::with_capacity(160);
        let number = |number: Option<i64>| number.map(i64::to_be_bytes);
        let mut column = |value: Option<&[u8]>| match value {
            None => bytes.push(0),
            Some(value) => {
                bytes.push(1);
                bytes.extend_from_slice(&u64::try_from(value.len()).unwrap_or(u64::MAX).to_be_bytes());
                bytes.extend_from_slice(value);
            }
        };
        column(Some(record.at.0.as_bytes()));
        column(Some(record.event.as_bytes()));
        column(number(record.job_id).as_ref().map(<[u8; 8]>::as_slice));
        column(record.subject.as_deref());
        column(number(record.principal_id).as_ref().map(<[u8; 8]>::as_slice));
        column(number(record.credential_id).as_ref().map(<[u8; 8]>::as_slice));
        column(Some(record.details.0.as_bytes()));
        column(number(record.object_id).as_ref().map(<[u8; 8]>::as_slice));
        Self { id: Id::new(record.id), bytes, is_marked: record.sealed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> StoredRecord {
        StoredRecord {
            id: 1,
            sealed: false,
            at: StoredInstant("2025-02-06T13:07:35.488565Z".to_owned()),
            event: "erasure_requested".to_owned(),
            job_id: Some(2),
            subject: Some(vec![3; 32]),
            principal_id: Some(4),
            credential_id: None,
            details: StoredJson("{}".to_owned()),
            object_id: None,
        }
    }

    #[test]
    fn each_column_counts_and_none_passes_for_another() {
        let records = [
            record(),
            StoredRecord { at: StoredInstant("2025-02-06T13:07:35.488566Z".to_owned()), ..record() },
            StoredRecord { event: "erasure_requestee".to_owned(), ..record() },
            StoredRecord { job_id: Some(3), ..record() },
            StoredRecord { job_id: None, ..record() },
            StoredRecord { subject: Some(vec![4; 32]), ..record() },
            StoredRecord { subject: None, ..record() },
            StoredRecord { principal_id: None, credential_id: Some(4), ..record() },
            StoredRecord { principal_id: Some(0), ..record() },
            StoredRecord { principal_id: Some(5), ..record() },
            StoredRecord { credential_id: Some(4), ..record() },
            StoredRecord { details: StoredJson("{ }".to_owned()), ..record() },
            StoredRecord { principal_id: None, object_id: Some(4), ..record() },
        ];
        let bytes: std::collections::HashSet<_> = records.into_iter().map(|record| RecordBytes::from(record).bytes).collect();
        assert_eq!(bytes.len(), 13);
    }

    #[test]
    fn the_order_of_members_does_not_count() {
        let text = |json: &str| canonical(serde_json::from_str(json).unwrap()).unwrap();
        assert_eq!(text(r#"{"sessions": 12, "profile": 1}"#), r#"{"profile":1,"sessions":12}"#);
        assert_eq!([text("[2, 1]"), text("12.0")], ["[2,1]", "12.0"]);
    }

    #[test]
    fn the_mark_is_not_covered() {
        let marked = RecordBytes::from(StoredRecord { sealed: true, ..record() });
        assert_eq!((marked.is_marked, marked.bytes), (true, RecordBytes::from(record()).bytes));
    }
}
