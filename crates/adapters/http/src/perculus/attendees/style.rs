//! The differences between the versions in the form of attendees.

use derslik_domain::attendee::UserNaming;
use derslik_domain::form::{Field, RawText};
use derslik_domain::identity::Actor;
use derslik_domain::time::Zone;

use crate::perculus::json::unless_blank;

/// How a version shows attendees.
#[derive(Debug, Clone, Copy)]
pub(in crate::perculus) enum Style {
    /// Version 1.
    V1,
    /// Version 2, which prints instants in a zone, and adds the positions of items if the client asks for them.
    V2 { zone: Zone, with_index: bool },
}

impl Style {
    /// Version 2, in the zone of the actor's account.
    pub(super) fn v2(actor: &Actor, with_index: bool) -> Self {
        Self::V2 { zone: actor.account.settings.timezone, with_index }
    }

    /// The accepted values of the user field. Published clients of version 1 always send it, with any content.
    pub(super) const fn naming(self) -> UserNaming {
        match self {
            Self::V1 => UserNaming::GuidOrUsername,
            Self::V2 { .. } => UserNaming::Guid,
        }
    }

    /// The keys of the session and of the user.
    pub(super) const fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::V1 => ("session_id", "user_id"),
            Self::V2 { .. } => ("session_guid", "user_guid"),
        }
    }

    /// A role or a code from a request. In version 1 an empty one counts as not sent.
    pub(super) fn unless_empty(self, text: Field<RawText>) -> Field<RawText> {
        match self {
            Self::V1 => unless_blank(text),
            Self::V2 { .. } => text,
        }
    }

    /// Whether the position of an item is added as its last key.
    pub(super) const fn with_index(self) -> bool {
        matches!(self, Self::V2 { with_index: true, .. })
    }
}
