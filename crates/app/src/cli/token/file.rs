//! Credentials files, in the formats that client libraries read. A file holds secrets that are stored nowhere else.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use derslik_domain::id::{AccountId, GrantId};
use derslik_domain::identity::SignatureAlgorithm;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::{CreatedRefreshToken, CreatedServiceKey};
use derslik_side_listener::host_of;
use serde_json::{Value, json};

use crate::backup::new_file::NewFile;
use crate::cli::output::second;
use crate::cli::{Failure, Output};

/// The domain of the original, whose name libraries expect unless a file names another.
const UNIVERSE: &str = "googleapis.com";

/// The audience of a file for a library that exchanges it elsewhere. The server does not read it.
const AUDIENCE: &str = "//iam.googleapis.com/locations/global/workforcePools/derslik/providers/derslik";

/// What a credentials file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FileKind {
    /// A key of a service account. Python takes it at any address; other libraries need the name of the original server.
    ServiceAccount,
    /// A refresh token of a person, as a log-in with the original leaves one. Libraries need the name of the original server for it.
    AuthorizedUser,
    /// A refresh token of a person, of a type that Python and Node exchange at any address, also over plain http.
    External,
}

/// The algorithm of a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AlgorithmName {
    /// RSA of 2048 bits, which all libraries know.
    Rs256,
    /// ECDSA on P-256, which few libraries know.
    Es256,
}

impl AlgorithmName {
    pub(super) const fn algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::Rs256 => SignatureAlgorithm::Rs256,
            Self::Es256 => SignatureAlgorithm::Es256,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// Make a credentials file for client libraries in place of a token.
    #[arg(long = "as", value_enum, value_name = "KIND", requires = "url")]
    pub(super) kind: Option<FileKind>,
    /// The URL of the service as clients reach it, such as `https://classroom.okul.example`.
    #[arg(long, value_name = "URL", requires = "kind")]
    url: Option<String>,
    /// A domain of your own, whose subdomain `classroom` is the service, such as `okul.example` [default: googleapis.com].
    #[arg(long, value_name = "DOMAIN", requires = "kind")]
    universe_domain: Option<String>,
    /// The algorithm of the key of a service account [default: rs256].
    #[arg(long, value_enum, requires = "kind")]
    pub(super) algorithm: Option<AlgorithmName>,
    /// Write the file there, for its owner alone, and not to standard output.
    #[arg(long, value_name = "FILE", requires = "kind")]
    out: Option<PathBuf>,
}

/// What a file says of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    token_url: String,
    universe_domain: String,
}

impl FileArgs {
    /// Where the service is.
    pub(super) fn place(&self) -> Result<Place, Failure> {
        let url = self.url.as_deref().unwrap_or_default();
        if let Some(fault) = fault_of_url(url) {
            return Err(Failure::Usage(anyhow::anyhow!(
                "--url {fault}: give the URL of the service, such as https://classroom.okul.example"
            )));
        }
        let url = url.trim_end_matches('/');
        let domain = self.universe_domain.as_deref().unwrap_or(UNIVERSE);
        let is_of_domain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || ".-".contains(letter);
        if domain.is_empty() || !domain.chars().all(is_of_domain) {
            return Err(Failure::Usage(anyhow::anyhow!("--universe-domain is not a domain such as okul.example")));
        }
        if self.kind == Some(FileKind::AuthorizedUser) && domain != UNIVERSE {
            return Err(Failure::Usage(anyhow::anyhow!(
                "no client library refreshes a file of the kind authorized-user in a domain of your own: make one --as service-account, or \
                 leave out --universe-domain"
            )));
        }
        Ok(Place { token_url: format!("{url}/token"), universe_domain: domain.to_owned() })
    }

    /// Makes the file. `make` is called once there is a place for it, so that no secret is lost. What was made is told on standard error
    /// if the file does not go to standard output.
    pub(super) fn write(&self, output: Output, make: impl FnOnce() -> Result<Made, Failure>) -> Result<(), Failure> {
        match &self.out {
            None => {
                let Made { content, .. } = make()?;
                output.print(|| pretty(&content), || content.clone())
            }
            Some(path) => {
                let file = write_to(path, make)?;
                // A closed standard error does not undo the file.
                writeln!(std::io::stderr(), "{}", summary(&file, path)).ok();
                Ok(())
            }
        }
    }
}

/// A credentials file, and what is told of it. Only the content is secret.
pub(super) struct Made {
    pub(super) content: Value,
    /// What it holds, such as `a key of timetable@7.iam.derslik.internal`.
    pub(super) holds: String,
    pub(super) account: AccountId,
    pub(super) grant: GrantId,
    pub(super) expires_at: Option<Timestamp>,
}

