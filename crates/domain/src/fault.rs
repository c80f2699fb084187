//! Faults that a test injects on purpose: which requests and jobs they are for, when they apply, and what they do. How an API
//! words a refusal is decided elsewhere, and so is how a connection breaks.
//!
//! ```
//! use std::time::Duration;
//! use derslik_domain::fault::{Fault, Faults, Met, Moment, RequestFilter, RequestLine, Schedule};
//!
//! let mut faults = Faults::default();
//! let second = Schedule { first: 2, times: Some(1), chance: None };
//! faults.add(Fault::Delay(Duration::from_millis(300)), RequestFilter::default(), None, second);
//! faults.add(Fault::Reset, RequestFilter::default(), None, second);
//! let request = RequestLine { api: None, method: "GET", path: "/" };
//! assert_eq!(faults.next_for(Moment::Request, &request), Met::default());
//! let met = faults.next_for(Moment::Request, &request);
//! assert_eq!((met.delays, met.fault), (vec![(1, Duration::from_millis(300))], Some((2, Fault::Reset))));
//! assert_eq!(faults.next_for(Moment::Request, &request), Met::default());
//! ```

mod preset;

use std::fmt;
use std::time::Duration;

use crate::job::Action;

pub use preset::{Preset, PresetOptions};

/// A public API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Api {
    /// The sessions API.
    Sessions,
    /// The jobs API.
    Jobs,
    /// The courses API.
    Courses,
}

impl Api {
    /// Every API.
    pub const ALL: [Self; 3] = [Self::Sessions, Self::Jobs, Self::Courses];

    /// The name, as logs and metrics have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Jobs => "jobs",
            Self::Courses => "courses",
        }
    }

    /// The API of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.name() == name)
    }
}

/// What a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Fault {
    /// The request is refused before any work.
    Refuse(Refusal),
    /// The request waits before its work begins.
    Delay(Duration),
    /// The connection is reset before any work.
    Reset,
    /// The work is done and committed, and the connection ends without an answer.
    LoseAnswer,
    /// The connection ends in the middle of the answer.
    Truncate,
    /// The answer comes in small pieces, with a pause before each.
    Drip(Duration),
    /// The attempt at a job does not succeed.
    Job(JobFault),
}

/// How a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Refusal {
    /// As if its credential were not valid.
    Unauthenticated,
    /// As if its principal were not allowed to send it.
    Denied,
    /// As if too many requests had come.
    TooMany {
        /// After how many seconds the client should try again.
        retry_after_seconds: u64,
    },
    /// As if the service had failed.
    Failure,
    /// As if the database could not be reached.
    Unavailable,
    /// As if the service took no requests for a while.
    Away,
    /// As if the request were not well formed.
    Malformed,
    /// As if there were no such object.
    Missing,
    /// As if the request had not come in time.
    TooSlow,
    /// As if another object, or another request, stood in the way.
    Clash,
    /// As if a proxy had got no valid answer from the service.
    BadGateway,
    /// As if a proxy had got no answer from the service in time.
    GatewayTimeout,
}

/// What happens to an attempt at a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum JobFault {
    /// It fails, and is tried again as after any failure that passes.
    Fail,
    /// It does nothing until the job is cancelled or the worker stops.
    Hang,
    /// Its handler panics.
    Panic,
}

/// The moment at which a fault acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Moment {
    /// Before the work of a request.
    Request,
    /// After the work of a request, on its answer.
    Answer,
    /// At an attempt at a job.
    Job,
}

impl Fault {
    /// The moment at which it acts.
    pub const fn moment(self) -> Moment {
        match self {
            Self::Refuse(_) | Self::Delay(_) | Self::Reset => Moment::Request,
            Self::LoseAnswer | Self::Truncate | Self::Drip(_) => Moment::Answer,
            Self::Job(_) => Moment::Job,
        }
    }

    /// The name, as the journal shows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refuse(Refusal::Unavailable) => "database-away",
            Self::Refuse(_) => "status",
            Self::Delay(_) => "delay",
            Self::Reset => "reset",
            Self::LoseAnswer => "lose-answer",
            Self::Truncate => "truncate",
            Self::Drip(_) => "drip",
            Self::Job(JobFault::Fail) => "job-fails",
            Self::Job(JobFault::Hang) => "job-hangs",
            Self::Job(JobFault::Panic) => "job-panics",
        }
    }
}

