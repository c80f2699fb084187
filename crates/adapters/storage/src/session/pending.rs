//! Pending sessions, which a projection has not applied yet and so are read one by one.

use std::collections::HashSet;

use derslik_ports::outbound::Projection;
use diesel::pg::Pg;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{QueryResult, RunQueryDsl};

use super::signature::{self, SLOTS};
use super::terms::Terms;
use crate::change_log::{is_pending, pending_ids};
use crate::db::conn::Conn;
use crate::db::sql::Sql;
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::text::Dialect;
use crate::db::types::{DbGuid, DbGuids, Guid};

/// The most pending sessions that a search or an erasure reads one by one. A lookup takes about four microseconds, as long as
/// reading 25 sessions in order. More sessions are pending only while clients write more than workers can index.
pub(super) const MAX_PENDING_SCAN: i64 = 10_000;

/// SQL for the pending sessions of the account `:account`, each looked up once by its key, as `written`.
pub(super) fn pending_sessions(projection: Projection, dialect: Dialect) -> String {
    looked_up(&pending_ids(projection, dialect), dialect)
}

/// SQL for the sessions of the list `:guids`, each looked up by its key, as `written`.
pub(super) fn listed_sessions(dialect: Dialect) -> String {
    let ids = match dialect {
        Dialect::Postgres => "SELECT unnest(:guids::uuid[]) AS key",
        Dialect::Sqlite => "SELECT unhex(value) AS key FROM json_each(:guids)",
    };
    looked_up(ids, dialect)
}

/// On PostgreSQL, `OFFSET 0` keeps conditions out of the lookup. With the status or the order in it, a planner without statistics would
/// read the index of the order for each GUID. On SQLite, `CROSS JOIN` fixes the order of the tables.
fn looked_up(ids: &str, dialect: Dialect) -> String {
    let found = match dialect {
        Dialect::Postgres => "LATERAL (SELECT * FROM sessions WHERE account_id = :account AND guid = each.key OFFSET 0) AS written",
        Dialect::Sqlite => "sessions AS written ON written.account_id = :account AND written.guid = each.key",
    };
    format!("({ids}) AS each CROSS JOIN {found}")
}

/// The pending sessions that a search has to look up, each once: all but those that the signatures of names rule out. `None` if they are
/// more than [`MAX_PENDING_SCAN`].
pub(super) fn candidates(conn: Conn<'_>, terms: &Terms) -> QueryResult<Option<Vec<DbGuid>>> {
    let most = usize::try_from(MAX_PENDING_SCAN).unwrap_or(usize::MAX);
    let found: Vec<DbGuid> = match conn {
        Conn::Pg(conn) => on_postgres(terms).load(conn)?,
        Conn::Sqlite(conn) => on_sqlite(conn, terms, most)?,
    };
    if found.len() > most {
        return Ok(None);
    }
    let each: HashSet<_> = found.into_iter().collect();
    Ok(Some(each.into_iter().collect()))
}

/// At most one session more than a search looks up. A session may come more than once.
fn on_postgres(terms: &Terms) -> Sql<'static, Pg, Guid> {
    let row = |slot: &usize| format!("substring(name_bits FROM {slot} * width + 1 FOR width)");
    let rows: Vec<_> = terms.name_slots.iter().map(row).collect();
    // Without a name, no session is ruled out.
    let columns = if rows.is_empty() { "NULL::bit varying".to_owned() } else { rows.join("\n            & ") };
    let text = format!(
        "
        SELECT each.guid
        FROM (
            -- The columns that may match, of each record. OFFSET 0 keeps them from being combined again for each session.
            SELECT ids, {columns} AS columns
            FROM (
                SELECT ids, name_bits, length(name_bits) / {SLOTS} AS width FROM change_log WHERE account_id = :account AND {}
            ) AS pending
            OFFSET 0
        ) AS record CROSS JOIN LATERAL unnest(record.ids) WITH ORDINALITY AS each (guid, place)
        -- The first condition passes over a record without any of its ids.
        WHERE (record.columns IS NULL OR position(B'1' IN record.columns) > 0)
            AND (record.columns IS NULL OR get_bit(record.columns, ((each.place - 1) % length(record.columns))::integer) = 1)
        LIMIT :limit",
        is_pending(Projection::SearchIndex)
    );
    Sql::composed("session_pending_candidates", text)
        .bind::<BigInt, _>("account", terms.account)
        .bind::<BigInt, _>("limit", MAX_PENDING_SCAN + 1)
        .returning()
        .uncached()
}

