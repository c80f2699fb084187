//! Lookups of courses, which may share statements.

use derslik_domain::course::roster::Membership;
use derslik_domain::id::{AccountId, Id};
use derslik_ports::outbound::{CourseLookup, CourseWithMembership, Readers, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, course, now, other_account, user};

/// The number of courses. Combined with every viewer, the lookups are more than one statement takes.
const COURSES: i64 = 50;
const VIEWERS: i64 = 9;
/// The owner of all courses.
const OWNER: i64 = 2;

pub(super) fn cases<U: UnitOfWork + Readers + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "courses_are_found_many_at_a_time", run: many },
        Case { name: "a_crowd_that_looks_courses_up_gets_each_its_own", run: crowd },
    ]
}

/// The membership of a user in a course. It differs between users and between courses, and may be none.
fn membership(course: i64, viewer: i64) -> Option<Membership> {
    if viewer == OWNER {
        return Some(Membership::Owner);
    }
    [None, Some(Membership::Teacher), Some(Membership::Student)][usize::try_from((course + viewer) % 3).expect("a small number")]
}

fn record(number: i64, viewer: i64) -> CourseWithMembership {
    CourseWithMembership { course: course(number), membership: membership(number, viewer) }
}

fn viewed(course: i64, viewer: i64) -> CourseLookup {
    CourseLookup { course: Id::new(course), viewer: Id::new(viewer) }
}

/// Adds the users to both accounts, and the courses of odd numbers to the first one.
fn set_up<U: UnitOfWork>(harness: &Harness<U>) {
    harness.write(|stores| {
        for account in [account(), other_account()] {
            stores.identity().add_account(&account, now())?;
            (1..=VIEWERS).try_for_each(|number| stores.users().add(account.id, &user(number)).map(drop))?;
        }
        for number in (1..=COURSES).step_by(2) {
            stores.courses().insert(account().id, &course(number))?;
            for viewer in (1..=VIEWERS).filter(|viewer| *viewer != OWNER) {
                if let Some(membership) = membership(number, viewer) {
                    stores.rosters().put(account().id, &course(number), Id::new(viewer), membership, now())?;
                }
            }
        }
        Ok(())
    });
}

fn is_there(of: AccountId, course: i64) -> bool {
    of == account().id && course % 2 == 1
}

fn many<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let all: Vec<_> = (1..=COURSES).flat_map(|course| (1..=VIEWERS).map(move |viewer| (course, viewer))).collect();
    for of in [account().id, other_account().id] {
        for count in [0, 1, 2, 3, 12, 40, all.len()] {
            let lookups: Vec<_> = all.iter().take(count).map(|(course, viewer)| viewed(*course, *viewer)).collect();
            let found = harness.read(move |stores| stores.courses().find_many(of, &lookups));
            let expected = all.iter().take(count).filter(|(course, _)| is_there(of, *course));
            assert_eq!(found, expected.map(|(course, viewer)| (viewed(*course, *viewer), record(*course, *viewer))).collect());
        }
    }
    let twice = harness.read(|stores| stores.courses().find_many(account().id, &[viewed(1, 3), viewed(1, 3), viewed(1, 99)]));
    assert_eq!(twice.len(), 2);
    assert_eq!((twice[&viewed(1, 3)].membership, twice[&viewed(1, 99)].membership), (membership(1, 3), None));
}

fn crowd<U: UnitOfWork + Readers + Clone>(harness: &Harness<U>) {
    set_up(harness);
    let lookups = (1..=COURSES).flat_map(|course| (1..=VIEWERS).map(move |viewer| (course, viewer)));
    let lookups = lookups.flat_map(|(course, viewer)| [account().id, other_account().id].map(|of| (of, course, viewer)));
    let lookups: Vec<_> = lookups
        .map(|(of, course, viewer)| {
            let uow = harness.unit_of_work().clone();
            (of, course, viewer, harness.runtime().spawn(async move { uow.read_course(of, viewed(course, viewer)).await }))
        })
        .collect();
    for (of, course, viewer, found) in lookups {
        let found = harness.runtime().block_on(found).expect("no panic").expect("the lookup succeeds");
        assert_eq!(found, is_there(of, course).then(|| record(course, viewer)), "{course} for {viewer}");
    }
}
