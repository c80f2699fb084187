//! Checks how both databases run the statements of the repository of sessions: they never scan the whole table.
#![cfg(test)]

mod plans;

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use derslik_domain::form::Field;
use derslik_domain::id::{Id, PrincipalId};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::BatchSize;
use derslik_domain::session::{FilterForm, Session, SessionDescription, SessionDuration, SessionName, SessionTags};
use derslik_ports::outbound::{Projection, StoreError, Stores};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, guid, session, start, text};
use derslik_testkit::contract::Harness;
use derslik_testkit::postgres::{PostgresServer, Template, TestDatabase};
use derslik_testkit::statements::{record_statements, take_statements};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

const ACCOUNTS: i64 = 5;
const SESSIONS: u128 = 20_000;

/// More than five runs: PostgreSQL plans a prepared statement anew five times, and then may use one plan for all values.
const OFTEN_ENOUGH: usize = 12;

type Query = fn(&mut dyn Stores) -> Result<usize, StoreError>;

const QUERIES: [(&str, Query); 27] = [
    ("find", |stores| Ok(stores.sessions().find(account().id, guid(5))?.into_iter().count())),
    ("find what is not there", |stores| Ok(1 - stores.sessions().find(account().id, guid(4))?.into_iter().count())),
    ("find two", |stores| Ok(stores.sessions().find_many(account().id, &[guid(5), guid(10)])?.len())),
    ("find a batch", |stores| Ok(stores.sessions().find_many(account().id, &(1..=200).map(|n| guid(n * 5)).collect::<Vec<_>>())?.len())),
    ("lock one", |stores| lock(stores, 1)),
    ("lock a batch", |stores| lock(stores, 1_000)),
    ("search for all", |stores| search(stores, FilterForm::default())),
    ("search a late page", |stores| search(stores, FilterForm { page_number: Field::Given(30), ..FilterForm::default() })),
    ("search by guid", |stores| search(stores, FilterForm { guid: text(&guid(5).to_string()), ..FilterForm::default() })),
    ("search by no guid", |stores| Ok(1 + search(stores, FilterForm { guid: text("nonsense"), ..FilterForm::default() })?)),
    ("search by name", |stores| search(stores, FilterForm { name: text("lesson 105"), ..FilterForm::default() })),
    ("search by description", |stores| search(stores, FilterForm { description: text("number 105"), ..FilterForm::default() })),
    ("search by tags", |stores| search(stores, FilterForm { tags: text("tag 10, even"), ..FilterForm::default() })),
    ("search by a rare name", |stores| search(stores, FilterForm { name: text("lesson 19995"), ..FilterForm::default() })),
    ("search by a name that is not there", |stores| Ok(1 + search(stores, FilterForm { name: text("qxz"), ..FilterForm::default() })?)),
    ("search by two letters that are not there", |stores| {
        Ok(1 + search(stores, FilterForm { name: text("qx"), ..FilterForm::default() })?)
    }),
    ("search by one letter that is not there", |stores| {
        Ok(1 + search(stores, FilterForm { description: text("q"), ..FilterForm::default() })?)
    }),
    ("search by signs that are not there", |stores| Ok(1 + search(stores, FilterForm { name: text("c++"), ..FilterForm::default() })?)),
    ("search by a picture", |stores| search(stores, FilterForm { description: text("🎓"), ..FilterForm::default() })),
    ("search by what is said late", |stores| search(stores, FilterForm { description: text("at last"), ..FilterForm::default() })),
    ("search by a tag that is not there", |stores| Ok(1 + search(stores, FilterForm { tags: text("ta"), ..FilterForm::default() })?)),
    ("search by a duration that is not there", |stores| {
        Ok(1 + search(stores, FilterForm { duration: Field::Given(7), ..FilterForm::default() })?)
    }),
    ("search by a rare name in some days", |stores| {
        let form =
            FilterForm { name: text("lesson 199"), begin_date: text("2025-05-05"), end_date: text("2027-12-24"), ..FilterForm::default() };
        search(stores, form)
    }),
    ("search by duration", |stores| search(stores, FilterForm { duration: Field::Given(60), ..FilterForm::default() })),
    ("search from a day on", |stores| search(stores, FilterForm { begin_date: text("2027-12-24"), ..FilterForm::default() })),
    ("search to a day", |stores| search(stores, FilterForm { end_date: text("2025-05-05"), ..FilterForm::default() })),
    ("search by everything", |stores| {
        let form = FilterForm {
            name: text("lesson"),
            description: text("number"),
            tags: text("even"),
            duration: Field::Given(60),
            begin_date: text("2025-05-05"),
            end_date: text("2027-12-24"),
            ..FilterForm::default()
        };
        search(stores, form)
    }),
];

