//! Facts about a PostgreSQL server. All statements only read, within one time limit.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use derslik_domain::time::Timestamp;
use derslik_ports::outbound::Clock;
use diesel::connection::SimpleConnection;
use diesel::result::Error;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use tokio_util::sync::CancellationToken;

use super::content::{TextRow, read_content};
use super::{Fact, LinkFacts, Network, NotInspected, PostgresFacts, RoleFacts, ServerFacts, Unread};
use crate::clock::{ClockDifference, NOW, Now};
use crate::db::connect_error::ConnectError;
use crate::db::connector::{Connector, PooledConn};
use crate::db::limit::Limit;
use crate::db::postgres::{PgConnection, PgConnector, PgControl};
use crate::db::settings::PoolSettings;
use crate::personal::{Presence, TABLES};
use crate::upgrade::readable_failure;

/// The first version that records the version of a database's collation.
const WITH_COLLATION_VERSIONS: u32 = 150_000;

/// A sequence that a program without the right to use it can't do without.
const SEQUENCE: &str = "project_ids";

const SERVER: &str = "
    SELECT current_setting('server_version_num')::integer AS version, current_setting('server_version') AS version_text,
        pg_encoding_to_char(encoding)::text AS encoding, datcollate::text AS collation, current_setting('TimeZone') AS time_zone,
        pg_is_in_recovery() AS is_standby, datconnlimit AS connection_limit
    FROM pg_database WHERE datname = current_database()";

const COLLATION_VERSIONS: &str = "
    SELECT datcollversion AS stored, pg_database_collation_actual_version(oid) AS actual
    FROM pg_database WHERE datname = current_database()";

/// The value that a new session gets, not the one that our own sessions set.
const SETTINGS: &str = "
    SELECT name, coalesce(reset_val, setting) AS value FROM pg_settings
    WHERE name IN ('synchronous_commit', 'fsync', 'full_page_writes', 'max_connections', 'superuser_reserved_connections',
        'reserved_connections', 'standard_conforming_strings', 'default_transaction_read_only')";

const LINK: &str = "
    SELECT ssl AS is_encrypted, CASE
        WHEN client IS NULL OR client <<= inet '127.0.0.0/8' OR client = inet '::1' THEN 'local'
        WHEN client <<= inet '10.0.0.0/8' OR client <<= inet '172.16.0.0/12' OR client <<= inet '192.168.0.0/16'
            OR client <<= inet 'fc00::/7' THEN 'private'
        ELSE 'public' END AS network
    FROM pg_stat_ssl CROSS JOIN (SELECT inet_client_addr() AS client) AS address WHERE pid = pg_backend_pid()";

const ROLE: &str = "
    SELECT rolname::text AS name, rolsuper AS is_superuser, rolconnlimit AS connection_limit FROM pg_roles WHERE rolname = current_user";

/// The condition is a CASE, since the function for sequences fails on a table, and the server may evaluate conditions in any order.
const LACKING: &str = "
    SELECT relname::text AS text FROM pg_class
    WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('accounts'))
      AND (relkind IN ('r', 'p') AND relname = ANY($1) OR relkind = 'S' AND relname = $2)
      AND CASE relkind WHEN 'S' THEN NOT has_sequence_privilege(oid, 'USAGE')
          ELSE NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
              AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')) END
    ORDER BY 1 LIMIT 10";

#[derive(QueryableByName)]
struct ServerRow {
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Text)]
    version_text: String,
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Text)]
    collation: String,
    #[diesel(sql_type = Text)]
    time_zone: String,
    #[diesel(sql_type = Bool)]
    is_standby: bool,
    #[diesel(sql_type = Integer)]
    connection_limit: i32,
}

#[derive(QueryableByName)]
struct CollationRow {
    #[diesel(sql_type = Nullable<Text>)]
    stored: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    actual: Option<String>,
}

#[derive(QueryableByName)]
struct SettingRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    value: Option<String>,
}

#[derive(QueryableByName)]
struct RoleRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_superuser: bool,
    #[diesel(sql_type = Integer)]
    connection_limit: i32,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct LinkRow {
    #[diesel(sql_type = Bool)]
    is_encrypted: bool,
    #[diesel(sql_type = Text)]
    network: String,
}

/// A connection whose statements all end in time. The session gets the settings that the service gives its own, and no others: a
/// pooler of transactions would hand them on to the service.
struct Session {
    pooled: PooledConn<PgConnection>,
}

impl Session {
    fn open(connector: &PgConnector, until: Instant) -> Result<Self, ConnectError> {
        let left = until.saturating_duration_since(Instant::now());
        let pooled = connector.connect(left)?;
        let left = until.saturating_duration_since(Instant::now());
        pooled.limit(Some(Limit { deadline: until, statement_timeout: left, cancelled: CancellationToken::new() }));
        Ok(Self { pooled })
    }

