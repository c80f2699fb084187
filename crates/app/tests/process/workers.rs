//! Processes that run jobs: how they end while a job runs, and how they go on once a database that did not answer is back.

use std::process::Command;
use std::time::{Duration, Instant};

use derslik::system::SystemClock;
use derslik_domain::id::Id;
use derslik_domain::job::{NewJob, ReferenceId};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Clock, UnitOfWork};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, now};
use derslik_testkit::network::Way;
use derslik_testkit::postgres::{Durability, PostgresServer, Template};
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::signals::expect_end;
use crate::support::process::{Killed, Log, Running, derslik, send_signal, until, url_text};
use crate::support::{DATABASES, Open, Place};
use crate::{check, sql};

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("postgres::a_worker_survives_a_silence_of_the_server", || survives_silence(Silence::OfServer)),
        Trial::test("postgres::a_worker_survives_a_silence_of_the_network", || survives_silence(Silence::OfNetwork)),
    ];
    for (database, open) in DATABASES {
        for process in [Process::Worker, Process::Serve] {
            trials.push(Trial::test(format!("{database}::a_signal_lets_{process}_end_its_job"), move || job_ends(open, process)));
            trials.push(Trial::test(format!("{database}::a_signal_makes_{process}_give_back_a_job_that_does_not_end"), move || {
                job_is_given_back(open, process)
            }));
        }
    }
    trials
}

/// The kinds of processes that run jobs.
#[derive(Debug, Clone, Copy)]
enum Process {
    Worker,
    Serve,
}

impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Worker => "worker",
            Self::Serve => "serve",
        })
    }
}

/// A running process. Its files are removed together with it.
struct Started {
    child: Killed,
    log: Log,
    _folder: tempfile::TempDir,
}

impl Process {
    fn start(self, database_url: &str, settings: &str) -> Result<Started, Failed> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("derslik.toml");
        std::fs::write(&file, settings)?;
        let mut command: Command = match self {
            Self::Worker => derslik(&["worker"]),
            Self::Serve => derslik(&["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0"]),
        };
        command.args(["--database-url", database_url, "--config"]).arg(file).env("DERSLIK_LOG__FILTER", "info");
        let (child, log) = Log::spawn(command.stdout(std::process::Stdio::null()))?;
        Ok(Started { child, log, _folder: folder })
    }
}

/// The person whose erasure does not end.
const PERSON: &str = "kalan@demo.example";

/// A trigger that restores the rows that an erasure deletes, so that the erasure goes on with one small step after another.
const ENDLESS_ON_SQLITE: &str = "
    CREATE TRIGGER endless AFTER DELETE ON credentials BEGIN
        INSERT INTO credentials (account_id, id, principal_id, kind, public_id, digest, scopes, created_at)
        VALUES (OLD.account_id, OLD.id, OLD.principal_id, OLD.kind, OLD.public_id, OLD.digest, OLD.scopes, OLD.created_at);
    END";
const ENDLESS_ON_POSTGRES: &str = "
    CREATE FUNCTION bring_back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO credentials (account_id, id, principal_id, kind, public_id, digest, scopes, created_at)
        VALUES (OLD.account_id, OLD.id, OLD.principal_id, OLD.kind, OLD.public_id, OLD.digest, OLD.scopes, OLD.created_at);
        RETURN NULL;
    END $$;
    CREATE TRIGGER endless AFTER DELETE ON credentials FOR EACH ROW EXECUTE FUNCTION bring_back()";

/// A database with a job that is due and does not end before [`let_end`](Self::let_end).
struct Endless {
    url: DatabaseUrl,
    job: String,
    _place: Place,
}

impl Endless {
    fn new(open: Open) -> Result<Self, Failed> {
        let (url, place) = open()?;
        let service = Running::start(&url_text(&url), &["--no-worker"])?;
        let mut endless = Self { url, job: String::new(), _place: place };
        endless.command(&["user", "create", PERSON])?;
        endless.command(&["token", "create", PERSON])?;
        let head = format!("DELETE /api/v1/3sWXSsqHgSKnE87YkNJK/users/{PERSON} HTTP/1.1\r\nHost: derslik\r\nConnection: close");
        let asked = service.send(&format!("{head}\r\nAuthorization: Bearer demo-organization-key\r\n\r\n"), b"")?.json()?;
        endless.job = asked["data"]["jobId"].to_string();
        service.kill()?;
        sql::execute(
            &endless.url,
            match &endless.url {
                DatabaseUrl::Postgres(_) => ENDLESS_ON_POSTGRES,
                DatabaseUrl::Sqlite(_) => ENDLESS_ON_SQLITE,
            },
        )?;
        endless.command(&["job", "run-now", &endless.job])?;
        Ok(endless)
    }

