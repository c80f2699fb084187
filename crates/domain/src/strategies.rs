//! Strategies for property tests: values that keep every rule of their types, and forms that may break any of them.
//!
//! ```
//! use derslik_domain::strategies;
//! use proptest::prelude::*;
//!
//! proptest!(|(session in strategies::session())| {
//!     prop_assert!(session.created_at <= session.updated_at);
//! });
//! ```

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::course::gradebook::GradebookSettings;
use crate::course::{Course, CourseDetails, CourseForm, CourseRole, CourseState, EnrollmentCode, GroupName, Revision};
use crate::form::{Field, RawText};
use crate::id::{Guid, Id};
use crate::identity::Lang;
use crate::job::{
    Action, Attempts, Ended, Failure, FailureReason, Jitter, Job, JobState, Lease, LeaseTerm, LeaseToken, ReferenceId, RetryPolicy, Run,
    WorkerId,
};
use crate::session::{
    Batch, BatchItem, FlagPatch, OptionFlag, OptionsForm, OptionsPatch, PreparationTime, ReplayStatus, ReturnUrl, Session, SessionDuration,
    SessionForm, SessionOptions, SessionStatus, Target,
};
use crate::text::{Name, Text};
use crate::time::{CivilTime, Start, Timestamp, Zone};

/// Letters that are hard to compare or to cut: of Turkish and Arabic, combining, and outside of the basic plane.
const LETTERS: &str = "[a-zA-Z0-9çÇğĞıIİişŞöÖüÜ\u{300}\u{327}مدرسة😀 _.,-]";

/// A text of at most `MAX` characters, most often a short one.
pub fn text<const MAX: usize>() -> impl Strategy<Value = Text<MAX>> {
    let longest = MAX.min(60);
    vec(LETTERS, 0..=longest).prop_filter_map("a text of the type", |letters| {
        let text: String = letters.concat();
        Text::new(text).ok()
    })
}

/// A name of at most `MAX` characters, most often a short one.
pub fn name<const MAX: usize>() -> impl Strategy<Value = Name<MAX>> {
    let longest = MAX.min(60);
    vec(LETTERS, 1..=longest).prop_filter_map("a name of the type", |letters| {
        let text: String = letters.concat();
        Name::new(text).ok()
    })
}

/// An integer id from 1.
pub fn id<Kind: 'static>() -> impl Strategy<Value = Id<Kind>> {
    (1..=i64::MAX).prop_map(Id::new)
}

/// Any GUID.
pub fn guid<Kind: 'static>() -> impl Strategy<Value = Guid<Kind>> {
    any::<u128>().prop_map(|bits| Guid::new(Uuid::from_u128(bits)))
}

/// An instant of the years 1 to 9999, most often of this century.
pub fn timestamp() -> impl Strategy<Value = Timestamp> {
    let this_century = 946_684_800_000_000..4_102_444_800_000_000_i64;
    prop_oneof![9 => this_century, 1 => Timestamp::MIN.micros()..=Timestamp::MAX.micros()].prop_map(Timestamp::from_micros)
}

