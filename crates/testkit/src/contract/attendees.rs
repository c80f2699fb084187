//! Attendees.

use std::collections::BTreeSet;

use derslik_domain::attendee::{Attendance, AttendanceCode, AttendanceFilter, AttendedSession, Attendee, AttendeeKey, AttendeeKeys};
use derslik_domain::form::Field;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{ClassroomRole, DataSubject, Email, Mobile, PersonFilterForm, PersonName, User, UserState, Username};
use derslik_domain::job::ReferenceId;
use derslik_domain::page::PageRequest;
use derslik_domain::session::{Session, SessionStatus};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Conflict, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, attendee, guid, now, other_account, service_user, session, start, text, user};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "an_attendee_comes_back_as_it_was_stored", run: round_trip },
        Case { name: "an_attendee_is_found_by_each_of_its_keys_in_its_own_session_and_account_alone", run: found },
        Case { name: "a_thousand_attendees_are_written_at_once", run: many },
        Case { name: "a_code_an_address_and_a_person_belong_to_one_attendee_of_a_session", run: unique },
        Case { name: "any_number_of_guests_stand_for_no_person", run: guests },
        Case { name: "a_changed_attendee_is_written_over", run: updated },
        Case { name: "attendees_are_listed_in_the_order_in_which_they_came", run: listed },
        Case { name: "a_removed_attendee_is_gone_and_its_address_is_free", run: removed },
        Case { name: "what_a_person_attends_is_counted_and_listed_by_its_guid_and_its_address", run: attended },
        Case { name: "a_list_of_what_a_person_attends_goes_on_where_it_stopped", run: attended_pages },
        Case { name: "a_person_is_found_by_guid_number_address_and_name_in_this_order", run: person },
        Case { name: "deleted_users_are_found_by_their_last_names_until_they_are_erased", run: deleted },
    ]
}

fn insert<U: UnitOfWork>(harness: &Harness<U>, attendees: Vec<Attendee>) -> Result<(), StoreError> {
    harness.try_write(move |stores| stores.attendees().insert_many(account().id, &attendees))
}

fn find<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, session: u128, key: AttendeeKey) -> Option<Attendee> {
    harness.read(move |stores| stores.attendees().find(account, guid(session), &key))
}

fn round_trip<U: UnitOfWork>(harness: &Harness<U>) {
    let special = Attendee {
        user: Some(user(7).guid),
        role: ClassroomRole::AssistantInstructor,
        mobile: Mobile::new("+90 (555) 1").ok(),
        name: PersonName::new("İpek\u{301} \u{10ffff}").expect("a name"),
        updated_at: now().minutes_before(-5),
        ..attendee(1, 1)
    };
    insert(harness, vec![special.clone(), attendee(1, 2)]).expect("they are new");
    assert_eq!(find(harness, account().id, 1, AttendeeKey::Code(special.code.clone())), Some(special));
}

fn found<U: UnitOfWork>(harness: &Harness<U>) {
    let person = Attendee { user: Some(user(7).guid), ..attendee(1, 1) };
    insert(harness, vec![person.clone(), attendee(1, 2)]).expect("they are new");
    let email = Email::parse(&person.email.as_str().to_uppercase()).expect("an address");
    for key in [AttendeeKey::Code(person.code.clone()), AttendeeKey::User(user(7).guid), AttendeeKey::Email(email)] {
        assert_eq!(find(harness, account().id, 1, key.clone()).as_ref(), Some(&person));
        assert_eq!(find(harness, account().id, 2, key.clone()), None);
        assert_eq!(find(harness, other_account().id, 1, key.clone()), None);
        let elsewhere = harness.write(move |stores| stores.attendees().remove(other_account().id, guid(1), &key));
        assert!(!elsewhere);
    }
}

