//! Adds and removes the faults of the account.

use std::ops::RangeInclusive;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use derslik_domain::fault::{
    Api, Chance, Fault, FaultRule, JobFault, PathPattern, PathPatternError, Preset, PresetOptions, Refusal, RequestFilter, Schedule,
};
use derslik_domain::job::Action;
use derslik_ports::inbound::control::NewFault;

use super::inputs::{Choice, Input, Problem, Reader};
use super::outcomes::Outcomes;
use super::page::{self, Forms};
use super::{origin, words};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::jobs::words::action;
use crate::notes::Note;
use crate::texts::Texts;
use crate::visit::Visit;

/// The most faults of an account.
pub(crate) const MAX_FAULTS: usize = 1_000;

/// The waits of a fault, in milliseconds.
const MILLIS: RangeInclusive<u64> = 0..=60_000;

/// The seconds after which a client is told to try again.
const RETRY_AFTER: RangeInclusive<u64> = 0..=86_400;

/// The numbers of requests.
const REQUESTS: RangeInclusive<u64> = 1..=1_000_000_000;

/// The seeds of chances.
const SEEDS: RangeInclusive<u64> = 0..=4_294_967_295;

/// The kinds, as the API of test control names them.
const KINDS: [&str; 10] =
    ["status", "database-away", "delay", "reset", "lose-answer", "truncate", "drip", "job-fails", "job-hangs", "job-panics"];

/// The presets, as the API of test control names them.
const PRESETS: [(&str, Preset); 3] =
    [("google-quota", Preset::Quota), ("flaky-wifi", Preset::FlakyNetwork), ("lost-replies", Preset::LostReplies)];

/// The refusals to choose from.
const REFUSALS: [Refusal; 11] = [
    Refusal::Malformed,
    Refusal::Unauthenticated,
    Refusal::Denied,
    Refusal::Missing,
    Refusal::TooSlow,
    Refusal::Clash,
    Refusal::TooMany { retry_after_seconds: 1 },
    Refusal::Failure,
    Refusal::BadGateway,
    Refusal::Away,
    Refusal::GatewayTimeout,
];

/// The form that adds a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FaultForm {
    pub(super) kinds: Vec<Choice>,
    pub(super) statuses: Vec<Choice>,
    pub(super) apis: Vec<Choice>,
    pub(super) actions: Vec<Choice>,
    pub(super) retry_after: Input,
    pub(super) millis: Input,
    pub(super) method: Input,
    pub(super) path: Input,
    pub(super) nth: Input,
    pub(super) times: Input,
    pub(super) percent: Input,
    pub(super) seed: Input,
    /// What is wrong with the action, or an empty text.
    pub(super) action_problem: String,
}

impl FaultForm {
    /// The form with what was sent, and what is wrong with it.
    pub(super) fn of(form: &Fields, problems: &[Problem], t: Texts) -> Self {
        let input = |name| Input::of(form, name, problems);
        let same = |text: &str| (text.to_owned(), text.to_owned());
        let kinds = KINDS.map(|kind| (kind.to_owned(), kind_name(kind, t)));
        let presets = PRESETS.map(|(name, preset)| (name.to_owned(), preset_name(preset, t)));
        let statuses = REFUSALS.map(|refusal| same(&words::status(refusal).to_string()));
        let status = form.get("status").unwrap_or("503");
        Self {
            kinds: Choice::all(kinds.into_iter().chain(presets), form.text("kind")),
            statuses: Choice::all(statuses, status),
            apis: Choice::all(Api::ALL.map(|api| same(api.name())), form.text("api")),
            actions: Choice::all(Action::ALL.map(|of| (of.name().to_owned(), action(of, t))), form.text("action")),
            retry_after: input("retry_after"),
            millis: input("millis"),
            method: input("method"),
            path: input("path"),
            nth: input("nth"),
            times: input("times"),
            percent: input("percent"),
            seed: input("seed"),
            action_problem: input("action").problem,
        }
    }
}

