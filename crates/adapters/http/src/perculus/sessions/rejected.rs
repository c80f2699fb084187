//! An item that a batch refused, in one of its two shapes.

use derslik_domain::identity::{Account, Actor};
use derslik_domain::session::Violation;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::entity::EntityView;
use super::options::SentOptions;
use super::read::RawItem;
use super::sent::{SentOr, SentStart};
use super::violations::session_rule;
use crate::perculus::batch::ItemState;
use crate::perculus::error::PerculusError;
use crate::perculus::json::AsSent;
use crate::perculus::language::Language;

/// An item that a batch refused.
#[derive(Debug, Serialize)]
pub(super) struct Rejected<'a> {
    model: Model<'a>,
    state: ItemState,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Model<'a> {
    Request(RequestView<'a>),
    Entity(EntityView<'a>),
}

impl<'a> Rejected<'a> {
    /// The GUID of the item is unknown.
    pub(super) fn not_found(item: &'a RawItem<'a>, actor: &'a Actor, index: Option<usize>) -> Self {
        // This is a token for programs, which is the same in every language.
        let state = ItemState::of(PerculusError::SessionNotFound, Language::default());
        Self { model: Model::Entity(EntityView { item, actor }), state, index }
    }

    /// The item violates rules.
    pub(super) fn invalid(
        item: &'a RawItem<'a>,
        actor: &'a Actor,
        violations: &[Violation],
        index: Option<usize>,
        language: Language,
    ) -> Self {
        let state = ItemState::invalid(violations.iter().map(|violation| session_rule(*violation)), language);
        Self { model: Model::Request(RequestView { item, account: &actor.account }), state, index }
    }
}

/// The request as it was sent, with the few defaults that the original fills in.
#[derive(Debug)]
struct RequestView<'a> {
    item: &'a RawItem<'a>,
    account: &'a Account,
}

impl Serialize for RequestView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let item = self.item;
        let mut map = serializer.serialize_map(Some(11))?;
        map.serialize_entry("session_guid", &AsSent(item.session_guid.sent()))?;
        map.serialize_entry("name", &AsSent(item.name.sent()))?;
        map.serialize_entry("description", &AsSent(item.description.sent()))?;
        map.serialize_entry("tags", &AsSent(item.tags.sent()))?;
        map.serialize_entry("start_date", &SentStart(item.start_date.sent()))?;
        map.serialize_entry("duration", &AsSent(item.duration.sent()))?;
        map.serialize_entry("lang", &AsSent(item.lang.sent()))?;
        map.serialize_entry("allow_recording", &SentOr(item.allow_recording.sent(), true))?;
        map.serialize_entry("inaccessible_replay", &SentOr(item.inaccessible_replay.sent(), false))?;
        map.serialize_entry("options", &SentOptions(item.options.sent()))?;
        map.serialize_entry("timezone", &SentOr(item.timezone.sent(), self.account.settings.timezone.name()))?;
        map.end()
    }
}
