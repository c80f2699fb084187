//! Requests that carry secrets, right and wrong ones, in every place where a client could put them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::canary::{Canary, percent_encoded};
use crate::check;
use crate::commands::Keys;
use crate::site::Served;

/// Not a secret. The framework logs a length that is not a number at this level, so the log shows this text. That proves that the
/// search sees what a client has sent.
pub(crate) const CONTROL: &str = "kontrol8d2f6a1c0b";

const WRONG_PROOF: &str = "3fa94c07be6d1258903fd7a1c4e86b025d9f7310ab48ce625f80d391e7c4b6a2";
const WRONG_WORD: &str = "kanarya1e7cyanlisanahtar";
const PASSWORD: &str = "kanarya4c7bparola";
const NEW_PASSWORD: &str = "kanarya9a3fyeniparola";
const WRONG_PASSWORD: &str = "kanarya6d0eyanlisparola";

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const JSON: &str = "Content-Type: application/json\r\n";

/// The fixed secrets of these requests.
pub(crate) fn canaries() -> Vec<Canary> {
    let named = [
        ("a wrong proof", WRONG_PROOF),
        ("a wrong word", WRONG_WORD),
        ("a password", PASSWORD),
        ("a new password", NEW_PASSWORD),
        ("a wrong password", WRONG_PASSWORD),
    ];
    named.into_iter().map(|(name, secret)| Canary::new(name, secret)).collect()
}

/// A client, and the answers that it may have been sent a secret in.
pub(crate) struct Client<'s> {
    served: &'s Served,
    /// The requests in words, and the whole answers.
    pub(crate) answers: Vec<(String, String)>,
    /// The tokens of log-ins, which were sent on purpose.
    pub(crate) tokens: Vec<Canary>,
}

/// A request: its method, its path with a query, further lines of its head, and its body.
type Request<'r> = (&'r str, &'r str, &'r str, &'r str);

impl<'s> Client<'s> {
    pub(crate) fn new(served: &'s Served) -> Self {
        Self { served, answers: Vec::new(), tokens: Vec::new() }
    }

    /// Sends everything, once with right and once with wrong secrets.
    pub(crate) fn send_all(&mut self, keys: &Keys) -> Result<(), Failed> {
        let zeros = "0".repeat(24);
        let secrets = [
            ("/xapi/session", keys.bearer.clone(), 200),
            ("/api/v1/projects", keys.organization_key.clone(), 200),
            ("/v1/courses", keys.token.clone(), 200),
            ("/xapi/session", format!("{}|{WRONG_PROOF}", keys.access_key), 401),
            ("/xapi/session", format!("derslik_at_{zeros}_{WRONG_PROOF}_00000000"), 401),
            ("/api/v1/projects", format!("derslik_ok_{WRONG_PROOF}_00000000"), 401),
            ("/api/v1/projects", WRONG_WORD.to_owned(), 401),
            ("/v1/courses", format!("derslik_at_{zeros}_{WRONG_PROOF}_00000000"), 401),
            ("/v1/courses", WRONG_WORD.to_owned(), 401),
        ];
        for (path, secret, status) in &secrets {
            self.expect(*status, ("GET", path, &format!("Authorization: Bearer {secret}\r\n"), ""))?;
            self.in_heads(path, secret)?;
            self.in_queries(path, secret)?;
            self.in_bodies(path, secret)?;
            self.malformed(path, secret)?;
        }
        let query = format!("/v1/courses?access_token={}", percent_encoded(&keys.token));
        self.expect(200, ("GET", &query, "", ""))?;
        self.batch(keys)?;
        self.people(keys)?;
        self.log_ins(keys)?;
        self.grants(keys)?;
        let length = format!("POST /v1/courses HTTP/1.1\r\nHost: derslik\r\nContent-Length: {CONTROL}\r\n\r\n");
        self.raw(&length, b"")
    }

    fn raw(&mut self, head: &str, body: &[u8]) -> Result<(), Failed> {
        let answer = self.served.ask(head, body)?;
        self.answers.push((head.lines().next().unwrap_or_default().to_owned(), answer));
        Ok(())
    }

