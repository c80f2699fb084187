//! The settings of a session under the names of the dialect, in its order.

use std::cell::Cell;

use derslik_domain::form::{Field, FieldFault};
use derslik_domain::session::{
    OptionFlag, OptionName, OptionsForm, OptionsPatch, PreparationTime, Session, SessionDuration, SessionOptions,
};
use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::perculus::json::{AsSent, Slot, for_each_member};

/// The meaning of one key of `options`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OptionKey {
    Flag(OptionFlag),
    PreparationTime,
    /// A copy of the duration of the session. Its value in a request is ignored.
    SessionDuration,
    Chat,
    Duration,
    ReturnUrl,
}

/// Every key of `options`, in the order in which they are shown.
pub(super) const OPTIONS: [(&str, OptionKey); 17] = [
    ("allow_rating", OptionKey::Flag(OptionFlag::AllowRating)),
    ("preparation_time", OptionKey::PreparationTime),
    ("session_duration", OptionKey::SessionDuration),
    ("chat", OptionKey::Chat),
    ("duration", OptionKey::Duration),
    ("allow_users_stream_self_cam_mic", OptionKey::Flag(OptionFlag::AllowUsersStreamSelfCamMic)),
    ("hide_user_streams", OptionKey::Flag(OptionFlag::HideUserStreams)),
    ("enable_attendance_check", OptionKey::Flag(OptionFlag::EnableAttendanceCheck)),
    ("enable_simultaneous_interpretation", OptionKey::Flag(OptionFlag::EnableSimultaneousInterpretation)),
    ("enable_simultaneous_interpretation_for_users", OptionKey::Flag(OptionFlag::EnableSimultaneousInterpretationForUsers)),
    ("start_active", OptionKey::Flag(OptionFlag::StartActive)),
    ("return_url", OptionKey::ReturnUrl),
    ("allow_reactions", OptionKey::Flag(OptionFlag::AllowReactions)),
    ("enable_recording_auto_start", OptionKey::Flag(OptionFlag::EnableRecordingAutoStart)),
    ("skip_approval_on_join", OptionKey::Flag(OptionFlag::SkipApprovalOnJoin)),
    ("enable_session_auto_start", OptionKey::Flag(OptionFlag::EnableSessionAutoStart)),
    ("enable_session_auto_finish", OptionKey::Flag(OptionFlag::EnableSessionAutoFinish)),
];

/// The keys of `options.chat`.
pub(super) const CHAT: [(&str, OptionFlag); 10] = [
    ("offMessageModule", OptionFlag::ChatOffMessageModule),
    ("offGeneralMsging", OptionFlag::ChatOffGeneralMessaging),
    ("offGeneralMsgLimitForUser", OptionFlag::ChatOffGeneralMessageLimitForUser),
    ("offSpecialMsging", OptionFlag::ChatOffSpecialMessaging),
    ("offSpecialMsgToAdmin", OptionFlag::ChatOffSpecialMessageToAdmin),
    ("offSpecialMsgToUser", OptionFlag::ChatOffSpecialMessageToUser),
    ("offNewMsgSound", OptionFlag::ChatOffNewMessageSound),
    ("offClearForReplay", OptionFlag::ChatOffClearForReplay),
    ("onNewMsgSoundInAll", OptionFlag::ChatOnNewMessageSoundInAll),
    ("onNewMsgNotifyInAll", OptionFlag::ChatOnNewMessageNotifyInAll),
];

/// The keys of `options.duration`.
pub(super) const DURATION: [(&str, OptionFlag); 2] =
    [("allowExtendTime", OptionFlag::DurationAllowExtendTime), ("useRemainingTime", OptionFlag::DurationUseRemainingTime)];

/// The path of a setting as a client writes it.
pub(super) fn wire_name(name: OptionName) -> String {
    let key = match name {
        OptionName::Chat => OptionKey::Chat,
        OptionName::Duration => OptionKey::Duration,
        OptionName::PreparationTime => OptionKey::PreparationTime,
        OptionName::ReturnUrl => OptionKey::ReturnUrl,
        OptionName::Flag(flag) => {
            for (group, flags) in [("chat", CHAT.as_slice()), ("duration", DURATION.as_slice())] {
                if let Some((name, _)) = flags.iter().find(|(_, of)| *of == flag) {
                    return format!("options.{group}.{name}");
                }
            }
            OptionKey::Flag(flag)
        }
    };
    let name = OPTIONS.iter().find(|(_, of)| *of == key).map_or("", |(name, _)| name);
    format!("options.{name}")
}

