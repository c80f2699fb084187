//! What test control keeps in memory, by public ids: how accounts were made, their first contents, and their snapshots. Their bytes are
//! counted as they come and go, so that the limits of all accounts together are cheap to check.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::{PublicAccountId, SnapshotName, StoredSnapshot};
use derslik_ports::inbound::operators::AccountPlan;
use derslik_ports::outbound::SnapshotFile;

/// What is kept in memory. Each change of an account counts its bytes anew, and those of no other one.
#[derive(Default)]
pub(super) struct Memory {
    made: HashMap<PublicAccountId, Made>,
    /// The first content of accounts that this process did not make.
    seeds: HashMap<PublicAccountId, String>,
    /// The bytes of the first contents of all accounts.
    seed_bytes: usize,
    snapshots: HashMap<PublicAccountId, BTreeMap<SnapshotName, KeptSnapshot>>,
    /// The bytes of all snapshots.
    snapshot_bytes: usize,
}

/// How an account was made.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) plan: AccountPlan,
    /// Its first content.
    pub(super) seed: Option<String>,
    /// How many ids the account had drawn before its first content.
    pub(super) drawn: u64,
    /// When it was made, by its own time.
    pub(super) at: Timestamp,
}

/// A snapshot, and what lists show of it.
pub(super) struct KeptSnapshot {
    pub(super) file: Arc<SnapshotFile>,
    pub(super) shown: StoredSnapshot,
}

impl Memory {
    /// How an account was made, if this process has made it.
    pub(super) fn made(&self, account: PublicAccountId) -> Option<&Made> {
        self.made.get(&account)
    }

    /// The first content of an account that this process did not make.
    pub(super) fn seed(&self, account: PublicAccountId) -> Option<&String> {
        self.seeds.get(&account)
    }

    /// The bytes of the first contents of all accounts but that one.
    pub(super) fn other_seed_bytes(&self, account: Option<PublicAccountId>) -> usize {
        self.seed_bytes - account.map_or(0, |account| self.own_seed_bytes(account))
    }

    /// Notes how an account was made.
    pub(super) fn add_made(&mut self, account: PublicAccountId, made: Made) {
        self.change_seeds(account, |memory| drop(memory.made.insert(account, made)));
    }

    /// Keeps the first content of an account, in the place of the one before it.
    pub(super) fn set_seed(&mut self, account: PublicAccountId, document: String) {
        self.change_seeds(account, |memory| match memory.made.get_mut(&account) {
            Some(made) => made.seed = Some(document),
            None => drop(memory.seeds.insert(account, document)),
        });
    }

    /// The snapshots of an account, by their names.
    pub(super) fn snapshots(&self, account: PublicAccountId) -> impl Iterator<Item = (&SnapshotName, &KeptSnapshot)> {
        self.snapshots.get(&account).into_iter().flatten()
    }

    /// A snapshot of an account.
    pub(super) fn snapshot(&self, account: PublicAccountId, name: &SnapshotName) -> Option<&KeptSnapshot> {
        self.snapshots.get(&account)?.get(name)
    }

    /// The bytes of all snapshots but that one.
    pub(super) fn other_snapshot_bytes(&self, account: PublicAccountId, name: &SnapshotName) -> usize {
        self.snapshot_bytes - self.snapshot(account, name).map_or(0, |kept| kept.shown.bytes)
    }

    /// Keeps a snapshot, in the place of one of the same name.
    pub(super) fn put_snapshot(&mut self, account: PublicAccountId, snapshot: KeptSnapshot) {
        let name = snapshot.shown.name.clone();
        self.change_snapshots(account, |memory| drop(memory.snapshots.entry(account).or_default().insert(name, snapshot)));
    }

    /// Removes a snapshot.
    pub(super) fn remove_snapshot(&mut self, account: PublicAccountId, name: &SnapshotName) {
        self.change_snapshots(account, |memory| drop(memory.snapshots.get_mut(&account).and_then(|snapshots| snapshots.remove(name))));
    }

    /// Forgets an account.
    pub(super) fn forget(&mut self, account: PublicAccountId) {
        self.change_seeds(account, |memory| {
            memory.made.remove(&account);
            memory.seeds.remove(&account);
        });
        self.change_snapshots(account, |memory| drop(memory.snapshots.remove(&account)));
    }

