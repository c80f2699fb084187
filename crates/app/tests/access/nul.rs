//! The character NUL, which PostgreSQL can't store, in everything that a client sends: each part of a path, each value of a
//! query, a form or a body, and each header. The request is refused or names a missing object. It never causes a server error,
//! and both databases give the same answer.

use actix_web::dev::Service as HttpService;
use actix_web::http::{Method, header};
use actix_web::{App, test};
use derslik_http::configure;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::support::{DEMO, Service};

const JOBS: &str = "demo-organization-key";
const COURSES: &str = "demo-admin-token";
const PROJECT: &str = "3sWXSsqHgSKnE87YkNJK";
const GUID: &str = "8293D504-13EE-447F-9B36-6686C5C39FEB";

/// Values with NUL: alone, within a text, at its end, and as two bytes, which is not valid UTF-8.
const IN_A_URL: [&str; 4] = ["%00", "a%00b", "demo-access%00", "%C0%80"];
const IN_JSON: [&str; 3] = ["\\u0000", "a\\u0000b", "demo-access\\u0000"];

/// Paths and queries, with `NUL` where the value goes.
const URLS: [(&str, &str, &str); 58] = [
    ("GET", "/xapi/v2/session/NUL", DEMO),
    ("DELETE", "/xapi/v2/session/NUL", DEMO),
    ("GET", "/xapi/v2/session/NUL/attendee", DEMO),
    ("DELETE", "/xapi/v2/session/GUID/attendee/NUL", DEMO),
    ("GET", "/xapi/session/NUL", DEMO),
    ("GET", "/xapi/session?session_id=NUL", DEMO),
    ("GET", "/xapi/session?name=NUL", DEMO),
    ("GET", "/xapi/session?description=NUL", DEMO),
    ("GET", "/xapi/session?tags=NUL", DEMO),
    ("GET", "/xapi/session?begin_date=NUL", DEMO),
    ("GET", "/xapi/session?end_date=NUL", DEMO),
    ("GET", "/xapi/session?duration=NUL", DEMO),
    ("GET", "/xapi/session?page_number=NUL", DEMO),
    ("GET", "/xapi/session?page_size=NUL", DEMO),
    ("GET", "/xapi/session?NUL=1", DEMO),
    ("GET", "/xapi/session/NUL/attendees", DEMO),
    ("GET", "/xapi/session/GUID/attendees?name=NUL", DEMO),
    ("GET", "/xapi/session/GUID/attendees?surname=NUL", DEMO),
    ("GET", "/xapi/session/GUID/attendees?email=NUL", DEMO),
    ("GET", "/xapi/session/GUID/attendees?role=NUL", DEMO),
    ("GET", "/xapi/session/GUID/attendee/NUL", DEMO),
    ("DELETE", "/xapi/session/GUID/attendee/NUL", DEMO),
    ("GET", "/xapi/user/NUL", DEMO),
    ("DELETE", "/xapi/user/NUL", DEMO),
    ("GET", "/xapi/user?name=NUL", DEMO),
    ("GET", "/xapi/user?surname=NUL", DEMO),
    ("GET", "/xapi/user?email=NUL", DEMO),
    ("GET", "/xapi/user?username=NUL", DEMO),
    ("GET", "/xapi/user?role=NUL", DEMO),
    ("GET", "/xapi/user?page_size=NUL", DEMO),
    ("GET", "/api/v1/NUL/jobs", JOBS),
    ("GET", "/api/v1/PROJECT/jobs/NUL", JOBS),
    ("DELETE", "/api/v1/PROJECT/jobs/NUL", JOBS),
    ("GET", "/api/v1/PROJECT/jobs?limit=NUL", JOBS),
    ("GET", "/api/v1/PROJECT/jobs?after=NUL", JOBS),
    ("GET", "/api/v1/PROJECT/users/NUL", JOBS),
    ("DELETE", "/api/v1/PROJECT/users/NUL", JOBS),
    ("GET", "/api/v1/PROJECT/users/NUL/sessions", JOBS),
    ("GET", "/api/v1/PROJECT/users/a/sessions?start_date=NUL", JOBS),
    ("GET", "/api/v1/projects/NUL", JOBS),
    ("GET", "/v1/courses/NUL", COURSES),
    ("GET", "/v1/courses/d:NUL", COURSES),
    ("GET", "/v1/courses/p:NUL", COURSES),
    ("DELETE", "/v1/courses/d:NUL", COURSES),
    ("GET", "/v1/courses/1/aliases/d:NUL", COURSES),
    ("DELETE", "/v1/courses/1/aliases/d:NUL", COURSES),
    ("GET", "/v1/courses/1/students/NUL", COURSES),
    ("DELETE", "/v1/courses/1/teachers/NUL", COURSES),
    ("GET", "/v1/userProfiles/NUL", COURSES),
    ("GET", "/v1/courses?studentId=NUL", COURSES),
    ("GET", "/v1/courses?teacherId=NUL", COURSES),
    ("GET", "/v1/courses?courseStates=NUL", COURSES),
    ("GET", "/v1/courses?pageToken=NUL", COURSES),
    ("GET", "/v1/courses?x-query=NUL", COURSES),
    ("GET", "/v1/courses?fields=NUL", COURSES),
    ("GET", "/v1/courses?access_token=NUL", COURSES),
    ("GET", "/v1/courses/1/aliases?pageToken=NUL", COURSES),
    ("POST", "/v1/courses/1/students?enrollmentCode=NUL", COURSES),
];

