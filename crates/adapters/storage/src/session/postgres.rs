//! The two statements that write many sessions on PostgreSQL. Each takes one array for each column. So its text never changes,
//! and the server parses and plans it once for a connection. Each also records the written sessions in the change log.

use crate::db::postgres::PgConnection;
use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::session::Session;
use diesel::RunQueryDsl;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text};

use super::rows::SessionRecord;
use crate::change_log::ChangeKind;
use crate::db::types::{Civil, DbCivil, DbGuid, DbInstant, DbJson, Guid, Instant, Json};

const KIND: i16 = ChangeKind::Session.code();
const PENDING: i16 = ChangeKind::Session.pending();

/// The columns besides the account, in the order in which [`SessionColumns`] binds them.
const COLUMNS: &str = "guid, name, name_key, description, description_key, tags, tags_key, start_at, start_civil, timezone, \
     duration_minutes, lang, status, replay_status, options, allow_recording, inaccessible_replay, created_by, updated_by, \
     created_at, updated_at";

/// Many sessions, column by column.
#[derive(Debug, Default)]
struct SessionColumns<'a> {
    account_id: i64,
    guid: Vec<DbGuid>,
    name: Vec<&'a str>,
    name_key: Vec<String>,
    description: Vec<Option<&'a str>>,
    description_key: Vec<Option<String>>,
    tags: Vec<Option<&'a str>>,
    tags_key: Vec<Option<String>>,
    start_at: Vec<DbInstant>,
    start_civil: Vec<DbCivil>,
    timezone: Vec<&'static str>,
    duration_minutes: Vec<i16>,
    lang: Vec<&'a str>,
    status: Vec<i16>,
    replay_status: Vec<i16>,
    options: Vec<DbJson>,
    allow_recording: Vec<bool>,
    inaccessible_replay: Vec<bool>,
    created_by: Vec<i64>,
    updated_by: Vec<i64>,
    created_at: Vec<DbInstant>,
    updated_at: Vec<DbInstant>,
}

impl<'a> SessionColumns<'a> {
    fn new(account: AccountId, sessions: &[&'a Session]) -> Self {
        let mut columns = Self { account_id: account.get(), ..Self::default() };
        for session in sessions {
            let record = SessionRecord::new(account, session);
            columns.guid.push(record.guid);
            columns.name.push(record.name);
            columns.name_key.push(record.name_key);
            columns.description.push(record.description);
            columns.description_key.push(record.description_key);
            columns.tags.push(record.tags);
            columns.tags_key.push(record.tags_key);
            columns.start_at.push(record.start_at);
            columns.start_civil.push(record.start_civil);
            columns.timezone.push(record.timezone);
            columns.duration_minutes.push(record.duration_minutes);
            columns.lang.push(record.lang);
            columns.status.push(record.status);
            columns.replay_status.push(record.replay_status);
            columns.options.push(record.options);
            columns.allow_recording.push(record.allow_recording);
            columns.inaccessible_replay.push(record.inaccessible_replay);
            columns.created_by.push(record.created_by);
            columns.updated_by.push(record.updated_by);
            columns.created_at.push(record.created_at);
            columns.updated_at.push(record.updated_at);
        }
        columns
    }

    /// `INSERT INTO change_log … SELECT …`, which records the sessions.
    fn push_record<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO change_log (account_id, kind, pending, ids) SELECT ");
        out.push_bind_param::<BigInt, _>(&self.account_id)?;
        out.push_sql(", ");
        out.push_bind_param::<SmallInt, _>(&KIND)?;
        out.push_sql(", ");
        out.push_bind_param::<SmallInt, _>(&PENDING)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Guid>, _>(&self.guid)
    }

    /// `unnest($n, …)`, one row for each session.
    fn push_unnest<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("unnest(");
        out.push_bind_param::<Array<Guid>, _>(&self.guid)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.name)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.name_key)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.description)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.description_key)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.tags)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.tags_key)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Instant>, _>(&self.start_at)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Civil>, _>(&self.start_civil)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.timezone)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SmallInt>, _>(&self.duration_minutes)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.lang)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SmallInt>, _>(&self.status)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SmallInt>, _>(&self.replay_status)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Json>, _>(&self.options)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Bool>, _>(&self.allow_recording)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Bool>, _>(&self.inaccessible_replay)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.created_by)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.updated_by)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Instant>, _>(&self.created_at)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Instant>, _>(&self.updated_at)?;
        out.push_sql(")");
        Ok(())
    }
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
    InsertSessionsBy { columns: SessionColumns::new(account, sessions), author: author.get() }.execute(conn)
}