fn kind_name(kind: &str, t: Texts) -> String {
    match kind {
        "status" => t.control_kind_status(),
        "database-away" => t.control_fault_database(),
        "delay" => t.control_kind_delay(),
        "reset" => t.control_fault_reset(),
        "lose-answer" => t.control_fault_lose_answer(),
        "truncate" => t.control_fault_truncate(),
        "drip" => t.control_kind_drip(),
        "job-fails" => t.control_fault_job_fails(),
        "job-hangs" => t.control_fault_job_hangs(),
        _ => t.control_fault_job_panics(),
    }
}

fn preset_name(preset: Preset, t: Texts) -> String {
    match preset {
        Preset::Quota => t.control_preset_quota(),
        Preset::FlakyNetwork => t.control_preset_flaky(),
        Preset::LostReplies => t.control_preset_lost(),
    }
}

/// A fault on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FaultLine {
    pub(super) number: u64,
    pub(super) what: String,
    pub(super) scope: String,
    pub(super) when: String,
    pub(super) counts: String,
    pub(super) off: String,
    /// Whether a request has got it.
    pub(super) is_met: bool,
}

impl FaultLine {
    pub(super) fn of(rule: &FaultRule, t: Texts) -> Self {
        let what = words::fault(rule.fault, t);
        Self {
            number: rule.number,
            scope: words::scope(rule),
            when: words::schedule(rule.schedule, t),
            counts: t.control_fault_counts(rule.injected, rule.seen),
            off: t.control_fault_off(what.as_str()),
            is_met: rule.injected > 0,
            what,
        }
    }
}

/// Adds the faults that the form describes.
pub(super) async fn add(visit: Visit, outcomes: Data<Outcomes>) -> Result<HttpResponse, Failure> {
    let (form, t, account) = (visit.form(), visit.t, visit.account.public);
    let faults = match read(&form, t) {
        Ok(faults) => faults,
        Err(problems) => {
            let forms = Forms { fault: FaultForm::of(&form, &problems, t), ..Forms::empty(t) };
            return page::refuse(&visit, &outcomes, forms).await;
        }
    };
    let control = visit.control()?;
    let back = origin(&visit, &form);
    if control.faults.list(account).len() + faults.len() > MAX_FAULTS {
        return Ok(visit.leave(Note::bad(t.control_too_many_faults(MAX_FAULTS)), &back));
    }
    let added = control.faults.add(account, faults).len();
    Ok(visit.leave(Note::ok(t.control_done_faults(added)), &back))
}

/// Removes a fault.
pub(super) async fn remove(visit: Visit) -> Result<HttpResponse, Failure> {
    let (form, t) = (visit.form(), visit.t);
    let number = form.text("number").parse().map_err(|_| Failure::NotFound)?;
    let is_removed = visit.control()?.faults.remove(visit.account.public, number);
    let note = if is_removed { Note::ok(t.control_done_fault_off()) } else { Note::bad(t.control_no_such_fault()) };
    Ok(visit.leave(note, &origin(&visit, &form)))
}

/// Removes all faults.
pub(super) async fn clear(visit: Visit) -> Result<HttpResponse, Failure> {
    visit.control()?.faults.clear(visit.account.public);
    Ok(visit.leave(Note::ok(visit.t.control_done_faults_off()), &origin(&visit, &visit.form())))
}

