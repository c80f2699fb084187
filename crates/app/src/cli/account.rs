//! `derslik account`

use std::io::Write;

use clap::Subcommand;
use derslik_domain::identity::AccountName;
use derslik_ports::outbound::{Conflict, Ids, StoreError};
use derslik_services::identity::{NewAccount, create_account};

use super::{Failure, clock, open_database, runtime};
use crate::accounts::KeyPair;
use crate::config::Config;
use crate::system::SystemIds;

#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Creates an account and prints the keys to it, this once.
    Create {
        /// A short name that no other account has.
        name: String,
    },
}

impl AccountCommand {
    pub(super) fn run(self, config: &Config) -> Result<(), Failure> {
        match self {
            Self::Create { name } => create(config, &name),
        }
    }
}

fn create(config: &Config, name: &str) -> Result<(), Failure> {
    let account_name =
        AccountName::new(name.trim()).map_err(|error| Failure::Usage(anyhow::anyhow!("the name of the account is {error}")))?;
    let runtime = runtime(config)?;
    let uow = open_database(config, &runtime)?;
    let keys = KeyPair::random().map_err(|error| Failure::Other(error.into()))?;
    let settings = config.account_settings().map_err(Failure::Usage)?;
    let new = NewAccount { name: account_name, settings, service_guid: SystemIds.user_guid(), credential: keys.plan() };
    let now = clock(config)?.now();
    let created = runtime.block_on(create_account(&uow, new, now));
    let id = created.map_err(|error| match error {
        StoreError::Conflict(Conflict::AccountName) => Failure::Usage(anyhow::anyhow!("there is an account of the name {name:?} already")),
        error => Failure::Database(error.into()),
    })?;
    let text = format!(
        "account     {name} ({id})\naccess key  {}\nsecret key  {}\nbearer      {}\n",
        keys.access_key,
        keys.secret_key,
        keys.bearer()
    );
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Failure::Other(error.into()))
}
