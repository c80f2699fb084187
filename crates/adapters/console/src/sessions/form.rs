//! The form of a session: its fields, and what of them was changed.

use derslik_domain::form::Field;
use derslik_domain::session::{OptionsForm, Session, SessionForm, SessionOptions, SessionStatus, Violation};

use super::inputs::{Input, Kind, TICKED, UNTICKED};
use super::options::{self, FLAGS, PREPARATION_TIME, RETURN_URL};
use super::problems;
use super::states::status_word;
use super::times;
use crate::fields::Fields;
use crate::texts::Texts;
use crate::visit::Visit;

/// The values of a form before anything is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Initial {
    name: String,
    start_date: String,
    timezone: String,
    duration: String,
    lang: String,
    description: String,
    tags: String,
    status: String,
    allow_recording: String,
    inaccessible_replay: String,
    options: SessionOptions,
    /// Whether there is a session, which keeps what the form does not change.
    is_stored: bool,
}

impl Initial {
    /// The values for a new session of the account.
    pub(super) fn new(visit: &Visit, lang: &str) -> Self {
        Self {
            timezone: visit.account.zone.name().to_owned(),
            lang: lang.to_owned(),
            duration: "60".to_owned(),
            status: SessionStatus::Active.code().to_string(),
            allow_recording: TICKED.to_owned(),
            inaccessible_replay: UNTICKED.to_owned(),
            ..Self::default()
        }
    }

    /// The values of a session.
    pub(super) fn of(session: &Session) -> Self {
        let tick = |on| if on { TICKED } else { UNTICKED }.to_owned();
        Self {
            name: session.name.to_string(),
            start_date: times::typed(session.start.civil().to_naive()),
            timezone: session.start.zone().name().to_owned(),
            duration: session.duration.minutes().to_string(),
            lang: session.lang.to_string(),
            description: session.description.as_ref().map(ToString::to_string).unwrap_or_default(),
            tags: session.tags.as_ref().map(ToString::to_string).unwrap_or_default(),
            status: session.status.code().to_string(),
            allow_recording: tick(session.allow_recording),
            inaccessible_replay: tick(session.inaccessible_replay),
            options: session.options.clone(),
            is_stored: true,
        }
    }

    /// A text of the form. One that is as it was stored, and an empty one of a new session, count as not sent.
    fn text(&self, form: &Fields, name: &str, initial: &str) -> Field<Vec<u8>> {
        let sent = sent(form, name);
        let is_unchanged = if self.is_stored { sent == with_plain_lines(initial) } else { sent.trim().is_empty() };
        if is_unchanged { Field::Missing } else { Field::Given(sent.into_bytes()) }
    }

    fn number(&self, form: &Fields, name: &str, initial: &str) -> Field<i64> {
        match self.text(form, name, initial) {
            Field::Given(text) => {
                let number = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
                number.map_or(Field::Mistyped, Field::Given)
            }
            _ => Field::Missing,
        }
    }

    fn tick(&self, form: &Fields, name: &str, initial: &str) -> Field<bool> {
        let is_ticked = form.has(name);
        if self.is_stored && is_ticked == (initial == TICKED) { Field::Missing } else { Field::Given(is_ticked) }
    }

    /// What the form changes, or the new session.
    pub(super) fn read(&self, form: &Fields) -> SessionForm {
        let trimmed = |name: &str, initial: &str| self.text(form, name, initial).map(|text| text.trim_ascii().to_vec());
        let start = self.text(form, "start_date", &self.start_date);
        SessionForm {
            name: self.text(form, "name", &self.name),
            description: self.text(form, "description", &self.description),
            tags: self.text(form, "tags", &self.tags),
            start_date: start.map(|text| times::written(&String::from_utf8_lossy(&text)).into_bytes()),
            duration: self.number(form, "duration", &self.duration),
            lang: trimmed("lang", &self.lang),
            allow_recording: self.tick(form, "allow_recording", &self.allow_recording),
            inaccessible_replay: self.tick(form, "inaccessible_replay", &self.inaccessible_replay),
            options: Field::Given(self.read_options(form)),
            timezone: trimmed("timezone", &self.timezone),
            status: self.number(form, "status", &self.status).map(SessionStatus::by_code),
        }
    }