fn lock(stores: &mut dyn Stores, count: u128) -> Result<usize, StoreError> {
    let guids: BTreeSet<_> = (1..=count).map(|number| guid(number * 5)).collect();
    Ok(stores.sessions().lock_many(account().id, &guids)?.len())
}

fn search(stores: &mut dyn Stores, form: FilterForm) -> Result<usize, StoreError> {
    Ok(stores.sessions().search(account().id, &form.validate().unwrap())?.entries.len())
}

fn change(stores: &mut dyn Stores) -> Result<usize, StoreError> {
    let changed: Vec<_> = (1..=100).map(|number| Session { allow_recording: false, ..lesson(number * 5) }).collect();
    stores.sessions().update_many(account().id, &changed.iter().collect::<Vec<_>>())?;
    Ok(changed.len())
}

/// Every fifth session belongs to the account of the queries.
fn fill(harness: &Harness<DieselUnitOfWork>) {
    for remainder in 0..ACCOUNTS {
        let of_account = Id::new(account().id.get() + remainder);
        harness.write(move |stores| {
            let numbers = (1..=SESSIONS).filter(|number| i64::try_from(number % 5) == Ok(remainder));
            let sessions: Vec<_> = numbers.map(lesson).collect();
            stores.sessions().insert_many(of_account, &sessions.iter().collect::<Vec<_>>())
        });
    }
}

/// Indexes all pending sessions, as the sweep does.
fn index(harness: &Harness<DieselUnitOfWork>) {
    for remainder in 0..ACCOUNTS {
        let of_account = Id::new(account().id.get() + remainder);
        while harness.write(move |stores| stores.change_log().catch_up(of_account, Projection::SearchIndex, 1_000)).get() > 0 {}
    }
}

fn lesson(number: u128) -> Session {
    let (month, day, hour) = (number / 28 % 12 + 1, number % 28 + 1, number % 24);
    let year = 2025 + number % 3;
    let late = if year == 2027 { " at last" } else { "" };
    let rare = if number == 19_985 { " 🎓" } else { "" };
    let tags = format!("tag {}, {}", number % 50, if number.is_multiple_of(2) { "even" } else { "odd" });
    Session {
        name: SessionName::new(format!("Lesson {number}")).unwrap(),
        description: SessionDescription::new(format!("It has the number {number}{late}{rare}")).ok(),
        tags: SessionTags::new(tags).ok(),
        start: start(&format!("{year}-{month:02}-{day:02}T{hour:02}:00:00")),
        duration: SessionDuration::from_minutes(if number.is_multiple_of(4) { 60 } else { 90 }).unwrap(),
        ..session(guid(number))
    }
}

/// The statements that read or change sessions. `$1` marks those of PostgreSQL.
fn recorded(on_postgres: bool) -> Vec<String> {
    let statements = take_statements().into_iter().filter(|statement| statement.has_values).map(|statement| statement.text);
    statements
        .filter(|text| {
            let reads_or_changes = !text.starts_with("INSERT") && !text.starts_with("WITH recorded");
            text.contains("sessions") && text.contains("$1") == on_postgres && reads_or_changes
        })
        .collect()
}

