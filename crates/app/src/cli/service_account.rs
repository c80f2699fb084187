//! `derslik service-account`

use clap::{Args, Subcommand};
use derslik_domain::id::AccountId;
use derslik_domain::identity::{Delegation, Scope, ServiceAccount, ServiceAddress, ServiceName, UserKey};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::operators::{CreateServiceAccountError, NewDelegation, NewServiceAccount, RevokeGrantError};
use serde_json::{Value, json};

use super::list_args::{ListArgs, PAGE_SIZE};
use super::scopes::{read_scopes, scope_names};
use super::user::{RoleName, find as find_user};
use super::{Context, Failure, Operator, database};

#[derive(Debug, Subcommand)]
pub(super) enum ServiceAccountCommand {
    /// Creates a service account: a program that proves itself by signatures. `derslik token create --as service-account` makes a key.
    #[command(after_help = EXAMPLES)]
    Create(CreateServiceAccount),
    /// Lists the service accounts of an account.
    List(ListServiceAccounts),
    /// Revokes all keys and tokens of a service account for good. Every process refuses them within one second. It may not act until it
    /// gets a new key.
    Revoke(OneServiceAccount),
}

/// The end of the help.
const EXAMPLES: &str = "\
Examples:
  derslik service-account create timetable --account okul --act-for ayse@okul.example
  derslik service-account create extractor --account okul --act-for ayse@okul.example --scope all";

#[derive(Debug, Args)]
pub(super) struct CreateServiceAccount {
    /// The name, unique in the account: up to 30 of a-z, 0-9 and -.
    name: String,
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// Its role in the account, for what it does as itself.
    #[arg(long, value_enum, default_value_t = RoleName::Member)]
    role: RoleName,
    /// A scope that its tokens may have; repeat it for each. With `other`, clients may also ask for scopes of other services, which they do
    /// not get. `all` is all of the courses API and `other`: for programs that ask for every scope [default: all of the courses API].
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A person for whom it may act, by number, GUID, e-mail address or user name; repeat it for each [default: none].
    #[arg(long = "act-for", value_name = "USER", conflicts_with = "everyone")]
    people: Vec<String>,
    /// It may act for all people of the account, administrators included.
    #[arg(long = "act-for-everyone")]
    everyone: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListServiceAccounts {
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Args)]
pub(super) struct OneServiceAccount {
    /// The service account, by its name or its address.
    name: String,
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
}

impl ServiceAccountCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        let operator = Operator::open(context.config)?;
        match self {
            Self::Create(arguments) => {
                let created = create(&operator, &arguments)?;
                context.output.print(|| as_text(&created), || as_json(&created))
            }
            Self::List(arguments) => {
                let account = operator.account(&arguments.account)?;
                let read = |page| operator.wait_for(operator.ports.grants.list_service_accounts(account, page)).map_err(database);
                let services = arguments.list.read(read, |service| service.principal)?;
                context.output.print_list(&services, as_line, as_json)
            }
            Self::Revoke(one) => {
                let name = revoke(&operator, &one)?;
                let text = || {
                    format!(
                        "{name} has no key and no token any more: every process refuses them within one second, and it may not act until it \
                     gets a new key"
                    )
                };
                context.output.print(text, || json!({ "name": name.as_str(), "state": "revoked" }))
            }
        }
    }
}

fn create(operator: &Operator, arguments: &CreateServiceAccount) -> Result<ServiceAccount, Failure> {
    let name = ServiceName::parse(&arguments.name).map_err(|error| Failure::Usage(error.into()))?;
    let scopes = read_scopes(&arguments.scopes)?;
    let account = operator.account(&arguments.account)?;
    let delegation = if arguments.everyone {
        NewDelegation::Everyone
    } else {
        let people = arguments.people.iter().map(|named| find_user(operator, account, named).map(UserKey::Id));
        NewDelegation::People(people.collect::<Result<_, _>>()?)
    };
    let new = NewServiceAccount { name, role: arguments.role.role(), scopes, delegation };
    operator.wait_for(operator.ports.grants.create_service_account(account, new)).map_err(|error| match error {
        CreateServiceAccountError::Store(error) => database(error),
        error @ CreateServiceAccountError::NameTaken => {
            Failure::Usage(anyhow::anyhow!("{error}: `derslik service-account list --account {}` lists them", arguments.account))
        }
        error @ CreateServiceAccountError::UnknownUser => {
            Failure::Usage(anyhow::anyhow!("{error}: `derslik user list --account {}` lists them", arguments.account))
        }
    })
}

