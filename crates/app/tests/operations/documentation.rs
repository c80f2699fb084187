//! Which listener serves the documentation of the public APIs.

use libtest_mimic::{Failed, Trial};

use crate::support::process::{Answer, derslik, sqlite_url};
use crate::{Listener, Service, check};

/// A credential that is not valid: the documentation needs none.
const NO_ONE: &str = "none";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("both_listeners_show_the_documentation_in_dev", shown_in_dev),
        Trial::test("the_operations_listener_alone_shows_the_documentation_in_production", shown_in_production),
        Trial::test("other_machines_are_not_shown_the_documentation", hidden_from_others),
    ]
}

/// Whether an answer is the page, and of a listener that serves the public calls or not.
fn is_page(answer: &Answer, calls: &str) -> bool {
    answer.status == 200
        && answer.head.contains("content-security-policy: default-src 'none'")
        && answer.body.contains(&format!("data-calls=\"{calls}\""))
}

fn shown_in_dev() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Service::start(&sqlite_url(folder.path()), &["--no-worker"])?;
    let (public, operations) = (service.running.get("/docs", NO_ONE)?, service.operations.get("/docs")?);
    check(is_page(&public, "here"), &public)?;
    check(is_page(&operations, "elsewhere") && operations.body.contains("data-own=\"/openapi/operations.json\""), &operations)?;
    let (public, operations) = (service.running.get("/openapi.json", NO_ONE)?, service.operations.get("/openapi.json")?);
    check(public.json()? == operations.json()? && public.json()?["openapi"] == "3.1.0", &public.head)?;
    let own = service.operations.get("/openapi/operations.json")?;
    check(own.json()?["paths"]["/readyz"]["get"].is_object(), &own)
}

fn shown_in_production() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let migrated = derslik(&["migrate", "--database-url", &url]).output()?;
    check(migrated.status.success(), &migrated)?;
    let mut command = derslik(&["serve", "--profile", "production", "--json", "--listen", "127.0.0.1:0", "--database-url", &url]);
    command.env("DERSLIK_ALLOW_SQLITE", "true").env_remove("DERSLIK_OPS__LISTEN");
    let service = Service::spawn(command)?;
    for path in ["/docs", "/docs/page.js", "/docs/page.css", "/openapi.json"] {
        let (public, operations) = (service.running.get(path, NO_ONE)?, service.operations.get(path)?);
        check((public.status, operations.status) == (404, 200), &(path, public.status, operations.status))?;
    }
    Ok(())
}

fn hidden_from_others() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = Service::start(&sqlite_url(folder.path()), &["--no-worker", "--ops-listen", "0.0.0.0:0"])?;
    let listener = Listener(([127, 0, 0, 1], service.operations.0.port()).into());
    listener.until_ready(true)?;
    for path in ["/docs", "/openapi.json", "/openapi/operations.json"] {
        let answer = listener.get(path)?;
        check(answer.status == 404, &(path, answer))?;
    }
    Ok(())
}
