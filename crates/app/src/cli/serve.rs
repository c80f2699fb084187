//! `derslik serve`

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use derslik_http::Socket;
use derslik_ports::inbound::{HealthService, Phase};
use derslik_side_listener::Running;
use tokio_util::sync::CancellationToken;

use super::banner::Banner;
use super::database::open_to_serve;
use super::known_keys::{retry_while_busy, set_up_dev_accounts};
use super::metadata;
use super::operations::Operations;
use super::start::check_database;
use super::worker::runner;
use super::{Context, Failure, Output, cannot_listen, runtime};
use crate::config::{Config, LogFormat, Profile};
use crate::descriptors::raise_limit;
use crate::known_person::{KnownPassword, add_known_person};
use crate::notify::{self, State};
use crate::server;
use crate::signals::Signals;
use crate::tls::Certificate;

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
    if let Some(certificate) = &certificate {
        certificate.warn_of_validity();
    }
    let runtime = runtime(config)?;
    // It tells that the process lives while that waits for its database.
    let operations = Operations::start(config, config.ops_of_serve().map_err(Failure::Usage)?);
    let operations = operations.map_err(|failure| rather_of_public(config, failure))?;
    let installation = open_to_serve(config, &runtime)?;
    check_database(config, &installation, &runtime)?;
    operations.watch(&installation, runtime.handle());
    let (operators, now) = (installation.operators(), installation.now());
    let listener = TcpListener::bind(config.listen).map_err(|error| cannot_listen(config.listen, "--listen", error))?;
    let address = listener.local_addr().map_err(|error| cannot_listen(config.listen, "--listen", error))?;
    let accounts = match config.profile {
        Profile::Dev => runtime.block_on(set_up_dev_accounts(config, &operators, now))?,
        Profile::Production => Vec::new(),
    };
    let page_key = runtime.block_on(retry_while_busy(|| operators.keys.page_tokens()))?;
    let state = installation.http_state(config, page_key).map_err(Failure::Usage)?;
    if let Some(demo) = accounts.first().filter(|_| config.fixed_dev_keys) {
        let people = installation.people_with(Arc::new(KnownPassword));
        runtime.block_on(add_known_person(people.as_ref(), &demo.plan)).map_err(Failure::Database)?;
    }
    let metadata = metadata::start(config, Arc::clone(&state.token_grants), &operators, &runtime)?;
    let host = certificate.as_ref().and_then(|certificate| certificate.host());
    let stop = signals.stop_within(config.stop_limit());
    if let Some(certificate) = certificate {
        certificate.follow_files().map_err(|error| Failure::Other(error.into()))?;
        signals.reload_with(move || reload(&certificate));
    }
    let runner = match work {
        Work::Here => Some(runner(config, &installation)?),
        Work::Elsewhere => None,
    };
    operations.begin_work();
    // A log for programs has a banner for programs.
    let output = if config.log.format == LogFormat::Json { Output::Json } else { context.output };
    // A client that has read the banner may send requests at once: the listener is open and queues them.
    show(
        output,
        &Banner {
            address,
            is_encrypted: tls.is_some(),
            host,
            operations: operations.address(),
            shows_metrics: operations.shows_metrics(),
            metadata: metadata.as_ref().map(Running::address),
            profile: config.profile,
            accounts: &accounts,
            now: installation.now(),
        },
    );
    tracing::info!(%address, database = %config.database().map_err(Failure::Usage)?, "serving");
    notify::tell(State::Ready);
    let settings = config.server(raise_limit());
    if settings.connections.in_all < config.http.max_connections {
        tracing::warn!(connections = settings.connections.in_all, "the limit of descriptors leaves room for fewer connections");
    }
    let (denials, served_all) = (installation.denial_writer(), CancellationToken::new());
    let (writer, end) = (denials.clone(), served_all.clone().cancelled_owned());
    let writing = runtime.spawn(async move { writer.run_until(end).await });
    let worker = runner.map(|runner| runtime.spawn(runner.run(stop.clone())));
    let closing = CancellationToken::new();
    runtime.spawn(close_after_drain(stop.clone(), operations.health(), config.ops.drain(), closing.clone()));
    let served = runtime.block_on(server::serve(Socket { listener, tls }, state, settings, closing));
    // A server that fails ends the rest as well.
    stop.cancel();
    served_all.cancel();
    let written = runtime.block_on(writing);
    runtime.block_on(denials.flush());
    if let Some(worker) = worker {
        runtime.block_on(worker).map_err(|error| Failure::Other(error.into()))?;
    }
    served.map_err(|error| Failure::Other(error.into()))?;
    written.map_err(|error| Failure::Other(error.into()))?;
    if let Some(metadata) = metadata {
        metadata.stop();
    }
    operations.stop();
    tracing::info!("stopped");
    Ok(())
}

/// Where a service runs already, a second one fails at both of its addresses. The failure at the public one tells more.
fn rather_of_public(config: &Config, failure: Failure) -> Failure {
    match (failure, TcpListener::bind(config.listen)) {
        (Failure::Listen(_), Err(error)) => cannot_listen(config.listen, "--listen", error),
        (failure, _) => failure,
    }
}

/// Once the process is told to stop, shows that at once, and closes the public listener after the drain.
async fn close_after_drain(stop: CancellationToken, health: Option<Arc<dyn HealthService>>, drain: Duration, closing: CancellationToken) {
    stop.cancelled().await;
    if let Some(health) = health {
        health.enter(Phase::Draining);
    }
    tokio::time::sleep(drain).await;
    closing.cancel();
}

/// Prints the banner. A closed standard output does not stop the service.
fn show(output: Output, banner: &Banner<'_>) {
    if output.print(|| banner.to_string(), || banner.as_json()).is_err() {
        tracing::warn!("nothing was printed: standard output is closed");
    }
}

fn reload(certificate: &Certificate) {
    match certificate.reload() {
        Ok(()) => tracing::info!("read the certificate again"),
        Err(error) => tracing::error!("the certificate can't be read again, and the old one stays: {error:#}"),
    }
}
