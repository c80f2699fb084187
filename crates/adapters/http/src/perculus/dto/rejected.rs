//! An item that a batch refused, in the two shapes that it can have.

use derslik_domain::identity::{Account, Actor};
use derslik_domain::session::Violation;
use derslik_domain::time::WrittenTime;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::entity::EntityView;
use super::item::RawItem;
use super::json::{AsSent, Shown};
use super::messages::message;
use super::options::SentOptions;

/// An item that a batch refused.
#[derive(Debug, Serialize)]
pub(crate) struct Rejected<'a> {
    model: Model<'a>,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Model<'a> {
    Request(RequestView<'a>),
    Entity(EntityView<'a>),
}

#[derive(Debug, Serialize)]
struct State {
    code: u16,
    details: Details,
}

/// A rule that was broken is told in a list of texts, a state that forbids in one text.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Details {
    Broken(Vec<String>),
    State(&'static str),
}

impl<'a> Rejected<'a> {
    /// There is no session of that GUID.
    pub(crate) fn not_found(item: &'a RawItem<'a>, actor: &'a Actor, index: Option<usize>) -> Self {
        let state = State { code: 30, details: Details::State("session_not_found") };
        Self { model: Model::Entity(EntityView { item, actor }), state, index }
    }

    /// Rules were broken.
    pub(crate) fn invalid(item: &'a RawItem<'a>, actor: &'a Actor, violations: &[Violation], index: Option<usize>) -> Self {
        let state = State { code: 12, details: Details::Broken(violations.iter().map(|violation| message(*violation)).collect()) };
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

/// A value as it was sent, or the default where none was.
#[derive(Debug)]
pub(super) struct SentOr<'a, T>(pub(super) Option<&'a RawValue>, pub(super) T);

impl<T: Serialize> Serialize for SentOr<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_some() { AsSent(self.0).serialize(serializer) } else { self.1.serialize(serializer) }
    }
}

/// A start as it was sent, with its own offset; a text that is none, as it is.
#[derive(Debug)]
pub(super) struct SentStart<'a>(pub(super) Option<&'a RawValue>);

impl Serialize for SentStart<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        match text.and_then(|text| text.parse::<WrittenTime>().ok()) {
            Some(written) => Shown(written).serialize(serializer),
            None => AsSent(self.0).serialize(serializer),
        }
    }
}
