//! `derslik user`

use clap::{Args, Subcommand, ValueEnum};
use derslik_domain::identity::{Email, PersonName, Role};
use derslik_ports::outbound::{Ids, StoreError};
use derslik_services::identity::{CreateUserError, NewUser, create_user};

use serde_json::json;

use super::{Context, Failure, clock, find_account, open_database, runtime};
use crate::system::SystemIds;

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
    let config = context.config;
    let runtime = runtime(config)?;
    let uow = open_database(config, &runtime)?;
    let new = NewUser {
        account: runtime.block_on(find_account(&uow, &arguments.account))?,
        guid: SystemIds.user_guid(),
        email,
        role: match arguments.role {
            RoleName::Admin => Role::Admin,
            RoleName::Member => Role::Member,
        },
        name,
        surname,
    };
    let id = runtime.block_on(create_user(&uow, new, clock(config)?.now())).map_err(failure)?;
    let json = || json!({ "id": id.get(), "email": arguments.email });
    context.output.print(|| format!("user  {} ({id})", arguments.email), json)
}

/// A failure of a command that creates something for an account.
pub(super) fn failure(error: CreateUserError) -> Failure {
    match error {
        CreateUserError::Store(StoreError::Conflict(taken)) => Failure::Usage(anyhow::anyhow!("the {taken} is taken")),
        CreateUserError::Store(error) => Failure::Database(error.into()),
        error => Failure::Usage(error.into()),
    }
}
