//! Checks how many rows the statements about jobs, and those that jobs run, read on either database. In the tables most jobs have
//! ended, many wait for their time, and few are due.
#![cfg(test)]

mod distributed;
mod plans;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use derslik_domain::attendee::AttendanceFilter;
use derslik_domain::id::{Id, ProjectId};
use derslik_domain::identity::DataSubject;
use derslik_domain::job::{Action, Actions, JobFilter, JobStatus, LeaseTerm, LeaseToken, NewJob, Pruning, ReferenceId, WorkerId};
use derslik_domain::page::{OffsetPage, PageRequest};
use derslik_domain::rows::BatchSize;
use derslik_domain::time::Timestamp;
use derslik_ports::mocks::StoppedClock;
use derslik_ports::outbound::{Claim, Completion, DatabaseProbe, FirstDue, HeldJob, JobOfProject, Projection, Reason, StoreError, Stores};
use derslik_storage::{DatabaseUrl, DieselProbe, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, other_account, user};
use derslik_testkit::contract::Harness;
use derslik_testkit::postgres::{PostgresServer, Template, TestDatabase};
use derslik_testkit::statements::{record_statements, take_statements};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use uuid::Uuid;

/// More than five runs: PostgreSQL plans a prepared statement anew five times, and then may use one plan for all values.
const OFTEN_ENOUGH: usize = 12;

/// The current time for the rows below: 1 000 000 000 seconds after 1970.
const NOW: Timestamp = Timestamp::from_micros(1_000_000_000_000_000);
const TERM: LeaseTerm = LeaseTerm::DEFAULT;

/// The tables of the statements.
const TABLES: [&str; 8] =
    ["jobs", "job_leases", "sessions", "session_index", "session_ends", "session_creators", "change_log", "attendees"];

/// The deed that, without statistics, reads all attendees of the account once for each batch.
const THROUGH_THE_ACCOUNT: &str = "the erasure of attendances and sessions";

/// The deed that, without statistics, reads the index of all waiting jobs, and counts no more of them than with statistics.
const THROUGH_THE_WAITING: &str = "the depth of the queue";

/// The deed that reads the newest jobs of all. It follows the order of the ids, once the server knows the table.
const NEWEST_OF_ALL: &str = "the newest jobs of an account";

/// The deed that looks at the newest jobs, with an end. Without statistics, it reads all ids of the account to find that end.
const THROUGH_THE_NEWEST: &str = "the newest jobs of one action";

/// The deed that looks for running jobs among the first live ones of each action.
const THROUGH_THE_LIVE: &str = "the newest jobs that run";

/// The deed that looks at the newest jobs in vain, since the newest are not completed. Without statistics, it reads all ids as well.
const THROUGH_THE_UNFINISHED: &str = "the counts of jobs";

/// How many more rows may be read where VACUUM does not remove the rows of rolled back transactions.
const DEAD_ROWS: i64 = 300;

/// A person who attends a few of many sessions.
const GUEST: i64 = 7;

