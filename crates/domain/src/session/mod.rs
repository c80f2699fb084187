//! Virtual-classroom sessions: their fields and settings, and the requests that create, change and find them.
//!
//! | file | what it decides |
//! |---|---|
//! | `options` | the settings of a session and their deep merge |
//! | `form` | what a client sent for one session |
//! | `validate` | whether a form makes a session, or a change of one |
//! | `status` | the status of a session after each event |
//! | `batch` | the outcome of an ordered mix of creations and changes |
//! | `filter` | the sessions that a search is about |
//!
//! Wire names are left to the dialects.

mod batch;
mod filter;
mod form;
mod options;
mod status;
mod validate;

use crate::id::{PrincipalId, SessionGuid};
use crate::identity::Lang;
use crate::text::{Name, Text, fold};
use crate::time::{Start, Timestamp};

pub use crate::form::Problem;
pub use batch::{Batch, BatchItem, BatchOutcome, Target, Verdict};
pub use filter::{FilterError, FilterField, FilterForm, SessionFilter};
pub use form::{OptionName, OptionsForm, SessionForm};
pub use options::{FlagPatch, Flags, OptionFlag, OptionsPatch, PreparationTime, ReturnUrl, SessionOptions};
pub use status::{EndMove, SessionEvent, SessionStatus, TransitionError};
pub use validate::{Creator, SessionField, Violation};

/// The name of a session: 1 to 500 characters.
pub type SessionName = Name<500>;
/// The description of a session: at most 10 000 characters.
pub type SessionDescription = Text<10_000>;
/// The tags of a session, separated by commas: at most 1 000 characters.
pub type SessionTags = Text<1_000>;

/// A virtual classroom that opens at a given time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Session {
    /// Its id within the account.
    pub guid: SessionGuid,
    /// Its name.
    pub name: SessionName,
    /// Its description.
    pub description: Option<SessionDescription>,
    /// Its tags, separated by commas.
    pub tags: Option<SessionTags>,
    /// When it starts.
    pub start: Start,
    /// How long it lasts, in minutes.
    pub duration: SessionDuration,
    /// The language of its classroom.
    pub lang: Lang,
    /// Its status.
    pub status: SessionStatus,
    /// The state of its recording.
    pub replay_status: ReplayStatus,
    /// The settings of its classroom.
    pub options: SessionOptions,
    /// Whether it may be recorded.
    pub allow_recording: bool,
    /// Whether its recording is hidden from attendees.
    pub inaccessible_replay: bool,
    /// The principal that created it.
    pub created_by: PrincipalId,
    /// The principal that changed it last.
    pub updated_by: PrincipalId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was changed last: `created_at` until the first change.
    pub updated_at: Timestamp,
}

/// The texts of a session, [folded](crate::text::fold) for searches, so that a store only compares bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SearchKeys {
    /// The name.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// Each tag between commas, such as `,physics,term 2,`.
    pub tags: Option<String>,
}

impl SearchKeys {
    /// The keys of a session with these texts.
    pub fn of(name: &str, description: Option<&str>, tags: Option<&str>) -> Self {
        Self { name: fold(name), description: description.map(fold), tags: tags.map(tags_key) }
    }
}

fn tags_key(tags: &str) -> String {
    let folded = fold(tags);
    let mut key = String::with_capacity(folded.len() + 2);
    key.push(',');
    for tag in filter::tag_words(&folded) {
        key.push_str(tag);
        key.push(',');
    }
    key
}

impl Session {
    /// The folded texts of the session.
    pub fn search_keys(&self) -> SearchKeys {
        let (description, tags) = (self.description.as_ref().map(Text::as_str), self.tags.as_ref().map(Text::as_str));
        SearchKeys::of(self.name.as_str(), description, tags)
    }

    /// When it ends: its start plus its duration.
    pub fn ends_at(&self) -> Timestamp {
        self.start.instant().plus(self.duration.span())
    }

    /// Whether its end has come at `now`, whatever its status is.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at() <= now
    }

    /// The session after it expired at the instant `at`.
    ///
    /// # Errors
    /// [`TransitionError::NotOver`] before its end, and [`TransitionError::Refused`] if it is not [open](SessionStatus::OPEN).
    pub fn expired(self, at: Timestamp) -> Result<Self, TransitionError> {
        if !self.is_over(at) {
            return Err(TransitionError::NotOver { ends_at: self.ends_at() });
        }
        Ok(Self { status: self.status.apply(SessionEvent::Expire)?, updated_at: at, ..self })
    }

    /// The session after its deletion: still stored, but never found again.
    ///
    /// # Errors
    /// [`TransitionError::Refused`] if it was deleted before.
    pub fn deleted(self, by: PrincipalId, at: Timestamp) -> Result<Self, TransitionError> {
        Ok(Self { status: self.status.apply(SessionEvent::Delete)?, updated_by: by, updated_at: at, ..self })
    }
}

/// How long a session lasts, in minutes: 5 to 360.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionDuration(u16);

/// The number is not a duration of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not between {} and {} minutes", SessionDuration::MIN_MINUTES, SessionDuration::MAX_MINUTES)]
pub struct DurationError;

impl SessionDuration {
    /// The shortest session, in minutes.
    pub const MIN_MINUTES: u16 = 5;
    /// The longest session, in minutes.
    pub const MAX_MINUTES: u16 = 360;
    /// The unit of the number that a store keeps.
    pub const UNIT: std::time::Duration = std::time::Duration::from_secs(60);

    /// A duration by its minutes.
    ///
    /// # Errors
    /// [`DurationError`] outside 5 to 360.
    pub fn from_minutes(minutes: i64) -> Result<Self, DurationError> {
        let minutes = u16::try_from(minutes).map_err(|_| DurationError)?;
        if (Self::MIN_MINUTES..=Self::MAX_MINUTES).contains(&minutes) { Ok(Self(minutes)) } else { Err(DurationError) }
    }

    /// The minutes.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// The duration as a span of time.
    pub fn span(self) -> std::time::Duration {
        Self::UNIT * u32::from(self.0)
    }
}

/// The state of a session's recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ReplayStatus {
    /// There is no recording, and there will be none.
    NotAllowed,
    /// Recorded, not packed yet.
    NotPacked,
    /// Ready for playback.
    Packed,
    /// Recorded, but empty.
    NoContent,
}

impl ReplayStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::NotAllowed, Self::NotPacked, Self::Packed, Self::NoContent];

    /// The number by which a store keeps the status. It never changes.
    pub const fn code(self) -> i16 {
        match self {
            Self::NotAllowed => 0,
            Self::NotPacked => 1,
            Self::Packed => 2,
            Self::NoContent => 3,
        }
    }

    /// The status of that number.
    pub fn by_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| i64::from(status.code()) == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_5_to_360_minutes() {
        for (minutes, fits) in [(-5, false), (4, false), (5, true), (360, true), (361, false), (65_541, false), (i64::MAX, false)] {
            assert_eq!(SessionDuration::from_minutes(minutes).is_ok(), fits, "{minutes}");
        }
    }

    #[test]
    fn every_status_of_a_recording_is_found_by_its_code() {
        for status in ReplayStatus::ALL {
            assert_eq!(ReplayStatus::by_code(i64::from(status.code())), Some(status));
        }
        assert_eq!(ReplayStatus::by_code(-1), None);
    }
}
