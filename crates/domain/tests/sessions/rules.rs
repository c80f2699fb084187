//! Every rule by which a form makes a session or changes one.

use derslik_domain::form::{Field, FieldFault, RawText};
use derslik_domain::id::Id;
use derslik_domain::identity::{AccountSettings, Lang};
use derslik_domain::session::{
    Creator, FlagPatch, OptionFlag, OptionName, OptionsForm, Problem, ReplayStatus, Session, SessionDescription, SessionDuration,
    SessionEvent, SessionField, SessionForm, SessionName, SessionOptions, SessionStatus, SessionTags, TransitionError, Violation,
};
use derslik_domain::text::TextError;
use derslik_domain::time::{StartDateMode, Zone};
use rstest::rstest;

use crate::given::{by_instant, create, creator, guid, instant, least, now, settings, stored, text, update, zone};

/// Every field that holds one value, in the order in which violations are listed.
const FIELDS: [SessionField; 12] = [
    SessionField::Name,
    SessionField::Description,
    SessionField::Tags,
    SessionField::StartDate,
    SessionField::Duration,
    SessionField::Lang,
    SessionField::AllowRecording,
    SessionField::InaccessibleReplay,
    SessionField::Option(OptionName::PreparationTime),
    SessionField::Option(OptionName::ReturnUrl),
    SessionField::Timezone,
    SessionField::Status,
];

/// The fields that hold a text.
const TEXTS: [SessionField; 7] = [
    SessionField::Name,
    SessionField::Description,
    SessionField::Tags,
    SessionField::StartDate,
    SessionField::Lang,
    SessionField::Timezone,
    SessionField::Option(OptionName::ReturnUrl),
];

/// The contents of a field that are not a value.
#[derive(Debug, Clone, Copy)]
enum Without {
    Anything,
    Value,
    Type,
    Choice,
}

impl Without {
    fn field<T>(self) -> Field<T> {
        match self {
            Self::Anything => Field::Missing,
            Self::Value => Field::Null,
            Self::Type => Field::Mistyped,
            Self::Choice => Field::Repeated,
        }
    }
}

fn spoiled(mut form: SessionForm, field: SessionField, without: Without) -> SessionForm {
    match field {
        SessionField::Name => form.name = without.field(),
        SessionField::Description => form.description = without.field(),
        SessionField::Tags => form.tags = without.field(),
        SessionField::StartDate => form.start_date = without.field(),
        SessionField::Duration => form.duration = without.field(),
        SessionField::Lang => form.lang = without.field(),
        SessionField::AllowRecording => form.allow_recording = without.field(),
        SessionField::InaccessibleReplay => form.inaccessible_replay = without.field(),
        SessionField::Options => form.options = without.field(),
        SessionField::Option(OptionName::PreparationTime) => options(&mut form).preparation_time = without.field(),
        SessionField::Option(OptionName::ReturnUrl) => options(&mut form).return_url = without.field(),
        SessionField::Timezone => form.timezone = without.field(),
        SessionField::Status => form.status = without.field(),
        SessionField::Item | SessionField::Guid | SessionField::Option(_) => panic!("{field:?} holds no single value"),
    }
    form
}

fn with_text(mut form: SessionForm, field: SessionField, bytes: &[u8]) -> SessionForm {
    let value: Field<RawText> = Field::Given(bytes.to_vec());
    match field {
        SessionField::Name => form.name = value,
        SessionField::Description => form.description = value,
        SessionField::Tags => form.tags = value,
        SessionField::StartDate => form.start_date = value,
        SessionField::Lang => form.lang = value,
        SessionField::Timezone => form.timezone = value,
        SessionField::Option(OptionName::ReturnUrl) => options(&mut form).return_url = value,
        _ => panic!("{field:?} holds no text"),
    }
    form
}

fn options(form: &mut SessionForm) -> &mut OptionsForm {
    if !matches!(form.options, Field::Given(_)) {
        form.options = Field::Given(OptionsForm::default());
    }
    match &mut form.options {
        Field::Given(options) => options,
        _ => unreachable!(),
    }
}

fn given(status: SessionStatus) -> Field<Option<SessionStatus>> {
    Field::Given(Some(status))
}

fn broken(field: SessionField, problem: Problem) -> Vec<Violation> {
    vec![Violation { field, problem }]
}

/// The violations of a form, when it creates a session and when it changes one.
fn problems_of(form: &SessionForm) -> [Option<Vec<Violation>>; 2] {
    [create(form.clone()).err(), update(form.clone()).err()]
}

