//! The character NUL in headers and in the parts of a batch, sent as bytes to the program. HTTP allows no NUL in a head: the
//! server refuses it before any API sees it. A part of a batch is a request as well, and is refused for the same reason. An
//! escaped NUL is ordinary text, which no header has a use for. Every request is answered, and none causes a server error.

use libtest_mimic::Failed;

use crate::support::process::{Answer, Running, derslik, url_text};
use crate::support::{DEMO, Open, Place};

const JOBS: &str = "demo-organization-key";
const COURSES: &str = "demo-admin-token";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MIXED: &str = "multipart/mixed; boundary=b";

/// Calls: the method, the path, the bearer, the content type and the body.
const CALLS: [(&str, &str, &str, &str, &str); 10] = [
    ("POST", "/xapi/v2/session/batch", DEMO, JSON, r#"[{"name":"a","start_date":"2099-05-05","duration":30}]"#),
    ("POST", "/xapi/user", DEMO, JSON, r#"{"name":"","surname":"b","username":"c","email":"a@b.c"}"#),
    ("GET", "/xapi/session", DEMO, JSON, ""),
    ("POST", "/auth/connect/token", "", FORM, "grant_type=password&client_id=api&account_id=1329&username=a&password=b"),
    ("POST", "/api/v1/projects", JOBS, JSON, r#"{"name":"a"}"#),
    ("POST", "/v1/courses", COURSES, JSON, r#"{"name":"a","ownerId":"me"}"#),
    ("PATCH", "/v1/courses/1?updateMask=name", COURSES, JSON, r#"{"name":"a"}"#),
    ("POST", "/batch", COURSES, MIXED, "--b\r\nContent-Type: application/http\r\n\r\nGET /v1/courses HTTP/1.1\r\n\r\n--b--"),
    ("GET", "/$discovery/rest", "", JSON, ""),
    ("GET", "/discovery/v1/apis", "", JSON, ""),
];

/// Every header that the service reads, with `NUL` where a value goes.
const HEADERS: [&str; 24] = [
    "Authorization: NUL",
    "Authorization: Bearer NUL",
    "Authorization: Bearer NUL|0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3",
    "Idempotency-Key: NUL",
    "If-Match: NUL",
    "If-Match: \"NUL\"",
    "X-HTTP-Method-Override: NUL",
    "X-Batch-Index: NUL",
    "Accept-Language: NUL",
    "Accept-Encoding: identity, NUL",
    "Content-Type: NUL",
    "Content-Type: multipart/mixed; boundary=\"NUL\"",
    "Content-Encoding: NUL",
    "Content-Length: NUL",
    "Transfer-Encoding: NUL",
    "Host: NUL",
    "Connection: close, NUL",
    "Origin: http://NUL",
    "Access-Control-Request-Headers: NUL",
    "Expect: NUL",
    "Forwarded: for=\"NUL\";host=NUL;proto=NUL",
    "X-Forwarded-For: NUL",
    "X-Forwarded-Host: NUL",
    "X-Forwarded-Proto: NUL",
];

/// NUL as a raw byte.
const RAW: [&str; 3] = ["\0", "a\0b", "demo-access\0"];
/// NUL in the escapes of URLs, JSON and headers.
const ESCAPED: [&str; 4] = ["%00", "a%00b", "\\u0000", "=?utf-8?q?=00?="];

fn start(open: Open) -> Result<(Running, Place), Failed> {
    let (url, place) = open()?;
    let mut command = derslik(&["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", &url_text(&url)]);
    // Makes the service read the headers of proxies.
    command.env("DERSLIK_TRUSTED_PROXIES", "[\"127.0.0.0/8\"]");
    Ok((Running::spawn(command)?, place))
}

/// Sends bytes, and reads the answer.
fn exchange(service: &Running, about: &str, request: &str) -> Result<Answer, Failed> {
    let answer = service.send(request, b"").map_err(|failure| format!("{about}: {}", failure.message().unwrap_or_default()))?;
    if answer.body.contains("HTTP/1.1 ") && !answer.head.contains("multipart/mixed") {
        return Err(format!("{about}: two answers, {answer:?}").into());
    }
    Ok(answer)
}

pub(crate) fn in_headers(open: Open) -> Result<(), Failed> {
    let (service, _place) = start(open)?;
    for (method, path, bearer, kind, body) in CALLS {
        let usual = [
            ("Host", "derslik".to_owned()),
            ("Connection", "close".to_owned()),
            ("Authorization", format!("Bearer {bearer}")),
            ("Content-Type", kind.to_owned()),
            ("Content-Length", body.len().to_string()),
        ];
        let request = |line: &str, header: &str| {
            // The tried header replaces the usual one of the same name.
            let is_left =
                |name: &str| header.starts_with(&format!("{name}:")) || (name, header.starts_with("Transfer-")) == ("Content-Length", true);
            let rest = usual.iter().filter(|(name, _)| !is_left(name)).map(|(name, value)| format!("{name}: {value}\r\n"));
            format!("{line} HTTP/1.1\r\n{header}\r\n{}\r\n{body}", rest.collect::<Vec<_>>().concat())
        };
        let line = format!("{method} {path}");
        for nul in RAW {
            let heads = HEADERS.iter().map(|header| request(&line, &header.replace("NUL", nul)));
            let others = [
                request(&line, &format!("X-Any{nul}: a")),
                request(&format!("{method} {path}/{nul}"), "X-Any: a"),
                request(&format!("{method}{nul} {path}"), "X-Any: a"),
            ];
            for sent in heads.chain(others) {
                let about = format!("{sent:?}");
                let answer = exchange(&service, &about, &sent)?;
                if answer.status != 400 {
                    return Err(format!("{about}: {answer:?}").into());
                }
            }
        }
        for nul in ESCAPED {
            for header in HEADERS {
                let sent = request(&line, &header.replace("NUL", nul));
                let about = format!("{sent:?}");
                let answer = exchange(&service, &about, &sent)?;
                if !(200..500).contains(&answer.status) {
                    return Err(format!("{about}: {answer:?}").into());
                }
            }
        }
    }
    Ok(())
}

/// Parts of a batch, with `NUL` where a value goes: in a head or in a body.
const HEADS: [&str; 16] = [
    "Content-ID: <NUL>\r\n\r\nGET /v1/courses HTTP/1.1\r\n\r\n",
    "Content-ID: NUL\r\n\r\nGET /v1/courses HTTP/1.1\r\n\r\n",
    "X-Any: NUL\r\n\r\nGET /v1/courses HTTP/1.1\r\n\r\n",
    "\r\nGET /v1/courses/NUL HTTP/1.1\r\n\r\n",
    "\r\nGET /v1/courses/d:NUL HTTP/1.1\r\n\r\n",
    "\r\nGET https://derslik/v1/NUL HTTP/1.1\r\n\r\n",
    "\r\nGET /v1/courses?studentId=NUL HTTP/1.1\r\n\r\n",
    "\r\nGET /v1/courses?pageToken=NUL&NUL=NUL HTTP/1.1\r\n\r\n",
    "\r\nGET /v1/courses?access_token=NUL HTTP/1.1\r\n\r\n",
    "\r\nNUL /v1/courses HTTP/1.1\r\n\r\n",
    "\r\nGET /v1/courses HTTP/1.1\r\nAuthorization: Bearer NUL\r\n\r\n",
    "\r\nPATCH /v1/courses/1?updateMask=name HTTP/1.1\r\nIf-Match: NUL\r\n\r\n{\"name\":\"a\"}",
    "\r\nPOST /v1/courses HTTP/1.1\r\nIdempotency-Key: NUL\r\n\r\n{\"name\":\"a\",\"ownerId\":\"me\"}",
    "\r\nPOST /v1/courses HTTP/1.1\r\nX-HTTP-Method-Override: NUL\r\n\r\n",
    "\r\nPOST /v1/courses HTTP/1.1\r\nX-HTTP-Method-Override: GET\r\nContent-Type: NUL\r\n\r\nstudentId=a",
    "\r\nGET /v1/courses HTTP/1.1\r\nNUL: NUL\r\n\r\n",
];
const BODIES: [&str; 7] = [
    "\r\nPOST /v1/courses HTTP/1.1\r\n\r\nNUL",
    "\r\nPOST /v1/courses HTTP/1.1\r\n\r\n{\"name\":\"NUL\",\"ownerId\":\"me\"}",
    "\r\nPOST /v1/courses HTTP/1.1\r\n\r\n{\"name\":\"a\",\"ownerId\":\"NUL\"}",
    "\r\nPOST /v1/courses HTTP/1.1\r\n\r\n{\"id\":\"d:NUL\",\"name\":\"a\",\"ownerId\":\"me\"}",
    "\r\nPOST /v1/courses/1/students HTTP/1.1\r\n\r\n{\"userId\":\"NUL\"}",
    "\r\nPATCH /v1/courses/1?updateMask=section HTTP/1.1\r\n\r\n{\"section\":\"NUL\"}",
    "\r\nPOST /v1/courses HTTP/1.1\r\nX-HTTP-Method-Override: GET\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nstudentId=NUL",
];

pub(crate) fn in_batches(open: Open) -> Result<(), Failed> {
    let (service, _place) = start(open)?;
    for nul in RAW.into_iter().chain(ESCAPED) {
        let is_raw = nul.contains('\0');
        // The last part is valid, and is answered also where the others are refused.
        let mut parts: Vec<(String, bool)> = HEADS.iter().map(|part| (part.replace("NUL", nul), is_raw)).collect();
        parts.extend(BODIES.iter().map(|part| (part.replace("NUL", nul), false)));
        parts.push(("Content-ID: <last>\r\n\r\nGET /v1/courses HTTP/1.1\r\n\r\n".to_owned(), false));
        let written = parts.iter().map(|(part, _)| format!("--b\r\nContent-Type: application/http\r\n{part}\r\n"));
        let body = written.collect::<Vec<_>>().concat() + "--b--";
        let head = format!(
            "POST /batch HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nAuthorization: Bearer {COURSES}\r\nContent-Type: {MIXED}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        let answer = exchange(&service, nul, &(head + &body))?;
        let answers: Vec<&str> = answer.body.split("--batch_derslik_1c0a5e2f7d\r\n").skip(1).collect();
        if (answer.status, answers.len()) != (200, parts.len()) || answer.body.contains('\0') {
            return Err(format!("{nul:?}: {answer:?}").into());
        }
        for ((part, is_malformed), answer) in parts.iter().zip(&answers) {
            let status = answer.split_once("HTTP/1.1 ").and_then(|(_, rest)| rest.get(..3)?.parse::<u16>().ok()).unwrap_or_default();
            let is_right = if *is_malformed { status == 400 } else { (200..500).contains(&status) };
            if !is_right {
                return Err(format!("{part:?}: {answer:?}").into());
            }
        }
        if answers.last().is_none_or(|last| !last.contains("<response-last>") || !last.contains("HTTP/1.1 200")) {
            return Err(format!("{nul:?}: {answer:?}").into());
        }
    }
    // The service still answers.
    let answer = service.get("/v1/courses", COURSES)?;
    if answer.status == 200 { Ok(()) } else { Err(format!("{answer:?}").into()) }
}