/// The rows, made from numbers `n` from 1 to 220 000. `{at}` makes an instant of seconds since 1970, and `{digest}` makes 32
/// bytes. `{guid}` makes 16 bytes of a number. Of the jobs, 200 000 have ended, 20 000 wait for their time, and 200 of a later
/// priority are due. Every two-hundredth session is open. Every thousandth was made by the guest, who attends it.
const ROWS: [&str; 4] = [
    "INSERT INTO jobs (account_id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, attempts,
         ended_at, failures, created_at, updated_at, completed)
     SELECT 1329 + n % 2, 1, 'delete_user_data', 'user', {digest}, 50, 'completed', {at(n)}, {at(n)}, 1, {at(n)}, '[]', {at(n)}, {at(n)},
         {true}
     FROM {numbers} WHERE n <= 200000",
    "INSERT INTO jobs (account_id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, attempts,
         failures, created_at, updated_at)
     SELECT 1329, 1, 'delete_user_data', 'user', {digest}, 50, 'scheduled', {at(1000000000 + n)}, {at(1000000000 + n)}, 0, '[]', {at(n)},
         {at(n)}
     FROM {numbers} WHERE n <= 20000",
    "INSERT INTO jobs (account_id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, attempts,
         failures, created_at, updated_at)
     SELECT 1329, 0, 'prune', 'user', {digest}, 90, 'scheduled', {at(n)}, {at(n)}, 0, '[]', {at(n)}, {at(n)}
     FROM {numbers} WHERE n <= 200",
    "INSERT INTO sessions (account_id, guid, name, name_key, start_at, start_civil, timezone, duration_minutes, lang, status,
         replay_status, options, allow_recording, inaccessible_replay, created_by, updated_by, created_at, updated_at)
     SELECT 1329 + n % 2, {guid(n)}, '', '', {at(n)}, {civil}, 'UTC', 60, 'tr', CASE WHEN n % 200 = 0 THEN 1 ELSE 3 END, 0, '{}', {true},
         {false}, CASE WHEN n % 1000 = 0 THEN 7 ELSE 4490 END, 4490, {at(n)}, {at(n)}
     FROM {numbers} WHERE n <= 20000",
];

/// The attendees. Every thousandth session has the guest twice: once as a user, and once by its address.
const ATTENDEES: &str = "INSERT INTO attendees (account_id, session_guid, guid, user_guid, attendance_code, name, name_key, surname,
         surname_key, email, email_key, role, created_at, updated_at)
     SELECT 1329 + n % 2, {guid(n)}, {guid(n * 2 + WHICH)}, CASE WHEN n % 1000 = 0 AND WHICH = 0 THEN {guid(7)} ELSE {guid(n * 2 + WHICH + 100)} END,
         'code-WHICH-' || n, '', '', '', '', 'a@b', CASE WHEN n % 1000 = 0 AND WHICH = 1 THEN 'user7@demo.example' ELSE 'WHICH-' || n END,
         'u', {at(n)}, {at(n)}
     FROM {numbers} WHERE n <= 20000 AND (WHICH = 0 OR n % 500 = 0)";

/// Records all sessions in the change log, as the service does when it writes sessions.
const RECORDS: &str =
    "INSERT INTO change_log (account_id, kind, pending, ids) SELECT account_id, 1, 7, {guids} FROM sessions GROUP BY account_id";

struct Dialect {
    numbers: &'static str,
    at: fn(&str) -> String,
    guid: fn(&str) -> String,
    digest: &'static str,
    civil: &'static str,
    guids: &'static str,
    bools: (&'static str, &'static str),
}

const POSTGRES: Dialect = Dialect {
    numbers: "generate_series(1, 220000) AS s (n)",
    at: |seconds| format!("to_timestamp({seconds})"),
    guid: |number| format!("lpad(to_hex({number}), 32, '0')::uuid"),
    digest: "sha256(n::text::bytea)",
    civil: "timestamp '2001-01-01'",
    guids: "array_agg(guid)",
    bools: ("true", "false"),
};

const SQLITE: Dialect = Dialect {
    numbers: "(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 220000) SELECT n FROM s)",
    at: |seconds| format!("strftime('%Y-%m-%dT%H:%M:%S.000000Z', {seconds}, 'unixepoch')"),
    guid: |number| format!("unhex(printf('%032x', {number}))"),
    digest: "randomblob(32)",
    civil: "'2001-01-01T00:00:00.000000'",
    guids: "json_group_array(lower(hex(guid)))",
    bools: ("1", "0"),
};

impl Dialect {
    /// The statements that insert all rows, in the SQL of the database.
    fn rows(&self) -> String {
        let texts = ROWS.iter().map(|text| (*text).to_owned());
        let attendees = ["0", "1"].map(|which| ATTENDEES.replace("WHICH", which));
        let records = RECORDS.replace("{guids}", self.guids);
        let texts: Vec<_> = texts.chain(attendees).chain([records]).map(|text| self.translate(&text)).collect();
        texts.join(";\n")
    }

