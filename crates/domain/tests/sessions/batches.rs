//! The outcome of an ordered mix of creations and changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use derslik_domain::form::Field;
use derslik_domain::id::{Id, SessionGuid};
use derslik_domain::session::{
    Batch, BatchItem, BatchOutcome, Creator, Problem, Session, SessionField, SessionForm, SessionStatus, Target, Verdict, Violation,
};
use proptest::prelude::*;

use crate::given::{creator, guid, least, now, settings, stored, text};

fn create(form: SessionForm) -> BatchItem {
    BatchItem::Session(Target::New, Box::new(form))
}

fn update(number: u128, form: SessionForm) -> BatchItem {
    BatchItem::Session(Target::Existing(guid(number)), Box::new(form))
}

fn lasting(minutes: i64) -> SessionForm {
    SessionForm { duration: Field::Given(minutes), ..SessionForm::default() }
}

fn named(name: &str) -> SessionForm {
    SessionForm { name: text(name), ..SessionForm::default() }
}

/// Decides against [`stored`] sessions of these numbers. New ones are numbered from 100.
fn decide(existing: &[u128], items: Vec<BatchItem>) -> BatchOutcome {
    let existing = existing.iter().map(|number| (guid(*number), stored(guid(*number)))).collect();
    let mut next = 100..;
    Batch::new(items).decide(existing, &creator(&settings()), || guid(next.next().unwrap()))
}

fn kinds(outcome: &BatchOutcome) -> Vec<&'static str> {
    outcome
        .verdicts()
        .iter()
        .map(|verdict| match verdict {
            Verdict::Created(_) => "created",
            Verdict::Updated(_) => "updated",
            Verdict::NotFound => "not found",
            Verdict::Refused(_) => "refused",
        })
        .collect()
}

fn guids(sessions: &[&Session]) -> Vec<SessionGuid> {
    sessions.iter().map(|session| session.guid).collect()
}

#[test]
fn an_empty_batch_comes_to_nothing() {
    let outcome = decide(&[1], Vec::new());
    assert_eq!((outcome.verdicts().len(), outcome.inserts().len(), outcome.updates().len()), (0, 0, 0));
    assert!(Batch::default().targets().is_empty());
}

#[test]
fn verdicts_stand_in_the_order_of_the_items() {
    let items = vec![create(least()), create(lasting(120)), update(1, lasting(100)), update(2, lasting(100)), update(1, lasting(4))];
    let outcome = decide(&[1], items);
    assert_eq!(kinds(&outcome), ["created", "refused", "updated", "not found", "refused"]);
}

#[test]
fn sessions_are_inserted_in_the_order_of_the_items_and_updated_in_the_order_of_locking() {
    let outcome = decide(&[1, 2], vec![create(least()), update(2, lasting(100)), create(least()), update(1, lasting(100))]);
    let [first, second] = [outcome.inserts(), outcome.updates()].map(|sessions| guids(&sessions));
    assert_eq!((first, second), (vec![guid(100), guid(101)], vec![guid(1), guid(2)]));
}

#[test]
fn what_to_lock_is_each_known_guid_once() {
    let items = vec![
        update(2, lasting(100)),
        create(least()),
        BatchItem::Session(Target::Impossible, Box::default()),
        update(1, lasting(4)),
        update(2, lasting(90)),
    ];
    assert_eq!(Batch::new(items).targets(), BTreeSet::from([guid(1), guid(2)]));
}

#[test]
fn the_same_guid_twice_is_two_changes_in_order_and_one_row() {
    let outcome = decide(&[1], vec![update(1, lasting(100)), update(1, named("Rust"))]);
    let shown: Vec<_> = outcome
        .verdicts()
        .iter()
        .map(|verdict| match verdict {
            Verdict::Updated(session) => (session.name.as_str(), session.duration.minutes()),
            _ => panic!("{verdict:?}"),
        })
        .collect();
    assert_eq!(shown, [("Web Development 101", 100), ("Rust", 100)]);
    let written: Vec<_> = outcome.updates().iter().map(|session| (session.name.to_string(), session.duration.minutes())).collect();
    assert_eq!(written, [("Rust".to_owned(), 100)]);
}

