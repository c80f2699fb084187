//! Use cases that read the clocks before they judge a credential. Each request passes one of them first, so the rest of it goes by
//! the clocks that were set before it began.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::identity::{Actor, ServiceAccount, ServiceAddress};
use derslik_ports::inbound::{
    Assertion, AuthenticationError, GrantError, GrantedToken, IdentityService, IssuedToken, LogIn, LogInError, LogInService,
    PresentedCredential, RequestedScopes, TokenGrants, TokenQuota, TokenRequest,
};
use derslik_ports::outbound::{ClockSync, StoreError};

/// Authentication, after a look at the clocks.
pub struct SyncedIdentity {
    inner: Arc<dyn IdentityService>,
    clocks: Arc<dyn ClockSync>,
}

/// Log-ins, after a look at the clocks.
pub struct SyncedLogIns {
    inner: Arc<dyn LogInService>,
    clocks: Arc<dyn ClockSync>,
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
    /// The same use case, after a look at these clocks.
    pub fn new(inner: Arc<dyn LogInService>, clocks: Arc<dyn ClockSync>) -> Self {
        Self { inner, clocks }
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
        self.inner.log_in(shown).await
    }
}

#[async_trait]
impl TokenGrants for SyncedGrants {
    async fn grant(&self, request: TokenRequest, quota: Arc<dyn TokenQuota>) -> Result<GrantedToken, GrantError> {
        self.clocks.refresh().await?;
        self.inner.grant(request, quota).await
    }

    async fn find_service_account(&self, address: ServiceAddress) -> Result<Option<ServiceAccount>, StoreError> {
        self.inner.find_service_account(address).await
    }

    async fn grant_to(&self, address: ServiceAddress, scopes: Option<RequestedScopes>) -> Result<GrantedToken, GrantError> {
        self.clocks.refresh().await?;
        self.inner.grant_to(address, scopes).await
    }
}
