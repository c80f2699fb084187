//! The settings of a session, and the deep merge by which a partial set changes a full one.
//!
//! Nearly all of them are switches, so they are kept as two bit sets: the switches that are set at all, and those that are
//! on. A merge is then two bit operations, and a partial set is cheap to copy.

use crate::text::Text;

/// One switch of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[repr(u8)]
pub enum OptionFlag {
    /// Attendees may rate the session.
    AllowRating,
    /// Attendees may send camera and microphone.
    AllowUsersStreamSelfCamMic,
    /// Attendees do not see each other's cameras.
    HideUserStreams,
    /// Attendance is checked during the session.
    EnableAttendanceCheck,
    /// Interpreters may speak over the session.
    EnableSimultaneousInterpretation,
    /// Attendees may interpret as well.
    EnableSimultaneousInterpretationForUsers,
    /// The session opens without its host.
    StartActive,
    /// Attendees may react.
    AllowReactions,
    /// Recording starts by itself.
    EnableRecordingAutoStart,
    /// Attendees join without approval.
    SkipApprovalOnJoin,
    /// The session starts by itself.
    EnableSessionAutoStart,
    /// The session ends by itself.
    EnableSessionAutoFinish,
    /// The chat is off.
    ChatOffMessageModule,
    /// Messages to all are off.
    ChatOffGeneralMessaging,
    /// Messages to all are not limited for a user.
    ChatOffGeneralMessageLimitForUser,
    /// Private messages are off.
    ChatOffSpecialMessaging,
    /// Private messages to hosts are off.
    ChatOffSpecialMessageToAdmin,
    /// Private messages to attendees are off.
    ChatOffSpecialMessageToUser,
    /// New messages make no sound.
    ChatOffNewMessageSound,
    /// The chat can't be cleared for the recording.
    ChatOffClearForReplay,
    /// New messages make a sound for all.
    ChatOnNewMessageSoundInAll,
    /// New messages notify all.
    ChatOnNewMessageNotifyInAll,
    /// A host may extend the session.
    DurationAllowExtendTime,
    /// Remaining time may be used.
    DurationUseRemainingTime,
}

impl OptionFlag {
    /// Every switch.
    pub const ALL: [Self; 24] = [
        Self::AllowRating,
        Self::AllowUsersStreamSelfCamMic,
        Self::HideUserStreams,
        Self::EnableAttendanceCheck,
        Self::EnableSimultaneousInterpretation,
        Self::EnableSimultaneousInterpretationForUsers,
        Self::StartActive,
        Self::AllowReactions,
        Self::EnableRecordingAutoStart,
        Self::SkipApprovalOnJoin,
        Self::EnableSessionAutoStart,
        Self::EnableSessionAutoFinish,
        Self::ChatOffMessageModule,
        Self::ChatOffGeneralMessaging,
        Self::ChatOffGeneralMessageLimitForUser,
        Self::ChatOffSpecialMessaging,
        Self::ChatOffSpecialMessageToAdmin,
        Self::ChatOffSpecialMessageToUser,
        Self::ChatOffNewMessageSound,
        Self::ChatOffClearForReplay,
        Self::ChatOnNewMessageSoundInAll,
        Self::ChatOnNewMessageNotifyInAll,
        Self::DurationAllowExtendTime,
        Self::DurationUseRemainingTime,
    ];

    /// The name by which the switch is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllowRating => "allow_rating",
            Self::AllowUsersStreamSelfCamMic => "allow_users_stream_self_cam_mic",
            Self::HideUserStreams => "hide_user_streams",
            Self::EnableAttendanceCheck => "enable_attendance_check",
            Self::EnableSimultaneousInterpretation => "enable_simultaneous_interpretation",
            Self::EnableSimultaneousInterpretationForUsers => "enable_simultaneous_interpretation_for_users",
            Self::StartActive => "start_active",
            Self::AllowReactions => "allow_reactions",
            Self::EnableRecordingAutoStart => "enable_recording_auto_start",
            Self::SkipApprovalOnJoin => "skip_approval_on_join",
            Self::EnableSessionAutoStart => "enable_session_auto_start",
            Self::EnableSessionAutoFinish => "enable_session_auto_finish",
            Self::ChatOffMessageModule => "chat_off_message_module",
            Self::ChatOffGeneralMessaging => "chat_off_general_messaging",
            Self::ChatOffGeneralMessageLimitForUser => "chat_off_general_message_limit_for_user",
            Self::ChatOffSpecialMessaging => "chat_off_special_messaging",
            Self::ChatOffSpecialMessageToAdmin => "chat_off_special_message_to_admin",
            Self::ChatOffSpecialMessageToUser => "chat_off_special_message_to_user",
            Self::ChatOffNewMessageSound => "chat_off_new_message_sound",
            Self::ChatOffClearForReplay => "chat_off_clear_for_replay",
            Self::ChatOnNewMessageSoundInAll => "chat_on_new_message_sound_in_all",
            Self::ChatOnNewMessageNotifyInAll => "chat_on_new_message_notify_in_all",
            Self::DurationAllowExtendTime => "duration_allow_extend_time",
            Self::DurationUseRemainingTime => "duration_use_remaining_time",
        }
    }

    /// The switch of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name() == name)
    }

    #[expect(clippy::as_conversions, reason = "a fieldless enum of 24 variants is its own position")]
    const fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

