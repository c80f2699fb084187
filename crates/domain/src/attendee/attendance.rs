//! The sessions that a person attends, seen from the person and not from a session.

use crate::id::SessionGuid;
use crate::session::SessionDuration;
use crate::time::Timestamp;

/// A summary of the sessions that a person attends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Attendance {
    /// The number of sessions, each counted once.
    pub sessions: u64,
    /// When the first of them starts.
    pub first: Option<Timestamp>,
    /// When the last of them starts.
    pub last: Option<Timestamp>,
}

/// A session that a person attends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AttendedSession {
    /// Its id.
    pub guid: SessionGuid,
    /// When it starts.
    pub start: Timestamp,
    /// How long it lasts.
    pub duration: SessionDuration,
}

impl AttendedSession {
    /// Its cursor in a list.
    pub const fn cursor(&self) -> AttendedCursor {
        AttendedCursor { start: self.start, guid: self.guid }
    }
}

/// A cursor in the list of attended sessions, which is ordered by start, then by GUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AttendedCursor {
    /// When the session at the cursor starts.
    pub start: Timestamp,
    /// Its id.
    pub guid: SessionGuid,
}

/// The attended sessions that a list is about, by their starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AttendanceFilter {
    /// The earliest start.
    pub from: Timestamp,
    /// The latest start.
    pub to: Timestamp,
}
