//! A request as a command or a program that sends it again. The credential comes from the variable `TOKEN` of the environment, since a
//! journal has no secrets.

use std::fmt::Write as _;

use derslik_domain::fault::Api;
use derslik_ports::inbound::control::{JournalEntry, RecordedRequest};

use super::row::target;

/// What stands in place of a secret.
const MASK: &str = "***";

/// Headers that a client sets by itself.
const SET_BY_CLIENT: [&str; 8] =
    ["accept-encoding", "connection", "content-length", "expect", "host", "transfer-encoding", "traceparent", "user-agent"];

/// A request in each language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) curl: String,
    pub(super) python: String,
    pub(super) node: String,
}

/// What is sent.
struct Sent<'a> {
    method: &'a str,
    url: String,
    headers: Vec<(&'a str, &'a str)>,
    /// What stands before the token in the header `Authorization`; `None` for a request without that header.
    scheme: Option<&'static str>,
    body: Option<&'a str>,
    /// The bytes of a body that was not kept.
    lost: u64,
}

impl Lines {
    /// The lines for a request to the service at `base`, which has no slash at its end.
    pub(super) fn of(entry: &JournalEntry, base: &str) -> Self {
        let request = entry.request();
        let body = entry.body();
        let sent = Sent {
            method: &request.method,
            url: format!("{base}{}", target(request)),
            headers: headers(request),
            scheme: scheme(request),
            body,
            lost: if body.is_none() { request.body_bytes } else { 0 },
        };
        Self { curl: sent.curl(), python: sent.python(), node: sent.node() }
    }
}

/// The headers to send, without the credential. One whose value is a secret is left out.
fn headers(request: &RecordedRequest) -> Vec<(&str, &str)> {
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    headers.filter(|(name, value)| *name != "authorization" && *value != MASK && !SET_BY_CLIENT.contains(name)).collect()
}

/// How the API takes a credential. The first generation of the jobs API takes its key alone.
fn scheme(request: &RecordedRequest) -> Option<&'static str> {
    let has_credential = request.headers.iter().any(|(name, _)| name == "authorization");
    let is_alone = request.api == Some(Api::Jobs) && request.path.starts_with("/api/");
    has_credential.then_some(if is_alone { "" } else { "Bearer " })
}

impl Sent<'_> {
    fn curl(&self) -> String {
        // A HEAD that is named by -X would wait for a body.
        let method = if self.method == "HEAD" { "--head".to_owned() } else { format!("-X {}", word(self.method)) };
        // Brackets in a path do not mean several URLs, and dots stay.
        let mut text = format!("curl -s {method} --globoff --path-as-is {}", word(&self.url));
        if let Some(scheme) = self.scheme {
            _ = write!(text, " \\\n  -H \"Authorization: {scheme}$TOKEN\"");
        }
        for (name, value) in &self.headers {
            // A header with nothing behind its colon would be left out.
            let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
            _ = write!(text, " \\\n  -H {}", word(&header));
        }
        match self.body {
            Some(body) => {
                if !self.headers.iter().any(|(name, _)| *name == "content-type") {
                    // The one of a form, which would be sent otherwise.
                    text.push_str(" \\\n  -H 'content-type:'");
                }
                // The other options for a body read a file where the body begins with @.
                _ = write!(text, " \\\n  --data-raw {}", word(body));
            }
            None if self.lost > 0 => _ = write!(text, "\n# with a body of {} bytes that was not kept", self.lost),
            None => {}
        }
        text
    }

    fn python(&self) -> String {
        let mut text = String::from("import os, urllib.request\n\nrequest = urllib.request.Request(\n");
        _ = writeln!(text, "    {},\n    method={},", literal(&self.url), literal(self.method));
        text.push_str("    headers={\n");
        if let Some(scheme) = self.scheme {
            _ = writeln!(text, "        \"Authorization\": {} + os.environ[\"TOKEN\"],", literal(scheme));
        }
        for (name, value) in &self.headers {
            _ = writeln!(text, "        {}: {},", literal(name), literal(value));
        }
        text.push_str("    },\n");
        match self.body {
            Some(body) => _ = writeln!(text, "    data={}.encode(),", literal(body)),
            None if self.lost > 0 => _ = writeln!(text, "    # with a body of {} bytes that was not kept", self.lost),
            None => {}
        }
        text.push_str(")\nwith urllib.request.urlopen(request) as answer:\n    print(answer.status, answer.read().decode())");
        text
    }

    fn node(&self) -> String {
        let mut text =
            format!("const answer = await fetch({}, {{\n  method: {},\n  headers: {{\n", literal(&self.url), literal(self.method));
        if let Some(scheme) = self.scheme {
            _ = writeln!(text, "    Authorization: `{scheme}${{process.env.TOKEN}}`,");
        }
        for (name, value) in &self.headers {
            _ = writeln!(text, "    {}: {},", literal(name), literal(value));
        }
        text.push_str("  },\n");
        match self.body {
            Some(body) => _ = writeln!(text, "  body: {},", literal(body)),
            None if self.lost > 0 => _ = writeln!(text, "  // with a body of {} bytes that was not kept", self.lost),
            None => {}
        }
        text.push_str("});\nconsole.log(answer.status, await answer.text());");
        text
    }
}

