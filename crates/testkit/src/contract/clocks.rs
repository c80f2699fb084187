//! Clocks that tests move.

use std::collections::HashMap;
use std::time::Duration;

use derslik_domain::audit::INSTALLATION;
use derslik_domain::clock::VirtualClock;
use derslik_domain::id::AccountId;
use derslik_domain::job::{Action, Actions, LeaseTerm, LeaseToken, NewJob, ReferenceId, WorkerId};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Claim, ClockRevision, DueTimes, NextDue, Projection, StoredClock, UnitOfWork};
use uuid::Uuid;

use super::{Case, Harness};
use crate::builders::{account, guid, now, other_account, session};

pub(super) fn cases<U: UnitOfWork + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_clock_comes_back_as_it_was_set", run: round_trip },
        Case { name: "a_clock_is_replaced_only_if_it_is_as_expected", run: compare_and_set },
        Case { name: "a_later_change_of_a_clock_has_a_higher_revision", run: revisions },
        Case { name: "accounts_have_due_jobs_by_their_own_clocks", run: accounts_with_due },
        Case { name: "the_next_due_thing_is_a_job_or_the_end_of_a_session", run: next_due },
        Case { name: "waiting_and_running_jobs_are_counted_by_when_they_are_due", run: running },
    ]
}

fn later(seconds: u64) -> Timestamp {
    now().plus(Duration::from_secs(seconds))
}

fn changes<U: UnitOfWork>(harness: &Harness<U>, since: ClockRevision) -> Vec<StoredClock> {
    harness.read(move |stores| stores.clocks().changed_since(since))
}

fn replace<U: UnitOfWork>(harness: &Harness<U>, of: AccountId, before: Option<VirtualClock>, after: Option<VirtualClock>) -> bool {
    harness.write(move |stores| stores.clocks().replace(of, before, after))
}

/// The stored clock of an account.
fn stored<U: UnitOfWork>(harness: &Harness<U>, of: AccountId) -> Option<VirtualClock> {
    changes(harness, ClockRevision::NONE).into_iter().find(|clock| clock.account == of).and_then(|clock| clock.clock)
}

fn all_actions() -> Actions {
    Action::ALL.into_iter().collect()
}

fn enqueue<U: UnitOfWork>(harness: &Harness<U>, of: AccountId, due: Timestamp) {
    let job = NewJob::expire_sessions(due, now());
    harness.write(move |stores| stores.jobs().enqueue(of, &job));
}

fn round_trip<U: UnitOfWork>(harness: &Harness<U>) {
    let mut before = None;
    let clocks = [VirtualClock::Frozen(later(1)), VirtualClock::Running { ahead_micros: -7 }, VirtualClock::Frozen(Timestamp::MAX)];
    for clock in clocks.map(Some).into_iter().chain([None]) {
        assert!(replace(harness, account().id, before, clock), "{clock:?}");
        assert_eq!(stored(harness, account().id), clock);
        assert_eq!(harness.read(|stores| stores.clocks().find(account().id)), clock);
        before = clock;
    }
}

fn compare_and_set<U: UnitOfWork>(harness: &Harness<U>) {
    let (clock, other) = (Some(VirtualClock::Frozen(now())), Some(VirtualClock::Frozen(later(1))));
    assert!(replace(harness, account().id, None, clock));
    assert!(!replace(harness, account().id, None, other) && !replace(harness, account().id, other, None));
    assert_eq!(stored(harness, account().id), clock);
    assert!(replace(harness, INSTALLATION, None, other), "the clock for all is one of its own");
    assert_eq!((stored(harness, INSTALLATION), stored(harness, account().id)), (other, clock));
}

fn revisions<U: UnitOfWork>(harness: &Harness<U>) {
    assert!(changes(harness, ClockRevision::NONE).is_empty());
    let clock = Some(VirtualClock::Frozen(now()));
    assert!(replace(harness, account().id, None, clock));
    let first = changes(harness, ClockRevision::NONE).into_iter().map(|clock| clock.revision).max().expect("a change");
    assert!(changes(harness, first).is_empty());
    assert!(replace(harness, other_account().id, None, clock));
    let changed = changes(harness, first);
    assert!(changed.iter().all(|clock| clock.revision > first) && changed.iter().any(|clock| clock.account == other_account().id));
    assert!(changed.iter().all(|clock| clock.account != account().id), "an older change is not told again");
}

fn accounts_with_due<U: UnitOfWork>(harness: &Harness<U>) {
    enqueue(harness, account().id, later(60));
    enqueue(harness, other_account().id, later(30));
    let due = |of_most: Timestamp, of_account: Timestamp, limit: u16| {
        let times = DueTimes { of_most, of_others: HashMap::from([(account().id, of_account)]) };
        harness.read(move |stores| stores.clocks().accounts_with_due(&times, all_actions(), limit))
    };
    assert!(due(now(), later(59), 10).is_empty());
    assert_eq!(due(now(), later(60), 10), [account().id]);
    assert_eq!(due(later(99), now(), 10), [other_account().id]);
    assert_eq!(due(later(99), later(99), 10), [other_account().id, account().id]);
    assert_eq!(due(later(99), later(99), 1), [other_account().id]);
}

fn next_due<U: UnitOfWork>(harness: &Harness<U>) {
    let next = |of: AccountId| harness.read(move |stores| stores.clocks().next_due(of, all_actions()));
    assert_eq!(next(account().id), NextDue::default());
    enqueue(harness, account().id, later(60));
    let job = NewJob::assign_calendar_id(ReferenceId::none(), later(20));
    harness.write(move |stores| stores.jobs().enqueue(account().id, &job));
    assert_eq!(next(account().id), NextDue { job: Some(later(20)), session_end: None });
    let sweeps: Actions = [Action::ExpireSessions].into_iter().collect();
    assert_eq!(harness.read(move |stores| stores.clocks().next_due(account().id, sweeps)).job, Some(later(60)));
    harness.write(|stores| stores.sessions().insert_many(account().id, &[&session(guid(1))]));
    harness.write(|stores| stores.change_log().catch_up(account().id, Projection::SessionEnds, 10));
    assert!(next(account().id).session_end.is_some(), "an open session ends");
    assert_eq!(next(other_account().id), NextDue::default());
}

fn running<U: UnitOfWork>(harness: &Harness<U>) {
    enqueue(harness, account().id, later(60));
    let waiting = |until| harness.read(move |stores| stores.clocks().waiting(account().id, until));
    let running = |until| harness.read(move |stores| stores.clocks().running(account().id, until));
    assert_eq!((waiting(later(59)), waiting(later(60))), (RowCount::ZERO, RowCount::new(1)));
    assert_eq!(running(later(60)), RowCount::ZERO, "it waits");
    let (worker, token) = (WorkerId::new(Uuid::from_u128(1)), LeaseToken::new(Uuid::from_u128(7)));
    let claim = Claim { worker, token, term: LeaseTerm::DEFAULT, at: later(60), actions: all_actions(), limit: 1 };
    assert_eq!(harness.write(move |stores| stores.jobs().claim(account().id, &claim)).len(), 1);
    assert_eq!((running(later(59)), running(later(60))), (RowCount::ZERO, RowCount::new(1)));
    assert_eq!(waiting(later(60)), RowCount::ZERO);
}
