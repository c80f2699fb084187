//! Seals of the audit log on both databases: rows are changed by SQL, behind the back of the program, and the verification
//! says which. The real handlers seal and prune, with real keys.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is what a test is for")]

mod support;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use derslik::config::Secret;
use derslik::seal_keys::HmacSealKeys;
use derslik_domain::audit::{AuditEvent, AuditHead, Change, DenialCause, Erasure, ErasureStage, NewAuditRecord, Object, Requester};
use derslik_domain::id::{AccountId, Id, JobId};
use derslik_domain::job::{ErasureCounts, ErasureKind, NewJob, ReferenceId};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::{AuditReport, AuditVerification};
use derslik_ports::outbound::{SealKeys, StoreError, Stores, UnitOfWork};
use derslik_services::operators::AuditVerifier;
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::now;
use derslik_worker::handlers::{PruneAudit, SealAudit};
use derslik_worker::{Step, StepContext, StepError, StepHandler};
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use libtest_mimic::{Failed, Trial};
use support::{DATABASES, Open, Place, run};

/// The number of records among which one altered record is found. `AUDIT_RECORDS` sets another number.
const RECORDS: u64 = 2_500;

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (name, open) in DATABASES {
        let mut add = |case: &str, body: fn(Log) -> Result<(), Failed>| {
            trials.push(Trial::test(format!("{name}::{case}"), move || body(Log::new(open)?)));
        };
        add("each_change_of_a_sealed_log_is_found_and_named", each_change);
        add("one_altered_and_one_missing_record_of_many_are_found", one_of_many);
        add("a_record_that_was_committed_late_is_sealed_after_the_others", late);
        add("what_is_left_after_pruning_can_be_verified", pruned);
        add("a_record_that_was_made_old_is_not_pruned", made_old);
        add("a_log_that_was_cut_off_is_found_by_its_known_head", cut_off);
        add("a_new_key_seals_after_the_old_one", rotated);
    }
    run(trials)
}

/// Audit logs in a new database. Each case of a test uses an account of its own; the log needs no row of it.
struct Log {
    uow: DieselUnitOfWork,
    url: DatabaseUrl,
    runtime: tokio::runtime::Runtime,
    _place: Place,
}

fn keys(letter: &str, old: &[&str]) -> Arc<dyn SealKeys> {
    let secret = |letter: &str| Secret::new(letter.repeat(32));
    let old: Vec<_> = old.iter().map(|letter| secret(letter)).collect();
    Arc::new(HmacSealKeys::new(&secret(letter), &old.iter().collect::<Vec<_>>()).unwrap())
}

/// A record with something in each column but `object_id`.
fn cancelled(job: i64) -> AuditEvent<ReferenceId> {
    let counts: ErasureCounts = [(ErasureKind::Sessions, RowCount::new(12))].into_iter().collect();
    let stage = ErasureStage::Cancelled(Requester::Principal(Id::new(4), Id::new(5)), counts);
    AuditEvent::Erasure(Erasure { job: JobId::new(job), subject: ReferenceId::new("mehdi").unwrap(), stage })
}

impl Log {
    fn new(open: Open) -> Result<Self, Failed> {
        let (url, place) = open()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let settings = PoolSettings { statement_timeout: Duration::from_secs(60), ..PoolSettings::default() };
        let uow = DieselUnitOfWork::new(&url, settings, runtime.handle());
        Ok(Self { uow, url, runtime, _place: place })
    }

