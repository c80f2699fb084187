//! `derslik admin`: the people who run the installation. They belong to no account.

use clap::{Args, Subcommand, ValueEnum};
use derslik_domain::identity::{Admin, AdminRole, Password, Username};
use derslik_domain::time::Zone;
use derslik_ports::inbound::operators::{AdminError, NewAdmin};
use serde_json::{Value, json};

use super::output::{one_line, second};
use super::password::PasswordArgs;
use super::{Context, Failure, Operator, database};

#[derive(Debug, Subcommand)]
pub(super) enum AdminCommand {
    /// Creates an admin of the installation. A random password is printed; it is not shown again.
    Create {
        /// The name to sign in by, unique in the installation.
        name: String,
        /// What the admin may do.
        #[arg(long, value_enum, default_value_t = AdminRoleName::Viewer)]
        role: AdminRoleName,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Lists the admins of the installation, by their ids.
    List,
    /// Removes an admin.
    Remove(OneAdmin),
}

#[derive(Debug, Args)]
pub(super) struct OneAdmin {
    /// The name of the admin.
    name: String,
}

/// What an admin may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AdminRoleName {
    /// Reads everything and changes nothing.
    Viewer,
    /// Reads and changes everything.
    Operator,
}

impl AdminCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Create { name, role, password } => {
                let (name, password) = (read_name(&name)?, password.read()?);
                let operator = Operator::open(context.config)?;
                let (admin, random) = create(&operator, name, role, password)?;
                let text = || match &random {
                    Some(random) => format!("{}\npassword  {random}", as_line(&admin)),
                    None => as_line(&admin),
                };
                let json = || json!({ "admin": as_json(&admin), "password": random });
                if random.is_none() {
                    return context.output.print(text, json);
                }
                context.output.print_once(text, json, || withdraw(&operator, &admin))
            }
            Self::List => {
                let operator = Operator::open(context.config)?;
                let admins = operator.wait_for(operator.ports.admins.list()).map_err(database)?;
                context.output.print_list(&admins, as_line, as_json)
            }
            Self::Remove(one) => {
                remove(&Operator::open(context.config)?, &one)?;
                context.output.print(|| format!("the admin {} is removed", one.name), || json!({ "removed": one.name }))
            }
        }
    }
}

fn read_name(name: &str) -> Result<Username, Failure> {
    Username::parse(name).map_err(|error| Failure::Usage(anyhow::anyhow!("the name of the admin is {error}")))
}

fn create(
    operator: &Operator,
    name: Username,
    role: AdminRoleName,
    password: Option<Password>,
) -> Result<(Admin, Option<String>), Failure> {
    let role = match role {
        AdminRoleName::Viewer => AdminRole::Viewer,
        AdminRoleName::Operator => AdminRole::Operator,
    };
    operator.wait_for(operator.ports.admins.create(NewAdmin { name, role, password })).map_err(|error| {
        Failure::Usage(match error {
            AdminError::Store(error) => return database(error),
            AdminError::NameTaken => anyhow::anyhow!("there is an admin of that name already: `derslik admin list` lists them"),
            AdminError::PasswordTooShort { min } => {
                anyhow::anyhow!("the password is too short: give one of at least {min} characters, or lower account.password_min_length")
            }
        })
    })
}

/// Removes a new admin whose random password could not be printed, since no one has it. Returns what became of the admin.
fn withdraw(operator: &Operator, admin: &Admin) -> String {
    match operator.wait_for(operator.ports.admins.remove(&admin.name)) {
        Ok(_) => "the password of the new admin could not be printed, and the admin is removed again".to_owned(),
        Err(error) => format!(
            "the password of the new admin could not be printed, and the admin is still there ({error}): `derslik admin remove` ends that"
        ),
    }
}

