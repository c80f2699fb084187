//! What a list of jobs is about: its filters, and its place in the list, as the address of the page has them.

use derslik_domain::id::{JobId, ProjectId};
use derslik_domain::job::{Action, Job, JobFilter, JobStatus, Project, ReferenceId};
use derslik_domain::time::Timestamp;

use super::{Choice, words};
use crate::fields::Fields;
use crate::texts::Texts;

/// How many steps back a list remembers.
const STEPS: usize = 100;

/// The spans that the filter by the last change offers, with their minutes.
const SPANS: [(&str, i64); 3] = [("hour", 60), ("day", 24 * 60), ("week", 7 * 24 * 60)];

/// The fields of the filters, without the state, which has tabs.
const FILTERS: [&str; 4] = ["q", "action", "project", "since"];

/// What a page of the list is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) filter: JobFilter,
    /// The job of this id is found besides, since the text may be an id as well as a reference.
    pub(super) id: Option<JobId>,
    /// The text can't be a reference, so nothing matches.
    pub(super) is_impossible: bool,
    pub(super) cursor: Cursor,
}

impl Asked {
    /// Reads the query of the page. Values that mean nothing are left out.
    pub(super) fn read(query: &Fields, now: Timestamp) -> Self {
        let text = query.get("q");
        let reference = text.and_then(|text| ReferenceId::new(text).ok());
        let since = SPANS.iter().find(|(name, _)| *name == query.text("since"));
        let filter = JobFilter {
            states: JobStatus::by_name(query.text("state")).into_iter().collect(),
            action: Action::by_name(query.text("action")),
            project: query.text("project").parse().ok().map(ProjectId::new),
            reference: reference.clone(),
            changed_since: since.map(|(_, minutes)| now.minutes_before(*minutes)),
        };
        let id = text.and_then(|text| text.parse().ok()).map(JobId::new);
        Self { filter, id, is_impossible: text.is_some() && reference.is_none(), cursor: Cursor::read(query) }
    }

    /// Whether all filters but that of the reference let the job through.
    pub(super) fn lets_through(&self, job: &Job) -> bool {
        let filter = &self.filter;
        filter.has_state(job.status())
            && filter.action.is_none_or(|action| action == job.action)
            && filter.project.is_none_or(|project| Some(project) == job.project)
            && filter.changed_since.is_none_or(|since| job.updated_at >= since)
    }

    /// Whether a filter besides the state is set.
    pub(super) fn is_filtered(&self) -> bool {
        let JobFilter { states: _, action, project, reference, changed_since } = &self.filter;
        self.is_impossible || action.is_some() || project.is_some() || reference.is_some() || changed_since.is_some()
    }
}

/// A place in the list, and the places of the pages before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The page has jobs with ids below this one.
    pub(super) before: Option<JobId>,
    /// What `before` was on the pages in between, the first of them first.
    trail: Vec<i64>,
}

impl Cursor {
    fn read(query: &Fields) -> Self {
        let before = query.text("before").parse().ok().map(JobId::new);
        let trail = query.text("trail").split('.').filter_map(|id| id.parse().ok()).take(STEPS).collect();
        Self { before, trail: if before.is_some() { trail } else { Vec::new() } }
    }

    /// The query of the page with newer jobs; `None` on the first page.
    pub(super) fn newer(&self, query: &Fields) -> Option<String> {
        self.before?;
        Some(match self.trail.split_last() {
            Some((last, rest)) => placed(query, Some(*last), rest),
            None => placed(query, None, &[]),
        })
    }

    /// The query of the page with older jobs than that one.
    pub(super) fn older(&self, query: &Fields, last: JobId) -> String {
        let mut trail = self.trail.clone();
        trail.extend(self.before.map(JobId::get));
        let skipped = trail.len().saturating_sub(STEPS);
        placed(query, Some(last.get()), trail.get(skipped..).unwrap_or_default())
    }
}

fn placed(query: &Fields, before: Option<i64>, trail: &[i64]) -> String {
    let before = before.map(|id| id.to_string());
    let trail = trail.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
    query.with(&[("note", None), ("before", before.as_deref()), ("trail", Some(&trail))])
}

/// The query of the first page where these fields have other values.
pub(super) fn with(query: &Fields, changes: &[(&str, Option<&str>)]) -> String {
    let mut all = vec![("note", None), ("before", None), ("trail", None)];
    all.extend_from_slice(changes);
    query.with(&all)
}

/// The query without any filter; the tab of the state stays.
pub(super) fn cleared(query: &Fields) -> String {
    with(query, &FILTERS.map(|name| (name, None)))
}

/// The form above the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilterForm {
    pub(super) q: String,
    pub(super) state: String,
    pub(super) actions: Vec<Choice>,
    pub(super) projects: Vec<Choice>,
    pub(super) spans: Vec<Choice>,
    pub(super) chips: Vec<Chip>,
}

