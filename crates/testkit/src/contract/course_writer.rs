//! Changes of courses where they were read. A store may leave each of them to a transaction.

use std::sync::mpsc;

use derslik_domain::course::roster::Membership;
use derslik_domain::course::{Course, CourseName, CourseRoom};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::identity::{User, UserState};
use derslik_ports::outbound::{CourseLookup, CourseWithMembership, CourseWriter, StoreError, UnitOfWork};

use super::courses::unusual;
use super::{Case, Harness};
use crate::builders::{account, course, now, other_account, user};

/// The owner of all courses.
const OWNER: i64 = 2;
/// A student of course 1.
const STUDENT: i64 = 3;
/// The number of courses: more than fit in the first statements of a crowd.
const COURSES: i64 = 40;

pub(super) fn cases<U: UnitOfWork + CourseWriter + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "changes_of_one_course_that_race_all_stay", run: race },
        Case { name: "courses_that_are_changed_at_once_get_each_its_own_change", run: crowd },
        Case { name: "a_course_is_changed_in_its_own_account_alone", run: isolation },
        Case { name: "a_decision_to_change_nothing_leaves_the_course_as_it_was", run: nothing },
        Case { name: "a_user_who_may_not_act_changes_no_course", run: inactive },
        Case { name: "a_decision_that_panics_fails_its_own_change_alone", run: panics },
    ]
}

fn set_up<U: UnitOfWork>(harness: &Harness<U>) {
    harness.write(|stores| {
        for account in [account(), other_account()] {
            stores.identity().add_account(&account, now())?;
            (1..=9).try_for_each(|number| stores.users().add(account.id, &user(number)).map(drop))?;
        }
        (1..=COURSES).try_for_each(|number| stores.courses().insert(account().id, &course(number)))?;
        stores.rosters().put(account().id, &course(1), Id::new(STUDENT), Membership::Student, now())
    });
}

fn find<U: UnitOfWork>(harness: &Harness<U>, number: i64) -> Course {
    let found = harness.read(move |stores| stores.courses().find(account().id, Id::new(number), Id::new(OWNER)));
    found.expect("the course is there").course
}

/// Changes a course where it was read, or else in a transaction that locks it, as the use cases do.
async fn change<U, E>(uow: U, number: i64, edit: E) -> CourseWithMembership
where
    U: UnitOfWork + CourseWriter,
    E: Fn(Course) -> Course + Clone + Send + 'static,
{
    let (viewed, again) = (CourseLookup { course: Id::new(number), viewer: Id::new(OWNER) }, edit.clone());
    let decide = Box::new(move |found: CourseWithMembership| Some(edit(found.course)));
    let changed = uow.change_course(account().id, viewed, decide).await.expect("the change succeeds");
    if let Some(changed) = changed {
        return changed;
    }
    let locked = uow.write(account().id, move |stores| {
        let found = stores.courses().lock(account().id, Id::new(number), Some(Id::new(OWNER)))?.expect("the course is there");
        let course = again(found.course);
        stores.courses().update(account().id, &course)?;
        Ok::<_, StoreError>(CourseWithMembership { course, membership: found.membership })
    });
    locked.await.expect("the write succeeds")
}

/// Tries a change where the course was read.
fn try_change<U, E>(harness: &Harness<U>, of: AccountId, (number, by): (i64, i64), decide: E) -> Option<CourseWithMembership>
where
    U: UnitOfWork + CourseWriter,
    E: FnOnce(CourseWithMembership) -> Option<Course> + Send + 'static,
{
    let viewed = CourseLookup { course: Id::new(number), viewer: Id::new(by) };
    harness.runtime().block_on(harness.unit_of_work().change_course(of, viewed, Box::new(decide))).expect("the store answers")
}

/// The next revision of a course, with a letter more in its room.
fn with_letter(mut course: Course, letter: char) -> Course {
    let room = format!("{}{letter}", course.details.room.as_ref().map_or("", CourseRoom::as_str));
    course.details.room = CourseRoom::new(room).ok();
    course.revision = course.revision.next();
    course
}

/// The next revision of a course, with another value in every field that can have one.
fn all_changed(course: &Course) -> Course {
    let mut changed = Course { id: course.id, revision: course.revision.next(), ..unusual() };
    changed.details.name = CourseName::new(format!("Course {}", course.id)).expect("a name");
    changed
}

