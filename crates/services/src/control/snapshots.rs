//! Takes snapshots of accounts, and brings accounts back to them. A snapshot is the rows of the account, in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_ports::inbound::control::{ControlError, PublicAccountId, SnapshotControl, SnapshotName, StoredSnapshot};
use derslik_ports::outbound::{AccountRows, KnownTestAccount, SnapshotFile, SnapshotFileError, StoreError, Tenant, UnitOfWork};

use super::adoption::{OWN, adopt};
use super::{TestControl, find, fresh_id};

/// The most bytes of rows that all snapshots together have.
const MAX_BYTES: usize = 1 << 30;

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
        let drawn = self.ports.ids.drawn_by(current);
        self.keep(account, name, SnapshotFile { rows, drawn })
    }

    async fn list(&self, account: PublicAccountId) -> Result<Vec<StoredSnapshot>, ControlError> {
        self.require(account).await?;
        let kept = self.kept();
        let snapshots = kept.snapshots.get(&account).into_iter().flatten();
        Ok(snapshots.map(|(name, snapshot)| stored(name, &snapshot.rows)).collect())
    }

    async fn restore(&self, account: PublicAccountId, name: SnapshotName) -> Result<(), ControlError> {
        let snapshot = self.snapshot(account, &name)?;
        let is_foreign = snapshot.rows.is_foreign;
        let (current, at, ids) = (self.current(account), self.ports.clock.now(), Arc::clone(&self.ports.ids));
        let fresh = self
            .uow
            .write(Tenant::Installation, move |stores| {
                find(stores, current, account)?;
                let adopted = if is_foreign {
                    let own = stores.test_accounts().read_rows(current, Some(&OWN))?;
                    Some(adopt(&snapshot.rows, &own)?)
                } else {
                    None
                };
                let known = stores.test_accounts().list()?;
                let lives_until = known.into_iter().find(|known| known.account == current).and_then(|known| known.lives_until);
                stores.test_accounts().end(current, account.get(), at)?;
                let fresh = fresh_id(stores)?;
                stores.test_accounts().write_rows(fresh, adopted.as_ref().unwrap_or(&snapshot.rows))?;
                stores.test_accounts().put(&KnownTestAccount { account: fresh, public: account.get(), lives_until })?;
                ids.go_on_after(fresh, snapshot.drawn);
                Ok::<_, ControlError>(fresh)
            })
            .await
            .map_err(|error| if is_foreign { misfit(error) } else { error })?;
        self.ports.account_ids.replace(account, fresh);
        Ok(())
    }

    async fn remove(&self, account: PublicAccountId, name: SnapshotName) -> Result<(), ControlError> {
        // It is looked up first, so that a wrong name is told with the right ones.
        self.snapshot(account, &name)?;
        self.kept().snapshots.get_mut(&account).and_then(|snapshots| snapshots.remove(&name));
        Ok(())
    }

    async fn file(&self, account: PublicAccountId, name: SnapshotName) -> Result<Vec<u8>, ControlError> {
        let content = self.snapshot(account, &name)?;
        self.ports.files.write(SnapshotFile::clone(&content), self.ports.clock.now()).await.map_err(refused)
    }

    async fn load(&self, account: PublicAccountId, name: SnapshotName, file: Vec<u8>) -> Result<StoredSnapshot, ControlError> {
        self.require(account).await?;
        let content = self.ports.files.read(file).await.map_err(refused)?;
        let rows = AccountRows { is_foreign: true, ..content.rows };
        self.keep(account, name, SnapshotFile { rows, drawn: content.drawn })
    }
}

impl<U: UnitOfWork> TestControl<U> {
    /// Refuses an account that is not there.
    async fn require(&self, account: PublicAccountId) -> Result<(), ControlError> {
        let current = self.current(account);
        self.uow.read(Tenant::Installation, move |stores| find(stores, current, account).map(drop)).await
    }

    fn snapshot(&self, account: PublicAccountId, name: &SnapshotName) -> Result<Arc<SnapshotFile>, ControlError> {
        let kept = self.kept();
        let snapshots = kept.snapshots.get(&account);
        let found = snapshots.and_then(|snapshots| snapshots.get(name)).cloned();
        let names = || snapshots.into_iter().flat_map(BTreeMap::keys).map(SnapshotName::as_str);
        found.ok_or_else(|| ControlError::not_found_among("snapshot", name.as_str(), names()))
    }

    /// Keeps a snapshot, in the place of one of the same name.
    fn keep(&self, account: PublicAccountId, name: SnapshotName, snapshot: SnapshotFile) -> Result<StoredSnapshot, ControlError> {
        let stored = stored(&name, &snapshot.rows);
        let mut kept = self.kept();
        let all = kept.snapshots.iter().flat_map(|(of, snapshots)| snapshots.iter().map(move |(named, snapshot)| (of, named, snapshot)));
        let others = all.filter(|(of, named, _)| **of != account || **named != name);
        let bytes: usize = others.map(|(_, _, snapshot)| bytes(&snapshot.rows)).sum();
        if bytes.saturating_add(stored.bytes) > MAX_BYTES {
            let problem = format!("all snapshots together have at most {MAX_BYTES} bytes, and the others have {bytes}: remove some");
            return Err(ControlError::Conflict(problem));
        }
        kept.snapshots.entry(account).or_default().insert(name, Arc::new(snapshot));
        Ok(stored)
    }
}

/// Why a file is refused, or was not written.
fn refused(error: SnapshotFileError) -> ControlError {
    match error {
        SnapshotFileError::Unusable(problem) => ControlError::Invalid { field: None, line: None, problem },
        SnapshotFileError::Unwritable(problem) => ControlError::Conflict(problem),
        SnapshotFileError::Store(error) => error.into(),
    }
}

/// The failure of a restore of rows from elsewhere: if the database refuses them, the file is at fault.
fn misfit(error: ControlError) -> ControlError {
    match error {
        ControlError::Store(StoreError::Other(cause)) => {
            ControlError::Conflict(format!("the rows of the file do not fit together: {cause}"))
        }
        ControlError::Store(StoreError::Conflict(taken)) => {
            ControlError::Conflict(format!("the rows of the file do not fit together: {taken} is taken"))
        }
        error => error,
    }
}

fn bytes(rows: &AccountRows) -> usize {
    rows.tables.iter().flat_map(|table| &table.rows).map(String::len).sum()
}

fn stored(name: &SnapshotName, rows: &AccountRows) -> StoredSnapshot {
    StoredSnapshot { name: name.clone(), rows: rows.tables.iter().map(|table| table.rows.len()).sum(), bytes: bytes(rows) }
}
