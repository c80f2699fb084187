//! Cancels, retries and runs jobs, up to a hundred at once: first a page says what will happen to each of them, then the deed is done.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::id::JobId;
use derslik_domain::job::{Fact, Job, JobStatus};
use derslik_ports::inbound::operators::{JobOperation, StoredJob};

use super::{Pen, words};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// How many jobs one form changes at most.
const MOST: usize = 100;

/// How many refusals a note tells one by one.
const TOLD: usize = 5;

#[derive(Template)]
#[template(path = "jobs/change.html")]
struct ChangePage {
    shell: Shell,
    t: Texts,
    title: String,
    list_url: String,
    bulk_url: String,
    back_url: String,
    lines: Vec<Line>,
    deed: &'static str,
    icon: &'static str,
    is_danger: bool,
    /// The words on the button; `None` if nothing will happen.
    button: Option<String>,
    /// The fields by which the deed finds its way back.
    back: String,
    from: String,
}

/// A chosen job, with what will happen to it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    id: String,
    name: String,
    about: String,
    tone: &'static str,
    icon: &'static str,
    verdict: String,
    /// Whether the deed is possible.
    is_possible: bool,
}

/// What was done to the chosen jobs.
#[derive(Debug, Default)]
struct Outcome {
    done: usize,
    /// The sentences about those that were refused.
    refused: Vec<String>,
    /// How many were left when the store failed.
    unanswered: usize,
}

/// Says what a deed will do to the chosen jobs, or does it if the form is sure.
pub(super) async fn change(visit: Visit) -> Result<HttpResponse, Failure> {
    let (form, t) = (visit.form(), visit.t);
    let Some(deed) = words::by_code(form.text("do")) else { return Err(Failure::Refused(t.jobs_no_deed())) };
    let (ids, back) = (chosen(&form), way_back(&form));
    if ids.is_empty() {
        return Ok(visit.leave(Note::bad(t.jobs_none_chosen()), &back));
    }
    if ids.len() > MOST {
        return Err(Failure::Refused(t.jobs_too_many(MOST)));
    }
    if form.has("sure") {
        let outcome = carry_out(&visit, deed, &ids).await?;
        return Ok(visit.leave(note(&outcome, deed, t), &back));
    }
    let lines = foresee(&visit, deed, &ids).await?;
    let possible = lines.iter().filter(|line| line.is_possible).count();
    let title = question(deed, ids.len(), t);
    visit.page(&ChangePage {
        shell: Shell::of(&visit, Section::Jobs, title.as_str()).await?,
        t,
        title,
        list_url: visit.url("jobs"),
        bulk_url: visit.url("jobs/bulk"),
        back_url: visit.url(&back),
        lines,
        deed: words::code(deed),
        icon: words::icon(deed),
        is_danger: deed == JobOperation::Cancel,
        button: (possible > 0).then(|| button(deed, possible, t)),
        back: form.text("back").to_owned(),
        from: form.text("from").to_owned(),
    })
}