    fn read_options(&self, form: &Fields) -> OptionsForm {
        let mut read = OptionsForm::default();
        for (name, flag) in FLAGS {
            match form.text(&options::path(name)) {
                "true" => read.flags = read.flags.with(flag, true),
                "false" => read.flags = read.flags.with(flag, false),
                _ => {}
            }
        }
        read.preparation_time = self.number(form, PREPARATION_TIME, &self.preparation_time());
        read.return_url = self.text(form, RETURN_URL, self.options.return_url.as_str());
        read
    }

    fn preparation_time(&self) -> String {
        self.options.preparation_time.minutes().to_string()
    }
}

/// What was sent under a name, with plain ends of lines.
fn sent(form: &Fields, name: &str) -> String {
    with_plain_lines(form.raw(name).unwrap_or_default())
}

/// A text whose lines end as the store has them. Browsers send a carriage return as well.
fn with_plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The fields of the form.
#[derive(Debug)]
pub(super) struct SessionInputs {
    pub(super) main: Vec<Input>,
    pub(super) options: Vec<Input>,
    /// Whether a setting is wrong, so that the settings have to be seen.
    pub(super) is_open: bool,
}

impl SessionInputs {
    /// The fields with what was typed, or with the initial values, and what is wrong with them.
    pub(super) fn new(t: Texts, initial: &Initial, typed: Option<&Fields>, violations: &[Violation]) -> Self {
        let value = |name: &str, initial: &str| match typed {
            Some(form) => sent(form, name),
            None => initial.to_owned(),
        };
        let tick = |name: &str, initial: &str| match typed {
            Some(form) => if form.has(name) { TICKED } else { UNTICKED }.to_owned(),
            None => initial.to_owned(),
        };
        let statuses: &[SessionStatus] = if initial.is_stored {
            &[SessionStatus::Passive, SessionStatus::Active, SessionStatus::Locked, SessionStatus::Expired]
        } else {
            &[SessionStatus::Active, SessionStatus::Passive]
        };
        let statuses = statuses.iter().map(|status| (status.code().to_string(), status_word(*status, t)));
        let line = |kind, name: &'static str, label: String, initial: &str| Input::new(kind, name, label, value(name, initial));
        let mut main = vec![
            line(Kind::Text, "name", t.sessions_field_name(), &initial.name),
            line(Kind::Code, "start_date", t.sessions_field_start(), &initial.start_date).hint(t.sessions_field_start_hint()),
            line(Kind::Code, "duration", t.sessions_field_duration(), &initial.duration).hint(t.sessions_field_duration_hint()),
            line(Kind::Code, "timezone", t.sessions_field_zone(), &initial.timezone).hint("Europe/Istanbul"),
            line(Kind::Code, "lang", t.sessions_field_lang(), &initial.lang).hint("tr-TR, en-US, ar-SA"),
            line(Kind::Text, "tags", t.sessions_field_tags(), &initial.tags).hint(t.sessions_field_tags_hint()),
            line(Kind::Select, "status", t.sessions_col_status(), &initial.status).choices(statuses),
            line(Kind::Area, "description", t.sessions_field_description(), &initial.description),
        ];
        for (name, label, initial) in [
            ("allow_recording", t.sessions_field_recording(), &initial.allow_recording),
            ("inaccessible_replay", t.sessions_field_replay(), &initial.inaccessible_replay),
        ] {
            main.push(Input::new(Kind::Tick, name, label, tick(name, initial)));
        }
        let mut options = vec![
            line(Kind::Code, PREPARATION_TIME, PREPARATION_TIME.to_owned(), &initial.preparation_time()).hint(t.sessions_option_minutes()),
            line(Kind::Code, RETURN_URL, RETURN_URL.to_owned(), initial.options.return_url.as_str()),
        ];
        for (name, flag) in FLAGS {
            let path = options::path(name);
            let stays = t.sessions_option_stays(options::wire_value(initial.options.flags.get(flag)));
            let choices = [(String::new(), stays), ("true".to_owned(), "true".to_owned()), ("false".to_owned(), "false".to_owned())];
            let chosen = typed.map(|form| form.text(&path).to_owned()).unwrap_or_default();
            options.push(Input::new(Kind::Select, path.clone(), path, chosen).choices(choices));
        }
        let mut is_open = false;
        for violation in violations {
            let name = problems::wire_name(violation.field);
            let text = problems::of_session(t, violation.field, violation.problem);
            let is_option = options.iter().any(|input| input.name == name);
            is_open |= is_option;
            // What is about no field of the form stands at the first one.
            let place = main.iter().position(|input| input.name == name);
            let input = match place {
                Some(place) => main.get_mut(place),
                None if is_option => options.iter_mut().find(|input| input.name == name),
                None => main.first_mut(),
            };
            if let Some(input) = input {
                input.error = Some(text);
            }
        }
        Self { main, options, is_open }
    }

