//! Reads the keys of the installation, and makes those that are missing.

use async_trait::async_trait;
use derslik_ports::inbound::operators::InstallationKeys;
use derslik_ports::outbound::{StoreError, Tenant, UnitOfWork};

use super::UseCases;

#[async_trait]
impl<U: UnitOfWork> InstallationKeys for UseCases<U> {
    async fn page_tokens(&self) -> Result<[u8; 32], StoreError> {
        let fresh = self.ids.random();
        self.uow.write(Tenant::Installation, move |stores| stores.keys().get_or_add("page_tokens", fresh)).await
    }
}

#[cfg(test)]
mod tests {
    use derslik_ports::mocks::MockStores;

    use super::*;
    use crate::operators::testing::operators;

    #[tokio::test]
    async fn the_stored_key_is_used_and_a_random_one_is_offered() {
        let mut stores = MockStores::default();
        stores.keys.expect_get_or_add().once().returning(|name, fresh| {
            assert_eq!((name, fresh), ("page_tokens", [7; 32]));
            Ok([1; 32])
        });
        assert_eq!(operators(stores).page_tokens().await.unwrap(), [1; 32]);
    }
}