    /// The output of an operator's command.
    fn command(&self, arguments: &[&str]) -> Result<Value, Failed> {
        let url = url_text(&self.url);
        let output = derslik(arguments).args(["--account", "demo", "--json", "--database-url", &url]).output()?;
        check(output.status.success(), &output)?;
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    fn shown(&self) -> Result<Value, Failed> {
        self.command(&["job", "show", &self.job])
    }

    fn until(&self, status: &str) -> Result<(), Failed> {
        until(|| Ok(self.shown()?["status"] == status))
    }

    fn let_end(&self) -> Result<(), Failed> {
        sql::execute(
            &self.url,
            match &self.url {
                DatabaseUrl::Postgres(_) => "DROP TRIGGER endless ON credentials",
                DatabaseUrl::Sqlite(_) => "DROP TRIGGER endless",
            },
        )
    }

    /// Expects that the job was done exactly once.
    fn expect_done(&self) -> Result<(), Failed> {
        let shown = self.shown()?;
        check(shown["status"] == "completed" && shown["failures"] == serde_json::json!([]), &shown)?;
        let records = self.command(&["audit", "list", "--job", &self.job])?;
        let done = records.as_array().into_iter().flatten().filter(|record| record["event"] == "erasure_completed").count();
        check(done == 1, &records)?;
        let left = sql::lines(&self.url, &format!("SELECT email AS line FROM principals WHERE email = '{PERSON}'"))?;
        check(left.is_empty(), &left)
    }
}

/// Settings with a lease that outlasts the test, so that only a release makes a claimed job due again.
fn settings(grace_seconds: u16) -> String {
    format!(
        "[jobs]\nlease_ms = 600000\nsweep_seconds = 0\ngrace_seconds = {grace_seconds}\n\
         [http]\ngrace_seconds = {grace_seconds}\n"
    )
}

fn job_ends(open: Open, process: Process) -> Result<(), Failed> {
    let endless = Endless::new(open)?;
    let mut started = process.start(&url_text(&endless.url), &settings(600))?;
    endless.until("running")?;
    send_signal(started.child.id(), "TERM")?;
    until(|| Ok(started.log.text().contains("stopping: ")))?;
    let shown = endless.shown()?;
    check(shown["status"] == "running", &shown)?;
    endless.let_end()?;
    expect_end(&mut started.child, 0)?;
    endless.expect_done()
}

fn job_is_given_back(open: Open, process: Process) -> Result<(), Failed> {
    /// If the machine stalls for a second, the worker can't release its job before it ends, and the round is repeated.
    const ROUNDS: usize = 5;
    for _ in 0..ROUNDS {
        let endless = Endless::new(open)?;
        let mut started = process.start(&url_text(&endless.url), &settings(1))?;
        endless.until("running")?;
        send_signal(started.child.id(), "TERM")?;
        expect_end(&mut started.child, 0)?;
        let shown = endless.shown()?;
        let log = started.log.text();
        if log.contains("could not be given back") || log.contains("did not end in time") {
            check(shown["status"] == "running" || shown["status"] == "scheduled", &shown)?;
            continue;
        }
        check(shown["status"] == "scheduled" && shown["worker"].is_null(), &(shown, log))?;
        endless.let_end()?;
        let _next = process.start(&url_text(&endless.url), &settings(1))?;
        endless.until("completed")?;
        return endless.expect_done();
    }
    Err("no job was given back in time".into())
}

/// The part that stops answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silence {
    /// All processes of the server are stopped, and continued later.
    OfServer,
    /// The network drops everything, and the server keeps connections that the worker has given up.
    OfNetwork,
}

impl Silence {
    /// The log text of the worker after which the silence may end. With a stopped server, the leases of its jobs have ended. With a
    /// cut network, the worker still tries to write outcomes, which are wrong where a commit went through.
    const fn lasts_until(self) -> &'static str {
        match self {
            Self::OfServer => "the outcome of a job was lost",
            Self::OfNetwork => "the outcome of a job was not stored",
        }
    }
}

/// Counts the audit records of each job: each job must have left exactly one.
const EFFECTS: &str =
    "SELECT job_id || ': ' || count(*) AS line FROM audit_records WHERE event = 'erasure_completed' GROUP BY job_id ORDER BY job_id";

/// A lock that the test holds. Jobs with an even id wait for it after their last statement, the others in their commit.
const GATE: &str = "
    CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1329); RETURN NULL; END $$;
    CREATE TRIGGER in_the_middle AFTER INSERT ON audit_records
        FOR EACH ROW WHEN (NEW.job_id % 2 = 0) EXECUTE FUNCTION gate();
    CREATE CONSTRAINT TRIGGER at_the_commit AFTER INSERT ON audit_records DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.job_id % 2 = 1) EXECUTE FUNCTION gate()";

/// Counts the jobs that wait for the lock, in each of the two ways.
const BEFORE_THE_GATE: &str = "
    SELECT count(*) FILTER (WHERE query = 'COMMIT') || ' ' || count(*) FILTER (WHERE query <> 'COMMIT') AS line
    FROM pg_stat_activity WHERE application_name = 'derslik worker' AND wait_event = 'advisory'";

/// The time limit, since a failed job is tried again only after some quarters of a minute.
const EVENT_TIMEOUT: Duration = Duration::from_secs(240);

