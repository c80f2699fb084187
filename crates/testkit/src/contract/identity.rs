//! Accounts, principals and credentials.

use std::collections::BTreeSet;

use derslik_domain::course::{CourseSettings, GradingPeriodLicence, MemberCreation};
use derslik_domain::id::Id;
use derslik_domain::identity::{
    Account, AccountName, ClassroomRole, CredentialKind, Email, Lang, Mobile, PasswordHash, PersonFilter, PersonFilterForm, PersonName,
    Scope, SecretDigest, User, UserKey, UserProfile, UserState, Username,
};
use derslik_domain::time::{StartDateMode, Zone};
use derslik_ports::outbound::{Conflict, NewCredential, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, guid, now, other_account, service_principal, service_user, session, settings, text, user};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_credential_is_found_with_its_account_and_principal", run: credential_is_found },
        Case { name: "adding_what_is_there_already_changes_nothing", run: adding_twice },
        Case { name: "two_accounts_can_not_have_one_name", run: name_is_unique },
        Case { name: "a_revoked_credential_is_not_found", run: revoked_is_gone },
        Case { name: "a_credential_of_a_user_that_may_not_act_is_not_found", run: passive_is_gone },
        Case { name: "ids_of_accounts_are_never_given_twice", run: account_ids },
        Case { name: "a_user_is_found_by_each_of_its_keys_in_its_own_account_alone", run: user_is_found },
        Case { name: "an_address_and_a_user_name_belong_to_one_user_of_an_account", run: user_is_unique },
        Case { name: "a_changed_user_is_written_over", run: user_is_updated },
        Case { name: "what_the_sessions_api_shows_of_a_user_comes_back", run: user_profile },
        Case { name: "people_are_found_by_many_user_names_at_once_in_their_own_account_alone", run: found_by_usernames },
        Case { name: "people_are_listed_without_services_and_deleted_ones", run: people_are_listed },
        Case { name: "a_password_is_written_over_and_found_in_its_own_account_alone", run: passwords },
        Case { name: "all_credentials_of_a_principal_are_revoked_together", run: all_revoked },
        Case { name: "ids_of_users_are_never_given_twice", run: user_ids },
        Case { name: "a_principal_is_held_while_it_may_act_and_writes_nothing_afterwards", run: principal_is_held },
    ]
}

fn credential(digest: u8) -> NewCredential {
    NewCredential {
        kind: CredentialKind::AccessKey,
        public_id: "demo-access".to_owned(),
        digest: SecretDigest::new([digest; 32]),
        scopes: Scope::ALL.into_iter().collect(),
        expires_at: Some(now()),
        project: Some(Id::new(3)),
        access_key: None,
        at: now(),
    }
}

fn set_up<U: UnitOfWork>(harness: &Harness<U>, account: Account) {
    harness.write(move |stores| {
        stores.identity().add_account(&account, now())?;
        stores.users().add(account.id, &service_user())?;
        stores.identity().add_credential(account.id, service_principal(), &credential(7)).map(drop)
    });
}

fn credential_is_found<U: UnitOfWork>(harness: &Harness<U>) {
    let mut changed = account();
    changed.settings.timezone = Zone::parse("Asia/Riyadh").expect("a zone");
    changed.settings.start_date_mode = StartDateMode::Instant;
    changed.settings.courses =
        CourseSettings { member_creation: MemberCreation::ActiveToo, grading_periods: GradingPeriodLicence::Missing };
    set_up(harness, changed.clone());

    let found = harness.read(|stores| stores.identity().find_credential(CredentialKind::AccessKey, "demo-access"));
    let found = found.expect("the credential is there");
    assert_eq!(found.account, changed);
    assert_eq!(found.credential.principal, service_principal());
    assert_eq!(found.credential.digest.bytes(), &[7; 32]);
    assert_eq!(found.credential.scopes, Scope::ALL.into_iter().collect());
    assert_eq!(found.credential.expires_at, Some(now()));
    assert_eq!(found.credential.project, Some(Id::new(3)));

    let unknown = harness.read(|stores| stores.identity().find_credential(CredentialKind::AccessKey, "DEMO-ACCESS"));
    assert!(unknown.is_none());
}

