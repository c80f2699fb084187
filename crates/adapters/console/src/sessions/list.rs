//! The list of sessions, by their starts.

use actix_web::HttpResponse;
use askama::Template;
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use derslik_domain::page::Page;
use derslik_domain::session::{Session, SessionFilter};
use derslik_domain::time::{Timestamp, Zone};

use super::filters::{self, Filters, PAGE, Place};
use super::search;
use super::states::{Mark, State};
use crate::failure::Failure;
use crate::locale::{Language, clock, offset};
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::{NOTE, Visit};

/// How many sessions a page has.
const SIZE: u32 = 50;

/// The last page that is shown: the search counts the sessions before a page.
const LAST_PAGE: u64 = 2_000;

/// What the lines of a list are written with.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) t: Texts,
    pub(super) language: Language,
    pub(super) now: Timestamp,
    pub(super) today: NaiveDate,
    /// The zone of the account.
    pub(super) zone: Zone,
    /// The address of the sessions.
    pub(super) url: String,
}

impl Context {
    pub(super) fn of(visit: &Visit) -> Self {
        Self {
            t: visit.t,
            language: visit.language,
            now: visit.now,
            today: visit.now.in_zone(visit.account.zone).face().date(),
            zone: visit.account.zone,
            url: visit.url("sessions"),
        }
    }
}

/// A line of a list.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) url: String,
    pub(super) name: String,
    /// When it begins by a clock in its zone, as `10:30`.
    pub(super) begin: String,
    pub(super) end: String,
    pub(super) minutes: String,
    pub(super) tags: String,
    pub(super) state: Mark,
    pub(super) is_gone: bool,
    pub(super) lang: String,
    pub(super) zone: &'static str,
    pub(super) offset: String,
    pub(super) instant: String,
    pub(super) guid: String,
}

impl Row {
    pub(super) fn of(session: &Session, context: &Context) -> Self {
        let (start, state) = (session.start, State::of(session, context.now));
        let guid = session.guid.to_string();
        Self {
            url: format!("{}/{guid}", context.url),
            name: session.name.to_string(),
            begin: clock(start.civil().to_naive()),
            end: clock(session.ends_at().in_zone(start.zone()).face()),
            minutes: context.t.sessions_minutes(session.duration.minutes()),
            tags: session.tags.as_ref().map(ToString::to_string).unwrap_or_default(),
            state: state.view(context.t),
            is_gone: matches!(state, State::Over | State::Expired),
            lang: session.lang.to_string(),
            zone: start.zone().name(),
            offset: offset(start.instant(), start.zone()),
            instant: instant(start.instant(), start.civil().to_naive()),
            guid: guid.get(..8).unwrap_or_default().to_owned(),
        }
    }
}

/// An instant beside its clock face: the time in UTC, with the date where it is another one.
pub(super) fn instant(at: Timestamp, face: NaiveDateTime) -> String {
    let utc = at.in_zone(Zone::UTC).face();
    if utc.date() == face.date() { format!("{}Z", clock(utc)) } else { format!("{}T{}Z", utc.date(), clock(utc)) }
}