    fn write<T: Send + 'static>(&self, work: impl FnOnce(&mut dyn Stores) -> Result<T, StoreError> + Send + 'static) -> T {
        self.runtime.block_on(self.uow.write(AccountId::new(1), work)).unwrap()
    }

    fn add(&self, account: AccountId, at: Timestamp, event: AuditEvent<ReferenceId>) {
        self.write(move |stores| stores.audit().add(account, &NewAuditRecord { at, event }));
    }

    /// Five records of different kinds, the third of them an erasure, the last one by an admin.
    fn fill(&self, account: AccountId) {
        let revoked = |id| AuditEvent::Change(Requester::Operator, Change::Revoked, Object::Credential(Id::new(id)));
        let events = [
            revoked(1),
            AuditEvent::Denied { cause: DenialCause::Expired, count: 3 },
            cancelled(7),
            revoked(2),
            AuditEvent::Change(Requester::Admin(Id::new(9)), Change::Disabled, Object::Account),
        ];
        for event in events {
            self.add(account, now(), event);
        }
    }

    /// Runs a handler until it is done.
    fn work(&self, handler: &(impl StepHandler + Clone), account: AccountId, at: Timestamp) {
        let mut job = NewJob::seal_audit(at, at).into_job(JobId::new(1));
        loop {
            let (handler, running) = (handler.clone(), job.clone());
            let step = self.write(move |stores| {
                let context = StepContext { account, job: &running, now: at };
                handler.step(stores, &context).map_err(|error| match error {
                    StepError::Store(error) => error,
                    StepError::Failed(failure) => panic!("{failure:?}"),
                })
            });
            match step {
                Step::More(progress) => job.progress = Some(progress),
                Step::Done(_) => return,
            }
        }
    }

    fn seal_with(&self, keys: Arc<dyn SealKeys>, account: AccountId) {
        self.work(&SealAudit::new(keys), account, now());
    }

    fn seal(&self, account: AccountId) {
        self.seal_with(keys("k", &[]), account);
    }

    fn verify_with(&self, keys: Arc<dyn SealKeys>, account: AccountId, known: Option<AuditHead>) -> AuditReport {
        self.runtime.block_on(AuditVerifier::new(self.uow.clone(), keys).verify(account, known)).unwrap()
    }

    fn verify(&self, account: AccountId, known: Option<AuditHead>) -> AuditReport {
        self.verify_with(keys("k", &[]), account, known)
    }

    /// Runs SQL in which `{a}` is the account and `{third}` finds the third sealed record.
    fn change(&self, account: AccountId, sql: &str) -> Result<(), Failed> {
        let third = "account_id = {a} AND id = (SELECT record_id FROM audit_seals WHERE account_id = {a} AND seq = 3)";
        let sql = sql.replace("{third}", third).replace("{a}", &account.get().to_string());
        let changed = match &self.url {
            DatabaseUrl::Postgres(url) => PgConnection::establish(url)?.batch_execute(&sql),
            DatabaseUrl::Sqlite(path) => SqliteConnection::establish(&path.to_string_lossy())?.batch_execute(&sql),
        };
        changed.map_err(|error| format!("{sql}: {error}").into())
    }
}

/// Changes of a log of five sealed records, each with what the first fault says.
const CHANGES: [(&str, &str); 26] = [
    ("UPDATE audit_records SET event = 'erasure_cancellee' WHERE {third}", "seal 3 over it, was altered"),
    ("UPDATE audit_records SET at = '2020-01-01T00:00:00.000000Z' WHERE {third}", "seal 3 over it, was altered"),
    ("UPDATE audit_records SET job_id = job_id + 1 WHERE {third}", "seal 3 over it, was altered"),
    ("UPDATE audit_records SET job_id = NULL WHERE {third}", "seal 3 over it, was altered"),
    (
        "UPDATE audit_records SET subject = (SELECT seal FROM audit_seals WHERE account_id = {a} AND seq = 1) WHERE {third}",
        "seal 3 over it, was altered",
    ),
    ("UPDATE audit_records SET subject = NULL WHERE {third}", "seal 3 over it, was altered"),
    ("UPDATE audit_records SET principal_id = principal_id + 1 WHERE {third}", "seal 3 over it, was altered"),
    ("UPDATE audit_records SET credential_id = credential_id + 1 WHERE {third}", "seal 3 over it, was altered"),
    ("UPDATE audit_records SET credential_id = NULL WHERE {third}", "seal 3 over it, was altered"),
    (
        "UPDATE audit_records SET principal_id = principal_id + 1 \
         WHERE account_id = {a} AND id = (SELECT record_id FROM audit_seals WHERE account_id = {a} AND seq = 5)",
        "seal 5 over it, was altered",
    ),
    (
        "UPDATE audit_records SET principal_id = NULL \
         WHERE account_id = {a} AND id = (SELECT record_id FROM audit_seals WHERE account_id = {a} AND seq = 5)",
        "seal 5 over it, was altered",
    ),
    ("UPDATE audit_records SET details = '{\"sessions\":13}' WHERE {third}", "seal 3 over it, was altered"),
    ("UPDATE audit_records SET object_id = 1 WHERE {third}", "seal 3 over it, was altered"),
    ("UPDATE audit_records SET sealed = false WHERE {third}", "of seal 3 was marked as not sealed"),
    ("UPDATE audit_records SET id = 900000 + {a} WHERE {third}", "of seal 3 is missing"),
    ("UPDATE audit_records SET account_id = 900000 WHERE {third}", "of seal 3 is missing"),
    ("DELETE FROM audit_records WHERE {third}", "of seal 3 is missing"),
    (
        "UPDATE audit_seals SET seal = (SELECT seal FROM audit_seals WHERE account_id = {a} AND seq = 1) WHERE account_id = {a} AND seq = 3",
        "seal 3 over it, was altered",
    ),
    ("UPDATE audit_seals SET key_id = substr(seal, 1, 8) WHERE account_id = {a} AND seq = 3", "with the unknown key"),
    ("UPDATE audit_seals SET record_id = 900000 + {a} WHERE account_id = {a} AND seq = 3", "of seal 3 is missing"),
    ("UPDATE audit_seals SET seq = 99 WHERE account_id = {a} AND seq = 3", "from 3 to 3 are missing"),
    ("DELETE FROM audit_seals WHERE account_id = {a} AND seq = 3", "from 3 to 3 are missing"),
    ("DELETE FROM audit_records WHERE {third}; DELETE FROM audit_seals WHERE account_id = {a} AND seq = 3", "from 3 to 3 are missing"),
    ("DELETE FROM audit_seals WHERE account_id = {a} AND seq <= 2", "from 1 to 2 are missing"),
    (
        "UPDATE audit_seals SET seq = 99 WHERE account_id = {a} AND seq = 2; \
         UPDATE audit_seals SET seq = 2 WHERE account_id = {a} AND seq = 3; \
         UPDATE audit_seals SET seq = 3 WHERE account_id = {a} AND seq = 99",
        "seal 2 over it, was altered",
    ),
    (
        "INSERT INTO audit_records (account_id, at, event, details, sealed) \
         VALUES ({a}, '2020-01-01T00:00:00.000000Z', 'account_enabled', '{}', true)",
        "was inserted, or its seal was removed",
    ),
];

