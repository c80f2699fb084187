//! The operations listener of a process. It starts before everything else that may take long, and ends last.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};

use derslik_console::{Console, ConsolePorts, ConsoleSettings, SignInMode};
use derslik_domain::text::hex;
use derslik_http::{Calls, DocumentationFile, documentation};
use derslik_operations::{Control, ControlSlot, DOCUMENT_PATH, File, Pages, ServiceConfig, start};
use derslik_ports::inbound::operators::VitalsReading;
use derslik_ports::inbound::{HealthService, Phase};
use derslik_side_listener::Running;
use tokio::runtime::Handle;

use super::Failure;
use super::addresses::{ConsoleAddress, reachable};
use crate::config::{Config, Profile};
use crate::metrics::Metrics;
use crate::system::random;
use crate::wiring::{Installation, ProcessHealth, health, metrics};

/// The operations listener of a process, if it has one. Without it no metrics are kept.
pub(super) struct Operations {
    listener: Option<Listener>,
}

struct Listener {
    running: Running,
    shows_metrics: bool,
    health: Arc<ProcessHealth>,
    metrics: Metrics,
    control: Option<ControlSlot>,
    console: Option<ShownConsole>,
}

/// The console of the listener.
struct ShownConsole {
    console: Console,
    /// The token that signs in once, where the console asks for one.
    token: Option<String>,
    /// Where the console finds the URL of the public APIs.
    public_url: Arc<OnceLock<String>>,
}

impl ShownConsole {
    fn new(config: &Config, address: SocketAddr) -> Self {
        let is_behind_proxy = config.console.url.is_some() && !config.console.is_of_this_machine();
        let is_local = address.ip().to_canonical().is_loopback() && !is_behind_proxy;
        let token = (config.profile == Profile::Dev && !is_local).then(random_text);
        let sign_in = match (config.profile, &token) {
            (Profile::Production, _) => SignInMode::Admins,
            (Profile::Dev, None) => SignInMode::NotNeeded,
            (Profile::Dev, Some(token)) => SignInMode::Token(token.clone()),
        };
        let public_url = Arc::default();
        let settings = ConsoleSettings {
            sign_in,
            secret: random(),
            is_https: config.console.is_https(),
            public_url: Arc::clone(&public_url),
            docs_url: "/docs",
            version: env!("CARGO_PKG_VERSION"),
        };
        Self { console: Console::new(settings), token, public_url }
    }
}

/// A random text that a person can paste.
fn random_text() -> String {
    /// The letters are 128 bits.
    const LETTERS: usize = 32;
    let mut text = hex(&random());
    text.truncate(LETTERS);
    text
}

impl Operations {
    /// Listens on that address, and says that the process is starting. `None` is for a process without such a listener. `control` is
    /// for a process that has test control, and `has_console` for one that has the ports of the console.
    pub(super) fn start(
        config: &Config,
        address: Option<SocketAddr>,
        control: Option<ControlSlot>,
        has_console: bool,
    ) -> Result<Self, Failure> {
        let Some(address) = address else { return Ok(Self { listener: None }) };
        let cannot_listen = |error| super::cannot_listen(address, "--ops-listen", error);
        let listener = TcpListener::bind(address).map_err(cannot_listen)?;
        let url = config.database().map_err(Failure::Usage)?;
        let health = health(config, &url).map_err(Failure::Usage)?;
        let metrics = metrics(config).map_err(Failure::Other)?;
        let access = config.ops_access(address.ip());
        let shows_metrics = access.shows_metrics();
        let console = (has_console && access.is_console_open()).then(|| ShownConsole::new(config, address));
        let pages = console
            .as_ref()
            .map(|shown| shown.console.clone())
            .map(|console| -> Pages { Arc::new(move |service: &mut ServiceConfig| console.configure(service)) });
        let operations = derslik_operations::Operations {
            health: health.clone(),
            metrics: Some(metrics.text()),
            version: env!("CARGO_PKG_VERSION"),
            access,
            files: files(),
            control: control.clone(),
            console: pages,
        };
        let running = start(listener, operations).map_err(cannot_listen)?;
        tracing::info!(address = %running.address(), "the operations listener answers");
        Ok(Self { listener: Some(Listener { running, shows_metrics, health, metrics, control, console }) })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|listener| listener.running.address())
    }

    /// Whether it shows metrics to those who may see them.
    pub(super) fn shows_metrics(&self) -> bool {
        self.listener.as_ref().is_some_and(|listener| listener.shows_metrics)
    }

    /// The health that it shows.
    pub(super) fn health(&self) -> Option<Arc<dyn HealthService>> {
        let health: Arc<dyn HealthService> = self.listener.as_ref()?.health.clone();
        Some(health)
    }

    /// Shows the database and the backlog of the installation among the metrics from now on. They are read on that runtime.
    pub(super) fn watch(&self, installation: &Installation, runtime: &Handle) {
        if let Some(listener) = &self.listener {
            installation.watch_backlog(&listener.metrics, Arc::clone(&listener.health), runtime);
        }
    }

    /// Makes test control of an installation available, if this process has it.
    pub(super) fn open_control(&self, control: Control) {
        if let Some(slot) = self.listener.as_ref().and_then(|listener| listener.control.as_ref()) {
            slot.open(control);
        }
    }

    /// Where the console is, if the process has one.
    pub(super) fn console(&self, config: &Config) -> Option<ConsoleAddress> {
        let listener = self.listener.as_ref()?;
        let shown = listener.console.as_ref()?;
        let origin = config.console.origin().ok().flatten();
        let origin = origin.unwrap_or_else(|| format!("http://{}", reachable(listener.running.address())));
        Some(ConsoleAddress { url: format!("{origin}{}", derslik_console::CONSOLE_PATH), token: shown.token.clone() })
    }

    /// What the process did lately, if it has a listener.
    pub(super) fn vitals(&self) -> Option<Arc<dyn VitalsReading>> {
        self.listener.as_ref().map(|listener| listener.metrics.vitals())
    }

    /// Opens the console, if this process has one. `public_url` is the URL of the public APIs.
    pub(super) fn open_console(&self, ports: ConsolePorts, public_url: String) {
        if let Some(shown) = self.listener.as_ref().and_then(|listener| listener.console.as_ref()) {
            shown.public_url.set(public_url).ok();
            shown.console.open(ports);
        }
    }

    /// Shows that the process works. From now on all that it does is counted.
    pub(super) fn begin_work(&self) {
        if let Some(listener) = &self.listener {
            listener.metrics.wait();
            listener.health.enter(Phase::Working);
        }
    }

    /// Ends it.
    pub(super) fn stop(self) {
        if let Some(listener) = self.listener {
            listener.running.stop();
        }
    }
}

/// The documentation of the public APIs, for a listener that does not serve them.
fn files() -> Vec<File> {
    let file = |file: DocumentationFile| {
        let DocumentationFile { path, content_type, policy, body } = file;
        File { path, content_type, policy, body }
    };
    documentation(Calls::Elsewhere { own: DOCUMENT_PATH }).into_iter().map(file).collect()
}
