//! `derslik job …` and `derslik audit …`, as an operator runs them, on both databases.
#![expect(clippy::indexing_slicing, reason = "a part that is not there is null in JSON, and fails the check")]
#![expect(clippy::unwrap_used, reason = "a failed expectation is what a test is for")]

mod support;

use std::process::ExitCode;

use derslik_domain::id::{Id, ProjectId};
use derslik_domain::job::{Event, Failure, FailureReason, Jitter, LeaseTerm, LeaseToken, NewJob, ReferenceId, RetryPolicy, WorkerId};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{StoreError, Stores, UnitOfWork};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, now};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use support::process::derslik;
use support::{DATABASES, run};
use uuid::Uuid;

fn main() -> ExitCode {
    let trials = DATABASES.map(|(name, open)| {
        Trial::test(format!("{name}::an_operator_sees_and_changes_jobs"), move || {
            let (url, _place) = open()?;
            let runtime = tokio::runtime::Runtime::new()?;
            let uow = DieselUnitOfWork::new(
                &url,
                PoolSettings { connections: 2, statement_timeout: std::time::Duration::from_secs(60), ..PoolSettings::default() },
                runtime.handle(),
            );
            runtime.block_on(uow.write(account().id, fill))?;
            let url = match url {
                DatabaseUrl::Postgres(url) => url,
                DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
            };
            commands(&Operator { url });
            Ok(())
        })
    });
    run(trials.into())
}

/// The account `demo` with a job that waits, one that has failed, and an internal one.
fn fill(stores: &mut dyn Stores) -> Result<(), StoreError> {
    stores.identity().add_account(&account(), now())?;
    let later = |seconds| now().plus(std::time::Duration::from_secs(seconds));
    for name in ["waits", "failed"] {
        let job = NewJob::delete_user_data(ProjectId::new(1), ReferenceId::new(name).unwrap(), now());
        stores.jobs().enqueue(account().id, &job)?;
    }
    stores.jobs().enqueue(account().id, &NewJob::expire_sessions(later(1), now()))?;
    let token = LeaseToken::new(Uuid::from_u128(7));
    let claim = Event::Claim { worker: WorkerId::new(Uuid::from_u128(1)), token, term: LeaseTerm::DEFAULT };
    let failure = Failure::new(FailureReason::Permanent, "no use in trying again");
    let fail = Event::Fail { token, failure, retry: RetryPolicy::DEFAULT, jitter: Jitter::NONE };
    apply(stores, 2, Event::RunNow, later(1))?;
    apply(stores, 2, claim, later(2))?;
    apply(stores, 2, fail, later(3))
}

fn apply(stores: &mut dyn Stores, job: i64, event: Event, at: Timestamp) -> Result<(), StoreError> {
    let before = stores.jobs().lock(account().id, Id::new(job))?.unwrap();
    let (after, _) = before.clone().apply(event, at).unwrap();
    assert!(stores.jobs().replace(account().id, &before, &after)?);
    Ok(())
}

struct Operator {
    url: String,
}