#[test]
fn a_refused_change_between_two_others_leaves_no_trace() {
    let broken = SessionForm { name: text("Never"), duration: Field::Given(4), ..SessionForm::default() };
    let with = decide(&[1], vec![update(1, lasting(100)), update(1, broken), update(1, named("Rust"))]);
    let without = decide(&[1], vec![update(1, lasting(100)), update(1, named("Rust"))]);
    assert_eq!(kinds(&with), ["updated", "refused", "updated"]);
    assert_eq!(with.updates(), without.updates());
}

#[test]
fn a_refused_change_after_an_approved_one_leaves_the_row_of_the_approved_one() {
    let outcome = decide(&[1], vec![update(1, lasting(100)), update(1, lasting(4))]);
    let written: Vec<_> = outcome.updates().iter().map(|session| session.duration.minutes()).collect();
    assert_eq!(written, [100]);
}

#[test]
fn a_session_is_looked_for_before_its_rules_are() {
    let items = vec![update(9, lasting(4)), BatchItem::Session(Target::Impossible, Box::new(lasting(4)))];
    assert_eq!(kinds(&decide(&[1], items)), ["not found", "not found"]);
}

#[test]
fn a_deleted_session_is_unknown() {
    let deleted = stored(guid(1)).deleted(Id::new(7), now()).unwrap();
    let batch = Batch::new(vec![update(1, SessionForm { status: Field::Given(Some(SessionStatus::Active)), ..SessionForm::default() })]);
    let outcome = batch.decide(HashMap::from([(guid(1), deleted)]), &creator(&settings()), || guid(100));
    assert_eq!(kinds(&outcome), ["not found"]);
    assert!(outcome.updates().is_empty());
}

#[test]
fn a_session_that_the_same_batch_creates_is_not_there_to_be_changed() {
    assert_eq!(kinds(&decide(&[], vec![create(least()), update(100, lasting(100))])), ["created", "not found"]);
}

#[test]
fn what_is_no_session_at_all_is_refused_in_its_place() {
    let violation = Violation { field: SessionField::Item, problem: Problem::Mistyped };
    let outcome = decide(&[], vec![create(least()), BatchItem::Unreadable(violation), create(least())]);
    assert_eq!(kinds(&outcome), ["created", "refused", "created"]);
    assert_eq!(outcome.verdicts()[1], Verdict::Refused(vec![violation]));
}

#[test]
fn one_reading_of_the_clock_serves_the_whole_batch() {
    let items = vec![create(least()), update(1, lasting(100)), create(least()), update(1, lasting(90))];
    let outcome = decide(&[1], items);
    for session in outcome.inserts() {
        assert_eq!((session.created_at, session.updated_at), (now(), now()));
    }
    for session in outcome.updates() {
        assert_eq!((session.created_at, session.updated_at), (stored(guid(1)).created_at, now()));
    }
}

#[test]
fn one_bad_item_in_any_place_spoils_no_other() {
    const ITEMS: usize = 20;
    for bad in 0..ITEMS {
        let item = |position| if position == bad { create(lasting(4)) } else { create(least()) };
        let outcome = decide(&[], (0..ITEMS).map(item).collect());
        let refused: Vec<_> = (0..ITEMS).filter(|position| matches!(outcome.verdicts()[*position], Verdict::Refused(_))).collect();
        assert_eq!((refused, outcome.inserts().len()), (vec![bad], ITEMS - 1));
    }
}

/// The fields of a session that the model knows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    name: String,
    minutes: i64,
    status: i64,
    zone: String,
}

/// The changes that a client asks for; a field of `None` is not sent.
#[derive(Debug, Clone)]
struct SentFields {
    name: Option<String>,
    minutes: Option<i64>,
    status: Option<i64>,
    zone: Option<&'static str>,
}

#[derive(Debug, Clone)]
enum Request {
    Create(SentFields),
    Change(u128, SentFields),
    ChangeNothingPossible(SentFields),
    Nonsense,
}

