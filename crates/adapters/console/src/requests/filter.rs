//! Which requests a list has. Each filter is a field of the query.

use derslik_domain::fault::{Api, PathPattern, RequestFilter, RequestLine};
use derslik_domain::idempotency::AnswerCode;
use derslik_ports::inbound::control::{JournalEntry, RecordedRequest};

use crate::fields::Fields;
use crate::tests_control::{Choice, path_problem};
use crate::texts::Texts;

/// How many requests a page has.
pub(super) const SIZE: usize = 50;

/// The field with the number before which the requests of a page come.
pub(super) const BEFORE: &str = "before";

/// The groups of answers to choose from, besides the classes of statuses.
const NO_ANSWER: &str = "none";
const BY_A_FAULT: &str = "fault";

/// Which answers are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// Each of them, and none.
    Any,
    /// The status itself.
    Status(u16),
    /// The hundreds of the status.
    Class(u16),
    /// No answer was sent.
    None,
    /// A fault was injected.
    ByFault,
}

impl Answers {
    fn read(text: &str) -> Self {
        match (text, text.strip_suffix("xx"), text.parse::<u16>()) {
            (NO_ANSWER, ..) => Self::None,
            (BY_A_FAULT, ..) => Self::ByFault,
            (_, Some(class), _) => class.parse().map_or(Self::Any, Self::Class),
            (_, None, Ok(status)) => Self::Status(status),
            (_, None, Err(_)) => Self::Any,
        }
    }

    fn has(self, request: &RecordedRequest) -> bool {
        let status = request.answer.map(AnswerCode::get);
        match self {
            Self::Any => true,
            Self::Status(wanted) => status == Some(wanted),
            Self::Class(class) => status.is_some_and(|status| status / 100 == class),
            Self::None => status.is_none(),
            Self::ByFault => request.fault.is_some(),
        }
    }
}

/// What a query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// Whether the requests of no account are meant.
    pub(super) is_of_none: bool,
    requests: RequestFilter,
    answers: Answers,
    contains: Option<String>,
    /// The requests come before that number.
    pub(super) before: Option<u64>,
    /// What is wrong with the path, or an empty text.
    path_problem: String,
}

/// A page of a list.
#[derive(Debug)]
pub(super) struct Found {
    /// The newest first.
    pub(super) entries: Vec<JournalEntry>,
    /// Whether there are older ones.
    pub(super) has_older: bool,
    /// The number before which the next newer page begins; `None` for the first page.
    pub(super) newer: Option<u64>,
}

impl Asked {
    pub(super) fn read(query: &Fields, t: Texts) -> Self {
        let (path, path_problem) = match query.get("path").map(PathPattern::parse).transpose() {
            Ok(path) => (path, String::new()),
            Err(error) => (None, path_problem(error, t)),
        };
        let methods = query.text("method").split(',').map(|method| method.trim().to_ascii_uppercase());
        let methods = methods.filter(|method| !method.is_empty()).collect();
        Self {
            is_of_none: query.text("of") == "none",
            requests: RequestFilter { api: Api::by_name(query.text("api")), methods, path },
            answers: Answers::read(query.text("status")),
            contains: query.get("q").map(str::to_owned),
            before: query.get(BEFORE).and_then(|number| number.parse().ok()),
            path_problem,
        }
    }

    /// Whether every request is meant.
    pub(super) fn is_open(&self) -> bool {
        self.answers == Answers::Any && self.contains.is_none() && self.requests == RequestFilter::default()
    }

    /// Whether a request is meant.
    pub(super) fn has(&self, entry: &JournalEntry) -> bool {
        // Secrets are masked when a request is first read.
        if self.is_open() {
            return true;
        }
        let request = entry.request();
        let line = RequestLine { api: request.api, method: &request.method, path: &request.path };
        self.requests.matches(&line)
            && self.answers.has(request)
            && self.contains.as_deref().is_none_or(|text| has_text(entry, request, text))
    }

