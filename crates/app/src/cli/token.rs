//! `derslik token`

use clap::{Args, Subcommand};
use derslik_domain::id::Id;
use derslik_domain::identity::{Email, Scope, Scopes, TokenLifetime, UserKey};
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
    /// The token expires after this many days, from 1 to 36500 [default: 90].
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
    /// The token never expires.
    #[arg(long, conflicts_with = "days")]
    never: bool,
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
    let new = arguments.read()?;
    let operator = Operator::open(context.config)?;
    let token = issue(&operator, &arguments.account, email, new)?;
    let days = match new.lifetime {
        TokenLifetime::Default => Some(TokenLifetime::DEFAULT_DAYS),
        TokenLifetime::Days(days) => Some(days),
        TokenLifetime::Never => None,
    };
    context.output.print(|| format!("token  {token}"), || json!({ "token": token, "days": days }))
}

impl CreateToken {
    fn read(&self) -> Result<NewToken, Failure> {
        let lifetime = match self.days {
            Some(days) => TokenLifetime::Days(days),
            None if self.never => TokenLifetime::Never,
            None => TokenLifetime::Default,
        };
        Ok(NewToken { scopes: read_scopes(&self.scopes)?, project: self.project.map(Id::new), lifetime })
    }
}

fn issue(operator: &Operator, account: &str, email: Email, new: NewToken) -> Result<String, Failure> {
    let id = operator.account(account)?;
    operator.wait_for(operator.ports.tokens.issue(id, UserKey::Email(email), new)).map_err(|error| failure(account, error))
}

/// A failure, and what to do about it. `account` is the account as the operator named it.
fn failure(account: &str, error: IssueTokenError) -> Failure {
    match error {
        IssueTokenError::Store(error) => database(error),
        error @ IssueTokenError::UnknownUser => Failure::Usage(anyhow::anyhow!(
            "{error}: `derslik user list --account {account}` lists its people, and `derslik user create` adds one"
        )),
        error @ IssueTokenError::PassiveUser => {
            Failure::Usage(anyhow::anyhow!("{error}: `derslik user active --account {account}` lets them act again"))
        }
        error @ IssueTokenError::UnknownProject { .. } => Failure::Usage(error.into()),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_ports::inbound::operators::MockTokenIssuing;
    use derslik_ports::{Reason, StoreError};

    use super::*;
    use crate::cli::operator::testing::{code_and_text, operator, operators};
    use crate::wiring::Operators;

    fn read(more: &[&str]) -> NewToken {
        let command = crate::cli::parsed(&[&["token", "create", "ayse@okul.example", "--account", "okul"][..], more].concat());
        let crate::cli::Command::Token(TokenCommand::Create(arguments)) = command else { unreachable!("a creation") };
        arguments.read().map_err(code_and_text).unwrap()
    }

    #[test]
    fn a_token_ends_after_90_days_unless_told_otherwise() {
        let lifetimes: [(&[&str], TokenLifetime); 3] =
            [(&[], TokenLifetime::Default), (&["--days", "7"], TokenLifetime::Days(7)), (&["--never"], TokenLifetime::Never)];
        for (more, lifetime) in lifetimes {
            assert_eq!(read(more), NewToken { scopes: classroom_scopes(), project: None, lifetime });
        }
        assert_eq!(TokenLifetime::DEFAULT_DAYS, 90);
    }

    #[test]
    fn an_unknown_person_is_a_wrong_argument_and_a_failed_store_is_another_exit_code() {
        let refused = |error: fn() -> IssueTokenError| {
            let mut tokens = MockTokenIssuing::new();
            tokens.expect_issue().once().returning(move |account, _, _| {
                assert_eq!(account.get(), 7);
                Err(error())
            });
            let operator = operator(Operators { tokens: Arc::new(tokens), ..operators() });
            issue(&operator, "okul", Email::parse("ayse@okul.example").unwrap(), read(&[])).map_err(code_and_text).unwrap_err()
        };
        assert_eq!(refused(|| IssueTokenError::UnknownUser).0, 2);
        let (code, text) = refused(|| IssueTokenError::PassiveUser);
        assert!(code == 2 && text.contains("`derslik user active --account okul`"), "{code}: {text}");
        assert_eq!(refused(|| StoreError::from(Reason::Locked).into()).0, 3);
    }
}
