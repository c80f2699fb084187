//! One person who is in every table that can hold something of a person, and a look into every column of the database once that
//! person was erased.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use actix_web::http::Method;
use derslik_domain::attendee::Attendee;
use derslik_domain::identity::{Email, PersonName, Role, Scope, ServiceName, TokenLifetime, User, UserKey};
use derslik_domain::text::fold;
use derslik_ports::inbound::operators::{GrantTerms, NewDelegation, NewServiceAccount};
use derslik_ports::outbound::{Projection, Stores};
use derslik_storage::DatabaseUrl;
use derslik_storage::personal::{ErasureEffect, Presence, TABLES};
use derslik_testkit::builders::{account, attendee, guid, session};
use diesel::pg::PgConnection;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use serde_json::{Value, json};

use crate::left_behind::{keyed, log_in};
use crate::support::{DEMO, Service};
use crate::{ADMIN, KEY, PROJECT, call, erase};

const ADDRESS: &str = "kanarya.gulu@okul.example";
/// Another address, under which the person was deleted once and is an attendee still.
const OLD_ADDRESS: &str = "ötücü.kuş@eski.example";
/// A mistake in the address of a guest, which was corrected.
const WRONG_ADDRESS: &str = "yanlis.kus@okul.example";
const NAME: &str = "Kanaryagül";
const SURNAME: &str = "Ötücübaşı";
const USERNAME: &str = "KanaryaIşık";
const MOBILE: &str = "+90 555 987 6543";
const PASSWORD: &str = "kafesinden-kaçtı-1";
const SESSION: &str = "Kanaryamın dersi";
const TAGS: &str = "kanaryaetiketi";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    text: String,
}

/// What stands in the columns of the database that an erasure leaves nothing of the person in, a line for each row.
fn dump(url: &DatabaseUrl) -> String {
    let here = if matches!(url, DatabaseUrl::Postgres(_)) { Presence::Postgres } else { Presence::Sqlite };
    let mut text = String::new();
    for table in TABLES.iter().filter(|table| table.presence == Presence::Both || table.presence == here) {
        let columns: Vec<_> =
            table.columns.iter().filter(|(_, effect)| !matches!(effect, ErasureEffect::Kept(_))).map(|(name, _)| *name).collect();
        for row in rows(url, table.name, &columns) {
            writeln!(text, "{}: {row}", table.name).unwrap();
        }
    }
    text
}

fn rows(url: &DatabaseUrl, table: &str, columns: &[&str]) -> Vec<String> {
    let rows: Vec<Row> = match url {
        DatabaseUrl::Postgres(url) => {
            let query = format!("SELECT concat_ws(' | ', {}) AS text FROM {table}", columns.join(", "));
            sql_query(query).load(&mut PgConnection::establish(url).unwrap()).unwrap()
        }
        DatabaseUrl::Sqlite(path) => {
            // Of a full-text index without content the tables behind it are looked at.
            if table == "session_words" {
                return Vec::new();
            }
            let column = |name: &&str| format!("coalesce(CASE typeof({name}) WHEN 'blob' THEN hex({name}) ELSE {name} END, '')");
            let columns: Vec<_> = columns.iter().map(column).collect();
            let query = format!("SELECT CAST({} AS TEXT) AS text FROM {table}", columns.join(" || ' | ' || "));
            sql_query(query).load(&mut SqliteConnection::establish(path.to_str().unwrap()).unwrap()).unwrap()
        }
    };
    rows.into_iter().map(|row| row.text).collect()
}

/// The forms in which a text may stand in a database: as it is, in other cases, folded, in JSON without letters of its own, and the
/// bytes of each.
fn forms(text: &str) -> BTreeSet<String> {
    let plain = [text.to_owned(), text.to_lowercase(), text.to_uppercase(), fold(text), text.replace('-', "")];
    let escaped = text.chars().map(|letter| if letter.is_ascii() { letter.to_string() } else { format!("\\u{:04x}", u32::from(letter)) });
    let plain = plain.into_iter().chain([escaped.collect::<String>()]);
    let hex = |text: &str| text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    plain.flat_map(|text| [hex(&text), text.to_lowercase()]).collect()
}

/// Which of the texts stand in the dump, with the line of each.
fn found<'a>(dump: &str, texts: &'a [String]) -> Vec<(&'a str, String)> {
    let lines: Vec<_> = dump.lines().map(|line| (line, line.to_lowercase())).collect();
    let mut found = Vec::new();
    for text in texts {
        let forms = forms(text);
        let hits = lines.iter().filter(|(_, lower)| forms.iter().any(|form| lower.contains(form)));
        found.extend(hits.map(|(line, _)| (text.as_str(), line.chars().take(300).collect())));
    }
    found
}

async fn done(service: &Service, token: &str, method: Method, path: &str, body: Value) -> Value {
    let (status, answer) = call(service, token, method, path, body).await;
    assert!(status < 300, "{path}: {status} {answer}");
    answer
}

/// A text as it stands in a path.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A request of the account under a key: its path, the key, and the body.
type Keyed = (String, String, String);

