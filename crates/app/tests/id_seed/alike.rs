//! The same random requests in all three APIs to a service on each database: every answer has the same bytes. Their texts are those on
//! which databases differ: letters with case rules of their own, wildcards, composed letters, signs beyond the first plane, fractions of
//! seconds. `make prove ARGS=alike` sends 5 000.

use std::fmt::Write as _;

use fastrand::Rng;
use libtest_mimic::Failed;
use serde_json::{Map, Value, json};

use super::support::process::Answer;
use super::support::{DATABASES, proof};
use super::{Account, Service};

/// Texts with broken bars between.
const TEXTS: &str = "¦ ¦Kimya¦kimya¦KİMYA¦Işık¦ısı¦Isı¦İstanbul¦i\u{307}zmir¦ş¦s\u{327}¦Ünal¦u\u{308}nal¦٣ درس¦مادة¦师¦\u{1f393}\u{1f3fd}¦\
    100%¦a_b¦a\\b¦l'école¦\"x\"¦a,b¦-1¦z\u{200b}z";
const DATES: [&str; 9] = [
    "2026-02-03",
    "2026-02-03T12:00:00Z",
    "2026-02-03T12:00:00.123456789+05:30",
    "2026-03-29T02:30:00",
    "2026-10-25 02:30:00",
    "2028-02-29T23:59:59.999999",
    "9999-12-31T23:59:59Z",
    "1970-01-01",
    "2026-02-30",
];
const ZONES: [&str; 5] = ["Europe/Istanbul", "Asia/Riyadh", "Europe/Berlin", "America/St_Johns", "Mars/Olympus"];
const STATES: [&str; 4] = ["PROVISIONED", "ACTIVE", "ARCHIVED", "DECLINED"];
/// An id that nothing has.
const MISSING: &str = "8293D504-13EE-447F-9B36-6686C5C39FEB";
/// The most ids of a kind that requests choose from: the newest.
const REMEMBERED: usize = 40;

/// Who asks.
#[derive(Debug, Clone, Copy)]
enum By {
    Key,
    AccountKey,
    /// The person at that place among those of the account.
    Person(usize),
}

/// A request, without the secrets that differ in each account.
#[derive(Debug)]
struct Request {
    by: By,
    method: &'static str,
    path: String,
    body: Value,
    key: Option<String>,
}

impl Request {
    fn new(by: By, method: &'static str, path: String, body: Value) -> Self {
        Self { by, method, path, body, key: None }
    }
}

/// Ids that answers have told.
#[derive(Debug, Default)]
struct Ids(Vec<String>);

impl Ids {
    fn learn(&mut self, id: &str) {
        if !self.0.iter().any(|known| known == id) {
            self.0.push(id.to_owned());
        }
        if self.0.len() > REMEMBERED {
            self.0.remove(0);
        }
    }

    /// One of them, or now and then one that nothing has.
    fn one(&self, random: &mut Rng) -> String {
        let known = if random.u8(..20) == 0 { None } else { random.choice(&self.0) };
        known.cloned().unwrap_or_else(|| MISSING.to_owned())
    }
}

/// Makes requests about what earlier ones have made.
struct Requests {
    random: Rng,
    people: usize,
    project: String,
    sessions: Ids,
    codes: Ids,
    guids: Ids,
    courses: Ids,
    jobs: Ids,
    page_tokens: Ids,
    keys: u32,
}

impl Requests {
    fn one_of<T: Clone>(&mut self, values: &[T]) -> Option<T> {
        self.random.choice(values).cloned()
    }

    fn text(&mut self) -> String {
        let text = self.one_of(&TEXTS.split('¦').collect::<Vec<_>>()).unwrap_or_default();
        // Some texts come again, and others are new.
        if self.random.bool() { text.to_owned() } else { format!("{text}{}", self.random.u8(..40)) }
    }