/// As [`on_postgres`]. Only what is left of a record is read out of its text.
fn on_sqlite(conn: &mut SqliteConnection, terms: &Terms, most: usize) -> QueryResult<Vec<DbGuid>> {
    let mut found = Vec::new();
    for record in records(terms).load_iter::<(String, Option<Vec<u8>>), _>(conn)? {
        let (ids, bits) = record?;
        let columns = match bits {
            Some(bits) if !terms.name_slots.is_empty() => signature::columns(&bits, &terms.name_slots),
            _ => vec![true],
        };
        if !columns.contains(&true) {
            continue;
        }
        let DbGuids(ids) = DbGuids::from_json(&ids).map_err(Error::DeserializationError)?;
        found.extend(ids.into_iter().zip(columns.iter().cycle()).filter_map(|(id, may_match)| may_match.then_some(id)));
        if found.len() > most {
            break;
        }
    }
    Ok(found)
}

fn records(terms: &Terms) -> Sql<'static, Sqlite, (Text, Nullable<Binary>)> {
    let text = format!("SELECT ids, name_bits FROM change_log WHERE account_id = :account AND {}", is_pending(Projection::SearchIndex));
    Sql::composed("session_pending_records", text).bind::<BigInt, _>("account", terms.account).returning().uncached()
}

#[cfg(test)]
pub(super) fn statements(terms: &Terms) -> Vec<Printed> {
    vec![on_postgres(terms).printed(), records(terms).printed()]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use derslik_domain::id::AccountId;
    use derslik_domain::session::{FilterForm, Session, SessionName};
    use derslik_ports::outbound::SessionRepository;
    use derslik_testkit::builders::{account, guid, session, text};

    use super::*;
    use crate::DatabaseUrl;
    use crate::db::conn::DieselStores;
    use crate::db::connector::Connector;
    use crate::db::settings::PoolSettings;
    use crate::db::sqlite::{Access, SqliteConnector};

    fn named(number: u128, name: &str) -> Session {
        Session { name: SessionName::new(name).unwrap(), ..session(guid(number)) }
    }

    fn found(conn: &mut SqliteConnection, account: AccountId, form: FilterForm) -> Option<Vec<DbGuid>> {
        candidates(Conn::Sqlite(conn), &Terms::new(account, &form.validate().unwrap())).unwrap()
    }

    #[test]
    fn of_many_pending_sessions_a_search_for_a_rare_name_looks_up_a_few_on_sqlite() {
        const MANY: u128 = 12_000;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pending.sqlite");
        DatabaseUrl::Sqlite(path.clone()).migrate().unwrap();
        let connector = SqliteConnector { path, access: Access::Write, settings: PoolSettings::default() };
        let mut conn = connector.connect(Duration::ZERO).unwrap().conn;
        let ours = account().id;
        for first in (0..MANY).step_by(1_000) {
            let name = |number| if number == 7_777 { "Kış geometrisi".to_owned() } else { format!("Ders {number}") };
            let sessions: Vec<_> = (first..first + 1_000).map(|number| named(number, &name(number))).collect();
            let mut stores = DieselStores::new(Conn::Sqlite(&mut conn), None);
            stores.insert_many(ours, &sessions.iter().collect::<Vec<_>>()).unwrap();
        }
        let by_name = |part: &str| FilterForm { name: text(part), ..FilterForm::default() };
        let few = found(&mut conn, ours, by_name("GEOMETRİ")).unwrap();
        assert!(few.len() < 20 && few.contains(&DbGuid::from(guid(7_777))), "{}", few.len());
        // Every name has this part. A part of two letters, and one of a description, rule out no session.
        for form in [by_name("ders "), by_name("ge"), FilterForm { description: text("geometri"), ..FilterForm::default() }] {
            assert_eq!(found(&mut conn, ours, form), None);
        }
        assert_eq!(found(&mut conn, AccountId::new(1), by_name("ders")), Some(Vec::new()));
    }
}
