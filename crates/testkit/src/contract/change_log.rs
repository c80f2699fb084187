//! The change log and the projections that follow it.

use std::sync::mpsc;
use std::time::Duration;

use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::BatchSize;
use derslik_domain::session::{Session, SessionDescription, SessionName, SessionStatus};
use derslik_ports::outbound::{Conflict, Projection, StoreError, UnitOfWork};

use super::sessions::{find, store};
use super::{Case, Harness};
use crate::builders::{account, ends_in_year_10_000, guid, now, other_account, service_principal, session};

pub(super) fn cases<U: UnitOfWork + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_write_and_its_record_are_committed_or_rolled_back_together", run: one_transaction },
        Case { name: "a_record_that_commits_late_is_not_skipped", run: late_commit },
        Case { name: "each_projection_follows_by_itself", run: independence },
        Case { name: "changes_are_applied_a_limited_number_at_a_time", run: limits },
        Case { name: "a_write_of_many_sessions_has_a_record_for_each_hundred", run: many },
        Case { name: "one_record_is_indexed_in_parts_and_projected_once_by_the_others", run: parts },
        Case { name: "projections_of_the_same_records_never_wait_in_a_circle", run: together },
        Case { name: "accounts_with_many_pending_changes_are_found", run: accounts_behind },
        Case { name: "the_lag_of_a_projection_is_what_all_accounts_have_pending", run: lags },
        Case { name: "changes_of_a_session_that_is_gone_are_applied", run: pruned },
        Case { name: "an_expired_session_is_not_recorded", run: expired },
        Case { name: "a_session_that_ends_in_the_year_10_000_delays_no_expiry", run: far_end },
        Case { name: "an_expiry_and_a_projection_of_the_same_ends_never_wait_in_a_circle", run: expiry_beside_projection },
    ]
}

/// Applies all pending changes of an account for a projection, and returns how many.
pub(super) fn catch_up<U: UnitOfWork>(harness: &Harness<U>, of: AccountId, projection: Projection) -> u64 {
    let mut applied = 0;
    loop {
        match harness.write(move |stores| stores.change_log().catch_up(of, projection, 1_000)).get() {
            0 => return applied,
            rows => applied += rows,
        }
    }
}

fn step<U: UnitOfWork>(harness: &Harness<U>, projection: Projection, limit: u16) -> u64 {
    harness.write(move |stores| stores.change_log().catch_up(account().id, projection, limit)).get()
}

/// The accounts with any pending change.
fn behind<U: UnitOfWork>(harness: &Harness<U>, projection: Projection) -> Vec<AccountId> {
    harness.read(move |stores| stores.change_log().accounts_behind(projection, 0, PageRequest { size: 10, after: None }))
}

fn one_transaction<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, vec![session(guid(1))]);
    for projection in Projection::ALL {
        assert_eq!(catch_up(harness, account().id, projection), 1);
    }
    let undone: Result<(), _> = harness.try_write(|stores| {
        stores.sessions().insert_many(account().id, &[&session(guid(2))])?;
        stores.sessions().update_many(account().id, &[&Session { status: SessionStatus::Locked, ..session(guid(1)) }])?;
        Err(StoreError::Conflict(Conflict::Session))
    });
    assert!(undone.is_err());
    for projection in Projection::ALL {
        assert_eq!(behind(harness, projection), []);
    }
    let taken = harness.try_write(|stores| stores.sessions().insert_many(account().id, &[&session(guid(2)), &session(guid(1))]));
    assert!(matches!(taken, Err(StoreError::Conflict(Conflict::Session))), "{taken:?}");
    assert_eq!(behind(harness, Projection::SessionEnds), []);
}

fn late_commit<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    let (written, is_written) = mpsc::channel();
    let (commit, may_commit) = mpsc::channel();
    let uow = harness.unit_of_work().clone();
    let late = harness.runtime().spawn(async move {
        let write = uow.write(account().id, move |stores| {
            stores.sessions().insert_many(account().id, &[&session(guid(1))])?;
            written.send(()).expect("the test waits for it");
            // A store with a single writer lets the other transaction wait for this one. So this one does not wait for ever.
            may_commit.recv_timeout(Duration::from_millis(500)).ok();
            Ok::<_, StoreError>(())
        });
        write.await
    });
    is_written.recv().expect("it is written");
    store(harness, vec![session(guid(2))]);
    let early = Projection::ALL.map(|projection| catch_up(harness, account().id, projection));
    // The late transaction may have ended already.
    commit.send(()).ok();
    harness.runtime().block_on(late).expect("the writer ends").expect("the write succeeds");
    for (projection, early) in Projection::ALL.into_iter().zip(early) {
        assert_eq!(early + catch_up(harness, account().id, projection), 2, "{projection:?}");
    }
}

