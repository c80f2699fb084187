//! An export of a log, as CSV or as JSON lines. It begins with the oldest record, and has a bounded number of them.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LINK};
use derslik_domain::audit::{AuditEvent, AuditRecord, Requester};
use derslik_domain::id::Id;
use derslik_domain::page::PageRequest;
use derslik_domain::time::Zone;
use serde_json::{Map, Value, json};

use super::query::{filter, is_of_installation, owner, record};
use crate::failure::Failure;
use crate::visit::{NOTE, Visit};

/// How many records one read returns.
const PAGE: u32 = 1_000;
/// How many records an export has at most.
const MOST: usize = 10_000;

/// The columns of the CSV, named as the members of the JSON lines.
const COLUMNS: [&str; 13] = [
    "account",
    "id",
    "at",
    "event",
    "object_kind",
    "object_id",
    "job",
    "subject",
    "principal",
    "credential",
    "admin",
    "by_operator",
    "denied",
];

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    JsonLines,
}

impl Format {
    fn by_name(name: &str) -> Option<Self> {
        match name {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/jsonl; charset=utf-8",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

/// Answers with up to [`MOST`] records. A header `Link` leads to the next ones.
pub(super) async fn export(visit: Visit) -> Result<HttpResponse, Failure> {
    let t = visit.t;
    let format = visit.query.get("format").and_then(Format::by_name).ok_or_else(|| Failure::Refused(t.audit_bad_format()))?;
    let mut after = record(&visit.query, "after").map_err(|()| Failure::Refused(t.audit_bad_page()))?;
    let filter = filter(t, &visit.query, visit.account.zone).map_err(|issues| {
        let texts: Vec<_> = issues.into_iter().map(|issue| issue.text).collect();
        Failure::Refused(texts.join(" "))
    })?;
    let (log, audit) = (owner(&visit.query, visit.account.id), visit.operators()?.audit);
    let account = if is_of_installation(&visit.query) { "0".to_owned() } else { visit.account.public.to_string() };
    let mut text = if format == Format::Csv { csv_line(COLUMNS.map(ToOwned::to_owned)) } else { String::new() };
    let (mut count, mut has_more) = (0, true);
    while has_more && count < MOST {
        let page = audit.list(log, filter.clone(), PageRequest { size: PAGE, after }).await?;
        has_more = u32::try_from(page.len()).is_ok_and(|found| found == PAGE);
        count += page.len();
        after = page.last().map(|record| record.id).or(after);
        for record in &page {
            match format {
                Format::Csv => text.push_str(&csv_line(cells(&account, record))),
                // Writing to a text never fails.
                Format::JsonLines => writeln!(text, "{}", as_json(&account, record)).unwrap_or_default(),
            }
        }
    }
    let mut answer = HttpResponse::Ok();
    let name = format!("attachment; filename=\"audit-{account}.{}\"", format.extension());
    answer.insert_header((CONTENT_TYPE, format.media_type())).insert_header((CONTENT_DISPOSITION, name));
    if let Some(last) = after.filter(|_| has_more) {
        let query = visit.query.with(&[("after", Some(&last.to_string())), (NOTE, None)]);
        answer.insert_header((LINK, format!("<{}{query}>; rel=\"next\"", visit.url("audit/export"))));
    }
    Ok(answer.body(text))
}

/// The cells of a record, in the order of [`COLUMNS`].
fn cells(account: &str, record: &AuditRecord) -> [String; 13] {
    let event = &record.event;
    let text = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let (principal, credential, admin) = requester(event);
    let (kind, id) = match event {
        AuditEvent::Change(_, _, object) => (object.kind().name(), object.id()),
        AuditEvent::Erasure(_) | AuditEvent::Denied { .. } => ("", None),
    };
    let denied = match event {
        AuditEvent::Denied { cause: _, count } => count.to_string(),
        AuditEvent::Erasure(_) | AuditEvent::Change(..) => String::new(),
    };
    [
        account.to_owned(),
        record.id.to_string(),
        record.at.in_zone(Zone::UTC).to_string(),
        event.kind().to_string(),
        kind.to_owned(),
        text(id),
        text(event.job().map(Id::get)),
        event.subject().map(ToString::to_string).unwrap_or_default(),
        text(principal),
        text(credential),
        text(admin),
        event.requester().is_some_and(Requester::is_operator).to_string(),
        denied,
    ]
}

/// The ids of the principal, of its credential and of the admin that asked.
fn requester(event: &AuditEvent) -> (Option<i64>, Option<i64>, Option<i64>) {
    match event.requester() {
        Some(Requester::Principal(principal, credential)) => (Some(principal.get()), Some(credential.get()), None),
        Some(Requester::Admin(admin)) => (None, None, Some(admin.get())),
        Some(Requester::Operator) | None => (None, None, None),
    }
}

/// A line of CSV, as RFC 4180 writes it. A cell that a spreadsheet would take for a formula begins with an apostrophe.
fn csv_line<const N: usize>(cells: [String; N]) -> String {
    let mut line = cells.map(|cell| csv_cell(&cell)).join(",");
    line.push_str("\r\n");
    line
}

fn csv_cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{guard}{}\"", text.replace('"', "\"\"")) } else { format!("{guard}{text}") }
}

