//! Tests of each use case over stores that accept only expected calls: the order of the calls, and that a refused request
//! writes nothing.

mod change;
mod create;
mod read;

use std::sync::Arc;

use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::Membership;
use derslik_domain::course::{Course, CourseField, CourseForm, CourseState, UpdateMask};
use derslik_domain::form::Field;
use derslik_domain::id::{Id, PrincipalId, SessionGuid};
use derslik_domain::idempotency::{Answer, AnswerCode, IdempotencyKey, RequestDigest};
use derslik_domain::identity::{Actor, Principal, PrincipalKind, Role, UserKey};
use derslik_ports::inbound::{CourseError, IdempotentOutcome, IdempotentRequest};
use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores, StoppedClock};
use derslik_ports::outbound::{CourseWithMembership, KeyState};
use derslik_testkit::builders::{account, actor_of, course, now, text, user};
use mockall::predicate::eq;
use uuid::Uuid;

use super::Courses;

const OWNER: i64 = 2;
const TEACHER: i64 = 3;

fn service(stores: MockStores) -> (Courses<FakeUnitOfWork>, FakeUnitOfWork) {
    over(FakeUnitOfWork::new(stores))
}

/// A service whose store changes courses where it read them.
fn service_where_read(stores: MockStores) -> (Courses<FakeUnitOfWork>, FakeUnitOfWork) {
    over(FakeUnitOfWork::changing_where_read(stores))
}

fn over(uow: FakeUnitOfWork) -> (Courses<FakeUnitOfWork>, FakeUnitOfWork) {
    let ids = FixedIds(SessionGuid::new(Uuid::from_u128(5)));
    (Courses::new(uow.clone(), Arc::new(StoppedClock(now())), Arc::new(ids)), uow)
}

/// An actor of the account with that role and id, with a credential of project 1.
fn actor(role: Role, number: i64) -> Actor {
    let principal = Principal { id: PrincipalId::new(number), kind: PrincipalKind::User, role };
    Actor { principal, project: Some(Id::new(1)), ..actor_of(account()) }
}

fn owner() -> Actor {
    actor(Role::Member, OWNER)
}

fn admin() -> Actor {
    actor(Role::Admin, 9)
}

fn record(course: Course, membership: Option<Membership>) -> CourseWithMembership {
    CourseWithMembership { course, membership }
}

/// Expects a read of the course with the membership of `viewer`.
fn finding(stores: &mut MockStores, viewer: i64, found: Option<CourseWithMembership>) {
    let viewer = PrincipalId::new(viewer);
    stores.courses.expect_find().once().with(eq(account().id), eq(Id::new(7)), eq(viewer)).returning(move |_, _, _| Ok(found.clone()));
}

/// Expects the same read with a lock on the course.
fn locking(stores: &mut MockStores, viewer: i64, found: Option<CourseWithMembership>) {
    let viewer = Some(PrincipalId::new(viewer));
    stores.courses.expect_lock().once().with(eq(account().id), eq(Id::new(7)), eq(viewer)).returning(move |_, _, _| Ok(found.clone()));
}

#[expect(clippy::unnecessary_wraps, reason = "as a store finds it")]
fn its_owner() -> Option<CourseWithMembership> {
    Some(record(course(7), Some(Membership::Owner)))
}

fn seven() -> CourseRef {
    CourseRef::parse("7")
}

fn form(name: &str) -> CourseForm {
    CourseForm { name: text(name), owner: text("me"), ..CourseForm::default() }
}

fn named_state(state: CourseState) -> CourseForm {
    CourseForm { state: Field::Given(state), ..form("Fizik") }
}

fn mask(field: CourseField) -> UpdateMask {
    UpdateMask::of([field].into_iter().collect()).unwrap()
}

/// The outcome of a request without an idempotency key.
fn done<T: std::fmt::Debug>(performed: Result<IdempotentOutcome<T>, CourseError>) -> T {
    match performed {
        Ok(IdempotentOutcome::Unkeyed(outcome)) => outcome,
        other => panic!("{other:?}"),
    }
}

fn knows_owner(stores: &mut MockStores) {
    stores.users.expect_find().once().with(eq(account().id), eq(UserKey::Id(Id::new(OWNER)))).returning(|_, _| Ok(Some(user(OWNER))));
}

fn keyed_request<T>() -> IdempotentRequest<T> {
    let render = |_: &T| Answer { code: AnswerCode::new(7), body: b"rendered".to_vec() };
    IdempotentRequest { key: IdempotencyKey::parse("k").unwrap(), request: RequestDigest::new([1; 32]), render: Box::new(render) }
}

fn keyed(state: KeyState) -> MockStores {
    let mut stores = MockStores::default();
    stores.idempotency.expect_hold().once().returning(move |key, _| {
        assert_eq!((key.account, key.principal, key.key.as_str()), (account().id, Id::new(OWNER), "k"));
        Ok(state.clone())
    });
    stores
}
