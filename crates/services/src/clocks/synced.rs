//! Use cases that read the clocks before they judge a credential. Each request passes one of them first, so the rest of it goes by
//! the clocks that were set before it began.
//!
//! Where a client names its account itself, by a number or within an address, that is the public id, which a reset keeps. It stands for
//! the account that is behind it now, here and nowhere further in.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{Actor, ClientId, ServiceAccount, ServiceAddress};
use derslik_ports::inbound::control::AccountIds;
use derslik_ports::inbound::{
    Assertion, AuthenticationError, Client, GrantError, GrantedToken, IdentityService, IssuedToken, LogIn, LogInError, LogInService,
    PresentedCredential, RequestedScopes, TokenGrants, TokenQuota, TokenRequest,
};
use derslik_ports::outbound::{ClockSync, StoreError};

/// Authentication, after a look at the clocks.
pub struct SyncedIdentity {
    inner: Arc<dyn IdentityService>,
    clocks: Arc<dyn ClockSync>,
    names: Arc<AccountIds>,
}

/// Log-ins, after a look at the clocks.
pub struct SyncedLogIns {
    inner: Arc<dyn LogInService>,
    clocks: Arc<dyn ClockSync>,
    names: Arc<AccountIds>,
}

/// Tokens for grants, after a look at the clocks.
pub struct SyncedGrants {
    inner: Arc<dyn TokenGrants>,
    clocks: Arc<dyn ClockSync>,
    names: Arc<AccountIds>,
}

impl fmt::Debug for SyncedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncedIdentity").finish_non_exhaustive()
    }
}

impl fmt::Debug for SyncedLogIns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncedLogIns").finish_non_exhaustive()
    }
}

impl fmt::Debug for SyncedGrants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncedGrants").finish_non_exhaustive()
    }
}

impl SyncedIdentity {
    /// The same use case, after a look at these clocks. `names` are the ids by which clients name accounts.
    pub fn new(inner: Arc<dyn IdentityService>, clocks: Arc<dyn ClockSync>, names: Arc<AccountIds>) -> Self {
        Self { inner, clocks, names }
    }
}

impl SyncedLogIns {
    /// The same use case, after a look at these clocks. `names` are the ids by which clients name accounts.
    pub fn new(inner: Arc<dyn LogInService>, clocks: Arc<dyn ClockSync>, names: Arc<AccountIds>) -> Self {
        Self { inner, clocks, names }
    }
}

impl SyncedGrants {
    /// The same use case, after a look at these clocks. `names` are the ids by which clients name accounts.
    pub fn new(inner: Arc<dyn TokenGrants>, clocks: Arc<dyn ClockSync>, names: Arc<AccountIds>) -> Self {
        Self { inner, clocks, names }
    }
}

/// The account that a client means by a number: its public id, or an id that it had inside before a reset.
fn meant(names: &AccountIds, named: AccountId) -> AccountId {
    names.current(names.public(named))
}

/// The address of the service account that a client means.
fn meant_address(names: &AccountIds, address: ServiceAddress) -> ServiceAddress {
    ServiceAddress { account: meant(names, address.account), ..address }
}

/// An address as a client writes it, as that of the service account that it means. A text that is no address stays as it is.
fn meant_text(names: &AccountIds, text: String) -> String {
    text.parse().map_or(text, |address: ServiceAddress| meant_address(names, address).to_string())
}

/// The assertion by the service account that its client means. What was signed stays as it is.
fn meant_assertion(names: &AccountIds, assertion: Assertion) -> Assertion {
    let subject = assertion.subject.map(|subject| meant_text(names, subject));
    Assertion { issuer: meant_text(names, assertion.issuer), subject, ..assertion }
}

/// The holder of refresh tokens that a client means.
fn meant_client(names: &AccountIds, client: Client) -> Client {
    let named = client.id.parse().ok();
    let id = named.map(|id: ClientId| ClientId { account: meant(names, id.account), ..id }.to_string());
    Client { id: id.unwrap_or(client.id), ..client }
}

#[async_trait]
impl IdentityService for SyncedIdentity {
    async fn authenticate(&self, presented: PresentedCredential) -> Result<Actor, AuthenticationError> {
        self.clocks.refresh().await?;
        self.inner.authenticate(presented).await
    }

    async fn authenticate_signed(
        &self,
        presented: PresentedCredential,
        assertion: Assertion,
        quota: Arc<dyn TokenQuota>,
    ) -> Result<Actor, AuthenticationError> {
        self.clocks.refresh().await?;
        self.inner.authenticate_signed(presented, meant_assertion(&self.names, assertion), quota).await
    }
}

