//! Tests TLS to PostgreSQL: against a real server with certificates of this test, and against servers that answer wrongly.
#![cfg(test)]

#[path = "tls/relay.rs"]
mod relay;
#[path = "tls/wrong_server.rs"]
mod wrong_server;

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use derslik_domain::page::PageRequest;
use derslik_ports::outbound::{SessionReader, StoreError, Stores, UnitOfWork};
use derslik_storage::{ConnectCause, DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, guid, session};
use derslik_testkit::certificates::{Authority, Identity, Validity};
use derslik_testkit::contract::Harness;
use derslik_testkit::postgres::{Durability, PostgresServer, ServerTls, Template, TestDatabase};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use tempfile::TempDir;

use relay::Relay;
use wrong_server::{Step, wrong_server};

/// More than the longest wait of any test.
const PATIENCE: Duration = Duration::from_secs(30);

/// The roles `encrypted` (by password) and `certified` (by certificate) need TLS; `postgres` needs nothing.
const RULES: &str = "hostssl all encrypted 127.0.0.1/32 scram-sha-256\n\
                     hostssl all certified 127.0.0.1/32 cert\n\
                     host all encrypted,certified 127.0.0.1/32 reject";
const PASSWORD: &str = "p@ss/w:rd?#%&=ü'";
const ESCAPED_PASSWORD: &str = "p%40ss%2Fw%3Ard%3F%23%25%26%3D%C3%BC'";