/// Runs all queries on one connection, and changes some sessions.
fn ask_everything(harness: &Harness<DieselUnitOfWork>) {
    for (name, query) in QUERIES {
        assert!(harness.write(query) > 0, "{name}");
    }
    assert!(harness.write(change) > 0);
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

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Whether a step of a plan of SQLite is harmless: neither a search of an index nor a scan of a table of sessions.
fn is_no_scan(statement: &str, step: &str) -> bool {
    // The steps of the query by months, of the query by keys, and of the query of pending sessions.
    const STEPS: [(&str, &[&str]); 3] = [
        (
            "RECURSIVE",
            &["CO-ROUTINE starts", "SETUP", "RECURSIVE STEP", "SCAN CONSTANT ROW", "SCAN starts", "SCALAR SUBQUERY", "CORRELATED"],
        ),
        (
            "session_words",
            &["CO-ROUTINE in_month", "SCAN in_month", "SCAN session_words VIRTUAL TABLE INDEX 0:M", "USE TEMP B-TREE FOR ORDER BY"],
        ),
        ("json_each", &["CO-ROUTINE each", "SCAN each", "SCAN json_each VIRTUAL TABLE INDEX 1:", "USE TEMP B-TREE FOR"]),
    ];
    STEPS.iter().any(|(part, steps)| statement.contains(part) && steps.iter().any(|known| step.starts_with(known)))
}

diesel::define_sql_function! {
    /// The signature that the program defines.
    fn derslik_contains(text: diesel::sql_types::Nullable<Text>, part: Text) -> diesel::sql_types::Bool;
}

#[test]
fn sqlite_searches_an_index_for_every_statement() {
    record_statements().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plans.sqlite");
    let url = DatabaseUrl::Sqlite(path.clone());
    url.migrate().unwrap();
    let harness = connect(&url);
    fill(&harness);
    index(&harness);
    // A pending one.
    harness.write(|stores| stores.sessions().insert_many(account().id, &[&lesson(SESSIONS + 5)]));
    ask_everything(&harness);

    let statements = recorded(false);
    assert!(statements.len() > 10, "{statements:?}");
    for table in ["session_words", "json_each"] {
        assert!(statements.iter().any(|statement| statement.starts_with("SELECT") && statement.contains(table)), "{table}");
    }
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    // For a plan, SQLite only needs a function of that name.
    derslik_contains_utils::register_impl(&mut conn, |_: Option<String>, _: String| false).unwrap();
    // SQLite runs without statistics; an operator may have run ANALYZE. Both plans count.
    for counted in [false, true] {
        if counted {
            conn.batch_execute("ANALYZE").unwrap();
        }
        for statement in &statements {
            let plan = plans::steps(&mut conn, statement);
            assert!(!plan.is_empty(), "{statement}");
            let scans = plan.iter().find(|step| !step.starts_with("SEARCH ") && !is_no_scan(statement, step));
            assert_eq!(scans, None, "{statement}\n{plan:?}");
            if statement.contains("`guid` IN (") {
                assert!(plan[0].ends_with("(account_id=? AND guid=?)"), "{statement}\n{plan:?}");
            }
        }
    }
}

/// The tables of the statements.
const TABLES: [&str; 5] = ["sessions", "session_index", "session_ends", "session_creators", "change_log"];

/// An empty database without statistics, on which the server does not run ANALYZE by itself.
fn uncounted() -> (TestDatabase, PgConnection, DatabaseUrl) {
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
    let url: DatabaseUrl = database.url().parse().unwrap();
    let mut conn = PgConnection::establish(database.url()).unwrap();
    for table in TABLES {
        conn.batch_execute(&format!("ALTER TABLE {table} SET (autovacuum_enabled = off)")).unwrap();
    }
    (database, conn, url)
}

#[test]
fn postgres_scans_the_whole_table_for_no_statement() {
    record_statements().unwrap();
    let (_database, mut conn, url) = uncounted();
    fill(&connect(&url));
    index(&connect(&url));
    // A new database has no statistics. Both plans count: without them and with them.
    asks_everything_without_a_scan(&mut conn, &url);
    for table in TABLES {
        conn.batch_execute(&format!("VACUUM ANALYZE {table}")).unwrap();
    }
    asks_everything_without_a_scan(&mut conn, &url);

    // The generic plans, which serve all values, count as well. The index of keys was checked above.
    let statements: Vec<_> = recorded(true).into_iter().filter(|statement| !statement.contains("session_index")).collect();
    assert!(statements.len() > 10, "{statements:?}");
    for statement in statements {
        let plan = plans::generic_plan(&mut conn, &statement);
        assert!(plan.contains("sessions_pkey") || plan.contains("sessions_by_start"), "{statement}\n{plan}");
        assert!(!plan.contains("Seq Scan on sessions "), "{statement}\n{plan}");
    }
}

/// Compares the server's own statistics of scans before and after.
fn asks_everything_without_a_scan(conn: &mut PgConnection, url: &DatabaseUrl) {
    const BY_KEY: &str = "SELECT idx_scan AS count FROM pg_stat_user_indexes WHERE indexrelname = 'session_index_by_key'";
    let counts = |conn: &mut PgConnection| {
        let whole = [scans(conn, "seq_scan", "sessions"), scans(conn, "seq_scan", "session_index")];
        (whole, scans(conn, "idx_scan", "session_index"), sql_query(BY_KEY).get_result::<Count>(conn).unwrap().count)
    };
    let (whole, indexed, by_key) = counts(conn);
    let harness = connect(url);
    for _ in 0..OFTEN_ENOUGH {
        ask_everything(&harness);
    }
    drop(harness);
    let (whole_after, indexed_after, by_key_after) = counts(conn);
    assert_eq!(whole_after, whole);
    assert!(scans(conn, "idx_scan", "sessions") > 0);
    // The index of keys was used, whatever the conditions were, and `session_index` was read in no other way.
    assert!(by_key_after - by_key > i64::try_from(OFTEN_ENOUGH).unwrap(), "{by_key} {by_key_after}");
    assert_eq!(indexed_after - indexed, by_key_after - by_key);
}

#[test]
fn a_connection_asks_once_whether_the_tables_are_distributed_on_postgres() {
    record_statements().unwrap();
    let (_database, _conn, url) = uncounted();
    fill(&connect(&url));
    index(&connect(&url));
    let statements_of_search = |harness: &Harness<DieselUnitOfWork>| -> Vec<String> {
        take_statements();
        harness.read(|stores| {
            let page = PageRequest { size: 1, after: None };
            stores.change_log().accounts_behind(Projection::SearchIndex, 0, page)?;
            search(stores, FilterForm { name: text("qxz"), ..FilterForm::default() })
        });
        take_statements().into_iter().map(|statement| statement.text).collect()
    };
    // Each of these has one connection of its own.
    for harness in [connect(&url), connect(&url)] {
        for is_first in [true, false, false] {
            let statements = statements_of_search(&harness);
            assert!(statements.iter().any(|statement| statement.contains("FROM session_index")), "{statements:?}");
            let has_asked = statements.iter().any(|statement| statement.contains("FROM pg_extension"));
            assert_eq!(has_asked, is_first, "{statements:?}");
        }
    }
}

/// Inserts sessions with the numbers of a range, in batches of 100, as pending ones.
const PENDING: &str = "
    INSERT INTO sessions
    SELECT 1329, md5(n::text)::uuid, 'Ders ' || n, 'ders ' || n, NULL, NULL, NULL, NULL, start, start, 'UTC', 60, 'tr-TR', 1, 0, '{}',
        true, false, 4490, 4490, start, start
    FROM generate_series(FROM_NUMBER, TO_NUMBER) AS s (n), LATERAL (SELECT timestamp '2026-01-01' + n * interval '1 minute') AS t (start);
    INSERT INTO change_log (account_id, kind, pending, ids)
    SELECT 1329, 1, 7, array_agg(md5(n::text)::uuid) FROM generate_series(FROM_NUMBER, TO_NUMBER) AS s (n) GROUP BY n / 100";

/// The blocks of tables and indexes that all ended connections have read. It waits for the end of all other connections.
fn blocks_read(conn: &mut PgConnection) -> i64 {
    const BLOCKS: &str = "SELECT sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0))::bigint AS count
        FROM pg_statio_user_tables";
    // Waits for the end of the other connections.
    scans(conn, "seq_scan", "sessions");
    sql_query(BLOCKS).get_result::<Count>(conn).unwrap().count
}

#[test]
fn postgres_reads_each_pending_session_once_without_statistics() {
    const NEEDS: [(&str, Query); 2] = [
        ("search", |stores| search(stores, FilterForm { name: text("zzzzzz"), ..FilterForm::default() })),
        ("erasure", |stores| {
            let erased = stores.sessions().erase_created_by(account().id, PrincipalId::new(77), BatchSize::DEFAULT)?;
            Ok(usize::try_from(erased.get()).unwrap())
        }),
    ];
    let (_database, mut conn, url) = uncounted();
    let mut first = 1;
    // Up to 10 000 pending sessions are looked up one by one.
    for last in [2_500, 9_000, 20_000, 50_000, 200_000] {
        let fill = PENDING.replace("FROM_NUMBER", &first.to_string()).replace("TO_NUMBER", &last.to_string());
        conn.batch_execute(&fill).unwrap();
        first = last + 1;
        for (about, need) in NEEDS {
            let before = blocks_read(&mut conn);
            let harness = connect(&url);
            assert_eq!(harness.write(need), 0);
            drop(harness);
            // Each session may cost the way down its key, its row, and its share of a scan. Many more blocks would mean that an
            // index is scanned again for each session.
            let blocks = blocks_read(&mut conn) - before;
            assert!(blocks < 12 * last, "{about} among {last}: {blocks} blocks");
        }
    }
}

/// How many rows of the table `sessions` all ended connections have read.
fn sessions_read(conn: &mut PgConnection) -> i64 {
    const READ: &str = "SELECT seq_tup_read + idx_tup_fetch AS count FROM pg_stat_user_tables WHERE relname = 'sessions'";
    // Waits for the end of the other connections.
    scans(conn, "seq_scan", "sessions");
    sql_query(READ).get_result::<Count>(conn).unwrap().count
}

#[test]
fn a_rare_name_is_looked_up_among_few_of_many_pending_sessions_on_postgres() {
    let (_database, mut conn, url) = uncounted();
    let harness = connect(&url);
    for (begin, batch) in [(1_u128, 1_000_u128), (30_001, 100)] {
        for first in (begin..begin + 30 * batch).step_by(usize::try_from(batch).unwrap()) {
            let mut sessions: Vec<_> = (first..first + batch).map(lesson).collect();
            if first == 17_001 {
                sessions[777].name = SessionName::new("Geometri").unwrap();
            }
            harness.write(move |stores| stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>()));
        }
    }
    drop(harness);
    for counted in [false, true] {
        if counted {
            conn.batch_execute("VACUUM ANALYZE change_log").unwrap();
            conn.batch_execute("VACUUM ANALYZE sessions").unwrap();
        }
        for (part, found) in [("geomet", 1), ("qwxyz", 0), ("lesson 30333", 1)] {
            let before = sessions_read(&mut conn);
            let harness = connect(&url);
            let count = harness.read(move |stores| search(stores, FilterForm { name: text(part), ..FilterForm::default() }));
            drop(harness);
            assert_eq!(count, found, "{part}");
            // The first 2 000 are read twice, as are those of each month. Some pending ones share their bits with those that match. Until
            // the server has counted a new table, it may read all of them once to find the 2 000th.
            let (read, beside) = (sessions_read(&mut conn) - before, if counted { 0 } else { 33_000 });
            assert!(read < 6_000 + beside, "{part}, counted: {counted}: {read} of 33 000 sessions");
        }
    }
}

