//! Reads the audit log.

use async_trait::async_trait;
use derslik_domain::audit::{AuditFilter, AuditId, AuditRecord, INSTALLATION};
use derslik_domain::id::AccountId;
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::inbound::operators::AuditReading;
use derslik_ports::outbound::{StoreError, Tenant, UnitOfWork};

use super::UseCases;

/// How many accounts one read returns.
const OWNERS: u32 = 100;

#[async_trait]
impl<U: UnitOfWork> AuditReading for UseCases<U> {
    async fn list(&self, account: AccountId, filter: AuditFilter, page: PageRequest<AuditId>) -> Result<Vec<AuditRecord>, StoreError> {
        self.uow.read(account, move |stores| stores.audit().list(account, &filter, page)).await
    }

    async fn latest(
        &self,
        account: AccountId,
        filter: AuditFilter,
        before: Option<AuditId>,
        size: u32,
    ) -> Result<Page<AuditRecord>, StoreError> {
        self.uow.read(account, move |stores| stores.audit().latest(account, &filter, before, size)).await
    }

    async fn owners(&self, after: Option<AccountId>) -> Result<Vec<AccountId>, StoreError> {
        let page = PageRequest { size: OWNERS, after };
        let accounts = self.uow.read(Tenant::Installation, move |stores| stores.identity().accounts(page)).await?;
        let installation = after.is_none().then_some(INSTALLATION);
        Ok(installation.into_iter().chain(accounts.into_iter().map(|account| account.id)).collect())
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
        let filter = AuditFilter { job: Some(Id::new(3)), ..AuditFilter::default() };
        let page = PageRequest { size: 2, after: Some(Id::new(9)) };
        let (mut stores, expected) = (MockStores::default(), filter.clone());
        stores.audit.expect_list().once().returning(move |of, filter, of_page| {
            assert_eq!((of, filter, of_page), (account().id, &expected, page));
            Ok(Vec::new())
        });
        assert_eq!(operators(stores).list(account().id, filter, page).await.unwrap(), []);
    }

    #[tokio::test]
    async fn the_newest_records_of_the_account_are_read() {
        let filter = AuditFilter { job: Some(Id::new(3)), ..AuditFilter::default() };
        let (mut stores, expected) = (MockStores::default(), filter.clone());
        stores.audit.expect_latest().once().returning(move |of, filter, before, size| {
            assert_eq!((of, filter, before, size), (account().id, &expected, Some(Id::new(9)), 2));
            Ok(Page { entries: Vec::new(), more: true })
        });
        let page = operators(stores).latest(account().id, filter, Some(Id::new(9)), 2).await.unwrap();
        assert_eq!(page, Page { entries: Vec::new(), more: true });
    }

    #[tokio::test]
    async fn the_installation_is_the_first_owner_of_a_log() {
        let mut stores = MockStores::default();
        stores.identity.expect_accounts().returning(|page| Ok(if page.after.is_none() { vec![account()] } else { Vec::new() }));
        let operators = operators(stores);
        assert_eq!(operators.owners(None).await.unwrap(), [INSTALLATION, account().id]);
        assert_eq!(operators.owners(Some(account().id)).await.unwrap(), []);
    }
}