/// Puts the person everywhere, and tells every text by which it is known, and the requests whose answers were kept.
async fn settle(service: &Service) -> (Vec<String>, Vec<Keyed>) {
    let path = format!("/xapi/v2/session/{}/attendee/batch", guid(1));
    service
        .write(|stores| {
            let sessions: Vec<_> = (1..=5).map(|number| session(guid(number))).collect();
            stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>())?;
            stores.attendees().insert_many(account().id, &[attendee(1, 90)])
        })
        .await
        .unwrap();
    // Deleted once, with a session that still names the person.
    let former = json!({ "name": NAME, "surname": SURNAME, "username": USERNAME, "email": OLD_ADDRESS, "mobile": MOBILE });
    let former = done(service, DEMO, Method::POST, "/xapi/user", former).await;
    let former = former["user_id"].as_str().unwrap().to_owned();
    let (person, guest) = (former.parse().unwrap(), ADDRESS.to_owned());
    let named = move |session, number, user, email: &str| Attendee {
        user,
        email: Email::parse(email).unwrap(),
        name: PersonName::new(NAME).unwrap(),
        surname: PersonName::new(SURNAME).unwrap(),
        ..attendee(session, number)
    };
    let rows = [named(2, 7, Some(person), OLD_ADDRESS), named(3, 8, None, &guest)];
    let codes: Vec<_> = rows.iter().map(|attendee| attendee.code.as_str().to_owned()).collect();
    service.write(move |stores| stores.attendees().insert_many(account().id, &rows)).await.unwrap();
    done(service, DEMO, Method::DELETE, &format!("/xapi/user/{former}"), Value::Null).await;

    let again = json!({ "name": NAME, "surname": SURNAME, "username": USERNAME, "email": ADDRESS, "mobile": MOBILE, "password": PASSWORD });
    let (status, _, again) = keyed(service, DEMO, "/xapi/user", ADDRESS, &again.to_string()).await;
    assert!(status < 300, "{again}");
    let again = again["user_id"].as_str().unwrap().to_owned();
    // An attendee, under a key; and a request that is refused, and tells so of the person.
    let refused = json!([{ "email": ADDRESS.to_uppercase(), "name": NAME, "surname": SURNAME, "role": "x" }]);
    for (key, body) in [("attendee", json!([{ "user_guid": again }])), ("refused", refused)] {
        let (status, _, answer) = keyed(service, DEMO, &path, key, &body.to_string()).await;
        assert!([200, 201, 207, 400].contains(&status), "{status} {answer}");
    }
    let (known, requests) = answers_of_all_kinds(service).await;
    let key = UserKey::Email(Email::parse(ADDRESS).unwrap());
    let promote = move |stores: &mut dyn Stores| {
        let person = stores.users().find(account().id, &key)?.unwrap();
        stores.users().update(account().id, &User { role: Role::Admin, ..person })
    };
    service.write(promote).await.unwrap();
    // Sessions of the person's own: one that is indexed, and one that is pending.
    let token = log_in(service, USERNAME, PASSWORD).await;
    for number in 0..2 {
        let body = json!([{ "name": SESSION, "description": format!("{NAME} {SURNAME}"), "tags": TAGS, "start_date": "2025-08-05T12:00:00", "duration": 60 }]);
        done(service, &token, Method::POST, "/xapi/v2/session/batch", body).await;
        if number == 0 {
            for projection in Projection::ALL {
                service.write(move |stores| stores.change_log().catch_up(account().id, projection, 100)).await.unwrap();
            }
        }
    }
    // Owner, teacher and student of courses.
    let mut courses = Vec::new();
    for owner in [ADDRESS, "me", "me"] {
        let body = json!({ "name": "Biyoloji", "ownerId": owner, "courseState": "ACTIVE" });
        courses.push(done(service, ADMIN, Method::POST, "/v1/courses", body).await["id"].as_str().unwrap().to_owned());
    }
    for (course, roster) in courses.iter().skip(1).zip(["teachers", "students"]) {
        let path = format!("/v1/courses/{course}/{roster}");
        let (status, _, answer) = keyed(service, ADMIN, &path, &path, &json!({ "userId": ADDRESS }).to_string()).await;
        assert_eq!(status, 200, "{answer}");
    }
    grants(service).await;
    // An erasure that was cancelled.
    let job = done(service, KEY, Method::DELETE, &format!("{PROJECT}/users/{}", encoded(USERNAME)), Value::Null).await;
    done(service, KEY, Method::DELETE, &format!("{PROJECT}/jobs/{}", job["data"]["jobId"]), Value::Null).await;

    // An erasure of many that was cancelled. The names that it was asked for by stay with the job, as that of any job does.
    let users = json!({ "userIds": ["baska.kus@okul.example"] });
    let job = done(service, KEY, Method::POST, &format!("{PROJECT}/users/erase"), users).await;
    done(service, KEY, Method::DELETE, &format!("{PROJECT}/jobs/{}", job["data"]["jobId"]), Value::Null).await;

    let mut texts: Vec<_> = [ADDRESS, OLD_ADDRESS, NAME, SURNAME, USERNAME, MOBILE, SESSION, TAGS].map(str::to_owned).into();
    texts.extend([former, again]);
    texts.extend(codes);
    texts.extend(known);
    (texts, requests)
}

