//! The list of jobs, newest first.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::id::JobId;
use derslik_domain::job::{Attempts, Count, Job, JobCounts, JobFilter, JobState, JobStatus, Project};
use derslik_domain::page::Page;
use derslik_ports::inbound::operators::{JobOperation, StoredJob};

use super::filter::{Asked, FilterForm, cleared, with};
use super::words::{self, Badge};
use super::{Pen, projects};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// How many jobs a page has.
const SIZE: u32 = 50;

/// The states in the order of their tabs.
const TABS: [JobStatus; 5] = [JobStatus::Scheduled, JobStatus::Running, JobStatus::Failed, JobStatus::Completed, JobStatus::Cancelled];

#[derive(Template)]
#[template(path = "jobs/list.html")]
struct ListPage {
    shell: Shell,
    t: Texts,
    /// The address of the list.
    list_url: String,
    new_url: String,
    bulk_url: String,
    form: FilterForm,
    tabs: Vec<Tab>,
    deeds: Vec<DeedButton>,
    /// The query of this page, to which a deed leads back.
    back: String,
    rows: Vec<Row>,
    empty: Option<Empty>,
    footer: String,
    newer: Option<String>,
    older: Option<String>,
}

/// A tab with the jobs of one state.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tab {
    name: String,
    url: String,
    /// How many there are, as far as they are counted; empty for the tab of all.
    count: String,
    is_bad: bool,
    is_current: bool,
}

/// A button above the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DeedButton {
    code: &'static str,
    icon: &'static str,
    label: String,
    is_danger: bool,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) badge: Badge,
    /// How many rows an erasure has removed; empty for none.
    pub(super) erased: String,
    pub(super) attempt: String,
    pub(super) at: String,
    pub(super) project: String,
    /// Whether the job belongs to a project, whose name is data.
    pub(super) is_of_project: bool,
    pub(super) select: String,
}

/// What stands in place of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Empty {
    title: String,
    more: String,
    /// The address without the filters; `None` where none is set.
    clear: Option<String>,
}

/// Shows the list.
pub(super) async fn list(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, query) = (visit.t, &visit.query);
    let shell = Shell::of(&visit, Section::Jobs, t.shell_jobs()).await?;
    let projects = projects(&visit).await?;
    let asked = Asked::read(query, visit.now);
    let counts = visit.operators()?.jobs.counts(visit.account.id).await?;
    let found = find(&visit, &asked).await?;
    let (list_url, pen) = (visit.url("jobs"), Pen::of(&visit));
    let rows: Vec<_> = found.entries.iter().map(|job| row(job, &projects, &list_url, pen)).collect();
    let last = found.entries.last().filter(|_| found.more);
    visit.page(&ListPage {
        shell,
        t,
        new_url: visit.url("jobs/new"),
        bulk_url: visit.url("jobs/bulk"),
        form: FilterForm::of(query, &projects, &list_url, t),
        tabs: tabs(query, counts, &list_url, t),
        deeds: words::DEEDS.map(|deed| deed_button(deed, t)).into(),
        back: query.with(&[("note", None)]),
        empty: rows.is_empty().then(|| empty(&asked, counts, &list_url, query, t)),
        footer: footer(&asked, t),
        newer: asked.cursor.newer(query).map(|query| format!("{list_url}{query}")),
        older: last.map(|job| format!("{list_url}{}", asked.cursor.older(query, job.id))),
        rows,
        list_url,
    })
}

/// The jobs of the page. On the first page, a job of that id comes before those of that reference.
async fn find(visit: &Visit, asked: &Asked) -> Result<Page<Job>, Failure> {
    if asked.is_impossible {
        return Ok(Page { entries: Vec::new(), more: false });
    }
    let (jobs, account) = (visit.operators()?.jobs, visit.account.id);
    let found = jobs.search(account, asked.filter.clone(), asked.cursor.before, SIZE).await?;
    let more = found.more;
    let mut entries: Vec<Job> = found.entries.into_iter().filter_map(known).collect();
    if let (Some(id), None) = (asked.id, asked.cursor.before) {
        let job = jobs.find(account, id).await?.and_then(known).filter(|job| asked.lets_through(job));
        let is_there = |id: JobId| entries.iter().any(|job| job.id == id);
        if let Some(job) = job.filter(|job| !is_there(job.id)) {
            entries.insert(0, job);
        }
    }
    Ok(Page { entries, more })
}

fn known(job: StoredJob) -> Option<Job> {
    match job {
        StoredJob::Known(job) => Some(job),
        StoredJob::Unknown(_) => None,
    }
}

/// A job as a line of a list. `list_url` is the address of all of them.
pub(super) fn row(job: &Job, projects: &[Project], list_url: &str, pen: Pen) -> Row {
    let (id, t) = (job.id.to_string(), pen.t);
    let attempts = job.state.attempts();
    let since = match job.state {
        JobState::Scheduled { at, .. } => at,
        JobState::Running(run) => run.started_at,
        JobState::Cancelled(ended) | JobState::Failed(ended) | JobState::Completed(ended) => ended.at,
    };
    let project = job.project.map(|id| match projects.iter().find(|project| project.id == id) {
        Some(project) => project.name.to_string(),
        None => id.to_string(),
    });
    let erased = words::erased(job);
    Row {
        url: format!("{list_url}/{id}"),
        name: words::action(job.action, t),
        about: words::about(job),
        badge: Badge::of(&job.state, t),
        erased: if erased > 0 { t.jobs_rows(erased) } else { String::new() },
        attempt: if attempts == Attempts::NONE { "–".to_owned() } else { pen.language.number(attempts.get().into()) },
        at: pen.when(since),
        is_of_project: project.is_some(),
        project: project.unwrap_or_else(|| t.jobs_internal()),
        select: t.jobs_select(id.as_str()),
        id,
    }
}

