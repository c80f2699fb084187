//! Takes snapshots of accounts, and brings accounts back to them. A snapshot is the rows of the account, in memory.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_ports::inbound::control::{ControlError, PublicAccountId, SnapshotControl, SnapshotName, StoredSnapshot};
use derslik_ports::outbound::{AccountRows, KnownTestAccount, SnapshotFile, SnapshotFileError, StoreError, Stores, Tenant, UnitOfWork};
use tokio::time::sleep;

use super::adoption::{OWN, adopt};
use super::memory::KeptSnapshot;
use super::{PAUSE_OF_TRIES, Replaced, TRIES, TestControl, clock_id, find, fresh_id, is_passing, lock, set_clock, to_its_end};

/// The most bytes of rows that all snapshots together have.
const MAX_BYTES: usize = 1 << 30;

#[async_trait]
impl<U: UnitOfWork + Clone> SnapshotControl for TestControl<U> {
    async fn take(&self, account: PublicAccountId, name: SnapshotName) -> Result<StoredSnapshot, ControlError> {
        let _turn = self.turn(account).await;
        let (guess, ids) = (self.guess(account), Arc::clone(&self.ports.ids));
        let snapshot = self
            .uow
            .write(Tenant::Installation, move |stores| {
                stores.test_accounts().see_one_state()?;
                let found = find(stores, account, guess)?;
                let rows = stores.test_accounts().read_rows(found.id, None)?;
                let clock = stores.clocks().find(clock_id(account))?;
                Ok::<_, ControlError>(SnapshotFile { rows, drawn: ids.drawn_by(found.id), clock })
            })
            .await?;
        self.keep(account, name, snapshot)
    }

    async fn list(&self, account: PublicAccountId) -> Result<Vec<StoredSnapshot>, ControlError> {
        self.require(account).await?;
        Ok(self.memory().snapshots(account).map(|(_, kept)| kept.shown.clone()).collect())
    }

    async fn restore(&self, account: PublicAccountId, name: SnapshotName) -> Result<(), ControlError> {
        let control = self.clone();
        to_its_end(async move {
            let _turn = control.turn(account).await;
            let snapshot = control.snapshot(account, &name)?;
            control.restore_in_turn(account, snapshot).await
        })
        .await
    }

    async fn remove(&self, account: PublicAccountId, name: SnapshotName) -> Result<(), ControlError> {
        // It is looked up first, so that a wrong name is told with the right ones.
        self.snapshot(account, &name)?;
        self.memory().remove_snapshot(account, &name);
        Ok(())
    }

    async fn file(&self, account: PublicAccountId, name: SnapshotName) -> Result<Vec<u8>, ControlError> {
        let content = self.snapshot(account, &name)?;
        self.ports.files.write(SnapshotFile::clone(&content), self.ports.clock.now()).await.map_err(refused)
    }

    async fn load(&self, account: PublicAccountId, name: SnapshotName, file: Vec<u8>) -> Result<StoredSnapshot, ControlError> {
        let _turn = self.turn(account).await;
        self.require(account).await?;
        let content = self.ports.files.read(file).await.map_err(refused)?;
        let rows = AccountRows { is_foreign: true, ..content.rows };
        self.keep(account, name, SnapshotFile { rows, ..content })
    }
}

impl<U: UnitOfWork> TestControl<U> {
    /// Refuses an account that is not there.
    async fn require(&self, account: PublicAccountId) -> Result<(), ControlError> {
        let guess = self.guess(account);
        let current = self.uow.read(Tenant::Installation, move |stores| stores.test_accounts().current(account.get(), guess, false));
        let current: Result<_, StoreError> = current.await;
        if current?.is_some() { Ok(()) } else { Err(ControlError::not_found("account", &account)) }
    }

    /// Writes the rows of a snapshot as those of a fresh account, and sets the clock with them.
    async fn restore_in_turn(&self, account: PublicAccountId, snapshot: Arc<SnapshotFile>) -> Result<(), ControlError> {
        let is_foreign = snapshot.rows.is_foreign;
        let _changing = self.ports.account_ids.begin_change();
        let mut tries = 0;
        let restored = loop {
            let (snapshot, ids, account_ids) = (Arc::clone(&snapshot), Arc::clone(&self.ports.ids), Arc::clone(&self.ports.account_ids));
            let (guess, at) = (self.guess(account), self.ports.clock.now());
            let work = move |stores: &mut dyn Stores| {
                let found = lock(stores, account, guess)?;
                let (current, lives_until) = (found.account.id, found.lives_until);
                let adopted = if is_foreign {
                    let own = stores.test_accounts().read_rows(current, Some(&OWN))?;
                    Some(adopt(&snapshot.rows, &own)?)
                } else {
                    None
                };
                stores.test_accounts().end(current, account.get(), at)?;
                let fresh = fresh_id(stores)?;
                stores.test_accounts().write_rows(fresh, adopted.as_ref().unwrap_or(&snapshot.rows))?;
                account_ids.announce(account, fresh);
                stores.test_accounts().put(&KnownTestAccount { account: fresh, public: account.get(), lives_until })?;
                ids.go_on_after(fresh, snapshot.drawn);
                // A file does not tell whether its account had no clock of its own.
                let is_clock_kept = is_foreign && snapshot.clock.is_none();
                let has_set_clocks = !is_clock_kept && set_clock(stores, account, snapshot.clock)?;
                Ok::<_, ControlError>(Replaced { accounts: vec![(account, fresh)], has_set_clocks })
            };
            let restored = self.uow.write(Tenant::Installation, work).await;
            tries += 1;
            match restored {
                Err(error) if tries < TRIES && is_passing(&error) => sleep(PAUSE_OF_TRIES).await,
                restored => break restored,
            }
        };
        let restored = restored.map_err(|error| if is_foreign { misfit(error) } else { error })?;
        Ok(self.note(restored).await?)
    }

    fn snapshot(&self, account: PublicAccountId, name: &SnapshotName) -> Result<Arc<SnapshotFile>, ControlError> {
        let memory = self.memory();
        let names = || memory.snapshots(account).map(|(name, _)| name.as_str());
        let found = memory.snapshot(account, name).map(|kept| Arc::clone(&kept.file));
        found.ok_or_else(|| ControlError::not_found_among("snapshot", name.as_str(), names()))
    }

    /// Keeps a snapshot, in the place of one of the same name.
    fn keep(&self, account: PublicAccountId, name: SnapshotName, snapshot: SnapshotFile) -> Result<StoredSnapshot, ControlError> {
        let shown = shown(name, &snapshot.rows);
        let mut memory = self.memory();
        let others = memory.other_snapshot_bytes(account, &shown.name);
        if others.saturating_add(shown.bytes) > MAX_BYTES {
            let problem = format!("all snapshots together have at most {MAX_BYTES} bytes, and the others have {others}: remove some");
            return Err(ControlError::Conflict(problem));
        }
        memory.put_snapshot(account, KeptSnapshot { file: Arc::new(snapshot), shown: shown.clone() });
        Ok(shown)
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

/// What lists show of a snapshot with these rows.
fn shown(name: SnapshotName, rows: &AccountRows) -> StoredSnapshot {
    let each = || rows.tables.iter().flat_map(|table| &table.rows);
    StoredSnapshot { name, rows: each().count(), bytes: each().map(String::len).sum() }
}
