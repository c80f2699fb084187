//! The settings of a session under their names on the wire.

use derslik_domain::session::{OptionFlag, OptionName, SessionOptions};

/// The switches by their names below `options`, in the order of the wire.
pub(super) const FLAGS: [(&str, OptionFlag); 24] = [
    ("allow_rating", OptionFlag::AllowRating),
    ("chat.offMessageModule", OptionFlag::ChatOffMessageModule),
    ("chat.offGeneralMsging", OptionFlag::ChatOffGeneralMessaging),
    ("chat.offGeneralMsgLimitForUser", OptionFlag::ChatOffGeneralMessageLimitForUser),
    ("chat.offSpecialMsging", OptionFlag::ChatOffSpecialMessaging),
    ("chat.offSpecialMsgToAdmin", OptionFlag::ChatOffSpecialMessageToAdmin),
    ("chat.offSpecialMsgToUser", OptionFlag::ChatOffSpecialMessageToUser),
    ("chat.offNewMsgSound", OptionFlag::ChatOffNewMessageSound),
    ("chat.offClearForReplay", OptionFlag::ChatOffClearForReplay),
    ("chat.onNewMsgSoundInAll", OptionFlag::ChatOnNewMessageSoundInAll),
    ("chat.onNewMsgNotifyInAll", OptionFlag::ChatOnNewMessageNotifyInAll),
    ("duration.allowExtendTime", OptionFlag::DurationAllowExtendTime),
    ("duration.useRemainingTime", OptionFlag::DurationUseRemainingTime),
    ("allow_users_stream_self_cam_mic", OptionFlag::AllowUsersStreamSelfCamMic),
    ("hide_user_streams", OptionFlag::HideUserStreams),
    ("enable_attendance_check", OptionFlag::EnableAttendanceCheck),
    ("enable_simultaneous_interpretation", OptionFlag::EnableSimultaneousInterpretation),
    ("enable_simultaneous_interpretation_for_users", OptionFlag::EnableSimultaneousInterpretationForUsers),
    ("start_active", OptionFlag::StartActive),
    ("allow_reactions", OptionFlag::AllowReactions),
    ("enable_recording_auto_start", OptionFlag::EnableRecordingAutoStart),
    ("skip_approval_on_join", OptionFlag::SkipApprovalOnJoin),
    ("enable_session_auto_start", OptionFlag::EnableSessionAutoStart),
    ("enable_session_auto_finish", OptionFlag::EnableSessionAutoFinish),
];

/// The field of the preparation time.
pub(super) const PREPARATION_TIME: &str = "options.preparation_time";

/// The field of the address to which attendees go afterwards.
pub(super) const RETURN_URL: &str = "options.return_url";

/// The path of a switch on the wire.
pub(super) fn path(name: &str) -> String {
    format!("options.{name}")
}

/// The path of a setting on the wire.
pub(super) fn wire_name(option: OptionName) -> String {
    match option {
        OptionName::Flag(flag) => path(FLAGS.iter().find(|(_, other)| *other == flag).map_or("", |(name, _)| name)),
        OptionName::Chat => path("chat"),
        OptionName::Duration => path("duration"),
        OptionName::PreparationTime => PREPARATION_TIME.to_owned(),
        OptionName::ReturnUrl => RETURN_URL.to_owned(),
    }
}

/// The value of a switch on the wire.
pub(super) const fn wire_value(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "true",
        Some(false) => "false",
        None => "null",
    }
}

/// A setting that differs from its default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) name: String,
    pub(super) value: String,
    /// The value by default; empty for an empty text.
    pub(super) usual: String,
}

/// The settings that differ from their defaults, in the order of the wire.
pub(super) fn differences(options: &SessionOptions) -> Vec<Difference> {
    let (default, changes) = (SessionOptions::default(), options.changes_from_default());
    let mut found = Vec::new();
    if let Some(time) = changes.preparation_time {
        let (value, usual) = (time.minutes().to_string(), default.preparation_time.minutes().to_string());
        found.push(Difference { name: PREPARATION_TIME.to_owned(), value, usual });
    }
    for (name, flag) in FLAGS {
        if let Some(on) = changes.flags.get(flag) {
            let (value, usual) = (wire_value(Some(on)).to_owned(), wire_value(default.flags.get(flag)).to_owned());
            found.push(Difference { name: path(name), value, usual });
        }
    }
    if let Some(url) = changes.return_url {
        found.push(Difference { name: RETURN_URL.to_owned(), value: url.as_str().to_owned(), usual: String::new() });
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use derslik_domain::session::{FlagPatch, OptionsPatch, PreparationTime};

    use super::*;

    #[test]
    fn each_switch_has_one_name() {
        let flags: BTreeSet<_> = FLAGS.iter().map(|(_, flag)| *flag).collect();
        let names: BTreeSet<_> = FLAGS.iter().map(|(name, _)| *name).collect();
        assert_eq!((flags.len(), names.len()), (OptionFlag::ALL.len(), OptionFlag::ALL.len()));
        assert_eq!(wire_name(OptionName::Flag(OptionFlag::ChatOffMessageModule)), "options.chat.offMessageModule");
    }

    #[test]
    fn only_settings_that_differ_are_told() {
        assert!(differences(&SessionOptions::default()).is_empty());
        let flags = FlagPatch::default().with(OptionFlag::AllowRating, false).with(OptionFlag::SkipApprovalOnJoin, true);
        let patch = OptionsPatch { flags, preparation_time: PreparationTime::from_minutes(5), return_url: None };
        let told = differences(&SessionOptions::default().merged(patch));
        let told: Vec<_> = told.iter().map(|found| (found.name.as_str(), found.value.as_str(), found.usual.as_str())).collect();
        assert_eq!(
            told,
            [
                ("options.preparation_time", "5", "15"),
                ("options.allow_rating", "false", "true"),
                ("options.skip_approval_on_join", "true", "null"),
            ]
        );
    }
}
