//! The status of a session: which event leads from which status to which, and which events a status refuses.
//!
//! | from \ event | change | change that moves the end into the future | expire | delete |
//! |---|---|---|---|---|
//! | passive, active, locked | the sent status | the sent status | expired | deleted |
//! | expired | the sent status | the sent status, or active if none is sent | – | deleted |
//! | deleted | – | – | – | – |
//!
//! A change that sends no status leaves it as it is. So does one that sends the present status, except that an expired session
//! whose end moves into the future becomes active again. A change that sends the status of a deleted session is refused, since
//! deletion is an event of its own.
//!
//! A new session is passive if the client sent that, and active otherwise.

use crate::time::Timestamp;

/// The status of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum SessionStatus {
    /// Deleted: kept in the store, invisible everywhere.
    Deleted,
    /// Closed to all attendees.
    Passive,
    /// As planned.
    Active,
    /// Closed to attendees that are not inside yet.
    Locked,
    /// Over.
    Expired,
}

/// An event in the life of a session that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum SessionEvent {
    /// A client changes the session.
    Change {
        /// The status that the client sent, if it sent one.
        sent: Option<SessionStatus>,
        /// How the change moves the end.
        end: EndMove,
    },
    /// The end has come.
    Expire,
    /// A client deletes the session.
    Delete,
}

/// How a change moves the end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum EndMove {
    /// The end was in the past and is in the future now.
    IntoFuture,
    /// The end stays in the past or in the future, or moves from the future to the past.
    Elsewhere,
}

/// Why an event changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum TransitionError {
    /// The session has not ended yet.
    #[error("the session has not ended yet")]
    NotOver {
        /// When it ends.
        ends_at: Timestamp,
    },
    /// A session with this status does not accept the event.
    #[error("a session with the status {status:?} does not accept {event:?}")]
    Refused {
        /// The status of the session.
        status: SessionStatus,
        /// The event.
        event: SessionEvent,
    },
}

