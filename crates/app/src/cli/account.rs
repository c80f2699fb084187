//! `derslik account`

use clap::Subcommand;
use derslik_domain::identity::{AccountName, CredentialKind};
use derslik_domain::job::ProjectName;
use derslik_ports::outbound::{Conflict, Ids, StoreError};
use derslik_services::identity::{CredentialPlan, NewAccount, create_account};

use serde_json::json;

use super::{Context, Failure, clock, open_database, runtime};
use crate::accounts::{KeyPair, first_project, random_organization_key};
use crate::system::SystemIds;

#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Creates an account and prints the keys to it, this once.
    Create {
        /// A short name that no other account has.
        name: String,
        /// The name of its first project.
        #[arg(long, value_name = "NAME", default_value = "Default")]
        project: String,
    },
}

impl AccountCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Create { name, project } => create(context, &name, &project),
        }
    }
}

fn create(context: &Context<'_>, name: &str, project: &str) -> Result<(), Failure> {
    let account_name =
        AccountName::new(name.trim()).map_err(|error| Failure::Usage(anyhow::anyhow!("the name of the account is {error}")))?;
    let project_name =
        ProjectName::new(project.trim()).map_err(|error| Failure::Usage(anyhow::anyhow!("the name of the project is {error}")))?;
    let config = context.config;
    let runtime = runtime(config)?;
    let uow = open_database(config, &runtime)?;
    let keys = KeyPair::random().map_err(|error| Failure::Other(error.into()))?;
    let organization_key = random_organization_key().map_err(|error| Failure::Other(error.into()))?;
    let credentials = vec![keys.plan(), CredentialPlan::opaque(CredentialKind::OrganizationKey, &organization_key)];
    let settings = config.account_settings().map_err(Failure::Usage)?;
    let now = clock(config)?.now();
    let project = first_project(project_name, now);
    let (project_key, project_id) = (project.key.clone(), project.id);
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
             {project_key} ({project_id})",
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
            "project": { "id": project_id.get(), "key": project_key.to_string() },
        })
    };
    context.output.print(text, json)
}