/// The jobs of a form, each once.
fn chosen(form: &Fields) -> Vec<JobId> {
    let mut ids: Vec<JobId> = Vec::new();
    for id in form.all("job").filter_map(|id| id.parse().ok()).map(JobId::new) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// The page to which a deed leads back: the job that the form came from, or the list with its filters.
fn way_back(form: &Fields) -> String {
    match form.text("from").parse::<i64>() {
        Ok(id) => format!("jobs/{id}"),
        Err(_) => format!("jobs{}", Fields::read(form.text("back").trim_start_matches('?').as_bytes()).with(&[])),
    }
}

async fn foresee(visit: &Visit, deed: JobOperation, ids: &[JobId]) -> Result<Vec<Line>, Failure> {
    let (jobs, pen) = (visit.operators()?.jobs, Pen::of(visit));
    let mut lines = Vec::with_capacity(ids.len());
    for id in ids {
        lines.push(match jobs.find(visit.account.id, *id).await? {
            Some(StoredJob::Known(job)) => line(&job, deed, pen),
            Some(StoredJob::Unknown(job)) => impossible(*id, job.action, job.reference, pen.t.jobs_not_known()),
            None => impossible(*id, String::new(), String::new(), pen.t.jobs_not_found()),
        });
    }
    Ok(lines)
}

fn impossible(id: JobId, name: String, about: String, verdict: String) -> Line {
    Line { id: id.to_string(), name, about, tone: "off", icon: "ban", verdict, is_possible: false }
}

/// What the deed would do to a job now.
fn line(job: &Job, deed: JobOperation, pen: Pen) -> Line {
    let (name, about) = (words::action(job.action, pen.t), words::about(job));
    match words::foresee(job, deed, pen.now) {
        Ok(fact) => {
            let (tone, icon, verdict) = consequence(&fact, words::erased(job), pen.t);
            Line { id: job.id.to_string(), name, about, tone, icon, verdict, is_possible: true }
        }
        Err(error) => impossible(job.id, name, about, words::refusal(error, pen.t)),
    }
}

fn consequence(fact: &Fact, erased: u64, t: Texts) -> (&'static str, &'static str, String) {
    match fact {
        Fact::Cancelled { was: JobStatus::Running } if erased > 0 => ("warn", "warn", t.jobs_will_stop_after(erased)),
        Fact::Cancelled { was: JobStatus::Running } => ("warn", "warn", t.jobs_will_stop()),
        Fact::Cancelled { .. } if erased > 0 => ("warn", "warn", t.jobs_will_end_after(erased)),
        Fact::Cancelled { .. } => ("ok", "done", t.jobs_will_end()),
        Fact::Retried => ("ok", "done", t.jobs_will_retry()),
        _ => ("ok", "done", t.jobs_will_run()),
    }
}

async fn carry_out(visit: &Visit, deed: JobOperation, ids: &[JobId]) -> Result<Outcome, Failure> {
    let jobs = visit.operators()?.jobs;
    let mut outcome = Outcome::default();
    for id in ids {
        match jobs.operate(visit.account.id, *id, deed).await {
            Ok(_) => outcome.done += 1,
            Err(error) => match words::refused(error, visit.t) {
                Ok(reason) => outcome.refused.push(visit.t.jobs_refused_one(id.to_string(), reason)),
                Err(error) => {
                    tracing::warn!(%error, "a form of the console did not change all of its jobs");
                    outcome.unanswered = ids.len().saturating_sub(outcome.done + outcome.refused.len());
                    break;
                }
            },
        }
    }
    Ok(outcome)
}

/// The note about what was done and what was not.
fn note(outcome: &Outcome, deed: JobOperation, t: Texts) -> Note {
    let mut more: Vec<_> = outcome.refused.iter().take(TOLD).cloned().collect();
    let untold = outcome.refused.len().saturating_sub(TOLD);
    if untold > 0 {
        more.push(t.jobs_refused_more(untold));
    }
    if outcome.unanswered > 0 {
        more.push(t.jobs_unanswered(outcome.unanswered));
    }
    let note = match outcome.done {
        0 => Note::bad(t.jobs_did_nothing()),
        done if outcome.unanswered > 0 => Note::bad(did(deed, done, t)),
        done => Note::ok(did(deed, done, t)),
    };
    note.and(more.join(" "))
}

fn question(deed: JobOperation, count: usize, t: Texts) -> String {
    match deed {
        JobOperation::Cancel => t.jobs_ask_cancel(count),
        JobOperation::Retry => t.jobs_ask_retry(count),
        JobOperation::RunNow => t.jobs_ask_run_now(count),
    }
}

fn button(deed: JobOperation, count: usize, t: Texts) -> String {
    match deed {
        JobOperation::Cancel => t.jobs_sure_cancel(count),
        JobOperation::Retry => t.jobs_sure_retry(count),
        JobOperation::RunNow => t.jobs_sure_run_now(count),
    }
}

fn did(deed: JobOperation, count: usize, t: Texts) -> String {
    match deed {
        JobOperation::Cancel => t.jobs_did_cancel(count),
        JobOperation::Retry => t.jobs_did_retry(count),
        JobOperation::RunNow => t.jobs_did_run_now(count),
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::job::FailureReason;

    use super::super::testing::{assert_inert, erasure, failed, pen, running};
    use super::*;
    use crate::locale::Language;

    fn fields(form: &str) -> Fields {
        Fields::read(form.as_bytes())
    }

    #[test]
    fn each_chosen_job_counts_once() {
        assert_eq!(chosen(&fields("job=3&job=x&job=2&job=3")), [JobId::new(3), JobId::new(2)]);
    }

    #[test]
    fn a_deed_leads_back_into_the_list_of_jobs_alone() {
        assert_eq!(way_back(&fields("back=%3Fstate%3Dfailed%26q%3Da%2526b")), "jobs?state=failed&q=a%26b");
        assert_eq!(way_back(&fields("from=7&back=%3Fstate%3Dfailed")), "jobs/7");
        assert_eq!(way_back(&fields("from=../keys&back=//evil.example%0d%0a")), "jobs");
    }

    #[test]
    fn the_verdict_is_that_of_the_state_machine() {
        let pen = pen(Language::English);
        let verdict = |job: &Job, deed| {
            let line = line(job, deed, pen);
            (line.is_possible, line.tone)
        };
        assert_eq!(verdict(&erasure(1), JobOperation::Cancel), (true, "ok"));
        assert_eq!(verdict(&running(erasure(1)), JobOperation::Cancel), (true, "warn"));
        assert_eq!(verdict(&running(erasure(1)), JobOperation::RunNow), (false, "off"));
        assert_eq!(verdict(&failed(erasure(1), FailureReason::Permanent), JobOperation::Retry), (true, "ok"));
    }

    #[test]
    fn a_note_says_what_was_done_and_what_was_not() {
        let t = Texts::of(Language::English);
        let refused = (1..=7).map(|id| t.jobs_refused_one(id.to_string(), t.jobs_not_completed())).collect();
        let some = note(&Outcome { done: 2, refused, unanswered: 0 }, JobOperation::Cancel, t);
        assert!(some.is_ok() && some.text == "2 jobs were cancelled.", "{}", some.text);
        assert!(some.more.starts_with("1: It has completed.") && some.more.ends_with("2 more were not changed."), "{}", some.more);
        let none = note(&Outcome { done: 0, refused: Vec::new(), unanswered: 3 }, JobOperation::Retry, t);
        assert!(!none.is_ok() && none.text == "Nothing was changed.", "{}", none.text);
        assert!(!note(&Outcome { done: 1, refused: Vec::new(), unanswered: 3 }, JobOperation::Retry, t).is_ok());
    }

    #[test]
    fn hostile_texts_are_inert_in_a_verdict() {
        #[derive(Template)]
        #[template(path = "jobs/verdict.html")]
        struct VerdictPage {
            line: Line,
        }
        let line = line(&erasure(1), JobOperation::Cancel, pen(Language::Arabic));
        assert_inert(&VerdictPage { line }.render().unwrap());
    }
}
