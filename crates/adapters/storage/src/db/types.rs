//! Values of the domain as both databases keep them. Each SQL type maps to the native type of PostgreSQL and to the nearest
//! storage class of SQLite, so that one `table!` serves both.

use std::io::Write;

use chrono::{DateTime, NaiveDateTime, Utc};
use derslik_domain::rows::RowCount;
use derslik_domain::time::{CivilTime, Timestamp};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, BigInt, Binary, SqlOrd, SqlType, Text};
use diesel::sqlite::Sqlite;
use uuid::Uuid;

/// `uuid`, or a BLOB of 16 bytes.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct Guid;

/// `timestamptz`, or TEXT of the fixed form `2025-02-06T13:07:35.488565Z`, which sorts as the instants do.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Text"))]
pub struct Instant;

impl SqlOrd for Instant {}

/// `timestamp`, or TEXT of the fixed form `2025-02-06T16:07:35.488565`.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 1114, array_oid = 1115), sqlite_type(name = "Text"))]
pub struct Civil;

/// `jsonb`, or TEXT.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807), sqlite_type(name = "Text"))]
pub struct Json;

/// `uuid[]`, or TEXT with a JSON array of GUIDs, each of 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 2951, array_oid = 2951), sqlite_type(name = "Text"))]
pub struct Guids;

/// `varbit`, or a BLOB of the same bytes.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 1562, array_oid = 1563), sqlite_type(name = "Binary"))]
pub struct Bits;

/// A GUID in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Guid)]
pub(crate) struct DbGuid(pub(crate) Uuid);

/// Any other UUID in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Guid)]
pub(crate) struct DbUuid(pub(crate) Uuid);

/// A list of GUIDs in a row.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Guids)]
pub(crate) struct DbGuids(pub(crate) Vec<DbGuid>);

/// Bits that are written, whole bytes of them.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression)]
#[diesel(sql_type = Bits)]
pub(crate) struct DbBits(pub(crate) Vec<u8>);

/// An instant in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub(crate) struct DbInstant(pub(crate) Timestamp);

/// A civil time in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Civil)]
pub(crate) struct DbCivil(pub(crate) CivilTime);

/// A JSON text in a row. PostgreSQL gives it back with its own white space and order of keys.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Json)]
pub(crate) struct DbJson(pub(crate) String);

impl<Kind> From<derslik_domain::id::Guid<Kind>> for DbGuid {
    fn from(guid: derslik_domain::id::Guid<Kind>) -> Self {
        Self(guid.get())
    }
}

/// PostgreSQL counts microseconds from 2000-01-01T00:00:00Z.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;
/// The version that leads the binary form of `jsonb`.
const JSONB_VERSION: u8 = 1;
const INSTANT_TEXT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";
const CIVIL_TEXT: &str = "%Y-%m-%dT%H:%M:%S%.6f";

/// The number of rows that a statement changed.
pub(crate) fn row_count(rows: usize) -> RowCount {
    RowCount::new(u64::try_from(rows).unwrap_or(u64::MAX))
}

fn write_micros(micros: i64, out: &mut Output<'_, '_, Pg>) -> serialize::Result {
    out.write_all(&(micros - POSTGRES_EPOCH_MICROS).to_be_bytes())?;
    Ok(IsNull::No)
}

fn read_micros(value: PgValue<'_>) -> deserialize::Result<i64> {
    let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
    micros.checked_add(POSTGRES_EPOCH_MICROS).ok_or_else(|| "an instant out of range".into())
}

fn to_utc(instant: Timestamp) -> Result<DateTime<Utc>, Box<dyn std::error::Error + Send + Sync>> {
    instant.to_utc().ok_or_else(|| "an instant out of range".into())
}

/// The text of an instant, as SQLite stores it.
pub(crate) fn instant_text(instant: Timestamp) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    Ok(to_utc(instant)?.format(INSTANT_TEXT).to_string())
}

