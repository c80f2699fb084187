//! Finds, lists and disables accounts, creates them by name, and sets up the ones of a plan.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::{Change, INSTALLATION, Object};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::identity::{Account, AccountName, AccountState, CredentialKind};
use derslik_domain::job::{Platform, Project, ProjectKey};
use derslik_domain::page::PageRequest;
use derslik_domain::text::identity_key;
use derslik_ports::inbound::operators::{
    AccountAdministration, AccountPlan, CreateAccountError, CreatedAccount, CredentialPlan, Credentials, FindAccountError, NewAccount,
};
use derslik_ports::outbound::{Conflict, StoreError, Stores, Tenant, UnitOfWork};

use super::UseCases;
use super::credentials::is_valid;
use super::set_up::{Written, set_up};
use crate::identity::secret::{new_account_key, new_key_pair};
use crate::record::record;

/// The id of the service principal of an account that is created by name: its first principal.
const FIRST_PRINCIPAL: i64 = 1;
/// The id of the first project of an account.
const FIRST_PROJECT: i64 = 1;
/// How many accounts are read at a time.
const PAGE: u32 = 1_000;

#[async_trait]
impl<U: UnitOfWork> AccountAdministration for UseCases<U> {
    async fn find(&self, named: &str) -> Result<AccountId, FindAccountError> {
        let key = identity_key(named);
        let (mut after, mut by_id, mut alike) = (None, None, Vec::new());
        loop {
            let page = PageRequest { size: PAGE, after };
            let accounts = self.uow.read(Tenant::Installation, move |stores| stores.identity().accounts(page)).await?;
            let Some(last) = accounts.last() else { break };
            after = Some(last.id);
            if let Some(account) = accounts.iter().find(|account| account.name.as_str() == named) {
                return Ok(account.id);
            }
            by_id = by_id.or(accounts.iter().map(|account| account.id).find(|id| id.to_string() == named));
            alike.extend(accounts.iter().filter(|account| identity_key(account.name.as_str()) == key).map(|account| account.id));
        }
        match (by_id, alike.as_slice()) {
            (Some(id), _) => Ok(id),
            (None, [id]) => Ok(*id),
            (None, []) => Err(FindAccountError::Unknown(named.to_owned())),
            (None, _) => Err(FindAccountError::Ambiguous { name: named.to_owned(), ids: alike }),
        }
    }

    async fn list(&self, page: PageRequest<AccountId>) -> Result<Vec<AccountState>, StoreError> {
        self.uow.read(Tenant::Installation, move |stores| stores.identity().account_states(page)).await
    }

    async fn show(&self, account: AccountId) -> Result<Option<AccountState>, StoreError> {
        self.uow.read(Tenant::Installation, move |stores| stores.identity().account_state(account)).await
    }

    async fn set_disabled(&self, account: AccountId, disabled: bool) -> Result<bool, StoreError> {
        let at = self.clock.now_of(account);
        let (disabled_at, change) = if disabled { (Some(at), Change::Disabled) } else { (None, Change::Enabled) };
        let requester = self.requester;
        self.uow
            .write(Tenant::Installation, move |stores| {
                let is_changed = stores.identity().set_account_disabled(account, disabled_at)?;
                if is_changed {
                    record(stores, account, at, requester, change, Object::Account)?;
                }
                Ok(is_changed)
            })
            .await
    }

    async fn create(&self, new: NewAccount) -> Result<CreatedAccount, CreateAccountError> {
        // Another transaction may take the id that was free a moment ago.
        const TRIES: usize = 20;
        // An account without a clock of its own goes by that for all.
        let (ids, at) = (self.ids.as_ref(), self.clock.now_of(INSTALLATION));
        let NewAccount { name, settings, project } = new;
        let (keys, account_key) = (new_key_pair(ids), new_account_key(ids));
        let key = ProjectKey::from_random(ids.random_bits());
        let project = Project { id: Id::new(FIRST_PROJECT), key, name: project, platform: Platform::default(), created_at: at };
        let plan = AccountPlan {
            // Each try below chooses an id.
            account: Account { id: Id::new(0), name, settings },
            service: Id::new(FIRST_PRINCIPAL),
            service_guid: ids.user_guid(),
            credentials: vec![
                CredentialPlan::KeyPair(keys.clone()),
                CredentialPlan::Opaque(CredentialKind::AccountKey, account_key.clone()),
            ],
            projects: vec![project.clone()],
            users: Vec::new(),
        };
        let (requester, mut tries) = (self.requester, 0);
        loop {
            let mut plan = plan.clone();
            let created = self
                .uow
                .write(Tenant::Installation, move |stores| {
                    let id = stores.identity().next_account_id()?;
                    plan.account.id = id;
                    // After the id is chosen: of two concurrent creations, the later one sees the other, or gets the same id and
                    // tries again.
                    refuse_like_name(stores, &plan.account.name)?;
                    let Written { is_new, credentials } = set_up(stores, plan, Credentials::OfNewAccount, at)?;
                    if !is_new {
                        return Err(StoreError::Conflict(Conflict::Account));
                    }
                    record(stores, id, at, requester, Change::Created, Object::Account)?;
                    for credential in credentials {
                        record(stores, id, at, requester, Change::Created, Object::Credential(credential))?;
                    }
                    Ok(id)
                })
                .await;
            tries += 1;
            match created {
                Err(StoreError::Conflict(Conflict::Account)) if tries < TRIES => {}
                Err(error) => return Err(error.into()),
                Ok(id) => return Ok(CreatedAccount { id, keys, account_key, project }),
            }
        }
    }