fn both(violations: Vec<Violation>) -> [Option<Vec<Violation>>; 2] {
    [Some(violations.clone()), Some(violations)]
}

#[rstest]
fn creating_wants_a_name_a_start_and_a_duration(#[values(Without::Anything, Without::Value)] without: Without) {
    for field in FIELDS {
        let required = matches!(field, SessionField::Name | SessionField::StartDate | SessionField::Duration);
        let refused = create(spoiled(least(), field, without)).err();
        assert_eq!(refused, required.then(|| broken(field, Problem::Required)), "{field:?}");
    }
}

#[rstest]
fn an_update_wants_nothing_and_leaves_alone_what_is_missing_or_null(#[values(Without::Anything, Without::Value)] without: Without) {
    let empty = FIELDS.into_iter().chain([SessionField::Options]).fold(SessionForm::default(), |form, field| spoiled(form, field, without));
    let touched = Session { updated_by: Id::new(4490), updated_at: now(), ..stored(guid(1)) };
    assert_eq!(update(empty), Ok(touched));
}

#[rstest]
#[case(Without::Type, Problem::Mistyped)]
#[case(Without::Choice, Problem::Repeated)]
fn a_value_of_the_wrong_type_or_sent_twice_is_refused_wherever_it_stands(#[case] without: Without, #[case] problem: Problem) {
    for field in FIELDS.into_iter().chain([SessionField::Options]) {
        let [created, updated] = problems_of(&spoiled(least(), field, without));
        assert_eq!(created, Some(broken(field, problem)), "{field:?}");
        assert_eq!(updated, Some(broken(field, problem)), "{field:?}");
    }
}

#[rstest]
#[case(b"a\0b", TextError::Nul)]
#[case(b"\0", TextError::Nul)]
#[case(b"a\xff", TextError::NotUnicode)]
// The bytes of the two halves of a surrogate pair, each encoded alone.
#[case(b"\xed\xa0\xbd", TextError::NotUnicode)]
#[case(b"a\xed\xb8\x80", TextError::NotUnicode)]
// The end of a text that was cut within a character.
#[case(b"\xc4", TextError::NotUnicode)]
fn bytes_that_no_store_keeps_are_refused_in_every_text(#[case] bytes: &[u8], #[case] error: TextError) {
    for field in TEXTS {
        assert_eq!(problems_of(&with_text(least(), field, bytes)), both(broken(field, Problem::Text(error))), "{field:?}");
    }
}

#[rstest]
fn texts_are_measured_in_code_points(#[values("a", "ğ", "師", "🎓")] letter: &str) {
    for (field, max) in [(SessionField::Name, 500), (SessionField::Description, 10_000), (SessionField::Tags, 1_000)] {
        let filled = |length| with_text(least(), field, letter.repeat(length).as_bytes());
        assert_eq!(problems_of(&filled(max)), [None, None], "{field:?}");
        let too_long = Problem::Text(TextError::TooLong { max });
        assert_eq!(problems_of(&filled(max + 1)), both(broken(field, too_long)), "{field:?}");
    }
}

#[rstest]
fn a_name_of_white_space_is_empty(#[values("", " ", "\t\r\n", "\u{a0}\u{2003}")] name: &str) {
    let form = SessionForm { name: text(name), ..least() };
    assert_eq!(problems_of(&form), both(broken(SessionField::Name, Problem::Text(TextError::Empty))));
}

#[test]
fn white_space_around_a_name_does_not_count_and_is_kept() {
    let name = format!("  {}\n", "ü".repeat(500));
    let form = SessionForm { name: text(&name), ..least() };
    assert_eq!(create(form.clone()).unwrap().name.as_str(), name);
    assert_eq!(update(form).unwrap().name.as_str(), name);
}

#[test]
fn an_empty_description_and_empty_tags_are_texts_too() {
    let form = SessionForm { description: text(""), tags: text(""), ..least() };
    let session = update(form).unwrap();
    assert_eq!((session.description, session.tags), (SessionDescription::new("").ok(), SessionTags::new("").ok()));
}

#[rstest]
#[case(i64::MIN, false)]
#[case(-5, false)]
#[case(0, false)]
#[case(4, false)]
#[case(5, true)]
#[case(360, true)]
#[case(361, false)]
// 80 in the lower bits of a wider number.
#[case(65_616, false)]
#[case(i64::MAX, false)]
fn a_session_lasts_5_to_360_minutes(#[case] minutes: i64, #[case] fits: bool) {
    let form = SessionForm { duration: Field::Given(minutes), ..least() };
    let refused = (!fits).then(|| broken(SessionField::Duration, Problem::Invalid));
    assert_eq!(problems_of(&form), [refused.clone(), refused]);
}