    fn read<T>(&mut self, query: impl FnOnce(&mut PgConnection) -> Result<T, Error>) -> Fact<T> {
        let read = query(&mut self.pooled.conn);
        read.map_err(|error| unread(&error, self.pooled.control.as_deref()))
    }

    /// The number of the server's process that serves this connection.
    fn backend(&mut self) -> Fact<i64> {
        self.read(|conn| sql_query("SELECT pg_backend_pid()::bigint AS number").get_result(conn)).map(|row: Number| row.number)
    }
}

fn unread(error: &Error, control: Option<&PgControl>) -> Unread {
    if control.is_some_and(PgControl::is_cut) { Unread::new("no answer in time") } else { Unread::of(error) }
}

pub(super) fn check_files(url: &str) -> Fact<()> {
    let connector = PgConnector::new(url, PoolSettings::default()).map_err(|error| Unread::of(&error))?;
    connector.server.check_files().map_err(|error| Unread::of(&error))
}

pub(super) fn inspect(url: &str, clock: &dyn Clock, limit: Duration) -> Result<PostgresFacts, NotInspected> {
    let until = Instant::now() + limit;
    let connector = PgConnector::new(url, PoolSettings::default())?;
    let mut session = Session::open(&connector, until)?;
    let is_shared = is_shared(&connector, &mut session, until);
    let server = server(&mut session);
    let settings = session
        .read(|conn| sql_query(SETTINGS).load(conn))
        .map(|rows: Vec<SettingRow>| rows.into_iter().filter_map(|row| Some((row.name, row.value?))).collect::<BTreeMap<_, _>>());
    let link = link(&mut session);
    let role = role(&mut session);
    let clock_difference = clock_difference(&mut session, clock);
    let PooledConn { conn, control, .. } = &mut session.pooled;
    let control = control.as_deref();
    let content = read_content(conn, clock.now(), |error| readable_failure(error, control), |error| unread(&error, control));
    Ok(PostgresFacts { server, settings, role, link, is_shared, clock: clock_difference, content })
}

/// Whether one process of the server serves two connections, or two processes serve one: only a pooler in between does that.
fn is_shared(connector: &PgConnector, first: &mut Session, until: Instant) -> Fact<bool> {
    let before = first.backend()?;
    let mut second = Session::open(connector, until).map_err(|error| Unread::of(&error))?;
    second.read(|conn| conn.batch_execute("BEGIN"))?;
    // The transaction keeps its process, so the other connection can't get the same one again.
    let other = second.backend()?;
    Ok(other == before || first.backend()? != before)
}

fn server(session: &mut Session) -> Fact<ServerFacts> {
    let row: ServerRow = session.read(|conn| sql_query(SERVER).get_result(conn))?;
    let version = u32::try_from(row.version).unwrap_or_default();
    let collation_versions = if version < WITH_COLLATION_VERSIONS {
        None
    } else {
        let CollationRow { stored, actual } = session.read(|conn| sql_query(COLLATION_VERSIONS).get_result(conn))?;
        stored.zip(actual)
    };
    Ok(ServerFacts {
        version,
        version_text: row.version_text,
        encoding: row.encoding,
        collation: row.collation,
        collation_versions,
        time_zone: row.time_zone,
        is_standby: row.is_standby,
        connection_limit: limit_of(row.connection_limit),
    })
}

fn link(session: &mut Session) -> Fact<LinkFacts> {
    let LinkRow { is_encrypted, network } = session.read(|conn| sql_query(LINK).get_result(conn))?;
    let network = match network.as_str() {
        "local" => Network::Local,
        "private" => Network::Private,
        _ => Network::Public,
    };
    Ok(LinkFacts { is_encrypted, network })
}

/// PostgreSQL writes −1 for no limit.
fn limit_of(connections: i32) -> Option<u32> {
    u32::try_from(connections).ok()
}

fn role(session: &mut Session) -> Fact<RoleFacts> {
    let row: RoleRow = session.read(|conn| sql_query(ROLE).get_result(conn))?;
    let tables: Vec<_> = TABLES.iter().filter(|table| table.presence != Presence::Sqlite).map(|table| table.name).collect();
    // Only `migrate` writes the table of migrations.
    let tables: Vec<_> = tables.into_iter().filter(|name| !name.starts_with("__")).collect();
    let lacking: Vec<TextRow> =
        session.read(|conn| sql_query(LACKING).bind::<Array<Text>, _>(tables).bind::<Text, _>(SEQUENCE).load(conn))?;
    Ok(RoleFacts {
        name: row.name,
        is_superuser: row.is_superuser,
        connection_limit: limit_of(row.connection_limit),
        lacking: lacking.into_iter().map(|row| row.text).collect(),
    })
}

fn clock_difference(session: &mut Session, clock: &dyn Clock) -> Fact<ClockDifference> {
    let before = clock.now();
    let Now { micros } = session.read(|conn| sql_query(NOW).get_result(conn))?;
    Ok(ClockDifference::new(before, Timestamp::from_micros(micros), clock.now()))
}
