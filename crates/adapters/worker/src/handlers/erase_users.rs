//! Erases everything of many users, one after another. Each step is a step of the erasure of one of them, and the end of a user is
//! stored and recorded before the next one begins.

use derslik_domain::job::{ErasureStep, ErasuresProgress, Progress};
use derslik_ports::outbound::Stores;

use super::erase_user::{record_completion, step_of};
use crate::registry::{Step, StepContext, StepError, StepHandler};

/// Erases everything of many users.
#[derive(Debug, Clone, Copy)]
pub struct EraseUsers;

impl StepHandler for EraseUsers {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let progress = match context.job.progress {
            Some(Progress::Erasures(progress)) => progress,
            Some(Progress::Rows(_) | Progress::Erasure(_)) | None => ErasuresProgress::default(),
        };
        let (account, job) = (context.account, context.job.id);
        let Some(user) = stores.erasures().user_at(account, job, progress.place)? else {
            return Ok(Step::Done(Some(Progress::Erasures(progress))));
        };
        let current = step_of(stores, context, &user, progress.current)?;
        if current.step == ErasureStep::Done {
            stores.erasures().finish_user(account, job, progress.place, current.counts)?;
            record_completion(stores, context, &user, current)?;
        }
        Ok(Step::More(Progress::Erasures(progress.after(current))))
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::{AuditEvent, Erasure, ErasureStage};
    use derslik_domain::id::{Id, ProjectId};
    use derslik_domain::identity::DataSubject;
    use derslik_domain::job::{ErasureCounts, ErasureKind, ErasureProgress, Job, NewJob, Pass, ReferenceId, UserPlace};
    use derslik_domain::rows::RowCount;
    use derslik_ports::mocks::MockStores;
    use derslik_testkit::builders::{account, now};

    use super::*;

    fn reference(text: &str) -> ReferenceId {
        ReferenceId::new(text).unwrap()
    }

    fn job(progress: Option<ErasuresProgress>) -> Job {
        let job = NewJob::delete_users_data(ProjectId::new(1), reference("a list"), now()).into_job(Id::new(9));
        Job { progress: progress.map(Progress::Erasures), ..job }
    }

    fn step(stores: &mut MockStores, job: &Job) -> Step {
        EraseUsers.step(stores, &StepContext { account: account().id, job, now: now() }).unwrap()
    }

    /// Stores whose list has two users, neither of whom is a person of the account.
    fn stores() -> MockStores {
        let mut stores = MockStores::default();
        stores.erasures.expect_user_at().returning(|of, job, place| {
            assert_eq!((of, job), (account().id, Id::new(9)));
            Ok([reference("ayse"), reference("ali")].get(usize::from(place.get())).cloned())
        });
        stores.users.expect_find_subject().returning(|_, user| Ok(DataSubject::new(user.as_str(), Vec::new())));
        stores
    }

    /// The progress in front of the last step of a user, of whom seven rows were erased.
    fn nearly_done(place: u16) -> ErasuresProgress {
        let counts = ErasureCounts::default().with(ErasureKind::Sessions, RowCount::new(7));
        let current = ErasureProgress { step: ErasureStep::Erase(ErasureKind::Profile), pass: Pass::Clean, searched: None, counts };
        ErasuresProgress { place: UserPlace::new(place), current, counts: ErasureCounts::default() }
    }

    #[test]
    fn the_first_step_is_that_of_the_first_user() {
        let expected = ErasuresProgress {
            current: ErasureProgress { step: ErasureStep::Erase(ErasureKind::Attendances), ..ErasureProgress::default() },
            ..ErasuresProgress::default()
        };
        assert_eq!(step(&mut stores(), &job(None)), Step::More(Progress::Erasures(expected)));
    }

    #[test]
    fn the_end_of_a_user_is_stored_and_recorded_and_the_next_user_follows() {
        let mut stores = stores();
        stores.idempotency.expect_forget_erased().returning(|_, _, _| Ok(RowCount::ZERO));
        stores.attendees.expect_erase_of().returning(|_, _, _, _| Ok(RowCount::ZERO));
        let counts = nearly_done(0).current.counts;
        stores.erasures.expect_finish_user().once().returning(move |of, job, place, erased| {
            assert_eq!((of, job, place, erased), (account().id, Id::new(9), UserPlace::FIRST, counts));
            Ok(())
        });
        stores.audit.expect_add().once().returning(move |_, record| {
            let stage = ErasureStage::Completed(counts);
            assert_eq!(record.event, AuditEvent::Erasure(Erasure { job: Id::new(9), subject: reference("ayse"), stage }));
            Ok(())
        });
        let next = ErasuresProgress { place: UserPlace::new(1), current: ErasureProgress::default(), counts };
        assert_eq!(step(&mut stores, &job(Some(nearly_done(0)))), Step::More(Progress::Erasures(next)));
    }

    #[test]
    fn the_job_is_done_after_the_last_user() {
        let progress = ErasuresProgress { place: UserPlace::new(2), ..ErasuresProgress::default() };
        assert_eq!(step(&mut stores(), &job(Some(progress))), Step::Done(Some(Progress::Erasures(progress))));
    }
}
