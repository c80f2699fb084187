//! Each call of the three APIs by each kind of credential, on objects of the account `demo`, as the table in `isolation.tsv` says.
//! `BLESS=1 scripts/test -p derslik --test access isolation` writes the statuses anew. What no table may allow is checked then, too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use actix_web::body::MessageBody;
use actix_web::dev::{Service as HttpService, ServiceResponse};
use actix_web::http::Method;
use actix_web::{App, Error, test};
use derslik::dev_accounts::classroom_scopes;
use derslik_domain::id::Id;
use derslik_domain::identity::{Email, Scope, Scopes, TokenLifetime, UserKey};
use derslik_http::configure;
use derslik_ports::inbound::operators::{CreatedToken, NewToken};
use derslik_testkit::builders::account;
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::support::{DEMO, OTHER, Service};
use super::{done, expect, make, send, token};

/// The callers in the order of the columns.
const CALLERS: [&str; 18] = [
    "nobody",
    "unknown",
    "revoked",
    "other_key",
    "other_account_key",
    "other_admin",
    "key",
    "key_token",
    "administrator",
    "instructor",
    "attendant",
    "account_key",
    "admin",
    "teacher",
    "coteacher",
    "student",
    "stranger",
    "reader",
];
/// How many of them, from the first on, have no valid credential.
const UNKNOWN: usize = 3;
/// How many of them, from the first on, have no part in the account `demo`.
const OUTSIDERS: usize = 6;

const ACCOUNT_KEY: &str = "demo-organization-key";
const ADMIN: &str = "demo-admin-token";
const TEACHER: &str = "demo-teacher-token";
const PROJECT: &str = "3sWXSsqHgSKnE87YkNJK";
/// The shortest id that no text has by chance.
const SHORTEST_ID: usize = 8;

/// A call, and the status that each caller gets.
struct Row {
    method: Method,
    path: String,
    body: Option<String>,
    statuses: Vec<u16>,
}

impl Row {
    fn read(line: &str) -> Result<Self, Failed> {
        let mut cells = line.split('\t');
        let mut next = || cells.next().ok_or_else(|| format!("this line of the table is cut off: {line}"));
        let (method, path, body) = (Method::from_bytes(next()?.as_bytes())?, next()?.to_owned(), next()?);
        let body = (body != "-").then(|| body.to_owned());
        Ok(Self { method, path, body, statuses: cells.map(str::parse).collect::<Result<_, _>>()? })
    }

    fn write(&self) -> String {
        let mut cells = vec![self.method.to_string(), self.path.clone(), self.body.clone().unwrap_or_else(|| "-".to_owned())];
        cells.extend(self.statuses.iter().map(ToString::to_string));
        cells.join("\t")
    }

    /// The method, and the path with `{}` for each segment that names an object.
    fn shape(&self) -> String {
        format!("{} {}", self.method, shape(self.path.split('?').next().unwrap_or_default()))
    }
}

fn shape(path: &str) -> String {
    path.split('/').map(|segment| if segment.contains('{') { "{}" } else { segment }).collect::<Vec<_>>().join("/")
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn heading() -> String {
    ["method", "path", "body"].into_iter().chain(CALLERS).collect::<Vec<_>>().join("\t")
}

fn rows() -> Result<Vec<Row>, Failed> {
    let text = std::fs::read_to_string(file("tests/access/isolation.tsv"))?;
    let mut lines = text.lines();
    expect("the columns of the table", &lines.next().unwrap_or_default(), &heading())?;
    lines.map(Row::read).collect()
}

/// Every described call is in the table.
pub(crate) fn has_every_call() -> Result<(), Failed> {
    let rows = rows()?;
    let cells = rows.iter().map(|row| row.statuses.len()).sum::<usize>();
    if cells < 1_000 || rows.iter().any(|row| row.statuses.len() != CALLERS.len()) {
        return Err(format!("the table has {cells} cells, or a row has too few").into());
    }
    let in_table: BTreeSet<_> = rows.iter().map(Row::shape).collect();
    let document: Value = serde_json::from_str(&std::fs::read_to_string(file("../../docs/openapi.json"))?)?;
    let mut missing = Vec::new();
    for (path, calls) in document["paths"].as_object().ok_or("no paths")? {
        for method in ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| calls.get(*method).is_some()) {
            let shape = format!("{} {}", method.to_uppercase(), shape(path));
            // Tokens are asked for without a credential.
            if path != "/auth/connect/token" && !in_table.contains(&shape) {
                missing.push(shape);
            }
        }
    }
    expect("described calls that the table does not have", &missing, &Vec::<String>::new())
}