fn adding_twice<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness, account());
    let added = harness.write(|stores| {
        Ok([
            stores.identity().add_account(&Account { name: AccountName::new("again").expect("a name"), ..account() }, now())?,
            stores.users().add(account().id, &service_user())?,
            stores.identity().add_credential(account().id, service_principal(), &credential(8))?.is_some(),
        ])
    });
    assert_eq!(added, [false; 3]);
    let found = harness.read(|stores| stores.identity().find_credential(CredentialKind::AccessKey, "demo-access"));
    let found = found.expect("the credential is there");
    assert_eq!((found.account.name.as_str(), found.credential.digest.bytes()), ("demo", &[7; 32]));
}

fn name_is_unique<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness, account());
    let taken = Account { name: account().name, settings: settings(), ..other_account() };
    let refused = harness.try_write(move |stores| stores.identity().add_account(&taken, now()));
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::AccountName))), "{refused:?}");
}

fn revoked_is_gone<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness, account());
    let find = || harness.read(|stores| stores.identity().find_credential(CredentialKind::AccessKey, "demo-access"));
    let id = find().expect("the credential is there").credential.id;

    let by_another = harness.write(move |stores| stores.identity().revoke_credential(other_account().id, id, now()));
    assert!(!by_another && find().is_some(), "another account revokes nothing");

    let revoked = harness.write(move |stores| stores.identity().revoke_credential(account().id, id, now()));
    assert!(revoked && find().is_none());
    assert!(!harness.write(move |stores| stores.identity().revoke_credential(account().id, id, now())), "once is enough");
}

fn principal_is_held<U: UnitOfWork>(harness: &Harness<U>) {
    set_up_users(harness);
    harness.write(|stores| {
        stores.users().update(account().id, &User { status: UserState::Passive, ..user(100) })?;
        stores.users().add(account().id, &user(102)).map(drop)
    });
    let held = |number| harness.write(move |stores| stores.identity().hold_principal(account().id, user(number).id));
    assert_eq!([100, 101, 102, 103].map(held), [false, true, true, false], "passive, active, active, no such user");
    let write = |number: i64, one: u128| {
        harness.write(move |stores| {
            stores.sessions().insert_many_by(account().id, user(number).id, &[&session(guid(one)), &session(guid(one + 1))])
        })
    };
    assert_eq!((write(100, 1), write(101, 3), write(103, 5)), (false, true, false));
    assert!(!harness.write(|stores| stores.sessions().insert_many_by(other_account().id, user(101).id, &[&session(guid(7))])));
    harness.write(|stores| stores.users().delete(account().id, &user(102), now()));
    assert_eq!((held(102), write(102, 8)), (false, false));
    let there = harness.read(|stores| stores.sessions().find_many(account().id, &(1..10).map(guid).collect::<Vec<_>>()));
    let mut there: Vec<_> = there.into_keys().collect();
    there.sort();
    assert_eq!(there, [guid(3), guid(4)]);
}

fn set_up_users<U: UnitOfWork>(harness: &Harness<U>) {
    harness.write(|stores| {
        for account in [account(), other_account()] {
            stores.identity().add_account(&account, now())?;
            stores.users().add(account.id, &user(100))?;
        }
        stores.users().add(account().id, &user(101))
    });
}

fn user_is_found<U: UnitOfWork>(harness: &Harness<U>) {
    set_up_users(harness);
    let find = |account: Account, key: UserKey| harness.read(move |stores| stores.users().find(account.id, &key));
    let keys = [
        UserKey::Id(user(101).id),
        UserKey::Guid(user(101).guid),
        UserKey::Email(Email::parse("USER101@Demo.Example").expect("an address")),
        UserKey::Username(Username::parse("USER101").expect("a name")),
    ];
    for key in keys {
        assert_eq!(find(account(), key.clone()), Some(user(101)), "{key:?}");
        assert_eq!(find(other_account(), key.clone()), None, "{key:?}");
    }
    let found = harness.read(|stores| stores.users().find_many(account().id, &[user(101).id, user(100).id, user(7).id]));
    assert_eq!(found.len(), 2);
}