    /// The fields that are wrong.
    pub(super) fn wrong(&self) -> impl Iterator<Item = &Input> {
        self.main.iter().chain(&self.options).filter(|input| input.error.is_some())
    }

    /// Whether a field is wrong.
    pub(super) fn is_wrong(&self) -> bool {
        self.wrong().next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::session::{OptionFlag, Problem, SessionDescription, SessionField};
    use derslik_testkit::builders::{guid, session};

    use super::*;
    use crate::locale::Language;

    fn encoded(initial: &Initial, changes: &[(&str, &str)]) -> Fields {
        let t = Texts::of(Language::English);
        let inputs = SessionInputs::new(t, initial, None, &[]);
        let all = inputs.main.iter().chain(&inputs.options).filter(|input| !input.kind.is_tick() || input.is_ticked());
        let mut query = form_urlencoded::Serializer::new(String::new());
        for input in all {
            let value = changes.iter().find(|(name, _)| *name == input.name).map_or(input.value.as_str(), |(_, value)| *value);
            query.append_pair(&input.name, &value.replace('\n', "\r\n"));
        }
        Fields::read(query.finish().as_bytes())
    }

    #[test]
    fn a_form_that_was_not_touched_changes_nothing() {
        let description = SessionDescription::new("two\nlines").ok();
        let initial = Initial::of(&Session { description, ..session(guid(1)) });
        let read = initial.read(&encoded(&initial, &[]));
        assert_eq!(read, SessionForm { options: Field::Given(OptionsForm::default()), ..SessionForm::default() });
    }

    #[test]
    fn only_what_was_typed_is_changed() {
        let initial = Initial::of(&session(guid(1)));
        let form = encoded(
            &initial,
            &[("start_date", "6.8.2025 9:00"), ("duration", "x"), ("status", "2"), ("tags", "a"), ("options.allow_rating", "false")],
        );
        let read = initial.read(&form);
        assert_eq!(read.start_date, Field::Given(b"2025-08-06T09:00".to_vec()));
        assert_eq!((read.duration, read.status), (Field::Mistyped, Field::Given(Some(SessionStatus::Locked))));
        assert_eq!((read.name, read.tags), (Field::Missing, Field::Given(b"a".to_vec())));
        let Field::Given(options) = read.options else { panic!("options are always read") };
        assert_eq!(options.flags.get(OptionFlag::AllowRating), Some(false));
    }

    #[test]
    fn each_problem_stands_at_its_field() {
        let t = Texts::of(Language::Turkish);
        let initial = Initial::of(&session(guid(1)));
        let wrong = |field| {
            let inputs = SessionInputs::new(t, &initial, None, &[Violation { field, problem: Problem::Invalid }]);
            let names: Vec<_> = inputs.wrong().map(|input| input.name.clone()).collect();
            (names, inputs.is_open)
        };
        assert_eq!(wrong(SessionField::StartDate), (vec!["start_date".to_owned()], false));
        let option = SessionField::Option(derslik_domain::session::OptionName::PreparationTime);
        assert_eq!(wrong(option), (vec!["options.preparation_time".to_owned()], true));
        assert_eq!(wrong(SessionField::Item), (vec!["name".to_owned()], false));
    }
}
