//! Erases everything of a user, a batch of one kind at a time, in the order and with the passes that the domain decides on.

use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::job::{BatchSize, ErasureKind, ErasureProgress, ErasureStep, Progress, RowCount};
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
        let Some(user) = stores.identity().lock_user(account, &context.job.reference)? else {
            return Ok(done(progress));
        };
        let next = match progress.step {
            ErasureStep::Erase(ErasureKind::Profile) => last_look(stores, account, user, progress)?,
            ErasureStep::Erase(kind) => progress.after(erase(stores, account, user, kind)?, BATCH),
            ErasureStep::Done => progress,
        };
        Ok(if next.step == ErasureStep::Done { done(next) } else { Step::More(Progress::Erasure(next)) })
    }
}

fn done(progress: ErasureProgress) -> Step {
    Step::Done(Some(Progress::Erasure(ErasureProgress { step: ErasureStep::Done, ..progress })))
}

/// Erases one batch of a kind.
fn erase(stores: &mut dyn Stores, account: AccountId, user: PrincipalId, kind: ErasureKind) -> Result<RowCount, StoreError> {
    match kind {
        ErasureKind::Credentials => stores.identity().erase_credentials(account, user, BATCH),
        ErasureKind::Sessions => stores.sessions().erase_created_by(account, user, BATCH),
        ErasureKind::Profile => stores.identity().erase_profile(account, user),
        // Their tables are still to come.
        ErasureKind::Attendances | ErasureKind::Memberships => Ok(RowCount::ZERO),
    }
}

/// The profile goes if nothing is left that is found by it; otherwise everything is looked through once more.
fn last_look(
    stores: &mut dyn Stores,
    account: AccountId,
    user: PrincipalId,
    progress: ErasureProgress,
) -> Result<ErasureProgress, StoreError> {
    for kind in ErasureKind::ALL.into_iter().filter(|kind| *kind != ErasureKind::Profile) {
        let left = erase(stores, account, user, kind)?;
        if left > RowCount::ZERO {
            let counts = progress.counts.with(kind, left);
            return Ok(ErasureProgress { counts, ..progress }.another_pass());
        }
    }
    Ok(progress.after(erase(stores, account, user, ErasureKind::Profile)?, BATCH))
}
