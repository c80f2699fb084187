//! `derslik serve`

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use derslik_http::classroom::ClassroomSettings;
use derslik_ports::outbound::Clock;
use derslik_services::courses::page_token_key;
use derslik_services::identity::provision;
use derslik_storage::DieselUnitOfWork;
use tokio::runtime::Runtime;

use super::banner::Banner;
use super::{Failure, clock, open_database, runtime};
use crate::accounts::{DevAccount, dev_accounts};
use crate::config::{Config, Profile};
use crate::server;
use crate::system::SystemIds;
use crate::wiring::wire;

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let listen = || format!("can't listen on {}", config.listen);
    let listener = TcpListener::bind(config.listen).with_context(listen).map_err(Failure::Listen)?;
    let address = listener.local_addr().with_context(listen).map_err(Failure::Listen)?;
    let runtime = runtime(config)?;
    let uow = open_database(config, &runtime)?;
    let clock = clock(config)?;
    let accounts = match config.profile {
        Profile::Dev => set_up_dev_accounts(config, &runtime, &uow, clock.as_ref())?,
        Profile::Production => Vec::new(),
    };
    let classroom = ClassroomSettings { templates: config.classroom.templates(), page_key: page_key(&runtime, &uow)? };
    let state = wire(&uow, Arc::clone(&clock), Arc::new(SystemIds), config.limits(), classroom);
    let workers = match config.http.workers {
        0 => std::thread::available_parallelism().map_or(1, Into::into),
        workers => workers,
    };
    // Whoever waits for the banner may send requests at once: the listener is open, and holds them until they are served.
    let banner = Banner { address, profile: config.profile, accounts: &accounts, now: clock.now() }.to_string();
    std::io::stdout().write_all(banner.as_bytes()).map_err(|error| Failure::Other(error.into()))?;
    tracing::info!(%address, database = %config.database().map_err(Failure::Usage)?, "serving");
    let grace = Duration::from_secs(config.http.grace_seconds);
    runtime.block_on(server::serve(listener, state, workers, grace)).map_err(|error| Failure::Other(error.into()))?;
    tracing::info!("stopped");
    Ok(())
}

/// The key that page tokens are sealed with: the one of the installation, which the first start makes.
fn page_key(runtime: &Runtime, uow: &DieselUnitOfWork) -> Result<[u8; 32], Failure> {
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh).map_err(|error| Failure::Other(error.into()))?;
    runtime.block_on(page_token_key(uow, fresh)).map_err(|error| Failure::Database(error.into()))
}

/// The accounts whose keys are to be printed: those that are new, and those whose keys everybody knows.
fn set_up_dev_accounts(config: &Config, runtime: &Runtime, uow: &DieselUnitOfWork, clock: &dyn Clock) -> Result<Vec<DevAccount>, Failure> {
    let settings = config.account_settings().map_err(Failure::Usage)?;
    let accounts = dev_accounts(&settings, config.fixed_dev_keys, clock.now()).map_err(|error| Failure::Other(error.into()))?;
    let mut shown = Vec::new();
    for account in accounts {
        let mut plan = account.plan.clone();
        if !config.fixed_dev_keys {
            // A key that nobody was shown would be a key that nobody has.
            plan.credentials.clear();
            plan.users.iter_mut().for_each(|user| user.tokens.clear());
        }
        let is_new = runtime.block_on(provision(uow, plan, clock.now())).map_err(|error| Failure::Database(error.into()))?.account;
        if is_new && !config.fixed_dev_keys {
            runtime.block_on(provision(uow, account.plan.clone(), clock.now())).map_err(|error| Failure::Database(error.into()))?;
        }
        if is_new || config.fixed_dev_keys {
            shown.push(account);
        }
    }
    Ok(shown)
}