/// A record with the members that the command line exports.
fn as_json(account: &str, record: &AuditRecord) -> Value {
    let event = &record.event;
    let (principal, credential, admin) = requester(event);
    let object = match event {
        AuditEvent::Change(_, _, object) => json!({ "kind": object.kind().name(), "id": object.id() }),
        AuditEvent::Erasure(_) | AuditEvent::Denied { .. } => Value::Null,
    };
    let denied = match event {
        AuditEvent::Denied { cause: _, count } => Some(*count),
        AuditEvent::Erasure(_) | AuditEvent::Change(..) => None,
    };
    let counts = event
        .counts()
        .map(|counts| -> Map<String, Value> { counts.iter().map(|(kind, rows)| (kind.name().to_owned(), rows.get().into())).collect() });
    json!({
        "account": account.parse::<i64>().ok(),
        "id": record.id.get(),
        "at": record.at.in_zone(Zone::UTC).to_string(),
        "event": event.kind().to_string(),
        "job": event.job().map(Id::get),
        "subject": event.subject().map(ToString::to_string),
        "object": object,
        "principal": principal,
        "credential": credential,
        "admin": admin,
        "by_operator": event.requester().is_some_and(Requester::is_operator),
        "counts": counts,
        "denied": denied,
    })
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::{Change, DenialCause, Object};
    use derslik_testkit::builders::now;

    use super::*;

    fn record(event: AuditEvent) -> AuditRecord {
        AuditRecord { id: Id::new(1), at: now(), event }
    }

    #[test]
    fn a_cell_is_neither_a_formula_nor_the_end_of_a_line() {
        for (text, cell) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("=1+1", "'=1+1"),
            ("-1", "'-1"),
            ("@a", "'@a"),
            ("+a\r\nb", "\"'+a\r\nb\""),
            ("", ""),
        ] {
            assert_eq!(csv_cell(text), cell);
        }
        assert_eq!(csv_line(["a".to_owned(), "b,c".to_owned()]), "a,\"b,c\"\r\n");
    }

    #[test]
    fn a_record_has_the_same_ids_in_both_formats() {
        let revoked =
            record(AuditEvent::Change(Requester::Principal(Id::new(4), Id::new(5)), Change::Revoked, Object::Credential(Id::new(7))));
        let line = csv_line(cells("9", &revoked));
        assert_eq!(line, "9,1,2025-02-06T13:07:35.488565+00:00,credential_revoked,credential,7,,,4,5,,false,\r\n");
        let json = as_json("9", &revoked);
        assert_eq!((&json["account"], &json["object"]), (&json!(9), &json!({ "kind": "credential", "id": 7 })));
        assert_eq!((&json["principal"], &json["admin"]), (&json!(4), &Value::Null));
        let denied = record(AuditEvent::Denied { cause: DenialCause::Expired, count: 12 });
        assert!(csv_line(cells("0", &denied)).ends_with(",denied_expired,,,,,,,,false,12\r\n"));
        assert_eq!(as_json("0", &denied)["denied"], 12);
    }

    #[test]
    fn an_export_has_a_known_format() {
        assert_eq!(["csv", "jsonl", "xml"].map(Format::by_name), [Some(Format::Csv), Some(Format::JsonLines), None]);
    }
}
