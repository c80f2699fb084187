//! Erases everything of a user, a batch of one kind at a time, in the order and with the passes that the domain decides on.

use derslik_domain::audit::{AuditEvent, NewAuditRecord};
use derslik_domain::id::AccountId;
use derslik_domain::identity::{User, UserState};
use derslik_domain::job::{BatchSize, ErasureKind, ErasureProgress, ErasureStep, Progress, RowCount};
use derslik_domain::time::Timestamp;
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
            Some(Progress::Rows(_)) | None => ErasureProgress::default(),
        };
        let account = context.account;
        // Locked in each step: who makes something new for the user waits, and then finds the user gone or the step undone.
        let found = stores.users().find_person(account, &context.job.reference)?;
        let user = found.map(|user| stores.users().lock(account, user.id)).transpose()?.flatten();
        let Some(user) = user else { return done(stores, context, progress) };
        let next = match progress.step {
            ErasureStep::Erase(ErasureKind::Profile) => last_look(stores, account, &user, progress, context.now)?,
            ErasureStep::Erase(kind) => progress.after(erase(stores, account, &user, kind)?, BATCH),
            ErasureStep::Done => progress,
        };
        if next.step == ErasureStep::Done { done(stores, context, next) } else { Ok(Step::More(Progress::Erasure(next))) }
    }
}

/// The end of the erasure, which is recorded together with it.
fn done(stores: &mut dyn Stores, context: &StepContext<'_>, progress: ErasureProgress) -> Result<Step, StepError> {
    let event = AuditEvent::ErasureCompleted(progress.counts);
    let record = NewAuditRecord { at: context.now, job: context.job.id, about: context.job.reference.clone(), event };
    stores.audit().add(context.account, &record)?;
    Ok(Step::Done(Some(Progress::Erasure(ErasureProgress { step: ErasureStep::Done, ..progress }))))
}

/// Erases one batch of a kind.
fn erase(stores: &mut dyn Stores, account: AccountId, user: &User, kind: ErasureKind) -> Result<RowCount, StoreError> {
    match kind {
        ErasureKind::Credentials => stores.identity().erase_credentials(account, user.id, BATCH),
        ErasureKind::Attendances => stores.attendees().erase_of(account, user, BATCH),
        // After the attendances: whoever still attends one of them is somebody else, who needs it.
        ErasureKind::Sessions => stores.sessions().erase_created_by(account, user.id, BATCH),
        ErasureKind::Memberships => stores.rosters().erase_memberships(account, user.id, BATCH),
        // It goes by itself.
        ErasureKind::Profile => Ok(RowCount::ZERO),
    }
}

/// The profile goes if nothing is left that is found by it; otherwise everything is looked through once more.
fn last_look(
    stores: &mut dyn Stores,
    account: AccountId,
    user: &User,
    progress: ErasureProgress,
    now: Timestamp,
) -> Result<ErasureProgress, StoreError> {
    for kind in ErasureKind::ALL.into_iter().filter(|kind| *kind != ErasureKind::Profile) {
        let left = erase(stores, account, user, kind)?;
        if left > RowCount::ZERO {
            let counts = progress.counts.with(kind, left);
            return Ok(ErasureProgress { counts, ..progress }.another_pass());
        }
    }
    if user.status == UserState::Deleted {
        return Ok(progress.after(RowCount::ZERO, BATCH));
    }
    stores.users().update(account, &user.deleted(now))?;
    Ok(progress.after(RowCount::new(1), BATCH))
}
