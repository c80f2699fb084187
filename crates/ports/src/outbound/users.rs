//! The store of users.

use std::collections::BTreeSet;

use derslik_domain::id::{AccountId, PrincipalId, UserGuid};
use derslik_domain::identity::{PersonFilter, User, UserKey};
use derslik_domain::job::ReferenceId;

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

    /// The person, also one that was deleted, that a client of the jobs API means by a text: whom the first
    /// [key of it](UserKey::all_of) finds that finds anybody. Services are no persons.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_person(&mut self, account: AccountId, reference: &ReferenceId) -> Result<Option<User>, StoreError>;

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

    /// The users of these GUIDs that there are, also deleted ones, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_by_guids(&mut self, account: AccountId, guids: &BTreeSet<UserGuid>) -> Result<Vec<User>, StoreError>;

    /// The page of the people that the filter is about, without deleted ones, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_people(&mut self, account: AccountId, filter: &PersonFilter) -> Result<Vec<User>, StoreError>;
}
