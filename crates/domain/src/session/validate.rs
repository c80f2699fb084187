//! Whether what a client sent makes a session, or a change of one. All rules are looked at, so that a client learns of
//! everything that is wrong at once.

use crate::form::{Field, FieldFault, RawText};
use crate::id::SessionGuid;
use crate::identity::Lang;
use crate::text::TextError;
use crate::time::{Start, Timestamp, WrittenTime, Zone};

use super::form::{OptionName, OptionsForm, SessionForm};
use super::options::{OptionsPatch, PreparationTime};
use super::{Creator, ReplayStatus, Session, SessionDuration, SessionName, SessionOptions, SessionStatus};

/// A start may lie this many minutes back, for clocks that differ and requests that wait.
const PAST_SLACK_MINUTES: i64 = 5;

/// A field of a session that a rule is about, in the order in which violations are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionField {
    /// The item as a whole.
    Item,
    /// The GUID.
    Guid,
    /// The name.
    Name,
    /// The description.
    Description,
    /// The tags.
    Tags,
    /// The start.
    StartDate,
    /// The duration.
    Duration,
    /// The language.
    Lang,
    /// Whether it may be recorded.
    AllowRecording,
    /// Whether its recording is hidden.
    InaccessibleReplay,
    /// The settings as a whole.
    Options,
    /// One setting.
    Option(OptionName),
    /// The time zone.
    Timezone,
    /// The status.
    Status,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Problem {
    /// It has to be sent.
    Required,
    /// It is of the wrong type.
    Mistyped,
    /// It was sent more than once.
    Repeated,
    /// It is no acceptable text.
    Text(TextError),
    /// It is not of the wanted form, or out of its range.
    Invalid,
    /// It lies in the past.
    Past,
}

/// One broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Violation {
    /// The field.
    pub field: SessionField,
    /// What is wrong with it.
    pub problem: Problem,
}

impl From<FieldFault> for Problem {
    fn from(fault: FieldFault) -> Self {
        match fault {
            FieldFault::Mistyped => Self::Mistyped,
            FieldFault::Repeated => Self::Repeated,
        }
    }
}

impl From<TextError> for Problem {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

/// Collects the violations of one form.
#[derive(Default)]
struct Judge {
    violations: Vec<Violation>,
}

impl Judge {
    fn object(&mut self, field: SessionField, problem: impl Into<Problem>) {
        self.violations.push(Violation { field, problem: problem.into() });
    }

    /// The value of a field, read by `read`; `None` if it was not sent, or if something was wrong with it.
    fn read<T, U>(&mut self, field: SessionField, value: Field<T>, read: impl FnOnce(T) -> Result<U, Problem>) -> Option<U> {
        let value = value.given().map_err(Problem::from).and_then(|value| value.map(read).transpose());
        value.unwrap_or_else(|problem| {
            self.object(field, problem);
            None
        })
    }

    /// As [`Judge::read`], for a field that must be there.
    fn require<T, U>(&mut self, field: SessionField, value: Field<T>, read: impl FnOnce(T) -> Result<U, Problem>) -> Option<U> {
        if matches!(value, Field::Missing | Field::Null) {
            self.object(field, Problem::Required);
        }
        self.read(field, value, read)
    }

    /// `value` if nothing was wrong with it and nothing else either.
    fn verdict<T>(self, value: Option<T>) -> Result<T, Vec<Violation>> {
        match value {
            Some(value) if self.violations.is_empty() => Ok(value),
            _ => Err(self.violations),
        }
    }
}

impl SessionForm {
    /// Makes a new session of the form.
    ///
    /// # Errors
    /// Every broken rule, in the order of [`SessionField`].
    pub fn create(self, guid: SessionGuid, creator: &Creator<'_>) -> Result<Session, Vec<Violation>> {
        let settings = creator.settings;
        let mut judge = Judge::default();
        let name = judge.require(SessionField::Name, self.name, read_name);
        let description = judge.read(SessionField::Description, self.description, read_text);
        let tags = judge.read(SessionField::Tags, self.tags, read_text);
        // The start is judged before the zone, as it is listed, but read in it.
        let (zone, zone_problem) = peek_zone(&self.timezone);
        let zone = zone.unwrap_or(settings.timezone);
        let start = judge.require(SessionField::StartDate, self.start_date, |written| {
            read_start(&written, creator.now, |written| Start::from_written(written, zone, settings.start_date_mode))
        });
        let duration = judge.require(SessionField::Duration, self.duration, read_duration);
        let lang = judge.read(SessionField::Lang, self.lang, |tag| read_lang(&tag)).unwrap_or_else(|| settings.lang.clone());
        let allow_recording = judge.read(SessionField::AllowRecording, self.allow_recording, Ok).unwrap_or(true);
        let inaccessible_replay = judge.read(SessionField::InaccessibleReplay, self.inaccessible_replay, Ok).unwrap_or(false);
        let options = judge.options(self.options);
        if let Some(problem) = zone_problem {
            judge.object(SessionField::Timezone, problem);
        }
        // What it says is for changes alone, but a value of another type is a mistake here as well.
        judge.read(SessionField::Status, self.status, Ok);
        let session = name.zip(start).zip(duration).map(|((name, start), duration)| Session {
            guid,
            name,
            description,
            tags,
            start,
            duration,
            lang,
            status: SessionStatus::Active,
            replay_status: ReplayStatus::NotAllowed,
            options: SessionOptions::default().merged(options),
            allow_recording,
            inaccessible_replay,
            created_by: creator.principal,
            updated_by: creator.principal,
            created_at: creator.now,
            updated_at: creator.now,
        });
        judge.verdict(session)
    }

