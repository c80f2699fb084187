//! `derslik dev clock`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::{Client, Method, shown};
use super::{Failure, Output};

#[derive(Debug, Subcommand)]
pub(super) enum ClockCommand {
    /// Shows a clock, and when something falls due next in the account.
    Show(Of),
    /// Makes a clock stand still.
    Freeze {
        /// The RFC 3339 instant that it shows from now on [default: what it shows].
        #[arg(long, value_name = "INSTANT")]
        at: Option<String>,
        #[command(flatten)]
        of: Of,
    },
    /// Makes a clock run on from what it shows.
    Resume(Of),
    /// Sets a clock, also backwards. What falls due runs when a worker finds it.
    Set {
        /// The RFC 3339 instant that it shows from now on.
        to: String,
        #[command(flatten)]
        of: Of,
    },
    /// Runs what falls due until then, in order, and then moves the clock. Prints what ran.
    Advance {
        /// How far, as `90s`, `5m`, `2h`, `7d` or `2w`, or an RFC 3339 instant.
        by: String,
        #[command(flatten)]
        of: Of,
    },
    /// Advances a clock to the time at which something falls due next. Prints what ran.
    RunToNextDue(Of),
    /// Gives a clock back: an account shows the clock of all accounts again, and that one the time of the machine.
    Release(Of),
}

#[derive(Debug, Args)]
pub(super) struct Of {
    /// The id of the account [default: all accounts without a clock of their own].
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

impl Of {
    fn path(&self, command: &str) -> String {
        match &self.account {
            Some(account) => format!("/accounts/{account}/clock{command}"),
            None => format!("/clock{command}"),
        }
    }
}

impl ClockCommand {
    pub(super) fn run(&self, client: &Client, output: Output) -> Result<(), Failure> {
        let (method, path, body) = self.request();
        if let Self::Release(_) = self {
            return client.send(method, &path, &body).map(drop);
        }
        let answer = client.send_json(method, &path, &body)?;
        output.print(|| told(&answer), || answer.clone())
    }

    fn request(&self) -> (Method, String, String) {
        match self {
            Self::Show(of) => (Method::Get, of.path(""), String::new()),
            Self::Freeze { at, of } => (Method::Post, of.path("/freeze"), json!({ "at": at }).to_string()),
            Self::Resume(of) => (Method::Post, of.path("/resume"), String::new()),
            Self::Set { to, of } => (Method::Post, of.path("/set"), json!({ "to": to }).to_string()),
            Self::Advance { by, of } => {
                // An instant begins with a date, and a span has no hyphen.
                let member = if by.contains('-') { "to" } else { "by" };
                (Method::Post, of.path("/advance"), json!({ member: by }).to_string())
            }
            Self::RunToNextDue(of) => (Method::Post, of.path("/run-to-next-due"), String::new()),
            Self::Release(of) => (Method::Delete, of.path(""), String::new()),
        }
    }
}

/// What ran, a line each, and then the clock.
fn told(answer: &Value) -> String {
    let Some(clock) = answer.get("clock") else { return shown(answer) };
    let word = |item: &Value, member: &str| match item.get(member) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let ran = answer.get("ran").and_then(Value::as_array).into_iter().flatten();
    let line = |item: &Value| {
        let (due, account) = (word(item, "due"), word(item, "account"));
        match item.get("kind").and_then(Value::as_str) {
            Some("job") => format!("{due} {account} job {} {} {}", word(item, "job"), word(item, "action"), word(item, "outcome")),
            _ => format!("{due} {account} sessions expired: {}", word(item, "sessions")),
        }
    };
    ran.map(line).chain([shown(clock)]).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(account: Option<&str>) -> Of {
        Of { account: account.map(ToOwned::to_owned) }
    }

    #[test]
    fn an_advance_is_by_a_span_or_to_an_instant() {
        let body = |by: &str| ClockCommand::Advance { by: by.to_owned(), of: of(None) }.request().2;
        assert_eq!(body("7d"), r#"{"by":"7d"}"#);
        assert_eq!(body("2025-02-06T13:07:35Z"), r#"{"to":"2025-02-06T13:07:35Z"}"#);
    }

    #[test]
    fn a_clock_is_that_of_an_account_or_of_all() {
        assert_eq!(ClockCommand::Show(of(Some("1331"))).request().1, "/accounts/1331/clock");
        assert_eq!(ClockCommand::RunToNextDue(of(None)).request().1, "/clock/run-to-next-due");
    }

    #[test]
    fn what_ran_stands_before_the_clock() {
        let job = json!({ "due": "2025-02-07T00:00:00.000000Z", "account": "7", "kind": "job", "job": 3, "action": "delete_user_data", "outcome": "failed" });
        let sessions = json!({ "due": "2025-02-07T01:00:00.000000Z", "account": "7", "kind": "sessions_expired", "sessions": 2 });
        let answer = json!({ "clock": { "now": "2025-02-08T00:00:00.000000Z" }, "count": 2, "ran": [job, sessions] });
        let lines = told(&answer);
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines[0], "2025-02-07T00:00:00.000000Z 7 job 3 delete_user_data failed");
        assert_eq!(lines[1], "2025-02-07T01:00:00.000000Z 7 sessions expired: 2");
        assert!(lines[2].starts_with("now") && lines[2].ends_with("2025-02-08T00:00:00.000000Z"));
    }
}
