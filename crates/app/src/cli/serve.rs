//! `derslik serve`

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use derslik_http::Socket;
use derslik_http::classroom::ClassroomSettings;
use derslik_ports::outbound::{Clock, StoreError};
use derslik_services::courses::page_token_key;
use derslik_services::identity::{Credentials, Provisioned, known_secrets_in_use, provision_own_database};
use derslik_services::people::People;
use derslik_storage::DieselUnitOfWork;
use tokio::runtime::Runtime;

use super::account::known_secrets;
use super::banner::Banner;
use super::database::open_to_serve;
use super::worker::runner;
use super::{Context, Failure, Output, clock, runtime};
use crate::accounts::{DevAccount, dev_accounts};
use crate::config::{Config, Profile};
use crate::descriptors::raise_limit;
use crate::known_person::{KnownPassword, add_known_person};
use crate::server;
use crate::signals::Signals;
use crate::system::SystemIds;
use crate::tls::Certificate;
use crate::wiring::wire;

/// Which process runs the jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// In this process.
    Here,
    /// In worker processes.
    Elsewhere,
}

pub(super) fn run(context: &Context<'_>, signals: &Signals, work: Work) -> Result<(), Failure> {
    let config = context.config;
    let certificate = match (&config.tls_cert, &config.tls_key) {
        (Some(chain), Some(key)) => Some(Certificate::load(chain, key).map_err(Failure::Usage)?),
        _ => None,
    };
    let tls = certificate.as_ref().map(Certificate::server_config).transpose().map_err(Failure::Usage)?;
    let runtime = runtime(config)?;
    let uow = open_to_serve(config, &runtime)?;
    let listener = TcpListener::bind(config.listen).map_err(|error| cannot_listen(config.listen, error))?;
    let address = listener.local_addr().map_err(|error| cannot_listen(config.listen, error))?;
    let clock = clock(config)?;
    let accounts = match config.profile {
        Profile::Dev => set_up_dev_accounts(config, &runtime, &uow, clock.as_ref())?,
        Profile::Production => {
            refuse_known_keys(config, &runtime, &uow, clock.as_ref())?;
            Vec::new()
        }
    };
    let classroom = ClassroomSettings { templates: config.classroom.templates(), page_key: page_key(&runtime, &uow)? };
    let state = wire(&uow, Arc::clone(&clock), Arc::new(SystemIds), config.limits(), classroom)
        .with_jobs_compat(config.jobs_compat())
        .with_trusted_proxies(config.trusted_proxies().map_err(Failure::Usage)?);
    if let Some(demo) = accounts.first().filter(|_| config.fixed_dev_keys) {
        let people = People::new(uow.clone(), Arc::clone(&clock), Arc::new(SystemIds), Arc::new(KnownPassword));
        runtime.block_on(add_known_person(&people, &demo.plan)).map_err(Failure::Database)?;
    }
    let stop = signals.stop_within(config.stop_limit());
    if let Some(certificate) = certificate {
        signals.reload_with(move || reload(&certificate));
    }
    let runner = match work {
        Work::Here => Some(runner(config, &uow, Arc::clone(&clock))?),
        Work::Elsewhere => None,
    };
    // A client that has read the banner may send requests at once: the listener is open and queues them.
    show(context.output, &Banner { address, is_encrypted: tls.is_some(), profile: config.profile, accounts: &accounts, now: clock.now() });
    tracing::info!(%address, database = %config.database().map_err(Failure::Usage)?, "serving");
    let settings = config.server(raise_limit());
    if settings.connections.in_all < config.http.max_connections {
        tracing::warn!(connections = settings.connections.in_all, "the limit of descriptors leaves room for fewer connections");
    }
    let worker = runner.map(|runner| runtime.spawn(runner.run(stop.clone())));
    let served = runtime.block_on(server::serve(Socket { listener, tls }, state, settings, stop));
    if let Some(worker) = worker {
        runtime.block_on(worker).map_err(|error| Failure::Other(error.into()))?;
    }
    served.map_err(|error| Failure::Other(error.into()))?;
    tracing::info!("stopped");
    Ok(())
}

