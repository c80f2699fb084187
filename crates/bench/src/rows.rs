//! The sessions that the loads write: as the JSON that a client sends, and as the columns that the service makes of it. A run
//! checks that both result in the same rows. This module must not know which load writes them or how fast.

use std::fmt::Write;
use std::iter::repeat_n;
use std::ops::Range;
use std::time::SystemTime;

use anyhow::{Context, Result};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde_json::value::RawValue;
use tokio_postgres::types::{Json, ToSql};
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use crate::http;

/// The bearer of the sessions API, for a service with known keys.
pub(crate) const BEARER: &str = "demo-access|0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3";
/// The path of batches.
pub(crate) const BATCH_PATH: &str = "/xapi/v2/session/batch";
/// The account behind [`BEARER`].
pub(crate) const ACCOUNT: i64 = 1329;
/// The service user behind [`BEARER`].
const PRINCIPAL: i64 = 4490;

const NAME: &str = "Fizik 101, grup ";
const NAME_KEY: &str = "fizik 101, grup ";
const NUMBER_WIDTH: usize = 12;
const DESCRIPTION: &str = "Haftalık ders: mekanik, dalgalar ve ışık";
const DESCRIPTION_KEY: &str = "haftalik ders: mekanik, dalgalar ve işik";
const TAGS: &str = "fizik,2. dönem";
const TAGS_KEY: &str = ",fizik,2. dönem,";
const TIMEZONE: &str = "Europe/Istanbul";
const HOURS_AHEAD_OF_UTC: i64 = 3;
const MINUTES: i16 = 80;
const LANG: &str = "tr-TR";
/// The options, as sent and as stored. Both values differ from the defaults.
const OPTIONS: &str = r#"{"allow_rating":false,"preparation_time":10}"#;

/// A request that creates many sessions. It is built once, and then only the numbers in it change.
#[derive(Debug)]
pub(crate) struct BatchRequest {
    bytes: Vec<u8>,
    numbers: Vec<Range<usize>>,
}

