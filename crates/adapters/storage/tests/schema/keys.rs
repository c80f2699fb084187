//! Tests rows whose keys an earlier program made by its rule: the keys are made anew, and nothing else changes.

use std::thread;

use derslik_domain::attendee::AttendeeKey;
use derslik_domain::course::CourseName;
use derslik_domain::course::alias::{Alias, AliasSpace};
use derslik_domain::id::Id;
use derslik_domain::identity::{AdminRole, Email, PasswordHash, PersonFilterForm, User, UserKey, Username};
use derslik_domain::rows::RowCount;
use derslik_domain::session::{FilterForm, Session, SessionName};
use derslik_ports::outbound::{AdminToAdd, Projection};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, attendee, course, guid, now, other_account, session, text, user};
use derslik_testkit::contract::Harness;
use diesel::connection::SimpleConnection;

use super::{Connection, PgConnection, SqliteConnection, empty_postgres, empty_sqlite};

/// More users than one step reads, beside the six that the test is about.
const OTHERS: i64 = 1_100;

/// The keys of an earlier program: Turkish characters folded, nothing composed.
const OLD_KEYS: &str = "
    UPDATE principals SET username_key = 'irmak', email_key = 'irmak@okul.example' WHERE id = 100;
    UPDATE principals SET username_key = 's\u{327}irmak' WHERE id = 101;
    UPDATE principals SET username_key = 'şirmak' WHERE id = 102;
    UPDATE principals SET username_key = 's\u{327}ahin', name_key = 's\u{327}ule' WHERE id = 104;
    UPDATE course_aliases SET alias_key = alias;
    UPDATE courses SET search_key = 'fizik is\u{327}ik';
    UPDATE attendees SET email_key = 'irmak@okul.example';
    UPDATE sessions SET name_key = 'is\u{327}ik';
    UPDATE admins SET name_key = 'irmak';
    DELETE FROM key_rewrites;
    DELETE FROM key_twins;
";

fn named(number: i64, username: &str) -> User {
    User { username: Username::parse(username).ok(), ..user(number) }
}

fn set_up(harness: &Harness<DieselUnitOfWork>) {
    harness.write(|stores| {
        for account in [account(), other_account()] {
            stores.identity().add_account(&account, now())?;
        }
        // The owner of the course.
        stores.users().add(account().id, &user(2))?;
        let email = Email::parse("ırmak@okul.example").ok();
        stores.users().add(account().id, &User { email, ..named(100, "ırmak") })?;
        stores.users().add(account().id, &named(101, "s\u{327}irmak"))?;
        stores.users().add(account().id, &named(102, "şırmak"))?;
        stores.users().add(account().id, &named(103, "şahin"))?;
        stores.users().add(account().id, &named(104, "another"))?;
        let name = Username::parse("ırmak").expect("a name");
        let hash = PasswordHash::new("hash");
        stores.admins().add(&AdminToAdd { name, role: AdminRole::Viewer, hash, at: now() })?;
        for number in 0..OTHERS {
            stores.users().add(other_account().id, &user(1_000 + number))?;
        }
        let mut course = course(1);
        course.details.name = CourseName::new("Fizik Is\u{327}ık").expect("a name");
        stores.courses().insert(account().id, &course)?;
        for alias in ["d:ış", "d:ıs\u{327}/2"] {
            stores.aliases().add(account().id, Id::new(1), AliasSpace::Domain, &Alias::parse(alias).expect("an alias"), now())?;
        }
        let session = Session { name: SessionName::new("Is\u{327}ık").expect("a name"), ..session(guid(1)) };
        stores.sessions().insert_many(account().id, &[&session])?;
        let guest = derslik_domain::attendee::Attendee {
            email: Email::parse("ırmak@okul.example").expect("an address"),
            user: None,
            ..attendee(1, 1)
        };
        stores.attendees().insert_many(account().id, &[guest])
    });
    index(harness);
}

fn index(harness: &Harness<DieselUnitOfWork>) {
    while harness.write(|stores| stores.change_log().catch_up(account().id, Projection::SearchIndex, 1_000)) > RowCount::ZERO {}
}