#[test]
fn what_another_transaction_indexes_is_left_to_it_on_postgres() {
    let (_database, _conn, url) = uncounted();
    let (one, other) = (connect(&url), connect(&url));
    one.write(|stores| stores.sessions().insert_many(account().id, &[&lesson(1), &lesson(2)]));
    let (taken, left) = one.write(move |stores| {
        let taken = stores.change_log().try_catch_up(account().id, Projection::SearchIndex, 1)?;
        let left = thread::spawn(move || other.write(|stores| stores.change_log().try_catch_up(account().id, Projection::SearchIndex, 10)))
            .join()
            .unwrap();
        Ok((taken.get(), left.get()))
    });
    assert_eq!((taken, left), (2, 0));
}

/// How many rows of the table `change_log` all ended connections have read.
fn records_read(conn: &mut PgConnection) -> i64 {
    const READ: &str = "SELECT seq_tup_read + idx_tup_fetch AS count FROM pg_stat_user_tables WHERE relname = 'change_log'";
    // Waits for the end of the other connections.
    scans(conn, "seq_scan", "change_log");
    sql_query(READ).get_result::<Count>(conn).unwrap().count
}

#[test]
fn the_quick_projections_step_over_no_backlog_of_the_search_index_on_postgres() {
    const BACKLOG: &str = "INSERT INTO change_log (account_id, kind, pending, ids)
        SELECT 1329, 1, 1, ARRAY[md5(n::text)::uuid] FROM generate_series(1, 20000) AS s (n)";
    let (_database, mut conn, url) = uncounted();
    conn.batch_execute(BACKLOG).unwrap();
    for counted in [false, true] {
        if counted {
            conn.batch_execute("VACUUM ANALYZE change_log").unwrap();
        }
        let harness = connect(&url);
        let first = if counted { 11 } else { 1 };
        for number in first..first + 10 {
            harness.write(move |stores| stores.sessions().insert_many(account().id, &[&lesson(number)]));
        }
        drop(harness);
        for projection in [Projection::SessionEnds, Projection::SessionCreators] {
            let before = records_read(&mut conn);
            let harness = connect(&url);
            let applied = harness.write(move |stores| stores.change_log().catch_up(account().id, projection, 1_000));
            assert_eq!(applied.get(), 10);
            drop(harness);
            let read = records_read(&mut conn) - before;
            assert!(read < 200, "{projection:?}, counted: {counted}: {read} records");
        }
    }
}

