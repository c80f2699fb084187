//! `derslik token`

use std::io::Write;

use clap::{Args, Subcommand};
use derslik_domain::id::Id;
use derslik_domain::identity::{Email, Scope, Scopes, UserKey};
use derslik_services::identity::{TokenPlan, create_token};

use super::user::failure;
use super::{Failure, clock, open_database, runtime};
use crate::accounts::{FIRST_PROJECT, classroom_scopes, random_token};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Creates an access token of a person and prints it, this once.
    Create(CreateToken),
}

#[derive(Debug, Args)]
pub(super) struct CreateToken {
    /// The e-mail address of the person.
    email: String,
    /// The name of the account.
    #[arg(long, value_name = "NAME")]
    account: String,
    /// What the token opens, as classroom.courses.readonly; once for each [default: all of the courses API].
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The project whose aliases the token sees.
    #[arg(long, value_name = "NUMBER", default_value_t = FIRST_PROJECT)]
    project: i64,
    /// After how many days the token opens nothing any more [default: never].
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
}

impl TokenCommand {
    pub(super) fn run(self, config: &Config) -> Result<(), Failure> {
        match self {
            Self::Create(arguments) => create(config, arguments),
        }
    }
}

fn create(config: &Config, arguments: CreateToken) -> Result<(), Failure> {
    const MINUTES_OF_A_DAY: i64 = 24 * 60;
    let email = Email::parse(&arguments.email).map_err(|error| Failure::Usage(error.into()))?;
    let now = clock(config)?.now();
    let token = random_token().map_err(|error| Failure::Other(error.into()))?;
    let plan = TokenPlan {
        secret: token.clone().into_bytes(),
        scopes: read_scopes(&arguments.scopes)?,
        project: Some(Id::new(arguments.project)),
        expires_at: arguments.days.map(|days| now.minutes_before(-MINUTES_OF_A_DAY * i64::from(days))),
    };
    let runtime = runtime(config)?;
    let uow = open_database(config, &runtime)?;
    runtime.block_on(create_token(&uow, arguments.account, UserKey::Email(email), plan, now)).map_err(failure)?;
    writeln!(std::io::stdout(), "token  {token}").map_err(|error| Failure::Other(error.into()))
}

fn read_scopes(names: &[String]) -> Result<Scopes, Failure> {
    if names.is_empty() {
        return Ok(classroom_scopes());
    }
    let unknown = |name: &String| Failure::Usage(anyhow::anyhow!("there is no scope {name:?}"));
    names.iter().map(|name| Scope::by_name(name).ok_or_else(|| unknown(name))).collect()
}