/// The names between braces in paths and bodies, each with what it stands for.
#[derive(Clone)]
struct Objects(Vec<(&'static str, String)>);

impl Objects {
    /// New objects of the account `demo`, as far as the path needs them.
    async fn of<S, B>(app: &S, path: &str, number: u32) -> Result<Self, Failed>
    where
        S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        let mut found = vec![("{email}", "pupil@okul.example".to_owned()), ("{username}", "pupil".to_owned())];
        if path.starts_with("/v1/") {
            found.push(("{course}", course(app, number).await?));
            found.push(("{alias}", format!("a{number}")));
            if path.contains("{archived}") {
                let archived = course(app, number + 1_000_000).await?;
                let change = json!({ "courseState": "ARCHIVED" });
                done(app, TEACHER, Method::PATCH, &format!("/v1/courses/{archived}?updateMask=courseState"), change).await?;
                found.push(("{archived}", archived));
            }
            return Ok(Self(found));
        }
        let made = make(app).await?;
        found.extend([("{session}", made.session), ("{code}", made.code), ("{person}", made.user)]);
        if !path.starts_with("/xapi") && !path.starts_with("/api/groups") {
            let users = format!("/api/v1/{PROJECT}/users");
            let one = job(app, Method::DELETE, &format!("{users}/gone{number}"), None).await?;
            let many = json!({ "userIds": [format!("left{number}")] }).to_string();
            let many = job(app, Method::POST, &format!("{users}/erase"), Some(many)).await?;
            found.extend([("{project}", PROJECT.to_owned()), ("{job}", one), ("{mass}", many)]);
        }
        Ok(Self(found))
    }

    /// The same names for objects that do not exist.
    fn missing(&self) -> Self {
        let missing = |name: &str| match name {
            "{session}" | "{person}" => "8293D504-13EE-447F-9B36-6686C5C39FEB",
            "{project}" => "AAAAAAAAAAAAAAAAAAAA",
            "{job}" | "{mass}" | "{course}" | "{archived}" => "999999999999",
            "{email}" => "missing@okul.example",
            _ => "missing",
        };
        Self(self.0.iter().map(|(name, _)| (*name, missing(name).to_owned())).collect())
    }

    fn put_into(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// An answer about these objects as it would be about those that do not exist.
    fn hidden(&self, answer: &str) -> String {
        let pairs = self.0.iter().zip(self.missing().0).filter(|((_, ours), _)| ours.len() >= SHORTEST_ID);
        pairs.fold(answer.to_owned(), |answer, ((_, ours), (_, missing))| answer.replace(ours, &missing))
    }

    fn are_named_by(&self, row: &Row) -> bool {
        let body = row.body.as_deref().unwrap_or_default();
        self.0.iter().any(|(name, _)| row.path.contains(name) || body.contains(name))
    }

    /// Everything in the account `demo` that a call could have changed.
    async fn all<S, B>(&self, app: &S) -> Result<String, Failed>
    where
        S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        const PATHS: [(&str, &str); 11] = [
            (DEMO, "/xapi/session?page_size=1000"),
            (DEMO, "/xapi/session/{session}/attendees"),
            (DEMO, "/xapi/user?page_size=1000"),
            (ACCOUNT_KEY, "/api/v1/projects"),
            (ACCOUNT_KEY, "/api/v1/3sWXSsqHgSKnE87YkNJK/jobs"),
            (ADMIN, "/v1/courses"),
            (ADMIN, "/v1/courses/{course}"),
            (ADMIN, "/v1/courses/{course}/aliases"),
            (ADMIN, "/v1/courses/{course}/gradingPeriodSettings"),
            (ADMIN, "/v1/courses/{course}/teachers"),
            (ADMIN, "/v1/courses/{course}/students"),
        ];
        let mut all = String::new();
        for (bearer, path) in PATHS {
            all.push_str(&send(app, Some(bearer), &Method::GET, &self.put_into(path).replace(['{', '}'], "_"), None).await?.1);
        }
        Ok(all)
    }
}

/// An active course of the teacher with a co-teacher, a student and two aliases.
async fn course<S, B>(app: &S, number: u32) -> Result<String, Failed>
where
    S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let new = json!({ "name": "Biyoloji", "ownerId": "me", "courseState": "ACTIVE" });
    let made = done(app, TEACHER, Method::POST, "/v1/courses", new).await?;
    let course = made["id"].as_str().unwrap_or_default().to_owned();
    for (list, member) in [
        ("teachers", json!({ "userId": "103" })),
        ("students", json!({ "userId": "104" })),
        ("aliases", json!({ "alias": format!("d:a{number}") })),
        ("aliases", json!({ "alias": format!("p:a{number}") })),
    ] {
        done(app, ADMIN, Method::POST, &format!("/v1/courses/{course}/{list}"), member).await?;
    }
    Ok(course)
}