    fn own_seed_bytes(&self, account: PublicAccountId) -> usize {
        let made = self.made.get(&account).and_then(|made| made.seed.as_ref());
        made.into_iter().chain(self.seeds.get(&account)).map(String::len).sum()
    }

    fn change_seeds(&mut self, account: PublicAccountId, change: impl FnOnce(&mut Self)) {
        self.seed_bytes -= self.own_seed_bytes(account);
        change(self);
        self.seed_bytes += self.own_seed_bytes(account);
    }

    fn own_snapshot_bytes(&self, account: PublicAccountId) -> usize {
        self.snapshots(account).map(|(_, kept)| kept.shown.bytes).sum()
    }

    fn change_snapshots(&mut self, account: PublicAccountId, change: impl FnOnce(&mut Self)) {
        self.snapshot_bytes -= self.own_snapshot_bytes(account);
        change(self);
        self.snapshot_bytes += self.own_snapshot_bytes(account);
    }
}

#[cfg(test)]
mod tests {
    use derslik_ports::outbound::AccountRows;
    use derslik_testkit::builders::{account, now, service_principal, service_user};

    use super::*;

    const MADE: PublicAccountId = PublicAccountId::new(7);
    const OTHER: PublicAccountId = PublicAccountId::new(8);

    fn made(seed: Option<&str>) -> Made {
        let plan = AccountPlan {
            account: account(),
            service: service_principal().id,
            service_guid: service_user().guid,
            credentials: Vec::new(),
            projects: Vec::new(),
            users: Vec::new(),
        };
        Made { plan, seed: seed.map(str::to_owned), drawn: 0, at: now() }
    }

    #[test]
    fn first_contents_are_counted_as_they_come_and_go() {
        let mut memory = Memory::default();
        let counted = |memory: &Memory| [None, Some(MADE), Some(OTHER)].map(|account| memory.other_seed_bytes(account));
        memory.add_made(MADE, made(None));
        assert_eq!(counted(&memory), [0, 0, 0]);
        memory.set_seed(MADE, "12345".to_owned());
        memory.set_seed(OTHER, "123".to_owned());
        assert_eq!(counted(&memory), [8, 3, 5]);
        memory.set_seed(MADE, "1".to_owned());
        memory.set_seed(OTHER, "12".to_owned());
        assert_eq!(counted(&memory), [3, 2, 1]);
        assert_eq!((memory.made(MADE).and_then(|made| made.seed.as_deref()), memory.seed(MADE)), (Some("1"), None));
        assert_eq!(memory.seed(OTHER).map(String::as_str), Some("12"));
        memory.forget(MADE);
        assert_eq!(counted(&memory), [2, 2, 0]);
        memory.add_made(MADE, made(Some("1234")));
        memory.forget(OTHER);
        assert_eq!(counted(&memory), [4, 0, 4]);
    }

    fn snapshot(name: &str, bytes: usize) -> KeptSnapshot {
        let file = SnapshotFile { rows: AccountRows::default(), drawn: 0, clock: None };
        KeptSnapshot { file: Arc::new(file), shown: StoredSnapshot { name: name.parse().unwrap(), rows: 0, bytes } }
    }

    #[test]
    fn snapshots_are_counted_as_they_come_and_go() {
        let mut memory = Memory::default();
        let names: [SnapshotName; 2] = ["full", "empty"].map(|name| name.parse().unwrap());
        let counted = |memory: &Memory| names.each_ref().map(|name| memory.other_snapshot_bytes(MADE, name));
        for (account, snapshot) in [(MADE, snapshot("full", 50)), (MADE, snapshot("empty", 7)), (OTHER, snapshot("full", 300))] {
            memory.put_snapshot(account, snapshot);
        }
        assert_eq!(counted(&memory), [307, 350]);
        memory.put_snapshot(MADE, snapshot("full", 40));
        assert_eq!(counted(&memory), [307, 340]);
        memory.remove_snapshot(MADE, &names[0]);
        memory.remove_snapshot(MADE, &names[0]);
        assert_eq!(counted(&memory), [307, 300]);
        assert_eq!(memory.snapshots(MADE).map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["empty"]);
        memory.forget(OTHER);
        assert_eq!(counted(&memory), [7, 0]);
    }
}