/// What the text of a URL lacks, or has too much. The text is not repeated, since it may hold a password.
fn fault_of_url(url: &str) -> Option<&'static str> {
    let Some(place) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return Some("does not begin with https:// or http://");
    };
    if place.is_empty() || place.starts_with('/') {
        return Some("names no host");
    }
    let fault = place.chars().find_map(|letter| match letter {
        '?' | '#' => Some("has a query or a fragment"),
        '@' => Some("has a user name"),
        letter if letter.is_whitespace() || letter.is_control() => Some("has a blank"),
        _ => None,
    });
    if fault.is_some() {
        return fault;
    }
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    if host_of(authority).is_none() {
        return Some("has a host or a port that can't exist");
    }
    let is_plain = path.chars().all(|letter| letter.is_ascii_alphanumeric() || "/-._~".contains(letter));
    (!is_plain).then_some("has a path with other characters than letters, digits and /-._~")
}

fn write_to(path: &Path, make: impl FnOnce() -> Result<Made, Failure>) -> Result<Made, Failure> {
    let (new, mut out) = NewFile::create(path).map_err(Failure::Usage)?;
    let file = make()?;
    writeln!(out, "{}", pretty(&file.content))
        .map_err(|error| Failure::Other(anyhow::Error::new(error).context(path.display().to_string())))?;
    new.keep(&out).map_err(Failure::Other)?;
    Ok(file)
}

/// What is told of a file that was written, one line for each part.
fn summary(made: &Made, path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    let expires = made.expires_at.map_or_else(|| "never".to_owned(), second);
    let quoted = path.replace('\'', r"'\''");
    format!(
        "wrote       {path}\nholds       {}\ngrant       {}  (`derslik grant revoke` ends it)\nexpires     {expires}\nto use it   export \
         GOOGLE_APPLICATION_CREDENTIALS='{quoted}'",
        made.holds, made.grant
    )
}

fn pretty(file: &Value) -> String {
    format!("{file:#}")
}

/// The file with the key of a service account. `account` is the name of the account.
pub(super) fn of_key(key: &CreatedServiceKey, account: &str, place: &Place) -> Value {
    json!({
        "type": "service_account",
        "project_id": account,
        "private_key_id": key.key,
        "private_key": key.private_pem,
        "client_email": key.address.to_string(),
        "client_id": key.principal.to_string(),
        "token_uri": place.token_url,
        "universe_domain": place.universe_domain,
    })
}

