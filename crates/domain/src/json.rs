//! JSON of the types that a derive can't describe: values that a constructor checks, and sets. Each is written in the plainest
//! form, and reading goes through the constructor, so that no JSON makes a value that the constructor refuses.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::attendee::AttendanceCode;
use crate::audit::Subject;
use crate::course::alias::Alias;
use crate::course::gradebook::{CalculationType, DisplaySetting, GradeCategory, GradeDenominator, GradeWeight, GradebookSettings};
use crate::course::grading_period::{GradingPeriod, GradingPeriodSettings};
use crate::course::{CalendarDate, CourseField, CourseFields, CourseState, CourseStates, DateError, EnrollmentCode, GroupName, UpdateMask};
use crate::id::{Guid, Id};
use crate::idempotency::{IdempotencyKey, RequestDigest};
use crate::identity::{ClientId, Email, Lang, Scope, Scopes, ServiceAddress, ServiceName, Username};
use crate::job::{
    Action, Actions, Attempts, ErasureUsers, FailedAttempt, FailureText, Failures, LeaseTerm, LeaseToken, ProjectKey, ReferenceId,
    RetryPolicy, WorkerId,
};
use crate::page::{OffsetPage, PageError};
use crate::rows::BatchSize;
use crate::session::{FlagPatch, OptionFlag, PreparationTime, SessionDuration};
use crate::text::{Name, Text, from_hex, hex};
use crate::time::{CivilTime, OffsetTime, Start, Timestamp, WrittenTime, WrittenTimeError, Zone};
use crate::trace::{TraceId, TraceParent, TraceParentError};

/// Writes and reads types as simpler ones: `Type as Simpler: |value| write, |simpler| read`.
macro_rules! json_forms {
    ($($type:ident as $form:ty: |$value:ident| $write:expr, |$sent:ident| $read:expr;)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                let form: $form = $write;
                form.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let $sent = <$form>::deserialize(deserializer)?;
                $read.map_err(D::Error::custom)
            }
        }
    )*};
}

// Texts.
json_forms! {
    Alias as String: |alias| alias.as_str().to_owned(), |text| Alias::parse(&text);
    AttendanceCode as String: |code| code.as_str().to_owned(), |text| AttendanceCode::parse(&text);
    CalendarDate as String: |date| date.to_naive().to_string(), |text| read_date(&text);
    CivilTime as String: |civil| civil.to_naive().format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
        |text| text.parse::<WrittenTime>().map(WrittenTime::civil);
    ClientId as String: |client| client.to_string(), |text| text.parse::<ClientId>();
    Email as String: |email| email.as_str().to_owned(), |text| Email::parse(&text);
    EnrollmentCode as String: |code| code.as_str().to_owned(), |text| EnrollmentCode::parse(&text);
    FailureText as String: |failure| failure.as_str().to_owned(), |text| Ok::<_, Infallible>(FailureText::cut(&text));
    GroupName as String: |group| group.of_members(), |text| GroupName::parse(&text);
    IdempotencyKey as String: |key| key.as_str().to_owned(), |text| IdempotencyKey::parse(&text);
    Lang as String: |lang| lang.as_str().to_owned(), |text| Lang::parse(&text);
    LeaseToken as String: |token| token.get().to_string(), |text| Uuid::parse_str(&text).map(LeaseToken::new);
    ProjectKey as String: |key| key.as_str().to_owned(), |text| text.parse::<ProjectKey>();
    ReferenceId as String: |reference| reference.as_str().to_owned(), |text| ReferenceId::new(text);
    RequestDigest as String: |digest| hex(digest.bytes()), |text| read_hex(&text).map(RequestDigest::new);
    ServiceAddress as String: |address| address.to_string(), |text| text.parse::<ServiceAddress>();
    ServiceName as String: |name| name.as_str().to_owned(), |text| ServiceName::parse(&text);
    Subject as String: |subject| hex(subject.digest()), |text| read_hex(&text).map(Subject::new);
    Timestamp as String: |instant| instant.in_zone(Zone::UTC).to_string(), |text| text.parse::<Timestamp>();
    TraceId as String: |trace| trace.to_string(), |text| from_hex(&text).ok_or(TraceParentError).and_then(TraceId::new);
    TraceParent as String: |parent| parent.to_string(), |text| text.parse::<TraceParent>();
    Username as String: |username| username.as_str().to_owned(), |text| Username::parse(&text);
    WorkerId as String: |worker| worker.get().to_string(), |text| Uuid::parse_str(&text).map(WorkerId::new);
    WrittenTime as String: |written| written.to_string(), |text| text.parse::<WrittenTime>();
    Zone as String: |zone| zone.name().to_owned(), |text| Zone::parse(&text);
}

