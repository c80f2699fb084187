//! `derslik account`

use clap::Subcommand;
use derslik_domain::identity::{CredentialKind, Password, new_account_name};
use derslik_domain::job::ProjectName;
use derslik_ports::outbound::{Clock, Conflict, Ids, Passwords, StoreError};
use derslik_services::identity::{CredentialPlan, KnownSecrets, NewAccount, create_account, remove_known_secrets};

use serde_json::json;

use super::{Context, Failure, clock, database, open_database, runtime};
use crate::accounts::{KeyPair, dev_accounts, first_project, random_organization_key, random_token};
use crate::config::Config;
use crate::known_person::known_person;
use crate::passwords::Argon2Passwords;
use crate::system::SystemIds;

#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Creates an account and prints its keys; they are not shown again.
    Create {
        /// A short name, unique among all accounts.
        name: String,
        /// The name of its first project.
        #[arg(long, value_name = "NAME", default_value = "Default")]
        project: String,
    },
    /// Revokes the public keys and tokens of --fixed-dev-keys and changes the public password. Everything else stays.
    RemoveDevKeys,
}

impl AccountCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Create { name, project } => create(context, &name, &project),
            Self::RemoveDevKeys => remove_dev_keys(context),
        }
    }
}

fn create(context: &Context<'_>, name: &str, project: &str) -> Result<(), Failure> {
    let account_name = new_account_name(name).map_err(|error| Failure::Usage(anyhow::anyhow!("the name of the account is {error}")))?;
    let project_name =
        ProjectName::new(project.trim()).map_err(|error| Failure::Usage(anyhow::anyhow!("the name of the project is {error}")))?;
    let config = context.config;
    let runtime = runtime(config)?;
    let uow = open_database(config, &runtime)?;
    let keys = KeyPair::random().map_err(|error| Failure::Other(error.into()))?;
    let organization_key = random_organization_key().map_err(|error| Failure::Other(error.into()))?;
    let credentials = vec![keys.plan(), CredentialPlan::opaque(CredentialKind::AccountKey, &organization_key)];
    let settings = config.account_settings().map_err(Failure::Usage)?;
    let now = clock(config)?.now();
    let project = first_project(project_name, now);
    let (project_key, project_id, project_name) = (project.key.clone(), project.id, project.name.clone());
    let new = NewAccount { name: account_name, settings, service_guid: SystemIds.user_guid(), credentials, project };
    let created = runtime.block_on(create_account(&uow, new, now));
    let id = created.map_err(|error| match error {
        StoreError::Conflict(Conflict::AccountName) => {
            Failure::Usage(anyhow::anyhow!("there is an account called {name:?} already; names must differ in more than case"))
        }
        error => Failure::Database(error.into()),
    })?;
    let text = || {
        format!(
            "account     {name} ({id})\naccess key  {}\nsecret key  {}\nbearer      {}\norg. key    {organization_key}\nproject     \
             {project_key} ({project_name})",
            keys.access_key,
            keys.secret_key,
            keys.bearer()
        )
    };
    let json = || {
        json!({
            "account": { "id": id.get(), "name": name },
            "access_key": keys.access_key,
            "secret_key": keys.secret_key,
            "bearer": keys.bearer(),
            "organization_key": organization_key,
            "project": { "id": project_id.get(), "key": project_key.to_string(), "name": project_name.as_str() },
        })
    };
    context.output.print(text, json)
}

/// The publicly known secrets of the accounts that `--fixed-dev-keys` makes.
pub(super) fn known_secrets(config: &Config, clock: &dyn Clock) -> Result<Vec<KnownSecrets>, Failure> {
    let settings = config.account_settings().map_err(Failure::Usage)?;
    let accounts = dev_accounts(&settings, true, clock.now()).map_err(Failure::Other)?;
    let person = known_person().map_err(Failure::Other)?;
    let secrets = accounts.into_iter().enumerate().map(|(number, account)| KnownSecrets {
        account: account.plan.account.id,
        // The known person belongs to the first account.
        person: (number == 0).then(|| person.clone()),
        credentials: account.plan.all_credentials(),
    });
    Ok(secrets.collect())
}

fn remove_dev_keys(context: &Context<'_>) -> Result<(), Failure> {
    let config = context.config;
    let clock = clock(config)?;
    let known = known_secrets(config, clock.as_ref())?;
    let runtime = runtime(config)?;
    let uow = open_database(config, &runtime)?;
    // A random password that is never shown.
    let password = random_token().map_err(|error| Failure::Other(error.into()))?;
    let password = Password::new(password.into_bytes()).map_err(|error| Failure::Other(error.into()))?;
    let hash = runtime.block_on(Argon2Passwords::default().hash(password)).map_err(database)?;
    let removed = runtime.block_on(remove_known_secrets(&uow, known, hash, clock.now())).map_err(database)?;
    let text = || {
        if removed.is_empty() {
            return "the database takes none of the publicly known keys".to_owned();
        }
        removed.iter().map(|secret| format!("removed  {secret}")).collect::<Vec<_>>().join("\n")
    };
    context.output.print(text, || json!({ "removed": removed }))
}
