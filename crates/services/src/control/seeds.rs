//! Adds seeds to accounts, and writes them.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_ports::inbound::control::{ControlError, PublicAccountId, SeedControl, SeedCounts};
use derslik_ports::outbound::{Tenant, UnitOfWork};

use super::seed::{self, Seed, Target};
use super::{TestControl, clock_id, find, lock};

#[async_trait]
impl<U: UnitOfWork + Clone> SeedControl for TestControl<U> {
    async fn add(&self, account: PublicAccountId, document: String) -> Result<SeedCounts, ControlError> {
        let parsed = seed::parse_apart(document).await?;
        let _turn = self.turn(account).await;
        self.add_in_turn(account, parsed).await
    }

    async fn add_first(&self, account: PublicAccountId, document: String) -> Result<SeedCounts, ControlError> {
        let parsed = seed::parse_apart(document.clone()).await?;
        let _turn = self.turn(account).await;
        self.require_room(Some(account), &document)?;
        let counts = self.add_in_turn(account, parsed).await?;
        self.memory().set_seed(account, document);
        Ok(counts)
    }

    async fn export(&self, account: PublicAccountId) -> Result<String, ControlError> {
        let (guess, now) = (self.guess(account), self.ports.clock.now_of(clock_id(account)));
        self.uow
            .write(Tenant::Installation, move |stores| {
                stores.test_accounts().see_one_state()?;
                let found = find(stores, account, guess)?;
                let rows = stores.test_accounts().read_rows(found.id, None)?;
                seed::export(&rows, now, found.settings.timezone)
            })
            .await
    }
}

impl<U: UnitOfWork> TestControl<U> {
    async fn add_in_turn(&self, account: PublicAccountId, seed: Seed) -> Result<SeedCounts, ControlError> {
        let (guess, ids, at) = (self.guess(account), Arc::clone(&self.ports.ids), self.ports.clock.now_of(clock_id(account)));
        self.uow
            .write(Tenant::Installation, move |stores| {
                let found = lock(stores, account, guess)?.account;
                let target = Target::of(stores, found)?;
                seed::apply(stores, &target, &seed, ids.as_ref(), at)
            })
            .await
    }
}
