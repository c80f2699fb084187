//! The requests that clients have sent for an account, in a process with test control.
//!
//! | file | content |
//! |---|---|
//! | `fail` | lets the next request of the same kind fail |
//! | `filter` | which requests a list has |
//! | `lines` | a request as a command or a program that sends it again |
//! | `list` | the list, with one request opened beside it |
//! | `live` | the stream of events that renews the list |
//! | `opened` | the opened request |
//! | `replay` | sends a request again, in the name of the principal that sent it |
//! | `row` | a line of the list |

mod fail;
mod filter;
mod lines;
mod list;
mod live;
mod opened;
mod replay;
mod row;

use actix_web::web::{self, ServiceConfig};

/// Adds the pages.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/requests", web::get().to(list::list))
        .route("/requests/live", web::get().to(live::live))
        .route("/requests/clear", web::post().to(list::clear))
        .route("/requests/{number}", web::get().to(list::open))
        .route("/requests/{number}/fail", web::post().to(fail::fail))
        .route("/requests/{number}/replay", web::post().to(replay::replay));
}

#[cfg(test)]
mod testing {
    use std::time::Duration;

    use derslik_domain::fault::Api;
    use derslik_domain::idempotency::AnswerCode;
    use derslik_domain::time::Timestamp;
    use derslik_ports::inbound::control::{JournalEntry, Masked, Recorded, RecordedRequest};

    /// A text that would break a page which shows it as it is.
    pub(super) const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}";

    /// A request that makes a course.
    pub(super) fn request() -> RecordedRequest {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        RecordedRequest {
            api: Some(Api::Courses),
            method: "POST".to_owned(),
            path: "/v1/courses".to_owned(),
            query: "alt=json".to_owned(),
            route: Some("/v1/courses".to_owned()),
            headers: vec![header("authorization", "***"), header("content-type", "application/json"), header("host", "127.0.0.1")],
            body_bytes: 16,
            answer: Some(AnswerCode::new(200)),
            answer_bytes: Some(99),
            took: Duration::from_micros(1_500),
            fault: None,
            request_id: "84f81b6b".to_owned(),
        }
    }

    /// An entry with that request and that body.
    pub(super) fn entry(number: u64, request: RecordedRequest, body: Option<&str>) -> JournalEntry {
        let body = body.map(str::to_owned).map(|body| Masked::new(move || Some(body)));
        let at: Timestamp = "2026-11-25T10:24:06.412+03:00".parse().unwrap();
        JournalEntry { number, at, recorded: Recorded { request: Masked::new(move || request), body, actor: None } }
    }

    /// An entry whose every part is [`HOSTILE`].
    pub(super) fn hostile(number: u64) -> JournalEntry {
        let text = || HOSTILE.to_owned();
        let headers = vec![(text(), text())];
        let request =
            RecordedRequest { method: text(), path: text(), query: text(), route: None, headers, request_id: text(), ..request() };
        entry(number, request, Some(HOSTILE))
    }

    /// Fails if a page shows [`HOSTILE`] as it is.
    pub(super) fn assert_inert(html: &str) {
        assert!(!html.contains("<script>alert"), "{html}");
        assert!(html.contains("&#60;script&#62;"), "{html}");
    }
}
