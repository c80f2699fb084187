//! Floods of requests without a valid credential, against the program with a quota of one a minute for each client. The first request
//! of a client is refused as usual, and each further one as too many.

use libtest_mimic::Failed;

use super::expect;
use crate::support::process::{Answer, Running, derslik, url_text};
use crate::support::{DEMO, Open, Place};

const JOBS: &str = "demo-organization-key";
const COURSES: &str = "demo-admin-token";

/// A call of each API: its path, and a bearer that may make it.
const CALLS: [(&str, &str); 3] = [("/xapi/session", DEMO), ("/api/v1/projects", JOBS), ("/v1/courses", COURSES)];

fn start(open: Open, variables: &[(&str, &str)]) -> Result<(Running, Place), Failed> {
    let (url, place) = open()?;
    let mut command = derslik(&["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", &url_text(&url)]);
    command.envs(variables.iter().copied());
    Ok((Running::spawn(command)?, place))
}

/// A request with such a bearer, and further lines in its head.
fn get(service: &Running, path: &str, bearer: &str, lines: &str) -> Result<Answer, Failed> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n{lines}\r\n");
    service.send(&head, b"")
}

fn has_limit_fields(answer: &Answer, policy: &str) -> bool {
    let fields = [
        "\r\nretry-after: ".to_owned(),
        format!("\r\nratelimit: \"{policy}\";r=0;t="),
        format!("\r\nratelimit-policy: \"{policy}\";q=1;w=60"),
    ];
    fields.iter().all(|field| answer.head.contains(field))
}

pub(crate) fn of_unknown(open: Open) -> Result<(), Failed> {
    let (service, _place) = start(open, &[("DERSLIK_LIMITS__UNKNOWN_PER_MINUTE", "1")])?;
    expect("the first", &get(&service, "/api/v1/projects", "wrong", "")?.status, &401)?;
    for number in 0..2 {
        for (path, bearer) in CALLS {
            // A peer that is not trusted names no other client.
            let forged = format!("X-Forwarded-For: 198.51.100.{number}\r\nForwarded: for=198.51.100.{number}\r\n");
            for wrong in ["wrong", ""] {
                let refused = get(&service, path, wrong, &forged)?;
                expect(&format!("{path} {refused:?}"), &(refused.status, has_limit_fields(&refused, "unknown")), &(429, true))?;
            }
            expect(path, &get(&service, path, bearer, &forged)?.status, &200)?;
        }
    }
    let form = "grant_type=password&client_id=api&account_id=1329&username=demo-user&password=";
    for (password, status) in [("wrong", 429), ("demo-password", 200)] {
        let body = format!("{form}{password}");
        let head = format!(
            "POST /auth/connect/token HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n",
            body.len()
        );
        expect(password, &service.send(&head, body.as_bytes())?.status, &status)?;
    }
    let parts = ["", "Authorization: Bearer wrong\r\n"];
    let parts = parts.map(|own| format!("--b\r\nContent-Type: application/http\r\n\r\nGET /v1/courses HTTP/1.1\r\n{own}\r\n\r\n"));
    let body = parts.concat() + "--b--";
    let head = service.head_of_post("/batch", COURSES, body.len()).replace("application/json", "multipart/mixed; boundary=b");
    let answer = service.send(&head, body.as_bytes())?;
    let statuses: Vec<&str> = answer.body.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)).collect();
    expect(&answer.body, &(answer.status, statuses), &(200, ["200", "429"]))
}

pub(crate) fn behind_a_proxy(open: Open) -> Result<(), Failed> {
    let variables = [("DERSLIK_LIMITS__UNKNOWN_PER_MINUTE", "1"), ("DERSLIK_TRUSTED_PROXIES", "127.0.0.1")];
    let (service, _place) = start(open, &variables)?;
    for client in ["198.51.100.1", "198.51.100.2", "2001:db8::1"] {
        let lines = format!("X-Forwarded-For: 203.0.113.9, {client}\r\n");
        for status in [401, 429, 429] {
            expect(client, &get(&service, "/v1/courses", "wrong", &lines)?.status, &status)?;
        }
        expect(client, &get(&service, "/v1/courses", COURSES, &lines)?.status, &200)?;
    }
    Ok(())
}

pub(crate) fn of_one_credential(open: Open) -> Result<(), Failed> {
    let (service, _place) = start(open, &[("DERSLIK_LIMITS__CREDENTIAL_PER_MINUTE", "1")])?;
    for (path, bearer) in CALLS {
        expect(path, &get(&service, path, bearer, "")?.status, &200)?;
        let refused = get(&service, path, bearer, "")?;
        expect(path, &(refused.status, has_limit_fields(&refused, "credential")), &(429, true))?;
    }
    expect("another credential", &get(&service, "/v1/courses", "demo-teacher-token", "")?.status, &200)
}
