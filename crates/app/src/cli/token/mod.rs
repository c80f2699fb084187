//! `derslik token`

mod file;

use std::cell::Cell;

use clap::{Args, Subcommand};
use derslik_domain::id::{AccountId, GrantId, Id};
use derslik_domain::identity::{Email, Scopes, ServiceAccount, TokenLifetime, UserKey};
use derslik_ports::inbound::operators::{CreateGrantError, CreatedToken, GrantTerms, IssueTokenError, NewToken};
use serde_json::json;

use self::file::{AlgorithmName, FileArgs, FileKind, Made, of_key, of_refresh_token};
use super::key::withdraw as withdraw_token;
use super::scopes::{read_scopes, scope_names};
use super::service_account::{find as find_service_account, missing, read_name};
use super::{Context, Failure, Operator, database};

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Creates an access token for a person, or a credentials file for client libraries, and prints it; it is not shown again.
    #[command(after_help = EXAMPLES)]
    Create(CreateToken),
}

/// The end of the help.
const EXAMPLES: &str = "\
Examples:
  derslik token create ayse@okul.example --account okul
  derslik token create timetable --account okul --as service-account --url https://classroom.okul.example --out key.json
  derslik token create ayse@okul.example --account okul --as external --url https://classroom.okul.example --out ayse.json";

#[derive(Debug, Args)]
pub(super) struct CreateToken {
    /// The e-mail address of the person. With `--as service-account`, the name of the service account.
    owner: String,
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// A scope of the token, as classroom.courses.readonly or as its whole URL; repeat it for each. `all` is all of the courses API and
    /// `other` [default: all of the courses API, or all of the service account].
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
    #[command(flatten)]
    file: FileArgs,
}

impl TokenCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Create(arguments) => create(context, &arguments),
        }
    }
}

fn create(context: &Context<'_>, arguments: &CreateToken) -> Result<(), Failure> {
    if let Some(kind) = arguments.file.kind {
        return create_file(context, arguments, kind);
    }
    let email = arguments.email()?;
    let new = arguments.read()?;
    let operator = Operator::open(context.config)?;
    let CreatedToken { id, token } = issue(&operator, &arguments.account, email, new)?;
    let days = match new.lifetime {
        TokenLifetime::Default => Some(TokenLifetime::DEFAULT_DAYS),
        TokenLifetime::Days(days) => Some(days),
        TokenLifetime::Never => None,
    };
    let withdraw = || format!("the new token {}", withdraw_token(&operator, &arguments.account, id));
    context.output.print_once(|| format!("token  {token}"), || json!({ "token": token, "days": days }), withdraw)
}

fn create_file(context: &Context<'_>, arguments: &CreateToken, kind: FileKind) -> Result<(), Failure> {
    arguments.check_file(kind)?;
    let operator = Operator::open(context.config)?;
    let issued = Cell::new(None);
    let make = || {
        let file = credentials(&operator, arguments, kind)?;
        issued.set(Some((file.account, file.grant)));
        Ok(file)
    };
    let written = arguments.file.write(context.output, make);
    match (written, issued.get()) {
        (Err(failure), Some((account, grant))) => Err(withdraw(&operator, account, grant, failure)),
        (written, _) => written,
    }
}

/// Revokes a grant whose file was not written, since no one has it. Returns the failure, with that of the revocation if there is one.
fn withdraw(operator: &Operator, account: AccountId, grant: GrantId, failure: Failure) -> Failure {
    match operator.wait_for(operator.ports.grants.revoke(account, grant)) {
        Ok(()) => failure,
        Err(error) => Failure::Other(anyhow::anyhow!(
            "the credentials file was not written, and grant {grant} is still valid ({error}): revoke it with `derslik grant revoke`"
        )),
    }
}

/// Makes a grant, and the content of its credentials file.
fn credentials(operator: &Operator, arguments: &CreateToken, kind: FileKind) -> Result<Made, Failure> {
    let (named, place) = (arguments.account.as_str(), arguments.file.place()?);
    let account = operator.account(named)?;
    let NewToken { mut scopes, project, lifetime } = arguments.read()?;
    if kind == FileKind::ServiceAccount {
        let name = read_name(&arguments.owner, operator.named(account))?;
        let service = find_service_account(operator, account, &name, named)?;
        if arguments.scopes.is_empty() {
            scopes = service.scopes;
        }
        check_scopes(&service, scopes)?;
        let algorithm = arguments.file.algorithm.unwrap_or(AlgorithmName::Rs256).algorithm();
        let terms = GrantTerms { scopes, project, lifetime };
        let key = operator.wait_for(operator.ports.grants.create_key(account, name, algorithm, terms));
        let key = key.map_err(|error| not_granted(arguments, error))?;
        let (content, holds) = (of_key(&key, named, &place), format!("a key of {}", key.address));
        return Ok(Made { content, holds, account, grant: key.id, expires_at: key.expires_at });
    }
    let terms = GrantTerms { scopes, project, lifetime };
    let email = arguments.email()?;
    let holds = format!("a refresh token of {}", email.as_str());
    let created = operator.wait_for(operator.ports.grants.create_refresh_token(account, UserKey::Email(email), terms));
    let created = created.map_err(|error| not_granted(arguments, error))?;
    let content = of_refresh_token(&created, kind, &place);
    Ok(Made { content, holds, account, grant: created.id, expires_at: created.expires_at })
}

