//! The stream of events that renews the list: its first page each time that requests have come.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use askama::Template;
use derslik_ports::inbound::control::{JournalEntry, JournalReading, PublicAccountId};
use futures_util::stream::unfold;
use tokio::time::sleep;

use super::filter::{Asked, SIZE};
use super::list;
use super::row::{Pen, Row};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::stream::{NOTHING, answer, event};
use crate::texts::Texts;
use crate::visit::Visit;

/// The least time between two events: many requests at once are one of them.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Template)]
#[template(path = "requests/rows.html")]
struct RowsPart {
    t: Texts,
    rows: Vec<Row>,
}

/// What a stream goes by.
struct Stream {
    journal: Arc<dyn JournalReading>,
    account: PublicAccountId,
    asked: Asked,
    pen: Pen,
    /// The number of the last request that was looked at; `None` before the first event.
    last: Option<u64>,
    /// The requests of the last event, the newest first.
    shown: Vec<JournalEntry>,
}

/// Answers with the stream.
pub(super) async fn live(visit: Visit) -> Result<HttpResponse, Failure> {
    let opened = visit.query.get("opened").and_then(|number| number.parse().ok());
    let query = Fields::read(visit.query.with(&[("opened", None)]).trim_start_matches('?').as_bytes());
    let stream = Stream {
        journal: Arc::clone(&visit.control()?.journal),
        account: visit.account.public,
        asked: Asked::read(&query, visit.t),
        pen: Pen { query, ..list::pen(&visit, opened) },
        last: None,
        shown: Vec::new(),
    };
    let pieces = unfold(stream, |mut stream| async move {
        let event = stream.next().await;
        Some((event, stream))
    });
    Ok(answer(&visit, pieces))
}

impl Stream {
    /// The next event. The first one has what came between the page and the stream.
    async fn next(&mut self) -> String {
        if let Some(last) = self.last {
            sleep(PAUSE).await;
            self.journal.grown(self.account, last).await;
        }
        // Read first, so that a request that comes during the look makes another event.
        let last = self.journal.last(self.account);
        self.renew(last);
        let rows = self.pen.rows(&self.shown);
        if rows.is_empty() {
            // The page says why there are none.
            return NOTHING.to_owned();
        }
        match (RowsPart { t: self.pen.t, rows }).render() {
            Ok(html) => event("rows", &html),
            Err(error) => {
                tracing::error!(%error, "a template of the console has failed");
                NOTHING.to_owned()
            }
        }
    }

    /// Looks at the requests that have come since, and shows those that are meant before the others. Those of before are not looked at
    /// again, since the journal would have to mask them again.
    fn renew(&mut self, last: u64) {
        let size = u64::try_from(SIZE).unwrap_or(u64::MAX);
        let newest = if self.asked.is_open() { last.saturating_sub(size) } else { 0 };
        let after = self.last.unwrap_or(0).max(newest);
        let entries = self.journal.entries(self.account, after);
        self.last = Some(entries.last().map_or(last, |entry| entry.number).max(last));
        let mut shown = self.asked.find(&entries).entries;
        shown.append(&mut self.shown);
        // The journal may have been cleared meanwhile.
        let first = self.journal.first(self.account);
        shown.retain(|entry| entry.number >= first);
        shown.truncate(SIZE);
        for entry in &shown {
            // What is not read keeps the copies of all requests that the journal gave with it.
            entry.request();
            entry.body();
        }
        self.shown = shown;
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::time::Zone;
    use derslik_ports::inbound::control::{MockJournalReading, RecordedRequest};

    use super::super::testing::{entry, request};
    use super::*;
    use crate::locale::Language;

    /// A stream of those by POST, from a journal.
    fn stream(journal: MockJournalReading) -> Stream {
        let (t, language) = (Texts::of(Language::English), Language::English);
        let query = Fields::read(b"method=POST");
        let asked = Asked::read(&query, t);
        let pen = Pen { t, language, zone: Zone::ISTANBUL, url: "/console/7/requests".to_owned(), query, opened: None };
        let account = PublicAccountId::new(7);
        Stream { journal: Arc::new(journal), account, asked, pen, last: None, shown: Vec::new() }
    }

    #[tokio::test]
    async fn an_event_has_the_requests_that_are_meant() {
        let mut journal = MockJournalReading::new();
        journal.expect_first().returning(|_| 1);
        journal.expect_last().returning(|_| 2);
        journal.expect_entries().returning(|_, _| vec![entry(1, request(), None), entry(2, request(), None)]);
        let mut stream = stream(journal);
        let event = stream.next().await;
        assert!(event.starts_with("event: rows\ndata: ") && event.ends_with("\n\n"), "{event}");
        assert!(event.contains("/console/7/requests/2?method=POST") && event.contains("/console/7/requests/1?"), "{event}");
        assert_eq!(stream.last, Some(2));
    }

    #[test]
    fn a_request_is_looked_at_once_and_shown_until_newer_ones_fill_the_page_or_the_journal_is_cleared() {
        let mut journal = MockJournalReading::new();
        for (after, last, first) in [(0, 2, 1), (2, 60, 1), (60, 61, 61)] {
            let get = || RecordedRequest { method: "GET".to_owned(), ..request() };
            let entries =
                move || (after + 1..=last).map(|number| entry(number, if number == 30 { get() } else { request() }, None)).collect();
            journal.expect_entries().once().withf(move |_, asked| *asked == after).returning(move |_, _| entries());
            journal.expect_first().once().returning(move |_| first);
        }
        let mut stream = stream(journal);
        let mut numbers = |last| {
            stream.renew(last);
            stream.shown.iter().map(|entry| entry.number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(2), [2, 1]);
        let expected: Vec<_> = (10..=60).rev().filter(|number| *number != 30).collect();
        assert_eq!(numbers(60), expected);
        assert_eq!(numbers(61), [61]);
    }
}