const fn bits(flags: &[OptionFlag]) -> u32 {
    let mut bits = 0;
    let mut rest = flags;
    while let [first, others @ ..] = rest {
        bits |= first.bit();
        rest = others;
    }
    bits
}

/// A partial set of switches: some on, some off, the others left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FlagPatch {
    set: u32,
    on: u32,
}

impl FlagPatch {
    /// The patch with one switch set.
    #[must_use]
    pub const fn with(self, flag: OptionFlag, on: bool) -> Self {
        let bit = flag.bit();
        Self { set: self.set | bit, on: if on { self.on | bit } else { self.on & !bit } }
    }

    /// The value that the patch sets for a switch; `None` if it leaves the switch alone.
    pub const fn get(self, flag: OptionFlag) -> Option<bool> {
        let bit = flag.bit();
        if self.set & bit == 0 { None } else { Some(self.on & bit != 0) }
    }

    /// The switches that the patch sets.
    pub fn iter(self) -> impl Iterator<Item = (OptionFlag, bool)> {
        OptionFlag::ALL.into_iter().filter_map(move |flag| self.get(flag).map(|on| (flag, on)))
    }

    /// This patch, then the other: where both set a switch, the other wins.
    #[must_use]
    pub const fn then(self, other: Self) -> Self {
        Self { set: self.set | other.set, on: (self.on & !other.set) | other.on }
    }

    /// The switches that this patch sets, without those that the other one sets to the same value.
    const fn beyond(self, other: Self) -> Self {
        let set = self.set & !(other.set & !(self.on ^ other.on));
        Self { set, on: self.on & set }
    }
}

/// The switches of a session. A few have no value until a request sets one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Flags(FlagPatch);

impl Flags {
    const UNSET_BY_DEFAULT: u32 = bits(&[
        OptionFlag::EnableRecordingAutoStart,
        OptionFlag::SkipApprovalOnJoin,
        OptionFlag::EnableSessionAutoStart,
        OptionFlag::EnableSessionAutoFinish,
    ]);
    const ON_BY_DEFAULT: u32 = bits(&[
        OptionFlag::AllowRating,
        OptionFlag::AllowUsersStreamSelfCamMic,
        OptionFlag::EnableAttendanceCheck,
        OptionFlag::AllowReactions,
        OptionFlag::DurationAllowExtendTime,
    ]);

    /// The value of a switch; `None` where none was ever set and there is no default.
    pub const fn get(self, flag: OptionFlag) -> Option<bool> {
        self.0.get(flag)
    }
}

impl Default for Flags {
    fn default() -> Self {
        Self(FlagPatch { set: bits(&OptionFlag::ALL) & !Self::UNSET_BY_DEFAULT, on: Self::ON_BY_DEFAULT })
    }
}

/// How long before its start a session can be entered, in minutes: 0 to [`i32::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PreparationTime(u32);

impl PreparationTime {
    /// The preparation time of a session if the client sends none.
    pub const DEFAULT: Self = Self(15);

    /// A preparation time by its minutes; `None` for a negative number and above [`i32::MAX`].
    pub fn from_minutes(minutes: i64) -> Option<Self> {
        i32::try_from(minutes).ok().and_then(|minutes| u32::try_from(minutes).ok()).map(Self)
    }

    /// The minutes.
    pub const fn minutes(self) -> u32 {
        self.0
    }
}

/// The address of a session's return page: any text of at most 2 000 characters. A batch shows a session whole for each
/// change of it, so each of its texts has a limit.
pub type ReturnUrl = Text<2_000>;

/// All settings of a session. Its duration is a field of the session itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SessionOptions {
    /// The switches.
    pub flags: Flags,
    /// How long before its start the session can be entered, in minutes.
    pub preparation_time: PreparationTime,
    /// The address to which attendees go afterwards; empty for none.
    pub return_url: ReturnUrl,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { flags: Flags::default(), preparation_time: PreparationTime::DEFAULT, return_url: ReturnUrl::default() }
    }
}

/// Some settings of a session; a merge leaves the others alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OptionsPatch {
    /// The switches to set.
    pub flags: FlagPatch,
    /// The preparation time to set.
    pub preparation_time: Option<PreparationTime>,
    /// The address to set.
    pub return_url: Option<ReturnUrl>,
}

