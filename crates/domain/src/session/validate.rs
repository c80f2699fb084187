//! Whether a form makes a session, or a change of one. All rules are checked, so that one answer tells the client every
//! violation.

use crate::form::{Field, Problem, RawText, Violations, read_utf8 as utf8};
use crate::id::{PrincipalId, SessionGuid};
use crate::identity::{AccountSettings, Lang};
use crate::time::{Start, Timestamp, WrittenTime, Zone};

use super::form::{OptionName, OptionsForm, SessionForm};
use super::options::{OptionsPatch, PreparationTime};
use super::{EndMove, ReplayStatus, Session, SessionDuration, SessionEvent, SessionName, SessionOptions, SessionStatus};

/// How many minutes in the past a start may lie, to allow for clock differences and queued requests.
const PAST_SLACK_MINUTES: i64 = 5;

/// The writer, the time and the settings that every form of a batch is validated with.
#[derive(Debug, Clone, Copy)]
pub struct Creator<'a> {
    /// The principal.
    pub principal: PrincipalId,
    /// The settings of its account.
    pub settings: &'a AccountSettings,
    /// One reading of the clock for the whole batch.
    pub now: Timestamp,
}

/// A field of a session that a rule is about, in the order in which violations are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
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
    /// Whether the session may be recorded.
    AllowRecording,
    /// Whether the recording is hidden from attendees.
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

/// One broken rule of a session.
pub type Violation = crate::form::Violation<SessionField>;

impl SessionForm {
    /// Makes a new session of the form.
    ///
    /// # Errors
    /// Every broken rule, in the order of [`SessionField`].
    pub fn create(self, guid: SessionGuid, creator: &Creator<'_>) -> Result<Session, Vec<Violation>> {
        let settings = creator.settings;
        let mut violations = Violations::default();
        let name = violations.require(SessionField::Name, self.name, read_name);
        let description = violations.read(SessionField::Description, self.description, read_text);
        let tags = violations.read(SessionField::Tags, self.tags, read_text);
        // The start is listed before the zone, but the zone is needed to read it.
        let (zone, zone_problem) = peek_zone(&self.timezone);
        let zone = zone.unwrap_or(settings.timezone);
        let start = violations.require(SessionField::StartDate, self.start_date, |written| {
            validate_start(Start::from_written(read_written(&written)?, zone, settings.start_date_mode), creator.now)
        });
        let duration = violations.require(SessionField::Duration, self.duration, read_duration);
        let lang = violations.read(SessionField::Lang, self.lang, |tag| read_lang(&tag)).unwrap_or_else(|| settings.lang.clone());
        let allow_recording = violations.read(SessionField::AllowRecording, self.allow_recording, Ok).unwrap_or(true);
        let inaccessible_replay = violations.read(SessionField::InaccessibleReplay, self.inaccessible_replay, Ok).unwrap_or(false);
        let options = violations.options(self.options);
        if let Some(problem) = zone_problem {
            violations.report(SessionField::Timezone, problem);
        }
        let status = SessionStatus::at_creation(violations.read(SessionField::Status, self.status, Ok).flatten());
        let session = name.zip(start).zip(duration).map(|((name, start), duration)| Session {
            guid,
            name,
            description,
            tags,
            start,
            duration,
            lang,
            status,
            replay_status: ReplayStatus::NotAllowed,
            options: SessionOptions::default().merged(options),
            allow_recording,
            inaccessible_replay,
            created_by: creator.principal,
            updated_by: creator.principal,
            created_at: creator.now,
            updated_at: creator.now,
        });
        violations.verdict(session)
    }

