//! Requests as published clients send them, byte by byte, over a socket to the real program on both databases. The files under
//! `clients/` describe them, written after the behaviour of those clients. Each file is one conversation, in order.

mod support;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use derslik_storage::DatabaseUrl;
use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use support::process::Running;
use support::{DATABASES, run};

/// A request, and the expected answer.
struct Exchange {
    about: String,
    head: String,
    body: String,
    status: u16,
    /// `path = value` and `path -> name to remember it by`.
    wanted: Vec<String>,
}

/// Values that earlier answers gave, by name.
type Known = BTreeMap<String, String>;

fn exchanges(text: &str) -> Result<Vec<Exchange>, Failed> {
    let parts = text.split("\n### ").skip(1);
    let exchanges = parts.map(|part| {
        let (about, rest) = part.split_once('\n').ok_or("no request")?;
        let (request, wanted) = rest.split_once("\n>>> ").ok_or("no status")?;
        let (head, body) = request.split_once("\n\n").unwrap_or((request.trim_end(), ""));
        let mut wanted = wanted.lines().map(str::to_owned);
        let status = wanted.next().ok_or("no status")?.parse()?;
        let wanted = wanted.filter(|line| !line.is_empty()).collect();
        Ok(Exchange { about: about.to_owned(), head: head.to_owned(), body: body.to_owned(), status, wanted })
    });
    exchanges.collect()
}

fn filled(text: &str, known: &Known) -> String {
    known.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

impl Exchange {
    /// Sends the request. If it has `Expect: 100-continue`, the body follows once the server asks for it.
    fn send(&self, known: &Known) -> Result<(u16, String), Failed> {
        let chunked = self.head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let mut body = filled(&self.body, known);
        if chunked {
            // The file has the blank line after a last chunk, but not the one after the head of a request without chunks.
            body = format!("{}\r\n\r\n", body.trim_end().replace('\n', "\r\n"));
        }
        let head = filled(&self.head, known).replace("{length}", &body.len().to_string()).replace('\n', "\r\n") + "\r\n\r\n";
        let address = known.get("host").ok_or("no host")?;
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(head.as_bytes())?;
        if head.to_ascii_lowercase().contains("expect: 100-continue") {
            let (status, answer) = read(&mut stream)?;
            if status != 100 {
                return Ok((status, answer));
            }
        }
        stream.write_all(body.as_bytes())?;
        read(&mut stream)
    }

    fn judge(&self, status: u16, answer: &str, known: &mut Known) -> Result<(), Failed> {
        if status != self.status {
            return Err(format!("{}: wanted {}, came {status} {answer}", self.about, self.status).into());
        }
        let body: Value = if answer.is_empty() { Value::Null } else { serde_json::from_str(answer)? };
        let at = |path: &str| {
            let pointer = path.split('.').filter(|part| !part.is_empty()).fold(String::new(), |pointer, part| pointer + "/" + part);
            body.pointer(&pointer).cloned().ok_or_else(|| Failed::from(format!("{}: no {path} in {answer}", self.about)))
        };
        for line in &self.wanted {
            if let Some((path, name)) = line.split_once("-> ") {
                let value = at(path.trim())?;
                known.insert(name.to_owned(), value.as_str().ok_or("no text")?.to_owned());
            } else {
                let (path, value) = line.split_once(" = ").ok_or("neither = nor ->")?;
                let (came, wanted) = (at(path.trim())?, serde_json::from_str::<Value>(&filled(value, known))?);
                if came != wanted {
                    return Err(format!("{}: {path}: wanted {wanted}, came {came}", self.about).into());
                }
            }
        }
        Ok(())
    }
}

/// Reads one answer, up to the length that its head gives.
fn read(stream: &mut TcpStream) -> Result<(u16, String), Failed> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend_from_slice(&byte);
    }
    let head = String::from_utf8(head)?.to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(Ok(0), str::parse)?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    if head.contains("content-encoding: ") {
        return Err(format!("an encoding that the client did not ask for: {head}").into());
    }
    Ok((status, String::from_utf8(body)?))
}

fn talk(url: &DatabaseUrl, file: &Path) -> Result<(), Failed> {
    let url = match url {
        DatabaseUrl::Postgres(url) => url.clone(),
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
    };
    let service = Running::start(&url, &[])?;
    let mut known = Known::from([("host".to_owned(), service.address.to_string())]);
    let exchanges = exchanges(&std::fs::read_to_string(file)?)?;
    if exchanges.len() < 5 {
        return Err(format!("{} exchanges", exchanges.len()).into());
    }
    for exchange in exchanges {
        let (status, answer) = exchange.send(&known).map_err(|error| format!("{}: {error:?}", exchange.about))?;
        exchange.judge(status, &answer, &mut known)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let trials = DATABASES.into_iter().flat_map(|(database, open)| {
        let folder = folder.clone();
        ["dotnet", "php", "others"].map(|client| {
            let file = folder.join(client).with_extension("http");
            Trial::test(format!("{database}::the_requests_of_{client}_are_answered"), move || {
                let (url, _place) = open()?;
                talk(&url, &file)
            })
        })
    });
    run(trials.collect())
}
