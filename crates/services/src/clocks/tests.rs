use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::audit::INSTALLATION;
use derslik_domain::clock::{JobOutcome, RanItem, RanKind, VirtualClock};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::job::{Action, Actions};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::{AccountIds, Advance, ClockControl, ClockScope, ControlError, PublicAccountId};
use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
use derslik_ports::outbound::{Clock, ClockRevision, ClockSync, DueWork, KnownTestAccount, MockDueWork, NextDue, StoreError, StoredClock};
use derslik_testkit::builders::{account, now, other_account};

use super::{AccountClocks, ClockUseCases};

/// The stored clocks of a database in memory, and its accounts of tests.
#[derive(Debug, Clone, Default)]
struct Stored(Arc<Mutex<Vec<StoredClock>>>, Arc<Mutex<Vec<KnownTestAccount>>>);

impl Stored {
    /// Puts a fresh account behind the public id of another one.
    fn replace(&self, public: AccountId, account: AccountId) {
        let mut all = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(KnownTestAccount { account, public: public.get(), lives_until: None });
    }

    fn put(&self, account: AccountId, clock: Option<VirtualClock>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let revision = ClockRevision::new(i64::try_from(all.len()).unwrap() + 1);
        all.push(StoredClock { account, clock, revision });
    }

    fn stores(&self) -> MockStores {
        let mut stores = MockStores::default();
        let (read, written, listed) = (self.clone(), self.clone(), self.clone());
        stores.test_accounts.expect_list().returning(move |after| {
            let all = listed.1.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(all.iter().filter(|known| Some(known.account) > after).copied().collect())
        });
        stores.clocks.expect_changed_since().returning(move |since| {
            let all = read.0.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(all.iter().filter(|clock| clock.revision > since).copied().collect())
        });
        stores.clocks.expect_replace().returning(move |account, _, after| {
            written.put(account, after);
            Ok(true)
        });
        stores.clocks.expect_next_due().returning(|_, actions| {
            let due = if actions.contains(Action::Prune) { later(30) } else { later(60) };
            Ok(NextDue { job: Some(due), session_end: Some(later(90)) })
        });
        stores.clocks.expect_waiting().returning(|_, _| Ok(RowCount::new(1)));
        stores.clocks.expect_running().returning(|_, _| Ok(RowCount::ZERO));
        stores.change_log.expect_catch_up().returning(|_, _, _| Ok(RowCount::ZERO));
        stores.test_accounts.expect_current().returning(|public, _, _| {
            let is_known = [account(), other_account()].iter().any(|account| account.id.get() == public);
            Ok(is_known.then(|| KnownTestAccount { account: Id::new(public), public, lives_until: None }))
        });
        stores
    }

    fn clocks(&self) -> Arc<AccountClocks<FakeUnitOfWork>> {
        let ids = Arc::new(AccountIds::default());
        Arc::new(AccountClocks::new(FakeUnitOfWork::new(self.stores()), Arc::new(StoppedClock(now())), ids))
    }
}

fn later(seconds: u64) -> Timestamp {
    now().plus(Duration::from_secs(seconds))
}

fn scope() -> ClockScope {
    ClockScope::Account(PublicAccountId::new(account().id.get()))
}

/// Work of which an erasure and a sweep are due in a minute.
fn one_job() -> MockDueWork {
    let mut due = MockDueWork::new();
    due.expect_actions().return_const([Action::DeleteUserData, Action::Prune].into_iter().collect::<Actions>());
    let left = Mutex::new(true);
    due.expect_run_some().returning(move |account, until| {
        let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = *left && until >= later(60);
        *left &= !is_due;
        let ran = |(job, action)| {
            let kind = RanKind::Job { job: Id::new(job), action, outcome: JobOutcome::Completed };
            RanItem { due: later(60), account, kind }
        };
        Ok(if is_due { [(7, Action::Prune), (8, Action::DeleteUserData)].map(ran).to_vec() } else { Vec::new() })
    });
    due
}

fn use_cases(stored: &Stored) -> (ClockUseCases<FakeUnitOfWork>, Arc<AccountClocks<FakeUnitOfWork>>) {
    let clocks = stored.clocks();
    (ClockUseCases::new(Arc::clone(&clocks), Arc::new(one_job())), clocks)
}

#[tokio::test]
async fn an_account_goes_by_its_own_clock_or_else_by_that_for_all() {
    let stored = Stored::default();
    let clocks = stored.clocks();
    assert!(!clocks.is_any_moved());
    assert_eq!(clocks.now_of(account().id), now());

    stored.put(INSTALLATION, Some(VirtualClock::Frozen(later(10))));
    clocks.refresh().await.unwrap();
    assert_eq!((clocks.now_of(account().id), clocks.now()), (later(10), now()), "the machine keeps its time");

    stored.put(account().id, Some(VirtualClock::Running { ahead_micros: 20_000_000 }));
    clocks.refresh().await.unwrap();
    assert_eq!((clocks.now_of(account().id), clocks.now_of(Id::new(99))), (later(20), later(10)));
    let times = clocks.due_times();
    assert_eq!((times.of_most, times.of(account().id), times.latest()), (later(10), later(20), later(20)));

    stored.put(account().id, None);
    clocks.refresh().await.unwrap();
    assert_eq!(clocks.now_of(account().id), later(10));
}