fn independence<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, vec![session(guid(1)), session(guid(2))]);
    store(harness, vec![session(guid(3))]);
    let mut waiting = Projection::ALL.to_vec();
    for projection in [Projection::SessionEnds, Projection::SearchIndex, Projection::SessionCreators] {
        assert_eq!([catch_up(harness, account().id, projection), catch_up(harness, account().id, projection)], [3, 0]);
        waiting.retain(|other| *other != projection);
        for other in Projection::ALL {
            assert_eq!(behind(harness, other).len(), usize::from(waiting.contains(&other)), "{other:?} after {projection:?}");
        }
    }
}

fn limits<U: UnitOfWork>(harness: &Harness<U>) {
    for first in [1, 3, 5] {
        store(harness, vec![session(guid(first)), session(guid(first + 1))]);
    }
    for projection in Projection::ALL {
        // A record is taken as a whole, and the oldest go first.
        assert_eq!([step(harness, projection, 3), step(harness, projection, 1), step(harness, projection, 1)], [4, 2, 0], "{projection:?}");
    }
}

fn many<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, (1..=250).map(|number| session(guid(number))).collect());
    for projection in Projection::ALL {
        let steps = [(); 4].map(|()| step(harness, projection, 1));
        assert_eq!(steps, [100, 100, 50, 0], "{projection:?}");
    }
}

fn parts<U: UnitOfWork>(harness: &Harness<U>) {
    const LONG: u128 = 60;
    let described = |number| {
        let description = SessionDescription::new(format!("{} no{number}x", "uzun açıklama ".repeat(640))).ok();
        Session { description, ..session(guid(number)) }
    };
    store(harness, (1..=LONG).map(described).collect());
    let first = step(harness, Projection::SearchIndex, 1_000);
    assert!(first > 0 && first < 60, "{first}");
    for projection in [Projection::SessionEnds, Projection::SessionCreators] {
        assert_eq!([step(harness, projection, 1_000), step(harness, projection, 1_000)], [60, 0], "{projection:?}");
    }
    assert_eq!(first + catch_up(harness, account().id, Projection::SearchIndex), 60);
    for projection in Projection::ALL {
        assert_eq!(behind(harness, projection), []);
    }
}

fn together<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    const RECORDS: u128 = 120;
    for number in 1..=RECORDS {
        store(harness, vec![session(guid(number))]);
    }
    let applying: Vec<_> = Projection::ALL
        .into_iter()
        .map(|projection| {
            let uow = harness.unit_of_work().clone();
            harness.runtime().spawn(async move {
                let mut applied = 0;
                loop {
                    let step = uow.write(account().id, move |stores| stores.change_log().catch_up(account().id, projection, 7));
                    match step.await.map_err(|error: StoreError| error).expect("it is not a victim of a deadlock").get() {
                        0 => return applied,
                        rows => applied += rows,
                    }
                }
            })
        })
        .collect();
    for applied in applying {
        assert_eq!(harness.runtime().block_on(applied).expect("it ends"), 120_u64);
    }
    for projection in Projection::ALL {
        assert_eq!(behind(harness, projection), []);
    }
}

fn accounts_behind<U: UnitOfWork>(harness: &Harness<U>) {
    let (ours, theirs) = (account().id, other_account().id);
    for projection in Projection::ALL {
        let told = |after, more_than, size| {
            let page = PageRequest { size, after };
            harness.read(move |stores| stores.change_log().accounts_behind(projection, more_than, page))
        };
        assert_eq!(told(None, 0, 10), []);
        let number = |number| guid(100 * projection_number(projection) + number);
        store(harness, vec![session(number(1)), session(number(2))]);
        store(harness, vec![session(number(3))]);
        let other = session(number(1));
        harness.write(move |stores| stores.sessions().insert_many(theirs, &[&other]));
        assert_eq!([told(None, 2, 10), told(None, 3, 10), told(Some(ours), 0, 10)], [vec![ours], vec![], vec![theirs]]);
        assert_eq!([told(None, 0, 10), told(None, 0, 1), told(Some(theirs), 0, 10)], [vec![ours, theirs], vec![ours], vec![]]);
        assert_eq!(harness.write(move |stores| stores.change_log().try_catch_up(ours, projection, 10)).get(), 3);
        assert_eq!(told(None, 0, 10), [theirs]);
        for projection in Projection::ALL {
            catch_up(harness, ours, projection);
            catch_up(harness, theirs, projection);
        }
    }
}

