//! The accounts of the dev profile, and new keys.

use derslik_domain::course::MemberCreation;
use derslik_domain::id::Id;
use derslik_domain::identity::{
    Account, AccountName, AccountSettings, CredentialKind, Email, PersonName, PrincipalKind, Role, Scope, Scopes, User, UserState,
};
use derslik_domain::time::Timestamp;
use derslik_http::perculus::key_proof;
use derslik_ports::outbound::Ids;
use derslik_services::identity::{AccountPlan, CredentialPlan, TokenPlan, UserPlan};
use sha2::{Digest, Sha256};

use crate::system::SystemIds;

/// A pair of keys of the sessions API, as a client gets them.
#[derive(Clone)]
pub struct KeyPair {
    /// The part that is no secret.
    pub access_key: String,
    /// The part that is one.
    pub secret_key: String,
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPair").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

impl KeyPair {
    fn fixed(access_key: &str, secret_key: &str) -> Self {
        Self { access_key: access_key.to_owned(), secret_key: secret_key.to_owned() }
    }

    /// A new pair: 96 random bits to find it by and 256 to prove it. The prefixes and the checksum at the end let programs
    /// that look for leaked secrets recognise them.
    ///
    /// # Errors
    /// If the machine has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let (mut public, mut secret) = ([0; 12], [0; 32]);
        getrandom::fill(&mut public)?;
        getrandom::fill(&mut secret)?;
        let secret = hex(&secret);
        let checksum: [u8; 32] = Sha256::digest(&secret).into();
        let checksum: String = hex(&checksum).chars().take(8).collect();
        Ok(Self { access_key: format!("derslik_ak_{}", hex(&public)), secret_key: format!("derslik_sk_{secret}_{checksum}") })
    }

    /// What a client sends after `Authorization: Bearer`.
    pub fn bearer(&self) -> String {
        format!("{}|{}", self.access_key, hex(&key_proof(&self.access_key, &self.secret_key)))
    }

    /// The credential that this pair opens an account with.
    pub fn plan(&self) -> CredentialPlan {
        CredentialPlan {
            kind: CredentialKind::PerculusKey,
            public_id: self.access_key.clone(),
            secret: key_proof(&self.access_key, &self.secret_key).to_vec(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // A string takes whatever is written to it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An account of the dev profile with the keys to it.
#[derive(Debug, Clone)]
pub struct DevAccount {
    /// What to set up.
    pub plan: AccountPlan,
    /// The keys.
    pub keys: KeyPair,
    /// The access token of its administrator.
    pub token: String,
}

/// What an access token of the courses API opens unless somebody says otherwise: all of it.
pub fn classroom_scopes() -> Scopes {
    Scope::ALL.into_iter().filter(|scope| scope.name().starts_with("classroom.")).collect()
}

/// The project of a token for which none is named.
pub const FIRST_PROJECT: i64 = 1;

/// A new access token, which a program that looks for leaked secrets recognises.
///
/// # Errors
/// If the machine has no random numbers.
pub fn random_token() -> Result<String, getrandom::Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)?;
    let secret = hex(&secret);
    let checksum: [u8; 32] = Sha256::digest(&secret).into();
    let checksum: String = hex(&checksum).chars().take(8).collect();
    Ok(format!("derslik_at_{secret}_{checksum}"))
}

/// The people of the account `demo`, who have each their own part in its courses.
const PEOPLE: [(i64, &str, Role); 5] = [
    (101, "admin", Role::Admin),
    (102, "teacher", Role::Member),
    (103, "coteacher", Role::Member),
    (104, "student", Role::Member),
    (105, "stranger", Role::Member),
];

fn person(id: i64, name: &str, account: &str, role: Role, token: String, at: Timestamp) -> UserPlan {
    let user = User {
        id: Id::new(id),
        guid: SystemIds.user_guid(),
        kind: PrincipalKind::User,
        role,
        username: None,
        email: Email::parse(&format!("{name}@{account}.example")).ok(),
        name: PersonName::new(name).unwrap_or_default(),
        surname: PersonName::new(account).unwrap_or_default(),
        status: UserState::Active,
        created_at: at,
        updated_at: at,
    };
    let token =
        TokenPlan { secret: token.into_bytes(), scopes: classroom_scopes(), project: Some(Id::new(FIRST_PROJECT)), expires_at: None };
    UserPlan { user, tokens: vec![token] }
}

/// The account `demo`, and where the keys are to be known, `other` beside it, to try what the one sees of the other.
///
/// # Errors
/// If the machine has no random numbers.
pub fn dev_accounts(settings: &AccountSettings, fixed_keys: bool, at: Timestamp) -> anyhow::Result<Vec<DevAccount>> {
    let account = |id, name: &str, service, keys: KeyPair, token: &str, users| -> anyhow::Result<DevAccount> {
        let mut settings = settings.clone();
        settings.courses.member_creation = MemberCreation::ActiveToo;
        Ok(DevAccount {
            plan: AccountPlan {
                account: Account { id: Id::new(id), name: AccountName::new(name)?, settings },
                service: Id::new(service),
                service_guid: SystemIds.user_guid(),
                credentials: vec![keys.plan()],
                users,
            },
            keys,
            token: token.to_owned(),
        })
    };
    if fixed_keys {
        let people = PEOPLE.map(|(id, name, role)| person(id, name, "demo", role, format!("demo-{name}-token"), at));
        let other = person(101, "admin", "other", Role::Admin, "other-admin-token".to_owned(), at);
        Ok(vec![
            account(1329, "demo", 4490, KeyPair::fixed("demo-access", "demo-secret"), "demo-admin-token", people.into())?,
            account(1330, "other", 4491, KeyPair::fixed("other-access", "other-secret"), "other-admin-token", vec![other])?,
        ])
    } else {
        let token = random_token()?;
        let admin = person(101, "admin", "demo", Role::Admin, token.clone(), at);
        Ok(vec![account(1329, "demo", 4490, KeyPair::random()?, &token, vec![admin])?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_bearer_is_the_one_that_the_contract_names() {
        let keys = KeyPair::fixed("demo-access", "demo-secret");
        assert_eq!(keys.bearer(), "demo-access|0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3");
    }

    #[test]
    fn new_keys_are_long_and_never_the_same() {
        let (one, other) = (KeyPair::random().unwrap(), KeyPair::random().unwrap());
        assert_ne!(one.access_key, other.access_key);
        assert_ne!(one.secret_key, other.secret_key);
        assert_eq!((one.access_key.len(), one.secret_key.len()), (35, 84));
    }

    #[test]
    fn a_key_pair_prints_without_its_secret() {
        let keys = KeyPair::fixed("demo-access", "demo-secret");
        assert!(!format!("{keys:?} {:?}", keys.plan()).contains("secret\""));
        assert!(!format!("{keys:?}").contains("demo-secret"));
    }
}
