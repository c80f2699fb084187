//! The accounts of the dev profile, and new keys.

use derslik_domain::course::MemberCreation;
use derslik_domain::id::Id;
use derslik_domain::identity::{
    Account, AccountName, AccountSettings, CredentialKind, Email, PersonName, PrincipalKind, Role, Scope, Scopes, User, UserProfile,
    UserState,
};
use derslik_domain::job::{Platform, Project, ProjectKey, ProjectName};
use derslik_domain::time::Timestamp;
use derslik_http::perculus::key_proof;
use derslik_ports::outbound::Ids;
use derslik_services::identity::{AccountPlan, CredentialPlan, TokenPlan, UserPlan};
use sha2::{Digest, Sha256};

use crate::system::SystemIds;

/// A pair of keys of the sessions API, as a client gets them.
#[derive(Clone)]
pub struct KeyPair {
    /// The part that may be shown and logged.
    pub access_key: String,
    /// The secret part.
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

    /// A new pair: 96 random bits identify it, and 256 prove it. Secret scanners recognise the prefixes and the checksum at the
    /// end.
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

    /// The credential to store for this pair.
    pub fn plan(&self) -> CredentialPlan {
        CredentialPlan {
            kind: CredentialKind::AccessKey,
            public_id: self.access_key.clone(),
            secret: key_proof(&self.access_key, &self.secret_key).to_vec(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An account of the dev profile with the keys to it.
#[derive(Clone)]
pub struct DevAccount {
    /// What to set up.
    pub plan: AccountPlan,
    /// The keys of the sessions API.
    pub keys: KeyPair,
    /// The key of the jobs API.
    pub organization_key: String,
    /// The access token of its administrator, for the courses API.
    pub token: String,
}

impl std::fmt::Debug for DevAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevAccount").field("plan", &self.plan).field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// The default scopes of an access token for the courses API: all of them.
pub fn classroom_scopes() -> Scopes {
    Scope::ALL.into_iter().filter(|scope| scope.name().starts_with("classroom.")).collect()
}

/// The project of a token that names none.
pub const FIRST_PROJECT: i64 = 1;

/// The first project of an account, under a new key.
pub fn first_project(name: ProjectName, created_at: Timestamp) -> Project {
    let key = ProjectKey::from_random(SystemIds.random_bits());
    Project { id: Id::new(FIRST_PROJECT), key, name, platform: Platform::default(), created_at }
}

/// A new access token, in a form that secret scanners recognise.
///
/// # Errors
/// If the machine has no random numbers.
pub fn random_token() -> Result<String, getrandom::Error> {
    random_secret("at")
}

/// A new key of the jobs API.
///
/// # Errors
/// If the machine has no random numbers.
pub fn random_organization_key() -> Result<String, getrandom::Error> {
    random_secret("ok")
}

/// 256 random bits, with the prefix and the checksum of all keys.
fn random_secret(kind: &str) -> Result<String, getrandom::Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)?;
    let secret = hex(&secret);
    let checksum: [u8; 32] = Sha256::digest(&secret).into();
    let checksum: String = hex(&checksum).chars().take(8).collect();
    Ok(format!("derslik_{kind}_{secret}_{checksum}"))
}

/// The people of the account `demo`; each has another role in its courses.
const PEOPLE: [(i64, &str, Role); 5] = [
    (101, "admin", Role::Admin),
    (102, "teacher", Role::Member),
    (103, "coteacher", Role::Member),
    (104, "student", Role::Member),
    (105, "stranger", Role::Member),
];

/// The fixed parts of a project of the dev profile.
struct DevProject {
    id: i64,
    key: &'static str,
    name: &'static str,
}

impl DevProject {
    /// The project, or `None` if its key or its name is invalid.
    fn plan(&self, created_at: Timestamp) -> Option<Project> {
        let key: ProjectKey = self.key.parse().ok()?;
        let name = ProjectName::new(self.name).ok()?;
        Some(Project { id: Id::new(self.id), key, name, platform: Platform::Web, created_at })
    }
}

const DEMO_PROJECT: DevProject = DevProject { id: FIRST_PROJECT, key: "3sWXSsqHgSKnE87YkNJK", name: "Demo" };
const OTHER_PROJECT: DevProject = DevProject { id: 2, key: "9kQZmVtB4xLrW2nHcYpJ", name: "Other" };

/// The ids, the name and the project of an account of the dev profile.
struct DevIdentity {
    id: i64,
    name: &'static str,
    service: i64,
    project: DevProject,
}

const DEMO: DevIdentity = DevIdentity { id: 1329, name: "demo", service: 4490, project: DEMO_PROJECT };
const OTHER: DevIdentity = DevIdentity { id: 1330, name: "other", service: 4491, project: OTHER_PROJECT };

/// The secrets of an account of the dev profile.
struct DevSecrets {
    keys: KeyPair,
    organization_key: String,
    token: String,
}

impl DevIdentity {
    fn account(&self, settings: &AccountSettings, secrets: DevSecrets, users: Vec<UserPlan>, now: Timestamp) -> anyhow::Result<DevAccount> {
        let DevSecrets { keys, organization_key, token } = secrets;
        let mut settings = settings.clone();
        settings.courses.member_creation = MemberCreation::ActiveToo;
        let plan = AccountPlan {
            account: Account { id: Id::new(self.id), name: AccountName::new(self.name)?, settings },
            service: Id::new(self.service),
            service_guid: SystemIds.user_guid(),
            credentials: vec![keys.plan(), CredentialPlan::opaque(CredentialKind::AccountKey, &organization_key)],
            projects: self.project.plan(now).into_iter().collect(),
            users,
        };
        Ok(DevAccount { plan, keys, organization_key, token })
    }

    fn person(&self, id: i64, name: &str, role: Role, token: String, at: Timestamp) -> UserPlan {
        let user = User {
            id: Id::new(id),
            guid: SystemIds.user_guid(),
            kind: PrincipalKind::User,
            role,
            username: None,
            email: Email::parse(&format!("{name}@{}.example", self.name)).ok(),
            name: PersonName::new(name).unwrap_or_default(),
            surname: PersonName::new(self.name).unwrap_or_default(),
            status: UserState::Active,
            created_at: at,
            updated_at: at,
            profile: UserProfile::default(),
        };
        let token =
            TokenPlan { secret: token.into_bytes(), scopes: classroom_scopes(), project: Some(Id::new(self.project.id)), expires_at: None };
        UserPlan { user, tokens: vec![token] }
    }
}

/// The account `demo`. With known keys also `other`, so that tests can check that the two see nothing of each other.
///
/// # Errors
/// If the machine has no random numbers.
pub fn dev_accounts(settings: &AccountSettings, fixed_keys: bool, now: Timestamp) -> anyhow::Result<Vec<DevAccount>> {
    if !fixed_keys {
        let secrets = DevSecrets { keys: KeyPair::random()?, organization_key: random_organization_key()?, token: random_token()? };
        let admin = DEMO.person(101, "admin", Role::Admin, secrets.token.clone(), now);
        return Ok(vec![DEMO.account(settings, secrets, vec![admin], now)?]);
    }
    let fixed = |name: &str| DevSecrets {
        keys: KeyPair::fixed(&format!("{name}-access"), &format!("{name}-secret")),
        organization_key: format!("{name}-organization-key"),
        token: format!("{name}-admin-token"),
    };
    let people = PEOPLE.map(|(id, name, role)| DEMO.person(id, name, role, format!("demo-{name}-token"), now));
    let other_admin = OTHER.person(101, "admin", Role::Admin, "other-admin-token".to_owned(), now);
    Ok(vec![DEMO.account(settings, fixed("demo"), people.into(), now)?, OTHER.account(settings, fixed("other"), vec![other_admin], now)?])
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
