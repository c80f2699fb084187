//! Operations of the operator of the installation on any job.

use derslik_domain::audit::Requester;
use derslik_domain::id::{AccountId, Id, JobId};
use derslik_domain::job::{Event, Job, TransitionError, UnknownJob};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Conflict, Reason, StoreError, Stores, UnitOfWork};

use super::record_cancel;

/// What an operator can do to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Cancel it.
    Cancel,
    /// Give a failed job a new set of attempts.
    Retry,
    /// Start it now.
    RunNow,
}

/// Why an operation on a job failed.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// The account has no such job.
    #[error("there is no such job")]
    NotFound,
    /// The job is of an action that this program does not know.
    #[error("this version does not know what the job does, and leaves it alone")]
    Unknown,
    /// The operation is not possible in the present state of the job.
    #[error(transparent)]
    Refused(#[from] TransitionError),
    /// There is another live job of the same project, action and reference.
    #[error("another job for the same is live")]
    AnotherIsLive,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for OperateError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(Conflict::LiveJob) => Self::AnotherIsLive,
            error => Self::Store(error),
        }
    }
}

/// The job of that id, if it is of an action that this program does not know.
///
/// # Errors
/// [`StoreError`].
pub fn find_unknown(stores: &mut dyn Stores, account: AccountId, id: JobId) -> Result<Option<UnknownJob>, StoreError> {
    let before = id.get().checked_sub(1).map(Id::new);
    Ok(stores.jobs().list_unknown(account, before, 1)?.into_iter().find(|job| job.id == id))
}

/// Carries out an operation on a job, at the instant `at`.
///
/// # Errors
/// [`OperateError`]. After any of them, nothing was changed.
pub async fn operate<U: UnitOfWork>(
    uow: &U,
    account: AccountId,
    id: JobId,
    operation: Operation,
    at: Timestamp,
) -> Result<Job, OperateError> {
    let event = match operation {
        Operation::Cancel => Event::Cancel,
        Operation::Retry => Event::Retry,
        Operation::RunNow => Event::RunNow,
    };
    uow.write(account, move |stores| {
        let Some(before) = stores.jobs().lock(account, id)? else {
            let unknown = find_unknown(stores, account, id)?;
            return Err(unknown.map_or(OperateError::NotFound, |_| OperateError::Unknown));
        };
        let (after, _) = before.clone().apply(event, at)?;
        if !stores.jobs().replace(account, &before, &after)? {
            return Err(OperateError::Store(StoreError::from(Reason::Conflict)));
        }
        if operation == Operation::Cancel {
            record_cancel(stores, account, &after, Requester::Operator)?;
        }
        Ok(after)
    })
    .await
}