/// The number of a new job.
async fn job<S, B>(app: &S, method: Method, path: &str, body: Option<String>) -> Result<String, Failed>
where
    S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let (status, answer) = send(app, Some(ACCOUNT_KEY), &method, path, body).await?;
    let told: Value = serde_json::from_str(&answer)?;
    told["data"]["jobId"].as_i64().map(|id| id.to_string()).ok_or_else(|| format!("{method} {path}: {status} {answer}").into())
}

/// A new access token of the administrator of `demo`.
async fn issue(service: &Service, scopes: Scopes) -> Result<CreatedToken, Failed> {
    let new = NewToken { scopes, project: Some(Id::new(1)), lifetime: TokenLifetime::Never };
    let admin = UserKey::Email(Email::parse("admin@demo.example")?);
    Ok(service.operators.tokens.issue(account().id, admin, new).await?)
}

/// The credentials of the callers.
async fn bearers<S, B>(app: &S, service: &Service) -> Result<Vec<Option<String>>, Failed>
where
    S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    for (role, name) in [("a", "administrator"), ("e", "instructor"), ("u", "attendant")] {
        let person = json!({
            "name": name, "surname": "Of demo", "username": name, "email": format!("{name}@okul.example"), "role": role, "password": "known",
        });
        done(app, DEMO, Method::POST, "/xapi/user", person).await?;
    }
    let revoked = issue(service, classroom_scopes()).await?;
    service.operators.credentials.revoke(account().id, revoked.id).await?;
    let reader = issue(service, [Scope::CoursesReadonly, Scope::RostersReadonly].into_iter().collect()).await?;
    let mut found = Vec::with_capacity(CALLERS.len());
    for caller in CALLERS {
        found.push(match caller {
            "nobody" => None,
            "unknown" => Some("derslik_at_wrong".to_owned()),
            "revoked" => Some(revoked.token.clone()),
            "other_key" => Some(OTHER.to_owned()),
            "other_account_key" => Some("other-organization-key".to_owned()),
            "other_admin" => Some("other-admin-token".to_owned()),
            "key" => Some(DEMO.to_owned()),
            "key_token" => Some(token(app, 1329, "demo-access", "demo-secret").await?),
            "account_key" => Some(ACCOUNT_KEY.to_owned()),
            "reader" => Some(reader.token.clone()),
            "administrator" | "instructor" | "attendant" => Some(token(app, 1329, caller, "known").await?),
            _ => Some(format!("demo-{caller}-token")),
        });
    }
    Ok(found)
}