    /// Changes `session` as the form says. A field that is missing or null is left alone. A start or a status that equals
    /// the stored one is left alone too, and not validated again.
    ///
    /// # Errors
    /// Every broken rule, in the order of [`SessionField`]; the session is then as it was. A deleted session takes no change: its
    /// status is invalid.
    pub fn apply_to(self, session: &Session, creator: &Creator<'_>) -> Result<Session, Vec<Violation>> {
        let mode = creator.settings.start_date_mode;
        let mut violations = Violations::default();
        let name = violations.read(SessionField::Name, self.name, read_name);
        let description = violations.read(SessionField::Description, self.description, read_text);
        let tags = violations.read(SessionField::Tags, self.tags, read_text);
        let (zone, zone_problem) = peek_zone(&self.timezone);
        // The start if the form sends none.
        let unsent = zone.map_or(Some(session.start), |zone| session.start.moved_to(zone, mode));
        let is_sent = matches!(self.start_date, Field::Given(_));
        let start = violations.read(SessionField::StartDate, self.start_date, |written| {
            let written = read_written(&written)?;
            let start = Start::from_written(written, zone.unwrap_or(session.start.zone()), mode);
            let is_new = start != unsent && !session.start.is_written_as(written);
            is_new.then(|| validate_start(start, creator.now)).transpose()
        });
        let stays = !is_sent || start == Some(None);
        let moved = if stays { unsent.ok_or(Problem::Invalid).map(Some) } else { Ok(None) };
        let duration = violations.read(SessionField::Duration, self.duration, read_duration);
        let lang = violations.read(SessionField::Lang, self.lang, |tag| read_lang(&tag));
        let allow_recording = violations.read(SessionField::AllowRecording, self.allow_recording, Ok);
        let inaccessible_replay = violations.read(SessionField::InaccessibleReplay, self.inaccessible_replay, Ok);
        let options = violations.options(self.options);
        if let Some(problem) = zone_problem.or(moved.err()) {
            violations.report(SessionField::Timezone, problem);
        }
        let status = violations.read(SessionField::Status, self.status, |sent| {
            let sent = sent.ok_or(Problem::Invalid)?;
            change_status(session.status, Some(sent), EndMove::Elsewhere).map(|_| sent)
        });
        violations.verdict(Some(()))?;
        let changed = Session {
            guid: session.guid,
            name: name.unwrap_or_else(|| session.name.clone()),
            description: description.or_else(|| session.description.clone()),
            tags: tags.or_else(|| session.tags.clone()),
            start: start.flatten().or(moved.unwrap_or_default()).unwrap_or(session.start),
            duration: duration.unwrap_or(session.duration),
            lang: lang.unwrap_or_else(|| session.lang.clone()),
            status: session.status,
            replay_status: session.replay_status,
            options: session.options.clone().merged(options),
            allow_recording: allow_recording.unwrap_or(session.allow_recording),
            inaccessible_replay: inaccessible_replay.unwrap_or(session.inaccessible_replay),
            created_by: session.created_by,
            updated_by: creator.principal,
            created_at: session.created_at,
            updated_at: creator.now,
        };
        let goes_on = session.is_over(creator.now) && !changed.is_over(creator.now);
        let end = if goes_on { EndMove::IntoFuture } else { EndMove::Elsewhere };
        let refused = |problem| vec![Violation { field: SessionField::Status, problem }];
        Ok(Session { status: change_status(session.status, status, end).map_err(refused)?, ..changed })
    }
}

impl Violations<SessionField> {
    fn options(&mut self, options: Field<OptionsForm>) -> OptionsPatch {
        let Some(form) = self.read(SessionField::Options, options, Ok) else {
            return OptionsPatch::default();
        };
        for (name, fault) in form.faults {
            self.report(SessionField::Option(name), fault);
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

/// The status after a change for which a client sent `sent`.
fn change_status(status: SessionStatus, sent: Option<SessionStatus>, end: EndMove) -> Result<SessionStatus, Problem> {
    status.apply(SessionEvent::Change { sent, end }).map_err(|_| Problem::Invalid)
}

fn read_written(text: &[u8]) -> Result<WrittenTime, Problem> {
    utf8(text)?.parse().map_err(|_| Problem::Invalid)
}

fn validate_start(start: Option<Start>, now: Timestamp) -> Result<Start, Problem> {
    let start = start.ok_or(Problem::Invalid)?;
    if start.instant() < now.minutes_before(PAST_SLACK_MINUTES) { Err(Problem::Past) } else { Ok(start) }
}

/// The zone that a form names, and its problem. The caller reports the problem later, since the zone is read before the
/// start but listed after it.
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