fn many<U: UnitOfWork>(harness: &Harness<U>) {
    const MANY: u32 = 1_000;
    let attendees: Vec<_> = (1..=MANY).map(|number| attendee(1, number)).collect();
    let emails = attendees.iter().map(|attendee| attendee.email.key()).collect();
    let codes: BTreeSet<_> = attendees.iter().take(10).map(|attendee| attendee.code.clone()).collect();
    insert(harness, attendees).expect("they are new");
    let keys = AttendeeKeys { codes, emails, ..AttendeeKeys::default() };
    let found = harness.read(move |stores| stores.attendees().find_many(account().id, guid(1), &keys));
    assert_eq!(u32::try_from(found.len()), Ok(MANY), "each once");
    assert!(harness.read(|stores| stores.attendees().find_many(account().id, guid(1), &AttendeeKeys::default())).is_empty());
}

fn unique<U: UnitOfWork>(harness: &Harness<U>) {
    let first = Attendee { user: Some(user(7).guid), ..attendee(1, 1) };
    insert(harness, vec![first.clone()]).expect("it is new");
    for twin in [
        Attendee { code: first.code.clone(), ..attendee(2, 2) },
        Attendee { email: Email::parse("GUEST1@demo.example").expect("an address"), ..attendee(1, 2) },
        Attendee { user: first.user, ..attendee(1, 2) },
    ] {
        let refused = insert(harness, vec![attendee(1, 3), twin]);
        assert!(matches!(refused, Err(StoreError::Conflict(Conflict::Attendee))), "{refused:?}");
    }
    let elsewhere = Attendee { user: first.user, email: first.email, ..attendee(2, 2) };
    insert(harness, vec![elsewhere]).expect("another session is another list");
}

fn guests<U: UnitOfWork>(harness: &Harness<U>) {
    insert(harness, (1..=3).map(|number| attendee(1, number)).collect()).expect("they are new");
}

fn updated<U: UnitOfWork>(harness: &Harness<U>) {
    insert(harness, vec![attendee(1, 1), attendee(1, 2)]).expect("they are new");
    let changed = Attendee {
        email: Email::parse("new@demo.example").expect("an address"),
        mobile: Mobile::new("1").ok(),
        role: ClassroomRole::Admin,
        ..attendee(1, 1)
    };
    let written = changed.clone();
    harness.write(move |stores| stores.attendees().update_many(account().id, &[written]));
    assert_eq!(find(harness, account().id, 1, AttendeeKey::Email(changed.email.clone())), Some(changed));
    assert_eq!(find(harness, account().id, 1, AttendeeKey::Email(attendee(1, 1).email)), None);
    assert_eq!(find(harness, account().id, 1, AttendeeKey::Code(attendee(1, 2).code)), Some(attendee(1, 2)));
}

fn listed<U: UnitOfWork>(harness: &Harness<U>) {
    let late = Attendee { created_at: now().minutes_before(-1), name: PersonName::new("IŞIL").expect("a name"), ..attendee(1, 1) };
    insert(harness, vec![late, attendee(1, 2), attendee(1, 3), attendee(2, 4)]).expect("they are new");
    let list = |form: PersonFilterForm| {
        let filter = form.validate(100).expect("a filter");
        let found = harness.read(move |stores| stores.attendees().list(account().id, guid(1), &filter));
        found.into_iter().map(|attendee| attendee.code).collect::<Vec<AttendanceCode>>()
    };
    let codes = |numbers: &[u32]| numbers.iter().map(|number| attendee(1, *number).code).collect::<Vec<_>>();
    assert_eq!(list(PersonFilterForm::default()), codes(&[2, 3, 1]));
    assert_eq!(list(PersonFilterForm { name: text("ışı"), ..PersonFilterForm::default() }), codes(&[1]));
    assert_eq!(list(PersonFilterForm { email: text("Guest3@demo.example"), ..PersonFilterForm::default() }), codes(&[3]));
    assert_eq!(list(PersonFilterForm { name: text("%"), ..PersonFilterForm::default() }), codes(&[]));
    let page = PersonFilterForm { page_number: Field::Given(2), page_size: Field::Given(2), ..PersonFilterForm::default() };
    assert_eq!(list(page), codes(&[1]));
}

fn removed<U: UnitOfWork>(harness: &Harness<U>) {
    insert(harness, vec![attendee(1, 1)]).expect("it is new");
    let remove = || harness.write(|stores| stores.attendees().remove(account().id, guid(1), &AttendeeKey::Code(attendee(1, 1).code)));
    assert_eq!((remove(), remove()), (true, false));
    insert(harness, vec![attendee(1, 1)]).expect("it is new again");
}