const KNOWN_ZONES: [&str; 3] = ["Europe/Istanbul", "Asia/Riyadh", "UTC"];
const STORED: std::ops::Range<u128> = 1..5;
const DELETED: u128 = 5;
const UNKNOWN: u128 = 6;

impl Facts {
    fn of(session: &Session) -> Self {
        Self {
            name: session.name.to_string(),
            minutes: session.duration.minutes().into(),
            status: session.status.code().into(),
            zone: session.start.zone().name().to_owned(),
        }
    }

    /// The facts after the change, if it breaks no rule.
    fn after(&self, sent: &SentFields) -> Option<Self> {
        let after = Self {
            name: sent.name.clone().unwrap_or_else(|| self.name.clone()),
            minutes: sent.minutes.unwrap_or(self.minutes),
            status: sent.status.unwrap_or(self.status),
            zone: sent.zone.map_or_else(|| self.zone.clone(), str::to_owned),
        };
        let zone_is_fine = sent.zone.is_none_or(|zone| KNOWN_ZONES.contains(&zone));
        let fits = !after.name.trim().is_empty() && (5..=360).contains(&after.minutes) && (0..=3).contains(&after.status) && zone_is_fine;
        fits.then_some(after)
    }
}

impl SentFields {
    fn form(&self) -> SessionForm {
        SessionForm {
            name: self.name.as_deref().map_or(Field::Missing, text),
            duration: self.minutes.map_or(Field::Null, Field::Given),
            status: self.status.map_or(Field::Missing, |code| Field::Given(SessionStatus::by_code(code))),
            timezone: self.zone.map_or(Field::Missing, text),
            ..SessionForm::default()
        }
    }

    /// The facts of a new session with these fields, if they break no rule.
    fn created(&self) -> Option<Facts> {
        let nothing = Facts { name: String::new(), minutes: 0, status: 1, zone: "Europe/Istanbul".to_owned() };
        nothing.after(&Self { status: self.status.filter(|status| *status == 0), ..self.clone() })
    }
}

impl Request {
    fn item(&self) -> BatchItem {
        match self {
            Self::Create(sent) => create(SessionForm { start_date: text("2025-08-05T12:00:00Z"), ..sent.form() }),
            Self::Change(number, sent) => update(*number, sent.form()),
            Self::ChangeNothingPossible(sent) => BatchItem::Session(Target::Impossible, Box::new(sent.form())),
            Self::Nonsense => BatchItem::Unreadable(Violation { field: SessionField::Item, problem: Problem::Mistyped }),
        }
    }
}

fn any_sent() -> impl Strategy<Value = SentFields> {
    let name = prop::option::of(prop_oneof![9 => "[a-zçğş]{1,8}", 1 => " {0,2}"]);
    let minutes = prop::option::of(prop_oneof![8 => 5_i64..=360, 1 => Just(4_i64), 1 => Just(361_i64)]);
    let status = prop::option::of(-1_i64..=4);
    let zone = prop::option::of(prop::sample::select(vec!["Europe/Istanbul", "Asia/Riyadh", "UTC", "Europe/Atlantis"]));
    (name, minutes, status, zone).prop_map(|(name, minutes, status, zone)| SentFields { name, minutes, status, zone })
}

fn any_request() -> impl Strategy<Value = Request> {
    prop_oneof![
        3 => any_sent().prop_map(Request::Create),
        8 => (1..=UNKNOWN, any_sent()).prop_map(|(number, sent)| Request::Change(number, sent)),
        1 => any_sent().prop_map(Request::ChangeNothingPossible),
        1 => Just(Request::Nonsense),
    ]
}

/// The outcome that the model expects for one request, and the facts after it.
fn expected(request: &Request, sessions: &mut HashMap<u128, Facts>) -> (&'static str, Option<Facts>) {
    match request {
        Request::Create(sent) => sent.created().map_or(("refused", None), |facts| ("created", Some(facts))),
        Request::Change(number, sent) => match sessions.get_mut(number) {
            None => ("not found", None),
            Some(facts) => match facts.after(sent) {
                None => ("refused", None),
                Some(after) => {
                    facts.clone_from(&after);
                    ("updated", Some(after))
                }
            },
        },
        Request::ChangeNothingPossible(_) => ("not found", None),
        Request::Nonsense => ("refused", None),
    }
}