/// A pattern of paths: `*` stands for one segment, and `**` at the end for all further ones, even none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern(String);

/// A text is not a pattern of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum PathPatternError {
    /// It does not begin with a slash.
    #[error("a path begins with /")]
    NoSlash,
    /// `**` stands before the end.
    #[error("** stands at the end of a path alone")]
    RestInside,
}

impl PathPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PathPatternError`].
    pub fn parse(text: &str) -> Result<Self, PathPatternError> {
        let Some(segments) = text.strip_prefix('/') else { return Err(PathPatternError::NoSlash) };
        let mut rest = segments.split('/').skip_while(|segment| *segment != "**").skip(1);
        if rest.next().is_some() {
            return Err(PathPatternError::RestInside);
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether it describes a path.
    ///
    /// ```
    /// # use derslik_domain::fault::PathPattern;
    /// let pattern = PathPattern::parse("/v1/courses/*").unwrap();
    /// assert!(pattern.matches("/v1/courses/17"));
    /// assert!(!pattern.matches("/v1/courses") && !pattern.matches("/v1/courses/17/aliases"));
    /// ```
    pub fn matches(&self, path: &str) -> bool {
        let (mut expected, mut found) = (self.0.split('/'), path.split('/'));
        loop {
            match (expected.next(), found.next()) {
                (Some("**"), _) | (None, None) => return true,
                (Some("*"), Some(segment)) if !segment.is_empty() => {}
                (Some(wanted), Some(segment)) if wanted == segment => {}
                _ => return false,
            }
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which requests are meant. What is `None` leaves the choice open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RequestFilter {
    /// The API.
    pub api: Option<Api>,
    /// The methods.
    pub methods: Vec<String>,
    /// The path.
    pub path: Option<PathPattern>,
}

/// The first line of a request, as filters look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLine<'a> {
    /// The API, if the path belongs to one.
    pub api: Option<Api>,
    /// The method.
    pub method: &'a str,
    /// The path, without the query.
    pub path: &'a str,
}

impl RequestFilter {
    /// Whether a request is meant. A filter without methods means each of them.
    pub fn matches(&self, request: &RequestLine<'_>) -> bool {
        self.api.is_none_or(|api| request.api == Some(api))
            && (self.methods.is_empty() || self.methods.iter().any(|method| method.eq_ignore_ascii_case(request.method)))
            && self.path.as_ref().is_none_or(|pattern| pattern.matches(request.path))
    }
}

/// When a fault applies, among the requests or attempts that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Schedule {
    /// The first one that it may apply to, counted from 1.
    pub first: u64,
    /// To how many it may apply from there on. `None` sets no limit.
    pub times: Option<u64>,
    /// The probability for each of them. `None` is certainty.
    pub chance: Option<Chance>,
}

impl Default for Schedule {
    /// Each of them.
    fn default() -> Self {
        Self { first: 1, times: None, chance: None }
    }
}

/// A probability that falls the same way in each run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Chance {
    /// How many of a million.
    pub per_million: u32,
    /// What the sequence depends on.
    pub seed: u64,
}

impl Chance {
    /// Whether it falls on the one of that number.
    fn falls_on(self, number: u64) -> bool {
        mix(self.seed ^ mix(number)) % 1_000_000 < u64::from(self.per_million)
    }
}

/// Spreads the bits of a number, as the generator `SplitMix64` does.
const fn mix(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Schedule {
    /// Whether the one of that number, counted from 1, gets the fault.
    pub fn applies_to(&self, number: u64) -> bool {
        let Some(place) = number.checked_sub(self.first) else { return false };
        self.times.is_none_or(|times| place < times) && self.chance.is_none_or(|chance| chance.falls_on(number))
    }
}

/// A fault that was set, and how often it was met.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FaultRule {
    /// Its number among those of its account.
    pub number: u64,
    /// What it does.
    pub fault: Fault,
    /// Which requests it is for.
    pub requests: RequestFilter,
    /// Which jobs it is for; `None` is for every action.
    pub action: Option<Action>,
    /// When it applies.
    pub schedule: Schedule,
    /// How many requests or attempts it was for.
    pub seen: u64,
    /// How many of them got the fault from it.
    pub injected: u64,
}

