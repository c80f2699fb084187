//! Takes snapshots of accounts, and brings accounts back to them. A snapshot is the rows of the account, in memory.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_ports::inbound::control::{ControlError, PublicAccountId, SnapshotControl, SnapshotName, StoredSnapshot};
use derslik_ports::outbound::{AccountRows, KnownTestAccount, Tenant, UnitOfWork};

use super::{TestControl, find, fresh_id};

#[async_trait]
impl<U: UnitOfWork> SnapshotControl for TestControl<U> {
    async fn take(&self, account: PublicAccountId, name: SnapshotName) -> Result<StoredSnapshot, ControlError> {
        let current = self.current(account);
        let rows = self
            .uow
            .write(Tenant::Installation, move |stores| {
                stores.test_accounts().see_one_state()?;
                find(stores, current, account)?;
                Ok::<_, ControlError>(stores.test_accounts().read_rows(current, None)?)
            })
            .await?;
        let stored = stored(&name, &rows);
        self.kept().snapshots.entry(account).or_default().insert(name, Arc::new(rows));
        Ok(stored)
    }

    async fn list(&self, account: PublicAccountId) -> Result<Vec<StoredSnapshot>, ControlError> {
        let current = self.current(account);
        self.uow.read(Tenant::Installation, move |stores| find(stores, current, account).map(drop)).await?;
        let kept = self.kept();
        let snapshots = kept.snapshots.get(&account).into_iter().flatten();
        Ok(snapshots.map(|(name, rows)| stored(name, rows)).collect())
    }

    async fn restore(&self, account: PublicAccountId, name: SnapshotName) -> Result<(), ControlError> {
        let rows = self.snapshot(account, &name)?;
        let (current, at) = (self.current(account), self.ports.clock.now());
        let fresh = self
            .uow
            .write(Tenant::Installation, move |stores| {
                find(stores, current, account)?;
                let known = stores.test_accounts().list()?;
                let lives_until = known.into_iter().find(|known| known.account == current).and_then(|known| known.lives_until);
                stores.test_accounts().end(current, account.get(), at)?;
                let fresh = fresh_id(stores)?;
                stores.test_accounts().write_rows(fresh, &rows)?;
                stores.test_accounts().put(&KnownTestAccount { account: fresh, public: account.get(), lives_until })?;
                Ok::<_, ControlError>(fresh)
            })
            .await?;
        self.ports.account_ids.replace(account, fresh);
        Ok(())
    }

    async fn remove(&self, account: PublicAccountId, name: SnapshotName) -> Result<(), ControlError> {
        let removed = self.kept().snapshots.get_mut(&account).and_then(|snapshots| snapshots.remove(&name));
        removed.map(drop).ok_or_else(|| ControlError::not_found("snapshot", &name))
    }

    async fn file(&self, account: PublicAccountId, name: SnapshotName) -> Result<Vec<u8>, ControlError> {
        let rows = self.snapshot(account, &name)?;
        let mut file = String::new();
        for table in &rows.tables {
            for row in &table.rows {
                file.extend(["{\"table\":\"", table.table, "\",\"row\":", row.as_str(), "}\n"]);
            }
        }
        Ok(file.into_bytes())
    }
}

impl<U: UnitOfWork> TestControl<U> {
    fn snapshot(&self, account: PublicAccountId, name: &SnapshotName) -> Result<Arc<AccountRows>, ControlError> {
        let kept = self.kept();
        let found = kept.snapshots.get(&account).and_then(|snapshots| snapshots.get(name)).cloned();
        found.ok_or_else(|| ControlError::not_found("snapshot", name))
    }
}

fn stored(name: &SnapshotName, rows: &AccountRows) -> StoredSnapshot {
    let all = rows.tables.iter().flat_map(|table| &table.rows);
    StoredSnapshot { name: name.clone(), rows: all.clone().count(), bytes: all.map(String::len).sum() }
}