/// A part that nearly matches at almost each character of the texts below.
fn nearly_everywhere() -> String {
    format!("{}b{}", "ab".repeat(90), "ab".repeat(9))
}

fn nearly_once() -> String {
    "klmnopqr".repeat(25)
}

/// More sessions than a search reads in order, so that it uses the index. After them come sessions whose texts have all trigrams
/// of both parts. One of them matches the first part.
fn repetitive() -> Vec<Session> {
    let plain = (1..=2_100).map(|number| Session { start: start("2025-01-01T10:00:00"), ..session(guid(number)) });
    let texts = (10_000..10_150).map(|number| {
        let found = if number == 10_007 { nearly_everywhere() } else { String::new() };
        let text = format!("{}xabbabx {} {found}", "ab".repeat(4_800), "klmnopqr".repeat(3));
        Session { description: SessionDescription::new(text).ok(), ..lesson(number) }
    });
    plain.chain(texts).collect()
}

/// The time of a search whose part nearly matches everywhere, divided by the time of one that does not. Each is the best of five.
fn ratio_of_times(harness: &Harness<DieselUnitOfWork>) -> f64 {
    let time = |part: String, found: usize| {
        let form = FilterForm { description: text(&part), ..FilterForm::default() };
        let begin = Instant::now();
        assert_eq!(harness.read(move |stores| search(stores, form.clone())), found);
        begin.elapsed()
    };
    let (mut repeated, mut plain) = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        repeated = repeated.min(time(nearly_everywhere(), 1));
        plain = plain.min(time(nearly_once(), 0));
    }
    repeated.as_secs_f64() / plain.as_secs_f64()
}

