//! `derslik account`

use clap::Subcommand;
use derslik_domain::identity::new_account_name;
use derslik_domain::job::ProjectName;
use derslik_http::perculus::bearer;
use derslik_ports::inbound::operators::{CreateAccountError, CreatedAccount, NewAccount};
use serde_json::{Value, json};

use super::known_keys::known_secrets;
use super::{Context, Failure, Operator, database};

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
    let project =
        ProjectName::new(project.trim()).map_err(|error| Failure::Usage(anyhow::anyhow!("the name of the project is {error}")))?;
    let operator = Operator::open(context.config)?;
    let settings = context.config.account_settings().map_err(Failure::Usage)?;
    let new = NewAccount { name: account_name, settings, project };
    let created = operator.wait_for(operator.ports.accounts.create(new)).map_err(|error| failure(name, error))?;
    context.output.print(|| as_text(name, &created), || as_json(name, &created))
}

fn failure(name: &str, error: CreateAccountError) -> Failure {
    match error {
        CreateAccountError::NameTaken => {
            Failure::Usage(anyhow::anyhow!("there is an account called {name:?} already; names must differ in more than case"))
        }
        CreateAccountError::Store(error) => database(error),
    }
}

fn as_text(name: &str, created: &CreatedAccount) -> String {
    let CreatedAccount { id, keys, account_key, project } = created;
    format!(
        "account     {name} ({id})\naccess key  {}\nsecret key  {}\nbearer      {}\norg. key    {account_key}\nproject     {} ({})",
        keys.access_key,
        keys.secret_key,
        bearer(&keys.access_key, &keys.proof),
        project.key,
        project.name
    )
}

fn as_json(name: &str, created: &CreatedAccount) -> Value {
    let CreatedAccount { id, keys, account_key, project } = created;
    json!({
        "account": { "id": id.get(), "name": name },
        "access_key": keys.access_key,
        "secret_key": keys.secret_key,
        "bearer": bearer(&keys.access_key, &keys.proof),
        "organization_key": account_key,
        "project": { "id": project.id.get(), "key": project.key.to_string(), "name": project.name.as_str() },
    })
}

fn remove_dev_keys(context: &Context<'_>) -> Result<(), Failure> {
    let config = context.config;
    let operator = Operator::open(config)?;
    let known = known_secrets(config, &operator.ports, operator.now)?;
    let removed = operator.wait_for(operator.ports.known_secrets.revoke(known)).map_err(database)?;
    let text = || {
        if removed.is_empty() {
            return "the database takes none of the publicly known keys".to_owned();
        }
        removed.iter().map(|secret| format!("removed  {secret}")).collect::<Vec<_>>().join("\n")
    };
    context.output.print(text, || json!({ "removed": removed }))
}
