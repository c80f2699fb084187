//! One job: its state, what can be done to it and why the rest can't, its progress, its timeline, and its audit records.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::audit::{AuditFilter, AuditRecord, Requester};
use derslik_domain::id::{Id, JobId};
use derslik_domain::job::{Action, ErasureCounts, ErasureKind, ErasureStep, Job, JobStatus, Progress, UnknownJob};
use derslik_domain::page::Page;
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::{JobOperation, StoredJob};

use super::timeline::{Admins, Item, timeline, who};
use super::words::{self, Badge};
use super::{Pen, projects};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// How many audit records are shown.
const RECORDS: u32 = 20;

#[derive(Template)]
#[template(path = "jobs/show.html")]
struct ShowPage {
    shell: Shell,
    t: Texts,
    list_url: String,
    bulk_url: String,
    audit_url: String,
    job: JobView,
    records: Vec<RecordLine>,
    has_more_records: bool,
}

/// A job as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct JobView {
    id: String,
    name: String,
    about: String,
    /// The address of the course that the job is about; empty for another job.
    course_url: String,
    badge: Badge,
    project: String,
    deeds: Vec<DeedButton>,
    progress: Option<ProgressView>,
    line: Vec<Item>,
    facts: Vec<ApiFact>,
    /// What is special about the job; empty for most.
    hint: String,
}

/// A button, with the reason if the deed is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DeedButton {
    code: &'static str,
    icon: &'static str,
    label: String,
    is_danger: bool,
    /// Why it is not possible; empty if it is.
    why: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ProgressView {
    title: String,
    counts: Vec<CountLine>,
}

/// The rows of one kind that an erasure has removed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CountLine {
    kind: String,
    number: String,
    is_current: bool,
    is_none: bool,
}

/// A field as the jobs API has it, with what it means here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ApiFact {
    name: &'static str,
    value: String,
    more: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct RecordLine {
    at: String,
    kind: String,
    who: String,
}

/// Shows a job.
pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let id: JobId = visit.request.match_info().query("id").parse::<i64>().map(Id::new).map_err(|_| Failure::NotFound)?;
    let ports = visit.operators()?;
    let stored = ports.jobs.find(visit.account.id, id).await?.ok_or(Failure::NotFound)?;
    let filter = AuditFilter { job: Some(id), ..AuditFilter::default() };
    let records = ports.audit.latest(visit.account.id, filter, None, RECORDS).await?;
    let admins = admins_of(&visit, &records).await?;
    let pen = Pen::of(&visit);
    let job = match stored {
        StoredJob::Known(job) => {
            let project = match job.project {
                Some(id) => projects(&visit).await?.into_iter().find(|project| project.id == id).map(|project| project.name.to_string()),
                None => None,
            };
            let mut view = view(&job, &records.entries, &admins, visit.can_change(), pen);
            view.project = project.unwrap_or_default();
            if job.action == Action::AssignCalendarId && job.reference.as_str().parse::<i64>().is_ok() {
                view.course_url = visit.url(&format!("courses/{}", job.reference));
            }
            view
        }
        StoredJob::Unknown(job) => unknown_view(job, pen),
    };
    let audit_query = Fields::default().with(&[("job", Some(&job.id))]);
    visit.page(&ShowPage {
        shell: Shell::of(&visit, Section::Jobs, visit.t.jobs_title(job.id.as_str())).await?,
        t: visit.t,
        list_url: visit.url("jobs"),
        bulk_url: visit.url("jobs/bulk"),
        audit_url: visit.url(&format!("audit{audit_query}")),
        job,
        records: records.entries.iter().map(|record| record_line(record, &admins, pen)).collect(),
        has_more_records: records.more,
    })
}

/// The names of admins, if a record names one.
async fn admins_of(visit: &Visit, records: &Page<AuditRecord>) -> Result<Admins, Failure> {
    let is_of_admin = |record: &AuditRecord| matches!(record.event.requester(), Some(Requester::Admin(_)));
    if !records.entries.iter().any(is_of_admin) {
        return Ok(Admins::new());
    }
    let admins = visit.operators()?.admins.list().await?;
    Ok(admins.into_iter().map(|admin| (admin.id, admin.name.to_string())).collect())
}

fn record_line(record: &AuditRecord, admins: &Admins, pen: Pen) -> RecordLine {
    let requester = record.event.requester();
    RecordLine {
        at: pen.when(record.at),
        kind: record.event.kind().to_string(),
        who: requester.map(|requester| who(requester, admins, pen.t)).unwrap_or_default(),
    }
}

fn view(job: &Job, records: &[AuditRecord], admins: &Admins, can_change: bool, pen: Pen) -> JobView {
    let t = pen.t;
    let hint = match (job.project, job.status()) {
        (_, JobStatus::Running) => t.jobs_hint_running(),
        (None, _) => t.jobs_hint_internal(),
        (Some(_), _) => String::new(),
    };
    JobView {
        id: job.id.to_string(),
        name: words::action(job.action, t),
        about: words::about(job),
        course_url: String::new(),
        badge: Badge::of(&job.state, t),
        project: String::new(),
        deeds: words::DEEDS.map(|deed| deed_button(job, deed, can_change, pen)).into(),
        progress: job.progress.map(|progress| progress_view(progress, job.status() == JobStatus::Running, pen)),
        line: timeline(job, records, admins, pen),
        facts: facts(job, pen),
        hint,
    }
}

