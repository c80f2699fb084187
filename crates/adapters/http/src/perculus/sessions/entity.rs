//! The session that an update of an unknown GUID would have been, in the internal form of the original. It has 41 keys, most of
//! which have no meaning here.

use derslik_domain::identity::Actor;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::options::ui_options;
use super::read::RawItem;
use super::sent::{SentOr, SentStart};
use crate::perculus::json::AsSent;

/// The epoch, as the original prints a date that was not sent.
const NO_START: &str = "1970-01-01T00:00:00+00:00";

/// The session that an update of an unknown GUID would have been.
#[derive(Debug, Clone, Copy)]
pub(super) struct EntityView<'a> {
    pub(super) item: &'a RawItem<'a>,
    pub(super) actor: &'a Actor,
}

impl Serialize for EntityView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const NULL: Option<()> = None;
        const EMPTY: [(); 0] = [];
        let item = self.item;
        let settings = &self.actor.account.settings;
        let principal = self.actor.principal.id.get();
        let duration = SentOr(item.duration.sent(), 0);
        let mut map = serializer.serialize_map(Some(41))?;
        map.serialize_entry("session_id", &0)?;
        map.serialize_entry("string_session_id", &NULL)?;
        map.serialize_entry("the_guid", &AsSent(item.session_guid.sent()))?;
        map.serialize_entry("name", &AsSent(item.name.sent()))?;
        map.serialize_entry("description", &AsSent(item.description.sent()))?;
        map.serialize_entry("tags", &AsSent(item.tags.sent()))?;
        match item.start_date.sent() {
            None => map.serialize_entry("start_date", NO_START)?,
            sent => map.serialize_entry("start_date", &SentStart(sent))?,
        }
        map.serialize_entry("duration", &duration)?;
        map.serialize_entry("lang", &SentOr(item.lang.sent(), settings.lang.as_str()))?;
        map.serialize_entry("account_id", &self.actor.shown_account.get())?;
        map.serialize_entry("realtime_server", &NULL)?;
        map.serialize_entry("conference_server", &NULL)?;
        map.serialize_entry("file_server", &NULL)?;
        map.serialize_entry("status", &SentOr(item.status.sent(), 1))?;
        map.serialize_entry("replay_status", &0)?;
        map.serialize_entry("ui_options", &ui_options(item.options.sent(), &duration))?;
        map.serialize_entry("user_started", &NULL)?;
        map.serialize_entry("user_finished", &NULL)?;
        map.serialize_entry("user_added", &principal)?;
        map.serialize_entry("user_updated", &principal)?;
        map.serialize_entry("creation_date", &NULL)?;
        map.serialize_entry("updating_date", &NULL)?;
        map.serialize_entry("custom_field1", &NULL)?;
        map.serialize_entry("custom_field2", &NULL)?;
        map.serialize_entry("custom_field3", &NULL)?;
        map.serialize_entry("custom_field4", &NULL)?;
        map.serialize_entry("custom_field5", &NULL)?;
        map.serialize_entry("repeating_options", &NULL)?;
        map.serialize_entry("replay_access", "on")?;
        map.serialize_entry("allow_recording", &SentOr(item.allow_recording.sent(), true))?;
        map.serialize_entry("planned_duration", &duration)?;
        map.serialize_entry("timezone", &SentOr(item.timezone.sent(), settings.timezone.name()))?;
        map.serialize_entry("groups", &EMPTY)?;
        map.serialize_entry("attendees", &EMPTY)?;
        map.serialize_entry("owner", &NULL)?;
        map.serialize_entry("files", &EMPTY)?;
        map.serialize_entry("questions", &EMPTY)?;
        map.serialize_entry("enrollOptions", &NULL)?;
        map.serialize_entry("sessionGroups", &EMPTY)?;
        map.serialize_entry("_isValid", &NULL)?;
        map.serialize_entry("_errors", &NULL)?;
        map.end()
    }
}
