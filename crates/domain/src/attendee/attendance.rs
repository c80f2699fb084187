//! What somebody attends, as those see it who look at a person and not at a session.

use crate::id::SessionGuid;
use crate::session::SessionDuration;
use crate::time::Timestamp;

/// What somebody attends, in a few numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attendance {
    /// The sessions, each once.
    pub sessions: u64,
    /// When the first of them starts.
    pub first: Option<Timestamp>,
    /// When the last of them starts.
    pub last: Option<Timestamp>,
}

/// A session that somebody attends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttendedSession {
    /// Its id.
    pub guid: SessionGuid,
    /// When it starts.
    pub start: Timestamp,
    /// How long it lasts.
    pub duration: SessionDuration,
}

impl AttendedSession {
    /// Its place in a list.
    pub const fn place(&self) -> AttendedPlace {
        AttendedPlace { start: self.start, guid: self.guid }
    }
}

/// A place in the list of what somebody attends, which is in the order of starts, and then of GUIDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttendedPlace {
    /// When the session at that place starts.
    pub start: Timestamp,
    /// Its id.
    pub guid: SessionGuid,
}

/// Which part of the list of what somebody attends is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttendedPage {
    /// The first start that is of interest.
    pub from: Timestamp,
    /// The last one.
    pub to: Timestamp,
    /// The place after which the part begins.
    pub after: Option<AttendedPlace>,
    /// The most sessions.
    pub limit: u32,
}
