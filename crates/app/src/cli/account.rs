//! `derslik account`

use clap::{Args, Subcommand};
use derslik_domain::id::AccountId;
use derslik_domain::identity::{AccountSettings, new_account_name};
use derslik_domain::job::ProjectName;
use derslik_domain::page::PageRequest;
use derslik_domain::time::{StartDateMode, Timestamp, Zone};
use derslik_http::perculus::bearer;
use derslik_ports::inbound::operators::{AccountState, CreateAccountError, CreatedAccount, CredentialFilter, KeyError, NewAccount};
use serde_json::{Value, json};

use super::known_keys::known_secrets;
use super::list_args::{ListArgs, PAGE_SIZE};
use super::output::{one_line, second};
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
    /// Lists accounts, disabled ones included, by their ids.
    List(ListArgs),
    /// Shows an account and its settings.
    Show(OneAccount),
    /// Disables an account: every process refuses its keys and tokens within one second. Its data stay, and its jobs still run.
    Disable(OneAccount),
    /// Takes a disabled account into use again, with the keys and tokens that it had.
    Enable(OneAccount),
    /// Revokes the public keys and tokens of --fixed-dev-keys and changes the public password. Everything else stays.
    RemoveDevKeys,
}

#[derive(Debug, Args)]
pub(super) struct OneAccount {
    /// The account, by its name or its id.
    account: String,
}

impl AccountCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Create { name, project } => create(context, &name, &project),
            Self::List(list) => {
                let operator = Operator::open(context.config)?;
                let read = |page| operator.wait_for(operator.ports.accounts.list(page)).map_err(database);
                let accounts = list.read(read, |state| state.account.id)?;
                context.output.print_list(&accounts, state_line, state_json)
            }
            Self::Show(one) => {
                let state = show(&Operator::open(context.config)?, &one)?;
                context.output.print(|| state_line(&state) + &settings_text(&state.account.settings), || state_json(&state))
            }
            Self::Disable(one) => switch(context, &one, Switch::Disable),
            Self::Enable(one) => switch(context, &one, Switch::Enable),
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
    context.output.print_once(|| as_text(name, &created), || as_json(name, &created), || withdraw(&operator, created.id))
}

/// Revokes the keys of a new account that could not be printed, since no one has them. Returns what became of them. The account stays.
fn withdraw(operator: &Operator, account: AccountId) -> String {
    match revoke_keys(operator, account) {
        Ok(()) => format!(
            "the keys of the new account could not be printed, and are revoked: make others with `derslik key create --account {account}`"
        ),
        Err(error) => format!(
            "the keys of the new account could not be printed, and are still valid ({error}): `derslik key list --account {account}` lists \
             them, and `derslik key revoke` ends them"
        ),
    }
}

/// Revokes all keys of an account that was made a moment ago: they are few.
fn revoke_keys(operator: &Operator, account: AccountId) -> Result<(), KeyError> {
    let page = PageRequest { size: PAGE_SIZE, after: None };
    for key in operator.wait_for(operator.ports.credentials.list(account, CredentialFilter::default(), page))? {
        operator.wait_for(operator.ports.credentials.revoke(account, key.id))?;
    }
    Ok(())
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

fn show(operator: &Operator, one: &OneAccount) -> Result<AccountState, Failure> {
    let account = operator.account(&one.account)?;
    let found = operator.wait_for(operator.ports.accounts.show(account)).map_err(database)?;
    found.ok_or_else(|| Failure::Usage(anyhow::anyhow!("there is no account {:?}: `derslik account list` lists them", one.account)))
}

/// What happens to the use of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    Disable,
    Enable,
}

fn switch(context: &Context<'_>, one: &OneAccount, switch: Switch) -> Result<(), Failure> {
    let (state, is_changed) = set_disabled(&Operator::open(context.config)?, one, switch)?;
    let note = match (is_changed, switch) {
        (false, _) => "nothing has changed",
        (true, Switch::Disable) => "every process refuses its keys and tokens within one second",
        (true, Switch::Enable) => "every process takes its keys and tokens again within one second",
    };
    let json = || {
        let mut json = state_json(&state);
        if let Value::Object(members) = &mut json {
            members.insert("changed".to_owned(), is_changed.into());
        }
        json
    };
    context.output.print(|| format!("{}\n{note}", state_line(&state)), json)
}

/// The account afterwards, and whether it has changed.
fn set_disabled(operator: &Operator, one: &OneAccount, switch: Switch) -> Result<(AccountState, bool), Failure> {
    let account = operator.account(&one.account)?;
    let is_changed = operator.wait_for(operator.ports.accounts.set_disabled(account, switch == Switch::Disable)).map_err(database)?;
    Ok((show(operator, one)?, is_changed))
}