    /// Changes `session` as the form says: a field that is missing or null is left alone.
    ///
    /// # Errors
    /// Every broken rule, in the order of [`SessionField`]; the session is then as it was.
    pub fn apply_to(self, session: &Session, creator: &Creator<'_>) -> Result<Session, Vec<Violation>> {
        let mode = creator.settings.start_date_mode;
        let mut judge = Judge::default();
        let name = judge.read(SessionField::Name, self.name, read_name);
        let description = judge.read(SessionField::Description, self.description, read_text);
        let tags = judge.read(SessionField::Tags, self.tags, read_text);
        let (zone, zone_problem) = peek_zone(&self.timezone);
        let starts_anew = matches!(self.start_date, Field::Given(_));
        let start = judge.read(SessionField::StartDate, self.start_date, |written| {
            read_start(&written, creator.now, |written| Start::from_written(written, zone.unwrap_or(session.start.zone()), mode))
        });
        let moved = zone.filter(|_| !starts_anew).map(|zone| session.start.moved_to(zone, mode).ok_or(Problem::Invalid)).transpose();
        let duration = judge.read(SessionField::Duration, self.duration, read_duration);
        let lang = judge.read(SessionField::Lang, self.lang, |tag| read_lang(&tag));
        let allow_recording = judge.read(SessionField::AllowRecording, self.allow_recording, Ok);
        let inaccessible_replay = judge.read(SessionField::InaccessibleReplay, self.inaccessible_replay, Ok);
        let options = judge.options(self.options);
        if let Some(problem) = zone_problem.or(moved.err()) {
            judge.object(SessionField::Timezone, problem);
        }
        let status = judge.read(SessionField::Status, self.status, read_status);
        judge.verdict(Some(()))?;
        Ok(Session {
            guid: session.guid,
            name: name.unwrap_or_else(|| session.name.clone()),
            description: description.or_else(|| session.description.clone()),
            tags: tags.or_else(|| session.tags.clone()),
            start: start.or(moved.unwrap_or_default()).unwrap_or(session.start),
            duration: duration.unwrap_or(session.duration),
            lang: lang.unwrap_or_else(|| session.lang.clone()),
            status: status.unwrap_or(session.status),
            replay_status: session.replay_status,
            options: session.options.clone().merged(options),
            allow_recording: allow_recording.unwrap_or(session.allow_recording),
            inaccessible_replay: inaccessible_replay.unwrap_or(session.inaccessible_replay),
            created_by: session.created_by,
            updated_by: creator.principal,
            created_at: session.created_at,
            updated_at: creator.now,
        })
    }
}

impl Judge {
    fn options(&mut self, options: Field<OptionsForm>) -> OptionsPatch {
        let Some(form) = self.read(SessionField::Options, options, Ok) else {
            return OptionsPatch::default();
        };
        for (name, fault) in form.faults {
            self.object(SessionField::Option(name), fault);
        }
        let preparation_time = self.read(SessionField::Option(OptionName::PreparationTime), form.preparation_time, |minutes| {
            PreparationTime::from_minutes(minutes).ok_or(Problem::Invalid)
        });
        let return_url = self.read(SessionField::Option(OptionName::ReturnUrl), form.return_url, read_text);
        OptionsPatch { flags: form.flags, preparation_time, return_url }
    }
}

fn read_name(text: RawText) -> Result<SessionName, Problem> {
    Ok(SessionName::from_bytes(text)?)
}

fn read_text<const MAX: usize>(text: RawText) -> Result<crate::text::Text<MAX>, Problem> {
    Ok(crate::text::Text::from_bytes(text)?)
}

fn read_lang(text: &[u8]) -> Result<Lang, Problem> {
    Lang::parse(utf8(text)?).map_err(|_| Problem::Invalid)
}

fn read_duration(minutes: i64) -> Result<SessionDuration, Problem> {
    SessionDuration::from_minutes(minutes).map_err(|_| Problem::Invalid)
}

/// A status to set. Deletion has a request of its own.
fn read_status(code: i64) -> Result<SessionStatus, Problem> {
    SessionStatus::by_code(code).filter(|status| *status != SessionStatus::Deleted).ok_or(Problem::Invalid)
}

fn read_start(text: &[u8], now: Timestamp, place: impl FnOnce(WrittenTime) -> Option<Start>) -> Result<Start, Problem> {
    let written = utf8(text)?.parse().map_err(|_| Problem::Invalid)?;
    let start = place(written).ok_or(Problem::Invalid)?;
    if start.instant() < now.minutes_before(PAST_SLACK_MINUTES) { Err(Problem::Past) } else { Ok(start) }
}

/// The zone that a form names and what is wrong with it, without a judge, since the start is read in it before it is listed.
fn peek_zone(field: &Field<RawText>) -> (Option<Zone>, Option<Problem>) {
    let zone = match field {
        Field::Missing | Field::Null => return (None, None),
        Field::Given(name) => utf8(name).and_then(|name| Zone::parse(name).map_err(|_| Problem::Invalid)),
        Field::Mistyped => Err(Problem::Mistyped),
        Field::Repeated => Err(Problem::Repeated),
    };
    match zone {
        Ok(zone) => (Some(zone), None),
        Err(problem) => (None, Some(problem)),
    }
}

fn utf8(text: &[u8]) -> Result<&str, Problem> {
    let text = std::str::from_utf8(text).map_err(|_| TextError::NotUnicode)?;
    if text.contains('\0') { Err(TextError::Nul.into()) } else { Ok(text) }
}
