//! Transactions.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use derslik_ports::outbound::{Reason, StoreError, Stores, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, guid, other_account, session};

pub(super) fn cases<U: UnitOfWork + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_failed_unit_of_work_leaves_nothing_behind", run: failure_rolls_back },
        Case { name: "a_unit_of_work_that_panics_leaves_nothing_behind_and_frees_its_connection", run: panic_rolls_back },
        Case { name: "a_unit_of_work_ends_although_its_caller_went_away", run: survives_its_caller },
        Case { name: "a_single_statement_write_with_one_statement_is_committed", run: single_statement },
        Case { name: "a_single_statement_write_refuses_a_second_statement", run: second_statement },
        Case { name: "a_reader_does_not_wait_for_a_writer", run: reads_beside_a_writer },
        Case { name: "one_account_leaves_a_connection_to_the_others", run: leaves_one },
        Case { name: "who_waits_too_long_for_a_connection_is_told_to_come_back", run: bounded_wait },
    ]
}

fn insert(stores: &mut dyn Stores, number: u128) -> Result<(), StoreError> {
    stores.sessions().insert_many(account().id, &[&session(guid(number))])
}

fn exists<U: UnitOfWork>(harness: &Harness<U>, number: u128) -> bool {
    harness.read(move |stores| stores.sessions().find(account().id, guid(number))).is_some()
}

fn failure_rolls_back<U: UnitOfWork>(harness: &Harness<U>) {
    let result: Result<(), _> = harness.try_write(|stores| {
        insert(stores, 1)?;
        Err(StoreError::from(Reason::Unreachable))
    });
    assert!(matches!(result, Err(StoreError::Unavailable(_))));
    assert!(!exists(harness, 1));
}

fn panic_rolls_back<U: UnitOfWork>(harness: &Harness<U>) {
    // More often than there are connections, so that lost connections would exhaust the pool.
    for _ in 0..8 {
        let result: Result<(), _> = harness.try_write(|stores| {
            insert(stores, 1)?;
            panic!("on purpose");
        });
        assert!(matches!(result, Err(StoreError::Other(_))));
    }
    assert!(!exists(harness, 1));
    harness.write(|stores| insert(stores, 1));
    assert!(exists(harness, 1));
}

fn survives_its_caller<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let uow = harness.unit_of_work().clone();
    let caller = harness.runtime().spawn(async move {
        uow.write(account().id, move |stores| {
            begun.send(()).expect("the test listens");
            may_go_on.recv().expect("the test speaks");
            insert(stores, 1)
        })
        .await
    });
    has_begun.recv().expect("the unit of work begins");
    caller.abort();
    go_on.send(()).expect("the unit of work listens");
    // SQLite has one writer: this write waits until the other has ended.
    harness.write(|stores| stores.sessions().lock_many(account().id, &BTreeSet::from([guid(1)])));
    eventually(|| exists(harness, 1));
}

fn single_statement<U: UnitOfWork>(harness: &Harness<U>) {
    let write = harness.unit_of_work().write_single_statement(account().id, |stores| insert(stores, 1));
    harness.runtime().block_on(write).expect("one statement is enough");
    assert!(exists(harness, 1));
}

fn second_statement<U: UnitOfWork>(harness: &Harness<U>) {
    let write = harness.unit_of_work().write_single_statement(account().id, |stores| {
        insert(stores, 1)?;
        insert(stores, 2)
    });
    let refused: Result<(), StoreError> = harness.runtime().block_on(write);
    assert!(matches!(refused, Err(StoreError::Other(_))), "{refused:?}");
    assert!(!exists(harness, 2));
    // The connection is fit for use after that.
    harness.write(|stores| insert(stores, 2));
    assert!(exists(harness, 2));
}

fn reads_beside_a_writer<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let uow = harness.unit_of_work().clone();
    let writer = harness.runtime().spawn(async move {
        uow.write(account().id, move |stores| {
            insert(stores, 1)?;
            begun.send(()).expect("the test listens");
            may_go_on.recv().expect("the test speaks");
            Ok::<_, StoreError>(())
        })
        .await
    });
    has_begun.recv().expect("the writer begins");
    assert!(!exists(harness, 1), "not before the commit");
    go_on.send(()).expect("the writer listens");
    harness.runtime().block_on(writer).expect("the writer ends").expect("the write succeeds");
    assert!(exists(harness, 1), "at once after the commit");
}

fn bounded_wait<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    let mut holders = Vec::new();
    let (begun, has_begun) = mpsc::channel();
    // At least as many as any harness has connections for writing. On SQLite all but one wait, and are refused as well.
    for _ in 0..4 {
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let (uow, begun) = (harness.unit_of_work().clone(), begun.clone());
        let task = harness.runtime().spawn(async move {
            uow.write(account().id, move |_| {
                begun.send(()).expect("the test listens");
                may_go_on.recv().ok();
                Ok::<_, StoreError>(())
            })
            .await
        });
        holders.push((go_on, task));
    }
    has_begun.recv().expect("the first begins");
    // The other holders may start later: until they hold all connections, this write may succeed.
    eventually(|| matches!(harness.try_write(|_| Ok(())), Err(StoreError::Unavailable(_))));
    for (go_on, task) in holders {
        drop(go_on);
        harness.runtime().block_on(task).expect("the holder ends").ok();
    }
    harness.write(|stores| insert(stores, 1));
}

fn leaves_one<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    const MORE_THAN_ALL: usize = 24;
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = Arc::new(Mutex::new(may_go_on));
    let greedy: Vec<_> = (0..MORE_THAN_ALL)
        .map(|_| {
            let (uow, begun, may_go_on) = (harness.unit_of_work().clone(), begun.clone(), Arc::clone(&may_go_on));
            harness.runtime().spawn(async move {
                uow.read(account().id, move |_| {
                    begun.send(()).expect("the test listens");
                    may_go_on.lock().expect("no thread panics with the lock").recv().ok();
                    Ok::<_, StoreError>(())
                })
                .await
            })
        })
        .collect();
    has_begun.recv().expect("the first begins");
    for _ in 0..20 {
        let found = harness.unit_of_work().read(other_account().id, |stores| stores.sessions().find(other_account().id, guid(1)));
        assert!(harness.runtime().block_on(found).is_ok_and(|found| found.is_none()));
    }
    drop(go_on);
    let ended: Vec<_> = greedy.into_iter().map(|task| harness.runtime().block_on(task).expect("it ends")).collect();
    assert!(ended.iter().any(Result::is_ok));
}

/// Waits at most ten seconds for an event on another thread.
fn eventually(condition: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not happen");
}