/// The members of an object with known names, each in its position.
#[derive(Debug, Clone, Copy)]
struct Members<'a, const N: usize>([Slot<'a>; N]);

impl<'a, const N: usize> Members<'a, N> {
    /// Reads an object. A text that is not an object has no members.
    fn read<T>(object: &'a str, keys: &[(&str, T); N]) -> Self {
        let mut slots = [Slot::default(); N];
        // This can't fail: the object was parsed before, as a part of the body.
        let _ = for_each_member(object, |name, value| {
            let place = keys.iter().zip(&mut slots).find(|((key, _), _)| *key == name);
            if let Some((_, slot)) = place {
                slot.put(value);
            }
        });
        Self(slots)
    }
}

/// The settings in a request, with their faults.
pub(super) fn read_options(object: &str) -> OptionsForm {
    let mut form = OptionsForm::default();
    for ((_, key), slot) in OPTIONS.into_iter().zip(Members::read(object, &OPTIONS).0) {
        match key {
            OptionKey::Flag(flag) => read_flag(&mut form, flag, slot),
            OptionKey::PreparationTime => form.preparation_time = slot.integer(),
            OptionKey::SessionDuration => {}
            OptionKey::Chat => read_group(&mut form, OptionName::Chat, slot, &CHAT),
            OptionKey::Duration => read_group(&mut form, OptionName::Duration, slot, &DURATION),
            OptionKey::ReturnUrl => form.return_url = slot.text(),
        }
    }
    form
}

fn read_group<const N: usize>(form: &mut OptionsForm, name: OptionName, slot: Slot<'_>, keys: &[(&str, OptionFlag); N]) {
    match slot.object(|object| Members::read(object, keys)).given() {
        Ok(None) => {}
        Ok(Some(members)) => {
            for ((_, flag), slot) in keys.iter().zip(members.0) {
                read_flag(form, *flag, slot);
            }
        }
        Err(fault) => form.faults.push((name, fault)),
    }
}

fn read_flag(form: &mut OptionsForm, flag: OptionFlag, slot: Slot<'_>) {
    match slot.boolean() {
        Field::Missing | Field::Null => {}
        Field::Given(on) => form.flags = form.flags.with(flag, on),
        Field::Mistyped => form.faults.push((OptionName::Flag(flag), FieldFault::Mistyped)),
        Field::Repeated => form.faults.push((OptionName::Flag(flag), FieldFault::Repeated)),
    }
}

/// `options` of a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct OptionsView<'a>(pub(super) &'a Session);

/// The JSON of `options`, and the values that it was written from.
struct Written {
    options: SessionOptions,
    duration: SessionDuration,
    json: Box<RawValue>,
}

thread_local! {
    /// The last JSON that was written. It is more than half of a session, and the same for most sessions of a list.
    static LAST: Cell<Option<Written>> = const { Cell::new(None) };
}

impl Written {
    fn new(session: &Session) -> serde_json::Result<Self> {
        let json = to_raw_value(&EveryOption(session))?;
        Ok(Self { options: session.options.clone(), duration: session.duration, json })
    }

    fn is_of(&self, session: &Session) -> bool {
        self.duration == session.duration && self.options == session.options
    }
}

impl Serialize for OptionsView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let last = LAST.take().filter(|last| last.is_of(self.0)).map_or_else(|| Written::new(self.0), Ok);
        let last = last.map_err(S::Error::custom)?;
        let written = last.json.serialize(serializer);
        LAST.set(Some(last));
        written
    }
}

struct EveryOption<'a>(&'a Session);