    fn translate(&self, text: &str) -> String {
        let text = text.replace("{numbers}", self.numbers).replace("{digest}", self.digest).replace("{civil}", self.civil);
        let text = text.replace("{true}", self.bools.0).replace("{false}", self.bools.1);
        let text = replace_calls(&text, "{at(", self.at);
        replace_calls(&text, "{guid(", self.guid)
    }
}

/// Replaces `{name(argument)}` in a text by what `function` makes of the argument.
fn replace_calls(text: &str, opening: &str, function: fn(&str) -> String) -> String {
    let mut parts = text.split(opening);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |done, part| {
        let (argument, rest) = part.split_once(")}").unwrap();
        done + &function(argument) + rest
    })
}

type Deed = fn(&mut dyn Stores) -> Result<usize, StoreError>;

/// The deeds, and how many rows and index entries each may read per run. The rows that it changes and rolls back are included.
const DEEDS: [(&str, Deed, i64); 30] = [
    (THROUGH_THE_WAITING, |stores| Ok(usize::try_from(stores.jobs().depth()?.scheduled).unwrap()), 10_050),
    ("the lags of the projections", |stores| Ok(stores.change_log().lags()?.len()), 10),
    ("accounts with due jobs", |stores| Ok(stores.jobs().accounts_with_due(NOW, sweeps(), 10)?.len()), 250),
    ("the next due job", |stores| Ok(stores.jobs().next_due(sweeps())?.into_iter().count()), 250),
    ("a claim", |stores| Ok(claim(stores)?.len()), 150),
    ("a claim of one action", |stores| Ok(stores.jobs().claim(account().id, &Claim { actions: sweeps(), ..to_claim() })?.len()), 150),
    (
        "a heartbeat",
        |stores| {
            let held = held(stores)?;
            Ok(stores.jobs().renew(account().id, &held, NOW)?.len())
        },
        150,
    ),
    (
        "completions",
        |stores| {
            let done: Vec<_> = held(stores)?.into_iter().map(|held| Completion { held, result: None }).collect();
            Ok(stores.jobs().complete_many(account().id, &done, NOW)?.len())
        },
        150,
    ),
    ("a claim of many jobs", |stores| Ok(stores.jobs().claim(account().id, &Claim { limit: 100, ..to_claim() })?.len()), 350),
    ("a claim of one job", |stores| Ok(stores.jobs().claim(account().id, &Claim { limit: 1, ..to_claim() })?.len()), 30),
    ("an exchange of one for one", |stores| exchange(stores, 1), 60),
    ("an exchange of many for many", |stores| exchange(stores, 10), 300),
    (
        "accounts with expired leases",
        |stores| {
            claim(stores)?;
            Ok(stores.jobs().accounts_with_expired(NOW.plus(Duration::from_secs(60)), TERM)?.len())
        },
        200,
    ),
    (
        "a rescue",
        |stores| {
            claim(stores)?;
            Ok(stores.jobs().lock_expired(account().id, NOW.plus(Duration::from_secs(60)), TERM, 10)?.len())
        },
        200,
    ),
    (
        "a list",
        |stores| {
            let page = PageRequest { size: 100, after: Some(Id::new(150_000)) };
            Ok(stores.jobs().list(account().id, Some(ProjectId::new(1)), page)?.len()
                + stores.jobs().list_shown(account().id, ProjectId::new(1), page)?.entries.len())
        },
        420,
    ),
    (
        "the newest jobs",
        |stores| Ok(stores.jobs().list_newest(account().id, ProjectId::new(1), OffsetPage::at(100, 100).unwrap())?.len()),
        420,
    ),
    (NEWEST_OF_ALL, |stores| search(stores, &JobFilter::default()), 420),
    ("the newest jobs in one state", |stores| search(stores, &of_state(JobStatus::Scheduled)), 420),
    (
        THROUGH_THE_LIVE,
        |stores| {
            claim(stores)?;
            search(stores, &of_state(JobStatus::Running))
        },
        10_500,
    ),
    (THROUGH_THE_NEWEST, |stores| search(stores, &JobFilter { action: Some(Action::Prune), ..JobFilter::default() }), 20_450),
    (THROUGH_THE_UNFINISHED, |stores| Ok(usize::try_from(stores.jobs().count_by_status(account().id)?.scheduled.number).unwrap()), 50_700),
    ("what is due first", |stores| Ok(stores.jobs().upcoming(account().id, Action::ALL.into_iter().collect(), 20)?.len()), 330),
    (
        "one job of a project",
        |stores| {
            let name = JobOfProject { project: "3sWXSsqHgSKnE87YkNJK".parse().unwrap(), job: Id::new(150_000) };
            Ok(1 + stores.jobs().find_shown(account().id, &name)?.into_iter().count())
        },
        4,
    ),
    (
        "some jobs of a project",
        |stores| {
            let name = |id| JobOfProject { project: "3sWXSsqHgSKnE87YkNJK".parse().unwrap(), job: Id::new(id) };
            Ok(1 + stores.jobs().find_many_shown(account().id, &(150_000..150_010).map(name).collect::<Vec<_>>())?.len())
        },
        60,
    ),
    ("one job", |stores| Ok(stores.jobs().find(account().id, Id::new(150_000))?.into_iter().count()), 2),
    (
        "the attendance of a data subject",
        |stores| Ok(usize::try_from(stores.attendees().attendance_of(account().id, &guest())?.sessions).unwrap()),
        200,
    ),
    (
        "the sessions of a data subject",
        |stores| {
            let (always, page) = (AttendanceFilter { from: Timestamp::MIN, to: Timestamp::MAX }, PageRequest { size: 1_000, after: None });
            Ok(stores.attendees().attended_by(account().id, &guest(), always, page)?.len())
        },
        200,
    ),
    (
        "the erasure of attendances and sessions",
        |stores| {
            let attendances = stores.attendees().erase_of(account().id, &guest(), Id::new(1), BatchSize::DEFAULT)?;
            let sessions = stores.sessions().erase_created_by(account().id, user(GUEST).id, BatchSize::DEFAULT)?;
            Ok(usize::try_from(attendances.plus(sessions).get()).unwrap())
        },
        600,
    ),
    (
        "the preview of an erasure",
        |stores| Ok(usize::try_from(stores.erasures().count_rows(account().id, &guest())?.total().get()).unwrap()),
        1_000,
    ),
    ("the expiry of sessions", |stores| Ok(usize::try_from(stores.sessions().expire(account().id, NOW, 10)?.get()).unwrap()), 150),
];