/// A server with TLS, and the files that its clients use.
struct World {
    server: PostgresServer,
    folder: TempDir,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl World {
    /// A server whose certificate is for `localhost` and 127.0.0.1.
    fn new() -> Self {
        let (authority, clients) = (Authority::new("authority of the server"), Authority::new("authority of the clients"));
        let identity = authority.sign("server", &["localhost", "127.0.0.1"], Validity::Now);
        let world = Self::start(&ServerTls { identity, clients: Some(clients.certificate()), rules: RULES }, &authority);
        for (name, signed_by) in [("client", &clients), ("stranger", &authority)] {
            let identity = signed_by.sign("certified", &[], Validity::Now);
            world.write(&format!("{name}.pem"), &identity.certificate);
            world.write(&format!("{name}.key"), &identity.key);
        }
        world.write("other.pem", &clients.certificate());
        world.write("empty.pem", "no certificate\n");
        world
    }

    /// A server with that certificate.
    fn with(identity: Identity, authority: &Authority) -> Self {
        Self::start(&ServerTls { identity, clients: None, rules: "" }, authority)
    }

    /// A server, with its authority in the file `ca.pem`.
    fn start(tls: &ServerTls, authority: &Authority) -> Self {
        let server = PostgresServer::start_with_tls(Durability::Fast, tls).unwrap();
        let world = Self { server, folder: tempfile::tempdir().unwrap() };
        world.write("ca.pem", &authority.certificate());
        world
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn port(&self) -> u16 {
        port_of(&self.server.maintenance_url())
    }

    /// The URL of the database that is always there. `@` in the parameters stands for the folder of the files.
    fn url(&self, user: &str, host: &str, parameters: &str) -> String {
        let folder = self.folder.path().display().to_string();
        format!("postgres://{user}@{host}:{}/postgres?{}", self.port(), parameters.replace('@', &folder))
    }

    /// Connects, and returns the text of the failure.
    fn failure(&self, host: &str, parameters: &str) -> String {
        failure(&self.url("postgres", host, parameters))
    }

    /// A database with our tables, and the URL of it with full verification.
    fn database(&self) -> (TestDatabase, String) {
        let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
        let database = self.server.create_database(&template).unwrap();
        let url = format!("{}?sslmode=verify-full&sslrootcert={}", database.url(), self.file("ca.pem").display());
        (database, url)
    }
}

/// Makes the roles that need TLS.
fn make_roles(world: &World) {
    let password = PASSWORD.replace('\'', "''");
    let roles = format!("CREATE ROLE encrypted SUPERUSER LOGIN PASSWORD '{password}'; CREATE ROLE certified SUPERUSER LOGIN");
    PgConnection::establish(&world.server.maintenance_url()).unwrap().batch_execute(&roles).unwrap();
}

fn port_of(url: &str) -> u16 {
    let (_, rest) = url.rsplit_once("127.0.0.1:").unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

/// Connects and looks at the schema.
fn connect(url: &str) -> Result<(), String> {
    let url: DatabaseUrl = url.parse().map_err(|error| format!("{error}"))?;
    url.schema_state().map(drop).map_err(|error| {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    })
}

fn failure(url: &str) -> String {
    let text = connect(url).unwrap_err();
    assert!(!text.contains('\n'), "{text}");
    text
}

fn harness(url: &str, settings: PoolSettings) -> Harness<DieselUnitOfWork> {
    let url = url.parse().unwrap();
    Harness::new(|runtime| DieselUnitOfWork::new(&url, settings, runtime))
}

fn insert(stores: &mut dyn Stores, number: u128) -> Result<(), StoreError> {
    stores.sessions().insert_many(account().id, &[&session(guid(number))])
}

fn count(conn: &mut PgConnection, query: &str) -> i64 {
    sql_query(query).get_result::<Count>(conn).unwrap().count
}

/// Waits until a query of a database counts as many rows.
fn wait_for(conn: &mut PgConnection, expected: i64, query: &str) {
    let begin = Instant::now();
    while count(conn, query) != expected {
        assert!(begin.elapsed() < PATIENCE, "not {expected}: {query}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A query that counts connections of the current database that are encrypted.
fn encrypted(condition: &str) -> String {
    format!(
        "SELECT count(*) AS count FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) \
         WHERE datname = current_database() AND ssl AND version IN ('TLSv1.2', 'TLSv1.3') AND {condition}"
    )
}

#[test]
fn every_mode_connects_to_a_server_with_a_certificate_of_the_authority() {
    let world = World::new();
    for parameters in [
        "sslmode=verify-full&sslrootcert=@/ca.pem",
        "sslrootcert=@/ca.pem",
        "sslmode=verify-ca&sslrootcert=@/ca.pem",
        "sslmode=require&sslrootcert=@/ca.pem",
        "sslmode=require",
        "sslmode=prefer",
        "sslmode=allow",
        "sslmode=verify-full&sslrootcert=@/ca.pem&sslsni=0&channel_binding=prefer&sslnegotiation=postgres",
        "sslmode=disable",
        "",
    ] {
        for host in ["localhost", "127.0.0.1"] {
            let url = world.url("postgres", host, &format!("hostaddr=127.0.0.1&{parameters}"));
            connect(url.trim_end_matches('&')).unwrap();
        }
    }
}

#[test]
fn the_connections_of_a_pool_are_encrypted_and_do_their_work() {
    let world = World::new();
    let (database, url) = world.database();
    let harness = harness(&url, PoolSettings { connections: 2, ..PoolSettings::default() });
    harness.write(|stores| insert(stores, 1));
    assert!(harness.read(|stores| stores.sessions().find(account().id, guid(1))).is_some());
    let looked_up = harness.runtime().block_on(harness.unit_of_work().read_session(account().id, guid(1))).unwrap();
    assert!(looked_up.is_some());
    let mut watcher = PgConnection::establish(database.url()).unwrap();
    assert!(count(&mut watcher, &encrypted("application_name = 'derslik'")) > 0);
    let plain = "SELECT count(*) AS count FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) \
                 WHERE datname = current_database() AND NOT ssl AND application_name = 'derslik'";
    assert_eq!(count(&mut watcher, plain), 0);
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused() {
    let world = World::new();
    for parameters in
        ["sslmode=verify-full&sslrootcert=@/other.pem", "sslmode=require&sslrootcert=@/other.pem", "sslmode=prefer&sslrootcert=@/other.pem"]
    {
        let text = world.failure("localhost", parameters);
        assert!(text.contains("the certificate of localhost is not signed by an authority in ") && text.contains("other.pem"), "{text}");
    }
    // The machine may have no certificates of authorities at all; the way out is the same.
    let text = world.failure("localhost", "sslmode=verify-full");
    assert!(text.contains("as sslrootcert in the database URL"), "{text}");
}

#[test]
fn a_certificate_for_another_name_is_refused_where_names_count() {
    let world = World::new();
    let text = world.failure("db.example", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=@/ca.pem");
    assert!(text.contains("the certificate of db.example is only for localhost, 127.0.0.1: "), "{text}");
    for parameters in ["sslmode=verify-ca&sslrootcert=@/ca.pem", "sslmode=require&sslrootcert=@/ca.pem", "sslmode=require"] {
        connect(&world.url("postgres", "db.example", &format!("hostaddr=127.0.0.1&{parameters}"))).unwrap();
    }
}

#[test]
fn an_expired_certificate_is_refused_unless_nothing_is_verified() {
    let authority = Authority::new("authority");
    let world = World::with(authority.sign("server", &["localhost"], Validity::Past), &authority);
    for mode in ["verify-full", "verify-ca"] {
        let text = world.failure("localhost", &format!("sslmode={mode}&sslrootcert=@/ca.pem"));
        assert!(text.contains("the certificate of localhost has expired (2002-01-01): renew it at the server"), "{text}");
    }
    connect(&world.url("postgres", "localhost", "sslmode=require")).unwrap();
}

#[test]
fn the_certificate_of_an_authority_is_none_of_a_server() {
    let authority = Authority::new("authority");
    let world = World::with(authority.identity(), &authority);
    let text = world.failure("localhost", "sslmode=verify-full&sslrootcert=@/ca.pem");
    assert!(text.contains("the certificate of localhost is one of an authority (CA:TRUE)"), "{text}");
}

#[test]
fn a_server_without_tls_is_used_only_where_the_url_allows_it() {
    let server = PostgresServer::start(Durability::Fast).unwrap();
    let port = port_of(&server.maintenance_url());
    let url = |parameters: &str| format!("postgres://postgres@localhost:{port}/postgres?hostaddr=127.0.0.1{parameters}");
    for parameters in ["", "&sslmode=disable", "&sslmode=allow", "&sslmode=prefer"] {
        connect(&url(parameters)).unwrap();
    }
    let world = World::new();
    let verified = format!("&sslmode=verify-full&sslrootcert={}", world.file("ca.pem").display());
    for parameters in ["&sslmode=require", &verified] {
        let text = failure(&url(parameters));
        assert!(text.contains("localhost offers no TLS: set ssl = on at the server"), "{text}");
    }
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let world = World::new();
    for (parameters, part) in [
        ("sslrootcert=@/missing.pem", "missing.pem can't be read: "),
        ("sslrootcert=@/empty.pem", "empty.pem holds no certificate: it must be a PEM file"),
        ("sslrootcert=@/client.key", "client.key holds no certificate"),
        ("sslrootcert=@", " can't be read: "),
        ("sslmode=require&sslcert=@/client.pem&sslkey=@/client.pem", "client.pem holds no private key"),
        ("sslmode=require&sslcert=@/missing.pem&sslkey=@/client.key", "missing.pem can't be read"),
        ("sslmode=require&sslcert=@/client.pem&sslkey=@/stranger.key", "sslcert and sslkey can't be used together"),
    ] {
        let text = world.failure("localhost", &format!("hostaddr=127.0.0.1&{parameters}"));
        assert!(text.contains(part), "{parameters}: {text}");
    }
    // To parse a URL reads no file.
    "postgres://localhost/d?sslrootcert=/no/such/file".parse::<DatabaseUrl>().unwrap();
}

#[test]
fn a_file_that_appears_later_is_read_by_the_next_connection() {
    let world = World::new();
    let (_database, url) = world.database();
    let url = url.replace("/ca.pem", "/later.pem");
    let harness = harness(&url, PoolSettings { connections: 1, ..PoolSettings::default() });
    assert!(harness.try_write(|stores| insert(stores, 1)).is_err());
    std::fs::copy(world.file("ca.pem"), world.file("later.pem")).unwrap();
    harness.write(|stores| insert(stores, 1));
}

#[test]
fn a_password_with_special_characters_is_sent_under_tls_only() {
    let world = World::new();
    make_roles(&world);
    let user = format!("encrypted:{ESCAPED_PASSWORD}");
    for mode in ["verify-full&sslrootcert=@/ca.pem", "require"] {
        connect(&world.url(&user, "127.0.0.1", &format!("sslmode={mode}"))).unwrap();
    }
    let text = failure(&world.url(&user, "127.0.0.1", "sslmode=disable"));
    assert!(text.contains("28000"), "{text}");
    let text = failure(&world.url("encrypted:wrong", "127.0.0.1", "sslmode=require"));
    assert!(text.contains("28P01") && !text.contains("wrong"), "{text}");
    let cause = |user: &str, parameters: &str| {
        let url: DatabaseUrl = world.url(user, "127.0.0.1", parameters).parse().unwrap();
        url.schema_state().unwrap_err().connect_cause()
    };
    assert_eq!(cause("encrypted:wrong", "sslmode=require"), Some(ConnectCause::WrongPassword));
    assert_eq!(cause("encrypted", "sslmode=require"), Some(ConnectCause::NoPassword));
    assert_eq!(cause(&user, "sslmode=disable"), Some(ConnectCause::RoleRefused));
    assert_eq!(cause(&user, "sslmode=verify-full&sslrootcert=@/none.pem"), Some(ConnectCause::Tls));
}

#[test]
fn a_client_is_known_by_its_certificate() {
    let world = World::new();
    make_roles(&world);
    let connect_as = |name: &str| {
        let parameters = format!("sslmode=verify-full&sslrootcert=@/ca.pem&sslcert=@/{name}.pem&sslkey=@/{name}.key");
        connect(&world.url("certified", "127.0.0.1", &parameters))
    };
    connect_as("client").unwrap();
    connect_as("stranger").unwrap_err();
    let text = failure(&world.url("certified", "127.0.0.1", "sslmode=require"));
    assert!(text.contains("28000"), "{text}");
}

#[test]
fn each_of_several_hosts_is_verified_by_its_own_name() {
    let world = World::new();
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ca = world.file("ca.pem");
    let url = |hosts: &str, addresses: &str| {
        format!("postgres://postgres@{hosts}/postgres?{addresses}sslmode=verify-full&sslrootcert={}", ca.display())
    };
    let (port, both) = (world.port(), "hostaddr=127.0.0.1,127.0.0.1&");
    connect(&url(&format!("127.0.0.1:{unused},localhost:{port}"), both)).unwrap();
    connect(&url(&format!("db.example:{port},localhost:{port}"), both)).unwrap();
    // The certificate is told, and not the host that is down.
    let text = failure(&url(&format!("db.example:{port},127.0.0.1:{unused}"), both));
    assert!(text.contains("is only for localhost"), "{text}");
}

#[test]
fn a_host_that_stays_silent_leaves_time_for_the_next_one() {
    let server = PostgresServer::start(Durability::Fast).unwrap();
    // It takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (first, second) = (silent.local_addr().unwrap().port(), port_of(&server.maintenance_url()));
    connect(&format!("postgres://postgres@127.0.0.1:{first},127.0.0.1:{second}/postgres?sslmode=disable")).unwrap();
    connect(&format!("postgres://postgres@127.0.0.1:{second},127.0.0.1:{first}/postgres?sslmode=disable")).unwrap();
    assert!(failure(&format!("postgres://postgres@127.0.0.1:{first}/postgres?sslmode=disable")).contains("in time"));
}

/// `openssl x509 -req` makes such a certificate if no file with extensions is named.
#[test]
fn a_certificate_of_version_1_is_taken_where_any_is_and_else_refused_with_the_way_out() {
    let identity = Identity { certificate: include_str!("tls/version1.crt").to_owned(), key: include_str!("tls/version1.key").to_owned() };
    let world = World::with(identity, &Authority::new("another"));
    for mode in ["prefer", "require"] {
        connect(&world.url("postgres", "localhost", &format!("sslmode={mode}"))).unwrap();
    }
    for mode in ["verify-ca", "verify-full"] {
        let text = world.failure("localhost", &format!("sslmode={mode}&sslrootcert=@/ca.pem"));
        assert!(text.contains("version 1 of X.509") && text.contains("subjectAltName"), "{text}");
    }
}

#[test]
fn a_request_to_cancel_a_statement_goes_over_tls() {
    let world = World::new();
    let (database, url) = world.database();
    let relay = Relay::to(world.port());
    let url = url.replace(&format!("127.0.0.1:{}", world.port()), &format!("127.0.0.1:{}", relay.port()));
    let patient = Duration::from_secs(3_600);
    let harness =
        harness(&url, PoolSettings { connections: 1, statement_timeout: patient, lock_timeout: patient, ..PoolSettings::default() });
    let mut holder = PgConnection::establish(database.url()).unwrap();
    holder.batch_execute("BEGIN; LOCK TABLE sessions").unwrap();
    let mut watcher = PgConnection::establish(database.url()).unwrap();
    let waiting = encrypted("application_name = 'derslik' AND wait_event_type = 'Lock'");
    let uow = harness.unit_of_work().clone();
    let caller = harness.runtime().spawn(async move {
        let read = uow.read(account().id, |stores| stores.sessions().find(account().id, guid(1)));
        read.await.map(drop)
    });
    wait_for(&mut watcher, 1, &waiting);
    let made_before = relay.openings().len();
    caller.abort();
    wait_for(&mut watcher, 0, &waiting);
    // The only connection is free for other tables.
    let jobs = harness.read(|stores| stores.jobs().list(account().id, None, PageRequest { size: 1, after: None }));
    assert!(jobs.is_empty());
    let openings = relay.openings();
    assert!(openings.len() > made_before, "{openings:?}");
    assert!(openings.iter().copied().all(Relay::is_request_for_tls), "{openings:?}");
    holder.batch_execute("ROLLBACK").unwrap();
}

#[test]
fn the_listener_for_jobs_is_woken_over_tls() {
    let world = World::new();
    let (database, url) = world.database();
    let harness = harness(&url, PoolSettings { connections: 1, ..PoolSettings::default() });
    let sleeper = harness.unit_of_work().wake_ups().unwrap();
    let mut watcher = PgConnection::establish(database.url()).unwrap();
    wait_for(&mut watcher, 1, &encrypted("application_name = 'derslik listener' AND query LIKE 'LISTEN%' AND state = 'idle'"));
    let wakes = || harness.runtime().block_on(async { tokio::time::timeout(PATIENCE, sleeper.notified()).await });
    // Up to two wake-ups are for notifications from before it listened, so at least one of three is for those that are sent here.
    for _ in 0..3 {
        watcher.batch_execute("NOTIFY derslik_jobs").unwrap();
        wakes().unwrap();
    }
}

#[test]
fn connections_that_the_server_ends_are_noticed_and_replaced() {
    let world = World::new();
    let (database, url) = world.database();
    let harness = harness(&url, PoolSettings { connections: 1, ..PoolSettings::default() });
    let mut watcher = PgConnection::establish(database.url()).unwrap();
    for number in (1..5).step_by(2) {
        harness.write(move |stores| insert(stores, number));
        let query = "SELECT count(pg_terminate_backend(pid, 5000)) AS count FROM pg_stat_activity \
                     WHERE application_name = 'derslik' AND datname = current_database()";
        assert!(count(&mut watcher, query) > 0);
        // A write of one statement is not done again, so it succeeds only if the dead connection was noticed before it.
        let uow = harness.unit_of_work();
        harness.runtime().block_on(uow.write_single_statement(account().id, move |stores| insert(stores, number + 1))).unwrap();
    }
}

#[test]
fn servers_that_answer_wrongly_are_told_apart() {
    /// Fatal: the version of the protocol is not supported.
    const ALERT: &[u8] = &[21, 3, 1, 0, 2, 2, 70];
    /// The hello of a server that chose TLS 1.1: a header, the version, 32 random bytes, no session, a cipher, no compression.
    const OLD_HELLO: &[u8] = &[
        22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
        27, 28, 29, 30, 31, 32, 0, 192, 19, 0,
    ];
    /// An error of the server in plain text, as an attacker on the way could slip it in.
    const SLIPPED: &[u8] = b"SE\0\0\0\x23SFATAL\0C57P01\0Mslipped in\0\0";
    let cases: [(&[Step], &str); 9] = [
        (&[Step::Send(b"S"), Step::AwaitHello, Step::Send(ALERT)], "localhost speaks only versions of TLS before 1.2"),
        (&[Step::Send(b"S"), Step::AwaitHello, Step::Send(OLD_HELLO)], "localhost speaks only versions of TLS before 1.2"),
        (&[Step::Send(SLIPPED)], "localhost agrees to TLS and then doesn't speak it"),
        (&[Step::Send(b"S"), Step::Close], "localhost closed the connection during the TLS handshake"),
        (&[Step::Send(b"S"), Step::AwaitHello, Step::Close], "localhost closed the connection during the TLS handshake"),
        (&[Step::Send(b"N")], "localhost offers no TLS"),
        (&[Step::Send(b"Eslipped in\0")], "localhost answers the request for TLS with an error: its log says why"),
        (&[Step::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n")], "localhost doesn't answer the request for TLS as PostgreSQL does"),
        (&[Step::Close], "localhost closed the connection when it was asked for TLS"),
    ];
    for (steps, expected) in cases {
        let port = wrong_server(steps);
        let text = failure(&format!("postgres://postgres@localhost:{port}/postgres?hostaddr=127.0.0.1&sslmode=require"));
        assert!(text.contains(expected), "{steps:?}: {text}");
        assert!(!text.contains("slipped") && !text.contains("57P01"), "{text}");
    }
}

/// The variable by which a test hands a URL to the process that it starts.
const URL_OF_CHILD: &str = "TLS_TEST_URL";

#[test]
fn without_a_file_the_authorities_of_the_system_count() {
    let world = World::new();
    let run = |authorities: &str| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "child_connects", "--ignored"]).env_remove("SSL_CERT_DIR").env("SSL_CERT_FILE", world.file(authorities));
        child.env(URL_OF_CHILD, world.url("postgres", "localhost", "hostaddr=127.0.0.1&sslmode=verify-full"));
        child.output().unwrap()
    };
    let ended = run("ca.pem");
    assert!(ended.status.success(), "{ended:?}");
    for (authorities, expected) in [
        ("other.pem", "is not signed by an authority that this machine trusts"),
        ("empty.pem", "this machine has no certificates of authorities"),
    ] {
        let ended = run(authorities);
        assert!(!ended.status.success());
        let printed = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        assert!(printed.contains(expected), "{printed}");
    }
}

#[test]
#[ignore = "another test runs it in a process of its own"]
fn child_connects() {
    let url = std::env::var_os(URL_OF_CHILD).unwrap();
    connect(url.to_str().unwrap()).unwrap();
}