/// Inserts sessions in one statement.
pub(super) fn insert_many(conn: &mut PgConnection, account: AccountId, sessions: &[&Session]) -> QueryResult<usize> {
    if sessions.is_empty() {
        return Ok(0);
    }
    InsertSessions(SessionColumns::new(account, sessions)).execute(conn)
}

/// Updates the sessions that are stored under these GUIDs, in one statement.
pub(super) fn update_many(conn: &mut PgConnection, account: AccountId, sessions: &[&Session]) -> QueryResult<usize> {
    if sessions.is_empty() {
        return Ok(0);
    }
    UpdateSessions(SessionColumns::new(account, sessions)).execute(conn)
}

#[derive(Debug)]
struct InsertSessions<'a>(SessionColumns<'a>);

impl QueryFragment<Pg> for InsertSessions<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH recorded AS (");
        self.0.push_record(&mut out)?;
        out.push_sql(") INSERT INTO sessions (account_id, ");
        out.push_sql(COLUMNS);
        out.push_sql(") SELECT ");
        out.push_bind_param::<BigInt, _>(&self.0.account_id)?;
        out.push_sql(", * FROM ");
        self.0.push_unnest(&mut out)
    }
}

impl QueryId for InsertSessions<'_> {
    type QueryId = InsertSessions<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for InsertSessions<'_> {}

#[derive(Debug)]
struct InsertSessionsBy<'a> {
    columns: SessionColumns<'a>,
    author: i64,
}

impl QueryFragment<Pg> for InsertSessionsBy<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let columns = &self.columns;
        // The lock waits for a transaction that deletes the author, and then sees the result. A transaction that deletes the
        // author later waits for this one.
        out.push_sql("WITH author AS (SELECT FROM principals WHERE account_id = ");
        out.push_bind_param::<BigInt, _>(&columns.account_id)?;
        out.push_sql(" AND id = ");
        out.push_bind_param::<BigInt, _>(&self.author)?;
        out.push_sql(" AND status = 'active' FOR KEY SHARE), recorded AS (");
        columns.push_record(&mut out)?;
        out.push_sql(" FROM author) INSERT INTO sessions (account_id, ");
        out.push_sql(COLUMNS);
        out.push_sql(") SELECT ");
        out.push_bind_param::<BigInt, _>(&columns.account_id)?;
        out.push_sql(", new.* FROM author, ");
        columns.push_unnest(&mut out)?;
        out.push_sql(" AS new");
        Ok(())
    }
}

impl QueryId for InsertSessionsBy<'_> {
    type QueryId = InsertSessionsBy<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for InsertSessionsBy<'_> {}

#[derive(Debug)]
struct UpdateSessions<'a>(SessionColumns<'a>);

impl QueryFragment<Pg> for UpdateSessions<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH recorded AS (");
        self.0.push_record(&mut out)?;
        out.push_sql(
            ") UPDATE sessions SET name = new.name, name_key = new.name_key, description = new.description, \
             description_key = new.description_key, tags = new.tags, tags_key = new.tags_key, start_at = new.start_at, \
             start_civil = new.start_civil, timezone = new.timezone, duration_minutes = new.duration_minutes, lang = new.lang, \
             status = new.status, replay_status = new.replay_status, options = new.options, \
             allow_recording = new.allow_recording, inaccessible_replay = new.inaccessible_replay, \
             created_by = new.created_by, updated_by = new.updated_by, created_at = new.created_at, updated_at = new.updated_at \
             FROM ",
        );
        self.0.push_unnest(&mut out)?;
        out.push_sql(" AS new (");
        out.push_sql(COLUMNS);
        out.push_sql(") WHERE sessions.account_id = ");
        out.push_bind_param::<BigInt, _>(&self.0.account_id)?;
        out.push_sql(" AND sessions.guid = new.guid");
        Ok(())
    }
}

impl QueryId for UpdateSessions<'_> {
    type QueryId = UpdateSessions<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for UpdateSessions<'_> {}