fn lags<U: UnitOfWork>(harness: &Harness<U>) {
    let told = || {
        let lags = harness.read(|stores| stores.change_log().lags());
        lags.into_iter().map(|lag| (lag.projection, lag.pending)).collect::<Vec<_>>()
    };
    let each = |pending: [u64; 3]| Projection::ALL.into_iter().zip(pending).collect::<Vec<_>>();
    assert_eq!(told(), each([0, 0, 0]));
    store(harness, vec![session(guid(1)), session(guid(2))]);
    store(harness, vec![session(guid(3))]);
    let theirs = session(guid(4));
    harness.write(move |stores| stores.sessions().insert_many(other_account().id, &[&theirs]));
    assert_eq!(told(), each([4, 4, 4]));
    catch_up(harness, account().id, Projection::SessionEnds);
    assert_eq!(told(), each([4, 1, 4]));
    for projection in Projection::ALL {
        catch_up(harness, account().id, projection);
        catch_up(harness, other_account().id, projection);
    }
    assert_eq!(told(), each([0, 0, 0]));
}

fn projection_number(projection: Projection) -> u128 {
    match projection {
        Projection::SearchIndex => 1,
        Projection::SessionEnds => 2,
        Projection::SessionCreators => 3,
    }
}

fn pruned<U: UnitOfWork>(harness: &Harness<U>) {
    let them = PrincipalId::new(77);
    let gone = Session { created_by: them, ..session(guid(1)) };
    store(harness, vec![gone.clone(), session(guid(2))]);
    harness.write(move |stores| {
        let deleted = gone.deleted(service_principal().id, now()).expect("it was not deleted before");
        stores.sessions().update_many(account().id, &[&deleted])
    });
    let pruned = harness.write(|stores| stores.sessions().prune(account().id, now().plus(Duration::from_secs(1)), 10));
    assert_eq!(pruned.get(), 1);
    for projection in Projection::ALL {
        assert_eq!(catch_up(harness, account().id, projection), 3, "{projection:?}");
    }
    let batch = BatchSize::new(10).expect("a size");
    assert_eq!(harness.write(move |stores| stores.sessions().erase_created_by(account().id, them, batch)).get(), 0);
}

fn expired<U: UnitOfWork>(harness: &Harness<U>) {
    let over = session(guid(1));
    let ends_at = over.ends_at();
    store(harness, vec![over]);
    for projection in Projection::ALL {
        catch_up(harness, account().id, projection);
    }
    assert_eq!(harness.write(move |stores| stores.sessions().expire(account().id, ends_at, 10)).get(), 1);
    assert_eq!(find(harness, 1).map(|session| session.status), Some(SessionStatus::Expired));
    for projection in Projection::ALL {
        assert_eq!(behind(harness, projection), [], "no projection reads that a session expired");
    }
}

fn far_end<U: UnitOfWork>(harness: &Harness<U>) {
    let ends_at = session(guid(1)).ends_at();
    store(harness, vec![ends_in_year_10_000(session(guid(2))), session(guid(1))]);
    assert_eq!(catch_up(harness, account().id, Projection::SessionEnds), 2);
    assert_eq!(harness.write(move |stores| stores.sessions().expire(account().id, ends_at, 10)).get(), 1);
    assert_eq!(find(harness, 2).map(|session| session.status), Some(SessionStatus::Active));
}

fn expiry_beside_projection<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    let ends_at = session(guid(1)).ends_at();
    store(harness, vec![session(guid(1))]);
    catch_up(harness, account().id, Projection::SessionEnds);
    // Its end is pending once more.
    let renamed = Session { name: SessionName::new("CS201").expect("a valid name"), ..session(guid(1)) };
    harness.write(move |stores| stores.sessions().update_many(account().id, &[&renamed]));
    let (expired, has_expired) = mpsc::channel();
    let uow = harness.unit_of_work().clone();
    let expiry = harness.runtime().spawn(async move {
        let step = uow.write(account().id, move |stores| {
            let rows = stores.sessions().expire(account().id, ends_at, 10)?;
            expired.send(()).expect("the test waits for it");
            // Long enough for the other transaction to wait for this one.
            std::thread::sleep(Duration::from_millis(300));
            stores.change_log().catch_up(account().id, Projection::SessionEnds, 10)?;
            Ok::<_, StoreError>(rows)
        });
        step.await
    });
    has_expired.recv().expect("the expiry has begun");
    catch_up(harness, account().id, Projection::SessionEnds);
    assert_eq!(harness.runtime().block_on(expiry).expect("it ends").expect("it is not a victim of a deadlock").get(), 1);
}