fn revoke(operator: &Operator, one: &OneServiceAccount) -> Result<ServiceName, Failure> {
    let account = operator.account(&one.account)?;
    let name = read_name(&one.name, operator.named(account))?;
    let revoked = operator.wait_for(operator.ports.grants.revoke_service_account(account, name.clone()));
    revoked.map(|()| name).map_err(|error| match error {
        RevokeGrantError::Store(error) => database(error),
        RevokeGrantError::NotFound => missing(&one.name, &one.account),
    })
}

/// The name of a service account, from the name or the whole address. `account` is the id by which addresses name the account.
pub(super) fn read_name(named: &str, account: AccountId) -> Result<ServiceName, Failure> {
    match named.parse::<ServiceAddress>() {
        Ok(address) if address.account == account => Ok(address.name),
        Ok(_) => Err(Failure::Usage(anyhow::anyhow!("{named} belongs to another account"))),
        Err(_) => ServiceName::parse(named).map_err(|error| Failure::Usage(error.into())),
    }
}

/// The failure for a service account that the account does not have.
pub(super) fn missing(named: &str, account: &str) -> Failure {
    Failure::Usage(anyhow::anyhow!(
        "there is no service account {named:?} in the account: `derslik service-account list --account {account}` lists them, and \
         `derslik service-account create` adds one"
    ))
}

/// The service account of that name. `named` is the account as the operator named it.
pub(super) fn find(operator: &Operator, account: AccountId, name: &ServiceName, named: &str) -> Result<ServiceAccount, Failure> {
    let mut after = None;
    loop {
        let page = PageRequest { size: PAGE_SIZE, after };
        let services = operator.wait_for(operator.ports.grants.list_service_accounts(account, page)).map_err(database)?;
        let Some(last) = services.last() else { return Err(missing(name.as_str(), named)) };
        after = Some(last.principal);
        if let Some(found) = services.into_iter().find(|service| service.address.name == *name) {
            return Ok(found);
        }
    }
}

/// For whom a service account acts, in a few words. People are named by their ids, as `derslik user list` shows them.
fn acts_for(delegation: &Delegation) -> String {
    match delegation {
        Delegation::None => "itself".to_owned(),
        Delegation::Everyone => "everyone".to_owned(),
        Delegation::People(people) => {
            let ids = people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            format!("{} {ids}", if people.len() == 1 { "user" } else { "users" })
        }
    }
}

/// A new service account, one line for each part.
fn as_text(service: &ServiceAccount) -> String {
    let ServiceAccount { address, principal, scopes, delegation, created_at: _ } = service;
    let lines = [
        ("name", address.name.to_string()),
        ("address", address.to_string()),
        ("principal", principal.to_string()),
        ("acts for", acts_for(delegation)),
        ("scopes", scope_names(*scopes)),
    ];
    lines.map(|(label, value)| format!("{label:10}  {value}")).join("\n")
}

fn as_line(service: &ServiceAccount) -> String {
    let ServiceAccount { address, principal, scopes, delegation, created_at: _ } = service;
    let (name, acts_for, scopes) = (&address.name, acts_for(delegation), scope_names(*scopes));
    format!("{name}\t{address}\tprincipal {principal}\tacts for {acts_for}\tscopes {scopes}")
}