/// Prints the banner. A closed standard output does not stop the service.
fn show(output: Output, banner: &Banner<'_>) {
    if output.print(|| banner.to_string(), || banner.as_json()).is_err() {
        tracing::warn!("nothing was printed: standard output is closed");
    }
}

fn cannot_listen(address: SocketAddr, error: std::io::Error) -> Failure {
    let cure = match error.kind() {
        ErrorKind::AddrInUse => "another process listens on this port: stop it, or name another port with --listen",
        ErrorKind::AddrNotAvailable => "this machine does not have the address: name another with --listen",
        ErrorKind::PermissionDenied => "the port is reserved: name one above 1023 with --listen",
        _ => "name another address with --listen",
    };
    Failure::Listen(anyhow::Error::new(error).context(format!("can't listen on {address}; {cure}")))
}

fn reload(certificate: &Certificate) {
    match certificate.reload() {
        Ok(()) => tracing::info!("read the certificate again"),
        Err(error) => tracing::error!("the certificate can't be read again, and the old one stays: {error:#}"),
    }
}

/// The key that seals page tokens. An installation has one, made at its first start.
fn page_key(runtime: &Runtime, uow: &DieselUnitOfWork) -> Result<[u8; 32], Failure> {
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh).map_err(|error| Failure::Other(error.into()))?;
    runtime.block_on(patiently(|| page_token_key(uow, fresh)))
}

/// Sets up the dev accounts and returns those whose keys the banner prints: new accounts, and accounts with known keys. A database
/// that already holds accounts is served as it is: the start adds nothing to accounts that another start or command created.
fn set_up_dev_accounts(config: &Config, runtime: &Runtime, uow: &DieselUnitOfWork, clock: &dyn Clock) -> Result<Vec<DevAccount>, Failure> {
    let settings = config.account_settings().map_err(Failure::Usage)?;
    let accounts = dev_accounts(&settings, config.fixed_dev_keys, clock.now()).map_err(Failure::Other)?;
    // An existing account must not get a new random key that the operator did not ask for.
    let which = if config.fixed_dev_keys { Credentials::Always } else { Credentials::OfNewAccount };
    let plans: Vec<_> = accounts.iter().map(|account| account.plan.clone()).collect();
    let Some(done) = runtime.block_on(patiently(|| provision_own_database(uow, plans.clone(), which, clock.now())))? else {
        if config.fixed_dev_keys {
            let database = config.database().map_err(Failure::Usage)?;
            return Err(Failure::Usage(anyhow::anyhow!(
                "the database {database} holds accounts that were not made by --fixed-dev-keys, which would add publicly known keys: \
                 serve it without --fixed-dev-keys, or name an empty database with --database-url or --data-dir"
            )));
        }
        tracing::info!("the database holds accounts already: no account was added");
        return Ok(Vec::new());
    };
    let is_shown = |done: Provisioned| done.account || config.fixed_dev_keys;
    Ok(accounts.into_iter().zip(done).filter(|(_, done)| is_shown(*done)).map(|(account, _)| account).collect())
}

/// Refuses a database that was once served with known keys, since it still accepts them.
fn refuse_known_keys(config: &Config, runtime: &Runtime, uow: &DieselUnitOfWork, clock: &dyn Clock) -> Result<(), Failure> {
    let known = known_secrets(config, clock)?;
    let used = runtime.block_on(patiently(|| known_secrets_in_use(uow, known.clone())))?;
    if used.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(anyhow::anyhow!(
        "this database takes publicly known keys ({}), since it was served with --fixed-dev-keys: `derslik account remove-dev-keys` \
         takes them away and leaves everything else, or name another database with --database-url",
        used.join(", ")
    )))
}

/// Repeats a call while the database is busy, up to a limit: a start has more time than a request.
async fn patiently<T, F: Future<Output = Result<T, StoreError>>>(ask: impl Fn() -> F) -> Result<T, Failure> {
    const TRIES: usize = 5;
    let mut tries = 1;
    loop {
        match ask().await {
            Err(StoreError::Unavailable(_)) if tries < TRIES => tries += 1,
            done => return done.map_err(|error| Failure::Database(error.into())),
        }
    }
}