#[tokio::test]
async fn another_process_shows_a_change_once_it_has_looked() {
    let stored = Stored::default();
    let ((use_cases, _), other) = (use_cases(&stored), stored.clocks());
    use_cases.freeze(scope(), Some(later(5))).await.unwrap();
    other.refresh().await.unwrap();
    assert_eq!(other.now_of(account().id), later(5));
}

#[tokio::test]
async fn another_process_knows_an_account_that_was_replaced_once_it_has_looked() {
    let stored = Stored::default();
    let clocks = stored.clocks();
    stored.put(account().id, Some(VirtualClock::Frozen(later(5))));
    clocks.refresh().await.unwrap();
    for (fresh, replacements) in [(Id::new(90_001), 1), (Id::new(90_007), 2)] {
        assert_eq!(clocks.now_of(fresh), now());
        stored.replace(account().id, fresh);
        for _ in 0..2 {
            clocks.refresh().await.unwrap();
            assert_eq!((clocks.now_of(fresh), clocks.due_times().of(fresh)), (later(5), later(5)));
            assert_eq!(clocks.ids().replacements(), replacements, "each replacement is noted once");
        }
    }
}

#[tokio::test]
async fn an_advance_runs_what_falls_due_and_then_moves_the_clock() {
    let (use_cases, clocks) = use_cases(&Stored::default());
    use_cases.freeze(scope(), None).await.unwrap();
    let before = use_cases.advance(scope(), Advance::By(Duration::from_secs(59))).await.unwrap();
    assert_eq!((before.count, clocks.now_of(account().id)), (0, later(59)));
    let after = use_cases.advance(scope(), Advance::By(Duration::from_secs(1))).await.unwrap();
    assert_eq!((after.count, after.ran[0].due, after.clock.now, after.clock.is_frozen), (1, later(60), later(60), true));
    let is_erasure = matches!(after.ran[0].kind, RanKind::Job { action: Action::DeleteUserData, .. });
    assert!(is_erasure, "the sweep is not told: {:?}", after.ran);
}

#[tokio::test]
async fn the_clock_runs_to_what_is_due_next() {
    let (use_cases, _) = use_cases(&Stored::default());
    let ran = use_cases.run_to_next_due(scope()).await.unwrap();
    assert_eq!((ran.count, ran.clock.now), (1, later(60)));
}

#[tokio::test]
async fn a_clock_is_set_backwards_and_never_advanced_backwards() {
    let (use_cases, _) = use_cases(&Stored::default());
    assert_eq!(use_cases.set(scope(), now().minutes_before(5)).await.unwrap().now, now().minutes_before(5));
    let passed = use_cases.advance(scope(), Advance::To(now().minutes_before(6))).await;
    assert!(matches!(passed, Err(ControlError::Invalid { .. })), "{passed:?}");
}

#[tokio::test]
async fn an_account_that_does_not_exist_has_no_clock() {
    let (use_cases, _) = use_cases(&Stored::default());
    for missing in [0, 98_765] {
        let shown = use_cases.show(ClockScope::Account(PublicAccountId::new(missing))).await;
        assert!(matches!(shown, Err(ControlError::NotFound { .. })), "{shown:?}");
    }
}

/// A job of an account that never ends.
struct NeverDone;

#[async_trait]
impl DueWork for NeverDone {
    fn actions(&self) -> Actions {
        [Action::DeleteUserData].into_iter().collect()
    }

    async fn run_some(&self, of: AccountId, _until: Timestamp) -> Result<Vec<RanItem>, StoreError> {
        if of == account().id { std::future::pending().await } else { Ok(Vec::new()) }
    }
}

#[tokio::test]
async fn an_advance_of_one_account_does_not_wait_for_that_of_another() {
    let stored = Stored::default();
    let use_cases = ClockUseCases::new(stored.clocks(), Arc::new(NeverDone));
    let other = ClockScope::Account(PublicAccountId::new(other_account().id.get()));
    let by = Advance::By(Duration::from_secs(5));
    tokio::select! {
        biased;
        ended = use_cases.advance(scope(), by) => panic!("{ended:?}"),
        advanced = use_cases.advance(other, by) => assert_eq!(advanced.unwrap().clock.now, later(5)),
    }
}

#[tokio::test]
async fn an_advance_ends_although_clients_make_due_things_all_the_time() {
    let stored = Stored::default();
    let mut due = MockDueWork::new();
    due.expect_run_some().returning(|account, until| {
        let kind = RanKind::Job { job: Id::new(7), action: Action::DeleteUserData, outcome: JobOutcome::Completed };
        Ok(vec![RanItem { due: until, account, kind }])
    });
    let clocks = stored.clocks();
    let use_cases = ClockUseCases::new(Arc::clone(&clocks), Arc::new(due)).with_limit(Duration::from_millis(20));
    let ended = use_cases.advance(scope(), Advance::By(Duration::from_secs(5))).await;
    assert!(matches!(&ended, Err(ControlError::TimedOut(problem)) if problem.contains("clients may make it")), "{ended:?}");
    assert_eq!(clocks.now_of(account().id), now(), "the clock stays");
}