/// A word of a shell.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text in quotation marks, as JSON, Python and JavaScript have it alike.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{entry, request};
    use super::*;

    fn lines(request: RecordedRequest, body: Option<&str>) -> Lines {
        Lines::of(&entry(1, request, body), "http://127.0.0.1:8080")
    }

    #[test]
    fn a_command_has_the_token_in_a_variable() {
        let expected = concat!(
            "curl -s -X 'POST' --globoff --path-as-is 'http://127.0.0.1:8080/v1/courses?alt=json' \\\n",
            "  -H \"Authorization: Bearer $TOKEN\" \\\n",
            "  -H 'content-type: application/json' \\\n",
            r#"  --data-raw '{"name":"Ada'\''s"}'"#,
        );
        assert_eq!(lines(request(), Some(r#"{"name":"Ada's"}"#)).curl, expected);
        assert!(lines(request(), None).curl.ends_with("\n# with a body of 16 bytes that was not kept"));
    }

    #[test]
    fn programs_have_texts_that_their_languages_read() {
        let lines = lines(request(), Some("{\"name\":\"Ada\"}\n"));
        let body = r#""{\"name\":\"Ada\"}\n""#;
        assert!(lines.python.contains(&format!("    data={body}.encode(),\n")), "{}", lines.python);
        assert!(lines.python.contains("        \"Authorization\": \"Bearer \" + os.environ[\"TOKEN\"],\n"), "{}", lines.python);
        assert!(lines.node.contains(&format!("  body: {body},\n")), "{}", lines.node);
        assert!(lines.node.contains("    Authorization: `Bearer ${process.env.TOKEN}`,\n"), "{}", lines.node);
    }

    #[test]
    fn a_key_of_the_first_generation_of_jobs_stands_alone() {
        let jobs = |path: &str| RecordedRequest { api: Some(Api::Jobs), path: path.to_owned(), ..request() };
        assert!(lines(jobs("/api/v1/key/jobs"), None).curl.contains("\"Authorization: $TOKEN\""));
        assert!(lines(jobs("/v2/api/public/key/jobs"), None).curl.contains("\"Authorization: Bearer $TOKEN\""));
    }

    #[test]
    fn secrets_and_headers_of_the_client_are_left_out() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![header("x-own", MASK), header("host", "a"), header("accept", "")];
        let lines = lines(RecordedRequest { headers, method: "HEAD".to_owned(), ..request() }, None);
        assert!(!lines.curl.contains("x-own") && !lines.curl.contains("host") && !lines.curl.contains("TOKEN"), "{}", lines.curl);
        assert!(lines.curl.starts_with("curl -s --head ") && lines.curl.contains("-H 'accept;'"), "{}", lines.curl);
    }
}
