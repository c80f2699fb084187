//! The store of what erasures need beside their jobs: the users of an erasure of many, and a look at what an erasure would remove.

use derslik_domain::id::{AccountId, JobId};
use derslik_domain::identity::DataSubject;
use derslik_domain::job::{ErasedUser, ErasureCounts, ErasureUsers, ReferenceId, UserPlace};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;

use super::StoreError;

/// A user of an erasure of many, with its place in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// The place.
    pub place: UserPlace,
    /// The user. As long as the user is not erased, the counts are those of an erasure that has not begun.
    pub user: ErasedUser,
}

/// The result of a search of answers that changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedAnswers {
    /// How many an erasure would remove.
    pub found: RowCount,
    /// The time at which the last searched answer was stored; `None` if there are no later answers.
    pub until: Option<Timestamp>,
}

/// Stores the users of erasures of many, and counts what an erasure would remove.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait ErasureRepository {
    /// Stores the users of a job that was created in this unit of work. They go with the job when it is pruned.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_users(&mut self, account: AccountId, job: JobId, users: &ErasureUsers) -> Result<(), StoreError>;

    /// The user at a place of the list; `None` after the last one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn user_at(&mut self, account: AccountId, job: JobId, place: UserPlace) -> Result<Option<ReferenceId>, StoreError>;

    /// Stores that the user at a place is erased, and what was removed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn finish_user(&mut self, account: AccountId, job: JobId, place: UserPlace, counts: ErasureCounts) -> Result<(), StoreError>;

    /// A page of the users of a job, in the order of their places.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_users(&mut self, account: AccountId, job: JobId, page: PageRequest<UserPlace>) -> Result<Vec<ListedUser>, StoreError>;

    /// What an erasure of the data subject would remove now, apart from stored answers. Nothing is changed or locked.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count_rows(&mut self, account: AccountId, who: &DataSubject) -> Result<ErasureCounts, StoreError>;

    /// Searches answers as [an erasure](super::IdempotencyRepository::erase_naming) does, and counts those that it would remove. Of a
    /// data subject with very many attendances, answers that name the subject by the code of an attendance alone may be missed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count_answers(
        &mut self,
        account: AccountId,
        who: &DataSubject,
        after: Option<Timestamp>,
        batch: BatchSize,
    ) -> Result<CountedAnswers, StoreError>;
}
