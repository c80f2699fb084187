//! The statement that updates a session on SQLite.

use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};
use diesel::sqlite::Sqlite;

use super::rows::SessionRecord;
use crate::db::changes::Changes;
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Sql, Statement};
use crate::db::types::{Civil, Guid, Instant, Json};

static UPDATE: Statement = Statement::new("session_update", "UPDATE sessions SET :changes WHERE account_id = :account AND guid = :guid");

/// Overwrites a session.
pub(super) fn update<'r>(record: &'r SessionRecord<'r>) -> Sql<'r, Sqlite> {
    // A new column does not compile until it is written.
    let SessionRecord {
        account_id,
        guid,
        name,
        name_key,
        description,
        description_key,
        tags,
        tags_key,
        start_at,
        start_civil,
        timezone,
        duration_minutes,
        lang,
        status,
        replay_status,
        options,
        allow_recording,
        inaccessible_replay,
        created_by,
        updated_by,
        created_at,
        updated_at,
    } = record;
    Changes::none()
        .column::<Text, _>("name", name)
        .column::<Text, _>("name_key", name_key)
        .column::<Nullable<Text>, _>("description", description)
        .column::<Nullable<Text>, _>("description_key", description_key)
        .column::<Nullable<Text>, _>("tags", tags)
        .column::<Nullable<Text>, _>("tags_key", tags_key)
        .column::<Instant, _>("start_at", start_at)
        .column::<Civil, _>("start_civil", start_civil)
        .column::<Text, _>("timezone", timezone)
        .column::<SmallInt, _>("duration_minutes", duration_minutes)
        .column::<Text, _>("lang", lang)
        .column::<SmallInt, _>("status", status)
        .column::<SmallInt, _>("replay_status", replay_status)
        .column::<Json, _>("options", options)
        .column::<Bool, _>("allow_recording", allow_recording)
        .column::<Bool, _>("inaccessible_replay", inaccessible_replay)
        .column::<BigInt, _>("created_by", created_by)
        .column::<BigInt, _>("updated_by", updated_by)
        .column::<Instant, _>("created_at", created_at)
        .column::<Instant, _>("updated_at", updated_at)
        .written_by(&UPDATE)
        .bind_in_both::<BigInt, _>("account", account_id)
        .bind_in_both::<Guid, _>("guid", guid)
}

#[cfg(test)]
pub(super) fn statements() -> Vec<Printed> {
    use derslik_domain::id::AccountId;
    use derslik_testkit::builders::{guid, session};

    let session = session(guid(1));
    vec![update(&SessionRecord::new(AccountId::new(1), &session)).printed()]
}