const ALWAYS: AttendanceFilter = AttendanceFilter { from: Timestamp::MIN, to: Timestamp::MAX };

/// Sessions on the days of a month, by their numbers.
fn on_days<U: UnitOfWork>(harness: &Harness<U>, days: &[u128]) -> Vec<Session> {
    let sessions: Vec<_> =
        days.iter().map(|day| Session { start: start(&format!("2025-08-{day:02}T12:00:00")), ..session(guid(*day)) }).collect();
    let written = sessions.clone();
    harness.write(move |stores| stores.sessions().insert_many(account().id, &written.iter().collect::<Vec<_>>()));
    sessions
}

fn as_attended(sessions: &[&Session]) -> Vec<AttendedSession> {
    let attended = |session: &&Session| AttendedSession { guid: session.guid, start: session.start.instant(), duration: session.duration };
    sessions.iter().map(attended).collect()
}

fn attended<U: UnitOfWork>(harness: &Harness<U>) {
    let sessions = on_days(harness, &[9, 3, 5, 7, 8]);
    let deleted = Session { status: SessionStatus::Deleted, ..sessions[4].clone() };
    harness.write(move |stores| stores.sessions().update_many(account().id, &[&deleted]));
    let me = user(7);
    let address = me.email.clone().expect("an address");
    let as_person = |session, number| Attendee { user: Some(user(7).guid), ..attendee(session, number) };
    let as_guest = |session, number| Attendee { email: address.clone(), ..attendee(session, number) };
    // The third day has two attendances, the eighth is deleted, and the fifth belongs to another person.
    let mine = vec![as_person(3, 1), as_guest(3, 2), as_guest(9, 3), as_person(7, 4), as_person(8, 5), attendee(5, 6)];
    insert(harness, mine).expect("they are new");
    let elsewhere = vec![as_person(5, 1), as_guest(5, 2)];
    harness.write(move |stores| stores.attendees().insert_many(other_account().id, &elsewhere));

    let of = |person: User| {
        let who = DataSubject::new(&person.id.to_string(), vec![person]);
        harness.read(move |stores| stores.attendees().attendance_of(account().id, &who))
    };
    let (first, last) = (sessions[1].start.instant(), sessions[0].start.instant());
    assert_eq!(of(me.clone()), Attendance { sessions: 3, first: Some(first), last: Some(last) });
    assert_eq!(of(User { email: None, ..me.clone() }).sessions, 2);
    assert_eq!(of(user(8)), Attendance::default());
    let guest = DataSubject::new(&address.as_str().to_uppercase(), Vec::new());
    assert_eq!(harness.read(move |stores| stores.attendees().attendance_of(account().id, &guest)).sessions, 2);

    let attended_in = |filter: AttendanceFilter| {
        let (me, page) = (DataSubject::new("7", vec![me.clone()]), PageRequest { size: 1_000, after: None });
        harness.read(move |stores| stores.attendees().attended_by(account().id, &me, filter, page))
    };
    assert_eq!(attended_in(ALWAYS), as_attended(&[&sessions[1], &sessions[3], &sessions[0]]));
    let seventh = sessions[3].start.instant();
    assert_eq!(attended_in(AttendanceFilter { from: seventh, to: seventh }), as_attended(&[&sessions[3]]));
    assert_eq!(attended_in(AttendanceFilter { from: Timestamp::from_micros(seventh.micros() + 1), to: seventh }), []);
}

fn attended_pages<U: UnitOfWork>(harness: &Harness<U>) {
    // All sessions start at the same time, so that the GUID decides the order.
    let sessions: Vec<_> = (1..=7).map(|number| session(guid(number))).collect();
    let mine: Vec<_> = (1..=7).map(|number| Attendee { user: Some(user(7).guid), ..attendee(number.into(), number) }).collect();
    let written = sessions.clone();
    harness.write(move |stores| {
        stores.sessions().insert_many(account().id, &written.iter().collect::<Vec<_>>())?;
        stores.attendees().insert_many(account().id, &mine)
    });
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = PageRequest { size: 3, after };
        let me = DataSubject::new("7", vec![user(7)]);
        let part = harness.read(move |stores| stores.attendees().attended_by(account().id, &me, ALWAYS, page));
        let Some(last) = part.last() else { break };
        after = Some(last.cursor());
        seen.extend(part);
    }
    assert_eq!(seen, as_attended(&sessions.iter().collect::<Vec<_>>()));
}

