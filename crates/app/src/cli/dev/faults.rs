//! `derslik dev faults`

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::client::{Client, Method, segment, shown};
use super::{Failure, Output};

#[derive(Debug, Subcommand)]
pub(super) enum FaultsCommand {
    /// Adds a fault to the requests or the jobs of an account.
    Add(Box<AddArgs>),
    /// Lists the faults of an account, with how often each was met.
    List {
        /// The id of the account, or its name.
        #[arg(long, value_name = "ACCOUNT")]
        account: String,
    },
    /// Removes a fault.
    Remove {
        /// Its id.
        fault: String,
        /// The id of the account, or its name.
        #[arg(long, value_name = "ACCOUNT")]
        account: String,
    },
    /// Removes all faults of an account.
    Clear {
        /// The id of the account, or its name.
        #[arg(long, value_name = "ACCOUNT")]
        account: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// What it does: `status`, `database-away`, `delay`, `reset`, `lose-answer`, `truncate`, `drip`, `job-fails`, `job-hangs` or
    /// `job-panics`.
    #[arg(required_unless_present = "preset", conflicts_with = "preset")]
    kind: Option<String>,
    /// Several faults at once: `google-quota`, `flaky-wifi` or `lost-replies`.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// The id of the account, or its name.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// For `status`: 400, 401, 403, 404, 408, 409, 429, 500, 502, 503 or 504.
    #[arg(long)]
    status: Option<u16>,
    /// For status 429: after how many seconds the client should try again.
    #[arg(long, value_name = "SECONDS")]
    retry_after: Option<u64>,
    /// For `delay`, and before each piece of `drip`: at most 60000. All delays of a request act, and then its first other fault.
    #[arg(long)]
    millis: Option<u64>,
    /// For faults of jobs: the action [default: each].
    #[arg(long)]
    action: Option<String>,
    /// The API of the requests: `sessions`, `jobs` or `courses`.
    #[arg(long)]
    api: Option<String>,
    /// Their method, or several with commas between.
    #[arg(long)]
    method: Option<String>,
    /// Their path. `*` stands for one segment, and `**` at the end for all further ones.
    #[arg(long)]
    path: Option<String>,
    /// Which of them gets the fault, counted from 1.
    #[arg(long)]
    nth: Option<u64>,
    /// How many of them get it.
    #[arg(long)]
    times: Option<u64>,
    /// With which probability each of them gets it, from 0 to 1.
    #[arg(long)]
    probability: Option<f64>,
    /// What the probability depends on, so that it falls the same way again.
    #[arg(long)]
    seed: Option<u64>,
}

impl AddArgs {
    /// The members that were named.
    fn body(&self) -> Value {
        let members = [
            ("kind", json!(self.kind)),
            ("preset", json!(self.preset)),
            ("status", json!(self.status)),
            ("retry_after", json!(self.retry_after)),
            ("millis", json!(self.millis)),
            ("action", json!(self.action)),
            ("api", json!(self.api)),
            ("method", json!(self.method)),
            ("path", json!(self.path)),
            ("nth", json!(self.nth)),
            ("times", json!(self.times)),
            ("probability", json!(self.probability)),
            ("seed", json!(self.seed)),
        ];
        let named = members.into_iter().filter(|(_, value)| !value.is_null());
        Value::Object(named.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    }
}

impl FaultsCommand {
    pub(super) fn run(&self, client: &Client, output: Output) -> Result<(), Failure> {
        let of = |account: &str| Ok::<_, Failure>(format!("/accounts/{}/faults", client.account(account)?));
        match self {
            Self::Add(args) => print(&client.send_json(Method::Post, &of(&args.account)?, &args.body().to_string())?, output),
            Self::List { account } => print(&client.send_json(Method::Get, &of(account)?, "")?, output),
            Self::Remove { fault, account } => client.send(Method::Delete, &format!("{}/{}", of(account)?, segment(fault)), "").map(drop),
            Self::Clear { account } => client.send(Method::Delete, &of(account)?, "").map(drop),
        }
    }
}

fn print(answer: &Value, output: Output) -> Result<(), Failure> {
    let faults = answer.get("faults").and_then(Value::as_array).cloned().unwrap_or_default();
    output.print_list(&faults, shown, Value::clone)
}