/// The sessions of a day.
#[derive(Debug)]
pub(super) struct Group {
    /// The id of its heading.
    pub(super) id: String,
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

/// The title of a day.
pub(super) fn day_title(day: NaiveDate, context: &Context) -> String {
    let title = format!("{} {}", context.language.weekday(day.weekday()), context.language.date(day));
    if day == context.today { context.t.sessions_today(title) } else { title }
}

/// The sessions by the dates of their clock faces, in the order in which they come.
pub(super) fn by_day<'a>(sessions: impl IntoIterator<Item = &'a Session>, context: &Context) -> Vec<Group> {
    let mut groups: Vec<(NaiveDate, Group)> = Vec::new();
    for session in sessions {
        let day = session.start.civil().to_naive().date();
        let row = Row::of(session, context);
        match groups.last_mut() {
            Some((last, group)) if *last == day => group.rows.push(row),
            _ => {
                // Clocks of other zones may show a date again.
                let id = format!("d{day}-{}", groups.len());
                groups.push((day, Group { id, title: day_title(day, context), rows: vec![row] }));
            }
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

#[derive(Template)]
#[template(path = "sessions/list.html")]
struct ListPage {
    shell: Shell,
    t: Texts,
    filters: Filters,
    week_url: String,
    list_url: String,
    new_url: String,
    batch_url: String,
    groups: Vec<Group>,
    count: String,
    earlier_url: Option<String>,
    later_url: Option<String>,
}

/// Shows the list.
pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let number = visit.query.get(PAGE).and_then(|page| page.parse::<u64>().ok()).unwrap_or(1).clamp(1, LAST_PAGE);
    let (found, problem) = match filters::read(&visit.query).validate() {
        Ok(filter) => (find(&visit, filter, number).await?, None),
        Err(error) => (Page { entries: Vec::new(), more: false }, Some(error)),
    };
    let context = Context::of(&visit);
    let to = |page: u64| format!("{}{}", context.url, visit.query.with(&[(PAGE, Some(&page.to_string())), (NOTE, None)]));
    let first = (number - 1) * u64::from(SIZE);
    let count = match u64::try_from(found.entries.len()) {
        Ok(count @ 1..) => visit.t.sessions_count(visit.language.number(first + 1), visit.language.number(first + count)),
        _ => String::new(),
    };
    let is_refused = problem.is_some();
    let template = ListPage {
        shell: Shell::of(&visit, Section::Sessions, visit.t.shell_sessions()).await?,
        t: visit.t,
        filters: Filters::of(&visit, Place::List, problem),
        week_url: context.url.clone(),
        list_url: list_url(&context),
        new_url: visit.url("sessions/new"),
        batch_url: visit.url("sessions/batch"),
        groups: by_day(&found.entries, &context),
        count,
        earlier_url: (number > 1).then(|| to(number - 1)),
        later_url: (found.more && number < LAST_PAGE).then(|| to(number + 1)),
    };
    if is_refused { visit.refused_page(&template) } else { visit.page(&template) }
}

async fn find(visit: &Visit, filter: SessionFilter, number: u64) -> Result<Page<Session>, Failure> {
    let actor = visit.actor().await?;
    search::page(visit, &actor, filter, (number - 1) * u64::from(SIZE), SIZE).await
}

/// The address of the list from today on.
pub(super) fn list_url(context: &Context) -> String {
    format!("{}?view=list&begin_date={}", context.url, context.today)
}

#[cfg(test)]
mod tests {
    use derslik_domain::session::SessionName;
    use derslik_domain::time::Start;
    use derslik_testkit::builders::{guid, now, session, start};

    use super::*;

    fn context() -> Context {
        Context {
            t: Texts::of(Language::English),
            language: Language::English,
            now: now(),
            today: now().in_zone(Zone::ISTANBUL).face().date(),
            zone: Zone::ISTANBUL,
            url: "/console/1/sessions".to_owned(),
        }
    }

    #[derive(Template)]
    #[template(path = "sessions/rows.html")]
    struct Rows {
        groups: Vec<Group>,
    }

    #[test]
    fn a_line_tells_the_clock_face_the_zone_and_the_instant() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let late = Session { start: Start::at(start("2025-08-05T00:30:00").civil(), berlin), ..session(guid(1)) };
        let row = Row::of(&late, &context());
        assert_eq!((row.begin.as_str(), row.end.as_str(), row.zone, row.offset.as_str()), ("00:30", "01:50", "Europe/Berlin", "+02:00"));
        assert_eq!(row.instant, "2025-08-04T22:30Z");
        assert_eq!(Row::of(&session(guid(1)), &context()).instant, "09:00Z");
    }

    #[test]
    fn sessions_of_a_date_stand_together() {
        let other = Session { start: start("2025-08-06T09:00:00"), ..session(guid(3)) };
        let all = [session(guid(1)), session(guid(2)), other];
        let groups = by_day(&all, &context());
        assert_eq!(groups.iter().map(|group| group.rows.len()).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(groups[0].title, "Tue 5 Aug 2025");
    }

    #[test]
    fn hostile_names_stay_text() {
        let name = SessionName::new("<script>alert(1)</script>\" onload='x").unwrap();
        let hostile = Session { name, ..session(guid(1)) };
        let html = Rows { groups: by_day([&hostile], &context()) }.render().unwrap();
        assert!(!html.contains("<script") && !html.contains("\" onload"), "{html}");
    }
}
