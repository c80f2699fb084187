//! Erases everything of a user, a batch of one kind at a time, in the order and with the passes that the domain decides on.

use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::identity::{Email, PrincipalKind, User, UserKey, UserState, Username};
use derslik_domain::job::{BatchSize, ErasureKind, ErasureProgress, ErasureStep, Progress, ReferenceId, RowCount};
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
        let Some(user) = lock_user(stores, account, &context.job.reference)? else {
            return Ok(done(progress));
        };
        let next = match progress.step {
            ErasureStep::Erase(ErasureKind::Profile) => last_look(stores, account, &user, progress, context.now)?,
            ErasureStep::Erase(kind) => progress.after(erase(stores, account, user.id, kind)?, BATCH),
            ErasureStep::Done => progress,
        };
        Ok(if next.step == ErasureStep::Done { done(next) } else { Step::More(Progress::Erasure(next)) })
    }
}

/// The person whose GUID, number, e-mail address or user name that text is. Services are no persons.
fn lock_user(stores: &mut dyn Stores, account: AccountId, reference: &ReferenceId) -> Result<Option<User>, StoreError> {
    let text = reference.as_str();
    let keys = [
        text.parse().ok().map(UserKey::Guid),
        text.parse().ok().map(|number| UserKey::Id(PrincipalId::new(number))),
        Email::parse(text).ok().map(UserKey::Email),
        Username::parse(text).ok().map(UserKey::Username),
    ];
    for key in keys.into_iter().flatten() {
        if let Some(user) = stores.users().find(account, &key)?.filter(|user| user.kind == PrincipalKind::User) {
            return stores.users().lock(account, user.id);
        }
    }
    Ok(None)
}

fn done(progress: ErasureProgress) -> Step {
    Step::Done(Some(Progress::Erasure(ErasureProgress { step: ErasureStep::Done, ..progress })))
}

/// Erases one batch of a kind.
fn erase(stores: &mut dyn Stores, account: AccountId, user: PrincipalId, kind: ErasureKind) -> Result<RowCount, StoreError> {
    match kind {
        ErasureKind::Credentials => stores.identity().erase_credentials(account, user, BATCH),
        ErasureKind::Sessions => stores.sessions().erase_created_by(account, user, BATCH),
        // The tables of the first two are still to come; the profile goes by itself.
        ErasureKind::Attendances | ErasureKind::Memberships | ErasureKind::Profile => Ok(RowCount::ZERO),
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
        let left = erase(stores, account, user.id, kind)?;
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