fn of_state(status: JobStatus) -> JobFilter {
    JobFilter { states: vec![status], ..JobFilter::default() }
}

/// The size of the first page of a search.
fn search(stores: &mut dyn Stores, filter: &JobFilter) -> Result<usize, StoreError> {
    Ok(stores.jobs().search(account().id, filter, None, 100)?.entries.len())
}

fn guest() -> DataSubject {
    DataSubject::new("guest", vec![user(GUEST)])
}

fn sweeps() -> Actions {
    [Action::Prune].into_iter().collect()
}

fn to_claim() -> Claim {
    let (worker, token) = (WorkerId::new(Uuid::from_u128(1)), LeaseToken::new(Uuid::from_u128(7)));
    Claim { worker, token, term: TERM, at: NOW, actions: Action::ALL.into_iter().collect(), limit: 10 }
}

fn claim(stores: &mut dyn Stores) -> Result<Vec<derslik_domain::job::Job>, StoreError> {
    stores.jobs().claim(account().id, &to_claim())
}

fn held(stores: &mut dyn Stores) -> Result<Vec<HeldJob>, StoreError> {
    Ok(claim(stores)?.into_iter().map(|job| HeldJob { job: job.id, token: to_claim().token }).collect())
}

/// Claims jobs, and exchanges `count` of them for as many others.
fn exchange(stores: &mut dyn Stores, count: u16) -> Result<usize, StoreError> {
    let done: Vec<_> = held(stores)?.into_iter().take(count.into()).map(|held| Completion { held, result: None }).collect();
    let exchanged = stores.jobs().exchange(account().id, &done, &Claim { limit: count, ..to_claim() })?;
    assert_eq!(exchanged.claimed.len(), done.len());
    Ok(exchanged.completed.len())
}