fn tabs(query: &Fields, counts: JobCounts, list_url: &str, t: Texts) -> Vec<Tab> {
    let current = query.text("state");
    let all = Tab {
        name: t.jobs_tab_all(),
        url: format!("{list_url}{}", with(query, &[("state", None)])),
        count: String::new(),
        is_bad: false,
        is_current: JobStatus::by_name(current).is_none(),
    };
    let of_state = |status: JobStatus| Tab {
        name: words::tab(status, t),
        url: format!("{list_url}{}", with(query, &[("state", Some(status.name()))])),
        count: count(counts.of(status), t),
        is_bad: status == JobStatus::Failed && counts.failed.number > 0,
        is_current: current == status.name(),
    };
    std::iter::once(all).chain(TABS.map(of_state)).collect()
}

/// A count, with a sign where it ends at its bound.
fn count(count: Count, t: Texts) -> String {
    if count.is_more { t.jobs_count_more(count.number) } else { t.jobs_count(count.number) }
}

fn deed_button(deed: JobOperation, t: Texts) -> DeedButton {
    let (code, icon, label) = (words::code(deed), words::icon(deed), words::label(deed, t));
    DeedButton { code, icon, label, is_danger: deed == JobOperation::Cancel }
}

fn empty(asked: &Asked, counts: JobCounts, list_url: &str, query: &Fields, t: Texts) -> Empty {
    if asked.is_filtered() || asked.cursor.before.is_some() {
        let clear = Some(format!("{list_url}{}", cleared(query)));
        let failed = counts.failed;
        let more = if failed.is_more { t.jobs_failed_many(failed.number) } else { t.jobs_failed_now(failed.number) };
        return Empty { title: t.jobs_empty_filtered(), more, clear };
    }
    if asked.filter.has_every_state() {
        return Empty { title: t.jobs_empty(), more: t.jobs_empty_more(), clear: None };
    }
    Empty { title: t.jobs_empty_state(), more: t.jobs_empty_state_more(), clear: None }
}

fn footer(asked: &Asked, t: Texts) -> String {
    if asked.is_filtered() { t.jobs_order_filtered(JobFilter::LOOKED_AT) } else { t.jobs_order(SIZE) }
}

#[cfg(test)]
mod tests {
    use derslik_domain::job::FailureReason;
    use derslik_testkit::builders::now;

    use super::super::testing::{HOSTILE, erasure, failed, pen, running};
    use super::*;
    use crate::locale::Language;

    fn fields(query: &str) -> Fields {
        Fields::read(query.as_bytes())
    }

    #[test]
    fn a_line_says_what_a_job_is_about_and_since_when() {
        let line = row(&erasure(3_451), &[], "/console/7/jobs", pen(Language::English));
        assert_eq!((line.id.as_str(), line.url.as_str()), ("3451", "/console/7/jobs/3451"));
        assert_eq!((line.about.as_str(), line.attempt.as_str(), line.project.as_str()), (HOSTILE, "–", "1"));
        assert_eq!((line.at.as_str(), line.badge.word.as_str(), line.erased.as_str()), ("16:07:35", "scheduled", ""));
        let line = row(&running(erasure(1)), &[], "", pen(Language::English));
        assert_eq!((line.attempt.as_str(), line.badge.word.as_str()), ("1", "running"));
    }

    #[test]
    fn each_state_has_a_tab_with_its_count() {
        let counts = JobCounts { failed: Count::of(4), completed: Count::of(5_000), ..JobCounts::default() };
        let tabs = tabs(&fields("state=failed&q=a&before=7"), counts, "/jobs", Texts::of(Language::English));
        let shown: Vec<_> = tabs.iter().map(|tab| (tab.url.as_str(), tab.count.as_str(), tab.is_current)).collect();
        assert_eq!(shown[0], ("/jobs?q=a", "", false));
        assert_eq!(shown[3], ("/jobs?q=a&state=failed", "4", true));
        assert_eq!(shown[4], ("/jobs?q=a&state=completed", "1,000+", false));
        assert!(tabs[3].is_bad && !tabs[4].is_bad);
    }

    #[test]
    fn an_empty_list_says_what_helps() {
        let (t, counts) = (Texts::of(Language::English), JobCounts::default());
        let empty = |query: &str| {
            let query = fields(query);
            empty(&Asked::read(&query, now()), counts, "/jobs", &query, t).clear
        };
        assert_eq!(empty(""), None);
        assert_eq!(empty("state=failed"), None);
        assert_eq!(empty("state=failed&q=x").as_deref(), Some("/jobs?state=failed"));
    }

    #[test]
    fn hostile_texts_are_inert_in_a_row() {
        #[derive(Template)]
        #[template(path = "jobs/row.html")]
        struct RowPage {
            row: Row,
        }
        for language in Language::ALL {
            let row = row(&failed(erasure(1), FailureReason::Permanent), &[], "/jobs", pen(language));
            super::super::testing::assert_inert(&RowPage { row }.render().unwrap());
        }
    }
}
