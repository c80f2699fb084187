//! Requests over HTTP/2, which another library reads and logs.

use std::path::Path;

use libtest_mimic::Failed;

use crate::canary::{Canary, percent_encoded};
use crate::check;
use crate::commands::Keys;
use crate::https_client::Http2;
use crate::site::{Site, secret_file};

const WRONG: &str = "kanarya8c5byanlisanahtar";

pub(crate) fn nothing_in_sight() -> Result<(), Failed> {
    let mut site = Site::new("sqlite", "text")?;
    site.canaries.push(Canary::new("a wrong key", WRONG));
    let keys = Keys::create(&mut site)?;
    let certificates = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
    let key = secret_file(site.folder.path(), "tls.key", &std::fs::read_to_string(certificates.join("one.key"))?)?;
    let chain = certificates.join("one.crt");
    let served = site.serve("serve", &[("DERSLIK_TLS_CERT", chain.as_path()), ("DERSLIK_TLS_KEY", key.as_path())])?;
    let client = Http2::connect(served.address)?;
    let calls = [("/xapi/session", &keys.bearer), ("/api/v1/projects", &keys.organization_key), ("/v1/courses", &keys.token)];
    let mut sent = 0;
    for (path, right) in calls {
        for (secret, status) in [(right.as_str(), 200), (WRONG, 401)] {
            let encoded = percent_encoded(secret);
            for target in [path.to_owned(), format!("{path}?key={encoded}"), format!("{path}?access_token={encoded}")] {
                let (came, body) = client.ask("GET", &target, &format!("Bearer {secret}"), "")?;
                check(came == status, &(path, &body))?;
                site.see(format!("the answer to {target}"), body);
                sent += 1;
            }
        }
    }
    drop(client);
    let log = site.end("serve", served)?;
    check(log.matches("request_id").count() >= sent, &"the log does not show the requests")?;
    let leaks = site.leaks();
    check(leaks.is_empty(), &leaks)
}
