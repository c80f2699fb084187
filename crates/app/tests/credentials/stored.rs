//! What a database holds of secrets: their digests, and nothing from which a client could prove anything.

use derslik::config::Config;
use derslik::wiring::{Installation, Operators};
use derslik_domain::id::AccountId;
use derslik_domain::identity::{AccountName, AdminRole, CredentialKind, Email, PersonName, Role, TokenLifetime, UserKey, Username};
use derslik_domain::job::ProjectName;
use derslik_domain::text::hex;
use derslik_ports::inbound::operators::{CreatedSecret, KeyPair, NewAccount, NewAdmin, NewKey, NewToken, NewUser};
use derslik_storage::DatabaseUrl;
use derslik_testkit::builders::settings;
use libtest_mimic::Failed;

use crate::check;
use crate::dump::dump;

/// The environment variable that asks for the full size, by the value `full`.
const SIZE: &str = "DERSLIK_SECURE_TEST";

/// How much is issued.
struct Size {
    /// Keys of each of the two kinds.
    keys: usize,
    /// People, with a password each.
    people: usize,
    /// Tokens of each person.
    tokens: usize,
    /// Admins, with a password each.
    admins: usize,
}

impl Size {
    fn asked_for() -> Self {
        if std::env::var_os(SIZE).is_some_and(|size| size == "full") {
            Self { keys: 50, people: 50, tokens: 1, admins: 50 }
        } else {
            Self { keys: 12, people: 3, tokens: 5, admins: 3 }
        }
    }

    /// The least number of credentials and passwords.
    const fn least(&self) -> usize {
        2 * self.keys + self.people * (self.tokens + 1) + self.admins
    }
}

/// Secrets in the clear, and the public ids that a database holds of some of them.
#[derive(Default)]
struct Issued {
    secrets: Vec<String>,
    public_ids: Vec<String>,
    count: usize,
}

impl Issued {
    fn pair(&mut self, keys: KeyPair) {
        self.count += 1;
        self.secrets.extend([keys.secret_key, hex(&keys.proof)]);
        self.public_ids.push(keys.access_key);
    }

    fn opaque(&mut self, secret: String) {
        self.count += 1;
        self.secrets.push(secret);
    }

    fn created(&mut self, secret: CreatedSecret) {
        match secret {
            CreatedSecret::KeyPair(keys) => self.pair(keys),
            CreatedSecret::Opaque(_, secret) => self.opaque(secret),
        }
    }

    /// The texts that must not be found: each secret, the random part of it alone, and the bytes of both as digits.
    fn texts(&self) -> Vec<String> {
        let parts = self.secrets.iter().flat_map(|secret| secret.split('_').filter(|part| part.len() >= 64));
        let plain: Vec<_> = self.secrets.iter().map(String::as_str).chain(parts).collect();
        plain.iter().flat_map(|text| [(*text).to_owned(), hex(text.as_bytes())]).collect()
    }
}

pub(crate) fn no_secret_is_stored(url: &DatabaseUrl) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let installation = Installation::new(&Config::default(), url, runtime.handle())?;
    let size = Size::asked_for();
    let issued = runtime.block_on(issue(&installation.operators(), &size))?;
    check(issued.count >= size.least().max(50), &issued.count)?;
    let dump = dump(url)?;
    // What is stored is found, so the dump is not empty or in another encoding.
    let missing: Vec<_> = issued.public_ids.iter().filter(|public_id| !dump.contains(public_id.as_str())).collect();
    check(missing.is_empty() && issued.public_ids.len() > 10, &missing)?;
    let found: Vec<_> = issued.texts().into_iter().filter(|text| dump.contains(text.as_str())).collect();
    check(found.is_empty(), &found)
}

/// Issues credentials of each kind, and passwords, and replaces some of them.
async fn issue(operators: &Operators, size: &Size) -> Result<Issued, Failed> {
    let mut issued = Issued::default();
    let new = NewAccount { name: AccountName::new("okul")?, settings: settings(), project: ProjectName::new("Default")? };
    let account = operators.accounts.create(new).await?;
    issued.pair(account.keys);
    issued.opaque(account.account_key);
    let account = account.id;
    for kind in [CredentialKind::AccessKey, CredentialKind::AccountKey] {
        for number in 0..size.keys {
            let created = operators.credentials.create(account, NewKey { kind, days: (number % 2 == 0).then_some(30) }).await?;
            issued.created(created.secret);
            if number % 4 == 0 {
                let rotated = operators.credentials.rotate(account, created.id, std::time::Duration::from_secs(3_600), None).await?;
                issued.created(rotated.secret);
            }
        }
    }
    people(operators, account, size, &mut issued).await?;
    for number in 0..size.admins {
        let name = Username::parse(&format!("admin{number}"))?;
        let (_, password) = operators.admins.create(NewAdmin { name, role: AdminRole::Viewer, password: None }).await?;
        issued.opaque(password.ok_or("no password")?);
    }
    Ok(issued)
}

/// Issues tokens and passwords of people.
async fn people(operators: &Operators, account: AccountId, size: &Size, issued: &mut Issued) -> Result<(), Failed> {
    for number in 0..size.people {
        let email = Email::parse(&format!("person{number}@okul.example"))?;
        let (name, surname) = (PersonName::new("Ayşe")?, PersonName::new("Yılmaz")?);
        operators.users.create(account, NewUser { email: email.clone(), username: None, role: Role::Member, name, surname }).await?;
        for _ in 0..size.tokens {
            let scopes = CredentialKind::AccessKey.scopes();
            let token = NewToken { scopes, project: None, lifetime: TokenLifetime::Default };
            issued.opaque(operators.tokens.issue(account, UserKey::Email(email.clone()), token).await?.token);
        }
        let password = operators.users.set_password(account, UserKey::Email(email), None).await?;
        issued.opaque(password.ok_or("no password")?);
    }
    Ok(())
}
