//! Sessions, whose keys serve searches. A session with changed keys is recorded in the change log, so that it is indexed again.

use derslik_domain::session::SearchKeys;
use diesel::prelude::*;
use uuid::Uuid;

use super::rows::{Rewrite, Rows};
use crate::change_log::{ChangeKind, record};
use crate::db::conn::{Conn, on_conn};
use crate::db::schema::sessions;
use crate::db::types::DbGuid;

pub(super) struct Sessions;

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct Session {
    guid: DbGuid,
    name: String,
    name_key: String,
    description: Option<String>,
    description_key: Option<String>,
    tags: Option<String>,
    tags_key: Option<String>,
}

impl Rows for Sessions {
    type Row = Session;

    fn load(conn: Conn<'_>, account: i64, after: &str, limit: i64) -> QueryResult<Vec<Session>> {
        let after = DbGuid(after.parse().unwrap_or(Uuid::nil()));
        let rows = sessions::table.filter(sessions::account_id.eq(account)).filter(sessions::guid.gt(after));
        on_conn!(conn, |conn| rows.order(sessions::guid).limit(limit).select(Session::as_select()).load(conn))
    }

    fn find(conn: Conn<'_>, account: i64, id: &str) -> QueryResult<Vec<Session>> {
        let Ok(guid) = id.parse::<Uuid>() else { return Ok(Vec::new()) };
        let row = sessions::table.find((account, DbGuid(guid)));
        on_conn!(conn, |conn| row.select(Session::as_select()).load(conn))
    }

    fn id(row: &Session) -> String {
        row.guid.0.to_string()
    }

    fn rewrite(mut conn: Conn<'_>, account: i64, row: &Session) -> QueryResult<Rewrite> {
        let keys = SearchKeys::of(&row.name, row.description.as_deref(), row.tags.as_deref());
        if (&keys.name, &keys.description, &keys.tags) == (&row.name_key, &row.description_key, &row.tags_key) {
            return Ok(Rewrite::Same);
        }
        let keys = (sessions::name_key.eq(keys.name), sessions::description_key.eq(keys.description), sessions::tags_key.eq(keys.tags));
        let this = sessions::table.find((account, row.guid));
        on_conn!(conn.reborrow(), |conn| diesel::update(this).set(keys).execute(conn))?;
        record(conn, account, ChangeKind::Session, vec![row.guid], None)?;
        Ok(Rewrite::Done)
    }
}
