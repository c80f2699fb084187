//! `derslik serve`

use std::io::stdin;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use derslik_domain::id::AccountId;
use derslik_http::Socket;
use derslik_operations::{Control, ControlSlot};
use derslik_ports::inbound::control::{ControlError, PublicAccountId, SeedControl};
use derslik_ports::inbound::{HealthService, Phase};
use derslik_side_listener::Running;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::addresses::reachable;
use super::banner::Banner;
use super::database::open_to_serve;
use super::known_keys::{retry_while_busy, set_up_dev_accounts};
use super::metadata;
use super::operations::Operations;
use super::start::check_database;
use super::worker::runner;
use super::{Context, Failure, Output, ServeArgs, cannot_listen, runtime};
use crate::config::{Config, LogFormat, Profile};
use crate::descriptors::raise_limit;
use crate::known_person::{KnownPassword, add_known_person};
use crate::loopback::PublicListener;
use crate::notify::{self, State};
use crate::server;
use crate::signals::Signals;
use crate::tls::Certificate;
use crate::wiring::Installation;

pub(super) fn run(context: &Context<'_>, signals: &Signals, args: &ServeArgs) -> Result<(), Failure> {
    let config = context.config;
    if args.seed.is_some() && config.profile != Profile::Dev {
        return Err(Failure::Usage(anyhow::anyhow!("--seed is for profile dev")));
    }
    if args.exit_with_stdin {
        signals.stop_at_end_of(stdin()).map_err(|error| Failure::Other(error.into()))?;
    }
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
    let control = (config.profile == Profile::Dev).then(ControlSlot::default);
    let operations = Operations::start(config, config.ops_of_serve().map_err(Failure::Usage)?, control, true);
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
    let metadata = metadata::start(config, Arc::clone(&state.token_grants), &installation, &runtime)?;
    let host = certificate.as_ref().and_then(|certificate| certificate.host());
    let stop = signals.stop_within(config.stop_limit());
    if let Some(certificate) = certificate {
        certificate.follow_files().map_err(|error| Failure::Other(error.into()))?;
        signals.reload_with(move || reload(&certificate));
    }
    let runner = if args.no_worker { None } else { Some(runner(config, &installation)?) };
    let demo = accounts.first().map(|demo| demo.plan.account.id);
    let control = open_control(config, &installation, &operations, &runtime, args.seed.as_deref().zip(demo))?;
    // A log for programs has a banner for programs.
    let output = args.print.unwrap_or(if config.log.format == LogFormat::Json { Output::Json } else { context.output });
    // A client that has read the banner may send requests at once: the listener is open and queues them.
    let banner = Banner {
        address,
        is_encrypted: tls.is_some(),
        host,
        operations: operations.address(),
        shows_metrics: operations.shows_metrics(),
        console: operations.console(config),
        metadata: metadata.as_ref().map(Running::address),
        profile: config.profile,
        accounts: &accounts,
        now: installation.now(),
    };
    if let Some((health, vitals)) = operations.health().zip(operations.vitals()) {
        let loopback = Arc::new(PublicListener::at(reachable(address), tls.is_some()));
        let ports = installation.console(config, &state, health, vitals, control.as_ref(), loopback).map_err(Failure::Usage)?;
        operations.open_console(ports, banner.base());
    }
    operations.begin_work();
    show(output, &banner);
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

/// Makes test control available in profile dev, and adds the content of a file to an account before that. Returns it.
fn open_control(
    config: &Config,
    installation: &Installation,
    operations: &Operations,
    runtime: &Runtime,
    seed: Option<(&Path, AccountId)>,
) -> Result<Option<Control>, Failure> {
    if config.profile != Profile::Dev {
        return Ok(None);
    }
    let control = installation.control(config, runtime.handle()).map_err(Failure::Database)?;
    if let Some((file, account)) = seed {
        runtime.block_on(add_seed(control.seeds.as_ref(), account, file))?;
    }
    operations.open_control(control.clone());
    Ok(Some(control))
}

/// Adds the content of a file to an account.
async fn add_seed(seeds: &dyn SeedControl, account: AccountId, file: &Path) -> Result<(), Failure> {
    let document = std::fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()));
    match seeds.add_first(PublicAccountId::new(account.get()), document.map_err(Failure::Usage)?).await {
        Ok(_) => Ok(()),
        Err(ControlError::Store(error)) => Err(Failure::Database(error.into())),
        Err(error) => {
            let field = if let ControlError::Invalid { field: Some(field), .. } = &error { format!(": {field}") } else { String::new() };
            Err(Failure::Usage(anyhow::Error::new(error).context(format!("{} can't be used{field}", file.display()))))
        }
    }
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
