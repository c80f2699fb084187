//! What a new account of a test has: its keys, a project, and a person for each role.

use derslik_domain::course::MemberCreation;
use derslik_domain::id::Id;
use derslik_domain::identity::{
    Account, AccountName, CredentialKind, Email, PersonName, PrincipalKind, Role, User, UserProfile, UserState,
};
use derslik_domain::job::{Platform, Project, ProjectKey, ProjectName};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::{ControlError, PublicAccountId, TestAccount, TestUser};
use derslik_ports::inbound::operators::{AccountPlan, CredentialPlan, KeyPair, TokenPlan, UserPlan};
use derslik_ports::outbound::Ids;

use super::ControlPorts;
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
    users: Vec<TestUser>,
}

/// The plan of a new account, whose id is chosen later. [`draw_ids`] comes after that.
pub(super) fn plan(ports: &ControlPorts, at: Timestamp) -> Result<Planned, ControlError> {
    let ids = ports.ids.as_ref();
    let broken = |_| ControlError::invalid("name", "a name of test control breaks a rule");
    let (keys, account_key) = (new_key_pair(ids), new_account_key(ids));
    let name = ProjectName::new("Default").map_err(broken)?;
    let key = ProjectKey::from_random(ids.random_bits());
    let project = Project { id: Id::new(PROJECT), key, name, platform: Platform::default(), created_at: at };
    let mut settings = ports.settings.clone();
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
        users.push(TestUser { role, id: user.id, guid: user.guid, email, token: token.clone() });
        let token = TokenPlan { secret: token, scopes: ports.token_scopes, project: Some(project.id), expires_at: None };
        plans.push(UserPlan { user, tokens: vec![token] });
    }
    let plan = AccountPlan {
        account: Account { id: Id::new(0), name: AccountName::new("test").map_err(broken)?, settings },
        service: Id::new(SERVICE),
        service_guid: ids.user_guid(),
        credentials: vec![CredentialPlan::KeyPair(keys.clone()), CredentialPlan::Opaque(CredentialKind::AccountKey, account_key.clone())],
        projects: vec![project],
        users: plans,
    };
    Ok(Planned { plan, keys, account_key, users })
}

/// Gives the objects of a plan the ids that its account draws first.
pub(super) fn draw_ids(plan: &mut AccountPlan, ids: &dyn Ids) {
    let account = plan.account.id;
    ids.go_on_after(account, 0);
    plan.service_guid = ids.user_guid_of(account);
    for project in &mut plan.projects {
        project.key = ProjectKey::from_random(ids.public_bits_of(account));
    }
    for UserPlan { user, .. } in &mut plan.users {
        user.guid = ids.user_guid_of(account);
    }
}

impl Planned {
    /// The account as its client gets it, once it is made by that plan.
    pub(super) fn into_account(self, made: &AccountPlan) -> Result<TestAccount, ControlError> {
        let Self { plan: _, keys, account_key, users } = self;
        let (id, name) = (PublicAccountId::new(made.account.id.get()), made.account.name.as_str().to_owned());
        let project = made.projects.first().cloned();
        let project = project.ok_or_else(|| ControlError::Conflict("the account has no project".to_owned()))?;
        let users = users.into_iter().zip(&made.users).map(|(user, made)| TestUser { guid: made.user.guid, ..user }).collect();
        Ok(TestAccount { id, name, keys, account_key, project, users })
    }
}
