//! The store of attendees.

use derslik_domain::attendee::{Attendance, AttendanceFilter, AttendedCursor, AttendedSession, Attendee, AttendeeKey, AttendeeKeys};
use derslik_domain::id::{AccountId, JobId, SessionGuid};
use derslik_domain::identity::{DataSubject, PersonFilter};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::{BatchSize, RowCount};

use super::StoreError;

/// Stores the attendees of the sessions of every account. A transaction that changes the attendees of a session MUST hold the
/// session, so that two of them never run at once.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AttendeeRepository {
    /// The attendees of a session that have any of these keys, each once, in no order. The number of statements does not grow
    /// with them on PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_many(&mut self, account: AccountId, session: SessionGuid, keys: &AttendeeKeys) -> Result<Vec<Attendee>, StoreError>;

    /// Adds attendees. Any number of them, in one statement on PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a code, or within its session an address or a person, is taken.
    fn insert_many(&mut self, account: AccountId, attendees: &[Attendee]) -> Result<(), StoreError>;

    /// Overwrites the stored attendees of the same sessions and GUIDs. A call MUST NOT name an attendee twice.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] as for [`AttendeeRepository::insert_many`].
    fn update_many(&mut self, account: AccountId, attendees: &[Attendee]) -> Result<(), StoreError>;

    /// One attendee of a session.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&mut self, account: AccountId, session: SessionGuid, key: &AttendeeKey) -> Result<Option<Attendee>, StoreError>;

    /// The filter's page of the attendees of a session that match it, in the order in which they were added, and then by GUID. The
    /// user name of the filter is ignored.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(&mut self, account: AccountId, session: SessionGuid, filter: &PersonFilter) -> Result<Vec<Attendee>, StoreError>;

    /// The attendance of a data subject, by its GUIDs and addresses, without deleted sessions.
    ///
    /// # Errors
    /// [`StoreError`].
    fn attendance_of(&mut self, account: AccountId, who: &DataSubject) -> Result<Attendance, StoreError>;

    /// A page of the sessions that a data subject attends and that match the filter, without deleted ones, ordered by start and
    /// then by GUID. A session is listed once, also if the data subject attends it under several keys.
    ///
    /// # Errors
    /// [`StoreError`].
    fn attended_by(
        &mut self,
        account: AccountId,
        who: &DataSubject,
        filter: AttendanceFilter,
        page: PageRequest<AttendedCursor>,
    ) -> Result<Vec<AttendedSession>, StoreError>;

    /// Removes an attendee for good. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove(&mut self, account: AccountId, session: SessionGuid, key: &AttendeeKey) -> Result<bool, StoreError>;

    /// Removes the attendances of a person, also those under an e-mail address alone, in at most a batch of sessions. Returns how
    /// many attendances were removed. Their GUIDs, codes and addresses are stored, and answers are [searched for them](super::IdempotencyRepository::erase_naming) until the job
    /// [removes](super::IdempotencyRepository::forget_erased) them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn erase_of(&mut self, account: AccountId, who: &DataSubject, job: JobId, batch: BatchSize) -> Result<RowCount, StoreError>;
}