/// The jobs of the test, on a direct connection to the server and not over the network of the worker.
struct Jobs {
    runtime: tokio::runtime::Runtime,
    uow: DieselUnitOfWork,
    url: DatabaseUrl,
}

impl Jobs {
    fn new(url: &str) -> Result<Self, Failed> {
        let (runtime, url) = (tokio::runtime::Runtime::new()?, url.parse()?);
        let uow = DieselUnitOfWork::new(&url, PoolSettings { connections: 2, ..PoolSettings::default() }, runtime.handle());
        runtime.block_on(uow.write(account().id, |stores| stores.identity().add_account(&account(), now())))?;
        Ok(Self { runtime, uow, url })
    }

    /// Enqueues due jobs without a notification of the workers.
    fn ask(&self, names: std::ops::Range<usize>) -> Result<(), Failed> {
        let long_ago = SystemClock.now().minutes_before(3 * 24 * 60);
        let jobs = names.map(|name| erasure(name, long_ago)).collect::<Result<Vec<_>, Failed>>()?;
        self.runtime.block_on(self.uow.write(account().id, move |stores| stores.jobs().enqueue_many(account().id, &jobs)))?;
        Ok(())
    }

    /// Enqueues a job, and starts it now from another process.
    fn start(&self, name: usize) -> Result<(), Failed> {
        let job = erasure(name, SystemClock.now())?;
        let made = self.runtime.block_on(self.uow.write(account().id, move |stores| stores.jobs().enqueue(account().id, &job)))?;
        let id = made.into_job().id.to_string();
        let output = derslik(&["job", "run-now", &id, "--account", "demo", "--database-url", &url_text(&self.url)]).output()?;
        check(output.status.success(), &output)
    }

    /// Waits until that many jobs are completed and no others are left.
    fn until_done(&self, jobs: usize, patience: Duration) -> Result<(), Failed> {
        let begin = Instant::now();
        let expected = [format!("completed {jobs}")];
        loop {
            let statuses = sql::lines(&self.url, "SELECT status || ' ' || count(*) AS line FROM jobs GROUP BY status ORDER BY status")?;
            if statuses == expected {
                return Ok(());
            }
            check(begin.elapsed() < patience, &statuses)?;
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn expect_effects(&self, jobs: usize) -> Result<(), Failed> {
        let effects = sql::lines(&self.url, EFFECTS)?;
        check(effects.len() == jobs && effects.iter().all(|effect| effect.ends_with(": 1")), &effects)
    }
}

fn erasure(name: usize, asked_at: Timestamp) -> Result<NewJob, Failed> {
    Ok(NewJob::delete_user_data(Id::new(1), ReferenceId::new(name.to_string())?, asked_at))
}

fn survives_silence(silence: Silence) -> Result<(), Failed> {
    const JOBS: usize = 20;
    const NEW_JOBS: usize = 5;
    // So long that the new jobs can only be found in time by notification.
    const POLL: Duration = Duration::from_secs(60);
    let server = PostgresServer::start(Durability::Fast)?;
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = server.create_database(&template)?;
    let (way, url_by_the_way) = Way::to_server_of(database.url())?;
    let jobs = Jobs::new(database.url())?;
    sql::execute(&jobs.url, GATE)?;
    let mut gate = PgConnection::establish(database.url())?;
    gate.batch_execute("SELECT pg_advisory_lock(1329)")?;
    jobs.ask(0..JOBS)?;

    // A lease is shorter than the time for which the server does not answer.
    let settings =
        format!("[jobs]\nlease_ms = 3000\nsweep_seconds = 0\npoll_ms = {}\n[database]\nlock_timeout_ms = 5000\n", POLL.as_millis());
    let worker = Process::Worker.start(&url_by_the_way, &settings)?;
    until(|| {
        let standing = sql::lines(&jobs.url, BEFORE_THE_GATE)?;
        Ok(standing.iter().any(|line| !line.starts_with("0 ") && !line.ends_with(" 0")))
    })?;
    let frozen = match silence {
        Silence::OfServer => Some(server.freeze()?),
        Silence::OfNetwork => {
            way.set_cut(true);
            // Some commits succeed without the worker's knowledge, and transactions that it has given up stay open.
            gate.batch_execute("SELECT pg_advisory_unlock(1329)")?;
            None
        }
    };
    for loss in [silence.lasts_until(), "lost the connection that listens for jobs"] {
        until(|| Ok(worker.log.text().contains(loss)))?;
    }
    drop(frozen);
    way.set_cut(false);
    if silence == Silence::OfServer {
        gate.batch_execute("SELECT pg_advisory_unlock(1329)")?;
    }
    jobs.until_done(JOBS, EVENT_TIMEOUT)?;
    jobs.expect_effects(JOBS)?;

    let begin = Instant::now();
    for number in JOBS..JOBS + NEW_JOBS {
        jobs.start(number)?;
        jobs.until_done(number + 1, EVENT_TIMEOUT)?;
    }
    check(begin.elapsed() < POLL * 2, &("the worker looks for jobs, and hears of none", begin.elapsed()))?;
    jobs.expect_effects(JOBS + NEW_JOBS)
}
