//! The JSON of the feature `serde`: it is stable, it covers every public type, and it makes no value that a constructor refuses.
#![expect(clippy::unwrap_used, reason = "a test that goes wrong may panic")]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use derslik_domain::course::alias::Alias;
use derslik_domain::course::{Course, CourseForm, CourseRole, CourseState, UpdateMask};
use derslik_domain::form::Field;
use derslik_domain::id::SessionGuid;
use derslik_domain::idempotency::RequestDigest;
use derslik_domain::identity::{Email, Scope, Scopes, ServiceAddress, ServiceName};
use derslik_domain::job::{Attempts, ErasureUsers, Failure, FailureReason, Job, JobState, LeaseTerm, RetryPolicy};
use derslik_domain::page::OffsetPage;
use derslik_domain::session::{FlagPatch, OptionFlag, Session, SessionDuration, SessionForm};
use derslik_domain::strategies;
use derslik_domain::text::Name;
use derslik_domain::time::{CivilTime, Start, Timestamp, Zone};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[track_caller]
fn is_written_as<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, json: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    assert_eq!(&serde_json::from_str::<T>(json).unwrap(), value);
}

#[test]
fn values_are_written_in_their_plainest_form() {
    let guid: SessionGuid = "61E3D504-13EE-447F-9B36-6686C5C39FEB".parse().unwrap();
    is_written_as(&guid, r#""61E3D504-13EE-447F-9B36-6686C5C39FEB""#);
    let instant: Timestamp = "2025-02-06T16:07:35.488565+03:00".parse().unwrap();
    is_written_as(&instant, r#""2025-02-06T13:07:35.488565+00:00""#);
    let civil: CivilTime = serde_json::from_str(r#""2025-08-05T12:00:00""#).unwrap();
    let start = Start::at(civil, Zone::ISTANBUL);
    is_written_as(&start, r#"{"civil":"2025-08-05T12:00:00.000000","zone":"Europe/Istanbul","instant":"2025-08-05T09:00:00+00:00"}"#);
    is_written_as(&Name::<9>::new("Işık").unwrap(), r#""Işık""#);
    is_written_as(&Email::parse("a@okul.example").unwrap(), r#""a@okul.example""#);
    let address: ServiceAddress = "timetable@10001.iam.derslik.internal".parse().unwrap();
    is_written_as(&address, r#""timetable@10001.iam.derslik.internal""#);
    is_written_as(&Alias::parse("d:bio").unwrap(), r#""d:bio""#);
    is_written_as(&SessionDuration::from_minutes(90).unwrap(), "90");
    is_written_as(&LeaseTerm::DEFAULT, "15000");
    is_written_as(&Attempts::new(3), "3");
    is_written_as(&CourseState::Provisioned, r#""provisioned""#);
    is_written_as(&CourseRole::CoTeacher, r#""co_teacher""#);
    is_written_as(&FlagPatch::default().with(OptionFlag::AllowRating, false), r#"{"allow_rating":false}"#);
    is_written_as(&[Scope::Sessions, Scope::CoursesReadonly].into_iter().collect::<Scopes>(), r#"["sessions","courses_readonly"]"#);
    is_written_as(&Failure::new(FailureReason::LeaseExpired, "late"), r#"{"reason":"lease_expired","text":"late"}"#);
    is_written_as(&JobState::scheduled(instant), r#"{"scheduled":{"at":"2025-02-06T13:07:35.488565+00:00","attempts":0}}"#);
    is_written_as(&OffsetPage::new(Some(2), Some(20)).unwrap(), r#"{"offset":20,"size":20}"#);
    is_written_as(&Field::Given(7_i64), r#"{"given":7}"#);
    is_written_as(&Field::<i64>::Missing, r#""missing""#);
}

#[test]
fn a_value_that_the_constructor_refuses_is_refused() {
    assert!(serde_json::from_str::<SessionDuration>("361").is_err());
    assert!(serde_json::from_str::<Name<3>>(r#""dünya""#).is_err());
    assert!(serde_json::from_str::<Email>(r#""nobody""#).is_err());
    assert!(serde_json::from_str::<UpdateMask>("[]").is_err());
    assert!(serde_json::from_str::<ErasureUsers>("[]").is_err());
    assert!(serde_json::from_str::<ServiceName>(r#""1st""#).is_err());
    assert!(serde_json::from_str::<OffsetPage>(r#"{"offset":0,"size":1001}"#).is_err());
    assert!(serde_json::from_str::<LeaseTerm>("999").is_err());
    assert!(serde_json::from_str::<Zone>(r#""Europe/Nowhere""#).is_err());
    assert!(serde_json::from_str::<RequestDigest>(&format!("\"{}\"", "0f".repeat(32))).is_ok());
    assert!(serde_json::from_str::<RequestDigest>(&format!("\"{}\"", "+f".repeat(32))).is_err());
    let policy = serde_json::to_string(&RetryPolicy::DEFAULT).unwrap();
    assert!(serde_json::from_str::<RetryPolicy>(&policy.replace("\"attempts\":5", "\"attempts\":26")).is_err());
    assert_eq!(serde_json::from_str::<RetryPolicy>(&policy).unwrap(), RetryPolicy::DEFAULT);
}

fn returns_unchanged<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Result<(), TestCaseError> {
    let read: T = serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap();
    prop_assert_eq!(&read, value);
    Ok(())
}

proptest! {
    #[test]
    fn a_session_returns_unchanged(session in strategies::session()) {
        returns_unchanged::<Session>(&session)?;
    }

    #[test]
    fn a_form_of_a_session_returns_unchanged(form in strategies::session_form()) {
        returns_unchanged::<SessionForm>(&form)?;
    }

    #[test]
    fn a_course_returns_unchanged(course in strategies::course()) {
        returns_unchanged::<Course>(&course)?;
    }

    #[test]
    fn a_form_of_a_course_returns_unchanged(form in strategies::course_form()) {
        returns_unchanged::<CourseForm>(&form)?;
    }

    #[test]
    fn a_job_returns_unchanged(job in strategies::job()) {
        returns_unchanged::<Job>(&job)?;
    }
}

/// The public types without JSON: secrets and what holds them, evidence of who acts, and structs that borrow their parts.
const WITHOUT_JSON: [&str; 16] = [
    "Actor",
    "Creator",
    "Credential",
    "DataSubject",
    "Entry",
    "Grant",
    "GrantProof",
    "Joining",
    "NewCourseContext",
    "NewPerson",
    "Password",
    "PasswordHash",
    "PersonChange",
    "PersonForm",
    "PersonalNames",
    "SecretDigest",
];

#[test]
fn every_public_type_has_json_unless_it_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let by_hand = fs::read_to_string(root.join("json.rs")).unwrap();
    let mut without = BTreeSet::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                without.extend(types_without_derive(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    without.retain(|name| !by_hand.contains(&format!("    {name} as ")) && !by_hand.contains(&format!(" Serialize for {name}")));
    let listed: BTreeSet<_> = WITHOUT_JSON.into_iter().map(str::to_owned).collect();
    assert_eq!(without, listed);
}

/// The names of the public types at the top level of a source file that do not derive `Serialize`.
fn types_without_derive(source: &str) -> Vec<String> {
    let (mut found, mut derives) = (Vec::new(), false);
    for line in source.lines() {
        if line.starts_with("#[") {
            derives |= line.contains("serde::Serialize");
            continue;
        }
        let declared = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "));
        if let Some(declared) = declared.filter(|_| !derives) {
            found.push(declared.split(|letter: char| !letter.is_alphanumeric()).next().unwrap().to_owned());
        }
        derives = false;
    }
    found
}