// Numbers: of rows, minutes, milliseconds, points, and millionths of a weight.
json_forms! {
    BatchSize as u16: |rows| rows.get(), |rows| BatchSize::new(rows);
    GradeDenominator as i32: |points| points.get(), |points| GradeDenominator::new(points).ok_or("not a denominator of grades");
    GradeWeight as i32: |weight| weight.get(), |weight| GradeWeight::new(weight).ok_or("not a weight of grades");
    LeaseTerm as u64: |term| u64::try_from(term.duration().as_millis()).unwrap_or(u64::MAX),
        |millis| LeaseTerm::new(Duration::from_millis(millis));
    PreparationTime as u32: |time| time.minutes(),
        |minutes| PreparationTime::from_minutes(minutes.into()).ok_or("not a number of minutes");
    SessionDuration as u16: |duration| duration.minutes(), |minutes| SessionDuration::from_minutes(minutes.into());
}

// Sets, and lists with a limit.
json_forms! {
    Actions as Vec<Action>: |actions| actions.iter().collect(), |actions| Ok::<_, Infallible>(actions.into_iter().collect::<Actions>());
    CourseFields as Vec<CourseField>: |fields| fields.iter().collect(),
        |fields| Ok::<_, Infallible>(fields.into_iter().collect::<CourseFields>());
    CourseStates as Vec<CourseState>: |states| states.iter().collect(),
        |states| Ok::<_, Infallible>(states.into_iter().collect::<CourseStates>());
    ErasureUsers as Vec<ReferenceId>: |users| users.iter().cloned().collect(), |users| ErasureUsers::new(users);
    Failures as Vec<FailedAttempt>: |failures| failures.iter().cloned().collect(),
        |failures| Ok::<_, Infallible>(failures.into_iter().collect::<Failures>());
    FlagPatch as BTreeMap<OptionFlag, bool>: |flags| flags.iter().collect(),
        |flags| Ok::<_, Infallible>(flags.into_iter().fold(FlagPatch::default(), |patch, (flag, on)| patch.with(flag, on)));
    Scopes as Vec<Scope>: |scopes| scopes.iter().collect(), |scopes| Ok::<_, Infallible>(scopes.into_iter().collect::<Scopes>());
    UpdateMask as CourseFields: |mask| mask.fields(), |fields| UpdateMask::of(fields).ok_or("an update mask names no field");
}

impl<const MAX: usize> Serialize for Text<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<const MAX: usize> Serialize for Name<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Name<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl<Kind> Serialize for Id<Kind> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.get())
    }
}

impl<'de, Kind> Deserialize<'de> for Id<Kind> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::new)
    }
}

impl<Kind> Serialize for Guid<Kind> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, Kind> Deserialize<'de> for Guid<Kind> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for OffsetTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Start {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Parts {
            civil: CivilTime,
            zone: Zone,
            instant: Timestamp,
        }
        let Parts { civil, zone, instant } = Parts::deserialize(deserializer)?;
        Ok(Self::from_stored(civil, zone, instant))
    }
}

impl<'de> Deserialize<'de> for OffsetPage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Parts {
            offset: u64,
            size: u32,
        }
        let Parts { offset, size } = Parts::deserialize(deserializer)?;
        Self::at(offset, size).map_err(|error: PageError| D::Error::custom(error))
    }
}

impl<'de> Deserialize<'de> for RetryPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Parts {
            attempts: Attempts,
            first_delay: Duration,
            longest_delay: Duration,
        }
        let Parts { attempts, first_delay, longest_delay } = Parts::deserialize(deserializer)?;
        Self::new(attempts, first_delay, longest_delay).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for GradebookSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Parts {
            calculation: CalculationType,
            display: DisplaySetting,
            categories: Vec<GradeCategory>,
        }
        let Parts { calculation, display, categories } = Parts::deserialize(deserializer)?;
        Self::new(calculation, display, categories).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for GradingPeriodSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Parts {
            periods: Vec<GradingPeriod>,
            apply_to_existing_coursework: bool,
        }
        let Parts { periods, apply_to_existing_coursework } = Parts::deserialize(deserializer)?;
        let problem = |violations: Vec<_>| D::Error::custom(format_args!("{} rules of grading periods are broken", violations.len()));
        Self::new(periods, apply_to_existing_coursework).map_err(problem)
    }
}

fn read_date(text: &str) -> Result<CalendarDate, DateError> {
    let written: Result<WrittenTime, WrittenTimeError> = text.parse();
    let date = written.ok().filter(|written| !written.has_time()).map(|written| written.civil().to_naive().date());
    date.and_then(CalendarDate::from_naive).ok_or(DateError)
}

fn read_hex(text: &str) -> Result<[u8; 32], &'static str> {
    from_hex(text).ok_or("not 64 hexadecimal digits")
}
