//! Reads the audit log.

use async_trait::async_trait;
use derslik_domain::audit::{AuditFilter, AuditId, AuditRecord};
use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::operators::AuditReading;
use derslik_ports::outbound::{StoreError, UnitOfWork};

use super::UseCases;

#[async_trait]
impl<U: UnitOfWork> AuditReading for UseCases<U> {
    async fn list(&self, account: AccountId, filter: AuditFilter, page: PageRequest<AuditId>) -> Result<Vec<AuditRecord>, StoreError> {
        self.uow.read(account, move |stores| stores.audit().list(account, &filter, page)).await
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_ports::mocks::MockStores;
    use derslik_testkit::builders::account;

    use super::*;
    use crate::operators::testing::operators;

    #[tokio::test]
    async fn the_page_of_the_account_is_read() {
        let filter = AuditFilter { about: None, job: Some(Id::new(3)) };
        let page = PageRequest { size: 2, after: Some(Id::new(9)) };
        let (mut stores, expected) = (MockStores::default(), filter.clone());
        stores.audit.expect_list().once().returning(move |of, filter, of_page| {
            assert_eq!((of, filter, of_page), (account().id, &expected, page));
            Ok(Vec::new())
        });
        assert_eq!(operators(stores).list(account().id, filter, page).await.unwrap(), []);
    }
}
