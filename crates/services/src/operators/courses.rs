//! Changes courses as no API can: suspends and restores them, and sets what their teachers can't.

use async_trait::async_trait;
use derslik_domain::audit::{self, Object};
use derslik_domain::course::alias::{AliasSpace, CourseRef};
use derslik_domain::course::{Change, Course, OperatorSetting, adjust, restore, suspend};
use derslik_domain::id::{AccountId, GradeCategoryId};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::{CourseOperation, CourseOperationError, CourseOperations};
use derslik_ports::outbound::{StoreError, Stores, UnitOfWork};

use super::UseCases;
use crate::courses::{enqueue_calendar_job, twelve_digits};
use crate::record::record;

#[async_trait]
impl<U: UnitOfWork> CourseOperations for UseCases<U> {
    async fn operate(&self, account: AccountId, course: CourseRef, operation: CourseOperation) -> Result<Course, CourseOperationError> {
        let (ids, at, done) = (self.ids.clone(), self.clock.now_of(account), change_of(&operation));
        let requester = self.requester;
        self.uow
            .write(account, move |stores| {
                let course = lock(stores, account, &course)?.ok_or(CourseOperationError::NotFound)?;
                let change = decide(&course, operation, || twelve_digits(ids.as_ref(), account), at)?;
                if !change.facts.is_empty() {
                    stores.courses().update(account, &change.course)?;
                    enqueue_calendar_job(stores, account, change.course.id, &change.facts, at, None)?;
                    record(stores, account, at, requester, done, Object::Course(change.course.id))?;
                }
                Ok(change.course)
            })
            .await
    }
}

/// The change that the audit log names.
const fn change_of(operation: &CourseOperation) -> audit::Change {
    match operation {
        CourseOperation::Suspend => audit::Change::Suspended,
        CourseOperation::Restore(_) => audit::Change::Restored,
        CourseOperation::Guardians(_) | CourseOperation::Gradebook(_) | CourseOperation::Materials(_) => audit::Change::Changed,
    }
}

