//! What an erasure would find of a data subject among the attendees. Nothing here changes a row.

use std::collections::BTreeSet;

use derslik_domain::id::AccountId;
use derslik_domain::identity::DataSubject;
use diesel::prelude::*;

use crate::db::conn::{Conn, on_conn};
use crate::db::schema::attendees;
use crate::db::types::DbGuid;

/// The most GUIDs in one statement, well below the 32 766 parameters that SQLite allows.
const GUIDS_IN_ONE_STATEMENT: usize = 10_000;

/// The most attendances whose names are read.
const MAX_NAMED: i64 = 20_000;

/// The GUIDs and the keys of addresses by which a data subject attends sessions.
pub(super) fn keys_of(subject: &DataSubject) -> (Vec<DbGuid>, Vec<String>) {
    (subject.guids().into_iter().map(DbGuid::from).collect(), subject.email_keys().into_iter().collect())
}

/// The number of attendances of a data subject.
pub(crate) fn count_of(conn: Conn<'_>, account: AccountId, subject: &DataSubject) -> QueryResult<i64> {
    let (guids, emails) = keys_of(subject);
    on_conn!(conn, |conn| {
        let is_of_subject = attendees::user_guid.eq_any(&guids).or(attendees::email_key.nullable().eq_any(&emails));
        attendees::table.filter(attendees::account_id.eq(account.get())).filter(is_of_subject).count().get_result(conn)
    })
}

/// The GUIDs, codes and keys of addresses of the attendances of a data subject: of the first 20 000 that the database finds.
pub(crate) fn names_of(conn: Conn<'_>, account: AccountId, subject: &DataSubject) -> QueryResult<BTreeSet<String>> {
    let (guids, emails) = keys_of(subject);
    let rows: Vec<(DbGuid, String, String)> = on_conn!(conn, |conn| {
        let is_of_subject = attendees::user_guid.eq_any(&guids).or(attendees::email_key.nullable().eq_any(&emails));
        let of_subject = attendees::table.filter(attendees::account_id.eq(account.get())).filter(is_of_subject);
        of_subject.limit(MAX_NAMED).select((attendees::guid, attendees::attendance_code, attendees::email_key)).load(conn)
    })?;
    Ok(rows.into_iter().flat_map(|(guid, code, email)| [guid.0.to_string(), code, email]).collect())
}

/// How many of these sessions list an attendee who is not the data subject.
pub(crate) fn count_attended_by_others(
    mut conn: Conn<'_>,
    account: AccountId,
    sessions: &[DbGuid],
    subject: &DataSubject,
) -> QueryResult<usize> {
    let (guids, emails) = keys_of(subject);
    let mut count = 0;
    for part in sessions.chunks(GUIDS_IN_ONE_STATEMENT) {
        let attended: Vec<DbGuid> = on_conn!(conn.reborrow(), |conn| {
            let is_another = attendees::user_guid.is_null().or(attendees::user_guid.ne_all(&guids));
            attendees::table
                .filter(attendees::account_id.eq(account.get()))
                .filter(attendees::session_guid.eq_any(part))
                .filter(attendees::email_key.ne_all(&emails))
                .filter(is_another)
                .select(attendees::session_guid)
                .distinct()
                .load(conn)
        })?;
        count += attended.len();
    }
    Ok(count)
}
