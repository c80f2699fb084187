//! Use cases that read the clocks before they judge a credential. Each request passes one of them first, so the rest of it goes by
//! the clocks that were set before it began.
//!
//! A log-in names its account by a number. That is the public id, which a reset keeps, and stands for the account that is behind it now.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::identity::{Actor, ServiceAccount, ServiceAddress};
use derslik_ports::inbound::control::AccountIds;
use derslik_ports::inbound::{
    Assertion, AuthenticationError, GrantError, GrantedToken, IdentityService, IssuedToken, LogIn, LogInError, LogInService,
    PresentedCredential, RequestedScopes, TokenGrants, TokenQuota, TokenRequest,
};
use derslik_ports::outbound::{ClockSync, StoreError};

use crate::named_accounts::NamedAccounts;

/// Authentication, after a look at the clocks.
pub struct SyncedIdentity {
    inner: Arc<dyn IdentityService>,
    clocks: Arc<dyn ClockSync>,
}

/// Log-ins, after a look at the clocks.
pub struct SyncedLogIns {
    inner: Arc<dyn LogInService>,
    clocks: Arc<dyn ClockSync>,
    names: NamedAccounts,
}

/// Tokens for grants, after a look at the clocks.
pub struct SyncedGrants {
    inner: Arc<dyn TokenGrants>,
    clocks: Arc<dyn ClockSync>,
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
    /// The same use case, after a look at these clocks.
    pub fn new(inner: Arc<dyn IdentityService>, clocks: Arc<dyn ClockSync>) -> Self {
        Self { inner, clocks }
    }
}

impl SyncedLogIns {
    /// The same use case, after a look at these clocks. `names` are the ids by which clients name accounts.
    pub fn new(inner: Arc<dyn LogInService>, clocks: Arc<dyn ClockSync>, names: Arc<AccountIds>) -> Self {
        Self { inner, clocks, names: NamedAccounts::new(names) }
    }
}

impl SyncedGrants {
    /// The same use case, after a look at these clocks.
    pub fn new(inner: Arc<dyn TokenGrants>, clocks: Arc<dyn ClockSync>) -> Self {
        Self { inner, clocks }
    }
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
        self.inner.authenticate_signed(presented, assertion, quota).await
    }
}

#[async_trait]
impl LogInService for SyncedLogIns {
    async fn log_in(&self, shown: LogIn) -> Result<IssuedToken, LogInError> {
        self.clocks.refresh().await?;
        let account = self.names.behind(shown.account);
        self.inner.log_in(LogIn { account, ..shown }).await
    }
}

#[async_trait]
impl TokenGrants for SyncedGrants {
    async fn grant(&self, request: TokenRequest, quota: Arc<dyn TokenQuota>) -> Result<GrantedToken, GrantError> {
        self.clocks.refresh().await?;
        self.inner.grant(request, quota).await
    }

    async fn find_service_account(&self, address: ServiceAddress) -> Result<Option<ServiceAccount>, StoreError> {
        self.clocks.refresh().await?;
        self.inner.find_service_account(address).await
    }

    async fn grant_to(&self, address: ServiceAddress, scopes: Option<RequestedScopes>) -> Result<GrantedToken, GrantError> {
        self.clocks.refresh().await?;
        self.inner.grant_to(address, scopes).await
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::AccountId;
    use derslik_domain::identity::{ClientNetwork, Password, Username};
    use derslik_ports::inbound::MockLogInService;
    use derslik_ports::inbound::control::PublicAccountId;

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
}
