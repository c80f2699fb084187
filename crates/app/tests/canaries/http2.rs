//! Requests over HTTP/2, which another library reads and logs. They are sent by curl, since nothing else here speaks HTTP/2.

use std::path::Path;
use std::process::Command;

use libtest_mimic::Failed;

use crate::canary::{Canary, percent_encoded};
use crate::check;
use crate::commands::Keys;
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
    let calls = [("/xapi/session", &keys.bearer), ("/api/v1/projects", &keys.organization_key), ("/v1/courses", &keys.token)];
    let mut sent = 0;
    for (path, right) in calls {
        for (secret, status) in [(right.as_str(), 200), (WRONG, 401)] {
            let encoded = percent_encoded(secret);
            for target in [path.to_owned(), format!("{path}?key={encoded}"), format!("{path}?access_token={encoded}")] {
                // The settings of curl come from a file, so that its arguments show no secret.
                let settings = format!(
                    "url = \"https://{}{target}\"\nheader = \"Authorization: Bearer {secret}\"\nhttp2\ninsecure\nsilent\nshow-error\n\
                     include\nnoproxy = \"*\"\n",
                    served.address
                );
                let file = secret_file(site.folder.path(), "curl", &settings)?;
                let output = Command::new("curl").arg("-K").arg(file).output()?;
                let answer = String::from_utf8_lossy(&output.stdout).into_owned();
                check(answer.starts_with(&format!("HTTP/2 {status}")), &("curl needs HTTP/2", &output))?;
                site.see(format!("the answer to {target}"), answer);
                sent += 1;
            }
        }
    }
    let log = site.end("serve", served)?;
    check(log.matches("request done").count() >= sent, &"the log does not show the requests")?;
    let leaks = site.leaks();
    check(leaks.is_empty(), &leaks)
}