/// A filter that is on, with the address of the list without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chip {
    pub(super) label: String,
    pub(super) url: String,
}

impl FilterForm {
    /// The form as the query fills it. `list` is the address of the list.
    pub(super) fn of(query: &Fields, projects: &[Project], list: &str, t: Texts) -> Self {
        let choice = |name: &str, value: String, label: String| Choice { is_current: query.text(name) == value, value, label };
        let actions = Action::ALL.map(|action| choice("action", action.name().to_owned(), words::action(action, t)));
        let projects = projects.iter().map(|project| choice("project", project.id.to_string(), project.name.to_string()));
        let spans = SPANS.map(|(name, _)| choice("since", name.to_owned(), span(name, t)));
        let (actions, projects, spans) = (Vec::from(actions), projects.collect::<Vec<_>>(), Vec::from(spans));
        let mut chips = Vec::new();
        let mut chip = |name: &str, label: String| chips.push(Chip { label, url: format!("{list}{}", with(query, &[(name, None)])) });
        if let Some(text) = query.get("q") {
            chip("q", text.to_owned());
        }
        for (name, choices) in [("action", &actions), ("project", &projects), ("since", &spans)] {
            if let Some(current) = choices.iter().find(|choice| choice.is_current) {
                chip(name, current.label.clone());
            }
        }
        Self { q: query.text("q").to_owned(), state: query.text("state").to_owned(), actions, projects, spans, chips }
    }
}

fn span(name: &str, t: Texts) -> String {
    match name {
        "hour" => t.jobs_since_hour(),
        "day" => t.jobs_since_day(),
        _ => t.jobs_since_week(),
    }
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders::now;

    use super::super::testing::erasure;
    use super::*;
    use crate::locale::Language;

    fn fields(query: &str) -> Fields {
        Fields::read(query.as_bytes())
    }

    #[test]
    fn every_filter_is_read_from_the_address() {
        let asked = Asked::read(&fields("q=42&state=failed&action=prune&project=7&since=hour"), now());
        assert_eq!(asked.filter.states, [JobStatus::Failed]);
        assert_eq!((asked.filter.action, asked.filter.project), (Some(Action::Prune), Some(ProjectId::new(7))));
        assert_eq!(asked.filter.reference, ReferenceId::new("42").ok());
        assert_eq!(asked.filter.changed_since, Some(now().minutes_before(60)));
        assert_eq!((asked.id, asked.is_impossible, asked.is_filtered()), (Some(JobId::new(42)), false, true));
    }

    #[test]
    fn values_that_mean_nothing_are_left_out() {
        let asked = Asked::read(&fields("state=odd&action=x&project=seven&since=soon&before=x&trail=1.2"), now());
        assert_eq!(asked, Asked { filter: JobFilter::default(), id: None, is_impossible: false, cursor: Cursor::default() });
        assert!(!asked.is_filtered());
    }

    #[test]
    fn a_text_that_is_not_a_reference_matches_nothing() {
        let asked = Asked::read(&fields(&format!("q={}", "a".repeat(1_001))), now());
        assert!(asked.is_impossible && asked.is_filtered() && asked.id.is_none());
    }

    #[test]
    fn a_job_of_that_id_has_to_match_the_other_filters() {
        let job = erasure(42);
        for (query, expected) in
            [("", true), ("state=scheduled&project=1", true), ("state=failed", false), ("project=2", false), ("action=prune", false)]
        {
            assert_eq!(Asked::read(&fields(query), now()).lets_through(&job), expected, "{query}");
        }
    }

    #[test]
    fn a_page_leads_back_to_the_one_before() {
        let first = fields("state=failed&note=3");
        let second = Cursor::read(&first).older(&first, JobId::new(100));
        assert_eq!(second, "?state=failed&before=100");
        let second = fields(second.trim_start_matches('?'));
        let third = Cursor::read(&second).older(&second, JobId::new(50));
        assert_eq!(third, "?state=failed&before=50&trail=100");
        let third = fields(third.trim_start_matches('?'));
        assert_eq!(Cursor::read(&third).newer(&third).as_deref(), Some("?state=failed&before=100"));
        assert_eq!(Cursor::read(&second).newer(&second).as_deref(), Some("?state=failed"));
        assert_eq!(Cursor::read(&first).newer(&first), None);
    }

    #[test]
    fn a_filter_that_is_on_has_a_link_without_it() {
        let t = Texts::of(Language::English);
        let form = FilterForm::of(&fields("q=a%26b&state=failed&since=day&before=7"), &[], "/jobs", t);
        let urls: Vec<_> = form.chips.iter().map(|chip| (chip.label.as_str(), chip.url.as_str())).collect();
        assert_eq!(urls, [("a&b", "/jobs?state=failed&since=day"), ("1 day", "/jobs?q=a%26b&state=failed")]);
        assert_eq!(cleared(&fields("q=a&state=failed&since=day&before=7")), "?state=failed");
    }
}
