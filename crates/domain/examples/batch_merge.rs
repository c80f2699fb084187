//! Decides a batch with plain values and prints the verdict on each item: no clock, no database, no wire format.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::collections::HashMap;
use std::error::Error;

use derslik_domain::course::CourseSettings;
use derslik_domain::form::Field;
use derslik_domain::id::{Id, SessionGuid};
use derslik_domain::identity::{AccountSettings, Lang};
use derslik_domain::session::{Batch, BatchItem, BatchOutcome, Creator, Session, SessionForm, Target, Verdict};
use derslik_domain::time::{StartDateMode, Timestamp, Zone};

fn main() -> Result<(), Box<dyn Error>> {
    let settings = AccountSettings {
        lang: Lang::parse("en-US")?,
        timezone: Zone::parse("Europe/Istanbul")?,
        start_date_mode: StartDateMode::Civil,
        courses: CourseSettings::default(),
    };
    let then: Timestamp = "2025-02-06T15:23:48.490759+03:00".parse()?;
    let now: Timestamp = "2025-02-06T16:07:35.488565+03:00".parse()?;
    let mut new_guids = ["61E3D504-13EE-447F-9B36-6686C5C39FEB", "1B27EB7F-6ECD-42B1-8CEC-4FE78B53A468"].into_iter().map(str::parse);
    let mut next_guid = || new_guids.next().and_then(Result::ok).unwrap_or_else(unused_guid);

    let yesterday = Creator { principal: Id::new(4490), settings: &settings, now: then };
    let stored = lesson("Web Development 101", "2025-08-05T12:00:00").create(next_guid(), &yesterday).map_err(|_| "it breaks a rule")?;
    let target = Target::Existing(stored.guid);

    let batch = Batch::new(vec![
        item(Target::New, lesson("CS201", "2025-08-05T12:00:00Z")),
        item(Target::New, SessionForm { duration: Field::Given(500), ..lesson("TR102", "2020-08-05T14:00:00Z") }),
        item(target, lasting(90)),
        item(Target::Existing(unused_guid()), lasting(100)),
        item(target, lasting(100)),
    ]);
    println!("{} sessions to look up and to lock", batch.targets().len());

    let existing = HashMap::from([(stored.guid, stored)]);
    print(&batch.decide(existing, &Creator { now, ..yesterday }, next_guid));
    Ok(())
}

fn lesson(name: &str, start_date: &str) -> SessionForm {
    SessionForm { name: text(name), start_date: text(start_date), duration: Field::Given(80), ..SessionForm::default() }
}

fn lasting(minutes: i64) -> SessionForm {
    SessionForm { duration: Field::Given(minutes), ..SessionForm::default() }
}

fn text(value: &str) -> Field<Vec<u8>> {
    Field::Given(value.as_bytes().to_vec())
}

fn item(target: Target, form: SessionForm) -> BatchItem {
    BatchItem::Session(target, Box::new(form))
}

/// A GUID that is not in use.
fn unused_guid() -> SessionGuid {
    SessionGuid::new(uuid::Uuid::max())
}

fn print(outcome: &BatchOutcome) {
    for (position, verdict) in outcome.verdicts().iter().enumerate() {
        match verdict {
            Verdict::Created(session) => println!("{position} created   {}", summary(session)),
            Verdict::Updated(session) => println!("{position} updated   {}", summary(session)),
            Verdict::NotFound => println!("{position} not found"),
            Verdict::Refused(violations) => {
                let reasons: Vec<_> = violations.iter().map(|broken| format!("{:?} {:?}", broken.field, broken.problem)).collect();
                println!("{position} refused   {}", reasons.join(", "));
            }
        }
    }
    println!("{} rows to insert, {} to update", outcome.inserts().len(), outcome.updates().len());
}

fn summary(session: &Session) -> String {
    format!("{} {:?} {} for {} minutes", session.guid, session.name.as_str(), session.start, session.duration.minutes())
}
