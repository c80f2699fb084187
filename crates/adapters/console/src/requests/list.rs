//! The list of requests, newest first, with one of them opened beside it.

use actix_web::HttpResponse;
use askama::Template;
use derslik_ports::inbound::control::JournalEntry;

use super::filter::{Asked, BEFORE, FilterForm, Found};
use super::opened::Opened;
use super::row::{Pen, Row};
use crate::failure::Failure;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// Where the public APIs are, before their listener is known.
const BASE: &str = "http://127.0.0.1:8080";

#[derive(Template)]
#[template(path = "requests/list.html")]
struct ListPage {
    shell: Shell,
    t: Texts,
    form_token: String,
    /// The address of the list.
    url: String,
    /// The address of the requests of the account, and that of those of no account.
    own_url: String,
    none_url: String,
    /// The address of the events that renew the list; empty where it is not renewed.
    live_url: String,
    /// The address of this page.
    here: String,
    /// The name of the zone of the account.
    zone: &'static str,
    form: FilterForm,
    rows: Vec<Row>,
    /// Whether filters are set.
    is_filtered: bool,
    newer: Option<String>,
    older: Option<String>,
    opened: Option<Opened>,
}

/// Shows the list.
pub(super) async fn list(visit: Visit) -> Result<HttpResponse, Failure> {
    show(&visit, None).await
}

/// Shows the list with an opened request.
pub(super) async fn open(visit: Visit) -> Result<HttpResponse, Failure> {
    let number = number(&visit)?;
    show(&visit, Some(number)).await
}

/// Removes all requests of the account.
pub(super) async fn clear(visit: Visit) -> Result<HttpResponse, Failure> {
    visit.control()?.journal.clear(visit.account.public);
    Ok(visit.leave(Note::ok(visit.t.requests_cleared()), "requests"))
}

/// The number in the address.
pub(super) fn number(visit: &Visit) -> Result<u64, Failure> {
    visit.request.match_info().query("number").parse().map_err(|_| Failure::NotFound)
}

/// All requests that a list chooses from, in their order.
pub(super) fn all(visit: &Visit, asked: &Asked) -> Result<Vec<JournalEntry>, Failure> {
    let journal = &visit.control()?.journal;
    Ok(if asked.is_of_none { journal.unmatched() } else { journal.entries(visit.account.public, 0) })
}

/// The request of that number.
pub(super) fn find(all: &[JournalEntry], number: u64) -> Option<&JournalEntry> {
    let place = all.binary_search_by_key(&number, |entry| entry.number).ok()?;
    all.get(place)
}

/// What the lines of the list share.
pub(super) fn pen(visit: &Visit, opened: Option<u64>) -> Pen {
    let (t, language, zone) = (visit.t, visit.language, visit.account.zone);
    Pen { t, language, zone, url: visit.url("requests"), query: visit.query.clone(), opened }
}

async fn show(visit: &Visit, opened: Option<u64>) -> Result<HttpResponse, Failure> {
    let (t, query, url) = (visit.t, &visit.query, visit.url("requests"));
    let asked = Asked::read(query, t);
    let all = all(visit, &asked)?;
    let pen = pen(visit, opened);
    let opened = match opened {
        Some(number) => {
            let entry = find(&all, number).ok_or(Failure::NotFound)?;
            let public = visit.console.settings().public_url.get().map_or(BASE, String::as_str);
            Some(Opened::of(entry, &pen, public, asked.is_of_none))
        }
        None => None,
    };
    let Found { entries, has_older, newer } = asked.find(&all);
    let shell = Shell::of(visit, Section::Requests, t.shell_requests()).await?;
    let to = |before: Option<u64>| {
        let before = before.map(|number| number.to_string());
        format!("{url}{}", query.with(&[("note", None), (BEFORE, before.as_deref())]))
    };
    let oldest = entries.last().filter(|_| has_older).map(|entry| entry.number);
    let shown = pen.opened.map(|number| number.to_string());
    let live = query.with(&[("note", None), ("opened", shown.as_deref())]);
    let is_first = asked.before.is_none();
    visit.page(&ListPage {
        form_token: shell.form_token.clone(),
        shell,
        t,
        own_url: url.clone(),
        none_url: format!("{url}?of=none"),
        live_url: if is_first && !asked.is_of_none { format!("{url}/live{live}") } else { String::new() },
        here: visit.here(),
        zone: visit.account.zone.name(),
        form: FilterForm::of(query, &asked, t),
        rows: pen.rows(&entries),
        is_filtered: !asked.is_open(),
        newer: (!is_first).then(|| to(newer)),
        older: oldest.map(|number| to(Some(number))),
        opened,
        url,
    })
}

#[cfg(test)]
mod tests {
    use derslik_domain::time::Zone;

    use super::super::testing::{assert_inert, entry, hostile, request};
    use super::*;
    use crate::fields::Fields;
    use crate::locale::Language;

    #[derive(Template)]
    #[template(path = "requests/rows.html")]
    struct RowsPart {
        t: Texts,
        rows: Vec<Row>,
    }

    #[derive(Template)]
    #[template(path = "requests/opened.html")]
    struct OpenedPart {
        t: Texts,
        form_token: String,
        opened: Opened,
    }

    fn pen(language: Language) -> Pen {
        let (t, query) = (Texts::of(language), Fields::read(b"q=%3Cscript%3Ealert(1)"));
        Pen { t, language, zone: Zone::ISTANBUL, url: "/console/7/requests".to_owned(), query, opened: Some(1) }
    }

    #[test]
    fn a_request_is_found_by_its_number() {
        let all: Vec<_> = [3, 4, 9].map(|number| entry(number, request(), None)).into();
        assert_eq!(find(&all, 9).map(|entry| entry.number), Some(9));
        assert!(find(&all, 5).is_none());
    }

    #[test]
    fn hostile_requests_are_inert() {
        let entry = hostile(1);
        for language in Language::ALL {
            let (pen, t) = (pen(language), Texts::of(language));
            assert_inert(&RowsPart { t, rows: pen.rows([&entry]) }.render().unwrap());
            let opened = Opened::of(&entry, &pen, BASE, false);
            assert_inert(&OpenedPart { t, form_token: "ab".to_owned(), opened }.render().unwrap());
        }
    }
}