/// A refresh token of the person, and a service account that may act for the person.
async fn grants(service: &Service) {
    let (scopes, key) = ([Scope::Courses].into_iter().collect(), UserKey::Email(Email::parse(ADDRESS).unwrap()));
    let delegation = NewDelegation::People(vec![key.clone()]);
    let new = NewServiceAccount { name: ServiceName::parse("timetable").unwrap(), role: Role::Member, scopes, delegation };
    service.operators.grants.create_service_account(account().id, new).await.unwrap();
    let terms = GrantTerms { scopes, project: None, lifetime: TokenLifetime::Never };
    service.operators.grants.create_refresh_token(account().id, key, terms).await.unwrap();
}

/// Answers that name the person by the code alone, by an address that was corrected since, or inside of something longer, and keys
/// that do: what else the person is known by, and the requests.
async fn answers_of_all_kinds(service: &Service) -> (Vec<String>, Vec<Keyed>) {
    let v2 = format!("/xapi/v2/session/{}/attendee/batch", guid(5));
    let (v1, mut requests) = (format!("/xapi/session/{}/attendee", guid(4)), Vec::new());
    let mut send = async |path: &str, key: &str, body: Value| {
        requests.push((path.to_owned(), key.to_owned(), body.to_string()));
        keyed(service, DEMO, path, key, &body.to_string()).await.2
    };
    let of_v1 = send(&v1, "code", json!({ "email": ADDRESS, "name": NAME, "surname": SURNAME })).await;
    let of_v1 = of_v1.as_str().unwrap_or_else(|| panic!("{of_v1} is no code")).to_owned();
    let guest = send(&v2, "wrong", json!([{ "email": WRONG_ADDRESS, "name": NAME, "surname": SURNAME }])).await;
    let code = guest["approved"][0]["attendance_code"].as_str().unwrap_or_else(|| panic!("{guest}")).to_owned();
    send(&v2, "corrected", json!([{ "attendance_code": code, "email": ADDRESS }])).await;
    send(&v2, "refused by the code", json!([{ "attendance_code": code, "name": NAME, "role": "x" }])).await;
    let inside = format!("x={ADDRESS}");
    send(&v2, "refused inside", json!([{ "email": inside, "name": "", "surname": SURNAME }])).await;
    for (number, key) in
        [format!("add-{ADDRESS}-1"), format!("k.{ADDRESS}.2"), format!("for:{}/3", encoded(ADDRESS).replace('@', "%40"))].iter().enumerate()
    {
        let other = json!([{ "email": format!("baska{number}@okul.example"), "name": "Can", "surname": "Ay" }]);
        send(&v2, key, other).await;
    }
    send(&v2, &format!("code-{code}-1"), json!([{ "email": "baska9@okul.example", "name": "Can", "surname": "Ay" }])).await;
    (vec![of_v1, code, WRONG_ADDRESS.to_owned()], requests)
}

pub(crate) async fn canary(service: Service) {
    let (texts, requests) = settle(&service).await;
    let before = dump(&service.url);
    for text in &texts {
        assert!(!found(&before, std::slice::from_ref(text)).is_empty(), "{text} is nowhere, so that nothing is proved of it");
    }
    // Every table that may hold something of a person does.
    for table in TABLES.iter().filter(|table| table.columns.iter().any(|(_, effect)| *effect != ErasureEffect::NotPersonal)) {
        let is_here = (table.presence == Presence::Postgres) == matches!(service.url, DatabaseUrl::Postgres(_));
        let is_empty = (table.presence == Presence::Both || is_here) && rows(&service.url, table.name, &["1"]).is_empty();
        // Of erased attendees something is kept while an erasure goes on. Admins belong to no account.
        assert!(
            !is_empty || ["session_words", "erased_names", "admins", "admin_sign_ins"].contains(&table.name),
            "{} is empty",
            table.name
        );
    }

    erase(&service, &ADDRESS.to_uppercase(), 2).await;
    // Who was deleted under another address is asked for by that one.
    erase(&service, &encoded(OLD_ADDRESS), 4).await;

    assert_eq!(found(&dump(&service.url), &texts), []);
    assert!(!dump(&service.url).contains("%40"), "nor as a URL has it");
    assert_eq!(rows(&service.url, "erased_names", &["name"]), [""; 0]);
    for (path, key, body) in requests {
        let (status, is_replayed, answer) = keyed(&service, DEMO, &path, &key, &body).await;
        assert_eq!((status, is_replayed), (409, false), "{key}: {answer}");
    }
    let owner = service.write(|stores| stores.users().find(account().id, &UserKey::Email(Email::parse(ADDRESS).unwrap()))).await.unwrap();
    assert_eq!(owner, None);
}
