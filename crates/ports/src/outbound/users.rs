//! The store of users.

use std::collections::BTreeSet;

use derslik_domain::id::{AccountId, PrincipalId, UserGuid};
use derslik_domain::identity::{DataSubject, PersonFilter, User, UserKey, Username};
use derslik_domain::job::ReferenceId;
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;

use super::StoreError;

/// Stores the people and services of every account.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait UserRepository {
    /// Adds a user unless one of that id exists. Returns whether it was added.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another user of the account has the GUID, the e-mail address or the user name.
    fn add(&mut self, account: AccountId, user: &User) -> Result<bool, StoreError>;

    /// Overwrites the stored user of the same id. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] as for [`UserRepository::add`].
    fn update(&mut self, account: AccountId, user: &User) -> Result<bool, StoreError>;

    /// An id that no user of the account has yet. Two concurrent transactions may get the same one; then the second to add the
    /// user finds the id taken.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_id(&mut self, account: AccountId) -> Result<PrincipalId, StoreError>;

    /// One user, also a deleted one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId, key: &UserKey) -> Result<Option<User>, StoreError>;

    /// Deletes a person: overwrites the stored row by its [tombstone](User::deleted). The person is still found by the last
    /// user name and address, until [`update`](Self::update) overwrites them. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete(&mut self, account: AccountId, user: &User, at: Timestamp) -> Result<bool, StoreError>;

    /// The data subject that a reference of the jobs API names. One living person: the first that a [key of the
    /// reference](UserKey::all_of) finds. Deleted people: those of the GUID or the number, and those with that last address or
    /// user name, at most [`DataSubject::MOST_PEOPLE`] of each. Services are not people and never match.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_subject(&mut self, account: AccountId, reference: &ReferenceId) -> Result<DataSubject, StoreError>;

    /// One user, also a deleted one, locked against other writers until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError`].
    fn lock(&mut self, account: AccountId, id: PrincipalId) -> Result<Option<User>, StoreError>;

    /// The existing users of these ids, also deleted ones, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_many(&mut self, account: AccountId, ids: &[PrincipalId]) -> Result<Vec<User>, StoreError>;

    /// The existing users of these GUIDs, also deleted ones, in no order, protected from deletion until the transaction ends.
    ///
    /// # Errors
    /// [`StoreError`].
    fn hold_by_guids(&mut self, account: AccountId, guids: &BTreeSet<UserGuid>) -> Result<Vec<User>, StoreError>;

    /// The existing users of these user names, in no order, protected as by [`UserRepository::hold_by_guids`].
    ///
    /// # Errors
    /// [`StoreError`].
    fn hold_by_usernames(&mut self, account: AccountId, usernames: &[Username]) -> Result<Vec<User>, StoreError>;

    /// The filter's page of the people that match it, without deleted ones, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list_people(&mut self, account: AccountId, filter: &PersonFilter) -> Result<Vec<User>, StoreError>;

    /// A page of the people of the account without deleted ones, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn page_of_people(&mut self, account: AccountId, page: PageRequest<PrincipalId>) -> Result<Vec<User>, StoreError>;

    /// The first service of the account that may act: the principal that stands for the account itself.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_service(&mut self, account: AccountId) -> Result<Option<User>, StoreError>;
}