impl Serialize for EveryOption<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let options = &self.0.options;
        let mut map = serializer.serialize_map(Some(OPTIONS.len()))?;
        for (name, key) in OPTIONS {
            match key {
                OptionKey::Flag(flag) => map.serialize_entry(name, &options.flags.get(flag))?,
                OptionKey::PreparationTime => map.serialize_entry(name, &options.preparation_time.minutes())?,
                OptionKey::SessionDuration => map.serialize_entry(name, &self.0.duration.minutes())?,
                OptionKey::Chat => map.serialize_entry(name, &GroupView(self.0, &CHAT))?,
                OptionKey::Duration => map.serialize_entry(name, &GroupView(self.0, &DURATION))?,
                OptionKey::ReturnUrl => map.serialize_entry(name, options.return_url.as_str())?,
            }
        }
        map.end()
    }
}

struct GroupView<'a>(&'a Session, &'static [(&'static str, OptionFlag)]);

impl Serialize for GroupView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let flags = self.0.options.flags;
        serializer.collect_map(self.1.iter().map(|(name, flag)| (name, flags.get(*flag))))
    }
}

/// `options` of a refused request: every key, null where nothing was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct SentOptions<'a>(pub(super) Option<&'a RawValue>);

impl Serialize for SentOptions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(object) = self.0.map(RawValue::get).filter(|raw| raw.starts_with('{')) else {
            return AsSent(self.0).serialize(serializer);
        };
        let mut map = serializer.serialize_map(Some(OPTIONS.len()))?;
        for ((name, key), slot) in OPTIONS.into_iter().zip(Members::read(object, &OPTIONS).0) {
            match key {
                OptionKey::Chat => map.serialize_entry(name, &SentGroup(slot.sent(), &CHAT))?,
                OptionKey::Duration => map.serialize_entry(name, &SentGroup(slot.sent(), &DURATION))?,
                OptionKey::Flag(_) | OptionKey::PreparationTime | OptionKey::SessionDuration | OptionKey::ReturnUrl => {
                    map.serialize_entry(name, &AsSent(slot.sent()))?;
                }
            }
        }
        map.end()
    }
}

struct SentGroup<'a, const N: usize>(Option<&'a RawValue>, &'static [(&'static str, OptionFlag); N]);

impl<const N: usize> Serialize for SentGroup<'_, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.map(RawValue::get) {
            Some(object) if object.starts_with('{') => {
                let members = Members::read(object, self.1).0;
                serializer.collect_map(self.1.iter().zip(members).map(|((name, _), slot)| (name, AsSent(slot.sent()))))
            }
            _ => AsSent(self.0).serialize(serializer),
        }
    }
}

/// The text of `ui_options`: the settings of the request over the defaults. It is compact JSON in which the two groups and
/// their members begin with a capital.
pub(super) fn ui_options(sent: Option<&RawValue>, duration: &impl Serialize) -> String {
    let form = sent.map(RawValue::get).filter(|raw| raw.starts_with('{')).map(read_options).unwrap_or_default();
    serde_json::to_string(&UiOptions { form, duration }).unwrap_or_default()
}

struct UiOptions<'a, D> {
    form: OptionsForm,
    duration: &'a D,
}

impl<D: Serialize> Serialize for UiOptions<'_, D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let default = SessionOptions::default();
        let flags = default.merged(OptionsPatch { flags: self.form.flags, ..Default::default() }).flags;
        let group = |flags_of: &'static [(&'static str, OptionFlag)]| -> Vec<(String, Option<bool>)> {
            flags_of.iter().map(|(name, flag)| (capitalised(name), flags.get(*flag))).collect()
        };
        let mut map = serializer.serialize_map(Some(OPTIONS.len()))?;
        for (name, key) in OPTIONS {
            match key {
                OptionKey::Flag(flag) => map.serialize_entry(name, &flags.get(flag))?,
                OptionKey::PreparationTime => {
                    let default = PreparationTime::DEFAULT.minutes().into();
                    map.serialize_entry(name, &self.form.preparation_time.clone().given().ok().flatten().unwrap_or(default))?;
                }
                OptionKey::SessionDuration => map.serialize_entry(name, self.duration)?,
                OptionKey::Chat => map.serialize_entry("Chat", &Pairs(group(&CHAT)))?,
                OptionKey::Duration => map.serialize_entry("Duration", &Pairs(group(&DURATION)))?,
                OptionKey::ReturnUrl => {
                    let url = self.form.return_url.clone().given().ok().flatten().unwrap_or_default();
                    map.serialize_entry(name, &String::from_utf8_lossy(&url))?;
                }
            }
        }
        map.end()
    }
}

