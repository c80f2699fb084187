//! The form of one session: what a client sent, field by field, not validated yet.

use crate::form::{Field, FieldFault, RawText};

use super::SessionStatus;
use super::options::OptionFlag;

/// The fields of a request to create or to change a session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SessionForm {
    /// The name.
    pub name: Field<RawText>,
    /// The description.
    pub description: Field<RawText>,
    /// The tags, separated by commas.
    pub tags: Field<RawText>,
    /// The start, as an ISO 8601 date and time.
    pub start_date: Field<RawText>,
    /// The duration in minutes.
    pub duration: Field<i64>,
    /// The language tag.
    pub lang: Field<RawText>,
    /// Whether the session may be recorded.
    pub allow_recording: Field<bool>,
    /// Whether its recording is hidden.
    pub inaccessible_replay: Field<bool>,
    /// The settings.
    pub options: Field<OptionsForm>,
    /// The name of the time zone.
    pub timezone: Field<RawText>,
    /// The status to set. `None` is a value that is not a status; on creation, it counts as not sent.
    pub status: Field<Option<SessionStatus>>,
}

/// The settings that a request names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OptionsForm {
    /// The switches with a usable value.
    pub flags: super::FlagPatch,
    /// The switches, groups of switches and other settings without a usable value, in the order in which the client sent
    /// them.
    pub faults: Vec<(OptionName, FieldFault)>,
    /// The preparation time in minutes.
    pub preparation_time: Field<i64>,
    /// The address to which attendees go afterwards.
    pub return_url: Field<RawText>,
}

/// A setting, or a group of settings, that a fault can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum OptionName {
    /// A switch.
    Flag(OptionFlag),
    /// The switches of the chat, as a whole.
    Chat,
    /// The switches about time, as a whole.
    Duration,
    /// The preparation time.
    PreparationTime,
    /// The address to go to afterwards.
    ReturnUrl,
}
