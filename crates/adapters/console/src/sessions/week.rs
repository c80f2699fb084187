//! A week of sessions by their clock faces: a calendar, and a list for narrow screens.

use actix_web::HttpResponse;
use askama::Template;
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use derslik_domain::form::Field;
use derslik_domain::session::{FilterForm, Session, SessionFilter};
use derslik_domain::time::CivilTime;

use super::filters::{self, Filters, Place as FilterPlace};
use super::layout::{FIRST_HOUR, LAST_HOUR, Layout, Place, Slot, lay_out};
use super::list::{self, Context, Row, day_title, list_url};
use super::search;
use super::states::State;
use crate::failure::Failure;
use crate::locale::{Language, clock};
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::{NOTE, Visit};

/// How many sessions of a week are read at once.
const WEEK_SIZE: u32 = 900;

/// How many sessions of a day are shown where the week has more than [`WEEK_SIZE`].
const DAY_SIZE: u32 = 100;

/// How many sessions of a day the list for narrow screens has.
const ROWS: usize = 20;

/// The field of the query with a date of the week.
const WEEK: &str = "week";

/// A link to a session, in the calendar.
#[derive(Debug)]
struct Event {
    classes: String,
    url: String,
    name: String,
    time: String,
    /// An icon; empty where there is none.
    mark: &'static str,
    state: String,
}

/// A link to the sessions for which there is no room.
#[derive(Debug)]
struct More {
    classes: String,
    text: String,
}

/// A day of the week.
#[derive(Debug)]
struct Day {
    id: String,
    number: u32,
    weekday: &'static str,
    title: String,
    /// The address of the day in the list.
    url: String,
    is_today: bool,
    is_weekend: bool,
    /// How many sessions there are, in words that tell where they are more.
    count: String,
    before: Vec<Event>,
    events: Vec<Event>,
    after: Vec<Event>,
    more: Vec<More>,
    /// The classes of the line of the present time.
    now_line: Option<String>,
    rows: Vec<Row>,
    /// How many sessions the list for narrow screens leaves out.
    rest: Option<String>,
}

/// An hour beside the calendar.
#[derive(Debug)]
struct Hour {
    number: u32,
    text: String,
}

#[derive(Template)]
#[template(path = "sessions/week.html")]
struct WeekPage {
    shell: Shell,
    t: Texts,
    filters: Filters,
    title: String,
    before_url: String,
    today_url: String,
    after_url: String,
    list_url: String,
    new_url: String,
    batch_url: String,
    days: Vec<Day>,
    hours: Vec<Hour>,
    /// Why not all sessions are shown.
    notice: Option<String>,
    is_empty: bool,
}

impl WeekPage {
    /// Whether a session begins before the calendar.
    fn has_before(&self) -> bool {
        self.days.iter().any(|day| !day.before.is_empty())
    }

    /// Whether a session begins after the calendar.
    fn has_after(&self) -> bool {
        self.days.iter().any(|day| !day.after.is_empty())
    }

    /// Whether the present day is shown.
    fn has_today(&self) -> bool {
        self.days.iter().any(|day| day.is_today)
    }
}

/// Shows a week, or the list where the query asks for it.
pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    if visit.query.get("view") == Some("list") {
        return list::show(visit).await;
    }
    let context = Context::of(&visit);
    let asked = visit.query.get(WEEK).and_then(|date| date.parse().ok());
    let days = days_of(asked.unwrap_or(context.today), context.language);
    let (first, last) = (days.first().copied().unwrap_or(context.today), days.last().copied().unwrap_or(context.today));
    let form = FilterForm { begin_date: date_field(first), end_date: date_field(last), ..filters::read(&visit.query) };
    let (found, is_cut, problem) = match form.validate() {
        Ok(filter) => {
            let (found, is_cut) = find(&visit, filter, &days).await?;
            (found, is_cut, None)
        }
        Err(error) => (Vec::new(), false, Some(error)),
    };
    let is_refused = problem.is_some();
    let to = |day: Option<NaiveDate>| {
        let day = day.map(|day| day.to_string());
        format!("{}{}", context.url, visit.query.with(&[(WEEK, day.as_deref()), (NOTE, None)]))
    };
    let now = visit.now.in_zone(visit.account.zone).face();
    let template = WeekPage {
        shell: Shell::of(&visit, Section::Sessions, visit.t.shell_sessions()).await?,
        t: visit.t,
        filters: Filters::of(&visit, FilterPlace::Week, problem),
        title: visit.t.sessions_range(context.language.day(first), context.language.date(last)),
        before_url: to(first.checked_sub_days(Days::new(7))),
        today_url: to(None),
        after_url: to(last.checked_add_days(Days::new(1))),
        list_url: list_url(&context),
        new_url: visit.url("sessions/new"),
        batch_url: visit.url("sessions/batch"),
        days: days.iter().map(|day| day_of(*day, &found, is_cut, now, &context)).collect(),
        hours: (FIRST_HOUR..LAST_HOUR).map(|number| Hour { number, text: format!("{number:02}:00") }).collect(),
        notice: is_cut.then(|| visit.t.sessions_week_cut(DAY_SIZE)),
        is_empty: found.is_empty() && !is_refused,
    };
    if is_refused { visit.refused_page(&template) } else { visit.page(&template) }
}

