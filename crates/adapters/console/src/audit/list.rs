//! The records of a log, the newest first.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::audit::{AuditFilter, AuditRecord, EventKind};
use derslik_domain::identity::Admin;

use super::query::{FILTERS, filter, is_of_installation, owner, record};
use super::words::{Mention, about, by, counts, event, groups, is_warning};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::people::form::{Choice, Input, Issue, issue_of};
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::{NOTE, Visit};

/// How many records a page shows.
const SIZE: u32 = 100;

#[derive(Template)]
#[template(path = "audit/list.html")]
struct ListPage {
    shell: Shell,
    t: Texts,
    /// The address of the log without a filter.
    url: String,
    /// The addresses of both logs.
    logs: Vec<Choice>,
    of: &'static str,
    form: FilterForm,
    rows: Vec<Row>,
    issues: Vec<Issue>,
    clear: String,
    newest: Option<String>,
    older: Option<String>,
    /// Why there may be more records than those that were looked at.
    looked_at: Option<String>,
    exports: Vec<Choice>,
    can_verify: bool,
}

/// The filters as the form shows them.
struct FilterForm {
    groups: Vec<(String, Vec<Choice>)>,
    event_problem: Option<String>,
    inputs: Vec<Input>,
    is_set: bool,
}

/// A record.
struct Row {
    id: String,
    when: String,
    what: String,
    code: String,
    is_warning: bool,
    about: Mention,
    by: Mention,
    subject: Option<String>,
    counts: Vec<(&'static str, String)>,
    /// The address that links begin with.
    base: String,
}

pub(super) async fn list(visit: Visit) -> Result<HttpResponse, Failure> {
    let t = visit.t;
    let before = record(&visit.query, "before").map_err(|()| Failure::Refused(t.audit_bad_page()))?;
    let (read, issues) = match filter(t, &visit.query, visit.account.zone) {
        Ok(filter) => (Some(filter), Vec::new()),
        Err(issues) => (None, issues),
    };
    let operators = visit.operators()?;
    let (mut rows, mut older, mut looked_at) = (Vec::new(), None, None);
    if let Some(filter) = read {
        let is_bounded = filter.event.is_some() || filter.from.is_some() || filter.before.is_some();
        let page = operators.audit.latest(owner(&visit.query, visit.account.id), filter, before, SIZE).await?;
        let admins = operators.admins.list().await?;
        rows = page.entries.iter().map(|record| row(&visit, &admins, record)).collect();
        if let Some(last) = page.entries.last().filter(|_| page.more) {
            older = Some(here(&visit, &[("before", Some(&last.id.to_string()))]));
        }
        looked_at = (is_bounded && !page.more).then(|| t.audit_looked_at(AuditFilter::LOOKED_AT));
    }
    let is_refused = !issues.is_empty();
    let template = ListPage {
        shell: Shell::of(&visit, Section::Audit, t.shell_audit()).await?,
        t,
        url: visit.url("audit"),
        logs: logs(&visit),
        of: if is_of_installation(&visit.query) { "installation" } else { "" },
        form: form(t, &visit.query, &issues),
        rows,
        issues,
        clear: cleared(&visit),
        newest: before.map(|_| here(&visit, &[("before", None)])),
        older,
        looked_at,
        exports: ["csv", "jsonl"].map(|format| export(&visit, format)).into(),
        can_verify: visit.ports()?.verification.is_some(),
    };
    if is_refused { visit.refused_page(&template) } else { visit.page(&template) }
}

/// The address of this page with another query.
fn here(visit: &Visit, changes: &[(&str, Option<&str>)]) -> String {
    let query = Fields::read(visit.query.with(&[(NOTE, None)]).trim_start_matches('?').as_bytes());
    format!("{}{}", visit.url("audit"), query.with(changes))
}

/// The address of the same log without a filter.
fn cleared(visit: &Visit) -> String {
    let of = is_of_installation(&visit.query).then_some("installation");
    format!("{}{}", visit.url("audit"), Fields::default().with(&[("of", of)]))
}

/// The logs to choose from: a choice's value is its address.
fn logs(visit: &Visit) -> Vec<Choice> {
    let of_installation = is_of_installation(&visit.query);
    let url = visit.url("audit");
    vec![
        Choice::new(url.as_str(), visit.t.audit_of_account(), !of_installation),
        Choice::new(format!("{url}?of=installation"), visit.t.audit_of_installation(), of_installation),
    ]
}

/// The address of an export of what the page shows. It begins with the oldest record.
fn export(visit: &Visit, format: &'static str) -> Choice {
    let query = visit.query.with(&[("format", Some(format)), ("before", None), (NOTE, None)]);
    let label = if format == "csv" { visit.t.audit_export_csv() } else { visit.t.audit_export_jsonl() };
    Choice::new(format!("{}{query}", visit.url("audit/export")), label, false)
}

fn form(t: Texts, query: &Fields, issues: &[Issue]) -> FilterForm {
    let asked = query.get("event");
    let choice = |kind: EventKind| {
        let name = kind.to_string();
        let is_current = asked == Some(name.as_str());
        Choice::new(name.clone(), name, is_current)
    };
    let mut groups: Vec<(String, Vec<Choice>)> =
        groups(t).into_iter().map(|(title, kinds)| (title, kinds.into_iter().map(choice).collect())).collect();
    let is_offered = groups.iter().any(|(_, choices)| choices.iter().any(|choice| choice.is_current));
    if let Some(name) = asked.filter(|_| !is_offered) {
        groups.insert(0, (t.audit_group_asked(), vec![Choice::new(name, name, true)]));
    }
    let input = |name: &'static str, label: String| Input::text(name, label, query.text(name).to_owned(), issues);
    let date = |name: &'static str, label: String| Input { kind: "date", ..input(name, label) };
    FilterForm {
        groups,
        event_problem: issue_of(issues, "event"),
        inputs: vec![
            input("about", t.audit_about()),
            input("job", t.audit_of_job()),
            date("from", t.audit_from()),
            date("to", t.audit_to()),
        ],
        is_set: FILTERS.iter().any(|name| query.get(name).is_some()),
    }
}

fn row(visit: &Visit, admins: &[Admin], record: &AuditRecord) -> Row {
    let (t, kind) = (visit.t, record.event.kind());
    Row {
        id: record.id.to_string(),
        when: visit.when(record.at),
        what: event(t, kind),
        code: kind.to_string(),
        is_warning: is_warning(kind),
        about: about(t, admins, &record.event),
        by: by(t, admins, &record.event),
        subject: record.event.subject().map(ToString::to_string),
        counts: counts(visit.language, record),
        base: visit.url(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;
    use crate::people::form::testing::shell;

    #[test]
    fn an_event_that_the_list_does_not_offer_stays_chosen() {
        let t = Texts::of(Language::English);
        let current = |query: &str| {
            let form = form(t, &Fields::read(query.as_bytes()), &[]);
            let choices = form.groups.into_iter().flat_map(|(_, choices)| choices);
            choices.filter(|choice| choice.is_current).map(|choice| choice.value).collect::<Vec<_>>()
        };
        assert_eq!(current("event=credential_revoked"), ["credential_revoked"]);
        assert_eq!(current("event=project_deleted"), ["project_deleted"]);
        assert_eq!(current("job=7"), Vec::<String>::new());
    }

    #[test]
    fn hostile_texts_are_shown_as_text() {
        const HOSTILE: &str = r#""><script>alert(1)</script>"#;
        for language in Language::ALL {
            let t = Texts::of(language);
            let mention = |path: Option<&str>| Mention { text: HOSTILE.to_owned(), path: path.map(ToOwned::to_owned) };
            let row = Row {
                id: "1".to_owned(),
                when: String::new(),
                what: HOSTILE.to_owned(),
                code: HOSTILE.to_owned(),
                is_warning: true,
                about: mention(Some("keys/7")),
                by: mention(None),
                subject: Some(HOSTILE.to_owned()),
                counts: vec![("sessions", "3".to_owned())],
                base: "/console/1/".to_owned(),
            };
            let query = Fields::read(b"event=%3Cscript%3Ealert(1)%3C/script%3E&about=%22%3E%3Cscript%3Ealert(1)");
            let page = ListPage {
                shell: shell(language),
                t,
                url: "/console/1/audit".to_owned(),
                logs: vec![Choice::new("/console/1/audit", t.audit_of_account(), true)],
                of: "",
                form: form(t, &query, &[Issue::new("event", t.audit_problem_event())]),
                rows: vec![row],
                issues: vec![Issue::new("event", t.audit_problem_event())],
                clear: "/console/1/audit".to_owned(),
                newest: None,
                older: Some("/console/1/audit?before=1".to_owned()),
                looked_at: None,
                exports: vec![Choice::new("/console/1/audit/export?format=csv", "CSV", false)],
                can_verify: false,
            };
            let html = page.render().unwrap();
            assert!(!html.contains("<script>alert"), "{html}");
            assert!(html.contains(r#"href="/console/1/keys/7""#), "{html}");
        }
    }
}
