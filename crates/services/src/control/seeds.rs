//! Adds seeds to accounts, and writes them.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::control::{ControlError, PublicAccountId, SeedControl, SeedCounts};
use derslik_ports::outbound::{Tenant, UnitOfWork};

use super::seed::{self, Target};
use super::{TestControl, find};

#[async_trait]
impl<U: UnitOfWork> SeedControl for TestControl<U> {
    async fn add(&self, account: PublicAccountId, document: String) -> Result<SeedCounts, ControlError> {
        let parsed = seed::parse(&document)?;
        let (current, ids, at) = (self.current(account), Arc::clone(&self.ports.ids), self.ports.clock.now());
        self.uow
            .write(Tenant::Installation, move |stores| {
                let found = find(stores, current, account)?;
                let service = stores.users().find_service(current)?.ok_or_else(|| ControlError::not_found("account", &account))?;
                let projects = stores.projects().list(current, PageRequest { size: 1, after: None })?;
                let target = Target { account: found, service: service.id, project: projects.first().map(|project| project.id) };
                seed::apply(stores, &target, &parsed, ids.as_ref(), at)
            })
            .await
    }

    async fn export(&self, account: PublicAccountId) -> Result<String, ControlError> {
        let (current, now) = (self.current(account), self.ports.clock.now());
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