impl SessionStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Deleted, Self::Passive, Self::Active, Self::Locked, Self::Expired];

    /// The statuses of a session that expires at its end, in the order of their [codes](Self::code), which have no gaps.
    pub const OPEN: [Self; 3] = [Self::Passive, Self::Active, Self::Locked];

    /// The number by which a store keeps the status. It never changes.
    pub const fn code(self) -> i16 {
        match self {
            Self::Deleted => -1,
            Self::Passive => 0,
            Self::Active => 1,
            Self::Locked => 2,
            Self::Expired => 3,
        }
    }

    /// The status of that number.
    pub fn by_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| i64::from(status.code()) == code)
    }

    /// The status of a new session for which a client sent that status. No request creates a session that is locked, over or
    /// deleted.
    pub(super) const fn at_creation(sent: Option<Self>) -> Self {
        match sent {
            Some(Self::Passive) => Self::Passive,
            None | Some(Self::Deleted | Self::Active | Self::Locked | Self::Expired) => Self::Active,
        }
    }

    /// The status after `event`.
    ///
    /// ```
    /// use derslik_domain::session::{EndMove, SessionEvent, SessionStatus, TransitionError};
    ///
    /// let later = SessionEvent::Change { sent: None, end: EndMove::IntoFuture };
    /// let expired = SessionStatus::Locked.apply(SessionEvent::Expire)?;
    /// assert_eq!(expired, SessionStatus::Expired);
    /// assert_eq!(expired.apply(later)?, SessionStatus::Active);
    /// assert!(SessionStatus::Deleted.apply(later).is_err());
    /// # Ok::<(), TransitionError>(())
    /// ```
    ///
    /// # Errors
    /// [`TransitionError::Refused`].
    pub const fn apply(self, event: SessionEvent) -> Result<Self, TransitionError> {
        use SessionEvent::{Change, Delete, Expire};
        match (self, event) {
            (Self::Passive | Self::Active | Self::Locked, Expire) => Ok(Self::Expired),
            (Self::Passive | Self::Active | Self::Locked | Self::Expired, Delete) => Ok(Self::Deleted),
            (Self::Expired, Change { sent: None | Some(Self::Expired), end: EndMove::IntoFuture }) => Ok(Self::Active),
            (
                Self::Passive | Self::Active | Self::Locked | Self::Expired,
                Change { sent: None, end: EndMove::IntoFuture | EndMove::Elsewhere },
            ) => Ok(self),
            (
                Self::Passive | Self::Active | Self::Locked | Self::Expired,
                Change {
                    sent: Some(sent @ (Self::Passive | Self::Active | Self::Locked | Self::Expired)),
                    end: EndMove::IntoFuture | EndMove::Elsewhere,
                },
            ) => Ok(sent),
            (Self::Deleted, Change { .. } | Expire | Delete)
            | (Self::Expired, Expire)
            | (
                Self::Passive | Self::Active | Self::Locked | Self::Expired,
                Change { sent: Some(Self::Deleted), end: EndMove::IntoFuture | EndMove::Elsewhere },
            ) => Err(TransitionError::Refused { status: self, event }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::EndMove::{Elsewhere, IntoFuture};
    use super::SessionEvent::{Change, Delete, Expire};
    use super::SessionStatus::{Active, Deleted, Expired, Locked, Passive};
    use super::*;

    /// The columns of the table.
    const EVENTS: [SessionEvent; 14] = [
        Change { sent: None, end: Elsewhere },
        Change { sent: None, end: IntoFuture },
        Change { sent: Some(Deleted), end: Elsewhere },
        Change { sent: Some(Deleted), end: IntoFuture },
        Change { sent: Some(Passive), end: Elsewhere },
        Change { sent: Some(Passive), end: IntoFuture },
        Change { sent: Some(Active), end: Elsewhere },
        Change { sent: Some(Active), end: IntoFuture },
        Change { sent: Some(Locked), end: Elsewhere },
        Change { sent: Some(Locked), end: IntoFuture },
        Change { sent: Some(Expired), end: Elsewhere },
        Change { sent: Some(Expired), end: IntoFuture },
        Expire,
        Delete,
    ];

    const NO: Option<SessionStatus> = None;
    const PASSIVE: Option<SessionStatus> = Some(Passive);
    const ACTIVE: Option<SessionStatus> = Some(Active);
    const LOCKED: Option<SessionStatus> = Some(Locked);
    const EXPIRED: Option<SessionStatus> = Some(Expired);
    const DELETED: Option<SessionStatus> = Some(Deleted);

    /// The whole table, written out by hand: the status before, and the status after each of [`EVENTS`]. [`NO`] is a refusal.
    const TABLE: [(SessionStatus, [Option<SessionStatus>; 14]); 5] = [
        (Deleted, [NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO]),
        (Passive, [PASSIVE, PASSIVE, NO, NO, PASSIVE, PASSIVE, ACTIVE, ACTIVE, LOCKED, LOCKED, EXPIRED, EXPIRED, EXPIRED, DELETED]),
        (Active, [ACTIVE, ACTIVE, NO, NO, PASSIVE, PASSIVE, ACTIVE, ACTIVE, LOCKED, LOCKED, EXPIRED, EXPIRED, EXPIRED, DELETED]),
        (Locked, [LOCKED, LOCKED, NO, NO, PASSIVE, PASSIVE, ACTIVE, ACTIVE, LOCKED, LOCKED, EXPIRED, EXPIRED, EXPIRED, DELETED]),
        (Expired, [EXPIRED, ACTIVE, NO, NO, PASSIVE, PASSIVE, ACTIVE, ACTIVE, LOCKED, LOCKED, EXPIRED, ACTIVE, NO, DELETED]),
    ];

    /// The row of a status. A new status has none, so that this does not compile until the table has one.
    const fn row(status: SessionStatus) -> usize {
        match status {
            Deleted => 0,
            Passive => 1,
            Active => 2,
            Locked => 3,
            Expired => 4,
        }
    }

    /// The column of an event. A new event has none, so that this does not compile until the table has one.
    fn column(event: SessionEvent) -> usize {
        match event {
            Change { sent, end } => {
                let moved = match end {
                    Elsewhere => 0,
                    IntoFuture => 1,
                };
                2 * sent.map_or(0, |sent| 1 + row(sent)) + moved
            }
            Expire => 12,
            Delete => 13,
        }
    }

    #[test]
    fn the_table_has_a_row_for_each_status_and_a_column_for_each_event() {
        for (place, (status, _)) in TABLE.into_iter().enumerate() {
            assert_eq!((row(status), SessionStatus::ALL[place]), (place, status));
        }
        for (place, event) in EVENTS.into_iter().enumerate() {
            assert_eq!(column(event), place, "{event:?}");
        }
    }

    #[test]
    fn every_event_leads_from_every_status_where_the_table_says() {
        for (status, becomes) in TABLE {
            for (event, becomes) in EVENTS.into_iter().zip(becomes) {
                let expected = becomes.ok_or(TransitionError::Refused { status, event });
                assert_eq!(status.apply(event), expected, "{status:?} {event:?}");
            }
        }
    }

    #[test]
    fn a_session_is_open_as_long_as_it_can_expire_and_the_codes_of_such_statuses_have_no_gaps() {
        let expiring: Vec<_> = SessionStatus::ALL.into_iter().filter(|status| status.apply(Expire).is_ok()).collect();
        assert_eq!(expiring, SessionStatus::OPEN);
        assert!(SessionStatus::OPEN.windows(2).all(|pair| pair[0].code() + 1 == pair[1].code()));
    }

    #[test]
    fn a_new_session_is_passive_where_that_was_sent_and_active_otherwise() {
        assert_eq!(SessionStatus::at_creation(PASSIVE), Passive);
        for sent in [None, DELETED, ACTIVE, LOCKED, EXPIRED] {
            assert_eq!(SessionStatus::at_creation(sent), Active, "{sent:?}");
        }
    }

    #[test]
    fn every_status_is_found_by_its_code() {
        for status in SessionStatus::ALL {
            assert_eq!(SessionStatus::by_code(i64::from(status.code())), Some(status));
        }
        assert_eq!(SessionStatus::by_code(4), None);
    }
}