impl Operator {
    /// The output of a command, and its exit code.
    fn run(&self, arguments: &[&str]) -> (String, Option<i32>) {
        let output = derslik(arguments).args(["--account", "demo", "--database-url", &self.url]).output().unwrap();
        let text = String::from_utf8(if output.status.success() { output.stdout } else { output.stderr }).unwrap();
        (text, output.status.code())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (text, code) = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code, Some(0), "{arguments:?}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

fn commands(operator: &Operator) {
    let statuses = |arguments: &[&str]| -> Vec<Value> {
        let list = operator.json(arguments);
        list.as_array().unwrap().iter().map(|job| json!([job["id"], job["action"], job["status"]])).collect()
    };
    assert_eq!(
        statuses(&["job", "list"]),
        [json!([1, "delete_user_data", "scheduled"]), json!([2, "delete_user_data", "failed"]), json!([3, "expire_sessions", "scheduled"])]
    );
    assert_eq!(statuses(&["job", "list", "--after", "1", "--limit", "1"]), [json!([2, "delete_user_data", "failed"])]);
    assert_eq!(statuses(&["job", "list", "--state", "failed"]), [json!([2, "delete_user_data", "failed"])]);
    assert_eq!(statuses(&["job", "list", "--newest", "--limit", "1"]), [json!([3, "expire_sessions", "scheduled"])]);
    assert_eq!(operator.run(&["job", "list", "--state", "running"]), (String::new(), Some(0)));
    let (text, _) = operator.run(&["job", "list"]);
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.starts_with("1\tscheduled\t"), "{text}");

    let shown = operator.json(&["job", "show", "2"]);
    assert_eq!((&shown["reference"], &shown["attempts"], &shown["worker"]), (&json!("failed"), &json!(1), &Value::Null));
    assert_eq!(shown["failures"][0]["reason"], "permanent");
    let (text, _) = operator.run(&["job", "show", "2"]);
    assert!(text.contains("attempt 1 failed at ") && text.contains("no use in trying again"), "{text}");

    let now = operator.json(&["job", "run-now", "1"]);
    assert!(now["status"] == "scheduled" && now["due_at"].as_str() < shown["created_at"].as_str().map(|_| "9999"), "{now}");
    assert_ne!(now["start_at"], operator.json(&["job", "show", "3"])["start_at"]);
    let retried = operator.json(&["job", "retry", "2"]);
    assert_eq!((&retried["status"], &retried["attempts"]), (&json!("scheduled"), &json!(0)));
    assert_eq!(operator.json(&["job", "cancel", "2"])["status"], "cancelled");
    for (arguments, complaint) in [
        (["job", "cancel", "2"], "cancel"),
        (["job", "retry", "1"], "retry"),
        (["job", "run-now", "2"], "run now"),
        (["job", "show", "99"], "no such job"),
        (["job", "cancel", "99"], "no such job"),
    ] {
        let (text, code) = operator.run(&arguments);
        assert!(code == Some(2) && text.contains(complaint), "{arguments:?}: {code:?} {text}");
    }

    let records = operator.json(&["audit", "list", "--event", "erasure_cancelled"]);
    let [cancelled] = records.as_array().unwrap().as_slice() else { unreachable!("one record: {records}") };
    assert_eq!((&cancelled["event"], &cancelled["job"]), (&json!("erasure_cancelled"), &json!(2)));
    assert_eq!((&cancelled["by_operator"], &cancelled["counts"]["sessions"]), (&json!(true), &json!(0)));
    assert!(!records.to_string().contains("failed"), "no name: {records}");
    assert_eq!(operator.json(&["audit", "list", "--about", "failed"]), records);
    assert_eq!(operator.json(&["audit", "list", "--about", "waits"]), json!([]));
    let (text, _) = operator.run(&["audit", "list"]);
    assert!(text.contains("erasure_cancelled\tjob 2\t") && text.contains("\toperator\t0 "), "{text}");
    let list: &[&str] = &["audit", "list"];
    let events = |arguments: &[&str]| -> Vec<Value> {
        operator.json(&[list, arguments].concat()).as_array().unwrap().iter().map(|record| record["event"].clone()).collect()
    };
    assert_eq!(events(&["--job", "1"]), ["job_run_now"]);
    assert_eq!(events(&["--job", "2"]), ["job_retried", "erasure_cancelled"]);
    assert_eq!(events(&["--before", "2020-01-01T00:00:00Z"]), Vec::<Value>::new());
    let (refused, code) = operator.run(&["audit", "list", "--event", "erasure_forgotten"]);
    assert!(code == Some(2) && refused.contains("no event has that name"), "{refused}");

    let (lines, _) = operator.run(&["audit", "export"]);
    let exported: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(exported.len(), 3);
    assert!(exported.iter().all(|record| record["account"].is_i64() && record["at"].is_string()), "{lines}");
    let (refused, code) = operator.run(&["audit", "verify"]);
    assert!(code == Some(2) && refused.contains("audit.seal_key"), "{refused}");
}