#[rstest]
#[case("tr", true)]
#[case("tr-TR", true)]
#[case("ar-SA", true)]
#[case("zh-Hans-CN", true)]
#[case("", false)]
#[case("t", false)]
#[case("tr_TR", false)]
#[case("tr-", false)]
#[case(" tr", false)]
#[case("türkçe", false)]
fn a_language_has_the_form_of_a_tag(#[case] tag: &str, #[case] fits: bool) {
    let form = SessionForm { lang: text(tag), ..least() };
    let refused = (!fits).then(|| broken(SessionField::Lang, Problem::Invalid));
    assert_eq!(problems_of(&form), [refused.clone(), refused]);
}

#[rstest]
#[case("Europe/Istanbul", true)]
#[case("Asia/Riyadh", true)]
#[case("America/Argentina/Buenos_Aires", true)]
#[case("UTC", true)]
#[case("", false)]
#[case("Europe/Atlantis", false)]
#[case("europe/istanbul", false)]
#[case("Europe/Istanbul ", false)]
#[case("+03:00", false)]
#[case("Turkey Standard Time", false)]
fn a_zone_is_known_by_its_iana_name(#[case] name: &str, #[case] known: bool) {
    let form = SessionForm { timezone: text(name), ..least() };
    let refused = (!known).then(|| broken(SessionField::Timezone, Problem::Invalid));
    assert_eq!(problems_of(&form), [refused.clone(), refused]);
}

#[rstest]
#[case("")]
#[case("soon")]
#[case("1754384400")]
#[case("05.08.2025 12:00")]
#[case("2025-08-05T12")]
#[case("2025-08-05T25:00:00Z")]
#[case("2025-02-30T12:00:00Z")]
#[case("2025-08-05T12:00:00.1234567890Z")]
#[case("2025-08-05T12:00:00+3")]
#[case("2025-08-05T12:00:00 Europe/Istanbul")]
#[case(" 2025-08-05T12:00:00Z")]
#[case("10000-01-01T00:00:00Z")]
#[case("+10000-01-01T00:00:00Z")]
fn a_start_is_an_iso_8601_date_and_time(#[case] written: &str) {
    let form = SessionForm { start_date: text(written), ..least() };
    assert_eq!(problems_of(&form), both(broken(SessionField::StartDate, Problem::Invalid)));
}

#[rstest]
#[case::zulu("2025-08-05T12:00:00Z", "2025-08-05T12:00:00+03:00")]
#[case::offset_of_the_zone("2025-08-05T12:00:00+03:00", "2025-08-05T12:00:00+03:00")]
#[case::another_offset("2025-08-05T12:00:00-08:00", "2025-08-05T12:00:00+03:00")]
#[case::no_offset("2025-08-05T12:00:00", "2025-08-05T12:00:00+03:00")]
#[case::no_seconds("2025-08-05T12:00", "2025-08-05T12:00:00+03:00")]
#[case::no_time("2025-08-05", "2025-08-05T00:00:00+03:00")]
#[case::milliseconds("2025-08-05T12:00:00.500Z", "2025-08-05T12:00:00.5+03:00")]
#[case::nanoseconds_are_cut("2025-08-05T12:00:00.123456789Z", "2025-08-05T12:00:00.123456+03:00")]
#[case::nanoseconds_alone_are_nothing("2025-08-05T12:00:00.000000999Z", "2025-08-05T12:00:00+03:00")]
#[case::leap_day("2028-02-29T12:00:00Z", "2028-02-29T12:00:00+03:00")]
#[case::last_year("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+03:00")]
fn the_civil_time_counts_and_not_the_offset_beside_it(#[case] written: &str, #[case] printed: &str) {
    let start = create(SessionForm { start_date: text(written), ..least() }).unwrap().start;
    assert_eq!(start.to_string(), printed);
}

