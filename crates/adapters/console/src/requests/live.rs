//! The stream of events that renews the list: its first page each time that requests have come.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use askama::Template;
use derslik_ports::inbound::control::{JournalReading, PublicAccountId};
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
    /// The number of the last request that was sent; `None` before the first event.
    last: Option<u64>,
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
        self.last = Some(last);
        let shown = u64::try_from(SIZE).unwrap_or(u64::MAX);
        let after = if self.asked.is_open() { last.saturating_sub(shown) } else { 0 };
        let found = self.asked.find(&self.journal.entries(self.account, after));
        let rows = self.pen.rows(&found.entries);
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
}

#[cfg(test)]
mod tests {
    use derslik_domain::time::Zone;
    use derslik_ports::inbound::control::MockJournalReading;

    use super::super::testing::{entry, request};
    use super::*;
    use crate::locale::Language;

    #[tokio::test]
    async fn an_event_has_the_requests_that_are_meant() {
        let mut journal = MockJournalReading::new();
        journal.expect_last().returning(|_| 2);
        journal.expect_entries().returning(|_, _| vec![entry(1, request(), None), entry(2, request(), None)]);
        let (t, language) = (Texts::of(Language::English), Language::English);
        let query = Fields::read(b"method=POST");
        let asked = Asked::read(&query, t);
        let pen = Pen { t, language, zone: Zone::ISTANBUL, url: "/console/7/requests".to_owned(), query, opened: None };
        let account = PublicAccountId::new(7);
        let mut stream = Stream { journal: Arc::new(journal), account, asked, pen, last: None };
        let event = stream.next().await;
        assert!(event.starts_with("event: rows\ndata: ") && event.ends_with("\n\n"), "{event}");
        assert!(event.contains("/console/7/requests/2?method=POST") && event.contains("/console/7/requests/1?"), "{event}");
        assert_eq!(stream.last, Some(2));
    }
}