fn connect(url: &DatabaseUrl) -> Harness<DieselUnitOfWork> {
    Harness::new(|runtime| {
        DieselUnitOfWork::new(
            url,
            PoolSettings { connections: 1, statement_timeout: Duration::from_secs(60), ..PoolSettings::default() },
            runtime,
        )
    })
}

/// Brings all projections up to date, as the sweeps do.
fn catch_up(harness: &Harness<DieselUnitOfWork>) {
    for of_account in [account().id, other_account().id] {
        for projection in Projection::ALL {
            while harness.write(move |stores| stores.change_log().catch_up(of_account, projection, 1_000)).get() > 0 {}
        }
    }
}

/// Runs a deed and rolls it back.
fn try_out(harness: &Harness<DieselUnitOfWork>, about: &'static str, deed: Deed) {
    let undone: Result<(), StoreError> = harness.try_write(move |stores| {
        assert!(deed(stores)? > 0, "{about} finds nothing");
        Err(StoreError::from(Reason::Unreachable))
    });
    assert!(matches!(undone, Err(StoreError::Unavailable(_))), "{about}: {undone:?}");
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// A database with all rows, on which the server does not run ANALYZE by itself.
fn fill_postgres() -> (TestDatabase, PgConnection, DatabaseUrl) {
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
    let url: DatabaseUrl = database.url().parse().unwrap();
    let mut conn = PgConnection::establish(database.url()).unwrap();
    for table in TABLES {
        conn.batch_execute(&format!("ALTER TABLE {table} SET (autovacuum_enabled = off)")).unwrap();
    }
    conn.batch_execute(&POSTGRES.rows()).unwrap();
    // The server records the reads of a connection when it ends, or at some time before.
    drop(conn);
    catch_up(&connect(&url));
    let conn = PgConnection::establish(database.url()).unwrap();
    (database, conn, url)
}

/// How many rows and index entries each deed reads, on average.
fn rows_of_deeds(conn: &mut PgConnection, url: &DatabaseUrl, before_each: &str) -> Vec<(&'static str, i64, i64)> {
    let mut rows = Vec::new();
    for (about, deed, most) in DEEDS {
        conn.batch_execute(before_each).unwrap();
        rows.push((about, rows_of(conn, url, about, deed), most));
    }
    rows
}

/// How many rows and index entries a deed reads, on average.
fn rows_of(conn: &mut PgConnection, url: &DatabaseUrl, about: &'static str, deed: Deed) -> i64 {
    let before = rows_read(conn);
    let harness = connect(url);
    for _ in 0..OFTEN_ENOUGH {
        try_out(&harness, about, deed);
    }
    drop(harness);
    (rows_read(conn) - before) / i64::try_from(OFTEN_ENOUGH).unwrap()
}

/// Lets the server look at all rows, so that its plans do not depend on chance.
fn count_all_rows(conn: &mut PgConnection) {
    conn.batch_execute("SET default_statistics_target = 1000").unwrap();
    for table in TABLES {
        conn.batch_execute(&format!("VACUUM ANALYZE {table}")).unwrap();
    }
}

#[test]
fn postgres_looks_at_few_rows_to_find_few() {
    let (_database, mut conn, url) = fill_postgres();
    // A new database has no statistics. Rolled back changes leave dead rows, which are read as well.
    for (about, rows, most) in rows_of_deeds(&mut conn, &url, "SELECT") {
        // Until the server has looked at a new table, it may take another index for the newest jobs of all.
        let beside = match about {
            THROUGH_THE_ACCOUNT => 10_100,
            THROUGH_THE_WAITING => 10_200,
            THROUGH_THE_NEWEST | THROUGH_THE_UNFINISHED | NEWEST_OF_ALL => 150_000,
            _ => 0,
        };
        assert!(rows <= most + DEAD_ROWS + beside, "{about}, without statistics: {rows} rows each time");
    }
    count_all_rows(&mut conn);
    // Without the option the server leaves the entries of few dead rows in the indexes, where they are read again.
    for (about, rows, most) in rows_of_deeds(&mut conn, &url, "VACUUM (INDEX_CLEANUP ON) jobs") {
        assert!(rows <= most, "{about}: {rows} rows each time");
    }
}

#[test]
fn running_jobs_are_listed_without_a_look_at_each_claim_of_the_last_lease_on_postgres() {
    // 1 000 claims of 100 jobs each, which have all ended.
    const ENDED_CLAIMS: &str = "INSERT INTO job_leases (account_id, token, until, job_ids)
        SELECT 1329, gen_random_uuid(), to_timestamp(1000000010), array_agg(id) FROM jobs
        WHERE account_id = 1329 AND ended_at IS NOT NULL GROUP BY id / 200";
    let (_database, mut conn, url) = fill_postgres();
    conn.batch_execute(ENDED_CLAIMS).unwrap();
    count_all_rows(&mut conn);
    for (about, deed, most) in DEEDS.into_iter().filter(|(about, ..)| [THROUGH_THE_LIVE, THROUGH_THE_UNFINISHED].contains(about)) {
        conn.batch_execute("VACUUM (INDEX_CLEANUP ON) jobs").unwrap();
        let rows = rows_of(&mut conn, &url, about, deed);
        assert!(rows <= most, "{about}: {rows} rows each time");
    }
}

#[test]
fn what_is_claimed_is_changed_where_it_lies_in_the_account_and_nowhere_else() {
    record_statements().unwrap();
    let (_database, mut conn, url) = fill_postgres();
    for counted in [false, true] {
        if counted {
            conn.batch_execute("ANALYZE").unwrap();
        }
        take_statements();
        let harness = connect(&url);
        for (about, deed, _) in DEEDS.iter().filter(|(about, ..)| about.contains("claim") || about.contains("exchange")) {
            try_out(&harness, about, *deed);
        }
        drop(harness);
        let statements = statements_with_values();
        // Statements with `unnest` are left out, since their text does not name the types of the arrays. The claim in an exchange
        // of many is the same as in an exchange of one.
        let claims: Vec<_> =
            statements.iter().filter(|statement| statement.contains("ctid = ANY") && !statement.contains("unnest(")).collect();
        // A claim of many jobs, a claim of one, and a claim in exchange for one.
        assert!(claims.len() >= 3, "{statements:?}");
        for claim in claims {
            let plan = plans::generic_plan(&mut conn, claim);
            let (_, place) = plan.split_once("Tid Scan on jobs").unwrap_or_else(|| panic!("counted: {counted}\n{plan}"));
            let condition = place.split("->").next().unwrap();
            assert!(condition.contains("Filter: (account_id = "), "{plan}");
        }
    }
}

/// Creates one job in each of the two accounts.
fn one_job_each(harness: &Harness<DieselUnitOfWork>) {
    for of_account in [account().id, other_account().id] {
        harness.write(move |stores| {
            let asked = Timestamp::from_micros(NOW.micros() - 1);
            stores.jobs().enqueue(of_account, &NewJob::prune(Pruning::EndedJobs, asked, asked))
        });
    }
}

#[test]
fn a_claim_takes_no_job_that_lies_in_the_same_place_of_another_part() {
    const PLACES: &str = "SELECT count(DISTINCT tableoid) * 10 + count(DISTINCT ctid) AS count FROM jobs";
    let template = Template::with_scripts("derslik-distributed", &schema_revision(), &distributed::SCRIPTS, |url| {
        Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?)
    });
    let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
    let mut conn = PgConnection::establish(database.url()).unwrap();
    let harness = connect(&database.url().parse().unwrap());
    one_job_each(&harness);
    // The two jobs are in two partitions, and have the same `ctid`.
    assert_eq!(sql_query(PLACES).get_result::<Count>(&mut conn).unwrap().count, 21);

    let claimed = harness.write(claim);
    assert_eq!(claimed.len(), 1);
    let done = vec![Completion { held: HeldJob { job: claimed[0].id, token: to_claim().token }, result: None }];
    let exchanged = harness.write(move |stores| stores.jobs().exchange(account().id, &done, &to_claim()));
    assert_eq!((exchanged.completed.len(), exchanged.claimed.len()), (1, 0));
    let waiting = "SELECT count(*) AS count FROM jobs WHERE account_id = 1330 AND status = 'scheduled'";
    assert_eq!(sql_query(waiting).get_result::<Count>(&mut conn).unwrap().count, 1);
}