#[rstest]
#[case::skipped_hour("2025-03-30T02:30:00", "Europe/Berlin", "2025-03-30T02:30:00+02:00", "2025-03-30T00:30:00Z")]
#[case::repeated_hour("2025-10-26T02:30:00", "Europe/Berlin", "2025-10-26T02:30:00+02:00", "2025-10-26T00:30:00Z")]
#[case::skipped_half_hour("2025-10-05T02:15:00", "Australia/Lord_Howe", "2025-10-05T02:15:00+11:00", "2025-10-04T15:15:00Z")]
#[case::skipped_midnight("2026-04-24T00:30:00", "Africa/Cairo", "2026-04-24T00:30:00+03:00", "2026-04-23T21:30:00Z")]
#[case::riyadh("2025-08-05T12:00:00", "Asia/Riyadh", "2025-08-05T12:00:00+03:00", "2025-08-05T09:00:00Z")]
fn a_face_that_a_zone_skips_or_repeats_is_no_fault(#[case] face: &str, #[case] name: &str, #[case] printed: &str, #[case] at: &str) {
    let form = SessionForm { start_date: text(face), timezone: text(name), ..least() };
    for start in [create(form.clone()).unwrap().start, update(form).unwrap().start] {
        assert_eq!((start.to_string().as_str(), start.instant()), (printed, instant(at)));
    }
}

// Five minutes before the clock it is 16:02:35.488565 in Istanbul.
#[rstest]
#[case("2025-02-06T16:02:35.488565", true)]
#[case("2025-02-06T16:02:35.488565999", true)]
#[case("2025-02-06T16:02:35.488564", false)]
#[case("2025-02-06T16:02:35.488564999", false)]
#[case("2020-08-05T14:00:00Z", false)]
#[case("1970-01-01", false)]
fn a_start_lies_back_five_minutes_at_the_most(#[case] written: &str, #[case] fits: bool) {
    let form = SessionForm { start_date: text(written), timezone: text("Europe/Istanbul"), ..least() };
    let refused = (!fits).then(|| broken(SessionField::StartDate, Problem::Past));
    assert_eq!(problems_of(&form), [refused.clone(), refused]);
}

#[rstest]
#[case("America/New_York", false)]
#[case("Europe/Istanbul", false)]
#[case("Asia/Kolkata", true)]
fn whether_a_start_is_past_is_judged_in_the_zone_of_the_request(#[case] name: &str, #[case] past: bool) {
    let form = SessionForm { start_date: text("2025-02-06T16:07:36Z"), timezone: text(name), ..least() };
    let refused = past.then(|| broken(SessionField::StartDate, Problem::Past));
    assert_eq!(problems_of(&form), [refused.clone(), refused]);
}

#[test]
fn a_session_that_began_long_ago_can_still_be_changed() {
    let mut session = stored(guid(1));
    session.start = session.start.moved_to(zone("Asia/Tokyo"), StartDateMode::Civil).unwrap();
    let settings = settings();
    let later = Creator { now: instant("2030-01-01T00:00:00Z"), ..creator(&settings) };
    let form = SessionForm { timezone: text("Europe/Berlin"), duration: Field::Given(90), ..SessionForm::default() };
    assert!(form.apply_to(&session, &later).is_ok());
}

/// A year after [`stored`] was held.
fn years_later(settings: &AccountSettings) -> Creator<'_> {
    Creator { now: instant("2026-08-05T12:00:00Z"), ..creator(settings) }
}

#[rstest]
#[case::as_printed("2025-08-05T12:00:00+02:00", None)]
#[case::zulu("2025-08-05T12:00:00Z", None)]
#[case::no_offset("2025-08-05T12:00:00.000", None)]
#[case::with_the_zone_it_has("2025-08-05T12:00:00+02:00", Some("Europe/Berlin"))]
#[case::with_another_zone("2025-08-05T12:00:00+02:00", Some("Asia/Tokyo"))]
fn a_start_that_is_sent_as_it_is_is_not_judged_again(#[case] written: &str, #[case] zone: Option<&str>) {
    let settings = settings();
    let form = SessionForm {
        start_date: text(written),
        timezone: zone.map_or(Field::Missing, text),
        name: text("Rust"),
        ..SessionForm::default()
    };
    let unsent = SessionForm { start_date: Field::Missing, ..form.clone() };
    let changed = form.apply_to(&stored(guid(1)), &years_later(&settings)).unwrap();
    assert_eq!(Ok(changed), unsent.apply_to(&stored(guid(1)), &years_later(&settings)));
}

