//! Adds seeds to accounts, and writes them.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_ports::inbound::control::{ControlError, PublicAccountId, SeedControl, SeedCounts};
use derslik_ports::outbound::{Tenant, UnitOfWork};

use super::seed::{self, Target};
use super::{TestControl, find};

#[async_trait]
impl<U: UnitOfWork> SeedControl for TestControl<U> {
    async fn add(&self, account: PublicAccountId, document: String) -> Result<SeedCounts, ControlError> {
        let parsed = seed::parse_apart(document).await?;
        let (current, ids) = (self.current(account), Arc::clone(&self.ports.ids));
        let at = self.ports.clock.now_of(current);
        self.uow
            .write(Tenant::Installation, move |stores| {
                let found = find(stores, current, account)?;
                let target = Target::of(stores, found)?;
                seed::apply(stores, &target, &parsed, ids.as_ref(), at)
            })
            .await
    }

    async fn add_first(&self, account: PublicAccountId, document: String) -> Result<SeedCounts, ControlError> {
        let counts = self.add(account, document.clone()).await?;
        let mut kept = self.kept();
        match kept.made.get_mut(&account) {
            Some(made) => made.seed = Some(document),
            None => drop(kept.seeds.insert(account, document)),
        }
        Ok(counts)
    }

    async fn export(&self, account: PublicAccountId) -> Result<String, ControlError> {
        let current = self.current(account);
        let now = self.ports.clock.now_of(current);
        self.uow
            .write(Tenant::Installation, move |stores| {
                stores.test_accounts().see_one_state()?;
                let zone = find(stores, current, account)?.settings.timezone;
                let rows = stores.test_accounts().read_rows(current, None)?;
                seed::export(&rows, now, zone)
            })
            .await
    }
}
