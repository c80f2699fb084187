//! What an operator of the installation does to a course, whoever owns it: suspend it, and let it go again.

use derslik_domain::course::{AliasSpace, ChangeError, Course, CourseRef, CourseState, Standing, move_to};
use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{StoreError, Stores, UnitOfWork};

use super::calendar::ask_if_due;

/// What an operator can do to a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CourseOperation {
    /// Close it, so that only its owner still sees it and nobody changes it.
    Suspend,
    /// End its suspension in that state.
    Restore(CourseState),
}

/// Why nothing was done to a course.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperateCourseError {
    /// The account has no such course.
    #[error("there is no such course")]
    NotFound,
    /// The course is not suspended, so there is nothing to end.
    #[error("the course is {0}, not suspended")]
    NotSuspended(CourseState),
    /// The course does not go there from where it is.
    #[error(transparent)]
    Refused(#[from] ChangeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Does it to a course, at the instant `at`. What is done already is left as it is.
///
/// # Errors
/// [`OperateCourseError`], and then nothing was changed.
pub async fn operate<U: UnitOfWork>(
    uow: &U,
    account: AccountId,
    course: CourseRef,
    operation: CourseOperation,
    at: Timestamp,
) -> Result<Course, OperateCourseError> {
    uow.write(account, move |stores| {
        let course = lock(stores, account, &course)?.ok_or(OperateCourseError::NotFound)?;
        let to = match operation {
            CourseOperation::Suspend => CourseState::Suspended,
            CourseOperation::Restore(_) if course.state != CourseState::Suspended => {
                return Err(OperateCourseError::NotSuspended(course.state));
            }
            CourseOperation::Restore(state) => state,
        };
        let change = move_to(&course, to, Standing::OPERATOR, at)?;
        if !change.facts.is_empty() {
            stores.courses().update(account, &change.course)?;
            ask_if_due(stores, account, change.course.id, &change.facts, at)?;
        }
        Ok(change.course)
    })
    .await
}

/// The course of that id or of that alias of the account. An operator belongs to no project.
fn lock(stores: &mut dyn Stores, account: AccountId, course: &CourseRef) -> Result<Option<Course>, StoreError> {
    let id = match course {
        CourseRef::Id(id) => Some(*id),
        CourseRef::Alias(alias) => match AliasSpace::of(alias.scope(), None) {
            Ok(space) => stores.aliases().resolve(account, space, alias)?,
            Err(_) => None,
        },
        CourseRef::Impossible => None,
    };
    let Some(id) = id else { return Ok(None) };
    Ok(stores.courses().lock(account, id, None)?.map(|found| found.course))
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_ports::outbound::{CourseRecord, Enqueued};
    use derslik_testkit::builders::{account, course, now};

    use super::*;

    fn holding(course: Option<Course>) -> MockStores {
        let mut stores = MockStores::default();
        let record = course.map(|course| CourseRecord { course, membership: None });
        stores.courses.expect_lock().once().returning(move |_, _, _| Ok(record.clone()));
        stores
    }

    fn writes(mut stores: MockStores, state: CourseState) -> MockStores {
        stores.courses.expect_update().once().returning(move |_, changed| {
            assert_eq!((changed.id, changed.state, changed.revision), (Id::new(7), state, course(7).revision.next()));
            Ok(())
        });
        stores
    }

    async fn run(stores: MockStores, operation: CourseOperation) -> Result<Course, OperateCourseError> {
        operate(&FakeUnitOfWork::new(stores), account().id, CourseRef::parse("7"), operation, now()).await
    }

    fn suspended() -> Course {
        Course { state: CourseState::Suspended, ..course(7) }
    }

    #[tokio::test]
    async fn a_course_is_suspended_from_wherever_it_is() {
        for state in [CourseState::Active, CourseState::Archived, CourseState::Provisioned, CourseState::Declined] {
            let stores = writes(holding(Some(Course { state, ..course(7) })), CourseState::Suspended);
            assert_eq!(run(stores, CourseOperation::Suspend).await.unwrap().state, CourseState::Suspended);
        }
        let unchanged = run(holding(Some(suspended())), CourseOperation::Suspend).await.unwrap();
        assert_eq!(unchanged, suspended());
    }

    #[tokio::test]
    async fn a_suspension_ends_where_the_operator_says() {
        for state in [CourseState::Active, CourseState::Archived] {
            let stores = writes(holding(Some(suspended())), state);
            assert_eq!(run(stores, CourseOperation::Restore(state)).await.unwrap().state, state);
        }
        let refused = run(holding(Some(suspended())), CourseOperation::Restore(CourseState::Provisioned)).await;
        assert!(matches!(refused, Err(OperateCourseError::Refused(ChangeError::State(_)))), "{refused:?}");
    }

    #[tokio::test]
    async fn a_course_that_was_never_active_is_asked_a_calendar_for() {
        let mut stores = writes(holding(Some(Course { first_active_at: None, ..suspended() })), CourseState::Active);
        stores.jobs.expect_enqueue().once().returning(|_, job| {
            assert_eq!(job.reference().as_str(), "7");
            Ok(Enqueued::Created(job.clone().into_job(Id::new(1))))
        });
        assert!(run(stores, CourseOperation::Restore(CourseState::Active)).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_not_suspended_is_not_restored() {
        let refused = run(holding(Some(course(7))), CourseOperation::Restore(CourseState::Active)).await;
        assert!(matches!(refused, Err(OperateCourseError::NotSuspended(CourseState::Active))), "{refused:?}");
        let missing = run(holding(None), CourseOperation::Suspend).await;
        assert!(matches!(missing, Err(OperateCourseError::NotFound)), "{missing:?}");
    }

    #[tokio::test]
    async fn a_course_goes_by_an_alias_of_the_account_as_well() {
        let named = |alias: &'static str, stores: MockStores| async move {
            operate(&FakeUnitOfWork::new(stores), account().id, CourseRef::parse(alias), CourseOperation::Suspend, now()).await
        };
        let mut stores = writes(holding(Some(course(7))), CourseState::Suspended);
        stores.aliases.expect_resolve().once().returning(|_, space, alias| {
            assert_eq!((space, alias.as_str()), (AliasSpace::Domain, "d:math"));
            Ok(Some(Id::new(7)))
        });
        assert!(named("d:math", stores).await.is_ok());
        for other in ["p:math", "math"] {
            assert!(matches!(named(other, MockStores::default()).await, Err(OperateCourseError::NotFound)), "{other}");
        }
    }
}
