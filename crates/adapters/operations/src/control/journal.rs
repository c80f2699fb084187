//! `/accounts/{account}/journal`: the requests that were sent for an account, without their secrets.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{ContentType, HeaderName};
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::fault::Api;
use derslik_domain::idempotency::AnswerCode;
use derslik_domain::time::Zone;
use derslik_ports::inbound::control::{ControlError, JournalEntry, JournalReading, PublicAccountId};
use derslik_side_listener::Lifetime;
use futures_util::stream::unfold;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::matching::{Described, Matching};
use super::read::{self, Body};
use super::{ControlSlot, Problem, resource};

/// How many entries a list has unless a request says otherwise.
const LIMIT: usize = 100;

/// How long a request waits unless it says otherwise, in seconds.
const WAIT_SECONDS: f64 = 5.0;

/// The longest wait, in seconds.
const MAX_WAIT_SECONDS: f64 = 30.0;

/// How long events are sent. A client that still listens then asks again.
const LIVE: Duration = Duration::from_secs(600);

/// What the answer takes besides the wait.
const SLACK: Duration = Duration::from_secs(5);

/// The header by which a client of events says which it has.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Headers that a client sets by itself.
const SET_BY_CLIENT: [&str; 7] = ["accept-encoding", "connection", "content-length", "expect", "host", "transfer-encoding", "traceparent"];

/// Adds the resources.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("/accounts/{account}/journal", [(Method::GET, web::to(list)), (Method::DELETE, web::to(clear))]))
        .service(resource("/accounts/{account}/journal/wait", [(Method::GET, web::to(wait))]))
        .service(resource("/accounts/{account}/journal/assert", [(Method::POST, web::to(assert))]))
        .service(resource("/accounts/{account}/journal/curl", [(Method::GET, web::to(curl))]))
        .service(resource("/accounts/{account}/journal/live", [(Method::GET, web::to(live))]))
        .service(resource("/journal/unmatched", [(Method::GET, web::to(unmatched))]));
}

/// The query of a list, of a wait and of events.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    api: Option<String>,
    method: Option<String>,
    path: Option<String>,
    status: Option<u16>,
    contains: Option<String>,
    after: u64,
    limit: Option<usize>,
    count: Option<usize>,
    timeout: Option<f64>,
}

/// What a journal must have.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expected {
    /// It is read later, so that a problem names its member.
    #[serde(rename = "match")]
    described: Option<Value>,
    count: Option<usize>,
    at_least: Option<usize>,
    none: bool,
}

/// The entries that a request asks for.
struct Sought<'a> {
    journal: &'a Arc<dyn JournalReading>,
    account: PublicAccountId,
    matching: Matching,
    after: u64,
}

impl Sought<'_> {
    /// All entries among which those are that match.
    fn entries(&self) -> Vec<JournalEntry> {
        self.journal.entries(self.account, self.after)
    }

    /// The newest entries that match, in their order. Older ones are not read.
    fn newest(&self, limit: usize) -> Vec<JournalEntry> {
        let matching = |entry: &JournalEntry| self.matching.matches(entry);
        let mut matched: Vec<_> = self.entries().into_iter().rev().filter(matching).take(limit).collect();
        matched.reverse();
        matched
    }
}

fn asked(request: &HttpRequest) -> Result<Asked, Problem> {
    read::query(request, &["status", "after", "limit", "count", "timeout"])
}

async fn sought<'a>(slot: &'a ControlSlot, account: &str, described: Described) -> Result<Sought<'a>, Problem> {
    let (after, control) = (described.after, slot.control()?);
    let matching = described.matching()?;
    Ok(Sought { journal: &control.journal, account: read::existing(control, account).await?, matching, after })
}

impl Asked {
    fn described(&self) -> Described {
        Described {
            api: self.api.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            status: self.status,
            contains: self.contains.clone(),
            after: self.after,
            body: None,
        }
    }
}

async fn list(slot: Data<ControlSlot>, path: Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = asked(&request)?;
    let sought = sought(&slot, &path, asked.described()).await?;
    let last = sought.journal.last(sought.account);
    let entries: Vec<_> = sought.newest(asked.limit.unwrap_or(LIMIT)).iter().map(view).collect();
    Ok(HttpResponse::Ok().json(json!({ "entries": entries, "last": last })))
}

async fn clear(slot: Data<ControlSlot>, path: Path<String>) -> Result<HttpResponse, Problem> {
    let control = slot.control()?;
    control.journal.clear(read::existing(control, &path).await?);
    Ok(HttpResponse::NoContent().finish())
}

/// The last requests of no account.
async fn unmatched(slot: Data<ControlSlot>) -> Result<HttpResponse, Problem> {
    let entries = slot.control()?.journal.unmatched();
    Ok(HttpResponse::Ok().json(json!({ "entries": entries.iter().map(view).collect::<Vec<_>>() })))
}