/// Waits for the end of all other connections. The server then knows what they have read and written.
fn until_others_have_ended(conn: &mut PgConnection) {
    const OTHERS: &str = "SELECT count(*) AS count FROM pg_stat_activity \
                          WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    while sql_query(OTHERS).get_result::<Count>(conn).unwrap().count > 0 {
        thread::sleep(Duration::from_millis(5));
    }
}

/// The rows and index entries that all ended connections have read.
fn rows_read(conn: &mut PgConnection) -> i64 {
    const READ: &str = "SELECT ((SELECT sum(seq_tup_read) FROM pg_stat_user_tables) + \
                        (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes))::bigint AS count";
    until_others_have_ended(conn);
    sql_query(READ).get_result::<Count>(conn).unwrap().count
}

#[test]
fn a_claim_and_a_heartbeat_write_no_index_entry_on_postgres() {
    const UPDATES: &str = "SELECT n_tup_upd AS count FROM pg_stat_user_tables WHERE relname = 'jobs'";
    const IN_PLACE: &str = "SELECT n_tup_hot_upd AS count FROM pg_stat_user_tables WHERE relname = 'jobs'";
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
    let mut conn = PgConnection::establish(database.url()).unwrap();
    let harness = connect(&database.url().parse().unwrap());
    let jobs: Vec<_> = (0..1_000).map(|number| NewJob::assign_calendar_id(ReferenceId::new(number.to_string()).unwrap(), NOW)).collect();
    harness.write(move |stores| stores.jobs().enqueue_many(account().id, &jobs));
    let claimed = harness.write(|stores| stores.jobs().claim(account().id, &Claim { limit: 200, ..to_claim() }));
    let held: Vec<_> = claimed[..100].iter().map(|job| HeldJob { job: job.id, token: to_claim().token }).collect();
    assert_eq!(harness.write(move |stores| stores.jobs().renew(account().id, &held, NOW)).len(), 100);
    drop(harness);
    until_others_have_ended(&mut conn);
    let mut count = |query: &str| sql_query(query).get_result::<Count>(&mut conn).unwrap().count;
    assert_eq!(count(UPDATES), 300);
    // Few rows may not fit on the pages of those that they replace. A heartbeat needs the room of rows that the claim left, which the server
    // clears in its own time. With an index of what a claim changes, no claim would be among them.
    assert!(count(IN_PLACE) >= 190, "{}", count(IN_PLACE));
}