impl BatchRequest {
    /// A request that creates `sessions` sessions.
    ///
    /// # Errors
    /// When there is no calendar day for one of them.
    pub(crate) fn new(sessions: usize) -> Result<Self> {
        let mut json = String::from("[");
        let mut numbers = Vec::with_capacity(sessions);
        for position in 0..sessions {
            if position > 0 {
                json.push(',');
            }
            write!(json, r#"{{"name":"{NAME}"#)?;
            numbers.push(json.len()..json.len() + NUMBER_WIDTH);
            let start = start_of(position)?.format("%Y-%m-%dT%H:%M:%SZ");
            write!(
                json,
                r#"{:0NUMBER_WIDTH$}","description":"{DESCRIPTION}","tags":"{TAGS}","start_date":"{start}","duration":{MINUTES},"lang":"{LANG}","timezone":"{TIMEZONE}","options":{OPTIONS}}}"#,
                0
            )?;
        }
        json.push(']');
        let bytes = http::post(BATCH_PATH, BEARER, json.as_bytes());
        let head = bytes.len() - json.len();
        let numbers = numbers.into_iter().map(|range| range.start + head..range.end + head).collect();
        Ok(Self { bytes, numbers })
    }

    /// The request, with names that end in consecutive numbers from `first` on.
    pub(crate) fn numbered(&mut self, first: u64) -> &[u8] {
        for (number, range) in (first..).zip(&self.numbers) {
            let mut rest = number;
            for digit in self.bytes.get_mut(range.clone()).unwrap_or_default().iter_mut().rev() {
                *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
                rest /= 10;
            }
        }
        &self.bytes
    }
}

/// The columns of many sessions. They are built once, and then only the numbers in them change.
#[derive(Debug)]
pub(crate) struct Columns {
    guid: Vec<Uuid>,
    name: Vec<String>,
    name_key: Vec<String>,
    description: Vec<Option<&'static str>>,
    description_key: Vec<Option<&'static str>>,
    tags: Vec<Option<&'static str>>,
    tags_key: Vec<Option<&'static str>>,
    start_at: Vec<DateTime<Utc>>,
    start_civil: Vec<NaiveDateTime>,
    timezone: Vec<&'static str>,
    duration_minutes: Vec<i16>,
    lang: Vec<&'static str>,
    status: Vec<i16>,
    replay_status: Vec<i16>,
    options: Vec<Json<Box<RawValue>>>,
    allow_recording: Vec<bool>,
    inaccessible_replay: Vec<bool>,
    created_by: Vec<i64>,
    updated_by: Vec<i64>,
    created_at: Vec<DateTime<Utc>>,
    updated_at: Vec<DateTime<Utc>>,
}

impl Columns {
    /// The statement that [`Columns::insert`] executes.
    const INSERT: &str = "INSERT INTO sessions (account_id, guid, name, name_key, description, description_key, tags, tags_key, start_at, \
         start_civil, timezone, duration_minutes, lang, status, replay_status, options, allow_recording, inaccessible_replay, \
         created_by, updated_by, created_at, updated_at) \
         SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], \
         $9::timestamptz[], $10::timestamp[], $11::text[], $12::smallint[], $13::text[], $14::smallint[], $15::smallint[], \
         $16::jsonb[], $17::boolean[], $18::boolean[], $19::bigint[], $20::bigint[], $21::timestamptz[], $22::timestamptz[])";
    /// The record for the same rows, with a signature of the usual length. The same statement writes it into the copy that
    /// [`Database::copy_change_log`] makes.
    ///
    /// [`Database::copy_change_log`]: crate::postgres::Database::copy_change_log
    const RECORD: &str = "WITH recorded AS (INSERT INTO copied_change_log (account_id, kind, pending, ids, name_bits) \
         SELECT $1, 1, 7, $2, repeat('01', 512 * 33 / 2)::bit varying)";

    /// The statement that inserts the rows, with or without their record in the change log.
    pub(crate) fn insert_statement(is_recorded: bool) -> String {
        if is_recorded { format!("{} {}", Self::RECORD, Self::INSERT) } else { Self::INSERT.to_owned() }
    }

    /// The columns of `sessions` sessions.
    ///
    /// # Errors
    /// When there is no calendar day for one of them.
    pub(crate) fn new(sessions: usize) -> Result<Self> {
        let start_civil = (0..sessions).map(start_of).collect::<Result<Vec<_>>>()?;
        let start_at = start_civil.iter().map(|face| (*face - TimeDelta::hours(HOURS_AHEAD_OF_UTC)).and_utc()).collect();
        let options = Json(RawValue::from_string(OPTIONS.to_owned())?);
        Ok(Self {
            guid: vec![Uuid::nil(); sessions],
            name: vec![String::with_capacity(NAME.len() + NUMBER_WIDTH); sessions],
            name_key: vec![String::with_capacity(NAME.len() + NUMBER_WIDTH); sessions],
            description: vec![Some(DESCRIPTION); sessions],
            description_key: vec![Some(DESCRIPTION_KEY); sessions],
            tags: vec![Some(TAGS); sessions],
            tags_key: vec![Some(TAGS_KEY); sessions],
            start_at,
            start_civil,
            timezone: vec![TIMEZONE; sessions],
            duration_minutes: vec![MINUTES; sessions],
            lang: vec![LANG; sessions],
            status: vec![1; sessions],
            replay_status: vec![0; sessions],
            options: repeat_n(options, sessions).collect(),
            allow_recording: vec![true; sessions],
            inaccessible_replay: vec![false; sessions],
            created_by: vec![PRINCIPAL; sessions],
            updated_by: vec![PRINCIPAL; sessions],
            created_at: vec![DateTime::UNIX_EPOCH; sessions],
            updated_at: vec![DateTime::UNIX_EPOCH; sessions],
        })
    }

