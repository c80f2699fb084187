//! `derslik user`

use clap::{Args, Subcommand, ValueEnum};
use derslik_domain::id::{AccountId, Id, PrincipalId};
use derslik_domain::identity::{Email, Password, PersonName, Role, User, UserKey, Username};
use derslik_domain::page::PageRequest;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::operators::{CreateUserError, NewUser, UserError};
use serde_json::{Value, json};

use super::list_args::{ListArgs, PAGE_SIZE};
use super::output::one_line;
use super::password::PasswordArgs;
use super::{Context, Failure, Operator, database};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Creates a person in an account and prints their id.
    Create(CreateUser),
    /// Lists the people of an account, by their ids.
    List(ListUsers),
    /// Stops a person: every process refuses them within one second, and their tokens are revoked for good.
    Passive(OneUser),
    /// Lets a person act again. Tokens from before stay revoked: the person logs in, or gets a new one.
    Active(OneUser),
    /// Sets the password of a person, and revokes all their access tokens for good: every process refuses these within one second.
    Password {
        #[command(flatten)]
        one: OneUser,
        #[command(flatten)]
        password: PasswordArgs,
    },
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
    /// The name that the person logs in with, together with a password; unique in the account [default: none].
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ListUsers {
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Args)]
pub(super) struct OneUser {
    /// The person, by number, GUID, e-mail address or user name.
    user: String,
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
}

/// The role of a person in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleName {
    /// May do everything in the account.
    Admin,
    /// May do what their courses allow.
    Member,
}

impl RoleName {
    pub(super) const fn role(self) -> Role {
        match self {
            Self::Admin => Role::Admin,
            Self::Member => Role::Member,
        }
    }
}

impl UserCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Create(arguments) => create(context, arguments),
            Self::List(arguments) => {
                let users = list(&Operator::open(context.config)?, &arguments)?;
                context.output.print_list(&users, as_line, as_json)
            }
            Self::Passive(one) => change(context, &one, false),
            Self::Active(one) => change(context, &one, true),
            Self::Password { one, password } => {
                let password = password.read()?;
                let random = set_password(&Operator::open(context.config)?, &one, password.as_ref())?;
                let text = || match &random {
                    Some(random) => format!("password  {random}"),
                    None => format!(
                        "the password of {} is set, and their access tokens are revoked; a log-in takes it with the user name",
                        one.user
                    ),
                };
                let json = || json!({ "user": one.user, "password": random });
                if random.is_none() {
                    return context.output.print(text, json);
                }
                // The password before it is gone, so there is nothing to go back to.
                let lost = || format!("the new password of {} could not be printed, and no one has it: set another one", one.user);
                context.output.print_once(text, json, lost)
            }
        }
    }
}

fn create(context: &Context<'_>, arguments: CreateUser) -> Result<(), Failure> {
    let usage = |what: &str, error: &dyn std::fmt::Display| Failure::Usage(anyhow::anyhow!("{what}: {error}"));
    let email = Email::parse(&arguments.email).map_err(|error| usage("the e-mail address", &error))?;
    let name = PersonName::new(arguments.name).map_err(|error| usage("--name", &error))?;
    let surname = PersonName::new(arguments.surname).map_err(|error| usage("--surname", &error))?;
    let username = arguments.username.as_deref().map(Username::parse).transpose().map_err(|error| usage("--username", &error))?;
    let operator = Operator::open(context.config)?;
    let account = operator.account(&arguments.account)?;
    let new = NewUser { email, username, role: arguments.role.role(), name, surname };
    let id = operator.wait_for(operator.ports.users.create(account, new)).map_err(|error| not_created(&arguments.account, error))?;
    let json = || json!({ "id": id.get(), "email": arguments.email });
    context.output.print(|| format!("user  {} ({id})", arguments.email), json)
}

/// A failure, and what to do about it. `account` is the account as the operator named it.
fn not_created(account: &str, error: CreateUserError) -> Failure {
    match error {
        CreateUserError::Store(error) => database(error),
        error @ CreateUserError::Taken(_) => {
            Failure::Usage(anyhow::anyhow!("{error}: `derslik user list --account {account}` shows by whom"))
        }
    }
}

fn list(operator: &Operator, arguments: &ListUsers) -> Result<Vec<User>, Failure> {
    let account = operator.account(&arguments.account)?;
    let read = |page| operator.wait_for(operator.ports.users.list(account, page)).map_err(database);
    arguments.list.read(read, |user| user.id)
}

