//! Lookups, which may share statements.

use derslik_domain::id::AccountId;
use derslik_domain::session::{Session, SessionStatus};
use derslik_ports::outbound::{Readers, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, guid, other_account, session};

/// More lookups than one statement takes, and more than there are connections.
const CROWD: u128 = 600;

pub(super) fn cases<U: UnitOfWork + Readers + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "sessions_are_found_many_at_a_time", run: many },
        Case { name: "a_crowd_that_looks_sessions_up_gets_each_its_own", run: crowd },
        Case { name: "a_crowd_that_looks_one_session_up_gets_it", run: same },
        Case { name: "a_lookup_sees_what_was_committed_before_it", run: fresh },
    ]
}

fn add<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, sessions: Vec<Session>) {
    harness.write(move |stores| stores.sessions().insert_many(account, &sessions.iter().collect::<Vec<_>>()));
}

fn deleted(number: u128) -> Session {
    Session { status: SessionStatus::Deleted, ..session(guid(number)) }
}

fn many<U: UnitOfWork>(harness: &Harness<U>) {
    add(harness, account().id, (1..=30).map(|number| session(guid(number))).chain([deleted(31)]).collect());
    add(harness, other_account().id, vec![session(guid(32))]);
    for count in [0, 1, 2, 11, 12, 13, 32_u128] {
        let guids: Vec<_> = (1..=count).map(guid).collect();
        let found = harness.read(move |stores| stores.sessions().find_many(account().id, &guids));
        let mut numbers: Vec<_> = found.iter().map(|(guid, session)| (guid.get().as_u128() & 0xff, session.guid == *guid)).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=count.min(30)).map(|number| (number, true)).collect::<Vec<_>>());
    }
    let twice = harness.read(|stores| stores.sessions().find_many(account().id, &[guid(1), guid(1), guid(99)]));
    assert_eq!(twice.into_keys().collect::<Vec<_>>(), [guid(1)]);
}

fn crowd<U: UnitOfWork + Readers + Clone>(harness: &Harness<U>) {
    // A third is missing, and a third belongs to the other account.
    add(harness, account().id, (0..CROWD).step_by(3).map(|number| session(guid(number))).collect());
    add(harness, other_account().id, (1..CROWD).step_by(3).map(|number| session(guid(number))).collect());
    let lookups = (0..CROWD).flat_map(|number| [account().id, other_account().id].map(|account| (account, number)));
    let lookups: Vec<_> = lookups
        .map(|(of, number)| {
            let uow = harness.unit_of_work().clone();
            (of, number, harness.runtime().spawn(async move { uow.read_session(of, guid(number)).await }))
        })
        .collect();
    for (of, number, found) in lookups {
        let found = harness.runtime().block_on(found).expect("no panic").expect("the lookup succeeds");
        let is_there = number % 3 == u128::from(of == other_account().id);
        assert_eq!(found.map(|session| session.guid), is_there.then(|| guid(number)), "{number} of {of:?}");
    }
}

fn same<U: UnitOfWork + Readers + Clone>(harness: &Harness<U>) {
    add(harness, account().id, vec![session(guid(1))]);
    let lookups: Vec<_> = (0..CROWD)
        .map(|_| {
            let uow = harness.unit_of_work().clone();
            harness.runtime().spawn(async move { uow.read_session(account().id, guid(1)).await })
        })
        .collect();
    for found in lookups {
        assert_eq!(harness.runtime().block_on(found).expect("no panic").expect("the lookup succeeds"), Some(session(guid(1))));
    }
}

fn fresh<U: UnitOfWork + Readers + Clone>(harness: &Harness<U>) {
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let uow = harness.unit_of_work().clone();
            harness.runtime().spawn(async move {
                for number in (0..25).map(|number| writer * 25 + number) {
                    let added = move |stores: &mut dyn derslik_ports::outbound::Stores| {
                        stores.sessions().insert_many(account().id, &[&session(guid(number))])
                    };
                    assert_eq!(uow.read_session(account().id, guid(number)).await.expect("the lookup succeeds"), None);
                    uow.write(account().id, added).await.expect("the write succeeds");
                    assert!(uow.read_session(account().id, guid(number)).await.expect("the lookup succeeds").is_some());
                }
            })
        })
        .collect();
    for writer in writers {
        harness.runtime().block_on(writer).expect("it sees what it wrote");
    }
}