#[expect(clippy::needless_pass_by_value, reason = "each trial owns its database")]
fn each_change(log: Log) -> Result<(), Failed> {
    for (account, (sql, fault)) in (1..).map(AccountId::new).zip(CHANGES) {
        log.fill(account);
        log.seal(account);
        let report = log.verify(account, None);
        assert_eq!((report.checked, report.unsealed, &report.faults), (5, 0, &vec![]), "before {sql}");
        log.change(account, sql)?;
        let report = log.verify(account, None);
        let first = report.faults.first().map(ToString::to_string).unwrap_or_default();
        assert!(first.contains(fault), "{sql}: {:?}", report.faults);
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "each trial owns its database")]
fn one_of_many(log: Log) -> Result<(), Failed> {
    let account = AccountId::new(1);
    let count = std::env::var_os("AUDIT_RECORDS").and_then(|count| count.to_str()?.parse().ok()).unwrap_or(RECORDS);
    log.write(move |stores| {
        for count in 0..count {
            let event = AuditEvent::Denied { cause: DenialCause::Expired, count };
            stores.audit().add(account, &NewAuditRecord { at: now(), event })?;
        }
        Ok(())
    });
    log.seal(account);
    let sealed = log.verify(account, None);
    assert_eq!((sealed.checked, sealed.fault_count, sealed.unsealed), (count, 0, 0));
    let (altered, missing) = (count / 2, count / 2 + 7);
    let record = |seq| format!("account_id = {{a}} AND id = (SELECT record_id FROM audit_seals WHERE account_id = {{a}} AND seq = {seq})");
    let changes = [
        (format!("UPDATE audit_records SET details = '{{\"count\":0}}' WHERE {}", record(altered)), altered),
        (format!("DELETE FROM audit_records WHERE {}", record(missing)), missing),
    ];
    for (found, (sql, seq)) in (1..).zip(changes) {
        log.change(account, &sql)?;
        let faults: Vec<_> = log.verify(account, None).faults.iter().map(ToString::to_string).collect();
        assert!(faults.len() == found && faults.iter().any(|fault| fault.contains(&format!("seal {seq} "))), "{faults:?}");
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "each trial owns its database")]
fn late(log: Log) -> Result<(), Failed> {
    let account = AccountId::new(1);
    log.fill(account);
    log.seal(account);
    // Its id was given before the others, and it is seen only now.
    log.change(
        account,
        "INSERT INTO audit_records (account_id, id, at, event, details) \
         VALUES ({a}, -5, '2020-01-01T00:00:00.000000Z', 'account_enabled', '{}')",
    )?;
    let waiting = log.verify(account, None);
    assert_eq!((waiting.checked, waiting.unsealed, waiting.fault_count), (5, 1, 0));
    log.seal(account);
    let sealed = log.verify(account, None);
    assert_eq!((sealed.checked, sealed.unsealed, sealed.fault_count), (6, 0, 0));
    assert_eq!(sealed.head.sequence.get(), 6);
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "each trial owns its database")]
fn pruned(log: Log) -> Result<(), Failed> {
    let retention = Duration::from_secs(3_600);
    let prune = |account| log.work(&PruneAudit::new(retention, Some(keys("k", &[]))), account, now().minutes_before(-30));
    for (account, tampering) in (1..).map(AccountId::new).zip([
        None,
        Some("UPDATE audit_checkpoints SET seq = 2 WHERE account_id = {a}"),
        Some("UPDATE audit_checkpoints SET at = '2020-01-01T00:00:00.000000Z' WHERE account_id = {a}"),
        Some("UPDATE audit_checkpoints SET seal = code WHERE account_id = {a}"),
        Some("UPDATE audit_checkpoints SET code = seal WHERE account_id = {a}"),
        Some("UPDATE audit_checkpoints SET key_id = substr(seal, 1, 8) WHERE account_id = {a}"),
        Some("DELETE FROM audit_checkpoints WHERE account_id = {a}"),
        Some(
            "INSERT INTO audit_records (account_id, id, at, event, details, sealed) \
             VALUES ({a}, 800000 + {a}, '2020-01-01T00:00:00.000000Z', 'account_enabled', '{}', true); \
             INSERT INTO audit_seals (account_id, seq, record_id, key_id, seal) \
             SELECT account_id, 1, 800000 + {a}, key_id, seal FROM audit_seals WHERE account_id = {a} AND seq = 4",
        ),
    ]) {
        for minutes in [50, 40, 35, 20, 10] {
            log.add(account, now().minutes_before(minutes), cancelled(minutes));
        }
        log.seal(account);
        let before = log.verify(account, None);
        prune(account);
        let after = log.verify(account, Some(before.head));
        assert_eq!((after.pruned.get(), after.checked, after.fault_count, after.head), (3, 2, 0, before.head));
        let Some(sql) = tampering else { continue };
        log.change(account, sql)?;
        assert!(log.verify(account, None).fault_count > 0, "{sql}");
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "each trial owns its database")]
fn made_old(log: Log) -> Result<(), Failed> {
    let account = AccountId::new(1);
    for minutes in [50, 40, 20, 10] {
        log.add(account, now().minutes_before(minutes), cancelled(minutes));
    }
    log.seal(account);
    log.change(account, "UPDATE audit_records SET at = '2020-01-01T00:00:00.000000Z' WHERE {third}")?;
    let prune = PruneAudit::new(Duration::from_secs(3_600), Some(keys("k", &[])));
    log.work(&prune, account, now().minutes_before(-30));
    let left = log.verify(account, None);
    let faults: Vec<_> = left.faults.iter().map(ToString::to_string).collect();
    assert_eq!((left.pruned.get(), left.checked), (2, 2));
    assert!(faults.len() == 1 && faults.iter().all(|fault| fault.contains("seal 3 over it, was altered")), "{faults:?}");
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "each trial owns its database")]
fn cut_off(log: Log) -> Result<(), Failed> {
    let account = AccountId::new(1);
    log.fill(account);
    log.seal(account);
    let known = log.verify(account, None).head;
    log.change(
        account,
        "DELETE FROM audit_records WHERE account_id = {a} AND id = (SELECT record_id FROM audit_seals WHERE account_id = {a} AND seq = 5); \
         DELETE FROM audit_seals WHERE account_id = {a} AND seq = 5",
    )?;
    assert_eq!(log.verify(account, None).fault_count, 0, "the rest is in order");
    let faults: Vec<_> = log.verify(account, Some(known)).faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["the log ends before the known head 5: it was cut off"]);
    log.add(account, now(), cancelled(1));
    log.seal(account);
    let faults: Vec<_> = log.verify(account, Some(known)).faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["seal 5 is not that of the known head"]);
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "each trial owns its database")]
#[expect(clippy::unnecessary_wraps, reason = "all trials have one signature")]
fn rotated(log: Log) -> Result<(), Failed> {
    let account = AccountId::new(1);
    log.fill(account);
    log.seal(account);
    log.add(account, now(), cancelled(1));
    log.seal_with(keys("n", &[]), account);
    let without = log.verify_with(keys("n", &[]), account, None);
    assert_eq!(without.fault_count, 5, "{:?}", without.faults);
    assert_eq!(log.verify_with(keys("n", &["k"]), account, None).fault_count, 0);
    log.work(&PruneAudit::new(Duration::from_secs(3_600), Some(keys("n", &["k"]))), account, now().minutes_before(-90));
    let pruned = log.verify_with(keys("n", &[]), account, None);
    assert_eq!((pruned.pruned.get(), pruned.checked, pruned.fault_count), (6, 0, 0), "the checkpoint has the new key");
    Ok(())
}
