//! The store of users.

use std::collections::BTreeSet;

use derslik_domain::id::{AccountId, PrincipalId, UserGuid};
use derslik_domain::identity::{DataSubject, PersonFilter, User, UserKey, Username};
use derslik_domain::job::ReferenceId;
use derslik_domain::time::Timestamp;

use super::StoreError;

/// Stores the people and services of every account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait UserRepository {
    /// Adds a user unless one of that id is there. Tells whether it was added.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another user of the account has the GUID, the e-mail address or the user name.
    fn add(&mut self, account: AccountId, user: &User) -> Result<bool, StoreError>;

    /// Writes a user over what is stored under its id. Tells whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] as for [`UserRepository::add`].
    fn update(&mut self, account: AccountId, user: &User) -> Result<bool, StoreError>;

    /// An id that no user of the account has yet. Two transactions that ask at once may get the same, and then one of them
    /// finds it taken when it adds.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_id(&mut self, account: AccountId) -> Result<PrincipalId, StoreError>;

    /// One user, also one that was deleted.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId, key: &UserKey) -> Result<Option<User>, StoreError>;

    /// Deletes a person: writes its [tombstone](User::deleted) over what is stored under its id. The person is still found by the
    /// user name and the address that it had last, until [`update`](Self::update) writes over it. Tells whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete(&mut self, account: AccountId, user: &User, at: Timestamp) -> Result<bool, StoreError>;

    /// Whom a client of the jobs API means by a text: the living person whom the first [key of it](UserKey::all_of) finds that
    /// finds one, and those that were deleted, of the GUID or the number, or who had the address or the user name last, at most
    /// [`DataSubject::MOST_PEOPLE`] of each. Services are no persons.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_subject(&mut self, account: AccountId, reference: &ReferenceId) -> Result<DataSubject, StoreError>;

    /// One user, also one that was deleted, held against other writers until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock(&mut self, account: AccountId, id: PrincipalId) -> Result<Option<User>, StoreError>;

    /// The users of these ids that there are, also deleted ones, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_many(&mut self, account: AccountId, ids: &[PrincipalId]) -> Result<Vec<User>, StoreError>;

    /// The users of these GUIDs that there are, also deleted ones, in no order, held against deletion until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError`].
    fn hold_by_guids(&mut self, account: AccountId, guids: &BTreeSet<UserGuid>) -> Result<Vec<User>, StoreError>;

    /// The users of these user names that there are, in no order, held as by [`UserRepository::hold_by_guids`].
    ///
    /// # Errors
    /// [`StoreError`].
    fn hold_by_usernames(&mut self, account: AccountId, usernames: &[Username]) -> Result<Vec<User>, StoreError>;

    /// The page of the people that the filter is about, without deleted ones, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_people(&mut self, account: AccountId, filter: &PersonFilter) -> Result<Vec<User>, StoreError>;
}