/// Bodies of JSON, with `NUL` where the value goes.
const BODIES: [(&str, &str, &str, &str); 22] = [
    ("POST", "/xapi/v2/session/search", DEMO, r#"{"name":"NUL"}"#),
    ("POST", "/xapi/v2/session/search", DEMO, r#"{"session_guid":"NUL"}"#),
    ("POST", "/xapi/v2/session/search", DEMO, r#"{"tags":"NUL","NUL":1}"#),
    ("POST", "/xapi/v2/session/batch", DEMO, r#"[{"name":"NUL","start_date":"2099-05-05","duration":30}]"#),
    ("POST", "/xapi/v2/session/batch", DEMO, r#"[{"name":"a","start_date":"NUL","duration":30,"lang":"NUL","tags":"NUL"}]"#),
    ("POST", "/xapi/v2/session/batch", DEMO, r#"[{"session_guid":"NUL","duration":90}]"#),
    ("POST", "/xapi/v2/session/GUID/attendee/batch", DEMO, r#"[{"name":"NUL","surname":"NUL","email":"a@b.c"}]"#),
    ("POST", "/xapi/v2/session/GUID/attendee/batch", DEMO, r#"[{"user_guid":"NUL"},{"attendance_code":"NUL"}]"#),
    ("POST", "/xapi/session", DEMO, r#"{"name":"a","description":"NUL","start_date":"2099-05-05","duration":30}"#),
    ("POST", "/xapi/session/GUID/attendee", DEMO, r#"{"name":"a","surname":"b","email":"aNUL@b.c"}"#),
    ("POST", "/xapi/user", DEMO, r#"{"name":"a","surname":"b","username":"NUL","email":"a@b.c"}"#),
    ("POST", "/xapi/user", DEMO, r#"{"name":"a","surname":"b","username":"c","email":"aNUL@b.c"}"#),
    ("POST", "/xapi/user", DEMO, r#"{"name":"NUL","surname":"b","username":"c","email":"a@b.c","mobile":"NUL","password":"NUL"}"#),
    ("PUT", "/xapi/user/nobody", DEMO, r#"{"username":"NUL","password":"NUL"}"#),
    ("POST", "/api/v1/projects", JOBS, r#"{"name":"NUL"}"#),
    ("POST", "/api/v1/projects", JOBS, r#"{"name":"a","platform":"NUL"}"#),
    ("POST", "/v1/courses", COURSES, r#"{"name":"NUL","ownerId":"me"}"#),
    ("POST", "/v1/courses", COURSES, r#"{"name":"a","ownerId":"NUL"}"#),
    ("POST", "/v1/courses", COURSES, r#"{"id":"d:NUL","name":"a","ownerId":"me"}"#),
    ("POST", "/v1/courses/1/aliases", COURSES, r#"{"alias":"d:NUL"}"#),
    ("POST", "/v1/courses/1/students", COURSES, r#"{"userId":"NUL"}"#),
    ("PATCH", "/v1/courses/1?updateMask=section,room", COURSES, r#"{"section":"NUL","room":"NUL"}"#),
];

/// Forms, with `NUL` where the value goes.
const FORMS: [(&str, &str); 8] = [
    ("/auth/connect/token", "grant_type=NUL&client_id=api&account_id=1329&username=a&password=b"),
    ("/auth/connect/token", "grant_type=password&client_id=NUL&account_id=1329&username=a&password=b"),
    ("/auth/connect/token", "grant_type=password&client_id=api&account_id=NUL&username=a&password=b"),
    ("/auth/connect/token", "grant_type=password&client_id=api&account_id=1329&username=NUL&password=b"),
    ("/auth/connect/token", "grant_type=password&client_id=api&account_id=1329&username=a&password=NUL"),
    ("/auth/connect/token", "grant_type=password&client_id=api&account_id=1329&username=demo-accessNUL&password=demo-secret"),
    // A long GET, sent as a form.
    ("/v1/courses", "studentId=NUL&x-query=NUL"),
    ("/v1/courses", "access_token=NUL"),
];

struct Sent {
    method: Method,
    url: String,
    bearer: Option<&'static str>,
    kind: &'static str,
    body: String,
}

pub(crate) async fn nul(service: &Service) -> Result<(), Failed> {
    for sent in all()? {
        let about = format!("{} {} {}", sent.method, sent.url, sent.body);
        let status = answer(service, sent).await?;
        // An unknown parameter may be ignored; a server error is always a failure.
        if status >= 500 {
            return Err(format!("{about}: {status}").into());
        }
    }
    for (form, wanted) in [("username=%00", 400), ("username=a%00b", 400), ("username=demo-access", 200)] {
        let body = format!("grant_type=password&client_id=api&account_id=1329&password=demo-secret&{form}");
        let sent = Sent { method: Method::POST, url: "/auth/connect/token".to_owned(), bearer: None, kind: FORM, body };
        let status = answer(service, sent).await?;
        if status != wanted {
            return Err(format!("{form}: {status}, not {wanted}").into());
        }
    }
    Ok(())
}

const FORM: &str = "application/x-www-form-urlencoded";

/// All requests to send.
fn all() -> Result<Vec<Sent>, Failed> {
    let filled = |text: &str, nul: &str| text.replace("NUL", nul).replace("GUID", GUID).replace("PROJECT", PROJECT);
    let mut all = Vec::new();
    for (method, url, bearer) in URLS {
        for nul in IN_A_URL {
            all.push(Sent { method: method.parse()?, url: filled(url, nul), bearer: Some(bearer), kind: "", body: String::new() });
        }
    }
    for (method, url, bearer, body) in BODIES {
        for nul in IN_JSON {
            let (url, body) = (filled(url, nul), filled(body, nul));
            serde_json::from_str::<Value>(&body)?;
            all.push(Sent { method: method.parse()?, url, bearer: Some(bearer), kind: "application/json", body });
        }
    }
    for (url, form) in FORMS {
        let bearer = (url != "/auth/connect/token").then_some(COURSES);
        for nul in IN_A_URL {
            all.push(Sent { method: Method::POST, url: url.to_owned(), bearer, kind: FORM, body: filled(form, nul) });
        }
    }
    Ok(all)
}

async fn answer(service: &Service, sent: Sent) -> Result<u16, Failed> {
    let app = test::init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    let mut request = test::TestRequest::default().method(sent.method).uri(&sent.url);
    if let Some(bearer) = sent.bearer {
        request = request.insert_header((header::AUTHORIZATION, format!("Bearer {bearer}")));
    }
    if !sent.kind.is_empty() {
        request = request.insert_header((header::CONTENT_TYPE, sent.kind)).set_payload(sent.body);
        // The service then reads the form as the query of a GET.
        if sent.kind == FORM && sent.bearer.is_some() {
            request = request.insert_header(("X-HTTP-Method-Override", "GET"));
        }
    }
    // A request that the service can't read at all is refused with an error, not an answer.
    match app.call(request.to_request()).await {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) => Ok(error.as_response_error().status_code().as_u16()),
    }
}