/// The callers of one row, one after the other.
struct Cells<'a, S> {
    app: &'a S,
    bearers: &'a [Option<String>],
    /// Grows with each request, so that no two of them make the same thing.
    number: u32,
    problems: Vec<String>,
}

impl<S, B> Cells<'_, S>
where
    S: HttpService<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    async fn objects(&mut self, row: &Row) -> Result<Objects, Failed> {
        self.number += 1;
        Objects::of(self.app, &row.path, self.number).await
    }

    async fn ask(&mut self, place: usize, row: &Row, objects: &Objects) -> Result<(u16, String), Failed> {
        self.number += 1;
        let fill = |text: &str| objects.put_into(text).replace("{number}", &self.number.to_string());
        let (path, body) = (fill(&row.path), row.body.as_deref().map(fill));
        send(self.app, self.bearers[place].as_deref(), &row.method, &path, body).await
    }

    fn check(&mut self, holds: bool, place: usize, row: &Row, about: &dyn std::fmt::Debug) {
        if !holds {
            self.problems.push(format!("{} {} {}: {about:?}", CALLERS[place], row.method, row.path));
        }
    }

    /// The statuses that the callers get.
    async fn statuses(&mut self, row: &Row) -> Result<Vec<u16>, Failed> {
        let mut found = vec![0; CALLERS.len()];
        let mut ours = self.objects(row).await?;
        // Those who change nothing come first, and all of them meet the same objects.
        let changes_nothing = |place: &usize| *place < OUTSIDERS || row.statuses.get(*place).is_some_and(|status| *status >= 400);
        let (without_effect, others): (Vec<_>, Vec<_>) = (0..CALLERS.len()).partition(changes_nothing);
        let before = ours.all(self.app).await?;
        for place in without_effect {
            let answer = self.ask(place, row, &ours).await?;
            self.check(place >= UNKNOWN || answer.0 == 401, place, row, &("a credential that is not valid", &answer));
            if (UNKNOWN..OUTSIDERS).contains(&place) && ours.are_named_by(row) {
                // What belongs to another account does not exist.
                let of_nothing = self.ask(place, row, &ours.missing()).await?;
                let hidden = (answer.0, ours.hidden(&answer.1));
                self.check(hidden == of_nothing, place, row, &("differs from a missing object", &hidden, &of_nothing));
            }
            found[place] = answer.0;
        }
        let after = ours.all(self.app).await?;
        self.check(after == before, 0, row, &"the callers who change nothing have changed something");
        for place in others {
            found[place] = self.ask(place, row, &ours).await?.0;
            if found[place] < 300 && row.method != Method::GET {
                ours = self.objects(row).await?;
            }
        }
        Ok(found)
    }
}

/// Compares each status with the table, or writes the table.
pub(crate) async fn table(service: &Service, is_written: bool) -> Result<(), Failed> {
    let app = test::init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    let bearers = bearers(&app, service).await?;
    let mut cells = Cells { app: &app, bearers: &bearers, number: 0, problems: Vec::new() };
    let mut written = heading() + "\n";
    for mut row in rows()? {
        let found = cells.statuses(&row).await?;
        if is_written {
            row.statuses = found;
            written += &(row.write() + "\n");
            continue;
        }
        for (place, status) in found.into_iter().enumerate() {
            let expected = row.statuses.get(place).copied();
            cells.check(expected == Some(status), place, &row, &("expected", expected, "found", status));
        }
    }
    if is_written {
        std::fs::write(file("tests/access/isolation.tsv"), written)?;
    }
    if cells.problems.is_empty() { Ok(()) } else { Err(cells.problems.join("\n").into()) }
}