fn date_field(day: NaiveDate) -> Field<Vec<u8>> {
    Field::Given(day.to_string().into_bytes())
}

/// The days of the week of a date. A date at the edge of the calendar has fewer.
fn days_of(date: NaiveDate, language: Language) -> Vec<NaiveDate> {
    // The years of four digits, less a week.
    let date = if (2..=9998).contains(&date.year()) { date } else { NaiveDate::default() };
    let since = date.weekday().days_since(language.first_weekday());
    let first = date.checked_sub_days(Days::new(since.into())).unwrap_or(date);
    first.iter_days().take(7).collect()
}

/// The sessions of the week, and whether some of a day are left out.
async fn find(visit: &Visit, filter: SessionFilter, days: &[NaiveDate]) -> Result<(Vec<Session>, bool), Failure> {
    let actor = visit.actor().await?;
    let week = search::page(visit, &actor, filter.clone(), 0, WEEK_SIZE).await?;
    if !week.more {
        return Ok((week.entries, false));
    }
    let mut found = Vec::new();
    for day in days {
        let begin = CivilTime::from_naive(day.and_time(NaiveTime::MIN));
        let of_day = SessionFilter { begin, end: begin.map(CivilTime::end_of_day), ..filter.clone() };
        found.extend(search::page(visit, &actor, of_day, 0, DAY_SIZE).await?.entries);
    }
    Ok((found, true))
}