async fn wait(slot: Data<ControlSlot>, path: Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = asked(&request)?;
    let sought = sought(&slot, &path, asked.described()).await?;
    let (count, seconds) = (asked.count.unwrap_or(1), asked.timeout.unwrap_or(WAIT_SECONDS));
    if !(0.0..=MAX_WAIT_SECONDS).contains(&seconds) {
        return Err(ControlError::invalid("timeout", format!("{seconds} is not from 0 to {MAX_WAIT_SECONDS} seconds")).into());
    }
    let patience = Duration::from_secs_f64(seconds);
    if let Some(lifetime) = request.conn_data::<Lifetime>() {
        lifetime.extend(patience + SLACK);
    }
    let until = Instant::now() + patience;
    // An entry is looked at once, since it is masked each time that the journal gives it.
    let (mut matched, mut seen): (Vec<JournalEntry>, _) = (Vec::new(), sought.after);
    loop {
        // Read first, so that an entry that comes during the look ends the wait.
        let last = sought.journal.last(sought.account);
        let entries = sought.journal.entries(sought.account, seen);
        seen = entries.last().map_or(last, |entry| entry.number).max(last).max(seen);
        matched.extend(entries.into_iter().filter(|entry| sought.matching.matches(entry)));
        for entry in &matched {
            // What is not read keeps the copies of all entries that the journal gave with it.
            entry.request();
            entry.body();
        }
        // The journal may have been cleared meanwhile.
        let first = sought.journal.first(sought.account);
        matched.retain(|entry| entry.number >= first);
        if matched.len() >= count {
            let entries: Vec<_> = matched.iter().map(view).collect();
            return Ok(HttpResponse::Ok().json(json!({ "entries": entries })));
        }
        if timeout_at(until, sought.journal.grown(sought.account, seen)).await.is_err() {
            let detail = format!("{} of {count} requests came within {seconds} s", matched.len());
            return Err(Problem::did_not_come(detail, sought.matching.nearest(sought.entries().iter())));
        }
    }
}

async fn assert(slot: Data<ControlSlot>, path: Path<String>, body: Body) -> Result<HttpResponse, Problem> {
    let Expected { described, count, at_least, none } = read::json(body)?;
    let Value::Object(described) = described.unwrap_or_else(|| json!({})) else {
        return Err(Problem::of_member("match", "an object is needed that describes requests".to_owned()));
    };
    let described = read::members_as(described)?;
    let wanted = match (count, at_least, none) {
        (None, None, true) => 0..=0,
        (Some(count), None, false) => count..=count,
        (None, at_least, false) => at_least.unwrap_or(1)..=usize::MAX,
        (Some(_), Some(_), _) | (Some(_), _, true) | (_, Some(_), true) => {
            return Err(ControlError::invalid("count", "name one of count, at_least and none").into());
        }
    };
    let sought = sought(&slot, &path, described).await?;
    let entries = sought.entries();
    let matched: Vec<_> = entries.iter().filter(|entry| sought.matching.matches(entry)).collect();
    if wanted.contains(&matched.len()) {
        let numbers: Vec<_> = matched.iter().map(|entry| entry.number).collect();
        return Ok(HttpResponse::Ok().json(json!({ "matched": numbers })));
    }
    let expected = match (wanted.start(), wanted.end()) {
        (least, &usize::MAX) => format!("at least {least}"),
        (count, _) => count.to_string(),
    };
    let detail = match matched.len() {
        0 => format!("no request matches, and {expected} were expected"),
        1 => format!("1 request matches, and {expected} were expected"),
        count => format!("{count} requests match, and {expected} were expected"),
    };
    Err(Problem::unmet(detail, sought.matching.nearest(entries.iter())))
}

async fn curl(slot: Data<ControlSlot>, path: Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = asked(&request)?;
    let sought = sought(&slot, &path, asked.described()).await?;
    let commands: String = sought.newest(asked.limit.unwrap_or(LIMIT)).iter().map(command).collect();
    Ok(HttpResponse::Ok().insert_header(ContentType::plaintext()).body(commands))
}

async fn live(slot: Data<ControlSlot>, path: Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let described = asked(&request)?.described();
    let known = request.headers().get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    let Sought { journal, account, matching, after } = sought(&slot, &path, described).await?;
    let (journal, after) = (Arc::clone(journal), known.unwrap_or(after));
    if let Some(lifetime) = request.conn_data::<Lifetime>() {
        lifetime.extend(LIVE);
    }
    let events = unfold((journal, matching, after), move |(journal, matching, after)| async move {
        journal.grown(account, after).await;
        let last = journal.last(account);
        let entries = journal.entries(account, after);
        let last = entries.last().map_or(last, |entry| entry.number.max(last));
        let mut text: String = entries.iter().filter(|entry| matching.matches(entry)).map(event).collect();
        if text.is_empty() {
            // An empty piece would end the answer.
            text.push_str(":\n\n");
        }
        Some((Ok::<_, Infallible>(Bytes::from(text)), (journal, matching, last)))
    });
    Ok(HttpResponse::Ok().content_type("text/event-stream").streaming(events))
}