fn change(context: &Context<'_>, one: &OneUser, active: bool) -> Result<(), Failure> {
    let user = set_active(&Operator::open(context.config)?, one, active)?;
    context.output.print(|| as_line(&user), || as_json(&user))
}

fn set_active(operator: &Operator, one: &OneUser, active: bool) -> Result<User, Failure> {
    let account = operator.account(&one.account)?;
    with_each_key(one, |key| operator.wait_for(operator.ports.users.set_active(account, key, active)))
}

fn set_password(operator: &Operator, one: &OneUser, password: Option<&Password>) -> Result<Option<String>, Failure> {
    let account = operator.account(&one.account)?;
    with_each_key(one, |key| operator.wait_for(operator.ports.users.set_password(account, key, password.cloned())))
}

/// Calls a use case with each key that the name of a user can be, until it finds the user.
fn with_each_key<T>(one: &OneUser, use_case: impl Fn(UserKey) -> Result<T, UserError>) -> Result<T, Failure> {
    for key in UserKey::all_of(&one.user) {
        match use_case(key) {
            Err(UserError::NotFound) => {}
            done => return done.map_err(|error| not_changed(&one.account, error)),
        }
    }
    Err(not_changed(&one.account, UserError::NotFound))
}

/// A failure, and what to do about it. `account` is the account as the operator named it.
fn not_changed(account: &str, error: UserError) -> Failure {
    Failure::Usage(match error {
        UserError::Store(error) => return database(error),
        UserError::NotFound => {
            anyhow::anyhow!("there is no such person in the account: `derslik user list --account {account}` lists them")
        }
        UserError::NotAPerson => {
            anyhow::anyhow!(
                "that is a service and not a person: `derslik key revoke` ends its keys, `derslik service-account revoke` those of a \
                 service account, and `derslik account disable` ends all"
            )
        }
        UserError::PasswordTooShort { min } => {
            anyhow::anyhow!("the password is too short: give one of at least {min} characters, or lower account.password_min_length")
        }
    })
}

/// The id of the user of that name, who need not exist if the name is a number.
pub(super) fn find(operator: &Operator, account: AccountId, named: &str) -> Result<PrincipalId, Failure> {
    if let Ok(id) = named.trim().parse() {
        return Ok(Id::new(id));
    }
    let keys: Vec<_> = UserKey::all_of(named).collect();
    let (mut best, mut after) = (None, None);
    loop {
        let page = PageRequest { size: PAGE_SIZE, after };
        let users = operator.wait_for(operator.ports.users.list(account, page)).map_err(database)?;
        let found = users.iter().filter_map(|user| Some((keys.iter().position(|key| is_named(user, key))?, user.id)));
        best = found.chain(best).min_by_key(|(position, _)| *position);
        let Some(last) = users.last() else { break };
        after = Some(last.id);
    }
    best.map(|(_, id)| id).ok_or_else(|| Failure::Usage(anyhow::anyhow!("there is no user {named:?} in the account")))
}

fn is_named(user: &User, key: &UserKey) -> bool {
    match key {
        UserKey::Id(id) => user.id == *id,
        UserKey::Guid(guid) => user.guid == *guid,
        UserKey::Email(email) => user.email.as_ref().is_some_and(|own| own.key() == email.key()),
        UserKey::Username(username) => user.username.as_ref().is_some_and(|own| own.key() == username.key()),
    }
}

fn as_line(user: &User) -> String {
    let email = user.email.as_ref().map_or("", Email::as_str);
    let username = user.username.as_ref().map_or("", Username::as_str);
    let name = format!("{} {}", user.name, user.surname);
    let (state, role) = (user.status.name(), role_name(user.role));
    format!("{}\t{state}\t{role}\t{}\t{}\t{}", user.id, one_line(email), one_line(username), one_line(name.trim()))
}

fn as_json(user: &User) -> Value {
    json!({
        "id": user.id.get(),
        "guid": user.guid.to_string(),
        "state": user.status.name(),
        "role": role_name(user.role),
        "email": user.email.as_ref().map(Email::as_str),
        "username": user.username.as_ref().map(Username::as_str),
        "name": user.name.as_str(),
        "surname": user.surname.as_str(),
        "login_allowed": user.profile.login_allowed,
        "created_at": instant(user.created_at),
        "updated_at": instant(user.updated_at),
    })
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Member => "member",
    }
}