fn numbers(subject: &DataSubject) -> (Option<i64>, Vec<i64>) {
    let living = subject.living().map(|user| user.id.get());
    let deleted = subject.people().iter().filter(|user| user.status == UserState::Deleted).map(|user| user.id.get());
    (living, deleted.collect())
}

fn meant<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, text: &str) -> (Option<i64>, Vec<i64>) {
    let reference = ReferenceId::new(text).expect("a reference");
    numbers(&harness.read(move |stores| stores.users().find_subject(account, &reference)))
}

fn person<U: UnitOfWork>(harness: &Harness<U>) {
    let named = |number, name: &str| User { username: Username::parse(name).ok(), email: None, ..user(number) };
    // A user name that equals the id or GUID of another user must not hide that user.
    let people = [user(7), named(8, "7"), named(9, &user(7).guid.to_string()), service_user(), named(10, "user7@demo.example")];
    harness.write(move |stores| {
        stores.identity().add_account(&account(), now())?;
        people.iter().try_for_each(|user| stores.users().add(account().id, user).map(drop))
    });
    for text in ["7", "USER7", "User7@demo.example", &user(7).guid.to_string(), &user(7).guid.to_string().to_lowercase()] {
        assert_eq!(meant(harness, account().id, text), (Some(7), vec![]), "{text}");
        assert_eq!(meant(harness, other_account().id, text), (None, vec![]), "{text}");
    }
    for text in [" user7 ", "  User7@demo.example\u{a0}", "\t7", &format!(" {} ", user(7).guid)] {
        assert_eq!(meant(harness, account().id, text), (Some(7), vec![]), "{text:?}");
    }
    assert_eq!(meant(harness, account().id, "user8").0, None);
    assert_eq!(meant(harness, account().id, &service_user().id.to_string()).0, None, "a service is not a person");
}

fn deleted<U: UnitOfWork>(harness: &Harness<U>) {
    let named = |number, name: &str, address: &str| User {
        username: Username::parse(name).ok(),
        email: Email::parse(address).ok(),
        ..user(number)
    };
    harness.write(move |stores| {
        for of in [account(), other_account()] {
            stores.identity().add_account(&of, now())?;
        }
        // Three persons had the address one after the other, and only the last still exists. The last also took the first one's name.
        for (number, name, address) in [(7, "ilk", "ayni@demo.example"), (8, "Ortanca", "Ayni@demo.example")] {
            let person = named(number, name, address);
            stores.users().add(account().id, &person)?;
            stores.users().delete(account().id, &person, now())?;
        }
        stores.users().add(account().id, &named(9, "ilk", "AYNI@demo.example"))?;
        stores.users().add(other_account().id, &named(7, "ilk", "ayni@demo.example")).map(drop)
    });
    let of = |text: &str| meant(harness, account().id, text);
    assert_eq!(of("ayni@DEMO.example"), (Some(9), vec![7, 8]));
    assert_eq!(of("ILK"), (Some(9), vec![7]));
    assert_eq!(of("ortanca"), (None, vec![8]));
    assert_eq!(of("7"), (None, vec![7]));
    assert_eq!(of(&user(8).guid.to_string()), (None, vec![8]));
    assert_eq!(meant(harness, other_account().id, "ilk"), (Some(7), vec![]));
    assert_eq!(meant(harness, other_account().id, "ortanca"), (None, vec![]));

    let erased = harness.write(|stores| {
        let tombstone = stores.users().lock(account().id, user(8).id)?.expect("a tombstone");
        stores.users().update(account().id, &tombstone)?;
        Ok(tombstone)
    });
    assert_eq!(erased, named(8, "Ortanca", "ayni@demo.example").deleted(now()));
    assert_eq!((of("ortanca"), of("ayni@demo.example")), ((None, vec![]), (Some(9), vec![7])));
}