/// The file with a refresh token.
pub(super) fn of_refresh_token(created: &CreatedRefreshToken, kind: FileKind, place: &Place) -> Value {
    let (name, member) = match kind {
        FileKind::External => ("external_account_authorized_user", "token_url"),
        FileKind::AuthorizedUser | FileKind::ServiceAccount => ("authorized_user", "token_uri"),
    };
    let mut file = json!({
        "type": name,
        "client_id": created.client.id,
        "client_secret": created.client.secret,
        "refresh_token": created.token,
        "universe_domain": place.universe_domain,
    });
    if let Some(members) = file.as_object_mut() {
        members.insert(member.to_owned(), place.token_url.as_str().into());
        if kind == FileKind::External {
            members.insert("audience".to_owned(), AUDIENCE.into());
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use derslik_domain::id::Id;
    use derslik_domain::identity::{ServiceAddress, ServiceName};
    use derslik_ports::inbound::Client;

    use super::*;
    use crate::cli::operator::testing::code_and_text;

    fn arguments(url: &str, domain: Option<&str>, out: Option<PathBuf>) -> FileArgs {
        let universe_domain = domain.map(str::to_owned);
        FileArgs { kind: Some(FileKind::External), url: Some(url.to_owned()), universe_domain, algorithm: None, out }
    }

    fn place() -> Place {
        arguments("https://classroom.okul.example/", Some("okul.example"), None).place().map_err(code_and_text).unwrap()
    }

    #[test]
    fn a_place_is_a_url_and_a_domain() {
        let expected = Place { token_url: "https://classroom.okul.example/token".to_owned(), universe_domain: "okul.example".to_owned() };
        assert_eq!(place(), expected);
        let local = arguments("http://127.0.0.1:8080", None, None).place().map_err(code_and_text).unwrap();
        assert_eq!((local.token_url.as_str(), local.universe_domain.as_str()), ("http://127.0.0.1:8080/token", "googleapis.com"));
        for url in ["http://[::1]:8080", "https://okul.example:1/a-b/c_d", "https://Okul.example:65535", "https://okul.example/"] {
            assert!(arguments(url, None, None).place().is_ok(), "{url}");
        }
        for (url, fault) in [
            ("", "does not begin with https:// or http://"),
            ("okul.example", "does not begin with https:// or http://"),
            ("127.0.0.1:8080", "does not begin with https:// or http://"),
            ("ftp://okul.example", "does not begin with https:// or http://"),
            ("https://", "names no host"),
            ("https:///a", "names no host"),
            ("https://a b", "has a blank"),
            ("https://a?b", "has a query or a fragment"),
            ("https://a:secret@b", "has a user name"),
            ("https://:99999", "has a host or a port that can't exist"),
            ("https://a:99999", "has a host or a port that can't exist"),
            ("https://a:0", "has a host or a port that can't exist"),
            ("https://a:", "has a host or a port that can't exist"),
            ("https://a:+1", "has a host or a port that can't exist"),
            ("https://a..b", "has a host or a port that can't exist"),
            ("https://[::1]a", "has a host or a port that can't exist"),
            ("https://[a]", "has a host or a port that can't exist"),
            ("https://a/\"../<>", "has a path with other characters than letters, digits and /-._~"),
        ] {
            let (code, text) = arguments(url, None, None).place().map_err(code_and_text).unwrap_err();
            assert!(code == 2 && text.starts_with(&format!("--url {fault}: ")) && !text.contains("secret"), "{url}: {text}");
        }
        for domain in ["", "Okul.example", "https://okul.example", "okul example"] {
            assert_eq!(arguments("https://a", Some(domain), None).place().map_err(code_and_text).unwrap_err().0, 2, "{domain}");
        }
    }

    #[test]
    fn a_file_that_no_library_can_use_in_a_domain_is_refused() {
        let of_a_user = |domain| {
            let arguments = arguments("https://a", domain, None);
            FileArgs { kind: Some(FileKind::AuthorizedUser), ..arguments }.place().map_err(code_and_text)
        };
        assert!(of_a_user(None).is_ok() && of_a_user(Some("googleapis.com")).is_ok());
        let (code, text) = of_a_user(Some("okul.example")).unwrap_err();
        assert!(code == 2 && text.contains("--as service-account"), "{text}");
    }

    #[test]
    fn the_file_of_a_key_has_what_libraries_read() {
        let address = ServiceAddress { account: Id::new(7), name: ServiceName::parse("timetable").unwrap() };
        let private_pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
        let key =
            CreatedServiceKey { id: Id::new(5), address, principal: Id::new(200), key: "0a".to_owned(), private_pem, expires_at: None };
        let file = of_key(&key, "okul", &place());
        assert_eq!((&file["type"], &file["client_email"]), (&json!("service_account"), &json!("timetable@7.iam.derslik.internal")));
        assert_eq!((&file["private_key_id"], &file["client_id"], &file["project_id"]), (&json!("0a"), &json!("200"), &json!("okul")));
        assert_eq!((&file["token_uri"], &file["universe_domain"]), (&json!(place().token_url), &json!("okul.example")));
        assert_eq!(file["private_key"], json!("-----BEGIN PRIVATE KEY-----\n"));
    }

    #[test]
    fn a_refresh_token_makes_a_file_of_either_kind() {
        let client = Client { id: "7-0a.apps.derslik.internal".to_owned(), secret: "secret".to_owned() };
        let created = CreatedRefreshToken { id: Id::new(5), client, token: "refresh".to_owned(), expires_at: None };
        let user = of_refresh_token(&created, FileKind::AuthorizedUser, &place());
        assert_eq!((&user["type"], &user["token_uri"]), (&json!("authorized_user"), &json!(place().token_url)));
        let external = of_refresh_token(&created, FileKind::External, &place());
        assert_eq!((&external["type"], &external["token_url"]), (&json!("external_account_authorized_user"), &json!(place().token_url)));
        assert!(external["audience"].is_string() && user.get("audience").is_none());
        for file in [user, external] {
            assert_eq!((&file["client_secret"], &file["refresh_token"]), (&json!("secret"), &json!("refresh")));
        }
    }

    fn made() -> Made {
        Made {
            content: json!({ "type": "a" }),
            holds: "a key of timetable".to_owned(),
            account: Id::new(7),
            grant: Id::new(5),
            expires_at: None,
        }
    }

    #[test]
    fn what_was_made_is_told_with_its_end_and_the_variable_to_set() {
        let text = summary(&made(), Path::new("/srv/a's key.json"));
        let lines: Vec<_> = text.lines().collect();
        let expected = [
            "wrote       /srv/a's key.json",
            "holds       a key of timetable",
            "grant       5  (`derslik grant revoke` ends it)",
            "expires     never",
            r"to use it   export GOOGLE_APPLICATION_CREDENTIALS='/srv/a'\''s key.json'",
        ];
        assert_eq!(lines, expected);
        let ends = Made { expires_at: Some("2025-02-06T13:07:35Z".parse().unwrap()), ..made() };
        assert!(summary(&ends, Path::new("/a")).contains("expires     2025-02-06T13:07:35Z"));
    }

    #[test]
    fn a_file_is_for_its_owner_alone_and_a_failure_leaves_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.json");
        let written = arguments("https://a", None, Some(path.clone()));
        let failed = written.write(Output::Text, || Err(Failure::Other(anyhow::anyhow!("no key"))));
        assert!(failed.is_err() && !path.exists());
        written.write(Output::Text, || Ok(made())).map_err(code_and_text).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\n  \"type\": \"a\"\n}\n");
        let again = written.write(Output::Text, || unreachable!("there is no place for a second key"));
        assert_eq!(again.map_err(code_and_text).unwrap_err().0, 2);
    }
}
