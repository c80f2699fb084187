//! Who gets an answer, and how much anyone can take.

use std::net::{SocketAddr, TcpListener, TcpStream};

use libtest_mimic::{Failed, Trial};
use serde_json::json;

use crate::support::process::{derslik, sqlite_url, until, url_text};
use crate::support::{DATABASES, Open};
use crate::{Listener, Service, check};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("requests_that_a_foreign_page_causes_are_refused", foreign_pages),
        Trial::test("a_listener_for_other_machines_shows_the_health_alone", other_machines),
        Trial::test("silent_connections_do_not_keep_others_out", silent_connections),
        Trial::test("an_address_in_use_is_an_error_that_names_the_flag", address_in_use),
        Trial::test("without_a_listener_the_banner_names_none", without_listener),
    ];
    for (name, open) in DATABASES {
        trials.push(Trial::test(format!("{name}::the_listener_takes_a_free_port_as_the_service_does"), move || free_port(open)));
    }
    trials
}

fn free_port(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let service = Service::start(&url_text(&url), &[])?;
    let Listener(address) = service.operations;
    check(address.ip().is_loopback() && address != service.running.address, &address)?;
    check(service.operations.get("/healthz")?.json()? == json!({ "status": "ok" }), &"health")?;
    let version = service.operations.get("/version")?.json()?;
    check(version == json!({ "name": "derslik", "version": env!("CARGO_PKG_VERSION") }), &version)?;
    let ready = service.operations.until_ready(true)?;
    for part in ["process", "database", "schema", "worker"] {
        check(ready["parts"][part]["state"] == "ok" && ready["parts"][part]["since"].is_string(), &ready)?;
    }
    // The public listener has none of it.
    check(service.running.get("/healthz", "none")?.status != 200, &"the public listener")
}

fn foreign_pages() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Service::start(&sqlite_url(folder.path()), &["--no-worker"])?;
    let host = format!("Host: {}", service.operations.0);
    let own = format!("Origin: http://{}", service.operations.0);
    let cases: [(&[&str], u16); 9] = [
        (&[&host], 200),
        (&["Host: localhost"], 200),
        (&[&host, &own], 200),
        (&[&host, "Sec-Fetch-Site: none"], 200),
        (&["Host: evil.example"], 403),
        (&[&host, "Origin: http://evil.example"], 403),
        (&[&host, "Origin: null"], 403),
        (&[&host, "Sec-Fetch-Site: same-site"], 403),
        (&[&host, "Sec-Fetch-Site: cross-site"], 403),
    ];
    for path in ["/healthz", "/readyz", "/version"] {
        for (lines, expected) in cases {
            let answer = service.operations.ask(path, lines)?;
            // A busy machine may not be ready; that is an answer as well.
            let is_refused = answer.status == 403;
            check(is_refused == (expected == 403), &(path, lines, answer))?;
        }
    }
    Ok(())
}

fn other_machines() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Service::start(&sqlite_url(folder.path()), &["--no-worker", "--ops-listen", "0.0.0.0:0"])?;
    let Listener(address) = service.operations;
    let listener = Listener(SocketAddr::from(([127, 0, 0, 1], address.port())));
    until(|| Ok(listener.ask("/readyz", &["Host: derslik-2.internal"])?.status == 200))?;
    for (path, expected) in [("/healthz", 200), ("/version", 200), ("/metrics", 404), ("/", 404)] {
        let answer = listener.ask(path, &["Host: derslik-2.internal"])?;
        check(answer.status == expected, &(path, answer))?;
    }
    Ok(())
}

/// Opens more connections than the listener takes at once, and sends nothing on them.
fn silent_connections() -> Result<(), Failed> {
    const CONNECTIONS: usize = 140;
    let folder = tempfile::tempdir()?;
    let service = Service::start(&sqlite_url(folder.path()), &["--no-worker"])?;
    let silent = (0..CONNECTIONS).map(|_| TcpStream::connect(service.operations.0)).collect::<Result<Vec<_>, _>>()?;
    check(service.operations.is_alive()?, &"the listener")?;
    drop(silent);
    Ok(())
}

fn address_in_use() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let url = sqlite_url(folder.path());
    let output = derslik(&["serve", "--listen", "127.0.0.1:0", "--ops-listen", &address, "--database-url", &url]).output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.code() == Some(4) && text.contains(&address) && text.contains("--ops-listen"), &(output.status, text))?;
    let refused = derslik(&["serve", "--ops-listen", "everywhere"]).output()?;
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    check(refused.status.code() == Some(2) && text.contains("or off"), &(refused.status, text))
}

fn without_listener() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let command =
        derslik(&["serve", "--fixed-dev-keys", "--json", "--listen", "127.0.0.1:0", "--ops-listen", "off", "--database-url", &url]);
    let running = crate::support::process::Running::spawn(command)?;
    let banner: serde_json::Value = serde_json::from_str(&running.banner)?;
    check(banner["operations"].is_null(), &banner)
}
