//! `derslik token`

use clap::{Args, Subcommand};
use derslik_domain::id::Id;
use derslik_domain::identity::{Email, Scope, Scopes, UserKey};
use derslik_http::classroom::scope_by_name;
use derslik_ports::inbound::operators::{IssueTokenError, NewToken};
use serde_json::json;

use super::{Context, Failure, Operator, database};
use crate::dev_accounts::classroom_scopes;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Creates an access token for a person and prints it; it is not shown again.
    Create(CreateToken),
}

#[derive(Debug, Args)]
pub(super) struct CreateToken {
    /// The e-mail address of the person.
    email: String,
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// A scope of the token, as classroom.courses.readonly or as its whole URL; repeat it for each [default: all of the courses API].
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The project whose aliases the token sees [default: the first one of the account].
    #[arg(long, value_name = "NUMBER")]
    project: Option<i64>,
    /// The token expires after this many days, from 1 to 36500 [default: never].
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
}

impl TokenCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Create(arguments) => create(context, &arguments),
        }
    }
}

fn create(context: &Context<'_>, arguments: &CreateToken) -> Result<(), Failure> {
    let email = Email::parse(&arguments.email).map_err(|error| Failure::Usage(error.into()))?;
    let new = NewToken { scopes: read_scopes(&arguments.scopes)?, project: arguments.project.map(Id::new), days: arguments.days };
    let operator = Operator::open(context.config)?;
    let account = operator.account(&arguments.account)?;
    let token = operator.wait_for(operator.ports.tokens.issue(account, UserKey::Email(email), new)).map_err(failure)?;
    context.output.print(|| format!("token  {token}"), || json!({ "token": token }))
}

fn failure(error: IssueTokenError) -> Failure {
    match error {
        IssueTokenError::Store(error) => database(error),
        error => Failure::Usage(error.into()),
    }
}

/// Parses names of scopes. Scopes of the jobs API are refused: that API takes its own keys and no tokens.
fn read_scopes(names: &[String]) -> Result<Scopes, Failure> {
    if names.is_empty() {
        return Ok(classroom_scopes());
    }
    let possible = || Scope::ALL.into_iter().filter(|scope| *scope != Scope::Jobs);
    let known = || possible().map(Scope::name).collect::<Vec<_>>().join(", ");
    let read = |name: &String| match scope_by_name(name) {
        Some(scope) if possible().any(|possible| possible == scope) => Ok(scope),
        Some(_) => Err(Failure::Usage(anyhow::anyhow!("no token opens {name:?}; a token can have the scopes {}", known()))),
        None => Err(Failure::Usage(anyhow::anyhow!("there is no scope {name:?}; a token can have the scopes {}", known()))),
    };
    names.iter().map(read).collect()
}