#[test]
fn where_instants_are_meant_the_same_instant_is_the_same_start() {
    let settings = by_instant();
    for written in ["2025-08-05T12:00:00+02:00", "2025-08-05T10:00:00Z", "2025-08-05T12:00:00"] {
        let form = SessionForm { start_date: text(written), ..SessionForm::default() };
        let changed = form.apply_to(&stored(guid(1)), &years_later(&settings)).unwrap();
        assert_eq!(changed.start, stored(guid(1)).start, "{written}");
    }
    let other = SessionForm { start_date: text("2025-08-05T12:00:00Z"), ..SessionForm::default() };
    let refused = other.apply_to(&stored(guid(1)), &years_later(&settings));
    assert_eq!(refused, Err(broken(SessionField::StartDate, Problem::Past)));
}

#[test]
fn another_start_in_the_past_is_refused_as_before() {
    let settings = settings();
    for written in ["2025-08-05T12:00:01", "2025-08-04T12:00:00Z"] {
        let form = SessionForm { start_date: text(written), ..SessionForm::default() };
        let refused = form.apply_to(&stored(guid(1)), &years_later(&settings));
        assert_eq!(refused, Err(broken(SessionField::StartDate, Problem::Past)), "{written}");
    }
}

#[rstest]
#[case::a_new_start(SessionForm { start_date: text("2026-08-06T12:00:00Z"), ..SessionForm::default() }, SessionStatus::Active)]
#[case::with_the_status_it_has(
    SessionForm { start_date: text("2026-08-06T12:00:00Z"), status: given(SessionStatus::Expired), ..SessionForm::default() },
    SessionStatus::Active
)]
#[case::with_another_status(
    SessionForm { start_date: text("2026-08-06T12:00:00Z"), status: given(SessionStatus::Locked), ..SessionForm::default() },
    SessionStatus::Locked
)]
#[case::an_end_that_is_still_past(SessionForm { duration: Field::Given(90), ..SessionForm::default() }, SessionStatus::Expired)]
#[case::only_another_name(SessionForm { name: text("Rust"), status: given(SessionStatus::Expired), ..SessionForm::default() }, SessionStatus::Expired)]
#[case::opened_by_hand(SessionForm { status: given(SessionStatus::Active), ..SessionForm::default() }, SessionStatus::Active)]
fn a_session_that_was_over_goes_on_once_its_end_is_to_come(#[case] form: SessionForm, #[case] status: SessionStatus) {
    let settings = settings();
    let expired = Session { status: SessionStatus::Expired, ..stored(guid(1)) };
    let changed = form.apply_to(&expired, &years_later(&settings)).unwrap();
    assert_eq!(changed.status, status);
}

#[test]
fn a_longer_session_that_is_still_under_way_goes_on() {
    let settings = settings();
    // It ended at 13:20 in Berlin.
    let creator = Creator { now: instant("2025-08-05T13:30:00+02:00"), ..creator(&settings) };
    let expired = Session { status: SessionStatus::Expired, ..stored(guid(1)) };
    let longer = |minutes| SessionForm { duration: Field::Given(minutes), ..SessionForm::default() };
    assert_eq!(longer(89).apply_to(&expired, &creator).unwrap().status, SessionStatus::Expired);
    assert_eq!(longer(91).apply_to(&expired, &creator).unwrap().status, SessionStatus::Active);
    // A session that was closed before its end stays closed, wherever its end moves.
    let early = Creator { now: instant("2025-08-05T13:00:00+02:00"), ..creator };
    assert_eq!(longer(91).apply_to(&expired, &early).unwrap().status, SessionStatus::Expired);
}

#[test]
fn creating_fills_in_what_was_not_sent() {
    let wanted = Session {
        guid: guid(1),
        name: SessionName::new("CS201").unwrap(),
        description: None,
        tags: None,
        start: create(least()).unwrap().start,
        duration: SessionDuration::from_minutes(120).unwrap(),
        lang: settings().lang,
        status: SessionStatus::Active,
        replay_status: ReplayStatus::NotAllowed,
        options: SessionOptions::default(),
        allow_recording: true,
        inaccessible_replay: false,
        created_by: Id::new(4490),
        updated_by: Id::new(4490),
        created_at: now(),
        updated_at: now(),
    };
    assert_eq!(create(least()), Ok(wanted));
    assert_eq!(create(least()).unwrap().start.zone(), Zone::ISTANBUL);
}

#[test]
fn default_options_are_those_of_the_original_service() {
    let options = SessionOptions::default();
    let on: Vec<_> = OptionFlag::ALL.into_iter().filter(|flag| options.flags.get(*flag) == Some(true)).collect();
    let wanted = [
        OptionFlag::AllowRating,
        OptionFlag::AllowUsersStreamSelfCamMic,
        OptionFlag::EnableAttendanceCheck,
        OptionFlag::AllowReactions,
        OptionFlag::DurationAllowExtendTime,
    ];
    assert_eq!(on, wanted);
    assert_eq!((options.preparation_time.minutes(), options.return_url.as_str()), (15, ""));
}