fn keys_are_made_anew(url: &DatabaseUrl, execute: &mut dyn FnMut(&str)) {
    url.migrate().unwrap();
    let harness = Harness::new(|runtime| {
        DieselUnitOfWork::new(
            url,
            PoolSettings { connections: 2, statement_timeout: std::time::Duration::from_secs(60), ..PoolSettings::default() },
            runtime,
        )
    });
    set_up(&harness);
    execute(OLD_KEYS);
    // A twin: the earlier program accepted both names.
    execute("UPDATE principals SET username = 's\u{327}ahin', name = 'S\u{327}ule' WHERE id = 104");
    let find = |key: UserKey| harness.read(move |stores| stores.users().find(account().id, &key)).map(|user| user.id.get());
    let by_name = |name: &str| find(UserKey::Username(Username::parse(name).unwrap()));
    assert_eq!((by_name("ırmak"), by_name("irmak")), (None, Some(100)), "as the earlier program had it");

    // Processes that start together share the work, and each of them reports the twins.
    let told: Vec<_> = thread::scope(|scope| {
        let migrating: Vec<_> = (0..3).map(|_| scope.spawn(|| url.migrate().unwrap().twins)).collect();
        migrating.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for twins in told {
        let said = "account 1329, users 104: its user name or e-mail address is also that of another user; rename one of the two";
        assert_eq!(twins.iter().map(ToString::to_string).collect::<Vec<_>>(), [said]);
        let twins: Vec<_> = twins.iter().map(|twin| (twin.account, twin.table, twin.row.as_str())).collect();
        assert_eq!(twins, [(account().id, "users", "104")]);
    }

    assert_eq!((by_name("ırmak"), by_name("IRMAK"), by_name("irmak")), (Some(100), None, None));
    assert_eq!(find(UserKey::Email(Email::parse("ırmak@okul.example").unwrap())), Some(100));
    assert_eq!(find(UserKey::Email(Email::parse("irmak@okul.example").unwrap())), None);
    assert_eq!((by_name("şirmak"), by_name("s\u{327}ırmak")), (Some(101), Some(102)), "also where one user had the key of another");
    assert_eq!(by_name("s\u{327}ahin"), Some(103), "nothing is merged");
    let stored = harness.read(|stores| stores.users().find_many(account().id, &[Id::new(101), Id::new(104)]));
    let mut stored: Vec<_> = stored.iter().filter_map(|user| user.username.as_ref()).map(Username::as_str).collect();
    stored.sort_unstable();
    assert_eq!(stored, ["s\u{327}ahin", "s\u{327}irmak"], "texts stay as they were sent");
    let filter = PersonFilterForm { name: text("şule"), ..PersonFilterForm::default() }.validate(10).unwrap();
    let people = harness.read(move |stores| stores.users().list_people(account().id, &filter));
    assert_eq!(people.iter().map(|user| user.id.get()).collect::<Vec<_>>(), [104]);
    let resolve = |text: &str| {
        let alias = Alias::parse(text).unwrap();
        harness.read(move |stores| stores.aliases().resolve(account().id, AliasSpace::Domain, &alias)).map(Id::get)
    };
    assert_eq!((resolve("d:ıs\u{327}"), resolve("d:ış/2")), (Some(1), Some(1)));
    let guest = AttendeeKey::Email(Email::parse("ırmak@okul.example").unwrap());
    assert!(harness.read(move |stores| stores.attendees().find(account().id, guid(1), &guest)).is_some());
    let search = || {
        let filter = FilterForm { name: text("ışık"), ..FilterForm::default() }.validate().unwrap();
        harness.read(move |stores| stores.sessions().search(account().id, &filter)).entries.len()
    };
    assert_eq!(search(), 1);
    index(&harness);
    assert_eq!(search(), 1, "the index finds it as well");

    let remove = |name: &str| {
        let name = Username::parse(name).unwrap();
        harness.write(move |stores| stores.admins().remove(&name)).is_some()
    };
    assert_eq!((remove("irmak"), remove("ırmak")), (false, true), "an admin belongs to no account");

    harness.write(|stores| stores.users().update(account().id, &named(103, "doğan")));
    assert_eq!(url.migrate().unwrap().twins, [], "one of the two was renamed");
    assert_eq!(by_name("şahin"), Some(104));
    // Finished work is not repeated, and an interrupted step continues at its place.
    execute("UPDATE principals SET username_key = 'old' WHERE id = 100");
    url.migrate().unwrap();
    assert_eq!(by_name("ırmak"), None);
    execute("UPDATE key_rewrites SET account_id = (SELECT min(id) FROM accounts), after_row = '99' WHERE subject = 'users'");
    url.migrate().unwrap();
    assert_eq!(by_name("ırmak"), Some(100));
}

#[test]
fn keys_of_a_program_before_are_made_anew_on_postgres() {
    let database = empty_postgres();
    let url = database.url().parse().unwrap();
    keys_are_made_anew(&url, &mut |sql| PgConnection::establish(database.url()).unwrap().batch_execute(sql).unwrap());
}

#[test]
fn keys_of_a_program_before_are_made_anew_on_sqlite() {
    let (_folder, url, path) = empty_sqlite();
    keys_are_made_anew(&url, &mut |sql| {
        let mut conn = SqliteConnection::establish(&path).unwrap();
        conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
        conn.batch_execute(sql).unwrap();
    });
}
