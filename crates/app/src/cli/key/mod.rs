//! `derslik key`: access keys, organization keys and access tokens from their creation to their end.

mod overlap;
mod shown;

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use derslik_domain::id::{AccountId, CredentialId, Id};
use derslik_domain::identity::{CredentialKind, TokenLifetime};
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::operators::{CreatedKey, CredentialFilter, KeyError, NewKey, StoredCredential};
use serde_json::{Value, json};

use self::overlap::read_overlap;
use super::list_args::{ListArgs, PAGE_SIZE};
use super::{Context, Failure, Operator, Output, database, user};

/// The number of characters that identify a secret of one part, after its prefix.
const PUBLIC_CHARACTERS: usize = 24;

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Creates a key of an account and prints it; it is not shown again. The key proves the account itself and no person.
    Create(CreateKey),
    /// Lists the keys and tokens of an account without their secrets, by their ids.
    List(ListKeys),
    /// Replaces a key or a token by a new one, and prints that; it is not shown again. The old one ends after the overlap.
    Rotate(RotateKey),
    /// Revokes a key or a token for good. Every process refuses it within one second.
    Revoke(OneKey),
}

#[derive(Debug, Args)]
pub(super) struct CreateKey {
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// The kind of the key.
    #[arg(long, value_enum, default_value_t = NewKind::Access)]
    kind: NewKind,
    /// The key expires after this many days, from 1 to 36500 [default: never].
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
}

#[derive(Debug, Args)]
pub(super) struct ListKeys {
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// Only keys of this kind.
    #[arg(long, value_enum)]
    kind: Option<ListedKind>,
    /// Only keys of this user, named by number, GUID, e-mail address or user name.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Also keys that were revoked or have expired.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Args)]
pub(super) struct RotateKey {
    #[command(flatten)]
    one: OneKey,
    /// How long the old key stays valid, as 24h, 7d or 30m. With 0, every process refuses it within one second.
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = read_overlap)]
    overlap: Duration,
    /// The new key expires after this many days, from 1 to 36500 [default: as long as the old one was made to live; after an earlier
    /// rotation that is the time until the end of that overlap].
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
    /// The new key never expires.
    #[arg(long, conflicts_with = "days")]
    never: bool,
}

#[derive(Debug, Args)]
pub(super) struct OneKey {
    /// The key or token, by its id or its public id as `derslik key list` shows them; never by its secret.
    key: String,
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
}

/// The kind of a key to create.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum NewKind {
    /// A pair of keys of the sessions API.
    Access,
    /// A key of the jobs API.
    Organization,
}

/// The kind of the keys to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListedKind {
    /// Keys of the sessions API.
    Access,
    /// Keys of the jobs API.
    Organization,
    /// Access tokens of people, those of log-ins included.
    Token,
}

impl KeyCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        let operator = Operator::open(context.config)?;
        match self {
            Self::Create(arguments) => {
                let created = create(&operator, &arguments)?;
                let withdraw = || format!("the new key {}", withdraw(&operator, &arguments.account, created.id));
                context.output.print_once(|| shown::created_text(&created), || shown::created_json(&created).into(), withdraw)
            }
            Self::List(arguments) => {
                let keys = list(&operator, &arguments)?;
                let now = operator.now_of(operator.account(&arguments.account)?);
                context.output.print_list(&keys, |key| shown::as_line(key, now), |key| shown::as_json(key, now))
            }
            Self::Rotate(arguments) => {
                let created = rotate(&operator, &arguments)?;
                let withdraw = || {
                    let old = if arguments.overlap.is_zero() { "the old key has ended" } else { "the old key ends after the overlap" };
                    format!("{old}; the new key {}", withdraw(&operator, &arguments.one.account, created.id))
                };
                print_rotated(context.output, &created, arguments.overlap, withdraw)
            }
            Self::Revoke(one) => {
                let id = revoke(&operator, &one)?;
                let text = || format!("key {id} is revoked: every process refuses it within one second");
                context.output.print(text, || json!({ "id": id.get(), "state": "revoked" }))
            }
        }
    }
}

fn create(operator: &Operator, arguments: &CreateKey) -> Result<CreatedKey, Failure> {
    let kind = match arguments.kind {
        NewKind::Access => CredentialKind::AccessKey,
        NewKind::Organization => CredentialKind::AccountKey,
    };
    let account = operator.account(&arguments.account)?;
    let created = operator.wait_for(operator.ports.credentials.create(account, NewKey { kind, days: arguments.days }));
    created.map_err(|error| failure(&arguments.account, error))
}

fn list(operator: &Operator, arguments: &ListKeys) -> Result<Vec<StoredCredential>, Failure> {
    let kind = arguments.kind.map(|kind| match kind {
        ListedKind::Access => CredentialKind::AccessKey,
        ListedKind::Organization => CredentialKind::AccountKey,
        ListedKind::Token => CredentialKind::AccessToken,
    });
    let account = operator.account(&arguments.account)?;
    let principal = arguments.user.as_ref().map(|named| user::find(operator, account, named)).transpose()?;
    let filter = CredentialFilter { kind, principal, ended: arguments.all };
    let read = |page| operator.wait_for(operator.ports.credentials.list(account, filter, page)).map_err(database);
    arguments.list.read(read, |credential| credential.id)
}