#[test]
fn what_was_sent_is_kept_on_create() {
    let form = SessionForm {
        description: text("Let's learn"),
        tags: text(" web, basics "),
        lang: text("ar-SA"),
        allow_recording: Field::Given(false),
        inaccessible_replay: Field::Given(true),
        timezone: text("Asia/Riyadh"),
        ..least()
    };
    let session = create(form).unwrap();
    assert_eq!(session.description, SessionDescription::new("Let's learn").ok());
    assert_eq!(session.tags, SessionTags::new(" web, basics ").ok());
    assert_eq!((session.lang, session.start.zone()), (Lang::parse("ar-SA").unwrap(), zone("Asia/Riyadh")));
    assert_eq!((session.allow_recording, session.inaccessible_replay), (false, true));
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let touched = Session { updated_by: Id::new(4490), updated_at: now(), ..stored(guid(1)) };
    let form = SessionForm::default;
    let cases = [
        (SessionForm { name: text("Rust"), ..form() }, Session { name: SessionName::new("Rust").unwrap(), ..touched.clone() }),
        (
            SessionForm { description: text("New"), ..form() },
            Session { description: SessionDescription::new("New").ok(), ..touched.clone() },
        ),
        (SessionForm { tags: text("new"), ..form() }, Session { tags: SessionTags::new("new").ok(), ..touched.clone() }),
        (
            SessionForm { duration: Field::Given(100), ..form() },
            Session { duration: SessionDuration::from_minutes(100).unwrap(), ..touched.clone() },
        ),
        (SessionForm { lang: text("tr"), ..form() }, Session { lang: Lang::parse("tr").unwrap(), ..touched.clone() }),
        (SessionForm { allow_recording: Field::Given(true), ..form() }, Session { allow_recording: true, ..touched.clone() }),
        (SessionForm { inaccessible_replay: Field::Given(false), ..form() }, Session { inaccessible_replay: false, ..touched.clone() }),
        (SessionForm { status: given(SessionStatus::Passive), ..form() }, Session { status: SessionStatus::Passive, ..touched.clone() }),
    ];
    for (form, wanted) in cases {
        assert_eq!(update(form), Ok(wanted));
    }
}

#[test]
fn a_new_start_is_read_in_the_zone_that_the_session_has() {
    let form = SessionForm { start_date: text("2025-12-24T20:00:00Z"), ..SessionForm::default() };
    assert_eq!(update(form).unwrap().start.to_string(), "2025-12-24T20:00:00+01:00");
}

#[test]
fn a_new_zone_alone_keeps_the_civil_time() {
    let form = SessionForm { timezone: text("Asia/Dubai"), ..SessionForm::default() };
    assert_eq!(update(form).unwrap().start.to_string(), "2025-08-05T12:00:00+04:00");
}

#[test]
fn a_new_start_with_a_new_zone_is_read_in_that_zone() {
    let form = SessionForm { start_date: text("2025-12-24T20:00:00Z"), timezone: text("Asia/Dubai"), ..SessionForm::default() };
    assert_eq!(update(form).unwrap().start.to_string(), "2025-12-24T20:00:00+04:00");
}

#[test]
fn a_change_sets_any_status_but_that_of_a_deleted_session() {
    let sent = |status| SessionForm { status: Field::Given(status), ..SessionForm::default() };
    for status in SessionStatus::ALL.into_iter().filter(|status| *status != SessionStatus::Deleted) {
        assert_eq!(update(sent(Some(status))).map(|session| session.status), Ok(status));
    }
    for status in [None, Some(SessionStatus::Deleted)] {
        assert_eq!(update(sent(status)), Err(broken(SessionField::Status, Problem::Invalid)), "{status:?}");
    }
}

#[test]
fn a_deleted_session_takes_no_change() {
    let deleted = stored(guid(1)).deleted(Id::new(7), now()).unwrap();
    let settings = settings();
    for form in [SessionForm::default(), SessionForm { status: given(SessionStatus::Active), ..SessionForm::default() }] {
        assert_eq!(form.apply_to(&deleted, &creator(&settings)), Err(broken(SessionField::Status, Problem::Invalid)));
    }
}