    async fn set_up(&self, plans: Vec<AccountPlan>, credentials: Credentials) -> Result<Option<Vec<bool>>, StoreError> {
        let clock = Arc::clone(&self.clock);
        self.uow
            .write(Tenant::Installation, move |stores| {
                let mut is_own = stores.identity().accounts(PageRequest { size: 1, after: None })?.is_empty();
                for credential in plans.iter().cloned().flat_map(AccountPlan::all_credentials) {
                    is_own = is_own || is_valid(stores, &credential)?;
                }
                if !is_own {
                    return Ok(None);
                }
                let mut are_new = Vec::with_capacity(plans.len());
                for plan in plans {
                    let at = clock.now_of(plan.account.id);
                    are_new.push(set_up(stores, plan, credentials, at)?.is_new);
                }
                Ok(Some(are_new))
            })
            .await
    }
}

/// Refuses a name that differs from that of another account only in case or in the encoding of its accents.
fn refuse_like_name(stores: &mut dyn Stores, name: &AccountName) -> Result<(), StoreError> {
    let key = identity_key(name.as_str());
    let mut after = None;
    loop {
        let accounts = stores.identity().accounts(PageRequest { size: PAGE, after })?;
        let Some(last) = accounts.last() else { return Ok(()) };
        after = Some(last.id);
        if accounts.iter().any(|account| identity_key(account.name.as_str()) == key) {
            return Err(StoreError::Conflict(Conflict::AccountName));
        }
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::UserGuid;
    use derslik_domain::identity::{Credential, CredentialRoot, Role, Scopes};
    use derslik_domain::job::ProjectName;
    use derslik_ports::inbound::operators::{TokenPlan, UserPlan};
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_ports::outbound::{CredentialOwner, MockPasswords};
    use derslik_testkit::builders::{account, now, settings, user};
    use mockall::Sequence;
    use mockall::predicate::eq;

    use super::*;
    use crate::operators::testing::{expect_records, operators, operators_with};

    fn new_account() -> NewAccount {
        let (name, project) = (AccountName::new("okul").unwrap(), ProjectName::new("Default").unwrap());
        NewAccount { name, settings: settings(), project }
    }

    /// Stores with these accounts.
    fn holding(accounts: &[(i64, &str)]) -> MockStores {
        let named = |(id, name): &(i64, &str)| Account { id: Id::new(*id), name: AccountName::new(*name).unwrap(), ..account() };
        let accounts: Vec<_> = accounts.iter().map(named).collect();
        let mut stores = MockStores::default();
        stores.identity.expect_accounts().returning(move |page| {
            let accounts = accounts.iter().filter(|account| page.after.is_none_or(|after| account.id > after));
            Ok(accounts.take(usize::try_from(page.size).unwrap()).cloned().collect())
        });
        stores
    }

    #[tokio::test]
    async fn an_account_is_found_by_its_name_then_its_id_then_a_like_name() {
        let found = |named: &'static str| async move {
            let stores = holding(&[(7, "Okul"), (8, "9"), (9, "okul")]);
            operators(stores).find(named).await
        };
        for (named, id) in [("Okul", 7), ("okul", 9), ("9", 8), ("7", 7)] {
            assert_eq!(found(named).await.unwrap(), Id::new(id), "{named}");
        }
        let alike = found("OKUL").await.unwrap_err();
        assert_eq!(alike.to_string(), "several accounts are called \"OKUL\": name one by its id (7, 9)");
        let unknown = found("lise").await.unwrap_err();
        assert_eq!(unknown.to_string(), "there is no account \"lise\"");
        assert_eq!(operators(holding(&[(7, "Okul")])).find("OKUL").await.unwrap(), Id::new(7));
    }

    #[tokio::test]
    async fn a_new_account_has_a_service_principal_with_two_keys_and_a_project() {
        let mut stores = holding(&[]);
        stores.identity.expect_next_account_id().once().returning(|| Ok(Id::new(7)));
        stores.identity.expect_add_account().once().returning(|account, at| {
            assert_eq!((account.id, account.name.as_str(), at), (Id::new(7), "okul", now()));
            Ok(true)
        });
        stores.users.expect_add().once().returning(|_, service| {
            assert_eq!((service.id, service.role), (Id::new(FIRST_PRINCIPAL), Role::Admin));
            Ok(true)
        });
        let mut order = Sequence::new();
        for kind in [CredentialKind::AccessKey, CredentialKind::AccountKey] {
            stores.identity.expect_add_credential().once().in_sequence(&mut order).returning(move |_, owner, credential| {
                assert_eq!((owner.id, credential.kind, credential.scopes), (Id::new(FIRST_PRINCIPAL), kind, kind.scopes()));
                Ok(Some(Id::new(if kind == CredentialKind::AccessKey { 1 } else { 2 })))
            });
        }
        stores.projects.expect_add().once().returning(|_, _| Ok(true));
        let objects = [Object::Account, Object::Credential(Id::new(1)), Object::Credential(Id::new(2))];
        expect_records(&mut stores, Id::new(7), &objects.map(|object| (Change::Created, object)));
        let created = operators(stores).create(new_account()).await.unwrap();
        assert_eq!((created.id, created.project.id, created.project.name.as_str()), (Id::new(7), Id::new(1), "Default"));
        assert!(created.keys.access_key.starts_with("derslik_ak_") && created.account_key.starts_with("derslik_ok_"));
        let printed = format!("{created:?}");
        assert!(!printed.contains("derslik_ok_") && !printed.contains("derslik_sk_"), "{printed}");
    }

    #[tokio::test]
    async fn an_id_that_was_taken_meanwhile_gives_no_key_to_that_account() {
        let mut stores = MockStores::default();
        let mut order = Sequence::new();
        for (id, added) in [(7, false), (8, true)] {
            stores.identity.expect_next_account_id().once().in_sequence(&mut order).returning(move || Ok(Id::new(id)));
            stores.identity.expect_accounts().once().in_sequence(&mut order).returning(|_| Ok(Vec::new()));
            stores.identity.expect_add_account().once().in_sequence(&mut order).returning(move |_, _| Ok(added));
        }
        stores.users.expect_add().once().returning(|_, _| Ok(true));
        stores.projects.expect_add().once().withf(|account, _| account.get() == 8).returning(|_, _| Ok(true));
        stores.identity.expect_add_credential().times(2).withf(|account, _, _| account.get() == 8).returning(|_, _, _| Ok(None));
        expect_records(&mut stores, Id::new(8), &[(Change::Created, Object::Account)]);
        assert_eq!(operators(stores).create(new_account()).await.unwrap().id, Id::new(8));
    }

    #[tokio::test]
    async fn a_taken_name_is_refused() {
        let mut stores = holding(&[]);
        stores.identity.expect_next_account_id().returning(|| Ok(Id::new(7)));
        stores.identity.expect_add_account().returning(|_, _| Err(StoreError::Conflict(Conflict::AccountName)));
        let refused = operators(stores).create(new_account()).await;
        assert!(matches!(refused, Err(CreateAccountError::NameTaken)), "{refused:?}");
    }

    #[tokio::test]
    async fn a_name_that_differs_by_case_alone_is_taken() {
        for name in ["Okul", "OKUL", "okul"] {
            let mut stores = holding(&[(1_329, name)]);
            stores.identity.expect_next_account_id().returning(|| Ok(Id::new(10_000)));
            let uow = FakeUnitOfWork::new(stores);
            let refused = operators_with(uow.clone(), MockPasswords::new()).create(new_account()).await;
            assert!(matches!(refused, Err(CreateAccountError::NameTaken)), "{name}");
            assert_eq!(uow.commits(), 0);
        }
    }

    #[tokio::test]
    async fn an_account_is_disabled_and_enabled_with_a_record() {
        for (disabled, disabled_at, change) in [(true, Some(now()), Change::Disabled), (false, None, Change::Enabled)] {
            let mut stores = MockStores::default();
            stores.identity.expect_set_account_disabled().once().returning(move |of, at| {
                assert_eq!((of, at), (account().id, disabled_at));
                Ok(true)
            });
            expect_records(&mut stores, account().id, &[(change, Object::Account)]);
            assert!(operators(stores).set_disabled(account().id, disabled).await.unwrap());
        }
    }

    #[tokio::test]
    async fn an_account_that_is_disabled_already_or_unknown_is_not_recorded() {
        let mut stores = MockStores::default();
        stores.identity.expect_set_account_disabled().once().returning(|_, _| Ok(false));
        assert!(!operators(stores).set_disabled(account().id, true).await.unwrap());
    }

    #[tokio::test]
    async fn accounts_are_listed_and_shown_with_their_states() {
        let state = AccountState { account: account(), created_at: now(), disabled_at: Some(now()) };
        let page = PageRequest { size: 2, after: Some(Id::new(7)) };
        let (mut stores, listed, shown) = (MockStores::default(), state.clone(), state.clone());
        stores.identity.expect_account_states().once().with(eq(page)).returning(move |_| Ok(vec![listed.clone()]));
        stores.identity.expect_account_state().once().with(eq(account().id)).returning(move |_| Ok(Some(shown.clone())));
        let operators = operators(stores);
        assert_eq!(operators.list(page).await.unwrap(), std::slice::from_ref(&state));
        assert_eq!(operators.show(account().id).await.unwrap(), Some(state));
    }

    /// The account `demo` with a key and a person with a token.
    fn plan() -> AccountPlan {
        let token = TokenPlan { secret: "token".to_owned(), scopes: Scopes::default(), project: None, expires_at: None };
        AccountPlan {
            account: account(),
            service: Id::new(4_490),
            service_guid: UserGuid::new(uuid::Uuid::nil()),
            credentials: vec![CredentialPlan::Opaque(CredentialKind::AccountKey, "key".to_owned())],
            projects: Vec::new(),
            users: vec![UserPlan { user: user(102), tokens: vec![token] }],
        }
    }

    /// Stores that accept the token of the plan, if `is_own`, and no other credential.
    fn accepting(mut stores: MockStores, is_own: bool) -> MockStores {
        stores.identity.expect_find_credential().returning(move |kind, _| {
            let is_found = is_own && kind == CredentialKind::AccessToken;
            let root = CredentialRoot::Credential(Id::new(1));
            Ok(is_found.then(|| CredentialOwner { account: account(), credential: credential(), last_used_on: None, root }))
        });
        stores
    }

    fn credential() -> Credential {
        Credential {
            id: Id::new(1),
            kind: CredentialKind::AccessToken,
            public_id: String::new(),
            digest: crate::identity::secret::digest(b"token"),
            principal: user(102).principal(),
            scopes: Scopes::default(),
            expires_at: None,
            project: None,
        }
    }

    async fn set_up_by(stores: MockStores, which: Credentials) -> (Option<Vec<bool>>, usize) {
        let uow = FakeUnitOfWork::new(stores);
        let done = operators_with(uow.clone(), MockPasswords::new()).set_up(vec![plan()], which).await.unwrap();
        (done, uow.commits())
    }

    #[tokio::test]
    async fn a_database_of_other_accounts_is_left_as_it_is() {
        let stores = accepting(holding(&[(7, "okul")]), false);
        assert_eq!(set_up_by(stores, Credentials::Always).await.0, None);
    }

    #[tokio::test]
    async fn an_empty_database_and_one_of_the_plan_are_set_up() {
        for (accounts, is_own, is_new) in [(&[][..], false, true), (&[(1_329, "demo")][..], true, false)] {
            let mut stores = accepting(holding(accounts), is_own);
            stores.identity.expect_add_account().once().returning(move |_, _| Ok(is_new));
            stores.users.expect_add().times(2).returning(|_, _| Ok(true));
            stores.identity.expect_add_credential().times(2).returning(|of, owner, credential| {
                let expected = if credential.kind == CredentialKind::AccessToken { 102 } else { 4_490 };
                assert_eq!((of, owner.id.get()), (account().id, expected));
                Ok(Some(Id::new(expected)))
            });
            assert_eq!(set_up_by(stores, Credentials::Always).await, (Some(vec![is_new]), 1));
        }
    }

    #[tokio::test]
    async fn an_existing_account_gets_no_credential_that_was_not_asked_for() {
        let mut stores = accepting(holding(&[(1_329, "demo")]), true);
        stores.identity.expect_add_account().once().returning(|_, _| Ok(false));
        assert_eq!(set_up_by(stores, Credentials::OfNewAccount).await.0, Some(vec![false]));
    }
}