impl FaultRule {
    /// Counts one that it is for. Returns whether the fault applies.
    fn meet(&mut self) -> bool {
        self.seen += 1;
        self.schedule.applies_to(self.seen)
    }
}

/// The faults of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Faults {
    rules: Vec<FaultRule>,
    last: u64,
}

/// What a request meets at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Met {
    /// Each delay that applies, with the number of its fault.
    pub delays: Vec<(u64, Duration)>,
    /// The first other fault that applies, with its number. It acts after the delays.
    pub fault: Option<(u64, Fault)>,
}

impl Faults {
    /// Adds a fault after the others. Returns it as it was set.
    pub fn add(&mut self, fault: Fault, requests: RequestFilter, action: Option<Action>, schedule: Schedule) -> FaultRule {
        self.last += 1;
        let rule = FaultRule { number: self.last, fault, requests, action, schedule, seen: 0, injected: 0 };
        self.rules.push(rule.clone());
        rule
    }

    /// All faults, in the order in which they were added.
    pub fn rules(&self) -> &[FaultRule] {
        &self.rules
    }

    /// Removes a fault. Returns whether there was one of that number.
    pub fn remove(&mut self, number: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.number != number);
        self.rules.len() < before
    }

    /// Whether there is a fault of that number.
    pub fn has(&self, number: u64) -> bool {
        self.rules.iter().any(|rule| rule.number == number)
    }

    /// Removes all faults.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// What a request meets at a moment: all delays that apply, and the first other fault that does. Each one that it is for counts it.
    pub fn next_for(&mut self, moment: Moment, request: &RequestLine<'_>) -> Met {
        let mut met = Met::default();
        let is_for = |rule: &FaultRule| rule.fault.moment() == moment && rule.requests.matches(request);
        for rule in self.rules.iter_mut().filter(|rule| is_for(rule)) {
            if !rule.meet() {
                continue;
            }
            match rule.fault {
                Fault::Delay(span) => met.delays.push((rule.number, span)),
                fault if met.fault.is_none() => met.fault = Some((rule.number, fault)),
                _ => continue,
            }
            rule.injected += 1;
        }
        met
    }

    /// Whether any fault is for attempts at jobs.
    pub fn has_for_jobs(&self) -> bool {
        self.rules.iter().any(|rule| rule.fault.moment() == Moment::Job)
    }

    /// The fault that an attempt at a job of that action gets: the first one that applies.
    pub fn next_for_job(&mut self, action: Action) -> Option<JobFault> {
        let mut found = None;
        for rule in self.rules.iter_mut().filter(|rule| rule.action.is_none_or(|of| of == action)) {
            let Fault::Job(fault) = rule.fault else { continue };
            if rule.meet() && found.is_none() {
                rule.injected += 1;
                found = Some(fault);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(schedule: Schedule) -> Vec<u64> {
        (1..=6).filter(|number| schedule.applies_to(*number)).collect()
    }

    #[test]
    fn a_schedule_has_a_beginning_and_an_end() {
        let always = Schedule::default();
        assert_eq!(numbers(always), [1, 2, 3, 4, 5, 6]);
        assert_eq!(numbers(Schedule { times: Some(2), ..always }), [1, 2]);
        assert_eq!(numbers(Schedule { first: 3, times: Some(1), ..always }), [3]);
        assert_eq!(numbers(Schedule { first: 5, ..always }), [5, 6]);
    }

    #[test]
    fn a_chance_falls_the_same_way_again_and_about_as_often_as_it_says() {
        let chance = |per_million, seed| Schedule { chance: Some(Chance { per_million, seed }), ..Schedule::default() };
        let hits = |schedule: Schedule| (1..=10_000).filter(|number| schedule.applies_to(*number)).collect::<Vec<_>>();
        assert_eq!(hits(chance(300_000, 7)), hits(chance(300_000, 7)));
        assert_ne!(hits(chance(300_000, 7)), hits(chance(300_000, 8)));
        assert!((2_800..3_200).contains(&hits(chance(300_000, 7)).len()));
        assert!(hits(chance(0, 7)).is_empty());
        assert_eq!(hits(chance(1_000_000, 7)).len(), 10_000);
    }

    #[test]
    fn a_pattern_stands_for_segments() {
        let matches = |pattern: &str, path: &str| PathPattern::parse(pattern).unwrap().matches(path);
        for (pattern, path) in [("/", "/"), ("/a", "/a"), ("/a/*", "/a/b"), ("/a/*/c", "/a/b/c"), ("/a/**", "/a/b/c"), ("/**", "/")] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [("/a", "/a/"), ("/a/*", "/a/"), ("/a/*", "/a/b/c"), ("/a/**", "/b"), ("/a/b", "/a")] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
        assert_eq!(PathPattern::parse("a"), Err(PathPatternError::NoSlash));
        assert_eq!(PathPattern::parse("/**/a"), Err(PathPatternError::RestInside));
    }

    #[test]
    fn all_delays_and_the_first_other_fault_apply_together() {
        let mut faults = Faults::default();
        let millis = Duration::from_millis;
        for fault in [Fault::Delay(millis(1)), Fault::Refuse(Refusal::Away), Fault::Delay(millis(2)), Fault::Reset] {
            faults.add(fault, RequestFilter::default(), None, Schedule::default());
        }
        let request = RequestLine { api: None, method: "GET", path: "/" };
        let met = faults.next_for(Moment::Request, &request);
        assert_eq!(met, Met { delays: vec![(1, millis(1)), (3, millis(2))], fault: Some((2, Fault::Refuse(Refusal::Away))) });
        assert_eq!(faults.rules().iter().map(|rule| (rule.seen, rule.injected)).collect::<Vec<_>>(), [(1, 1), (1, 1), (1, 1), (1, 0)]);
        assert!(faults.has(3) && faults.remove(3) && !faults.has(3));
    }

    #[test]
    fn the_first_fault_that_applies_is_injected_and_all_are_counted() {
        let mut faults = Faults::default();
        let once = Schedule { times: Some(1), ..Schedule::default() };
        let posts = RequestFilter { methods: vec!["POST".to_owned()], ..RequestFilter::default() };
        faults.add(Fault::Reset, posts, None, once);
        faults.add(Fault::Refuse(Refusal::Failure), RequestFilter::default(), None, Schedule::default());
        faults.add(Fault::LoseAnswer, RequestFilter::default(), None, Schedule::default());
        let post = RequestLine { api: Some(Api::Courses), method: "POST", path: "/v1/courses" };
        assert_eq!(faults.next_for(Moment::Request, &post).fault, Some((1, Fault::Reset)));
        assert_eq!(faults.next_for(Moment::Request, &post).fault, Some((2, Fault::Refuse(Refusal::Failure))));
        assert_eq!(faults.next_for(Moment::Answer, &post).fault, Some((3, Fault::LoseAnswer)));
        let counts: Vec<_> = faults.rules().iter().map(|rule| (rule.number, rule.seen, rule.injected)).collect();
        assert_eq!(counts, [(1, 2, 1), (2, 2, 1), (3, 1, 1)]);
        assert!(faults.remove(2) && !faults.remove(2));
        faults.clear();
        assert_eq!(faults.next_for(Moment::Request, &post), Met::default());
    }

    #[test]
    fn an_attempt_gets_the_faults_of_its_action_and_those_for_all() {
        let mut faults = Faults::default();
        let once = Schedule { times: Some(1), ..Schedule::default() };
        faults.add(Fault::Job(JobFault::Panic), RequestFilter::default(), Some(Action::Prune), once);
        assert_eq!((faults.has_for_jobs(), faults.next_for_job(Action::DeleteUserData)), (true, None));
        assert_eq!(faults.next_for_job(Action::Prune), Some(JobFault::Panic));
        assert_eq!(faults.next_for_job(Action::Prune), None);
        faults.add(Fault::Job(JobFault::Fail), RequestFilter::default(), None, once);
        assert_eq!(faults.next_for_job(Action::DeleteUserData), Some(JobFault::Fail));
        let request = RequestLine { api: None, method: "GET", path: "/" };
        assert_eq!(faults.next_for(Moment::Request, &request), Met::default());
    }
}
