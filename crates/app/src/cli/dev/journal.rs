//! `derslik dev journal`

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Client, Method, shown};
use super::{Failure, Output};

#[derive(Debug, Subcommand)]
pub(super) enum JournalCommand {
    /// Lists the last requests of an account.
    List(ListArgs),
    /// Waits for requests, and lists them. Exit code 2 means that they did not come.
    Wait {
        #[command(flatten)]
        which: MatchArgs,
        /// How many requests [default: 1].
        #[arg(long)]
        count: Option<usize>,
        /// How long to wait, in seconds, at most 30 [default: 5].
        #[arg(long, value_name = "SECONDS")]
        timeout: Option<u64>,
    },
    /// Checks how many requests there are. Exit code 2 means that there are others, and shows those that come closest.
    Assert {
        #[command(flatten)]
        which: MatchArgs,
        /// A part of the body, in JSON.
        #[arg(long, value_name = "JSON", value_parser = value)]
        body: Option<Value>,
        /// How many requests [default: at least one].
        #[arg(long)]
        count: Option<usize>,
    },
    /// Prints requests as commands of `curl`, for the variables `DERSLIK_URL` and `DERSLIK_AUTHORIZATION`.
    Curl(ListArgs),
    /// Lists the last requests that belong to no account: without a valid credential, or with one that names none.
    Unmatched,
    /// Removes all requests of an account.
    Clear {
        /// The id of the account, or its name.
        #[arg(long, value_name = "ACCOUNT")]
        account: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    which: MatchArgs,
    /// The most requests, the latest of them [default: 100].
    #[arg(long)]
    limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(super) struct MatchArgs {
    /// The id of the account, or its name.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// The API of the requests: `sessions`, `jobs` or `courses`.
    #[arg(long)]
    api: Option<String>,
    /// Their method, or several with commas between.
    #[arg(long)]
    method: Option<String>,
    /// Their path. `*` stands for one segment, and `**` at the end for all further ones.
    #[arg(long)]
    path: Option<String>,
    /// The status of their answers.
    #[arg(long)]
    status: Option<u16>,
    /// A text in their path, query or body.
    #[arg(long, value_name = "TEXT")]
    contains: Option<String>,
    /// The number of the request after which they came.
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
}

impl MatchArgs {
    fn resource(&self, client: &Client, name: &str) -> Result<String, Failure> {
        Ok(format!("/accounts/{}/journal{name}", client.account(&self.account)?))
    }

    /// The query that describes the requests, with further parameters.
    fn query(&self, further: &[(&str, Option<String>)]) -> String {
        let own = [
            ("api", self.api.clone()),
            ("method", self.method.clone()),
            ("path", self.path.clone()),
            ("status", self.status.map(|status| status.to_string())),
            ("contains", self.contains.clone()),
            ("after", self.after.map(|number| number.to_string())),
        ];
        let named = own.into_iter().chain(further.iter().cloned()).filter_map(|(name, value)| Some(format!("{name}={}", escaped(&value?))));
        named.collect::<Vec<_>>().join("&")
    }

    fn body(&self, part: Option<&Value>) -> Value {
        json!({
            "api": self.api, "method": self.method, "path": self.path, "status": self.status, "contains": self.contains,
            "after": self.after.unwrap_or_default(), "body": part,
        })
    }
}

impl JournalCommand {
    pub(super) fn run(&self, client: &Client, output: Output) -> Result<(), Failure> {
        let text = |number: &usize| number.to_string();
        match self {
            Self::List(ListArgs { which, limit }) => {
                let query = which.query(&[("limit", limit.as_ref().map(text))]);
                print(&client.send_json(Method::Get, &format!("{}?{query}", which.resource(client, "")?), "")?, output)
            }
            Self::Wait { which, count, timeout } => {
                let query = which.query(&[("count", count.as_ref().map(text)), ("timeout", timeout.map(|seconds| seconds.to_string()))]);
                print(&client.send_json(Method::Get, &format!("{}?{query}", which.resource(client, "/wait")?), "")?, output)
            }
            Self::Assert { which, body, count } => {
                let expected = json!({ "match": which.body(body.as_ref()), "count": count });
                let matched = client.send_json(Method::Post, &which.resource(client, "/assert")?, &expected.to_string())?;
                output.print(|| shown(&matched), || matched.clone())
            }
            Self::Curl(ListArgs { which, limit }) => {
                let query = which.query(&[("limit", limit.as_ref().map(text))]);
                let commands = client.send(Method::Get, &format!("{}?{query}", which.resource(client, "/curl")?), "")?;
                output.print(|| commands.trim_end().to_owned(), || json!({ "commands": commands }))
            }
            Self::Unmatched => print(&client.send_json(Method::Get, "/journal/unmatched", "")?, output),
            Self::Clear { account } => {
                client.send(Method::Delete, &format!("/accounts/{}/journal", client.account(account)?), "").map(drop)
            }
        }
    }
}

fn print(answer: &Value, output: Output) -> Result<(), Failure> {
    let entries = answer.get("entries").and_then(Value::as_array).cloned().unwrap_or_default();
    output.print_list(&entries, line, Value::clone)
}

/// A request in one line.
fn line(entry: &Value) -> String {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| entry.get(name).filter(|value| !value.is_null()).map_or_else(|| "-".to_owned(), Value::to_string);
    let query = Some(text("query")).filter(|query| !query.is_empty()).map(|query| format!("?{query}")).unwrap_or_default();
    let mut line = format!("{:>6}  {}  {:6} {}{query}", number("seq"), number("status"), text("method"), text("path"));
    if let Some(fault) = entry.get("fault").and_then(Value::as_str) {
        // A text takes every write.
        write!(line, "  ({fault})").ok();
    }
    line
}

/// A value of a query.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/*,".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // A text takes every write.
            write!(escaped, "%{byte:02X}").ok();
        }
    }
    escaped
}

/// A value in JSON.
fn value(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_what_was_named_with_escapes() {
        let which = MatchArgs {
            account: "7".to_owned(),
            api: None,
            method: Some("GET,POST".to_owned()),
            path: Some("/v1/**".to_owned()),
            status: Some(200),
            contains: Some("a b&ş".to_owned()),
            after: None,
        };
        let query = which.query(&[("limit", Some("5".to_owned())), ("count", None)]);
        assert_eq!(query, "method=GET,POST&path=/v1/**&status=200&contains=a%20b%26%C5%9F&limit=5");
    }

    #[test]
    fn a_request_takes_one_line() {
        let entry = json!({ "seq": 12, "status": null, "method": "POST", "path": "/v1/courses", "query": "alt=json", "fault": "reset" });
        assert_eq!(line(&entry), "    12  -  POST   /v1/courses?alt=json  (reset)");
    }
}