    /// The page of those requests, among all in their order.
    pub(super) fn find(&self, all: &[JournalEntry]) -> Found {
        let end = self.before.map_or(all.len(), |before| all.partition_point(|entry| entry.number < before));
        let (older, newer) = all.split_at_checked(end).unwrap_or((all, &[]));
        let mut entries: Vec<_> = older.iter().rev().filter(|entry| self.has(entry)).take(SIZE + 1).cloned().collect();
        let has_older = entries.len() > SIZE;
        entries.truncate(SIZE);
        // Without as many newer ones, the next page is the first one.
        let newer = newer.iter().filter(|entry| self.has(entry)).nth(SIZE).map(|entry| entry.number);
        Found { entries, has_older, newer }
    }
}

fn has_text(entry: &JournalEntry, request: &RecordedRequest, text: &str) -> bool {
    let parts = [request.path.as_str(), request.query.as_str(), request.request_id.as_str()];
    let values = request.headers.iter().map(|(_, value)| value.as_str());
    parts.into_iter().chain(values).chain(entry.body()).any(|part| part.contains(text))
}

/// The form of the filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilterForm {
    pub(super) contains: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) path_problem: String,
    pub(super) apis: Vec<Choice>,
    pub(super) statuses: Vec<Choice>,
    pub(super) is_of_none: bool,
}

impl FilterForm {
    pub(super) fn of(query: &Fields, asked: &Asked, t: Texts) -> Self {
        let status = query.text("status");
        let classes = ["2xx", "3xx", "4xx", "5xx"].map(|class| (class.to_owned(), class.to_owned()));
        let others = [(NO_ANSWER, t.requests_no_answer()), (BY_A_FAULT, t.requests_by_a_fault())];
        let mut statuses: Vec<_> = classes.into_iter().chain(others.map(|(value, label)| (value.to_owned(), label))).collect();
        if matches!(asked.answers, Answers::Status(_)) {
            statuses.push((status.to_owned(), status.to_owned()));
        }
        Self {
            contains: query.text("q").to_owned(),
            method: query.text("method").to_owned(),
            path: query.text("path").to_owned(),
            path_problem: asked.path_problem.clone(),
            apis: Choice::all(Api::ALL.map(|api| (api.name().to_owned(), api.name().to_owned())), query.text("api")),
            statuses: Choice::all(statuses, status),
            is_of_none: asked.is_of_none,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{entry, request};
    use super::*;
    use crate::locale::Language;

    fn asked(query: &str) -> Asked {
        Asked::read(&Fields::read(query.as_bytes()), Texts::of(Language::English))
    }

    #[test]
    fn a_request_is_meant_by_each_part_that_is_named() {
        let found = entry(1, request(), Some(r#"{"name":"Ada"}"#));
        for query in ["", "api=courses", "method=get,post&path=/v1/*", "status=2xx", "status=200", "q=Ada", "q=alt%3D", "q=84f81b6b"] {
            assert!(asked(query).has(&found), "{query}");
        }
        for query in ["api=jobs", "method=GET", "path=/v1/courses/*", "status=4xx", "status=404", "status=none", "status=fault", "q=Bob"] {
            assert!(!asked(query).has(&found), "{query}");
        }
        let lost = RecordedRequest { answer: None, fault: Some("lose-answer"), ..request() };
        assert!(["status=none", "status=fault"].iter().all(|query| asked(query).has(&entry(2, lost.clone(), None))));
    }

    #[test]
    fn a_wrong_path_is_said_and_leaves_the_list_open() {
        let asked = asked("path=v1");
        assert!(asked.is_open() && !asked.path_problem.is_empty());
    }

    #[test]
    fn pages_follow_each_other_in_both_directions() {
        let all: Vec<_> = (1..=120).map(|number| entry(number, request(), None)).collect();
        let page = |query: &str| {
            let found = asked(query).find(&all);
            let numbers: Vec<_> = found.entries.iter().map(|entry| entry.number).collect();
            (numbers.first().copied(), numbers.last().copied(), found.has_older, found.newer)
        };
        assert_eq!(page(""), (Some(120), Some(71), true, None));
        assert_eq!(page("before=71"), (Some(70), Some(21), true, None));
        assert_eq!(page("before=21"), (Some(20), Some(1), false, Some(71)));
        assert_eq!(page("before=1"), (None, None, false, Some(51)));
    }
}
