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
        /// What it shows from now on [default: what it shows already]: an RFC 3339 instant, or a time relative to it, as `tomorrow 09:00`.
        #[arg(long, value_name = "INSTANT")]
        at: Option<String>,
        #[command(flatten)]
        of: Of,
    },
    /// Makes a clock run on from what it shows.
    Resume(Of),
    /// Sets a clock, also backwards. What falls due runs when a worker finds it.
    Set {
        /// What it shows from now on: an RFC 3339 instant, or a time relative to what it shows, as `tomorrow 09:00`, `+3d` or `-2h`.
        #[arg(allow_hyphen_values = true)]
        to: String,
        #[command(flatten)]
        of: Of,
    },
    /// Runs what falls due until then, in order, and then moves the clock. Prints what ran.
    Advance {
        /// How far, as `90s`, `5m`, `2h`, `7d` or `2w`, or an RFC 3339 instant, or a time as `tomorrow 09:00`.
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
    /// The id of the account, or its name [default: all accounts without a clock of their own].
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
}

impl Of {
    /// The same by the id of the account.
    fn by_id(&self, client: &Client) -> Result<Option<String>, Failure> {
        self.account.as_deref().map(|account| client.account(account)).transpose()
    }
}

impl ClockCommand {
    pub(super) fn run(&self, client: &Client, output: Output) -> Result<(), Failure> {
        let account = self.of().by_id(client)?;
        let (method, path, body) = self.request(account.as_deref());
        if let Self::Release(_) = self {
            return client.send(method, &path, &body).map(drop);
        }
        let answer = client.send_json(method, &path, &body)?;
        output.print(|| told(&answer), || answer.clone())
    }

    const fn of(&self) -> &Of {
        match self {
            Self::Show(of)
            | Self::Resume(of)
            | Self::RunToNextDue(of)
            | Self::Release(of)
            | Self::Freeze { of, .. }
            | Self::Set { of, .. }
            | Self::Advance { of, .. } => of,
        }
    }

    /// The request about the clock of the account of that id, or about the one for all.
    fn request(&self, account: Option<&str>) -> (Method, String, String) {
        let path = |command: &str| match account {
            Some(account) => format!("/accounts/{account}/clock{command}"),
            None => format!("/clock{command}"),
        };
        match self {
            Self::Show(_) => (Method::Get, path(""), String::new()),
            Self::Freeze { at, .. } => (Method::Post, path("/freeze"), json!({ "at": at }).to_string()),
            Self::Resume(_) => (Method::Post, path("/resume"), String::new()),
            Self::Set { to, .. } => (Method::Post, path("/set"), json!({ "to": to }).to_string()),
            Self::Advance { by, .. } => {
                // An instant begins with a date, and a span has neither a hyphen nor a space.
                let is_time = by.contains(['-', ' ']) || by.starts_with('+');
                let member = if is_time { "to" } else { "by" };
                (Method::Post, path("/advance"), json!({ member: by }).to_string())
            }
            Self::RunToNextDue(_) => (Method::Post, path("/run-to-next-due"), String::new()),
            Self::Release(_) => (Method::Delete, path(""), String::new()),
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
        let body = |by: &str| ClockCommand::Advance { by: by.to_owned(), of: of(None) }.request(None).2;
        assert_eq!(body("7d"), r#"{"by":"7d"}"#);
        assert_eq!(body("2025-02-06T13:07:35Z"), r#"{"to":"2025-02-06T13:07:35Z"}"#);
        assert_eq!([body("tomorrow 09:00"), body("+3d")], [r#"{"to":"tomorrow 09:00"}"#, r#"{"to":"+3d"}"#]);
    }

    #[test]
    fn a_clock_is_that_of_an_account_or_of_all() {
        assert_eq!(ClockCommand::Show(of(Some("okul"))).request(Some("1331")).1, "/accounts/1331/clock");
        assert_eq!(ClockCommand::RunToNextDue(of(None)).request(None).1, "/clock/run-to-next-due");
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