fn decide(
    course: &Course,
    operation: CourseOperation,
    new_id: impl FnMut() -> GradeCategoryId,
    at: Timestamp,
) -> Result<Change, CourseOperationError> {
    let setting = match operation {
        CourseOperation::Suspend => return Ok(suspend(course, at)?),
        CourseOperation::Restore(to) => return Ok(restore(course, to, at)?),
        CourseOperation::Guardians(enabled) => OperatorSetting::Guardians(enabled),
        CourseOperation::Gradebook(form) => OperatorSetting::Gradebook(course.gradebook.revised(form, new_id)?),
        CourseOperation::Materials(sets) => OperatorSetting::Materials(sets),
    };
    Ok(adjust(course, setting, at)?)
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
    use derslik_domain::audit::{AuditEvent, Requester};
    use derslik_domain::course::gradebook::{DisplaySetting, GradeCategoryForm, GradeCategoryName, GradebookForm};
    use derslik_domain::course::{AdjustError, ChangeError, CourseState, RestoreError};
    use derslik_domain::id::Id;
    use derslik_ports::mocks::MockStores;
    use derslik_ports::outbound::{CourseWithMembership, Enqueued};
    use derslik_testkit::builders::{account, course, now};

    use super::*;
    use crate::operators::testing::operators;

    fn holding(course: Option<Course>) -> MockStores {
        let mut stores = MockStores::default();
        let record = course.map(|course| CourseWithMembership { course, membership: None });
        stores.courses.expect_lock().once().returning(move |_, _, _| Ok(record.clone()));
        stores
    }

    fn writes(mut stores: MockStores, state: CourseState) -> MockStores {
        stores.audit.expect_add().once().returning(|of, record| {
            let AuditEvent::Change(Requester::Operator, _, object) = record.event else { panic!("{record:?}") };
            assert_eq!((of, record.at, object), (account().id, now(), Object::Course(Id::new(7))));
            Ok(())
        });
        stores.courses.expect_update().once().returning(move |_, changed| {
            assert_eq!((changed.id, changed.state, changed.revision), (Id::new(7), state, course(7).revision.next()));
            Ok(())
        });
        stores
    }

    async fn run(stores: MockStores, operation: CourseOperation) -> Result<Course, CourseOperationError> {
        operators(stores).operate(account().id, CourseRef::parse("7"), operation).await
    }

    fn suspended() -> Course {
        Course { state: CourseState::Suspended, suspended_from: Some(CourseState::Archived), ..course(7) }
    }

    #[tokio::test]
    async fn a_course_is_suspended_in_every_state() {
        for state in [CourseState::Active, CourseState::Archived, CourseState::Provisioned, CourseState::Declined] {
            let stores = writes(holding(Some(Course { state, ..course(7) })), CourseState::Suspended);
            assert_eq!(run(stores, CourseOperation::Suspend).await.unwrap().state, CourseState::Suspended);
        }
        let unchanged = run(holding(Some(suspended())), CourseOperation::Suspend).await.unwrap();
        assert_eq!(unchanged, suspended());
    }

    #[tokio::test]
    async fn a_suspension_ends_in_the_state_that_the_operator_names_or_in_the_one_before() {
        for (named, state) in [
            (Some(CourseState::Active), CourseState::Active),
            (Some(CourseState::Archived), CourseState::Archived),
            (None, CourseState::Archived),
        ] {
            let stores = writes(holding(Some(suspended())), state);
            assert_eq!(run(stores, CourseOperation::Restore(named)).await.unwrap().state, state);
        }
        let refused = run(holding(Some(suspended())), CourseOperation::Restore(Some(CourseState::Provisioned))).await;
        assert!(matches!(refused, Err(CourseOperationError::Restore(RestoreError::Refused(ChangeError::State(_))))), "{refused:?}");
    }

    #[tokio::test]
    async fn the_first_activation_enqueues_the_job_of_the_calendar() {
        let mut stores = writes(holding(Some(Course { first_active_at: None, ..suspended() })), CourseState::Active);
        stores.jobs.expect_enqueue().once().returning(|_, job| {
            assert_eq!(job.reference().as_str(), "7");
            Ok(Enqueued::Created(job.clone().into_job(Id::new(1))))
        });
        assert!(run(stores, CourseOperation::Restore(Some(CourseState::Active))).await.is_ok());
    }

    #[tokio::test]
    async fn a_course_that_is_not_suspended_is_not_restored() {
        let refused = run(holding(Some(course(7))), CourseOperation::Restore(None)).await;
        let expected = RestoreError::NotSuspended(CourseState::Active);
        assert!(matches!(&refused, Err(CourseOperationError::Restore(error)) if *error == expected), "{refused:?}");
        let missing = run(holding(None), CourseOperation::Suspend).await;
        assert!(matches!(missing, Err(CourseOperationError::NotFound)), "{missing:?}");
    }

    #[tokio::test]
    async fn the_operator_sets_the_fields_that_no_request_can_set() {
        let name = GradeCategoryName::new("Ödev").unwrap();
        let category = GradeCategoryForm { name, weight: None, default_grade_denominator: None };
        let gradebook =
            GradebookForm { display: Some(DisplaySetting::ShowOverallGrade), categories: Some(vec![category]), ..GradebookForm::default() };
        let written = run(writes(holding(Some(course(7))), CourseState::Active), CourseOperation::Gradebook(gradebook)).await.unwrap();
        assert_eq!(written.gradebook.display(), DisplaySetting::ShowOverallGrade);
        assert_eq!(written.gradebook.categories()[0].id.to_string().len(), 12);
        let written = run(writes(holding(Some(course(7))), CourseState::Active), CourseOperation::Guardians(true)).await.unwrap();
        assert!(written.guardians_enabled);

        let same = run(holding(Some(course(7))), CourseOperation::Materials(Vec::new())).await.unwrap();
        assert_eq!(same, course(7));
        let closed = run(holding(Some(suspended())), CourseOperation::Guardians(true)).await;
        assert!(matches!(closed, Err(CourseOperationError::Adjust(AdjustError::NotModifiable(CourseState::Suspended)))), "{closed:?}");
    }

    #[test]
    fn the_log_tells_a_suspension_and_its_end_from_other_changes() {
        let changes = [
            CourseOperation::Suspend,
            CourseOperation::Restore(None),
            CourseOperation::Guardians(true),
            CourseOperation::Gradebook(GradebookForm::default()),
            CourseOperation::Materials(Vec::new()),
        ];
        let changes = changes.map(|operation| change_of(&operation));
        assert_eq!(changes[..2], [audit::Change::Suspended, audit::Change::Restored]);
        assert_eq!(changes[2..], [audit::Change::Changed; 3]);
    }

    #[tokio::test]
    async fn only_aliases_of_the_account_name_a_course() {
        let named = |alias: &'static str, stores: MockStores| async move {
            operators(stores).operate(account().id, CourseRef::parse(alias), CourseOperation::Suspend).await
        };
        let mut stores = writes(holding(Some(course(7))), CourseState::Suspended);
        stores.aliases.expect_resolve().once().returning(|_, space, alias| {
            assert_eq!((space, alias.as_str()), (AliasSpace::Domain, "d:math"));
            Ok(Some(Id::new(7)))
        });
        assert!(named("d:math", stores).await.is_ok());
        for other in ["p:math", "math"] {
            assert!(matches!(named(other, MockStores::default()).await, Err(CourseOperationError::NotFound)), "{other}");
        }
    }
}