    fn date(&mut self) -> &'static str {
        self.one_of(&DATES).unwrap_or_default()
    }

    fn chance(&mut self, of_hundred: u8) -> bool {
        self.random.u8(..100) < of_hundred
    }

    /// The same request with a key, which an earlier one may have had.
    fn keyed(&mut self, request: Request) -> Request {
        if !self.chance(30) {
            return request;
        }
        if self.chance(70) {
            self.keys += 1;
        }
        Request { key: Some(format!("key-{}", self.keys)), ..request }
    }

    fn draw(&mut self) -> Request {
        match self.random.u8(..100) {
            0..12 => self.batch(),
            12..22 => self.search(),
            22..38 => self.session(),
            38..46 => self.attendees(),
            46..54 => self.person(),
            54..80 => self.course(),
            _ => self.job(),
        }
    }

    /// Some fields of a session.
    fn session_form(&mut self) -> Map<String, Value> {
        let mut form = Map::new();
        let mut put = |name: &str, value: Value| _ = form.insert(name.to_owned(), value);
        if self.chance(90) {
            put("name", self.text().into());
        }
        if self.chance(85) {
            put("start_date", self.date().into());
        }
        if self.chance(85) {
            put("duration", self.one_of(&[json!(30), json!(360), json!("45"), json!(4), json!(80.5), Value::Null]).into());
        }
        if self.chance(40) {
            put("description", self.text().into());
        }
        if self.chance(40) {
            put("tags", format!("{},{}", self.text(), self.text()).into());
        }
        if self.chance(40) {
            put("timezone", self.one_of(&ZONES).into());
        }
        if self.chance(20) {
            put("status", self.one_of(&[0, 1, 2, 3, 9]).into());
        }
        if self.chance(20) {
            put("options", json!({ "allow_rating": self.random.bool(), "preparation_time": self.random.u8(..60) }));
        }
        form
    }

    fn batch(&mut self) -> Request {
        let mut items = Vec::new();
        for _ in 0..self.random.usize(1..5) {
            let mut form = self.session_form();
            if self.chance(40) {
                form.insert("session_guid".to_owned(), self.sessions.one(&mut self.random).into());
            }
            items.push(Value::Object(form));
        }
        let request = Request::new(By::Key, "POST", "/xapi/v2/session/batch".to_owned(), items.into());
        self.keyed(request)
    }

    fn search(&mut self) -> Request {
        let mut filter = Map::new();
        for name in ["name", "description", "tags"] {
            if self.chance(35) {
                filter.insert(name.to_owned(), self.text().into());
            }
        }
        for name in ["begin_date", "end_date"] {
            if self.chance(20) {
                filter.insert(name.to_owned(), self.date().into());
            }
        }
        if self.chance(20) {
            filter.insert("duration".to_owned(), self.one_of(&[30, 45, 360]).into());
        }
        filter.insert("page_size".to_owned(), self.random.u8(1..20).into());
        filter.insert("page_number".to_owned(), self.random.u8(1..4).into());
        if self.random.bool() {
            return Request::new(By::Key, "POST", "/xapi/v2/session/search".to_owned(), filter.into());
        }
        let path = format!("/xapi/session?{}", query(&filter));
        Request::new(By::Key, "GET", path, Value::Null)
    }

    fn session(&mut self) -> Request {
        let guid = self.sessions.one(&mut self.random);
        let (method, path, body) = match self.random.u8(..10) {
            0..4 => ("GET", format!("/xapi/v2/session/{guid}"), Value::Null),
            4..6 => ("GET", format!("/xapi/session/{guid}"), Value::Null),
            6..8 => ("PUT", format!("/xapi/session/{guid}"), self.session_form().into()),
            8 => ("POST", "/xapi/session".to_owned(), self.session_form().into()),
            _ => ("DELETE", format!("/xapi/v2/session/{guid}"), Value::Null),
        };
        let request = Request::new(By::Key, method, path, body);
        if method == "POST" { self.keyed(request) } else { request }
    }

    fn email(&mut self) -> String {
        let name = self.one_of(&["ali", "ALİ", "ayşe", "Ays\u{327}e", "veli", "o'brien"]).unwrap_or_default();
        format!("{name}{}@okul.example", self.random.u8(..6))
    }

    fn attendees(&mut self) -> Request {
        let (guid, code) = (self.sessions.one(&mut self.random), self.codes.one(&mut self.random));
        let guest = json!({ "name": self.text(), "surname": self.text(), "email": self.email() });
        let person = json!({ "user_guid": self.guids.one(&mut self.random) });
        let (method, path, body) = match self.random.u8(..8) {
            0..3 => ("POST", format!("/xapi/v2/session/{guid}/attendee/batch"), json!([guest, person])),
            3 => ("POST", format!("/xapi/session/{guid}/attendee"), guest),
            4 => ("GET", format!("/xapi/v2/session/{guid}/attendee"), Value::Null),
            5 => ("GET", format!("/xapi/session/{guid}/attendees?name={}&page_size=5", escaped(&self.text())), Value::Null),
            6 => ("PUT", format!("/xapi/session/{guid}/attendee/{code}"), json!({ "name": self.text() })),
            _ => ("DELETE", format!("/xapi/v2/session/{guid}/attendee/{}", escaped(&self.email())), Value::Null),
        };
        let request = Request::new(By::Key, method, path, body);
        if method == "POST" { self.keyed(request) } else { request }
    }

    fn person(&mut self) -> Request {
        let guid = self.guids.one(&mut self.random);
        let username = self.email().replace("@okul.example", "");
        let form = json!({ "name": self.text(), "surname": self.text(), "username": username, "email": self.email() });
        let (method, path, body) = match self.random.u8(..8) {
            0..3 => ("POST", "/xapi/user".to_owned(), form),
            3 => ("GET", format!("/xapi/user?name={}&page_size=7", escaped(&self.text())), Value::Null),
            4 => ("GET", format!("/xapi/user?username={}", escaped(&username)), Value::Null),
            5 => ("GET", format!("/xapi/user/{guid}"), Value::Null),
            6 => ("PUT", format!("/xapi/user/{guid}"), json!({ "surname": self.text(), "email": self.email() })),
            _ => ("DELETE", format!("/xapi/user/{guid}"), Value::Null),
        };
        Request::new(By::Key, method, path, body)
    }

    /// Some fields of a course.
    fn course_form(&mut self) -> Map<String, Value> {
        let mut form = Map::new();
        for name in ["name", "section", "descriptionHeading", "description", "room"] {
            if self.chance(60) {
                form.insert(name.to_owned(), self.text().into());
            }
        }
        if self.chance(40) {
            form.insert("courseState".to_owned(), self.one_of(&STATES).into());
        }
        if self.chance(40) {
            form.insert("ownerId".to_owned(), "me".into());
        }
        form
    }

    fn course(&mut self) -> Request {
        let (id, by) = (self.courses.one(&mut self.random), By::Person(self.random.usize(..self.people)));
        let course = format!("/v1/courses/{id}");
        let roster = format!("{course}/{}", if self.random.bool() { "teachers" } else { "students" });
        let alias = format!("{}:{}", if self.random.bool() { "d" } else { "p" }, self.text());
        let member = (101 + self.random.u8(..6)).to_string();
        let (method, path, body) = match self.random.u8(..20) {
            0..4 => ("POST", "/v1/courses".to_owned(), self.course_form().into()),
            4..7 => ("GET", course, Value::Null),
            7..9 => ("GET", self.list_of_courses(), Value::Null),
            9..12 => {
                let form = self.course_form();
                let mask = form.keys().map(String::as_str).collect::<Vec<_>>().join(",");
                ("PATCH", format!("{course}?updateMask={mask}"), form.into())
            }
            12 => ("PUT", course, self.course_form().into()),
            13 => ("DELETE", course, Value::Null),
            14 => ("POST", format!("{course}/aliases"), json!({ "alias": alias })),
            15 => ("GET", format!("{course}/aliases?pageSize=3"), Value::Null),
            16 => ("GET", format!("/v1/courses/{}", escaped(&alias)), Value::Null),
            17 => ("POST", roster, json!({ "userId": member })),
            18 => ("GET", format!("{roster}?pageSize=2"), Value::Null),
            _ => ("DELETE", format!("{roster}/{member}"), Value::Null),
        };
        let request = Request::new(by, method, path, body);
        if method == "POST" { self.keyed(request) } else { request }
    }

    fn list_of_courses(&mut self) -> String {
        let mut path = format!("/v1/courses?pageSize={}", self.random.u8(1..9));
        for (name, value) in [("teacherId", "me"), ("studentId", "me"), ("courseStates", "ACTIVE"), ("courseStates", "PROVISIONED")] {
            if self.chance(15) {
                _ = write!(path, "&{name}={value}");
            }
        }
        if self.chance(30) {
            _ = write!(path, "&pageToken={}", self.page_tokens.one(&mut self.random));
        }
        path
    }

    fn job(&mut self) -> Request {
        let (project, job) = (self.project.clone(), self.jobs.one(&mut self.random));
        let user = if self.random.bool() { self.email() } else { self.text() };
        let name = json!({ "name": self.text(), "platform": self.one_of(&["web", "ios", "tv"]) });
        let (first, second) = (format!("/api/v1/{project}"), format!("/v2/api/public/{project}"));
        let user = escaped(&user);
        let (method, path, body) = match self.random.u8(..20) {
            0..4 => ("DELETE", format!("{first}/users/{user}"), Value::Null),
            4..6 => ("DELETE", format!("{second}/users/{user}"), Value::Null),
            6 => ("POST", format!("{first}/users/erase"), json!({ "userIds": [self.email(), self.text()] })),
            7 => ("GET", format!("{first}/jobs?limit=9"), Value::Null),
            8 => ("GET", format!("{first}/jobs?after={job}&limit=3"), Value::Null),
            9 => ("GET", format!("{second}/jobs?limit=4&page={}", self.random.u8(..4)), Value::Null),
            10..12 => ("GET", format!("{first}/jobs/{job}"), Value::Null),
            12 => ("GET", format!("{second}/jobs/{job}"), Value::Null),
            13 => ("DELETE", format!("{first}/jobs/{job}"), Value::Null),
            14 => ("GET", format!("{first}/jobs/{job}/users"), Value::Null),
            15 => ("GET", format!("{first}/users/{user}"), Value::Null),
            16 => ("GET", format!("{first}/users/{user}/sessions"), Value::Null),
            17 => ("POST", format!("{second}/users/{user}/sessions"), json!({ "limit": 5 })),
            18 => ("POST", "/api/v1/projects".to_owned(), name),
            _ => ("GET", "/api/v1/projects".to_owned(), Value::Null),
        };
        Request::new(By::AccountKey, method, path, body)
    }

    /// Remembers the ids in an answer.
    fn learn(&mut self, request: &Request, answer: &Value) {
        match answer {
            Value::Array(values) => values.iter().for_each(|value| self.learn(request, value)),
            Value::Object(members) => {
                for (name, value) in members {
                    let ids = match name.as_str() {
                        "session_guid" | "session_id" => &mut self.sessions,
                        "attendance_code" => &mut self.codes,
                        "user_id" | "user_guid" => &mut self.guids,
                        "jobId" => &mut self.jobs,
                        "nextPageToken" if request.path.starts_with("/v1/courses?") => &mut self.page_tokens,
                        "id" if request.path == "/v1/courses" => &mut self.courses,
                        _ => {
                            self.learn(request, value);
                            continue;
                        }
                    };
                    match value {
                        Value::String(id) => ids.learn(id),
                        Value::Number(id) => ids.learn(&id.to_string()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// A text as a part of a path or of a query.
fn escaped(text: &str) -> String {
    let one = |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

fn query(fields: &Map<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    fields.iter().map(|(name, value)| format!("{name}={}", escaped(&text(value)))).collect::<Vec<_>>().join("&")
}

/// The answer of one service, and its bytes without what is of the machine.
fn send(account: &Account<'_>, request: &Request) -> Result<(Answer, String), Failed> {
    let secret = match request.by {
        By::Key => account.text("/bearer"),
        By::AccountKey => account.text("/account_key"),
        By::Person(place) => account.text(&format!("/users/{place}/token")),
    };
    let body = if request.body.is_null() { String::new() } else { request.body.to_string() };
    let key = request.key.as_ref().map(|key| format!("Idempotency-Key: {key}\r\n")).unwrap_or_default();
    let head = format!(
        "{} {} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {secret}\r\n{key}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        request.method,
        request.path,
        body.len()
    );
    let answer = account.service.running.send(&head, body.as_bytes())?;
    let bytes = super::bytes(&answer);
    Ok((answer, bytes))
}

/// Sends the same requests to both databases.
pub(crate) fn alike() -> Result<(), Failed> {
    let seed = proof::seed();
    let [(_, sqlite), (_, postgres)] = DATABASES;
    let (left, right) = (Service::start(sqlite)?, Service::start(postgres)?);
    let (left, right) = (left.account()?, right.account()?);
    let people = (0..20).take_while(|place| !left.text(&format!("/users/{place}/token")).is_empty()).count();
    let mut requests = Requests {
        random: Rng::with_seed(seed),
        people,
        project: left.text("/project/key"),
        sessions: Ids::default(),
        codes: Ids::default(),
        guids: Ids::default(),
        courses: Ids::default(),
        jobs: Ids::default(),
        page_tokens: Ids::default(),
        keys: 0,
    };
    let mut accepted = 0;
    let count = proof::of(400, 5_000);
    for number in 0..count {
        // Jobs and sweeps run while the clock is moved, and tell what they did.
        if number % 100 == 99 {
            let by = json!({ "by": "6h" });
            let told = (left.control("POST", "clock/advance", &by)?, right.control("POST", "clock/advance", &by)?);
            if told.0 != told.1 {
                return Err(format!("seed {seed}, before request {number}: {} differs from {}", told.0, told.1).into());
            }
        }
        let request = requests.draw();
        let ((answer, expected), (_, found)) = (send(&left, &request)?, send(&right, &request)?);
        if expected != found {
            return Err(format!("seed {seed}, request {number}, {request:?}:\n{expected}\n--- and on PostgreSQL\n{found}").into());
        }
        if answer.status >= 500 && answer.status != 501 {
            return Err(format!("seed {seed}, request {number}, {request:?}:\n{expected}").into());
        }
        accepted += u32::from(answer.status < 300);
        requests.learn(&request, &answer.json().unwrap_or_default());
    }
    // Requests that are all refused would prove little.
    if accepted * 3 < count { Err(format!("seed {seed}: only {accepted} of {count} requests are accepted").into()) } else { Ok(()) }
}