fn rotate(operator: &Operator, arguments: &RotateKey) -> Result<CreatedKey, Failure> {
    let OneKey { key, account: named } = &arguments.one;
    let account = operator.account(named)?;
    let id = find(operator, account, key, named)?;
    let lifetime = arguments.days.map(TokenLifetime::Days).or_else(|| arguments.never.then_some(TokenLifetime::Never));
    let created = operator.wait_for(operator.ports.credentials.rotate(account, id, arguments.overlap, lifetime));
    created.map_err(|error| failure(named, error))
}

fn revoke(operator: &Operator, one: &OneKey) -> Result<CredentialId, Failure> {
    let account = operator.account(&one.account)?;
    let id = find(operator, account, &one.key, &one.account)?;
    operator.wait_for(operator.ports.credentials.revoke(account, id)).map_err(|error| failure(&one.account, error))?;
    Ok(id)
}

/// Revokes a key or token that could not be printed, since no one has it. Returns what became of it. `named` is the account as the operator
/// named it.
pub(super) fn withdraw(operator: &Operator, named: &str, id: CredentialId) -> String {
    let revoke = |account| operator.wait_for(operator.ports.credentials.revoke(account, id)).map_err(|error| failure(named, error));
    match operator.account(named).and_then(revoke) {
        Ok(()) => "could not be printed, and is revoked".to_owned(),
        Err(failure) => {
            let (_, error) = failure.parts();
            format!("could not be printed, and is still valid ({error:#}): end it with `derslik key revoke {id} --account {named}`")
        }
    }
}

fn print_rotated(output: Output, created: &CreatedKey, overlap: Duration, withdraw: impl FnOnce() -> String) -> Result<(), Failure> {
    let overlap = overlap::shown(overlap);
    let old = if overlap == "0" { "every process refuses it within one second".to_owned() } else { format!("valid for {overlap} at most") };
    let json = || {
        let mut members = shown::created_json(created);
        members.insert("overlap".to_owned(), overlap.as_str().into());
        Value::Object(members)
    };
    output.print_once(|| format!("{}\nold key     {old}", shown::created_text(created)), json, withdraw)
}

/// The credential with that id or public id, also one that has ended. `named` is the account as the operator named it.
fn find(operator: &Operator, account: AccountId, key: &str, named: &str) -> Result<CredentialId, Failure> {
    if let Ok(id) = key.parse() {
        return Ok(Id::new(id));
    }
    let public_id = public_id(key, named)?;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let filter = CredentialFilter { ended: true, ..CredentialFilter::default() };
        let page = PageRequest { size: PAGE_SIZE, after };
        let credentials = operator.wait_for(operator.ports.credentials.list(account, filter, page)).map_err(database)?;
        found.extend(credentials.iter().filter(|credential| credential.public_id == public_id).map(|credential| credential.id));
        let Some(last) = credentials.last() else { break };
        after = Some(last.id);
    }
    match found.as_slice() {
        [] => Err(failure(named, KeyError::NotFound)),
        [id] => Ok(*id),
        several => {
            let ids = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(Failure::Usage(anyhow::anyhow!("several keys of different kinds have this public id: name one by its id ({ids})")))
        }
    }
}

/// The public id that an operator wrote, without the prefix of its kind. A whole secret is refused: arguments can be seen.
fn public_id<'a>(key: &'a str, account: &str) -> Result<&'a str, Failure> {
    let rest = ["derslik_ok_", "derslik_at_"].into_iter().find_map(|prefix| key.strip_prefix(prefix));
    // The second half of a bearer of the sessions API.
    let is_proof = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_secret =
        is_proof || key.contains('|') || key.starts_with("derslik_sk_") || rest.is_some_and(|rest| rest.len() != PUBLIC_CHARACTERS);
    if is_secret {
        return Err(Failure::Usage(anyhow::anyhow!(
            "that is a secret, and other users of this machine can see the arguments of a command: name the key by the id or public id \
             that `derslik key list --account {account}` shows"
        )));
    }
    Ok(rest.unwrap_or(key))
}

/// A failure, and what to do about it. `account` is the account as the operator named it.
fn failure(account: &str, error: KeyError) -> Failure {
    Failure::Usage(match error {
        KeyError::Store(error) => return database(error),
        KeyError::NotFound => {
            anyhow::anyhow!("there is no such key or token in the account: `derslik key list --account {account} --all` lists them")
        }
        KeyError::Ended => anyhow::anyhow!(
            "the key was revoked, has expired, or belongs to a user who is not active: make a new one with `derslik key create` or \
             `derslik token create`"
        ),
        error @ KeyError::Issued => anyhow::anyhow!("{error}; `derslik key revoke` ends it, and `derslik grant revoke` its grant"),
        KeyError::TokensAreIssued => anyhow::anyhow!("a token belongs to a person: make it with `derslik token create`"),
        KeyError::NoService => {
            anyhow::anyhow!("the account has no active service that could own a key: make an account with `derslik account create`")
        }
    })
}

#[cfg(test)]
mod tests;