#[test]
fn a_new_session_is_passive_where_that_was_sent_and_active_otherwise() {
    let sent = |status| SessionForm { status: Field::Given(status), ..least() };
    let statuses = SessionStatus::ALL.into_iter().filter(|status| *status != SessionStatus::Passive).map(Some);
    for status in statuses.chain([None]) {
        assert_eq!(create(sent(status)).map(|session| session.status), Ok(SessionStatus::Active), "{status:?}");
    }
    assert_eq!(create(sent(Some(SessionStatus::Passive))).map(|session| session.status), Ok(SessionStatus::Passive));
}

#[test]
fn a_session_expires_at_its_end_and_not_before() {
    let session = stored(guid(1));
    let end = instant("2025-08-05T13:20:00+02:00");
    assert_eq!(session.ends_at(), end);
    assert_eq!((session.is_over(end.minutes_before(1)), session.is_over(end)), (false, true));
    assert_eq!(session.clone().expired(end.minutes_before(1)), Err(TransitionError::NotOver { ends_at: end }));
    let expired = Session { status: SessionStatus::Expired, updated_at: end, ..session.clone() };
    assert_eq!(session.expired(end), Ok(expired.clone()));
    let refused = TransitionError::Refused { status: SessionStatus::Expired, event: SessionEvent::Expire };
    assert_eq!(expired.expired(end), Err(refused));
}

#[test]
fn a_session_is_deleted_once() {
    let deleted = Session { status: SessionStatus::Deleted, updated_by: Id::new(7), updated_at: now(), ..stored(guid(1)) };
    assert_eq!(stored(guid(1)).deleted(Id::new(7), now()), Ok(deleted.clone()));
    let refused = TransitionError::Refused { status: SessionStatus::Deleted, event: SessionEvent::Delete };
    assert_eq!(deleted.deleted(Id::new(7), now()), Err(refused));
}

#[test]
fn partial_options_are_laid_over_the_defaults_or_over_what_is_stored() {
    let partial = OptionsForm {
        flags: FlagPatch::default().with(OptionFlag::ChatOffNewMessageSound, true).with(OptionFlag::SkipApprovalOnJoin, false),
        preparation_time: Field::Null,
        ..OptionsForm::default()
    };
    let form = SessionForm { options: Field::Given(partial), ..least() };
    let (created, updated) = (create(form.clone()).unwrap().options, update(form).unwrap().options);
    for options in [&created, &updated] {
        assert_eq!(options.flags.get(OptionFlag::ChatOffNewMessageSound), Some(true));
        assert_eq!(options.flags.get(OptionFlag::SkipApprovalOnJoin), Some(false));
        assert_eq!(options.flags.get(OptionFlag::EnableSessionAutoStart), None);
    }
    assert_eq!(created.flags.get(OptionFlag::AllowRating), Some(true));
    assert_eq!(created.preparation_time.minutes(), 15);
    assert_eq!(updated.flags.get(OptionFlag::AllowRating), Some(false));
    assert_eq!(updated.flags.get(OptionFlag::ChatOffMessageModule), Some(true));
    assert_eq!((updated.preparation_time.minutes(), updated.return_url.as_str()), (30, "https://okul.example/"));
}

#[rstest]
#[case(-1, false)]
#[case(0, true)]
#[case(i64::from(i32::MAX), true)]
#[case(i64::from(i32::MAX) + 1, false)]
fn a_preparation_time_is_not_negative(#[case] minutes: i64, #[case] fits: bool) {
    let mut form = least();
    options(&mut form).preparation_time = Field::Given(minutes);
    let refused = (!fits).then(|| broken(SessionField::Option(OptionName::PreparationTime), Problem::Invalid));
    assert_eq!(problems_of(&form), [refused.clone(), refused]);
}

#[test]
fn faults_among_the_options_name_the_option_and_spoil_the_item() {
    let mut form = least();
    *options(&mut form) = OptionsForm {
        flags: FlagPatch::default().with(OptionFlag::AllowRating, false),
        faults: vec![
            (OptionName::Duration, FieldFault::Repeated),
            (OptionName::Flag(OptionFlag::AllowReactions), FieldFault::Mistyped),
            (OptionName::Chat, FieldFault::Mistyped),
        ],
        preparation_time: Field::Mistyped,
        return_url: Field::Repeated,
    };
    let found = [
        (OptionName::Duration, Problem::Repeated),
        (OptionName::Flag(OptionFlag::AllowReactions), Problem::Mistyped),
        (OptionName::Chat, Problem::Mistyped),
        (OptionName::PreparationTime, Problem::Mistyped),
        (OptionName::ReturnUrl, Problem::Repeated),
    ];
    let violations = found.map(|(name, problem)| Violation { field: SessionField::Option(name), problem });
    assert_eq!(problems_of(&form), both(violations.to_vec()));
}

