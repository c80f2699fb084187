//! The statements that write many sessions on PostgreSQL. Each also records the written sessions in the change log.

use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::session::Session;
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, SmallInt, Text};

use super::rows::SessionRecord;
use super::signature;
use crate::change_log::{ChangeKind, IDS_OF_A_RECORD};
use crate::db::bulk::Columns;
use crate::db::postgres::PgConnection;
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Sql, Statement};
use crate::db::types::{Bits, Civil, DbBits, DbGuid, Guid, Instant, Json};

static INSERT_MANY: Statement = Statement::new(
    "session_insert_many",
    "
    -- The records for the projections of sessions, one for each 100 of them.
    WITH recorded AS (
        INSERT INTO change_log (account_id, kind, pending, ids, name_bits)
        SELECT :account, :kind, :pending, (:guids)[place : place + 99], name_bits
        FROM unnest(:places, :signatures) AS part (place, name_bits)
    )
    INSERT INTO sessions (account_id, :columns)
    SELECT :account, * FROM :rows",
);

static INSERT_MANY_BY: Statement = Statement::new(
    "session_insert_many_by",
    "
    -- Without a row if the author may not act any more. The lock waits for a transaction that deletes the author, and then sees the
    -- result. A transaction that deletes the author later waits for this one.
    WITH author AS (
        SELECT id FROM principals WHERE account_id = :account AND id = :author AND status = 'active' FOR KEY SHARE
    ),
    -- The records for the projections of sessions, one for each 100 of them.
    recorded AS (
        INSERT INTO change_log (account_id, kind, pending, ids, name_bits)
        SELECT :account, :kind, :pending, (:guids)[place : place + 99], name_bits
        FROM author, unnest(:places, :signatures) AS part (place, name_bits)
    )
    INSERT INTO sessions (account_id, :columns)
    SELECT :account, new.* FROM author, :rows AS new",
);

static UPDATE_MANY: Statement = Statement::new(
    "session_update_many",
    "
    -- The records for the projections of sessions, one for each 100 of them.
    WITH recorded AS (
        INSERT INTO change_log (account_id, kind, pending, ids, name_bits)
        SELECT :account, :kind, :pending, (:guids)[place : place + 99], name_bits
        FROM unnest(:places, :signatures) AS part (place, name_bits)
    )
    UPDATE sessions SET :changes
    FROM :rows AS new (:columns)
    WHERE sessions.account_id = :account AND sessions.guid = new.guid",
);

/// The columns besides the account.
fn columns<'r>(rows: &'r [SessionRecord<'r>]) -> Columns<'r, SessionRecord<'r>> {
    Columns::of(rows)
        .key::<Guid, _>("guid", |row| row.guid)
        .column::<Text, _>("name", |row| row.name)
        .column::<Text, _>("name_key", |row| row.name_key.as_str())
        .column::<Nullable<Text>, _>("description", |row| row.description)
        .column::<Nullable<Text>, _>("description_key", |row| row.description_key.as_deref())
        .column::<Nullable<Text>, _>("tags", |row| row.tags)
        .column::<Nullable<Text>, _>("tags_key", |row| row.tags_key.as_deref())
        .column::<Instant, _>("start_at", |row| row.start_at)
        .column::<Civil, _>("start_civil", |row| row.start_civil)
        .column::<Text, _>("timezone", |row| row.timezone)
        .column::<SmallInt, _>("duration_minutes", |row| row.duration_minutes)
        .column::<Text, _>("lang", |row| row.lang)
        .column::<SmallInt, _>("status", |row| row.status)
        .column::<SmallInt, _>("replay_status", |row| row.replay_status)
        .column::<Json, _>("options", |row| &row.options)
        .column::<Bool, _>("allow_recording", |row| row.allow_recording)
        .column::<Bool, _>("inaccessible_replay", |row| row.inaccessible_replay)
        .column::<BigInt, _>("created_by", |row| row.created_by)
        .column::<BigInt, _>("updated_by", |row| row.updated_by)
        .column::<Instant, _>("created_at", |row| row.created_at)
        .column::<Instant, _>("updated_at", |row| row.updated_at)
}

/// A statement that writes the sessions and records them.
fn write<'r>(statement: &'static Statement, account: AccountId, rows: &'r [SessionRecord<'r>]) -> Sql<'r, Pg> {
    let guids: Vec<DbGuid> = rows.iter().map(|row| row.guid).collect();
    let names: Vec<_> = rows.iter().map(|row| row.name_key.as_str()).collect();
    let signatures: Vec<DbBits> = names.chunks(IDS_OF_A_RECORD).map(signature::of_names).collect();
    // The place of the first session of each record.
    let places: Vec<i32> = (1..).step_by(IDS_OF_A_RECORD).take(signatures.len()).collect();
    columns(rows)
        .written_by(statement)
        .bind::<BigInt, _>("account", account.get())
        .bind::<SmallInt, _>("kind", ChangeKind::Session.code())
        .bind::<SmallInt, _>("pending", ChangeKind::Session.pending())
        .bind::<Array<Guid>, _>("guids", guids)
        .bind::<Array<Integer>, _>("places", places)
        .bind::<Array<Bits>, _>("signatures", signatures)
}

fn write_by<'r>(account: AccountId, author: PrincipalId, rows: &'r [SessionRecord<'r>]) -> Sql<'r, Pg> {
    write(&INSERT_MANY_BY, account, rows).bind::<BigInt, _>("author", author.get())
}

fn records<'a>(account: AccountId, sessions: &[&'a Session]) -> Vec<SessionRecord<'a>> {
    sessions.iter().map(|session| SessionRecord::new(account, session)).collect()
}

/// Inserts sessions in one statement, unless the author may not act any more.
pub(super) fn insert_many_by(
    conn: &mut PgConnection,
    account: AccountId,
    author: PrincipalId,
    sessions: &[&Session],
) -> QueryResult<usize> {
    if sessions.is_empty() {
        return Ok(0);
    }
    write_by(account, author, &records(account, sessions)).execute(conn)
}

/// Inserts sessions in one statement.
pub(super) fn insert_many(conn: &mut PgConnection, account: AccountId, sessions: &[&Session]) -> QueryResult<usize> {
    if sessions.is_empty() {
        return Ok(0);
    }
    write(&INSERT_MANY, account, &records(account, sessions)).execute(conn)
}

/// Updates the sessions that are stored under these GUIDs, in one statement.
pub(super) fn update_many(conn: &mut PgConnection, account: AccountId, sessions: &[&Session]) -> QueryResult<usize> {
    if sessions.is_empty() {
        return Ok(0);
    }
    write(&UPDATE_MANY, account, &records(account, sessions)).execute(conn)
}

#[cfg(test)]
pub(super) fn statements() -> Vec<Printed> {
    let account = AccountId::new(1);
    vec![
        write(&INSERT_MANY, account, &[]).printed(),
        write(&UPDATE_MANY, account, &[]).printed(),
        write_by(account, PrincipalId::new(1), &[]).printed(),
    ]
}
