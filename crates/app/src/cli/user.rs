//! `derslik user`

use clap::{Args, Subcommand, ValueEnum};
use derslik_domain::identity::{Email, PersonName, Role};
use derslik_ports::inbound::operators::{CreateUserError, NewUser};
use serde_json::json;

use super::{Context, Failure, Operator, database};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Creates a person in an account and prints their id.
    Create(CreateUser),
}

#[derive(Debug, Args)]
pub(super) struct CreateUser {
    /// The e-mail address, unique in the account.
    email: String,
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// The role of the person in the account.
    #[arg(long, value_enum, default_value_t = RoleName::Member)]
    role: RoleName,
    /// The given name.
    #[arg(long, default_value = "")]
    name: String,
    /// The family name.
    #[arg(long, default_value = "")]
    surname: String,
}

/// The role of a person in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleName {
    /// May do everything in the account.
    Admin,
    /// May do what their courses allow.
    Member,
}

impl UserCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Create(arguments) => create(context, arguments),
        }
    }
}

fn create(context: &Context<'_>, arguments: CreateUser) -> Result<(), Failure> {
    let usage = |what: &str, error: &dyn std::fmt::Display| Failure::Usage(anyhow::anyhow!("{what}: {error}"));
    let email = Email::parse(&arguments.email).map_err(|error| usage("the e-mail address", &error))?;
    let name = PersonName::new(arguments.name).map_err(|error| usage("--name", &error))?;
    let surname = PersonName::new(arguments.surname).map_err(|error| usage("--surname", &error))?;
    let operator = Operator::open(context.config)?;
    let account = operator.account(&arguments.account)?;
    let role = match arguments.role {
        RoleName::Admin => Role::Admin,
        RoleName::Member => Role::Member,
    };
    let new = NewUser { email, role, name, surname };
    let id = operator.wait_for(operator.ports.users.create(account, new)).map_err(failure)?;
    let json = || json!({ "id": id.get(), "email": arguments.email });
    context.output.print(|| format!("user  {} ({id})", arguments.email), json)
}

fn failure(error: CreateUserError) -> Failure {
    match error {
        CreateUserError::Store(error) => database(error),
        error @ CreateUserError::Taken(_) => Failure::Usage(error.into()),
    }
}