/// The faults that a form describes: one for a kind, and those of a preset.
fn read(form: &Fields, t: Texts) -> Result<Vec<NewFault>, Vec<Problem>> {
    let mut reader = Reader::of(form, t);
    let kind = form.text("kind");
    let is_of_jobs = kind.starts_with("job-");
    let requests = requests(&mut reader, is_of_jobs);
    let action = action_of_jobs(&mut reader, is_of_jobs);
    let schedule = schedule(&mut reader);
    let retry_after_seconds = reader.number("retry_after", &RETRY_AFTER).unwrap_or(1);
    let millis = reader.number("millis", &MILLIS);
    let seed = reader.number("seed", &SEEDS).unwrap_or_default();
    let preset = PRESETS.iter().find(|(name, _)| *name == kind).map(|(_, preset)| *preset);
    let faults = if let Some(preset) = preset {
        let options = PresetOptions { requests, schedule, seed, retry_after_seconds };
        let faults = preset.faults(&options).into_iter();
        faults.map(|(fault, requests, schedule)| NewFault { fault, requests, action: None, schedule }).collect()
    } else {
        let fault = fault(&mut reader, kind, retry_after_seconds, millis);
        fault.map(|fault| NewFault { fault, requests, action, schedule }).into_iter().collect()
    };
    if reader.problems.is_empty() { Ok(faults) } else { Err(reader.problems) }
}

fn fault(reader: &mut Reader<'_>, kind: &str, retry_after_seconds: u64, millis: Option<u64>) -> Option<Fault> {
    let fault = match kind {
        "status" => Fault::Refuse(refusal(reader, retry_after_seconds)?),
        "database-away" => Fault::Refuse(Refusal::Unavailable),
        "delay" => Fault::Delay(span(reader, millis)?),
        "reset" => Fault::Reset,
        "lose-answer" => Fault::LoseAnswer,
        "truncate" => Fault::Truncate,
        "drip" => Fault::Drip(span(reader, millis)?),
        "job-fails" => Fault::Job(JobFault::Fail),
        "job-hangs" => Fault::Job(JobFault::Hang),
        "job-panics" => Fault::Job(JobFault::Panic),
        _ => {
            let problem = reader.t.control_problem_kind();
            reader.refuse("kind", problem);
            return None;
        }
    };
    Some(fault)
}

/// The refusal with the status that was chosen.
fn refusal(reader: &mut Reader<'_>, retry_after_seconds: u64) -> Option<Refusal> {
    let Some(refusal) = refusal_of(reader.form.text("status")) else {
        let problem = reader.t.control_problem_kind();
        reader.refuse("status", problem);
        return None;
    };
    Some(if matches!(refusal, Refusal::TooMany { .. }) { Refusal::TooMany { retry_after_seconds } } else { refusal })
}

/// The refusal that a status stands for.
fn refusal_of(text: &str) -> Option<Refusal> {
    REFUSALS.into_iter().find(|refusal| words::status(*refusal).to_string() == text)
}

/// The wait that a kind needs.
fn span(reader: &mut Reader<'_>, millis: Option<u64>) -> Option<Duration> {
    if millis.is_none() && reader.form.get("millis").is_none() {
        let problem = reader.t.control_problem_needed();
        reader.refuse("millis", problem);
    }
    millis.map(Duration::from_millis)
}

/// The requests that a fault is for.
fn requests(reader: &mut Reader<'_>, is_of_jobs: bool) -> RequestFilter {
    let (form, t) = (reader.form, reader.t);
    if is_of_jobs {
        for field in ["method", "path"] {
            if form.get(field).is_some() {
                reader.refuse(field, t.control_problem_of_jobs());
            }
        }
        return RequestFilter::default();
    }
    let path = match form.get("path").map(PathPattern::parse).transpose() {
        Ok(path) => path,
        Err(error) => {
            reader.refuse("path", path_problem(error, t));
            None
        }
    };
    let methods = form.text("method").split(',').map(|method| method.trim().to_ascii_uppercase());
    RequestFilter { api: Api::by_name(form.text("api")), methods: methods.filter(|method| !method.is_empty()).collect(), path }
}

/// Why a text is not a pattern of paths.
pub(crate) fn path_problem(error: PathPatternError, t: Texts) -> String {
    match error {
        PathPatternError::NoSlash => t.control_problem_no_slash(),
        PathPatternError::RestInside => t.control_problem_rest_inside(),
    }
}

