//! The database that a run measures: its table, the rows in it, and the CPU time of its processes. This module must not know
//! the loads.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_postgres::config::{Config, Host, SslMode};
use tokio_postgres::{Client, NoTls};
use tokio_rustls::TlsConnector;
use uuid::Uuid;

use crate::process;
use crate::rows::{ACCOUNT, Columns};

/// The number of rows that the loads read from.
const STOCK: usize = 20_000;
const STOCK_AT_A_TIME: usize = 1_000;

/// The database of a run.
#[derive(Debug)]
pub(crate) struct Database {
    url: String,
    admin: Client,
    backend: u32,
    counters: Counters,
    stock: Mutex<Option<Arc<[Uuid]>>>,
}

/// The counters that all clients of a run share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    numbers: Arc<AtomicU64>,
    written: Arc<AtomicU64>,
}

impl Counters {
    /// Reserves `count` numbers for the caller, and returns the first.
    pub(crate) fn take_numbers(&self, count: u64) -> u64 {
        self.numbers.fetch_add(count, Ordering::Relaxed)
    }

    /// Counts rows whose write was acknowledged.
    pub(crate) fn add_written(&self, rows: u64) {
        self.written.fetch_add(rows, Ordering::Relaxed);
    }
}

impl Database {
    /// Connects.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let admin = connect(url).await?;
        let backend: i32 = admin.query_one("SELECT pg_backend_pid()", &[]).await?.try_get(0)?;
        let backend = u32::try_from(backend)?;
        Ok(Self { url: url.to_owned(), admin, backend, counters: Counters::default(), stock: Mutex::new(None) })
    }

    /// A new connection.
    ///
    /// # Errors
    /// When none can be made.
    pub(crate) async fn connect(&self) -> Result<Client> {
        connect(&self.url).await
    }

    /// A new connection with TLS, to a server whose certificate the authority in the file has signed.
    ///
    /// # Errors
    /// When none can be made.
    pub(crate) async fn connect_encrypted(&self, authority: &Path) -> Result<Client> {
        connect_encrypted(&self.url, authority).await
    }

    /// The shared counters.
    pub(crate) fn counters(&self) -> Counters {
        self.counters.clone()
    }

    /// The version of the server, such as `15.18`.
    ///
    /// # Errors
    /// When the server is gone.
    pub(crate) async fn version(&self) -> Result<String> {
        let version: String = self.admin.query_one("SHOW server_version", &[]).await?.try_get(0)?;
        Ok(version.split(' ').next().unwrap_or_default().to_owned())
    }

    /// The CPU time of all processes of the server.
    ///
    /// # Errors
    /// When the server is gone, or not on this machine.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        // All processes of a server are children of its postmaster.
        process::cpu_of_family(process::parent_of(self.backend)?)
    }

    /// Empties the table, and finishes maintenance work of the server that would otherwise run during the next measurement.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn empty(&self) -> Result<()> {
        *self.stock.lock().await = None;
        self.counters.written.store(0, Ordering::Relaxed);
        // In the order in which a projection locks them, since one may still be at work.
        self.admin.batch_execute("TRUNCATE change_log, sessions, session_index, session_ends, session_creators").await?;
        self.admin.batch_execute("CHECKPOINT").await?;
        Ok(())
    }

    /// Makes an empty copy of the change log, with the same indices. No projection follows it, so its price is that of the record.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn copy_change_log(&self) -> Result<()> {
        let copy = "DROP TABLE IF EXISTS copied_change_log; CREATE TABLE copied_change_log (LIKE change_log INCLUDING ALL); \
             ALTER TABLE copied_change_log SET (toast_tuple_target = 8160)";
        Ok(self.admin.batch_execute(copy).await?)
    }

    /// Checks that the table holds exactly the rows acknowledged since [`Database::empty`].
    ///
    /// # Errors
    /// When there are fewer or more rows.
    pub(crate) async fn check_written(&self) -> Result<()> {
        let stored: i64 = self.admin.query_one("SELECT count(*) FROM sessions", &[]).await?.try_get(0)?;
        let written = self.counters.written.load(Ordering::Relaxed);
        ensure!(u64::try_from(stored)? == written, "{written} rows were acknowledged, but {stored} are stored");
        Ok(())
    }

    /// Fills the emptied table with a fixed number of sessions to read, unless they are there. Returns their GUIDs.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn stock(&self) -> Result<Arc<[Uuid]>> {
        if let Some(guids) = &*self.stock.lock().await {
            return Ok(Arc::clone(guids));
        }
        self.empty().await?;
        let statement = self.admin.prepare(&Columns::insert_statement(false)).await?;
        let mut columns = Columns::new(STOCK_AT_A_TIME)?;
        let mut guids = Vec::with_capacity(STOCK);
        while guids.len() < STOCK {
            columns.number(self.counters.take_numbers(u64::try_from(STOCK_AT_A_TIME)?))?;
            columns.insert(&self.admin, &statement).await?;
            guids.extend_from_slice(columns.guids());
        }
        self.admin.batch_execute("VACUUM ANALYZE sessions").await?;
        self.admin.batch_execute("CHECKPOINT").await?;
        let guids: Arc<[Uuid]> = guids.into();
        *self.stock.lock().await = Some(Arc::clone(&guids));
        Ok(guids)
    }

    /// The rows of the table as JSON, in the order of their names, without the columns that differ in each run.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn rows(&self) -> Result<Vec<serde_json::Value>> {
        const ROWS: &str = "SELECT to_jsonb(sessions) - '{guid,name,name_key,created_at,updated_at}'::text[] \
             || jsonb_build_object('name', left(name, -12), 'name_key', left(name_key, -12), 'changed', updated_at <> created_at) \
             FROM sessions WHERE account_id = $1 ORDER BY name";
        let rows = self.admin.query(ROWS, &[&ACCOUNT]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}

/// A new connection.
///
/// # Errors
/// When none can be made.
pub(crate) async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("cannot connect to the database")?;
    // The task ends with its client; its errors show in the client's calls.
    tokio::spawn(connection);
    Ok(client)
}

async fn connect_encrypted(url: &str, authority: &Path) -> Result<Client> {
    /// How a client of PostgreSQL asks for TLS.
    const REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    let mut config: Config = url.parse()?;
    // The library is told of no TLS: the socket has it.
    config.ssl_mode(SslMode::Disable);
    let (Some(Host::Tcp(host)), Some(port)) = (config.get_hosts().first(), config.get_ports().first()) else {
        bail!("the URL of the database names no host and port");
    };
    let mut socket = TcpStream::connect((host.as_str(), *port)).await?;
    socket.set_nodelay(true)?;
    socket.write_all(&REQUEST).await?;
    let mut answer = [0_u8; 1];
    socket.read_exact(&mut answer).await?;
    ensure!(answer == *b"S", "the database offers no TLS");
    let mut authorities = RootCertStore::empty();
    authorities.add(CertificateDer::from_pem_file(authority)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let tls = Arc::new(tls.with_root_certificates(authorities).with_no_client_auth());
    let handshake = Box::pin(TlsConnector::from(tls).connect(ServerName::try_from(host.clone())?, socket));
    let (client, connection) = config.connect_raw(Box::new(handshake.await?), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