/// A time zone, among them some with half hours, changes of the clock, and a skipped day.
pub fn zone() -> impl Strategy<Value = Zone> {
    select(vec!["Europe/Istanbul", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Asia/Riyadh"])
        .prop_filter_map("a known zone", |name| Zone::parse(name).ok())
}

/// A civil time of the years 2 to 9998, so that it is an instant of the years 1 to 9999 in every zone.
pub fn civil_time() -> impl Strategy<Value = CivilTime> {
    let day = 24 * 60 * 60 * 1_000_000_i64;
    (Timestamp::MIN.micros() + 365 * day..=Timestamp::MAX.micros() - 365 * day).prop_filter_map("a civil time", |micros| {
        Timestamp::from_micros(micros).to_utc().and_then(|instant| CivilTime::from_naive(instant.naive_utc()))
    })
}

/// The start of a session: any civil time in any zone of [`zone`].
pub fn start() -> impl Strategy<Value = Start> {
    (civil_time(), zone()).prop_map(|(civil, zone)| Start::at(civil, zone))
}

/// The settings that a client set, or not.
pub fn flag_patch() -> impl Strategy<Value = FlagPatch> {
    vec((select(OptionFlag::ALL.to_vec()), any::<bool>()), 0..8)
        .prop_map(|flags| flags.into_iter().fold(FlagPatch::default(), |patch, (flag, on)| patch.with(flag, on)))
}

/// The settings of a session.
pub fn session_options() -> impl Strategy<Value = SessionOptions> {
    let minutes = option::of((0..=10_000_i64).prop_filter_map("minutes", PreparationTime::from_minutes));
    let url = option::of(text::<2_000>().prop_filter_map("a URL", |url| ReturnUrl::new(url.as_str()).ok()));
    (flag_patch(), minutes, url).prop_map(|(flags, preparation_time, return_url)| {
        SessionOptions::default().merged(OptionsPatch { flags, preparation_time, return_url })
    })
}

/// A stored session.
pub fn session() -> impl Strategy<Value = Session> {
    let texts = (name(), option::of(text()), option::of(text()));
    let times = (start(), i64::from(SessionDuration::MIN_MINUTES)..=i64::from(SessionDuration::MAX_MINUTES), timestamp(), timestamp());
    let stored = (select(SessionStatus::ALL.to_vec()), select(ReplayStatus::ALL.to_vec()), any::<bool>(), any::<bool>());
    (guid(), texts, times, stored, session_options(), lang(), id(), id()).prop_filter_map(
        "a session",
        |(guid, (name, description, tags), (start, minutes, one, other), stored, options, lang, created_by, updated_by)| {
            let (status, replay_status, allow_recording, inaccessible_replay) = stored;
            Some(Session {
                guid,
                name,
                description,
                tags,
                start,
                duration: SessionDuration::from_minutes(minutes).ok()?,
                lang,
                status,
                replay_status,
                options,
                allow_recording,
                inaccessible_replay,
                created_by,
                updated_by,
                created_at: one.min(other),
                updated_at: one.max(other),
            })
        },
    )
}

/// A language tag.
pub fn lang() -> impl Strategy<Value = Lang> {
    select(vec!["tr-TR", "en-US", "ar-SA", "de"]).prop_filter_map("a tag", |tag| Lang::parse(tag).ok())
}

/// What a client may send in a field of text: nothing, null, anything at all.
pub fn text_field() -> impl Strategy<Value = Field<RawText>> {
    prop_oneof![
        4 => text::<600>().prop_map(|text| Field::Given(text.as_str().as_bytes().to_vec())),
        1 => vec(any::<u8>(), 0..40).prop_map(Field::Given),
        2 => Just(Field::Missing),
        1 => Just(Field::Null),
        1 => Just(Field::Mistyped),
        1 => Just(Field::Repeated),
    ]
}

/// What a client may send in a field of whole numbers.
pub fn number_field() -> impl Strategy<Value = Field<i64>> {
    prop_oneof![
        4 => (0..500_i64).prop_map(Field::Given),
        1 => any::<i64>().prop_map(Field::Given),
        2 => Just(Field::Missing),
        1 => Just(Field::Null),
        1 => Just(Field::Mistyped),
        1 => Just(Field::Repeated),
    ]
}

/// What a client may send as the status of a session. `None` is a number without a meaning.
pub fn status_field() -> impl Strategy<Value = Field<Option<SessionStatus>>> {
    prop_oneof![
        3 => select(SessionStatus::ALL.to_vec()).prop_map(|status| Field::Given(Some(status))),
        1 => Just(Field::Given(None)),
        4 => Just(Field::Missing),
        1 => Just(Field::Null),
        1 => Just(Field::Mistyped),
    ]
}

/// What a client may send in a field of true and false.
pub fn flag_field() -> impl Strategy<Value = Field<bool>> {
    prop_oneof![3 => any::<bool>().prop_map(Field::Given), 2 => Just(Field::Missing), 1 => Just(Field::Null), 1 => Just(Field::Mistyped)]
}

/// A form of a session, acceptable or not.
pub fn session_form() -> impl Strategy<Value = SessionForm> {
    let starts = prop_oneof![
        3 => start().prop_map(|start| Field::Given(start.to_string().into_bytes())),
        1 => text_field(),
    ];
    let options = (flag_patch(), number_field(), text_field()).prop_map(|(flags, preparation_time, return_url)| OptionsForm {
        flags,
        faults: Vec::new(),
        preparation_time,
        return_url,
    });
    let options = prop_oneof![2 => Just(Field::Missing), 1 => options.prop_map(Field::Given), 1 => Just(Field::Null)];
    let texts = (text_field(), text_field(), text_field(), text_field(), text_field());
    (texts, starts, number_field(), flag_field(), flag_field(), options, status_field()).prop_map(
        |((name, description, tags, lang, timezone), start_date, duration, allow_recording, inaccessible_replay, options, status)| {
            SessionForm {
                name,
                description,
                tags,
                start_date,
                duration,
                lang,
                allow_recording,
                inaccessible_replay,
                options,
                timezone,
                status,
            }
        },
    )
}

/// A batch of up to 12 creations and changes.
pub fn batch() -> impl Strategy<Value = Batch> {
    let target = prop_oneof![2 => Just(Target::New), 2 => (0..4_u128).prop_map(|bits| Target::Existing(Guid::new(Uuid::from_u128(bits)))), 1 => Just(Target::Impossible)];
    vec((target, session_form()), 0..12)
        .prop_map(|items| Batch::new(items.into_iter().map(|(target, form)| BatchItem::Session(target, Box::new(form))).collect()))
}

/// A role towards a course.
pub fn course_role() -> impl Strategy<Value = CourseRole> {
    select(CourseRole::ALL.to_vec())
}

/// A state of a course.
pub fn course_state() -> impl Strategy<Value = CourseState> {
    select(CourseState::ALL.to_vec())
}

/// A form of a course, acceptable or not.
pub fn course_form() -> impl Strategy<Value = CourseForm> {
    let state = prop_oneof![2 => course_state().prop_map(Field::Given), 2 => Just(Field::Missing), 1 => Just(Field::Mistyped)];
    let texts = (text_field(), text_field(), text_field(), text_field(), text_field());
    let more = (text_field(), text_field(), text_field(), text_field());
    (texts, more, state).prop_map(|((alias, name, section, description_heading, description), (room, owner, subject, levels), state)| {
        CourseForm { alias, name, section, description_heading, description, room, owner, state, subject, levels }
    })
}

/// A stored course.
pub fn course() -> impl Strategy<Value = Course> {
    let details =
        (name(), option::of(text()), option::of(text()), option::of(text()), option::of(text()), option::of(text()), option::of(text()))
            .prop_map(|(name, section, description_heading, description, room, subject, levels)| CourseDetails {
                name,
                section,
                description_heading,
                description,
                room,
                subject,
                levels,
            });
    (id(), 1..1_000_i64, details, id(), course_state(), any::<u64>(), any::<bool>(), (timestamp(), timestamp())).prop_map(
        |(id, revision, details, owner, state, random, guardians_enabled, (one, other))| {
            let created_at = one.min(other);
            let group = GroupName::new(details.name.as_str(), None, random);
            Course {
                id,
                revision: Revision::new(revision),
                details,
                owner,
                state,
                suspended_from: (state == CourseState::Suspended).then_some(CourseState::Active),
                enrollment_code: EnrollmentCode::from_random(random),
                group,
                teacher_folder: None,
                material_sets: Vec::new(),
                guardians_enabled,
                calendar: None,
                gradebook: GradebookSettings::default(),
                created_at,
                updated_at: one.max(other),
                first_active_at: (state == CourseState::Active).then_some(created_at),
            }
        },
    )
}

/// A policy of retries.
pub fn retry_policy() -> impl Strategy<Value = RetryPolicy> {
    (1..=RetryPolicy::MOST_ATTEMPTS.get(), 0..=86_400_u64, 0..=86_400_u64).prop_filter_map("a policy", |(attempts, one, other)| {
        let (first, longest) = (Duration::from_secs(one.min(other)), Duration::from_secs(one.max(other)));
        RetryPolicy::new(Attempts::new(attempts), first, longest).ok()
    })
}

/// Why an attempt failed.
pub fn failure() -> impl Strategy<Value = Failure> {
    (select(FailureReason::ALL.to_vec()), text::<100>()).prop_map(|(reason, text)| Failure::new(reason, text.as_str()))
}

/// A part of the delay before a retry that is left to chance.
pub fn jitter() -> impl Strategy<Value = Jitter> {
    any::<u32>().prop_map(Jitter::from_random)
}

/// A state of a job.
pub fn job_state() -> impl Strategy<Value = JobState> {
    let scheduled = (timestamp(), 0..10_u16).prop_map(|(at, attempts)| JobState::Scheduled { at, attempts: Attempts::new(attempts) });
    let running = (any::<u128>(), any::<u128>(), timestamp(), 1..10_u16).prop_map(|(token, worker, due, attempt)| {
        let lease = Lease {
            token: LeaseToken::new(Uuid::from_u128(token)),
            worker: WorkerId::new(Uuid::from_u128(worker)),
            until: LeaseTerm::DEFAULT.end(due),
        };
        JobState::Running(Run { lease, due, started_at: due, attempt: Attempts::new(attempt) })
    });
    let ended = || (timestamp(), 1..10_u16).prop_map(|(at, attempts)| Ended { at, attempts: Attempts::new(attempts) });
    prop_oneof![
        scheduled,
        running,
        ended().prop_map(JobState::Cancelled),
        ended().prop_map(JobState::Failed),
        ended().prop_map(JobState::Completed),
    ]
}

/// A stored job.
pub fn job() -> impl Strategy<Value = Job> {
    let reference = text::<100>().prop_filter_map("a reference", |text| ReferenceId::new(text.as_str()).ok());
    (id(), option::of(id()), select(Action::ALL.to_vec()), reference, job_state(), timestamp()).prop_map(
        |(id, project, action, reference, state, created_at)| Job {
            id,
            project,
            action,
            reference,
            start_at: created_at,
            state,
            progress: None,
            failures: std::iter::empty().collect(),
            created_at,
            updated_at: created_at,
            trace: None,
        },
    )
}
