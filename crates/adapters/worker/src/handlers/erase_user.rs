//! Erases everything of a user, a batch of one kind at a time, in the order and with the passes that the domain decides on.

use derslik_domain::audit::{AuditEvent, Erasure, ErasureStage, NewAuditRecord};
use derslik_domain::id::{AccountId, JobId, PrincipalId};
use derslik_domain::identity::{DataSubject, UserState};
use derslik_domain::job::{ErasureKind, ErasureProgress, ErasureStep, Progress, ReferenceId};
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_ports::outbound::{StoreError, Stores};

use crate::registry::{Step, StepContext, StepError, StepHandler};

const BATCH: BatchSize = BatchSize::DEFAULT;

/// Erases everything of a user.
#[derive(Debug, Clone, Copy)]
pub struct EraseUser;

impl StepHandler for EraseUser {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let progress = match context.job.progress {
            Some(Progress::Erasure(progress)) => progress,
            Some(Progress::Rows(_) | Progress::Erasures(_)) | None => ErasureProgress::default(),
        };
        let next = step_of(stores, context, &context.job.reference, progress)?;
        if next.step == ErasureStep::Done {
            record_completion(stores, context, &context.job.reference, next)?;
            return Ok(Step::Done(Some(Progress::Erasure(next))));
        }
        Ok(Step::More(Progress::Erasure(next)))
    }
}

/// The next step of the erasure of one user.
pub(super) fn step_of(
    stores: &mut dyn Stores,
    context: &StepContext<'_>,
    user: &ReferenceId,
    progress: ErasureProgress,
) -> Result<ErasureProgress, StoreError> {
    let (account, job) = (context.account, context.job.id);
    let who = hold(stores, account, user)?;
    Ok(match progress.step {
        ErasureStep::Erase(ErasureKind::Profile) => last_step(stores, context, &who, progress)?,
        ErasureStep::Erase(ErasureKind::Answers) => search_answers(stores, account, &who, progress)?,
        ErasureStep::Erase(kind) => progress.after(erase(stores, account, &who, job, kind)?, BATCH),
        ErasureStep::Done => progress,
    })
}

/// Records the end of the erasure of a user, in the transaction of its last step.
pub(super) fn record_completion(
    stores: &mut dyn Stores,
    context: &StepContext<'_>,
    user: &ReferenceId,
    progress: ErasureProgress,
) -> Result<(), StoreError> {
    let stage = ErasureStage::Completed(progress.counts);
    let event = AuditEvent::Erasure(Erasure { job: context.job.id, subject: user.clone(), stage });
    stores.audit().add(context.account, &NewAuditRecord { at: context.now, event })
}

/// Whom the erasure is about, as they are now. People are locked in each step: who makes something new for one of them, or acts as
/// one of them, waits, and then finds the person gone or the step undone.
fn hold(stores: &mut dyn Stores, account: AccountId, reference: &ReferenceId) -> Result<DataSubject, StoreError> {
    let found = stores.users().find_subject(account, reference)?;
    let mut ids: Vec<_> = found.people().iter().map(|user| user.id).collect();
    // In one order, so that two erasures never wait for each other.
    ids.sort_unstable();
    let mut people = Vec::with_capacity(ids.len());
    for id in ids {
        people.extend(stores.users().lock(account, id)?);
    }
    Ok(DataSubject::new(reference.as_str(), people))
}

/// Erases one batch of a kind that is found by whom it belongs to.
fn erase(stores: &mut dyn Stores, account: AccountId, who: &DataSubject, job: JobId, kind: ErasureKind) -> Result<RowCount, StoreError> {
    match kind {
        ErasureKind::Credentials => of_each(who, |user| stores.identity().erase_credentials(account, user, BATCH)),
        ErasureKind::Attendances => stores.attendees().erase_of(account, who, job, BATCH),
        // After the attendances: an attendee that such a session still has is another person, who needs it.
        ErasureKind::Sessions => of_each(who, |user| stores.sessions().erase_created_by(account, user, BATCH)),
        ErasureKind::Memberships => of_each(who, |user| stores.rosters().erase_memberships(account, user, BATCH)),
        // They go by themselves.
        ErasureKind::Answers | ErasureKind::Profile => Ok(RowCount::ZERO),
    }
}

/// One batch of what belongs to any of the people.
fn of_each(who: &DataSubject, mut erase: impl FnMut(PrincipalId) -> Result<RowCount, StoreError>) -> Result<RowCount, StoreError> {
    let mut erased = RowCount::ZERO;
    for user in who.people() {
        erased = erased.plus(erase(user.id)?);
        if BATCH.is_filled_by(erased) {
            break;
        }
    }
    Ok(erased)
}

fn search_answers(
    stores: &mut dyn Stores,
    account: AccountId,
    who: &DataSubject,
    progress: ErasureProgress,
) -> Result<ErasureProgress, StoreError> {
    let found = stores.idempotency().erase_naming(account, who, progress.searched, BATCH)?;
    Ok(match found.until {
        Some(until) => progress.after_search(found.erased, until),
        None => progress.after(found.erased, BATCH),
    })
}

/// Removes the names of erased attendees before the profiles: a whole pass has searched for them and found nothing.
fn last_step(
    stores: &mut dyn Stores,
    context: &StepContext<'_>,
    who: &DataSubject,
    progress: ErasureProgress,
) -> Result<ErasureProgress, StoreError> {
    let forgotten = stores.idempotency().forget_erased(context.account, context.job.id, BATCH)?;
    if BATCH.is_filled_by(forgotten) { Ok(progress) } else { last_look(stores, context, who, progress) }
}

/// The profiles go if nothing is left that is found by them; otherwise everything is looked through once more. An answer that was
/// kept behind the search tells of something that the same transaction made, and so is looked for once more with it.
fn last_look(
    stores: &mut dyn Stores,
    context: &StepContext<'_>,
    who: &DataSubject,
    progress: ErasureProgress,
) -> Result<ErasureProgress, StoreError> {
    let (account, now) = (context.account, context.now);
    for kind in ErasureKind::ALL {
        let left = erase(stores, account, who, context.job.id, kind)?;
        if left > RowCount::ZERO {
            let counts = progress.counts.with(kind, left);
            return Ok(ErasureProgress { counts, ..progress }.another_pass());
        }
    }
    let mut profiles = 0;
    for user in who.people() {
        profiles += u64::from(user.status != UserState::Deleted);
        // Also those that were deleted before: nothing is to be found by what they went by.
        let tombstone = if user.status == UserState::Deleted { user.clone() } else { user.deleted(now) };
        stores.users().update(account, &tombstone)?;
    }
    let profiles = RowCount::new(profiles);
    if who.may_be_more() {
        let counts = progress.counts.with(ErasureKind::Profile, profiles);
        return Ok(ErasureProgress { counts, ..progress }.another_pass());
    }
    Ok(progress.after(profiles, BATCH))
}