fn remove(operator: &Operator, one: &OneAdmin) -> Result<(), Failure> {
    let name = read_name(&one.name)?;
    if operator.wait_for(operator.ports.admins.remove(&name)).map_err(database)? {
        return Ok(());
    }
    Err(Failure::Usage(anyhow::anyhow!("there is no admin {:?}: `derslik admin list` lists them", one.name)))
}

fn as_line(admin: &Admin) -> String {
    let created = second(admin.created_at);
    format!("{}\t{}\t{created}\t{}", admin.id, admin.role.name(), one_line(admin.name.as_str()))
}

fn as_json(admin: &Admin) -> Value {
    json!({
        "id": admin.id.get(),
        "name": admin.name.as_str(),
        "role": admin.role.name(),
        "created_at": admin.created_at.in_zone(Zone::UTC).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::Id;
    use derslik_ports::inbound::operators::MockAdminAdministration;
    use derslik_ports::{Reason, StoreError};
    use derslik_testkit::builders::now;

    use super::*;
    use crate::cli::operator::testing::{code_and_text, operator, operators};
    use crate::wiring::Operators;

    fn with(admins: MockAdminAdministration) -> Operator {
        operator(Operators { admins: Arc::new(admins), ..operators() })
    }

    fn ayse() -> Username {
        read_name("ayse").map_err(code_and_text).unwrap()
    }

    #[test]
    fn an_admin_reads_only_unless_made_an_operator() {
        let roles: [(&[&str], AdminRole); 2] = [(&[], AdminRole::Viewer), (&["--role", "operator"], AdminRole::Operator)];
        for (more, role) in roles {
            let command = crate::cli::parsed(&[&["admin", "create", "ayse"][..], more].concat());
            let crate::cli::Command::Admin(AdminCommand::Create { role: named, .. }) = command else { unreachable!("a creation") };
            let mut admins = MockAdminAdministration::new();
            admins.expect_create().once().returning(move |new| {
                assert_eq!((new.name.as_str(), new.role, new.password), ("ayse", role, None));
                let admin = Admin { id: Id::new(3), name: new.name, role: new.role, created_at: now() };
                Ok((admin, Some("random".to_owned())))
            });
            let (admin, random) = create(&with(admins), ayse(), named, None).map_err(code_and_text).unwrap();
            assert_eq!((as_json(&admin)["role"].as_str(), random.as_deref()), (Some(role.name()), Some("random")));
            let line = as_line(&admin);
            assert!(line.starts_with(&format!("3\t{}\t", role.name())) && line.ends_with("\tayse"), "{line}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_do_and_a_failed_store_is_another_exit_code() {
        let refused = |error: fn() -> AdminError| {
            let mut admins = MockAdminAdministration::new();
            admins.expect_create().once().returning(move |_| Err(error()));
            create(&with(admins), ayse(), AdminRoleName::Viewer, None).map_err(code_and_text).unwrap_err()
        };
        let (code, text) = refused(|| AdminError::NameTaken);
        assert!(code == 2 && text.contains("derslik admin list"), "{code}: {text}");
        let (code, text) = refused(|| AdminError::PasswordTooShort { min: 8 });
        assert!(code == 2 && text.contains("at least 8 characters"), "{code}: {text}");
        assert_eq!(refused(|| StoreError::from(Reason::Locked).into()).0, 3);
        assert_eq!(read_name(" ").map_err(code_and_text), Err((2, "the name of the admin is empty".to_owned())));
    }

    #[test]
    fn removing_an_admin_who_is_not_there_is_a_wrong_argument() {
        for (is_there, code) in [(true, None), (false, Some(2))] {
            let mut admins = MockAdminAdministration::new();
            admins.expect_remove().once().withf(|name| name.as_str() == "ayse").returning(move |_| Ok(is_there));
            let removed = remove(&with(admins), &OneAdmin { name: "ayse".to_owned() }).map_err(code_and_text);
            assert_eq!(removed.err().map(|(code, _)| code), code);
        }
    }
}