impl ToSql<Guid, Pg> for DbGuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Guid, Pg> for DbGuid {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

impl ToSql<Guid, Sqlite> for DbGuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().to_vec());
        Ok(IsNull::No)
    }
}

impl FromSql<Guid, Sqlite> for DbGuid {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<Guids, Pg> for DbGuids {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Array<Guid>, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<Guids, Pg> for DbGuids {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <Vec<DbGuid> as FromSql<Array<Guid>, Pg>>::from_sql(value).map(Self)
    }
}

impl ToSql<Guids, Sqlite> for DbGuids {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        let texts: Vec<_> = self.0.iter().map(|guid| guid.0.simple().to_string()).collect();
        out.set_value(serde_json::to_string(&texts)?);
        Ok(IsNull::No)
    }
}

impl FromSql<Guids, Sqlite> for DbGuids {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Self::from_json(&<String as FromSql<Text, Sqlite>>::from_sql(value)?)
    }
}

impl DbGuids {
    /// Reads the text in which SQLite stores a list.
    pub(crate) fn from_json(text: &str) -> deserialize::Result<Self> {
        let texts: Vec<String> = serde_json::from_str(text)?;
        texts.iter().map(|text| Ok(DbGuid(Uuid::try_parse(text)?))).collect::<deserialize::Result<_>>().map(Self)
    }
}

impl ToSql<Bits, Pg> for DbBits {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&i32::try_from(self.0.len() * 8)?.to_be_bytes())?;
        out.write_all(&self.0)?;
        Ok(IsNull::No)
    }
}

impl ToSql<Bits, Sqlite> for DbBits {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_slice());
        Ok(IsNull::No)
    }
}

impl ToSql<Guid, Pg> for DbUuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Guid, Pg> for DbUuid {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

impl ToSql<Guid, Sqlite> for DbUuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().to_vec());
        Ok(IsNull::No)
    }
}

impl FromSql<Guid, Sqlite> for DbUuid {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<Instant, Pg> for DbInstant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        write_micros(self.0.micros(), out)
    }
}

impl FromSql<Instant, Pg> for DbInstant {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Timestamp::from_micros(read_micros(value)?)))
    }
}

impl ToSql<Instant, Sqlite> for DbInstant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(instant_text(self.0)?);
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Sqlite> for DbInstant {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(Self(Timestamp::from_utc(NaiveDateTime::parse_from_str(&text, INSTANT_TEXT)?.and_utc())))
    }
}

impl ToSql<Civil, Pg> for DbCivil {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        write_micros(self.0.to_naive().and_utc().timestamp_micros(), out)
    }
}

impl FromSql<Civil, Pg> for DbCivil {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let civil = DateTime::from_timestamp_micros(read_micros(value)?).map(|civil| civil.naive_utc());
        civil.and_then(CivilTime::from_naive).map(Self).ok_or_else(|| "a civil time out of range".into())
    }
}

impl ToSql<Civil, Sqlite> for DbCivil {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_naive().format(CIVIL_TEXT).to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<Civil, Sqlite> for DbCivil {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        let civil = NaiveDateTime::parse_from_str(&text, CIVIL_TEXT)?;
        CivilTime::from_naive(civil).map(Self).ok_or_else(|| "a civil time out of range".into())
    }
}

impl ToSql<Json, Pg> for DbJson {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[JSONB_VERSION])?;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Json, Pg> for DbJson {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes().split_first() {
            Some((&JSONB_VERSION, text)) => Ok(Self(std::str::from_utf8(text)?.to_owned())),
            _ => Err("an unknown version of jsonb".into()),
        }
    }
}

impl ToSql<Json, Sqlite> for DbJson {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_str());
        Ok(IsNull::No)
    }
}

impl FromSql<Json, Sqlite> for DbJson {
    fn from_sql(value: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<Text, Sqlite>>::from_sql(value).map(Self)
    }
}