/// Refuses scopes that a service account may not have, by their names.
fn check_scopes(service: &ServiceAccount, scopes: Scopes) -> Result<(), Failure> {
    let (outside, has) = (scopes.without(service.scopes), service.scopes);
    if outside.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(anyhow::anyhow!(
        "the service account {} may not have: {}; it has: {}",
        service.address.name,
        scope_names(outside),
        scope_names(has)
    )))
}

/// A failure, and what to do about it.
fn not_granted(arguments: &CreateToken, error: CreateGrantError) -> Failure {
    let account = &arguments.account;
    match error {
        CreateGrantError::Token(error) => failure(account, error),
        CreateGrantError::UnknownService => missing(&arguments.owner, account),
        error @ CreateGrantError::ScopeOutside => {
            Failure::Usage(anyhow::anyhow!("{error}: `derslik service-account list --account {account}` shows those that it may have"))
        }
        error @ CreateGrantError::TooMany => {
            Failure::Usage(anyhow::anyhow!("{error}: `derslik grant list --account {account}` lists them"))
        }
    }
}

impl CreateToken {
    fn email(&self) -> Result<Email, Failure> {
        Email::parse(&self.owner).map_err(|error| {
            Failure::Usage(anyhow::anyhow!(
                "{:?} is {error}: name a person of the account so, or give --as service-account to make the file of a service account",
                self.owner
            ))
        })
    }

    /// Checks what can be checked before the database is opened.
    fn check_file(&self, kind: FileKind) -> Result<(), Failure> {
        self.file.place()?;
        self.read()?;
        if kind == FileKind::ServiceAccount {
            return Ok(());
        }
        self.email()?;
        match self.file.algorithm {
            Some(_) => Err(Failure::Usage(anyhow::anyhow!("--algorithm is for --as service-account: a refresh token is not signed"))),
            None => Ok(()),
        }
    }

    fn read(&self) -> Result<NewToken, Failure> {
        let lifetime = match self.days {
            Some(days) => TokenLifetime::Days(days),
            None if self.never => TokenLifetime::Never,
            None => TokenLifetime::Default,
        };
        Ok(NewToken { scopes: read_scopes(&self.scopes)?, project: self.project.map(Id::new), lifetime })
    }
}