fn state_name(state: &AccountState) -> &'static str {
    if state.disabled_at.is_some() { "disabled" } else { "active" }
}

fn state_line(state: &AccountState) -> String {
    let AccountState { account, created_at, .. } = state;
    format!("{}\t{}\t{}\t{}", account.id, state_name(state), second(*created_at), one_line(account.name.as_str()))
}

/// The settings of an account, one line each.
fn settings_text(settings: &AccountSettings) -> String {
    let AccountSettings { lang, timezone, start_date_mode, .. } = settings;
    format!("\n  language   {lang}\n  time zone  {}\n  dates      {}", timezone.name(), mode_name(*start_date_mode))
}

fn state_json(state: &AccountState) -> Value {
    let AccountState { account, created_at, disabled_at } = state;
    json!({
        "id": account.id.get(),
        "name": account.name.as_str(),
        "state": state_name(state),
        "lang": account.settings.lang.as_str(),
        "timezone": account.settings.timezone.name(),
        "start_date_mode": mode_name(account.settings.start_date_mode),
        "created_at": instant(*created_at),
        "disabled_at": disabled_at.map(instant),
    })
}

const fn mode_name(mode: StartDateMode) -> &'static str {
    match mode {
        StartDateMode::Civil => "civil",
        StartDateMode::Instant => "instant",
    }
}

fn instant(instant: Timestamp) -> String {
    instant.in_zone(Zone::UTC).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::Id;
    use derslik_ports::inbound::operators::MockAccountAdministration;
    use derslik_ports::{Reason, StoreError};
    use derslik_testkit::builders::{account, now};

    use super::*;
    use crate::cli::operator::testing::{code_and_text, operator, operators};
    use crate::wiring::Operators;

    fn state(disabled_at: Option<Timestamp>) -> AccountState {
        AccountState { account: account(), created_at: now(), disabled_at }
    }

    /// Use cases in which `okul` is the account 7.
    fn accounts() -> MockAccountAdministration {
        let mut accounts = MockAccountAdministration::new();
        accounts.expect_find().returning(|named| {
            assert_eq!(named, "okul");
            Ok(Id::new(7))
        });
        accounts
    }

    fn with(accounts: MockAccountAdministration) -> Operator {
        operator(Operators { accounts: Arc::new(accounts), ..operators() })
    }

    fn okul() -> OneAccount {
        OneAccount { account: "okul".to_owned() }
    }

    #[test]
    fn an_account_is_disabled_and_shown_as_it_is_afterwards() {
        for (switch, disabled) in [(Switch::Disable, true), (Switch::Enable, false)] {
            let mut mocks = accounts();
            mocks.expect_set_disabled().once().withf(move |id, wanted| (id.get(), *wanted) == (7, disabled)).returning(|_, _| Ok(true));
            mocks.expect_show().once().returning(move |_| Ok(Some(state(disabled.then(now)))));
            let (after, is_changed) = set_disabled(&with(mocks), &okul(), switch).map_err(code_and_text).unwrap();
            assert_eq!((state_name(&after), is_changed), (if disabled { "disabled" } else { "active" }, true));
        }
    }

    #[test]
    fn a_missing_account_is_a_wrong_argument_and_a_failed_store_is_not() {
        let shown = |found: fn() -> Result<Option<AccountState>, StoreError>| {
            let mut mocks = accounts();
            mocks.expect_show().once().returning(move |_| found());
            show(&with(mocks), &okul()).map_err(code_and_text)
        };
        assert_eq!(shown(|| Ok(Some(state(None)))), Ok(state(None)));
        let (code, text) = shown(|| Ok(None)).unwrap_err();
        assert!(code == 2 && text.contains("derslik account list"), "{code}: {text}");
        assert_eq!(shown(|| Err(StoreError::from(Reason::Locked))).unwrap_err().0, 3);
    }

    #[test]
    fn an_account_is_shown_with_its_state_and_settings() {
        assert_eq!(state_line(&state(None)), format!("1329\tactive\t{}\tdemo", second(now())));
        assert!(settings_text(&account().settings).contains("time zone  Europe/Istanbul"));
        let json = state_json(&state(Some(now())));
        assert_eq!((&json["state"], &json["disabled_at"]), (&json!("disabled"), &json!(instant(now()))));
        assert_eq!((&json["name"], &json["start_date_mode"]), (&json!("demo"), &json!("civil")));
    }
}