    /// The status of the answer to a request, and the answer.
    fn ask(&self, (method, path, lines, body): Request<'_>) -> Result<(u16, String), Failed> {
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nContent-Length: {}\r\n{lines}\r\n", body.len());
        let answer = self.served.ask(&head, body.as_bytes())?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| format!("no status: {answer}"))?;
        Ok((status, answer))
    }

    /// Sends a request, which must not fail for a reason of the service's own.
    fn send(&mut self, request: Request<'_>) -> Result<(), Failed> {
        let (status, answer) = self.ask(request)?;
        check(status < 500 || status == 501, &(request, &answer))?;
        self.answers.push((format!("{request:?}"), answer));
        Ok(())
    }

    fn expect(&mut self, status: u16, request: Request<'_>) -> Result<(), Failed> {
        let (came, answer) = self.ask(request)?;
        check(came == status, &(request, &answer))?;
        self.answers.push((format!("{request:?}"), answer));
        Ok(())
    }

    fn in_heads(&mut self, path: &str, secret: &str) -> Result<(), Failed> {
        let user = STANDARD.encode(format!("user:{secret}"));
        let (alone, other) = (STANDARD.encode(secret), "Authorization");
        let lines = [
            format!("{other}: {secret}\r\n"),
            format!("{other}: bEARER   {secret}  \r\n"),
            format!("{other}: Bearer {secret} more\r\n"),
            format!("{other}: Bearer {secret}\r\n{other}: Bearer {secret}\r\n"),
            format!("{other}: Basic {user}\r\n"),
            format!("{other}: Basic {alone}\r\n"),
            format!("{other}: Digest username=\"u\", response=\"{secret}\"\r\n"),
            format!("Proxy-Authorization: Bearer {secret}\r\n"),
            format!("X-Api-Key: {secret}\r\n"),
            format!("X-Goog-Api-Key: {secret}\r\n"),
            format!("Cookie: token={secret}; key=\"{secret}\"\r\n"),
        ];
        lines.iter().try_for_each(|lines| self.send(("GET", path, lines, "")))
    }

    fn in_queries(&mut self, path: &str, secret: &str) -> Result<(), Failed> {
        let encoded = percent_encoded(secret);
        for name in ["access_token", "oauth_token", "key", "token", "apikey", "api_key", "password", "client_secret"] {
            self.send(("GET", &format!("{path}?{name}={encoded}"), "", ""))?;
            // A second parameter, which is at fault.
            self.send(("GET", &format!("{path}?{name}={encoded}&alt=xml&pageSize=-1&limit=x&page_size=x"), "", ""))?;
        }
        // Not encoded, as a person would write it.
        self.send(("GET", &format!("{path}?access_token={}&key={}", secret.replace('|', ":"), secret.replace('|', ":")), "", ""))
    }

    fn in_bodies(&mut self, path: &str, secret: &str) -> Result<(), Failed> {
        let (form, object) =
            (format!("access_token={}", percent_encoded(secret)), json!({ "access_token": secret, "key": secret }).to_string());
        let override_form = format!("X-HTTP-Method-Override: GET\r\n{FORM}");
        self.send(("POST", path, &override_form, &form))?;
        self.send(("POST", path, FORM, &form))?;
        self.send(("POST", path, JSON, &object))?;
        let line = format!("Authorization: Bearer {secret}\r\n{JSON}");
        // A body that ends too early, and a method and a path that there are not.
        self.send(("POST", path, &line, object.trim_end_matches('}')))?;
        self.send(("PATCH", path, &line, &object))?;
        self.send(("GET", &format!("{path}/none/none/none"), &line, ""))
    }

    /// Requests that are refused before a dialect sees them.
    fn malformed(&mut self, path: &str, secret: &str) -> Result<(), Failed> {
        let line = format!("Authorization: Bearer {secret}\r\n");
        let (host, pad) = ("Host: derslik\r\nConnection: close\r\n", "x".repeat(200_000));
        for head in [
            format!("GET {path} HTTP/9.9\r\n{host}{line}\r\n"),
            format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{line}\r\n"),
            format!("GET {path} HTTP/1.1\r\n{host}Host: other\r\n{line}\r\n"),
            format!("GET {path} HTTP/1.1\r\n{host}Authorization: Bearer {secret}\u{1}\r\n\r\n"),
            format!("GET {path} HTTP/1.1\r\n{host}Authorization Bearer {secret}\r\n\r\n"),
            format!("GET {path}?access_token={secret} {secret} HTTP/1.1\r\n{host}\r\n"),
            format!("GET {path} HTTP/1.1\r\n{host}{line}X-Pad: {pad}\r\n\r\n"),
            format!("POST {path} HTTP/1.1\r\n{host}{line}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
        ] {
            self.raw(&head, b"")?;
        }
        let body = [&b"{\"password\":\"\xff\xfe"[..], secret.as_bytes(), &b"\"}"[..]].concat();
        let head = format!("POST {path} HTTP/1.1\r\n{host}{line}{JSON}Content-Length: {}\r\n\r\n", body.len());
        self.raw(&head, &body)
    }

    /// A batch whose parts bring credentials of their own.
    fn batch(&mut self, keys: &Keys) -> Result<(), Failed> {
        let part = |token: &str, query: &str| {
            format!(
                "--b\r\nContent-Type: application/http\r\n\r\nGET /v1/courses{query} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n\r\n"
            )
        };
        let query = format!("?access_token={WRONG_WORD}&key={WRONG_PROOF}");
        let body = part(&keys.token, "") + &part(WRONG_WORD, "") + &part(WRONG_PROOF, &query) + "--b--";
        for token in [keys.token.as_str(), WRONG_WORD] {
            let lines = format!("Authorization: Bearer {token}\r\nContent-Type: multipart/mixed; boundary=b\r\n");
            self.send(("POST", "/batch", &lines, &body))?;
            self.send(("POST", "/batch", &lines, body.trim_end_matches('-')))?;
        }
        Ok(())
    }

    /// Passwords of people, as an integration sets them.
    fn people(&mut self, keys: &Keys) -> Result<(), Failed> {
        let line = format!("Authorization: Bearer {}\r\n{JSON}", keys.bearer);
        let person = |password: Value| {
            json!({"name": "Ali", "surname": "Okur", "username": "okur", "email": "okur@okul.example", "password": password}).to_string()
        };
        let whole = person(PASSWORD.into());
        self.expect(201, ("POST", "/xapi/user", &line, &whole))?;
        // The same person again, passwords of another type, and bodies that are broken behind the password.
        for body in [
            whole.clone(),
            person(json!([PASSWORD])),
            person(json!({ "value": PASSWORD })),
            person(format!("{PASSWORD}\u{0}").into()),
            person(PASSWORD.repeat(200).into()),
            whole.trim_end_matches('}').to_owned(),
            format!("{whole}{whole}"),
            whole.replace("\"Okur\"", "Okur"),
        ] {
            self.send(("POST", "/xapi/user", &line, &body))?;
        }
        for user in ["okur", "none"] {
            let path = format!("/xapi/user/{user}/password");
            for body in [json!(NEW_PASSWORD), json!([NEW_PASSWORD]), json!({ "password": NEW_PASSWORD })] {
                self.send(("PUT", &path, &line, &body.to_string()))?;
            }
            self.send(("PUT", &path, &line, &format!("\"{NEW_PASSWORD}")))?;
            let query = format!("{path}?password={}", percent_encoded(NEW_PASSWORD));
            self.send(("PUT", &query, JSON, ""))?;
            self.expect(if user == "okur" { 204 } else { 404 }, ("PUT", &query, &line, ""))?;
        }
        Ok(())
    }

    /// Log-ins. The token of one that succeeds is sent on purpose, and may be seen nowhere else.
    fn log_ins(&mut self, keys: &Keys) -> Result<(), Failed> {
        const PATH: &str = "/auth/connect/token";
        let form = |username: &str, password: &str| {
            let (account, password) = (&keys.account, percent_encoded(password));
            format!("grant_type=password&client_id=api&account_id={account}&username={username}&password={password}")
        };
        for (username, password) in [("okur", NEW_PASSWORD), (keys.access_key.as_str(), keys.secret_key.as_str())] {
            let (status, answer) = self.ask(("POST", PATH, FORM, &form(username, password)))?;
            check(status == 200, &(username, &answer))?;
            let (head, body) = answer.split_once("\r\n\r\n").ok_or("no body")?;
            let tokens = Canary::printed("a log-in", &serde_json::from_str(body)?);
            check(tokens.len() == 1, &body)?;
            self.tokens.extend(tokens);
            self.answers.push((format!("the head of a log-in of {username}"), head.to_owned()));
        }
        for (username, password) in [("okur", WRONG_PASSWORD), ("none", WRONG_PASSWORD), (keys.access_key.as_str(), WRONG_PROOF)] {
            self.expect(400, ("POST", PATH, FORM, &form(username, password)))?;
        }
        let right = form("okur", NEW_PASSWORD);
        self.send(("POST", PATH, FORM, &format!("{right}&client_secret={WRONG_PROOF}")))?;
        // The token of this log-in, which is right as well.
        let (_, last) = self.answers.pop().ok_or("no answer")?;
        let (_, body) = last.split_once("\r\n\r\n").ok_or("no body")?;
        self.tokens.extend(Canary::printed("a log-in with a client's secret", &serde_json::from_str(body)?));
        for body in [
            right.replace("grant_type=password", "grant_type=client_credentials"),
            right.replace("client_id=api", "client_id=none"),
            right.replace(&format!("account_id={}", keys.account), "account_id=x"),
            right.replace("username=okur", "username=%ff"),
            right.replace("username=okur&", ""),
            format!("{right}%zz"),
        ] {
            self.send(("POST", PATH, FORM, &body))?;
        }
        let object = json!({ "grant_type": "password", "username": "okur", "password": NEW_PASSWORD }).to_string();
        self.send(("POST", PATH, JSON, &object))?;
        self.send(("POST", PATH, "", &right))?;
        let query = format!("{PATH}?{right}");
        self.send(("GET", &query, "", ""))?;
        self.send(("POST", &query, FORM, ""))
    }

    /// Grants of each kind at the endpoint for tokens: one that is right, and wrong ones in every part.
    fn grants(&mut self, keys: &Keys) -> Result<(), Failed> {
        const PATH: &str = "/token";
        const JWT: &str = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer";
        const EXCHANGE: &str = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange\
                                &subject_token_type=urn:ietf:params:oauth:token-type:access_token";
        let (status, answer) = self.ask(("POST", PATH, FORM, &format!("{EXCHANGE}&subject_token={}", percent_encoded(&keys.token))))?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no body")?;
        check(status == 200, &answer)?;
        self.tokens.extend(Canary::printed("an exchange", &serde_json::from_str(body)?));
        self.answers.push(("the head of an exchange".to_owned(), head.to_owned()));

        let client = format!("client_id={}-0a.apps.derslik.internal&client_secret={WRONG_WORD}", keys.account);
        let jwt = |header: &str, issuer: &str, subject: &str| {
            let claims = json!({ "iss": issuer, "sub": subject, "aud": "a", "scope": WRONG_PROOF, "iat": 1, "exp": 3_600 }).to_string();
            let parts = [header, claims.as_str(), WRONG_PROOF].map(|part| URL_SAFE_NO_PAD.encode(part));
            parts.join(".")
        };
        let issuer = format!("timetable@{}.iam.derslik.internal", keys.account);
        let signed = jwt(r#"{"alg":"RS256"}"#, &issuer, WRONG_WORD);
        for form in [
            format!("{EXCHANGE}&subject_token={WRONG_WORD}"),
            format!("{EXCHANGE}&subject_token={WRONG_WORD}&subject_token={WRONG_PROOF}"),
            format!("grant_type=refresh_token&refresh_token={WRONG_PROOF}&{client}"),
            format!("grant_type=refresh_token&refresh_token={WRONG_PROOF}&client_id={WRONG_WORD}&client_secret={WRONG_WORD}"),
            format!("grant_type=refresh_token&refresh_token={WRONG_PROOF}&scope={WRONG_WORD}"),
            format!("grant_type={WRONG_WORD}&{client}"),
            format!("{JWT}&assertion={WRONG_WORD}"),
            format!("{JWT}&assertion={signed}"),
            format!("{JWT}&assertion={}", jwt(r#"{"alg":"none"}"#, &issuer, WRONG_WORD)),
            format!("{JWT}&assertion={}", jwt(r#"{"alg":"HS256"}"#, WRONG_WORD, WRONG_PROOF)),
        ] {
            self.send(("POST", PATH, FORM, &form))?;
            self.send(("POST", &format!("/o/oauth2/token?{form}"), FORM, ""))?;
        }
        let basic = format!("Authorization: Basic {}\r\n{FORM}", STANDARD.encode(format!("{WRONG_WORD}:{WRONG_PROOF}")));
        self.send(("POST", PATH, &basic, &format!("grant_type=refresh_token&refresh_token={WRONG_PROOF}")))?;
        self.send(("GET", "/v1/courses", &format!("Authorization: Bearer {signed}\r\n"), ""))
    }
}