fn instant(instant: Timestamp) -> String {
    instant.in_zone(Zone::UTC).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::identity::UserState;
    use derslik_ports::inbound::operators::MockUserAdministration;
    use derslik_ports::{Reason, StoreError};
    use derslik_testkit::builders::user;

    use super::*;
    use crate::cli::operator::testing::{code_and_text, operator, operators};
    use crate::wiring::Operators;

    fn with(users: MockUserAdministration) -> Operator {
        operator(Operators { users: Arc::new(users), ..operators() })
    }

    fn one(named: &str) -> OneUser {
        OneUser { user: named.to_owned(), account: "okul".to_owned() }
    }

    #[test]
    fn a_person_is_found_by_the_first_key_that_fits() {
        let mut users = MockUserAdministration::new();
        users.expect_set_active().times(2).returning(|account, key, active| {
            assert_eq!((account.get(), active), (7, false));
            match key {
                UserKey::Username(_) => Ok(User { status: UserState::Passive, ..user(106) }),
                UserKey::Id(_) | UserKey::Guid(_) | UserKey::Email(_) => Err(UserError::NotFound),
            }
        });
        let changed = set_active(&with(users), &one("42"), false).map_err(code_and_text).unwrap();
        assert_eq!((changed.id.get(), changed.status), (106, UserState::Passive));
    }

    #[test]
    fn a_refused_change_says_what_to_do_and_a_failed_store_is_another_exit_code() {
        type Refusal = fn() -> UserError;
        let refused = |error: fn() -> UserError| {
            let mut users = MockUserAdministration::new();
            users.expect_set_password().returning(move |_, _, _| Err(error()));
            set_password(&with(users), &one("ayse"), None).map_err(code_and_text).unwrap_err()
        };
        let errors: [(Refusal, &str); 3] = [
            (|| UserError::NotFound, "`derslik user list --account okul`"),
            (|| UserError::NotAPerson, "derslik service-account revoke"),
            (|| UserError::PasswordTooShort { min: 8 }, "at least 8 characters"),
        ];
        for (error, says) in errors {
            let (code, text) = refused(error);
            assert!(code == 2 && text.contains(says), "{code}: {text}");
        }
        assert_eq!(refused(|| StoreError::from(Reason::Locked).into()).0, 3);
    }

    #[test]
    fn the_password_of_the_file_is_set_and_a_random_one_is_returned() {
        let mut users = MockUserAdministration::new();
        users.expect_set_password().times(2).returning(|_, _, password| Ok(password.is_none().then(|| "random".to_owned())));
        let operator = with(users);
        let given = Password::new(b"gizli parola".to_vec()).unwrap();
        assert_eq!(set_password(&operator, &one("ayse"), Some(&given)).map_err(code_and_text), Ok(None));
        assert_eq!(set_password(&operator, &one("ayse"), None).map_err(code_and_text), Ok(Some("random".to_owned())));
    }

    #[test]
    fn the_user_of_a_list_is_found_on_any_page_and_addresses_go_before_user_names() {
        let listed = || {
            let mut users = MockUserAdministration::new();
            users.expect_list().returning(|_, page| {
                let first = User { username: Username::parse("user2@demo.example").ok(), ..user(1) };
                Ok(match page.after.map(Id::get) {
                    None => vec![first],
                    Some(1) => vec![user(2)],
                    Some(_) => Vec::new(),
                })
            });
            with(users)
        };
        let account = Id::new(7);
        for named in ["USER2@demo.example", "user2", "2"] {
            assert_eq!(find(&listed(), account, named).map_err(code_and_text), Ok(Id::new(2)), "{named}");
        }
        assert_eq!(find(&listed(), account, "4490").map_err(code_and_text), Ok(Id::new(4490)));
        assert_eq!(find(&listed(), account, "user3").map_err(code_and_text).unwrap_err().0, 2);
    }

    #[test]
    fn a_person_is_one_line_whatever_the_name_holds() {
        let odd = User { surname: PersonName::new("Yıl\nmaz\u{1b}[2J").unwrap(), ..user(106) };
        assert_eq!(as_line(&odd), "106\tactive\tmember\tuser106@demo.example\tuser106\tAyşe Yıl maz [2J");
        assert_eq!((&as_json(&odd)["state"], &as_json(&odd)["role"]), (&json!("active"), &json!("member")));
    }
}