fn issue(operator: &Operator, account: &str, email: Email, new: NewToken) -> Result<CreatedToken, Failure> {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::identity::{Delegation, Scope, ServiceAddress, ServiceName, SignatureAlgorithm};
    use derslik_ports::inbound::operators::{CreatedServiceKey, MockCredentialAdministration, MockGrantAdministration, MockTokenIssuing};
    use derslik_ports::{Reason, StoreError};
    use derslik_testkit::builders::now;

    use super::*;
    use crate::cli::operator::testing::{code_and_text, operator, operators};
    use crate::dev_accounts::classroom_scopes;
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

    fn arguments(more: &[&str]) -> CreateToken {
        let command = crate::cli::parsed(&[&["token", "create"][..], more, &["--account", "okul", "--url", "https://a.example"]].concat());
        let crate::cli::Command::Token(TokenCommand::Create(arguments)) = command else { unreachable!("a creation") };
        arguments
    }

    #[test]
    fn a_file_of_a_service_account_has_its_scopes_unless_told_otherwise() {
        let scopes: Scopes = [Scope::Courses].into_iter().collect();
        let address = ServiceAddress { account: Id::new(7), name: ServiceName::parse("timetable").unwrap() };
        let service =
            ServiceAccount { address: address.clone(), principal: Id::new(200), scopes, delegation: Delegation::None, created_at: now() };
        let mut grants = MockGrantAdministration::new();
        grants.expect_list_service_accounts().returning(move |_, _| Ok(vec![service.clone()]));
        grants.expect_create_key().once().returning(move |account, name, algorithm, terms| {
            assert_eq!((account.get(), name.as_str(), algorithm), (7, "timetable", SignatureAlgorithm::Es256));
            assert_eq!((terms.scopes, terms.lifetime), (scopes, TokenLifetime::Never));
            let (key, private_pem) = ("0a".to_owned(), "private".to_owned());
            Ok(CreatedServiceKey { id: Id::new(5), address: address.clone(), principal: Id::new(200), key, private_pem, expires_at: None })
        });
        let operator = operator(Operators { grants: Arc::new(grants), ..operators() });
        let arguments = arguments(&["timetable", "--as", "service-account", "--algorithm", "es256", "--never"]);
        let file = credentials(&operator, &arguments, FileKind::ServiceAccount).map_err(code_and_text).unwrap();
        let Made { content, holds, account, grant, .. } = file;
        assert_eq!((account.get(), grant.get()), (7, 5));
        assert_eq!((&content["token_uri"], &content["private_key"]), (&json!("https://a.example/token"), &json!("private")));
        assert_eq!(holds, "a key of timetable@7.iam.derslik.internal");
    }

    #[test]
    fn a_scope_that_a_service_account_lacks_is_named() {
        let address = ServiceAddress { account: Id::new(7), name: ServiceName::parse("timetable").unwrap() };
        let scopes = [Scope::Courses].into_iter().collect();
        let service = ServiceAccount { address, principal: Id::new(200), scopes, delegation: Delegation::None, created_at: now() };
        assert!(check_scopes(&service, scopes).is_ok());
        let wide = [Scope::Courses, Scope::Rosters, Scope::Other].into_iter().collect();
        let (code, text) = check_scopes(&service, wide).map_err(code_and_text).unwrap_err();
        assert!(code == 2 && text.contains("may not have: classroom.rosters other; it has: classroom.courses"), "{text}");
    }

    #[test]
    fn a_token_that_could_not_be_printed_is_revoked() {
        for (error, says) in [(None, "is revoked"), (Some(Reason::Locked), "`derslik key revoke 9 --account okul`")] {
            let mut credentials = MockCredentialAdministration::new();
            credentials.expect_revoke().once().returning(move |account, token| {
                assert_eq!((account.get(), token.get()), (7, 9));
                error.map_or(Ok(()), |reason| Err(StoreError::from(reason).into()))
            });
            let operator = operator(Operators { credentials: Arc::new(credentials), ..operators() });
            let text = withdraw_token(&operator, "okul", Id::new(9));
            assert!(text.starts_with("could not be printed") && text.contains(says), "{text}");
        }
    }

    #[test]
    fn a_grant_whose_file_was_not_written_is_revoked() {
        for (error, says) in [(None, "no space"), (Some(Reason::Locked), "grant 5 is still valid")] {
            let mut grants = MockGrantAdministration::new();
            grants.expect_revoke().once().returning(move |account, grant| {
                assert_eq!((account.get(), grant.get()), (7, 5));
                error.map_or(Ok(()), |reason| Err(StoreError::from(reason).into()))
            });
            let operator = operator(Operators { grants: Arc::new(grants), ..operators() });
            let failure = withdraw(&operator, Id::new(7), Id::new(5), Failure::Other(anyhow::anyhow!("no space")));
            let (_, text) = code_and_text(failure);
            assert!(text.contains(says), "{text}");
        }
    }

    #[test]
    fn a_refused_file_tells_what_to_do() {
        for (error, words) in [
            (CreateGrantError::UnknownService, "`derslik service-account list --account okul`"),
            (CreateGrantError::ScopeOutside, "`derslik service-account list --account okul`"),
            (CreateGrantError::TooMany, "`derslik grant list --account okul`"),
            (IssueTokenError::UnknownUser.into(), "`derslik user list --account okul`"),
        ] {
            let (code, text) = code_and_text(not_granted(&arguments(&["ayse@okul.example", "--as", "external"]), error));
            assert!(code == 2 && text.contains(words), "{text}");
        }
    }

    #[test]
    fn wrong_arguments_of_a_file_are_refused_before_the_database_is_opened() {
        let check = |more: &[&str]| {
            let arguments = arguments(more);
            arguments.check_file(arguments.file.kind.unwrap()).map_err(code_and_text)
        };
        assert_eq!(check(&["ayse@okul.example", "--as", "authorized-user"]), Ok(()));
        assert_eq!(check(&["timetable", "--as", "service-account", "--algorithm", "rs256"]), Ok(()));
        for wrong in [
            &["timetable", "--as", "external"][..],
            &["ayse@okul.example", "--as", "external", "--algorithm", "rs256"],
            &["ayse@okul.example", "--as", "external", "--scope", "drive"],
        ] {
            assert_eq!(check(wrong).unwrap_err().0, 2, "{wrong:?}");
        }
        let (_, text) = check(&["timetable", "--as", "external"]).unwrap_err();
        assert!(text.contains("\"timetable\" is not an e-mail address") && text.contains("--as service-account"), "{text}");
    }
}