    /// Gives the sessions fresh GUIDs, the current time, and names that end in consecutive numbers from `first` on.
    ///
    /// # Errors
    /// Never: writing to a string does not fail.
    pub(crate) fn number(&mut self, first: u64) -> Result<()> {
        let now = now();
        self.guid.fill_with(new_guid);
        for (number, (name, key)) in (first..).zip(self.name.iter_mut().zip(&mut self.name_key)) {
            name.clear();
            write!(name, "{NAME}{number:0NUMBER_WIDTH$}")?;
            key.clear();
            write!(key, "{NAME_KEY}{number:0NUMBER_WIDTH$}")?;
        }
        self.created_at.fill(now);
        self.updated_at.fill(now);
        Ok(())
    }

    /// The current GUIDs of the sessions.
    pub(crate) fn guids(&self) -> &[Uuid] {
        &self.guid
    }

    /// Executes the prepared [`Columns::insert_statement`].
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn insert(&self, client: &Client, statement: &Statement) -> Result<()> {
        let parameters: [&(dyn ToSql + Sync); 22] = [
            &ACCOUNT,
            &self.guid,
            &self.name,
            &self.name_key,
            &self.description,
            &self.description_key,
            &self.tags,
            &self.tags_key,
            &self.start_at,
            &self.start_civil,
            &self.timezone,
            &self.duration_minutes,
            &self.lang,
            &self.status,
            &self.replay_status,
            &self.options,
            &self.allow_recording,
            &self.inaccessible_replay,
            &self.created_by,
            &self.updated_by,
            &self.created_at,
            &self.updated_at,
        ];
        client.execute(statement, &parameters).await?;
        Ok(())
    }
}

/// The civil time at which a session starts: far ahead, and spread over four weeks.
fn start_of(position: usize) -> Result<NaiveDateTime> {
    let position = u32::try_from(position)?;
    let first = NaiveDate::from_ymd_opt(2099, 3, 1).and_then(|day| day.checked_add_days(Days::new(u64::from(position % 28))));
    first.and_then(|day| day.and_hms_opt(8 + position / 28 % 12, 0, 0)).context("no such day")
}

#[expect(clippy::disallowed_methods, reason = "the bare inserts give out GUIDs as the service does")]
fn new_guid() -> Uuid {
    Uuid::now_v7()
}

/// The current time, in whole microseconds.
#[expect(clippy::disallowed_methods, reason = "the rows of the bare statements are as old as the statements")]
pub(crate) fn now() -> DateTime<Utc> {
    let now = DateTime::<Utc>::from(SystemTime::now());
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_every_name_of_a_request() {
        let mut request = BatchRequest::new(3).unwrap();
        let length = request.bytes.len();
        let text = String::from_utf8(request.numbered(98).to_vec()).unwrap();

        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let sessions: Vec<serde_json::Value> = serde_json::from_str(body).unwrap();
        let names: Vec<_> = sessions.iter().map(|session| session["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Fizik 101, grup 000000000098", "Fizik 101, grup 000000000099", "Fizik 101, grup 000000000100"]);
        assert_eq!(text.len(), length);
        assert!(text.contains(&format!("Content-Length: {}\r\n", body.len())));
    }

    #[test]
    fn numbering_again_leaves_nothing_of_the_last_time() {
        let mut columns = Columns::new(2).unwrap();
        columns.number(1).unwrap();
        let before = columns.guids().to_vec();
        columns.number(7).unwrap();

        assert_eq!(columns.name, ["Fizik 101, grup 000000000007", "Fizik 101, grup 000000000008"]);
        assert_eq!(columns.name_key, ["fizik 101, grup 000000000007", "fizik 101, grup 000000000008"]);
        assert!(columns.guids().iter().all(|guid| guid.get_version_num() == 7 && !before.contains(guid)));
    }
}