fn deed_button(job: &Job, deed: JobOperation, can_change: bool, pen: Pen) -> DeedButton {
    let why = match words::foresee(job, deed, pen.now) {
        _ if !can_change => pen.t.jobs_why_viewer(),
        Ok(_) => String::new(),
        Err(error) => words::refusal(error, pen.t),
    };
    let (code, icon, label) = (words::code(deed), words::icon(deed), words::label(deed, pen.t));
    DeedButton { code, icon, label, is_danger: deed == JobOperation::Cancel, why }
}

fn progress_view(progress: Progress, is_running: bool, pen: Pen) -> ProgressView {
    let t = pen.t;
    match progress {
        Progress::Rows(rows) => ProgressView { title: t.jobs_progress_rows(rows.get()), counts: Vec::new() },
        Progress::Erasure(progress) => {
            let step = if is_running { progress.step } else { ErasureStep::Done };
            ProgressView { title: t.jobs_progress_erased(), counts: counts(progress.counts, step, pen) }
        }
        Progress::Erasures(progress) => {
            let step = if is_running { progress.current.step } else { ErasureStep::Done };
            let title = t.jobs_progress_users(progress.place.get());
            ProgressView { title, counts: counts(progress.total(), step, pen) }
        }
    }
}

fn counts(counts: ErasureCounts, step: ErasureStep, pen: Pen) -> Vec<CountLine> {
    let line = |(kind, rows): (ErasureKind, RowCount)| CountLine {
        kind: words::kind(kind, pen.t),
        number: pen.language.number(rows.get()),
        is_current: step == ErasureStep::Erase(kind),
        is_none: rows.get() == 0,
    };
    counts.iter().map(line).collect()
}

/// The fields of a job under the names that the jobs API gives them.
fn facts(job: &Job, pen: Pen) -> Vec<ApiFact> {
    let fact = |name, value: String| ApiFact { name, value, more: String::new() };
    let instant = |name, at: Timestamp| ApiFact { name, value: at.micros().div_euclid(1_000).to_string(), more: pen.moment(at) };
    vec![
        fact("jobId", job.id.to_string()),
        fact("status", job.status().name().to_owned()),
        fact("projectId", job.project.map_or_else(|| "null".to_owned(), |id| id.to_string())),
        fact("action", job.action.name().to_owned()),
        fact("referenceId", job.reference.to_string()),
        instant("createdAt", job.created_at),
        instant("updatedAt", job.updated_at),
        instant("startAt", job.start_at),
        fact("errors", job.last_error().unwrap_or("null").to_owned()),
    ]
}

/// A job of a newer program.
fn unknown_view(job: UnknownJob, pen: Pen) -> JobView {
    let instant = |name, at: Timestamp| ApiFact { name, value: at.micros().div_euclid(1_000).to_string(), more: pen.moment(at) };
    let status = ApiFact { name: "status", value: job.status.clone(), more: String::new() };
    JobView {
        id: job.id.to_string(),
        name: job.action,
        about: job.reference,
        course_url: String::new(),
        badge: Badge { tone: "off", icon: "info", word: job.status },
        project: String::new(),
        deeds: Vec::new(),
        progress: None,
        line: Vec::new(),
        facts: vec![status, instant("createdAt", job.created_at), instant("updatedAt", job.updated_at), instant("startAt", job.due_at)],
        hint: pen.t.jobs_not_known(),
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::job::{ErasureProgress, FailureReason};

    use super::super::testing::{HOSTILE, assert_inert, erasure, failed, pen, running};
    use super::*;
    use crate::locale::Language;

    fn shown(job: &Job, can_change: bool) -> JobView {
        view(job, &[], &Admins::new(), can_change, pen(Language::English))
    }

    #[test]
    fn a_button_that_is_not_possible_has_a_reason() {
        let why = |view: JobView| view.deeds.into_iter().map(|deed| (deed.code, deed.why.is_empty())).collect::<Vec<_>>();
        assert_eq!(why(shown(&running(erasure(1)), true)), [("retry", false), ("run-now", false), ("cancel", true)]);
        assert_eq!(why(shown(&running(erasure(1)), false)), [("retry", false), ("run-now", false), ("cancel", false)]);
    }

    #[test]
    fn the_kind_that_is_being_erased_is_marked_while_the_job_runs() {
        let counts = ErasureCounts::default().with(ErasureKind::Credentials, RowCount::new(4_120));
        let progress =
            Progress::Erasure(ErasureProgress { step: ErasureStep::Erase(ErasureKind::Attendances), counts, ..ErasureProgress::default() });
        let shown = |is_running| progress_view(progress, is_running, pen(Language::English)).counts;
        assert_eq!((shown(true)[0].number.as_str(), shown(true)[0].is_none), ("4,120", false));
        assert!(shown(true)[1].is_current && shown(false).iter().all(|line| !line.is_current));
    }

    #[test]
    fn fields_have_the_names_and_values_of_the_api() {
        let facts = facts(&failed(erasure(3_451), FailureReason::Permanent), pen(Language::Turkish));
        let value = |name: &str| facts.iter().find(|fact| fact.name == name).unwrap().value.clone();
        assert_eq!((value("jobId"), value("status"), value("startAt")), ("3451".into(), "failed".into(), "1738847255488".into()));
        assert_eq!((value("referenceId"), value("errors")), (HOSTILE.to_owned(), HOSTILE.to_owned()));
    }

    #[test]
    fn hostile_texts_are_inert_on_the_page_of_a_job() {
        #[derive(Template)]
        #[template(path = "jobs/job.html")]
        struct JobPage {
            t: Texts,
            job: JobView,
        }
        for language in Language::ALL {
            let job = view(&failed(erasure(1), FailureReason::Permanent), &[], &Admins::new(), true, pen(language));
            assert_inert(&JobPage { t: Texts::of(language), job }.render().unwrap());
        }
    }
}