fn action_of_jobs(reader: &mut Reader<'_>, is_of_jobs: bool) -> Option<Action> {
    let action = Action::by_name(reader.form.text("action"));
    if action.is_some() && !is_of_jobs {
        let problem = reader.t.control_problem_of_requests();
        reader.refuse("action", problem);
    }
    action.filter(|_| is_of_jobs)
}

/// When a fault applies. The first request alone, if only its number is named.
fn schedule(reader: &mut Reader<'_>) -> Schedule {
    let (nth, times) = (reader.number("nth", &REQUESTS), reader.number("times", &REQUESTS));
    let seed = reader.form.text("seed").parse().unwrap_or_default();
    let chance = per_million(reader).map(|per_million| Chance { per_million, seed });
    Schedule { first: nth.unwrap_or(1), times: times.or_else(|| nth.map(|_| 1)), chance }
}

/// The chance that was named in percent, which may have a fraction after a point or a comma.
fn per_million(reader: &mut Reader<'_>) -> Option<u32> {
    let text = reader.form.get("percent")?.replace(',', ".");
    let percent = text.parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent));
    let per_million = percent.and_then(|percent| format!("{:.0}", percent * 10_000.0).parse::<u32>().ok());
    let found = per_million.filter(|number| *number > 0);
    if found.is_none() {
        let problem = reader.t.control_problem_percent();
        reader.refuse("percent", problem);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    const T: Texts = Texts::of(Language::English);

    fn read_form(form: &str) -> Result<Vec<NewFault>, Vec<&'static str>> {
        let problems = |problems: Vec<Problem>| problems.into_iter().map(|problem| problem.field).collect();
        read(&Fields::read(form.as_bytes()), T).map_err(problems)
    }

    fn only(form: &str) -> NewFault {
        let faults = read_form(form).unwrap();
        assert_eq!(faults.len(), 1, "{form}");
        faults[0].clone()
    }

    #[test]
    fn a_form_describes_a_fault_for_some_requests_at_some_times() {
        let new = only("kind=status&status=429&retry_after=3&api=courses&method=get,+post&path=/v1/*&nth=5&percent=2.5&seed=9&action=");
        assert_eq!(new.fault, Fault::Refuse(Refusal::TooMany { retry_after_seconds: 3 }));
        assert_eq!((new.requests.api, new.requests.methods), (Some(Api::Courses), vec!["GET".to_owned(), "POST".to_owned()]));
        assert_eq!(new.schedule, Schedule { first: 5, times: Some(1), chance: Some(Chance { per_million: 25_000, seed: 9 }) });
        assert_eq!(only("kind=drip&millis=5").fault, Fault::Drip(Duration::from_millis(5)));
        assert_eq!(only("kind=job-fails&action=prune").fault, Fault::Job(JobFault::Fail));
    }

    #[test]
    fn a_preset_is_more_than_one_fault() {
        assert_eq!(read_form("kind=flaky-wifi").map(|faults| faults.len()), Ok(3));
    }

    #[test]
    fn each_problem_stands_at_its_field() {
        for (form, fields) in [
            ("kind=delay", vec!["millis"]),
            ("kind=delay&millis=x", vec!["millis"]),
            ("kind=none", vec!["kind"]),
            ("kind=status&status=418", vec!["status"]),
            ("kind=reset&path=v1&times=0&percent=101", vec!["path", "times", "percent"]),
            ("kind=job-hangs&path=/v1", vec!["path"]),
            ("kind=reset&action=prune", vec!["action"]),
        ] {
            assert_eq!(read_form(form), Err(fields), "{form}");
        }
    }

    #[test]
    fn each_status_stands_for_a_refusal() {
        for refusal in REFUSALS {
            assert_eq!(refusal_of(&words::status(refusal).to_string()), Some(refusal));
        }
    }
}
