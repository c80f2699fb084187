//! What a new account of a test has: its keys, a project, and a person for each role.

use derslik_domain::course::MemberCreation;
use derslik_domain::id::Id;
use derslik_domain::identity::{
    Account, AccountName, AccountSettings, CredentialKind, Email, PersonName, PrincipalKind, Role, Scope, User, UserProfile, UserState,
};
use derslik_domain::job::{Platform, Project, ProjectKey, ProjectName};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::{ControlError, PublicAccountId, TestAccount, TestUser};
use derslik_ports::inbound::operators::{AccountPlan, CredentialPlan, KeyPair, TokenPlan, UserPlan};
use derslik_ports::outbound::Ids;

use crate::identity::secret::{new_account_key, new_key_pair, new_token};

/// The people of an account, by their ids in the courses API; each has another role in its courses.
const PEOPLE: [(i64, &str, Role); 5] = [
    (101, "admin", Role::Admin),
    (102, "teacher", Role::Member),
    (103, "coteacher", Role::Member),
    (104, "student", Role::Member),
    (105, "stranger", Role::Member),
];

/// The id of the service principal: the first of the account.
const SERVICE: i64 = 1;
/// The id of the project.
const PROJECT: i64 = 1;

/// A plan with the secrets that only the caller learns.
pub(super) struct Planned {
    pub(super) plan: AccountPlan,
    keys: KeyPair,
    account_key: String,
    project: Project,
    users: Vec<TestUser>,
}

/// The plan of a new account, whose id is chosen later.
pub(super) fn plan(ids: &dyn Ids, settings: &AccountSettings, at: Timestamp) -> Result<Planned, ControlError> {
    let broken = |_| ControlError::invalid("name", "a name of test control breaks a rule");
    let (keys, account_key) = (new_key_pair(ids), new_account_key(ids));
    let name = ProjectName::new("Default").map_err(broken)?;
    let key = ProjectKey::from_random(ids.random_bits());
    let project = Project { id: Id::new(PROJECT), key, name, platform: Platform::default(), created_at: at };
    let mut settings = settings.clone();
    settings.courses.member_creation = MemberCreation::ActiveToo;
    let (mut users, mut plans) = (Vec::new(), Vec::new());
    for (id, role, in_account) in PEOPLE {
        let (email, token) = (format!("{role}@test.example"), new_token(ids));
        let user = User {
            id: Id::new(id),
            guid: ids.user_guid(),
            kind: PrincipalKind::User,
            role: in_account,
            username: None,
            email: Email::parse(&email).ok(),
            name: PersonName::new(role).unwrap_or_default(),
            surname: PersonName::new("Test").unwrap_or_default(),
            status: UserState::Active,
            created_at: at,
            updated_at: at,
            profile: UserProfile::default(),
        };
        let scopes = Scope::ALL.into_iter().filter(|scope| scope.name().starts_with("classroom.")).collect();
        users.push(TestUser { role, id: user.id, guid: user.guid, email, token: token.clone() });
        let token = TokenPlan { secret: token, scopes, project: Some(project.id), expires_at: None };
        plans.push(UserPlan { user, tokens: vec![token] });
    }
    let plan = AccountPlan {
        account: Account { id: Id::new(0), name: AccountName::new("test").map_err(broken)?, settings },
        service: Id::new(SERVICE),
        service_guid: ids.user_guid(),
        credentials: vec![CredentialPlan::KeyPair(keys.clone()), CredentialPlan::Opaque(CredentialKind::AccountKey, account_key.clone())],
        projects: vec![project.clone()],
        users: plans,
    };
    Ok(Planned { plan, keys, account_key, project, users })
}

impl Planned {
    /// The account as its client gets it, once it is made.
    pub(super) fn into_account(self, id: PublicAccountId, name: &AccountName) -> TestAccount {
        let Self { plan: _, keys, account_key, project, users } = self;
        TestAccount { id, name: name.as_str().to_owned(), keys, account_key, project, users }
    }
}