fn race<U: UnitOfWork + CourseWriter + Clone>(harness: &Harness<U>) {
    const ROUNDS: usize = 4;
    /// One for each writer.
    const LETTERS: &str = "abcdefghijklmnop";
    set_up(harness);
    let writers: Vec<_> = LETTERS
        .chars()
        .map(|letter| {
            let uow = harness.unit_of_work().clone();
            harness.runtime().spawn(async move {
                for _ in 0..ROUNDS {
                    change(uow.clone(), 1, move |course| with_letter(course, letter)).await;
                }
            })
        })
        .collect();
    for writer in writers {
        harness.runtime().block_on(writer).expect("the writer ends");
    }
    let course = find(harness, 1);
    let room = course.details.room.expect("a room");
    for letter in LETTERS.chars() {
        assert_eq!(room.as_str().matches(letter).count(), ROUNDS, "{letter} in {room:?}");
    }
    assert_eq!(usize::try_from(course.revision.get()), Ok(1 + LETTERS.len() * ROUNDS));
}

fn crowd<U: UnitOfWork + CourseWriter + Clone>(harness: &Harness<U>) {
    set_up(harness);
    let tasks: Vec<_> = (1..=COURSES)
        .map(|number| (number, harness.runtime().spawn(change(harness.unit_of_work().clone(), number, |course| all_changed(&course)))))
        .collect();
    for (number, task) in tasks {
        let changed = harness.runtime().block_on(task).expect("no panic");
        assert_eq!(changed, CourseWithMembership { course: all_changed(&course(number)), membership: Some(Membership::Owner) });
        assert_eq!(find(harness, number), changed.course);
    }
}

fn isolation<U: UnitOfWork + CourseWriter>(harness: &Harness<U>) {
    set_up(harness);
    let elsewhere = [(other_account().id, 1), (account().id, COURSES + 1)];
    for (of, number) in elsewhere {
        assert_eq!(try_change(harness, of, (number, OWNER), |_| panic!("there is a course")), None);
    }
    assert_eq!(find(harness, 1), course(1));
}

fn nothing<U: UnitOfWork + CourseWriter>(harness: &Harness<U>) {
    set_up(harness);
    let (see, seen) = mpsc::channel();
    let changed = try_change(harness, account().id, (1, STUDENT), move |found| {
        see.send(found).expect("the test listens");
        None
    });
    assert_eq!(changed, None);
    for found in seen {
        assert_eq!(found, CourseWithMembership { course: course(1), membership: Some(Membership::Student) });
    }
    assert_eq!(find(harness, 1), course(1));
}

fn inactive<U: UnitOfWork + CourseWriter>(harness: &Harness<U>) {
    set_up(harness);
    let passive = User { status: UserState::Passive, ..user(STUDENT) };
    harness.write(move |stores| stores.users().update(account().id, &passive));
    for viewer in [STUDENT, 99] {
        assert_eq!(try_change(harness, account().id, (1, viewer), |found| Some(with_letter(found.course, 'a'))), None);
    }
    assert_eq!(find(harness, 1), course(1));
}

fn panics<U: UnitOfWork + CourseWriter + Clone>(harness: &Harness<U>) {
    set_up(harness);
    let uow = harness.unit_of_work().clone();
    let panicking = harness.runtime().spawn(async move {
        let viewed = CourseLookup { course: Id::new(1), viewer: Id::new(OWNER) };
        uow.change_course(account().id, viewed, Box::new(|_| panic!("on purpose"))).await
    });
    let edit = |course| with_letter(course, 'a');
    let others: Vec<_> = (2..9).map(|number| harness.runtime().spawn(change(harness.unit_of_work().clone(), number, edit))).collect();
    let failed = harness.runtime().block_on(panicking).expect("the caller does not panic");
    assert!(matches!(failed, Ok(None) | Err(StoreError::Other(_))), "{failed:?}");
    for other in others {
        harness.runtime().block_on(other).expect("no panic");
    }
    assert_eq!(find(harness, 1), course(1));
    assert!((2..9).all(|number| find(harness, number) == with_letter(course(number), 'a')));
    harness.runtime().block_on(change(harness.unit_of_work().clone(), 1, edit));
    assert_eq!(find(harness, 1), with_letter(course(1), 'a'));
}
