//! Attendees.

use std::collections::BTreeSet;

use derslik_domain::attendee::{AttendanceCode, Attendee, AttendeeKey, AttendeeKeys};
use derslik_domain::form::Field;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{ClassroomRole, Email, Mobile, PersonFilterForm, PersonName};
use derslik_ports::outbound::{Conflict, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, attendee, guid, now, other_account, text, user};

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
        let filter = form.judge(100).expect("a filter");
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
