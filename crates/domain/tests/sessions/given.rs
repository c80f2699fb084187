//! Plain values for the tests of the public rules.

use derslik_domain::course::CourseSettings;
use derslik_domain::form::{Field, RawText};
use derslik_domain::id::{Id, SessionGuid};
use derslik_domain::identity::{AccountSettings, Lang};
use derslik_domain::session::{
    Creator, FlagPatch, OptionFlag, OptionsPatch, PreparationTime, ReplayStatus, ReturnUrl, Session, SessionDescription, SessionDuration,
    SessionForm, SessionName, SessionOptions, SessionStatus, SessionTags, Violation,
};
use derslik_domain::time::{Start, StartDateMode, Timestamp, WrittenTime, Zone};
use uuid::Uuid;

/// The reading of the clock for every test: 16:07 in Istanbul.
pub(crate) fn now() -> Timestamp {
    instant("2025-02-06T16:07:35.488565+03:00")
}

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

pub(crate) fn settings() -> AccountSettings {
    AccountSettings {
        lang: Lang::parse("tr-TR").unwrap(),
        timezone: Zone::ISTANBUL,
        start_date_mode: StartDateMode::Civil,
        courses: CourseSettings::default(),
    }
}

/// The settings of an account that reads start dates as instants.
pub(crate) fn by_instant() -> AccountSettings {
    AccountSettings { start_date_mode: StartDateMode::Instant, ..settings() }
}

pub(crate) fn creator(settings: &AccountSettings) -> Creator<'_> {
    Creator { principal: Id::new(4490), settings, now: now() }
}

pub(crate) fn guid(number: u128) -> SessionGuid {
    SessionGuid::new(Uuid::from_u128(number))
}

pub(crate) fn text(value: &str) -> Field<RawText> {
    Field::Given(value.as_bytes().to_vec())
}

/// The smallest form that makes a session.
pub(crate) fn least() -> SessionForm {
    SessionForm { name: text("CS201"), start_date: text("2025-08-05T12:00:00Z"), duration: Field::Given(120), ..SessionForm::default() }
}

/// A session without default values, created and changed long ago by another principal.
pub(crate) fn stored(guid: SessionGuid) -> Session {
    let written: WrittenTime = "2025-08-05T12:00:00".parse().unwrap();
    Session {
        guid,
        name: SessionName::new("Web Development 101").unwrap(),
        description: SessionDescription::new("Everything about it").ok(),
        tags: SessionTags::new("web,development").ok(),
        start: Start::at(written.civil(), zone("Europe/Berlin")),
        duration: SessionDuration::from_minutes(80).unwrap(),
        lang: Lang::parse("de").unwrap(),
        status: SessionStatus::Locked,
        replay_status: ReplayStatus::Packed,
        options: SessionOptions::default().merged(OptionsPatch {
            flags: FlagPatch::default().with(OptionFlag::AllowRating, false).with(OptionFlag::ChatOffMessageModule, true),
            preparation_time: PreparationTime::from_minutes(30),
            return_url: ReturnUrl::new("https://okul.example/").ok(),
        }),
        allow_recording: false,
        inaccessible_replay: true,
        created_by: Id::new(1),
        updated_by: Id::new(2),
        created_at: instant("2025-01-01T00:00:00Z"),
        updated_at: instant("2025-01-02T00:00:00Z"),
    }
}

pub(crate) fn create(form: SessionForm) -> Result<Session, Vec<Violation>> {
    form.create(guid(1), &creator(&settings()))
}

/// Changes [`stored`].
pub(crate) fn update(form: SessionForm) -> Result<Session, Vec<Violation>> {
    form.apply_to(&stored(guid(1)), &creator(&settings()))
}