fn as_json(service: &ServiceAccount) -> Value {
    let people = match &service.delegation {
        Delegation::None => json!([]),
        Delegation::Everyone => json!("everyone"),
        Delegation::People(people) => people.iter().map(|person| person.get()).collect(),
    };
    json!({
        "name": service.address.name.as_str(),
        "address": service.address.to_string(),
        "principal": service.principal.get(),
        "scopes": service.scopes.iter().map(Scope::name).collect::<Vec<_>>(),
        "acts_for": people,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use derslik_domain::id::Id;
    use derslik_domain::identity::Role;
    use derslik_ports::inbound::operators::MockGrantAdministration;
    use derslik_ports::{Reason, StoreError};
    use derslik_testkit::builders::now;

    use super::*;
    use crate::cli::operator::testing::{code_and_text, operator, operators};
    use crate::wiring::Operators;

    fn service(delegation: Delegation) -> ServiceAccount {
        let address = ServiceAddress { account: Id::new(7), name: ServiceName::parse("timetable").unwrap() };
        ServiceAccount { address, principal: Id::new(200), scopes: [Scope::Courses].into_iter().collect(), delegation, created_at: now() }
    }

    fn over(grants: MockGrantAdministration) -> Operator {
        operator(Operators { grants: Arc::new(grants), ..operators() })
    }

    fn arguments(more: &[&str]) -> CreateServiceAccount {
        let command = crate::cli::parsed(&[&["service-account", "create", "timetable", "--account", "okul"][..], more].concat());
        let crate::cli::Command::ServiceAccount(ServiceAccountCommand::Create(arguments)) = command else { unreachable!("a creation") };
        arguments
    }

    #[test]
    fn a_service_account_acts_for_itself_unless_told_otherwise() {
        let cases: [(&[&str], NewDelegation, Role); 3] = [
            (&[], NewDelegation::People(Vec::new()), Role::Member),
            (
                &["--act-for", "102", "--act-for", "103", "--role", "admin"],
                NewDelegation::People(vec![UserKey::Id(Id::new(102)), UserKey::Id(Id::new(103))]),
                Role::Admin,
            ),
            (&["--act-for-everyone"], NewDelegation::Everyone, Role::Member),
        ];
        for (more, delegation, role) in cases {
            let mut grants = MockGrantAdministration::new();
            grants.expect_create_service_account().once().returning(move |account, new| {
                assert_eq!((account.get(), &new.delegation, new.role), (7, &delegation, role));
                Ok(service(Delegation::None))
            });
            assert!(create(&over(grants), &arguments(more)).is_ok(), "{more:?}");
        }
    }

    #[test]
    fn a_refused_creation_tells_what_to_do() {
        for (error, code, words) in [
            (CreateServiceAccountError::NameTaken, 2, "service-account list --account okul"),
            (CreateServiceAccountError::UnknownUser, 2, "user list --account okul"),
            (StoreError::from(Reason::Locked).into(), 3, "locked"),
        ] {
            let mut grants = MockGrantAdministration::new();
            grants.expect_create_service_account().return_once(move |_, _| Err(error));
            let refused = create(&over(grants), &arguments(&[])).map_err(code_and_text).unwrap_err();
            assert!(refused.0 == code && refused.1.contains(words), "{refused:?}");
        }
    }

    #[test]
    fn a_service_account_is_named_by_its_name_or_its_address() {
        let (mine, name) = (Id::new(7), ServiceName::parse("timetable").unwrap());
        for named in ["timetable", "timetable@7.iam.derslik.internal"] {
            assert_eq!(read_name(named, mine).map_err(code_and_text), Ok(name.clone()));
        }
        for named in ["timetable@8.iam.derslik.internal", "Timetable", "ayse@okul.example"] {
            assert_eq!(read_name(named, mine).map_err(code_and_text).unwrap_err().0, 2, "{named}");
        }
    }

    #[test]
    fn a_service_account_is_listed_with_the_people_for_whom_it_acts() {
        let people = service(Delegation::People(BTreeSet::from([Id::new(102), Id::new(103)])));
        let line = as_line(&people);
        let expected = "timetable\ttimetable@7.iam.derslik.internal\tprincipal 200\tacts for users 102, 103\tscopes classroom.courses";
        assert_eq!(line, expected);
        assert_eq!(as_json(&people)["acts_for"], json!([102, 103]));
        assert_eq!(as_json(&service(Delegation::Everyone))["acts_for"], json!("everyone"));
        assert!(as_line(&service(Delegation::None)).contains("acts for itself"));
    }

    #[test]
    fn a_new_service_account_is_shown_with_a_label_for_each_part() {
        let text = as_text(&service(Delegation::People(BTreeSet::from([Id::new(102)]))));
        let labels: Vec<_> = text.lines().filter_map(|line| line.split_once("  ")).map(|(label, _)| label.trim()).collect();
        assert_eq!(labels, ["name", "address", "principal", "acts for", "scopes"]);
        assert!(text.contains("address     timetable@7.iam.derslik.internal\n") && text.contains("acts for    user 102\n"), "{text}");
    }

    #[test]
    fn a_missing_service_account_is_a_wrong_argument() {
        let mut grants = MockGrantAdministration::new();
        grants.expect_revoke_service_account().once().returning(|_, _| Err(RevokeGrantError::NotFound));
        let one = OneServiceAccount { name: "timetable".to_owned(), account: "okul".to_owned() };
        let (code, text) = revoke(&over(grants), &one).map_err(code_and_text).unwrap_err();
        assert!(code == 2 && text.contains("service-account list --account okul"), "{text}");
    }
}