#[async_trait]
impl LogInService for SyncedLogIns {
    async fn log_in(&self, shown: LogIn) -> Result<IssuedToken, LogInError> {
        self.clocks.refresh().await?;
        let account = meant(&self.names, shown.account);
        self.inner.log_in(LogIn { account, ..shown }).await
    }
}

#[async_trait]
impl TokenGrants for SyncedGrants {
    async fn grant(&self, request: TokenRequest, quota: Arc<dyn TokenQuota>) -> Result<GrantedToken, GrantError> {
        self.clocks.refresh().await?;
        let request = match request {
            TokenRequest::Assertion(assertion) => TokenRequest::Assertion(meant_assertion(&self.names, assertion)),
            TokenRequest::Refresh { client, token, scopes } => {
                TokenRequest::Refresh { client: meant_client(&self.names, client), token, scopes }
            }
            exchange @ TokenRequest::Exchange { .. } => exchange,
        };
        self.inner.grant(request, quota).await
    }

    async fn find_service_account(&self, address: ServiceAddress) -> Result<Option<ServiceAccount>, StoreError> {
        self.clocks.refresh().await?;
        let found = self.inner.find_service_account(meant_address(&self.names, address.clone())).await?;
        // Answers show the address that the client knows.
        Ok(found.map(|service| ServiceAccount { address, ..service }))
    }

    async fn grant_to(&self, address: ServiceAddress, scopes: Option<RequestedScopes>) -> Result<GrantedToken, GrantError> {
        self.clocks.refresh().await?;
        self.inner.grant_to(meant_address(&self.names, address), scopes).await
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::{ClientNetwork, Password, ServiceName, SignatureAlgorithm, Username};
    use derslik_domain::time::Timestamp;
    use derslik_ports::inbound::control::PublicAccountId;
    use derslik_ports::inbound::{MockLogInService, MockTokenGrants};

    use super::*;

    #[derive(Debug)]
    struct InStep;

    #[async_trait]
    impl ClockSync for InStep {
        async fn refresh(&self) -> Result<(), StoreError> {
            Ok(())
        }

        async fn settle(&self) -> Result<(), StoreError> {
            Ok(())
        }
    }

    /// The account 7, behind which resets have put 12 and then 15.
    fn names() -> Arc<AccountIds> {
        let names = AccountIds::default();
        names.replace(PublicAccountId::new(7), AccountId::new(12));
        names.replace(PublicAccountId::new(7), AccountId::new(15));
        Arc::new(names)
    }

    fn address(account: i64) -> ServiceAddress {
        ServiceAddress { account: AccountId::new(account), name: ServiceName::parse("timetable").unwrap() }
    }

    #[tokio::test]
    async fn a_log_in_names_the_account_as_before_its_resets() {
        let mut inner = MockLogInService::new();
        inner.expect_log_in().times(3).returning(|shown| {
            assert_eq!(shown.account, AccountId::new(15));
            Err(LogInError::Invalid)
        });
        let log_ins = SyncedLogIns::new(Arc::new(inner), Arc::new(InStep), names());
        for account in [7, 12, 15] {
            let shown = LogIn {
                account: AccountId::new(account),
                username: Username::parse("ali").unwrap(),
                password: Password::new(b"secret".to_vec()).unwrap(),
                network: None::<ClientNetwork>,
            };
            assert!(matches!(log_ins.log_in(shown).await, Err(LogInError::Invalid)));
        }
    }

    #[test]
    fn grants_name_the_account_as_before_its_resets() {
        let names = names();
        let assertion = Assertion {
            key: None,
            algorithm: SignatureAlgorithm::Rs256,
            issuer: address(7).to_string(),
            subject: Some("ali@okul.example".to_owned()),
            scopes: None,
            issued_at: Timestamp::from_micros(1),
            expires_at: Timestamp::from_micros(2),
            message: Vec::new(),
            signature: Vec::new(),
        };
        let meant = meant_assertion(&names, assertion);
        assert_eq!((meant.issuer, meant.subject.as_deref()), (address(15).to_string(), Some("ali@okul.example")));
        let client = Client { id: "7-0a0b.apps.derslik.internal".to_owned(), secret: "s".to_owned() };
        assert_eq!(meant_client(&names, client).id, "15-0a0b.apps.derslik.internal");
        let foreign = Client { id: "someone".to_owned(), secret: "s".to_owned() };
        assert_eq!(meant_client(&names, foreign).id, "someone");
    }

    #[tokio::test]
    async fn a_service_account_is_found_and_shown_by_the_address_that_its_program_knows() {
        let mut inner = MockTokenGrants::new();
        inner.expect_find_service_account().once().returning(|asked| {
            assert_eq!(asked, address(15));
            Ok(None)
        });
        let grants = SyncedGrants::new(Arc::new(inner), Arc::new(InStep), names());
        assert!(grants.find_service_account(address(7)).await.unwrap().is_none());
    }
}