fn user_is_unique<U: UnitOfWork>(harness: &Harness<U>) {
    set_up_users(harness);
    let add = |user: User| harness.try_write(move |stores| stores.users().add(account().id, &user));
    let same_email = User { email: Email::parse("User101@DEMO.example").ok(), ..user(102) };
    assert!(matches!(add(same_email), Err(StoreError::Conflict(Conflict::UserEmail))));
    let same_name = User { username: Username::parse("USER101").ok(), ..user(102) };
    assert!(matches!(add(same_name), Err(StoreError::Conflict(Conflict::Username))));
    harness.write(|stores| {
        let renamed = User { email: Email::parse("şahin@demo.example").ok(), username: Username::parse("Şahin").ok(), ..user(101) };
        stores.users().update(account().id, &renamed)
    });
    let decomposed = User { username: Username::parse("s\u{327}ahin").ok(), ..user(102) };
    assert!(matches!(add(decomposed), Err(StoreError::Conflict(Conflict::Username))));
    let decomposed = User { email: Email::parse("S\u{327}AHIN@demo.example").ok(), ..user(102) };
    assert!(matches!(add(decomposed), Err(StoreError::Conflict(Conflict::UserEmail))));
    let dotless = User { email: Email::parse("şahın@demo.example").ok(), username: Username::parse("şahın").ok(), ..user(104) };
    assert!(matches!(add(dotless), Ok(true)), "the dotless i is a letter of its own");
    let same_guid = User { guid: user(101).guid, ..user(102) };
    assert!(matches!(add(same_guid), Err(StoreError::Conflict(Conflict::User))));
    for number in [102, 103] {
        let nameless = User { email: None, username: None, ..user(number) };
        assert!(matches!(add(nameless), Ok(true)), "any number of users may have none");
    }
}

fn user_is_updated<U: UnitOfWork>(harness: &Harness<U>) {
    set_up_users(harness);
    let changed = User { email: None, status: UserState::Deleted, name: user(1).surname, ..user(101) };
    let written = changed.clone();
    assert!(harness.write(move |stores| stores.users().update(account().id, &written)));
    assert_eq!(harness.read(|stores| stores.users().find(account().id, &UserKey::Id(user(101).id))), Some(changed));
    assert!(!harness.write(|stores| stores.users().update(account().id, &user(102))));
}

fn user_ids<U: UnitOfWork>(harness: &Harness<U>) {
    set_up_users(harness);
    let next = |account: Account| harness.write(move |stores| stores.users().next_id(account.id)).get();
    assert_eq!((next(account()), next(other_account())), (102, 101));
}

fn user_profile<U: UnitOfWork>(harness: &Harness<U>) {
    set_up_users(harness);
    let profile = UserProfile {
        role: ClassroomRole::SeniorInstructor,
        mobile: Mobile::new("+90 1").ok(),
        login_allowed: false,
        lang: Lang::parse("tr-TR").ok(),
        timezone: Zone::parse("Asia/Riyadh").ok(),
        expires_at: Some(now()),
    };
    let changed = User { profile, ..user(101) };
    let written = changed.clone();
    harness.write(move |stores| stores.users().update(account().id, &written));
    let guids = BTreeSet::from([user(101).guid, user(7).guid]);
    assert_eq!(harness.read(move |stores| stores.users().hold_by_guids(account().id, &guids)), [changed]);
}

fn found_by_usernames<U: UnitOfWork>(harness: &Harness<U>) {
    set_up_users(harness);
    let named = |number: i64, name: &str| User { username: Username::parse(name).ok(), ..user(number) };
    let (one, other) = (named(111, "Ayşe Hoca"), named(112, "ayhan"));
    let written = [one.clone(), other.clone()];
    harness.write(move |stores| written.iter().try_for_each(|user| stores.users().add(account().id, user).map(drop)));
    let wanted: Vec<Username> = ["AYŞE HOCA", "Ayhan", "nobody"].into_iter().filter_map(|name| Username::parse(name).ok()).collect();
    let find = |account: Account| {
        let wanted = wanted.clone();
        let mut found = harness.read(move |stores| stores.users().hold_by_usernames(account.id, &wanted));
        found.sort_by_key(|user| user.id);
        found
    };
    assert_eq!(find(account()), [one, other]);
    assert_eq!(find(other_account()), []);
}

