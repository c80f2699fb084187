//! Web pages of other origins: what they may do with a running service, and that the operations listener is closed to them.

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::check;
use crate::support::process::{Answer, Running, derslik, sqlite_url};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("pages_of_any_origin_may_use_a_service_with_keys_of_its_own", own_keys),
        Trial::test("pages_of_this_machine_alone_may_use_a_service_with_known_keys", known_keys),
        Trial::test("the_operations_listener_is_open_to_no_page", operations),
    ]
}

const PAGE: &str = "https://app.okul.example";

/// The answer to a request with these lines in its head.
fn ask(service: &Running, line: &str, lines: &[&str]) -> Result<Answer, Failed> {
    let host = format!("Host: {}", service.address);
    let head = [&[line, &host, "Connection: close"], lines, &["", ""]].concat().join("\r\n");
    service.send(&head, b"")
}

fn preflight(service: &Running, origin: &str) -> Result<Answer, Failed> {
    let origin = format!("Origin: {origin}");
    let wanted = ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type"];
    ask(service, "OPTIONS /v1/courses HTTP/1.1", &[&origin, wanted[0], wanted[1]])
}

fn own_keys() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let service = Running::spawn(derslik(&["serve", "--json", "--listen", "127.0.0.1:0", "--database-url", &url]))?;
    let answer = preflight(&service, PAGE)?;
    check(answer.status == 204 && answer.head.contains("access-control-allow-origin: *\r\n"), &answer)?;
    check(answer.head.contains("access-control-allow-headers: authorization,content-type\r\n"), &answer)?;
    let banner: Value = serde_json::from_str(&service.banner)?;
    let token = banner["accounts"][0]["token"].as_str().ok_or("no token")?;
    let authorization = format!("Authorization: Bearer {token}");
    let origin = format!("Origin: {PAGE}");
    let cases: [(&str, &[&str], u16); 3] =
        [("/v1/courses", &[&origin, &authorization], 200), ("/v1/courses", &[&origin], 401), ("/n", &[&origin], 404)];
    for (path, lines, status) in cases {
        let answer = ask(&service, &format!("GET {path} HTTP/1.1"), lines)?;
        check(answer.status == status && answer.head.contains("access-control-allow-origin: *\r\n"), &answer)?;
        check(!answer.head.contains("access-control-allow-credentials"), &answer)?;
    }
    Ok(())
}

fn known_keys() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Running::start(&sqlite_url(folder.path()), &[])?;
    let own = "http://localhost:3000";
    let answer = preflight(&service, own)?;
    check(answer.status == 204 && answer.head.contains(&format!("access-control-allow-origin: {own}\r\n")), &answer)?;
    let refused = preflight(&service, PAGE)?;
    check(refused.status == 403 && !refused.head.contains("access-control-allow-origin"), &refused)?;
    // A link names no origin, and its answer is shown in the page of the link or beside it.
    for (site, status) in [("cross-site", 403), ("none", 200), ("same-site", 200)] {
        let site = format!("Sec-Fetch-Site: {site}");
        let answer = ask(&service, "GET /v1/courses?access_token=demo-admin-token HTTP/1.1", &[&site])?;
        check(answer.status == status, &answer)?;
    }
    // A form needs no leave of the browser. It would do what it says, with a token that everyone knows.
    let form = "access_token=demo-admin-token";
    let head = format!(
        "POST /v1/courses HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nOrigin: {PAGE}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nX-HTTP-Method-Override: GET\r\nContent-Length: {}\r\n\r\n",
        form.len()
    );
    let refused = service.send(&head, form.as_bytes())?;
    check(refused.status == 403, &refused)?;
    let taken = service.send(&head.replace(PAGE, own), form.as_bytes())?;
    check(taken.status == 200, &taken)
}

fn operations() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let mut command = derslik(&["serve", "--json", "--listen", "127.0.0.1:0", "--database-url", &url]);
    command.env("DERSLIK_OPS__LISTEN", "127.0.0.1:0");
    let mut service = Running::spawn(command)?;
    let banner: Value = serde_json::from_str(&service.banner)?;
    let operations = banner["operations"].as_str().and_then(|url| url.strip_prefix("http://")).ok_or("no operations listener")?;
    service.address = operations.parse()?;
    for line in ["GET /healthz HTTP/1.1", "OPTIONS /healthz HTTP/1.1"] {
        let origin = format!("Origin: {PAGE}");
        let answer = ask(&service, line, &[&origin, "Access-Control-Request-Method: GET"])?;
        check(answer.status == 403 && !answer.head.contains("access-control-"), &answer)?;
    }
    Ok(())
}