fn event(entry: &JournalEntry) -> String {
    format!("id: {}\ndata: {}\n\n", entry.number, view(entry))
}

fn view(entry: &JournalEntry) -> Value {
    let request = entry.request();
    let headers: serde_json::Map<String, Value> = request.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    // A body in JSON is shown as a value. A form, and what is not known to be JSON, is shown as a text.
    let body = entry.body().map(|body| serde_json::from_str(body).unwrap_or_else(|_| json!(body)));
    json!({
        "seq": entry.number,
        "at": entry.at.in_zone(Zone::UTC).to_string(),
        "api": request.api.map(Api::name),
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "route": request.route,
        "headers": headers,
        "body": body,
        "body_bytes": request.body_bytes,
        "status": request.answer.map(AnswerCode::get),
        "millis": request.took.as_secs_f64() * 1_000.0,
        "answer_bytes": request.answer_bytes,
        "fault": request.fault,
        "request_id": request.request_id,
    })
}

/// The request as a command of a shell. The address of the service and the credential come from variables.
fn command(entry: &JournalEntry) -> String {
    let request = entry.request();
    let separator = if request.query.is_empty() { "" } else { "?" };
    let target = quoted(&format!("{}{separator}{}", request.path, request.query));
    // Brackets in a path do not mean several URLs, and dots stay. A HEAD that is named by -X would wait for a body.
    let method = if request.method == "HEAD" { "--head".to_owned() } else { format!("-X {}", quoted(&request.method)) };
    let mut text = format!("curl {method} --globoff --path-as-is \"$DERSLIK_URL\"{target}");
    for (name, value) in &request.headers {
        if name == "authorization" {
            text.push_str(" -H \"Authorization: $DERSLIK_AUTHORIZATION\"");
        } else if !SET_BY_CLIENT.contains(&name.as_str()) {
            text.push_str(" -H ");
            // A header with nothing behind its colon would be left out.
            text.push_str(&quoted(&if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") }));
        }
    }
    match entry.body() {
        Some(body) => {
            if !request.headers.iter().any(|(name, _)| name == "content-type") {
                // The one of a form, which would be sent otherwise.
                text.push_str(" -H 'content-type:'");
            }
            // The other options for a body read a file where the body begins with @.
            text.push_str(" --data-raw ");
            text.push_str(&quoted(body));
        }
        None if request.body_bytes > 0 => _ = write!(text, " # with a body of {} bytes that was not kept", request.body_bytes),
        None => {}
    }
    text.push('\n');
    text
}

/// A word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use derslik_ports::inbound::control::RecordedRequest;

    use super::super::matching::tests::{entry, entry_of, request};
    use super::*;

    #[test]
    fn an_entry_is_shown_as_a_command_with_the_credential_in_a_variable() {
        assert_eq!(
            command(&entry(1)),
            concat!(
                r#"curl -X 'POST' --globoff --path-as-is "$DERSLIK_URL"'/v1/courses?alt=json' -H "Authorization: $DERSLIK_AUTHORIZATION""#,
                r#" -H 'content-type: application/json' --data-raw '{"name":"Ada'\''s","rooms":["7"]}'"#,
                "\n"
            )
        );
        assert!(command(&entry_of(1, request(), None)).ends_with(" # with a body of 30 bytes that was not kept\n"));
    }

    #[test]
    fn a_command_reads_no_file_and_takes_a_path_as_it_is() {
        let path = "/v1/courses/[1-9]/../{a,b}'$(id)".to_owned();
        let odd = RecordedRequest { path, headers: vec![("x-empty".to_owned(), String::new())], ..request() };
        let command_of_get = command(&entry_of(1, odd.clone(), Some("@/etc/passwd")));
        assert!(
            command_of_get.contains(r#" --globoff --path-as-is "$DERSLIK_URL"'/v1/courses/[1-9]/../{a,b}'\''$(id)?alt=json'"#),
            "{command_of_get}"
        );
        assert!(command_of_get.ends_with(" -H 'x-empty;' -H 'content-type:' --data-raw '@/etc/passwd'\n"), "{command_of_get}");
        let head = RecordedRequest { method: "HEAD".to_owned(), ..odd };
        assert!(command(&entry_of(1, head, None)).starts_with("curl --head --globoff"));
    }

    #[test]
    fn an_entry_is_shown_with_its_body_as_a_value() {
        let shown = view(&entry(4));
        assert_eq!((&shown["seq"], &shown["status"], &shown["millis"]), (&json!(4), &json!(200), &json!(1.5)));
        assert_eq!(shown["body"], json!({ "name": "Ada's", "rooms": ["7"] }));
        assert_eq!(shown["headers"]["authorization"], "***");
        assert!(event(&entry(4)).starts_with("id: 4\ndata: {") && event(&entry(4)).ends_with("}\n\n"));
    }
}