proptest! {
    #[test]
    fn any_batch_comes_to_what_a_map_of_sessions_comes_to(requests in prop::collection::vec(any_request(), 0..40)) {
        let mut existing: HashMap<_, _> = STORED.map(|number| (guid(number), stored(guid(number)))).collect();
        existing.insert(guid(DELETED), stored(guid(DELETED)).deleted(Id::new(7), now()).unwrap());
        let mut model: HashMap<_, _> = STORED.map(|number| (number, Facts::of(&stored(guid(number))))).collect();
        let mut next = 100..;

        let settings = settings();
        let batch = Batch::new(requests.iter().map(Request::item).collect());
        let outcome = batch.decide(existing, &creator(&settings), || guid(next.next().unwrap()));

        prop_assert_eq!(outcome.verdicts().len(), requests.len());
        let mut last = BTreeMap::new();
        let mut created = Vec::new();
        for ((request, verdict), kind) in requests.iter().zip(outcome.verdicts()).zip(kinds(&outcome)) {
            let (wanted, facts) = expected(request, &mut model);
            prop_assert_eq!(kind, wanted, "{:?}", request);
            match verdict {
                Verdict::Created(session) => {
                    created.push(session);
                    prop_assert_eq!(Some(Facts::of(session)), facts);
                }
                Verdict::Updated(session) => {
                    last.insert(session.guid, session);
                    prop_assert_eq!(Some(Facts::of(session)), facts);
                }
                Verdict::Refused(violations) => prop_assert!(!violations.is_empty()),
                Verdict::NotFound => {}
            }
        }
        prop_assert_eq!(outcome.inserts(), created);
        prop_assert_eq!(outcome.updates(), last.into_values().collect::<Vec<_>>());
        for session in outcome.updates() {
            prop_assert_eq!(model.get(&session.guid.get().as_u128()), Some(&Facts::of(session)));
        }
    }

    #[test]
    fn a_batch_in_one_piece_comes_to_what_its_items_come_to_one_after_another(all_sent in prop::collection::vec((STORED, any_sent()), 1..20)) {
        let settings = settings();
        let creator: Creator<'_> = creator(&settings);
        let at_once: Vec<_> = all_sent.iter().map(|(number, sent)| update(*number, sent.form())).collect();
        let sessions: HashMap<_, _> = STORED.map(|number| (guid(number), stored(guid(number)))).collect();

        let mut one_by_one = sessions.clone();
        let mut verdicts = Vec::new();
        for item in at_once.clone() {
            let outcome = Batch::new(vec![item]).decide(one_by_one.clone(), &creator, || guid(100));
            for session in outcome.updates() {
                one_by_one.insert(session.guid, session.clone());
            }
            verdicts.extend(outcome.verdicts().to_vec());
        }
        let outcome = Batch::new(at_once).decide(sessions.clone(), &creator, || guid(100));
        prop_assert_eq!(outcome.verdicts(), verdicts);
        let mut written = sessions;
        written.extend(outcome.updates().into_iter().map(|session| (session.guid, session.clone())));
        prop_assert_eq!(written, one_by_one);
    }

    #[test]
    fn no_change_deletes_a_session_or_brings_one_back(all_sent in prop::collection::vec(any_sent(), 1..20)) {
        let deleted = stored(guid(DELETED)).deleted(Id::new(7), now()).unwrap();
        let items = all_sent.iter().map(|sent| update(DELETED, sent.form())).collect();
        let outcome = Batch::new(items).decide(HashMap::from([(guid(DELETED), deleted)]), &creator(&settings()), || guid(100));
        prop_assert!(outcome.verdicts().iter().all(|verdict| *verdict == Verdict::NotFound));
        let alive = decide(&[1], all_sent.iter().map(|sent| update(1, sent.form())).collect());
        prop_assert!(alive.updates().iter().all(|session| session.status != SessionStatus::Deleted));
    }
}
