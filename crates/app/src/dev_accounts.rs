//! The accounts of the dev profile.

use derslik_domain::course::MemberCreation;
use derslik_domain::id::Id;
use derslik_domain::identity::{
    Account, AccountName, AccountSettings, CredentialKind, Email, PersonName, PrincipalKind, Role, Scope, Scopes, User, UserProfile,
    UserState,
};
use derslik_domain::job::{Platform, Project, ProjectKey, ProjectName};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::{AccountPlan, CredentialPlan, KeyPair, SecretMaking, TokenPlan, UserPlan};
use derslik_ports::outbound::Ids;

use crate::seeded_ids::SeededIds;
use crate::system::SystemIds;

/// An account of the dev profile with the keys to it.
#[derive(Clone)]
pub struct DevAccount {
    /// What to set up.
    pub plan: AccountPlan,
    /// The keys of the sessions API.
    pub keys: KeyPair,
    /// The key of the jobs API.
    pub account_key: String,
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

/// Gives the people of accounts the same GUIDs in each run with that seed. They are drawn apart from those of later requests.
pub fn name_people_by_seed(accounts: &mut [DevAccount], seed: u64) {
    let ids = SeededIds::new(!seed);
    for DevAccount { plan, .. } in accounts {
        let account = plan.account.id;
        plan.service_guid = ids.user_guid_of(account);
        for UserPlan { user, .. } in &mut plan.users {
            user.guid = ids.user_guid_of(account);
        }
    }
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

const DEMO_PROJECT: DevProject = DevProject { id: 1, key: "3sWXSsqHgSKnE87YkNJK", name: "Demo" };
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
    account_key: String,
    token: String,
}

impl DevIdentity {
    fn account(&self, settings: &AccountSettings, secrets: DevSecrets, users: Vec<UserPlan>, now: Timestamp) -> anyhow::Result<DevAccount> {
        let DevSecrets { keys, account_key, token } = secrets;
        let mut settings = settings.clone();
        settings.courses.member_creation = MemberCreation::ActiveToo;
        let plan = AccountPlan {
            account: Account { id: Id::new(self.id), name: AccountName::new(self.name)?, settings },
            service: Id::new(self.service),
            service_guid: SystemIds.user_guid(),
            credentials: vec![
                CredentialPlan::KeyPair(keys.clone()),
                CredentialPlan::Opaque(CredentialKind::AccountKey, account_key.clone()),
            ],
            projects: self.project.plan(now).into_iter().collect(),
            users,
        };
        Ok(DevAccount { plan, keys, account_key, token })
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
        let project = Some(Id::new(self.project.id));
        let token = TokenPlan { secret: token, scopes: classroom_scopes(), project, expires_at: None };
        UserPlan { user, tokens: vec![token] }
    }
}

/// The account `demo`. With known keys also `other`, so that tests can check that the two see nothing of each other.
///
/// # Errors
/// If a name breaks a rule.
pub fn dev_accounts(
    secrets: &dyn SecretMaking,
    settings: &AccountSettings,
    fixed_keys: bool,
    now: Timestamp,
) -> anyhow::Result<Vec<DevAccount>> {
    if !fixed_keys {
        let secrets = DevSecrets { keys: secrets.new_key_pair(), account_key: secrets.new_account_key(), token: secrets.new_token() };
        let admin = DEMO.person(101, "admin", Role::Admin, secrets.token.clone(), now);
        return Ok(vec![DEMO.account(settings, secrets, vec![admin], now)?]);
    }
    let fixed = |name: &str| DevSecrets {
        keys: secrets.key_pair(&format!("{name}-access"), &format!("{name}-secret")),
        account_key: format!("{name}-organization-key"),
        token: format!("{name}-admin-token"),
    };
    let people = PEOPLE.map(|(id, name, role)| DEMO.person(id, name, role, format!("demo-{name}-token"), now));
    let other_admin = OTHER.person(101, "admin", Role::Admin, "other-admin-token".to_owned(), now);
    Ok(vec![DEMO.account(settings, fixed("demo"), people.into(), now)?, OTHER.account(settings, fixed("other"), vec![other_admin], now)?])
}