/// One day. `now` is the clock face of the account.
fn day_of(day: NaiveDate, found: &[Session], is_cut: bool, now: NaiveDateTime, context: &Context) -> Day {
    let sessions: Vec<&Session> = found.iter().filter(|session| session.start.civil().to_naive().date() == day).collect();
    let slots: Vec<_> = sessions.iter().map(|session| slot(session)).collect();
    let Layout { places, more } = lay_out(&slots);
    let (mut before, mut events, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for (session, place) in sessions.iter().zip(places) {
        match place {
            Place::Before => before.push(event(session, "", context)),
            Place::After => after.push(event(session, "", context)),
            Place::In(block) => events.push(event(session, &block.classes(), context)),
            Place::Hidden => {}
        }
    }
    let is_cut = is_cut && u32::try_from(sessions.len()).is_ok_and(|count| count >= DAY_SIZE);
    let count = context.language.number(sessions.len().try_into().unwrap_or(u64::MAX));
    let rest = sessions.len().saturating_sub(ROWS);
    let title = day_title(day, context);
    let is_today = day == context.today;
    let in_column = (FIRST_HOUR..LAST_HOUR).contains(&now.hour());
    Day {
        id: format!("d{day}"),
        number: day.day(),
        weekday: context.language.weekday(day.weekday()),
        title,
        url: format!("{}?view=list&begin_date={day}&end_date={day}", context.url),
        is_today,
        is_weekend: context.language.is_weekend(day.weekday()),
        count: match sessions.len() {
            0 => "–".to_owned(),
            _ if is_cut => context.t.sessions_or_more(count),
            _ => count,
        },
        before,
        events,
        after,
        more: more.into_iter().map(|(block, count)| More { classes: block.classes(), text: context.t.sessions_more(count) }).collect(),
        now_line: (is_today && in_column).then(|| format!("h{} m{}", now.hour(), now.minute() - now.minute() % 5)),
        rows: sessions.iter().take(ROWS).map(|session| Row::of(session, context)).collect(),
        rest: (rest > 0).then(|| context.t.sessions_more(rest)),
    }
}

fn slot(session: &Session) -> Slot {
    let face = session.start.civil().to_naive();
    Slot { begin: face.hour() * 60 + face.minute(), minutes: session.duration.minutes().into() }
}

fn event(session: &Session, place: &str, context: &Context) -> Event {
    let (start, state) = (session.start, State::of(session, context.now));
    let (begin, end) = (clock(start.civil().to_naive()), clock(session.ends_at().in_zone(start.zone()).face()));
    let time = format!("{begin}–{end}");
    Event {
        classes: if place.is_empty() { state.class().to_owned() } else { format!("{} {place}", state.class()) },
        url: format!("{}/{}", context.url, session.guid),
        name: session.name.to_string(),
        time: if start.zone() == context.zone { time } else { format!("{time} {}", start.zone()) },
        mark: state.mark(),
        state: state.word(context.t),
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::session::SessionName;
    use derslik_domain::time::Zone;
    use derslik_testkit::builders::{guid, now, session, start};

    use super::*;

    fn context(language: Language) -> Context {
        let today = NaiveDate::from_ymd_opt(2025, 8, 5).unwrap();
        let (t, zone, url) = (Texts::of(language), Zone::ISTANBUL, "/console/1/sessions".to_owned());
        Context { t, language, now: now(), today, zone, url }
    }

    #[test]
    fn a_week_begins_on_the_day_of_the_language() {
        let date = NaiveDate::from_ymd_opt(2026, 11, 25).unwrap();
        let first = |language| days_of(date, language).first().map(ToString::to_string);
        assert_eq!(first(Language::Turkish).as_deref(), Some("2026-11-23"));
        assert_eq!(first(Language::Arabic).as_deref(), Some("2026-11-22"));
        assert_eq!(days_of(NaiveDate::MAX, Language::English).len(), 7);
    }

    #[test]
    fn sessions_outside_of_the_calendar_are_listed_around_it() {
        let context = context(Language::English);
        let at = |number, text| Session { start: start(text), ..session(guid(number)) };
        let found =
            [at(1, "2025-08-05T07:00:00"), at(2, "2025-08-05T12:00:00"), at(3, "2025-08-05T20:00:00"), at(4, "2025-08-06T12:00:00")];
        let now = context.today.and_hms_opt(10, 27, 0).unwrap();
        let day = day_of(context.today, &found, false, now, &context);
        assert_eq!((day.before.len(), day.events.len(), day.after.len(), day.count.as_str()), (1, 1, 1, "3"));
        assert_eq!(day.now_line.as_deref(), Some("h10 m25"));
        assert_eq!(day.events[0].classes, "active h12 m0 d80 long");
        let other = day_of(context.today.succ_opt().unwrap(), &[], false, now, &context);
        assert_eq!((other.count.as_str(), other.now_line), ("–", None));
    }

    #[test]
    fn a_crowded_day_says_that_there_are_more() {
        let context = context(Language::English);
        let found: Vec<_> = (0..DAY_SIZE).map(|number| session(guid(number.into()))).collect();
        let day = day_of(context.today, &found, true, context.today.and_time(NaiveTime::MIN), &context);
        assert_eq!((day.more.len(), day.more[0].text.as_str(), day.rows.len()), (1, "+ 98 more", ROWS));
        assert_eq!((day.count.as_str(), day.rest.as_deref()), ("100 or more", Some("+ 80 more")));
    }

    #[derive(Template)]
    #[template(path = "sessions/days.html")]
    struct DaysPart {
        days: Vec<Day>,
    }

    #[test]
    fn hostile_names_stay_text() {
        let context = context(Language::Arabic);
        let name = SessionName::new("\"><img src=x onerror=alert(1)>").unwrap();
        let found = [Session { name, ..session(guid(1)) }];
        let days = vec![day_of(context.today, &found, false, context.today.and_time(NaiveTime::MIN), &context)];
        let html = DaysPart { days }.render().unwrap();
        assert!(html.contains("img src") && !html.contains("<img"), "{html}");
    }
}