struct Pairs(Vec<(String, Option<bool>)>);

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, on)| (name, on)))
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use derslik_domain::session::{FlagPatch, ReturnUrl};
    use derslik_testkit::builders::{guid, session};

    use super::*;

    #[test]
    fn every_flag_travels_under_exactly_one_name() {
        let top = OPTIONS.iter().filter_map(|(_, key)| match key {
            OptionKey::Flag(flag) => Some(*flag),
            _ => None,
        });
        let flags: Vec<_> = top.chain(CHAT.map(|(_, flag)| flag)).chain(DURATION.map(|(_, flag)| flag)).collect();
        assert_eq!(flags.len(), OptionFlag::ALL.len());
        assert_eq!(flags.into_iter().collect::<BTreeSet<_>>(), OptionFlag::ALL.into_iter().collect());
    }

    #[test]
    fn a_fault_names_the_path_that_the_client_wrote() {
        assert_eq!(wire_name(OptionName::Flag(OptionFlag::ChatOffNewMessageSound)), "options.chat.offNewMsgSound");
        assert_eq!(wire_name(OptionName::Flag(OptionFlag::StartActive)), "options.start_active");
        assert_eq!(wire_name(OptionName::Duration), "options.duration");
    }

    #[test]
    fn partial_options_set_only_the_options_that_they_name() {
        let form = read_options(
            r#"{"allow_rating":false,"session_duration":"ignored","chat":{"offNewMsgSound":true,"x":1},"duration":null,"y":[]}"#,
        );
        let expected = FlagPatch::default().with(OptionFlag::AllowRating, false).with(OptionFlag::ChatOffNewMessageSound, true);
        assert_eq!((form.flags, form.faults.len(), form.preparation_time), (expected, 0, Field::Missing));
    }

    #[test]
    fn each_session_shows_its_own_settings_after_any_other_session() {
        let plain = session(guid(1));
        let set = |patch: OptionsPatch| Session { options: plain.options.clone().merged(patch), ..plain.clone() };
        let sessions = [
            plain.clone(),
            set(OptionsPatch { flags: FlagPatch::default().with(OptionFlag::AllowRating, false), ..OptionsPatch::default() }),
            set(OptionsPatch { preparation_time: PreparationTime::from_minutes(33), ..OptionsPatch::default() }),
            set(OptionsPatch { return_url: ReturnUrl::new("https://\"a\"").ok(), ..OptionsPatch::default() }),
            Session { duration: SessionDuration::from_minutes(77).unwrap(), ..plain.clone() },
        ];
        let shown: Vec<_> = sessions.iter().map(|session| serde_json::to_string(&EveryOption(session)).unwrap()).collect();
        assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), sessions.len());
        for (first, before) in sessions.iter().enumerate() {
            for (second, after) in sessions.iter().enumerate() {
                let list = serde_json::to_string(&[OptionsView(before), OptionsView(after), OptionsView(after)]).unwrap();
                assert_eq!(list, format!("[{},{},{}]", shown[first], shown[second], shown[second]));
            }
        }
    }

    #[test]
    fn faults_are_listed_in_the_order_of_the_keys() {
        let form =
            read_options(r#"{"start_active":1,"chat":[],"duration":{"useRemainingTime":"no"},"allow_rating":true,"allow_rating":true}"#);
        assert_eq!(
            form.faults,
            [
                (OptionName::Flag(OptionFlag::AllowRating), FieldFault::Repeated),
                (OptionName::Chat, FieldFault::Mistyped),
                (OptionName::Flag(OptionFlag::DurationUseRemainingTime), FieldFault::Mistyped),
                (OptionName::Flag(OptionFlag::StartActive), FieldFault::Mistyped),
            ]
        );
    }
}