/// The statements with values since the last call.
fn statements_with_values() -> Vec<String> {
    take_statements().into_iter().filter(|statement| statement.has_values).map(|statement| statement.text).collect()
}

#[test]
fn sqlite_searches_an_index_for_every_statement_about_jobs() {
    record_statements().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plans.sqlite");
    let url = DatabaseUrl::Sqlite(path.clone());
    url.migrate().unwrap();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(&SQLITE.rows()).unwrap();
    take_statements();
    let harness = connect(&url);
    catch_up(&harness);
    for (about, deed, _) in DEEDS {
        try_out(&harness, about, deed);
    }
    drop(harness);
    let statements = statements_with_values();
    assert!(statements.len() > 15, "{statements:?}");
    // SQLite runs without statistics; an operator may have run ANALYZE. Both plans count.
    for counted in [false, true] {
        if counted {
            conn.batch_execute("ANALYZE").unwrap();
        }
        for statement in &statements {
            let plan = plans::steps(&mut conn, statement);
            let scans = |step: &String| ["jobs", "sessions", "attendees"].iter().any(|table| step.starts_with(&format!("SCAN {table}")));
            // These scans are short: `jobs_running` holds only running jobs, and of `jobs_due` only the first entries are read. The depth
            // of the queue ends its count of waiting jobs, which are all that `jobs_claims` holds.
            let is_depth = statement.contains("AS counted");
            let is_short = |step: &String| {
                ["jobs_running", "jobs_due"].iter().any(|index| step.ends_with(index)) || is_depth && step.ends_with("jobs_claims")
            };
            let whole: Vec<_> = plan.iter().filter(|step| scans(step) && !is_short(step)).collect();
            assert!(whole.is_empty(), "{statement}\n{plan:?}");
        }
    }
}