#[test]
fn all_broken_rules_are_listed_in_the_order_of_the_fields() {
    let spoil = |without| FIELDS.into_iter().fold(SessionForm::default(), |form, field| spoiled(form, field, without));
    let listed = |violations: Vec<Violation>| violations.into_iter().map(|violation| violation.field).collect::<Vec<_>>();
    for without in [Without::Type, Without::Choice] {
        assert_eq!(create(spoil(without)).map_err(listed), Err(FIELDS.to_vec()));
        assert_eq!(update(spoil(without)).map_err(listed), Err(FIELDS.to_vec()));
    }
}

#[test]
fn every_broken_rule_has_its_own_reason() {
    let form = SessionForm {
        name: text(" "),
        description: text("a\0"),
        start_date: text("2020-08-05T14:00:00Z"),
        duration: Field::Given(361),
        lang: Field::Mistyped,
        timezone: text("Europe/Atlantis"),
        status: given(SessionStatus::Deleted),
        ..SessionForm::default()
    };
    let mut wanted = [
        (SessionField::Name, Problem::Text(TextError::Empty)),
        (SessionField::Description, Problem::Text(TextError::Nul)),
        (SessionField::StartDate, Problem::Past),
        (SessionField::Duration, Problem::Invalid),
        (SessionField::Lang, Problem::Mistyped),
        (SessionField::Timezone, Problem::Invalid),
        (SessionField::Status, Problem::Invalid),
    ]
    .map(|(field, problem)| Violation { field, problem })
    .to_vec();
    assert_eq!(update(form.clone()), Err(wanted.clone()));
    // On creation any number but 0 counts as not sent.
    wanted.pop();
    assert_eq!(create(form), Err(wanted));
}

#[rstest]
#[case::zulu("2025-08-05T12:00:00Z", "2025-08-05T15:00:00+03:00")]
#[case::offset("2025-08-05T12:00:00-08:00", "2025-08-05T23:00:00+03:00")]
#[case::no_offset("2025-08-05T12:00:00", "2025-08-05T12:00:00+03:00")]
#[case::just_not_past("2025-02-06T13:02:35.488565Z", "2025-02-06T16:02:35.488565+03:00")]
fn an_account_may_mean_instants(#[case] written: &str, #[case] printed: &str) {
    let settings = by_instant();
    let form = SessionForm { start_date: text(written), ..least() };
    assert_eq!(form.create(guid(1), &creator(&settings)).unwrap().start.to_string(), printed);
}

#[test]
fn where_instants_are_meant_the_past_is_judged_by_them() {
    let settings = by_instant();
    let form = SessionForm { start_date: text("2025-02-06T16:02:35.488564+03:00"), timezone: text("Pacific/Pago_Pago"), ..least() };
    assert_eq!(form.create(guid(1), &creator(&settings)), Err(broken(SessionField::StartDate, Problem::Past)));
}

#[test]
fn where_instants_are_meant_a_new_zone_keeps_the_instant() {
    let settings = by_instant();
    let form = SessionForm { timezone: text("Asia/Dubai"), ..SessionForm::default() };
    let start = form.apply_to(&stored(guid(1)), &creator(&settings)).unwrap().start;
    assert_eq!((start.to_string().as_str(), start.instant()), ("2025-08-05T14:00:00+04:00", stored(guid(1)).start.instant()));
}

#[test]
fn a_start_that_leaves_the_year_9999_on_the_clock_of_its_zone_is_refused() {
    let settings = by_instant();
    let creator = creator(&settings);
    let last = SessionForm { start_date: text("9999-12-31T23:59:59Z"), timezone: text("UTC"), ..least() };
    let session = last.clone().create(guid(1), &creator).unwrap();

    let abroad = SessionForm { timezone: text("Asia/Tokyo"), ..last };
    assert_eq!(abroad.create(guid(1), &creator), Err(broken(SessionField::StartDate, Problem::Invalid)));
    let moved = SessionForm { timezone: text("Asia/Tokyo"), ..SessionForm::default() };
    assert_eq!(moved.clone().apply_to(&session, &creator), Err(broken(SessionField::Timezone, Problem::Invalid)));
    let rescheduled = SessionForm { start_date: text("2026-01-01T00:00:00Z"), ..moved };
    assert!(rescheduled.apply_to(&session, &creator).is_ok());
}