/// Measures before and after the sessions are indexed.
fn takes_about_as_long(harness: &Harness<DieselUnitOfWork>) {
    harness.write(|stores| {
        let sessions = repetitive();
        stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>())
    });
    for is_indexed in [false, true] {
        if is_indexed {
            index(harness);
        }
        let ratio = ratio_of_times(harness);
        assert!(ratio < 8.0, "indexed: {is_indexed}: {ratio}");
    }
}

#[test]
fn a_part_that_nearly_repeats_takes_no_longer_to_look_for_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("nearly.sqlite"));
    url.migrate().unwrap();
    takes_about_as_long(&connect(&url));
}

#[test]
fn a_part_that_nearly_repeats_takes_no_longer_to_look_for_on_postgres() {
    let (_database, _conn, url) = uncounted();
    takes_about_as_long(&connect(&url));
}

/// How often a table was read in that way. A connection reports its reads when it ends, so this waits for the end of all others.
fn scans(conn: &mut PgConnection, way: &str, table: &str) -> i64 {
    const OTHERS: &str = "SELECT count(*) AS count FROM pg_stat_activity \
                          WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    while sql_query(OTHERS).get_result::<Count>(conn).unwrap().count > 0 {
        thread::sleep(Duration::from_millis(5));
    }
    let count = sql_query(format!("SELECT {way} AS count FROM pg_stat_user_tables WHERE relname = '{table}'"));
    count.get_result::<Count>(conn).unwrap().count
}