/// Lets the probe of readiness look at a database until it has found the first due job `times` times. Returns how often it looked.
fn look(url: &DatabaseUrl, times: usize) -> i64 {
    let probe = DieselProbe::start(url, PoolSettings::default(), Arc::new(StoppedClock(NOW))).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut found, mut looks) = (0, 0);
    while found < times {
        looks += 1;
        match runtime.block_on(probe.probe(Vec::new())) {
            Ok(facts) => found += usize::from(matches!(facts.first_due, FirstDue::At(_))),
            // A look on a busy machine may run out of time.
            Err(error) => assert!(error.unavailable().is_some(), "{error:?}"),
        }
    }
    looks
}

#[test]
fn the_probe_of_readiness_reads_few_rows_among_many_jobs_on_postgres() {
    // The applied migrations, and one job.
    const MOST: i64 = 200;
    let (_database, mut conn, url) = fill_postgres();
    for counted in [false, true] {
        if counted {
            conn.batch_execute("VACUUM ANALYZE jobs").unwrap();
        }
        let before = rows_read(&mut conn);
        let looks = look(&url, OFTEN_ENOUGH);
        let rows = (rows_read(&mut conn) - before) / looks;
        assert!(rows <= MOST, "counted: {counted}: {rows} rows each time");
    }
}

#[test]
fn the_probe_of_readiness_reads_the_start_of_an_index_on_sqlite() {
    record_statements().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plans.sqlite");
    let url = DatabaseUrl::Sqlite(path.clone());
    url.migrate().unwrap();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(&SQLITE.rows()).unwrap();
    take_statements();
    look(&url, 1);
    let statements: Vec<_> = take_statements().into_iter().map(|statement| statement.text).collect();
    let about_jobs: Vec<_> = statements.iter().filter(|statement| statement.contains("jobs")).collect();
    assert_eq!(about_jobs.len(), 1, "{statements:?}");
    for counted in [false, true] {
        if counted {
            conn.batch_execute("ANALYZE").unwrap();
        }
        for statement in &about_jobs {
            let plan = plans::steps(&mut conn, statement);
            // The first entry of an index that holds waiting jobs alone. There is no step that sorts.
            assert!(plan.len() == 1 && plan.iter().all(|step| step.ends_with("INDEX jobs_due")), "{statement}\n{plan:?}");
        }
    }
}