impl OptionsPatch {
    /// This patch, then the other: where both set a value, the other wins.
    #[must_use]
    pub fn then(self, other: Self) -> Self {
        Self {
            flags: self.flags.then(other.flags),
            preparation_time: other.preparation_time.or(self.preparation_time),
            return_url: other.return_url.or(self.return_url),
        }
    }
}

impl SessionOptions {
    /// These settings, with those of the patch written over them one by one.
    ///
    /// ```
    /// use derslik_domain::session::{FlagPatch, OptionFlag, OptionsPatch, SessionOptions};
    ///
    /// let patch = OptionsPatch { flags: FlagPatch::default().with(OptionFlag::ChatOffMessageModule, true), ..Default::default() };
    /// let options = SessionOptions::default().merged(patch);
    /// assert_eq!(options.flags.get(OptionFlag::ChatOffMessageModule), Some(true));
    /// assert_eq!(options.flags.get(OptionFlag::AllowRating), Some(true));
    /// assert_eq!(options.flags.get(OptionFlag::SkipApprovalOnJoin), None);
    /// ```
    #[must_use]
    pub fn merged(self, patch: OptionsPatch) -> Self {
        Self {
            flags: Flags(self.flags.0.then(patch.flags)),
            preparation_time: patch.preparation_time.unwrap_or(self.preparation_time),
            return_url: patch.return_url.unwrap_or(self.return_url),
        }
    }

    /// The smallest patch that turns the default settings into these, which is what a store keeps.
    pub fn changes_from_default(&self) -> OptionsPatch {
        let default = Self::default();
        OptionsPatch {
            flags: self.flags.0.beyond(default.flags.0),
            preparation_time: (self.preparation_time != default.preparation_time).then_some(self.preparation_time),
            return_url: (self.return_url != default.return_url).then(|| self.return_url.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn any_flags() -> impl Strategy<Value = FlagPatch> {
        prop::collection::vec((prop::sample::select(OptionFlag::ALL.to_vec()), any::<bool>()), 0..12)
            .prop_map(|flags| flags.into_iter().fold(FlagPatch::default(), |patch, (flag, on)| patch.with(flag, on)))
    }

    fn any_patch() -> impl Strategy<Value = OptionsPatch> {
        (any_flags(), prop::option::of(0_i64..1_000), prop::option::of("[a-z:/]{0,12}")).prop_map(|(flags, minutes, url)| OptionsPatch {
            flags,
            preparation_time: minutes.and_then(PreparationTime::from_minutes),
            return_url: url.map(|url| Text::new(url).unwrap()),
        })
    }

    #[test]
    fn every_flag_has_a_bit_and_a_name_of_its_own() {
        let bits: BTreeSet<_> = OptionFlag::ALL.iter().map(|flag| flag.bit()).collect();
        let names: BTreeSet<_> = OptionFlag::ALL.iter().map(|flag| flag.name()).collect();
        assert_eq!((bits.len(), names.len()), (OptionFlag::ALL.len(), OptionFlag::ALL.len()));
        for flag in OptionFlag::ALL {
            assert_eq!(OptionFlag::by_name(flag.name()), Some(flag));
        }
    }

    #[test]
    fn only_the_four_automatic_switches_have_no_default() {
        let unset: Vec<_> = OptionFlag::ALL.into_iter().filter(|flag| Flags::default().get(*flag).is_none()).collect();
        assert_eq!(
            unset,
            [
                OptionFlag::EnableRecordingAutoStart,
                OptionFlag::SkipApprovalOnJoin,
                OptionFlag::EnableSessionAutoStart,
                OptionFlag::EnableSessionAutoFinish
            ]
        );
    }

    proptest! {
        #[test]
        fn merging_a_patch_twice_is_merging_it_once(base in any_patch(), patch in any_patch()) {
            let once = SessionOptions::default().merged(base).merged(patch.clone());
            prop_assert_eq!(once.clone().merged(patch), once);
        }

        #[test]
        fn merging_one_patch_after_another_is_merging_both_at_once(one in any_patch(), other in any_patch()) {
            let in_turn = SessionOptions::default().merged(one.clone()).merged(other.clone());
            prop_assert_eq!(SessionOptions::default().merged(one.then(other)), in_turn);
        }

        #[test]
        fn a_merge_touches_only_what_the_patch_names(base in any_patch(), patch in any_patch()) {
            let before = SessionOptions::default().merged(base);
            let after = before.clone().merged(patch.clone());
            for flag in OptionFlag::ALL {
                prop_assert_eq!(after.flags.get(flag), patch.flags.get(flag).or(before.flags.get(flag)));
            }
        }

        #[test]
        fn what_a_store_keeps_brings_the_options_back(patch in any_patch()) {
            let options = SessionOptions::default().merged(patch);
            let kept = options.changes_from_default();
            prop_assert_eq!(SessionOptions::default().merged(kept.clone()), options);
            for (flag, on) in kept.flags.iter() {
                prop_assert_ne!(Flags::default().get(flag), Some(on));
            }
        }
    }
}