fn people_are_listed<U: UnitOfWork>(harness: &Harness<U>) {
    set_up_users(harness);
    harness.write(|stores| {
        stores.users().add(account().id, &service_user())?;
        stores.users().add(account().id, &user(102).deleted(now()))?;
        stores.users().add(account().id, &User { name: PersonName::new("IŞIL").expect("a name"), ..user(103) })?;
        let email = Email::parse("irmak@demo.example").ok();
        stores.users().add(account().id, &User { name: PersonName::new("Şule").expect("a name"), email, ..user(104) })
    });
    let found = |filter: PersonFilter| {
        let found = harness.read(move |stores| stores.users().list_people(account().id, &filter));
        found.into_iter().map(|user| user.id.get()).collect::<Vec<_>>()
    };
    let list = |form: PersonFilterForm| found(form.validate(100).expect("a filter"));
    assert_eq!(list(PersonFilterForm::default()), [100, 101, 103, 104]);
    assert_eq!(list(PersonFilterForm { name: text("ışı"), ..PersonFilterForm::default() }), [103]);
    assert_eq!(list(PersonFilterForm { name: text("s\u{327}ule"), ..PersonFilterForm::default() }), [104], "composed or not");
    assert_eq!(list(PersonFilterForm { username: text("USER101"), ..PersonFilterForm::default() }), [101]);
    assert_eq!(list(PersonFilterForm { email: text("ırmak@demo.example"), ..PersonFilterForm::default() }), Vec::<i64>::new());
    assert_eq!(list(PersonFilterForm { email: text("IRMAK@demo.example"), ..PersonFilterForm::default() }), [104]);
    assert_eq!(list(PersonFilterForm { role: text("e"), ..PersonFilterForm::default() }), Vec::<i64>::new());
    harness.write(|stores| stores.users().update(account().id, &User { status: UserState::Passive, ..user(101) }));
    let filter = PersonFilterForm::default().validate(100).expect("a filter");
    assert_eq!(found(PersonFilter { status: Some(UserState::Passive), ..filter.clone() }), [101]);
    assert_eq!(found(PersonFilter { status: Some(UserState::Active), ..filter }), [100, 103, 104]);
}

fn passwords<U: UnitOfWork>(harness: &Harness<U>) {
    set_up_users(harness);
    for hash in ["one", "other"] {
        harness.write(move |stores| stores.identity().set_password(account().id, user(101).id, &PasswordHash::new(hash), now()));
        let found = harness.read(|stores| stores.identity().find_password(account().id, user(101).id));
        assert_eq!(found.as_ref().map(PasswordHash::as_str), Some(hash));
    }
    for (account, user) in [(account(), user(100)), (other_account(), user(101))] {
        assert!(harness.read(move |stores| stores.identity().find_password(account.id, user.id)).is_none());
    }
}

fn all_revoked<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness, account());
    let find = || harness.read(|stores| stores.identity().find_credential(CredentialKind::AccessKey, "demo-access"));
    harness.write(|stores| stores.identity().revoke_credentials_of(other_account().id, service_principal().id, now()));
    assert!(find().is_some());
    harness.write(|stores| stores.identity().revoke_credentials_of(account().id, service_principal().id, now()));
    assert!(find().is_none());
}

fn passive_is_gone<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness, account());
    for (status, found) in [(UserState::Passive, false), (UserState::Active, true), (UserState::Deleted, false)] {
        let changed = User { status, ..service_user() };
        harness.write(move |stores| stores.users().update(account().id, &changed));
        let credential = harness.read(|stores| stores.identity().find_credential(CredentialKind::AccessKey, "demo-access"));
        assert_eq!(credential.is_some(), found, "{status:?}");
    }
}

fn account_ids<U: UnitOfWork>(harness: &Harness<U>) {
    let next = || harness.read(|stores| stores.identity().next_account_id());
    let first = next();
    let named = |id, name: &str| Account { id, name: AccountName::new(name).expect("a name"), ..account() };
    let (taken, other) = (named(first, "first"), named(first, "second"));
    assert!(harness.write(move |stores| stores.identity().add_account(&taken, now())));
    assert!(!harness.write(move |stores| stores.identity().add_account(&other, now())), "the id is taken");
    assert!(next() > first);
}
