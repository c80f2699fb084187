//! Checks what lists of courses cost: one statement each, and the plans of both databases for an account with many courses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use derslik_domain::course::roster::UserRef;
use derslik_domain::course::{CourseCursor, CourseFilter, CourseListForm, CourseOrder, CourseState, Viewer};
use derslik_domain::form::Field;
use derslik_domain::id::Id;
use derslik_domain::identity::Role;
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::Stores;
use derslik_testkit::builders::account;
use derslik_testkit::postgres::{PostgresServer, Template};
use diesel::connection::{Connection, InstrumentationEvent, SimpleConnection};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::Sqlite;
use diesel::{debug_query, sql_query};

use super::list::{is_kept, query};
use crate::db::conn::{Conn, DieselStores};
use crate::db::connector::Connector;
use crate::db::postgres::PgConnector;
use crate::db::settings::PoolSettings;
use crate::db::sql::printed::Printed;
use crate::db::sql::{Database, Sql, Statement};
use crate::db::sqlite::{Access, SqliteConnector};
use crate::{DatabaseUrl, schema_revision};

/// The number of courses. It is large enough to make a bad plan visible.
const COURSES: u32 = 100_000;

#[derive(QueryableByName)]
struct PostgresLine {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

#[derive(QueryableByName)]
struct SqliteLine {
    #[diesel(sql_type = Integer)]
    parent: i32,
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The parameters of a list.
type Request = (Viewer, CourseFilter, PageRequest<CourseCursor>);

/// Every kind of list, for its first page and for one in the middle.
fn requests() -> Vec<Request> {
    let form = |form: CourseListForm| form.validate().unwrap().about(Id::new(2));
    let member = || Field::Given(b"me".to_vec());
    let filters: Vec<CourseFilter> = vec![
        form(CourseListForm::default()),
        form(CourseListForm { states: [CourseState::Declined].into_iter().collect(), ..CourseListForm::default() }),
        form(CourseListForm { teacher: member(), ..CourseListForm::default() }),
        form(CourseListForm { student: member(), ..CourseListForm::default() }),
        form(CourseListForm { owner: Some(UserRef::Me), ..CourseListForm::default() }),
        form(CourseListForm { teacher: member(), owner: Some(UserRef::Me), ..CourseListForm::default() }),
        form(CourseListForm { order: CourseOrder::OldestFirst, ..CourseListForm::default() }),
        form(CourseListForm { query: Field::Given(b"cour urse".to_vec()), ..CourseListForm::default() }),
    ];
    let later = CourseCursor { created_at: Timestamp::from_micros(1_600_050_000_000_000), id: Id::new(5) };
    let pages = [None, Some(later)].map(|after| PageRequest::new(None, after).unwrap());
    let viewers = [Role::Admin, Role::Member].map(|role| Viewer { principal: Id::new(3), role, is_operator: false });
    let mut requests = Vec::new();
    for filter in filters {
        for page in pages {
            requests.extend(viewers.map(|viewer| (viewer, filter.clone(), page)));
        }
    }
    requests
}

static PLAN_OF_POSTGRES: Statement = Statement::new("plan", "EXPLAIN (ANALYZE, TIMING OFF) :query");
static PLAN_OF_SQLITE: Statement = Statement::new("plan", "EXPLAIN QUERY PLAN :query");

/// The statements that explain every list.
fn plans<DB: Database>(plan: &'static Statement) -> Vec<Sql<'static, DB>> {
    let explained = |(viewer, filter, page): &Request| Sql::of(plan).part("query", query(account().id, *viewer, filter, *page)).uncached();
    requests().iter().map(explained).collect()
}

/// The richest list of an account, and of a member.
pub(super) fn statements() -> Vec<Printed> {
    let form = CourseListForm { query: Field::Given(b"algebra".to_vec()), ..CourseListForm::default() };
    let of_account = form.clone().validate().unwrap().about(Id::new(2));
    let of_member = CourseListForm { teacher: Field::Given(b"me".to_vec()), ..form }.validate().unwrap().about(Id::new(2));
    let after = CourseCursor { created_at: Timestamp::MIN, id: Id::new(5) };
    let page = PageRequest::new(None, Some(after)).unwrap();
    let viewer = |role| Viewer { principal: Id::new(3), role, is_operator: false };
    let mut statements = Vec::new();
    for (role, filter) in [(Role::Admin, of_account), (Role::Member, of_member)] {
        let postgres = query::<Pg>(account().id, viewer(role), &filter, page);
        let sqlite = query::<Sqlite>(account().id, viewer(role), &filter, page);
        statements.extend([postgres.printed(), sqlite.printed()]);
    }
    statements
}

/// Runs every list and counts the statements of each.
fn statements_of_each(conn: Conn<'_>, statements: &AtomicUsize) {
    let mut stores = DieselStores::new(conn, None);
    for (viewer, filter, page) in requests() {
        let before = statements.load(Ordering::Relaxed);
        let listed = stores.courses().list(account().id, viewer, &filter, page).unwrap();
        assert_eq!(statements.load(Ordering::Relaxed) - before, 1, "{filter:?}");
        let is_of_account = filter.member.is_none() && filter.owner.is_none();
        if viewer.role == Role::Admin && is_of_account && filter.states.contains(CourseState::Active) {
            assert_eq!((listed.entries.len(), listed.more), (100, true), "{filter:?}");
        }
    }
}

/// Counts the statements of a connection from now on.
fn count_statements(conn: &mut impl Connection) -> Arc<AtomicUsize> {
    let statements = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&statements);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    statements
}

/// SQL that inserts an account, its users, its courses and their members. `{instant}` makes an instant of the number `n`.
fn rows(series: &str, instant: &str, guid: &str) -> String {
    let at = instant.replace("(n)", "0");
    format!(
        "INSERT INTO accounts (id, name, lang, timezone, start_date_mode, created_at) VALUES (1329, 'demo', 'tr', 'UTC', 'civil', {at});
         INSERT INTO principals (account_id, id, kind, role, guid, name, surname, status, created_at, updated_at)
             SELECT 1329, n, 'user', 'member', {guid}, '', '', 'active', {at}, {at} FROM {series} WHERE n <= 200;
         INSERT INTO courses (account_id, id, revision, state, owner_id, name, search_key, enrollment_code, group_name, extras,
                 guardians_enabled, created_at, updated_at)
             SELECT 1329, n, 1, 1 + n % 3, 1 + n % 200, 'Course', 'course', 'abcdefg', 'Course_abcdef', '{{}}', {false_}, {instant}, {instant}
             FROM {series};
         INSERT INTO course_members (account_id, course_id, user_id, membership, course_created_at, added_at)
             SELECT 1329, n, 1 + n % 200, 'owner', {instant}, {at} FROM {series};
         INSERT INTO course_members (account_id, course_id, user_id, membership, course_created_at, added_at)
             SELECT 1329, n, 1 + (n + 1) % 200, 'student', {instant}, {at} FROM {series};",
        false_ = if guid.contains("blob") { "0" } else { "false" },
    )
}

#[test]
fn a_page_of_courses_never_reads_all_courses_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plans.sqlite");
    DatabaseUrl::Sqlite(path.clone()).migrate().unwrap();
    let connector = SqliteConnector { path, access: Access::Write, settings: PoolSettings::default() };
    let mut conn = connector.connect(Duration::ZERO).unwrap().conn;
    let series = format!("(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {COURSES}) SELECT n FROM s)");
    let instant = "strftime('%Y-%m-%dT%H:%M:%S.000000Z', 1600000000 + (n), 'unixepoch')";
    conn.batch_execute(&rows(&series, instant, "randomblob(16)")).unwrap();
    // SQLite runs without statistics; an operator may have run ANALYZE. Both plans count.
    for counted in [false, true] {
        if counted {
            conn.batch_execute("ANALYZE").unwrap();
        }
        for ((viewer, filter, _), explained) in requests().iter().zip(plans::<Sqlite>(&PLAN_OF_SQLITE)) {
            let lines: Vec<SqliteLine> = explained.load(&mut conn).unwrap();
            // Rows with texts must come out in order, because SQLite holds in memory the rows that it sorts.
            let sorts_texts = lines.iter().any(|line| line.parent == 0 && line.detail.contains("TEMP B-TREE"));
            let plan = lines.into_iter().map(|line| line.detail).collect::<Vec<_>>().join("\n");
            assert!(!sorts_texts, "{plan}");
            for table in ["c", "m", "v", "courses", "course_members"] {
                assert!(!plan.lines().any(|line| line == format!("SCAN {table}")), "{plan}");
            }
            // The plan neither searches by the account alone nor builds an index for the occasion.
            assert!(!plan.lines().any(|line| line.ends_with("(account_id=?)") || line.contains("AUTOMATIC")), "{plan}");
            // The ranges come out of the index in order. At most a page of each state is sorted.
            let lines: Vec<&str> = plan.lines().collect();
            let sorted = lines.windows(2).any(|pair| pair[0].contains("courses_by_creation") && pair[1].contains("TEMP B-TREE"));
            let member = plan.contains("course_members_by_user");
            assert!(!(sorted || member && plan.contains("TEMP B-TREE")), "{plan}");
            assert!(plan.contains("courses_by_creation") || plan.contains("course_members_by_user"), "{plan}");
            // What all courses of a state are compared with is in the index. Only those of one owner are read themselves.
            if viewer.role == Role::Admin && filter.member.is_none() && filter.owner.is_none() {
                let ranges = viewer.states_as(None).iter().filter(|state| filter.states.contains(*state)).count();
                assert_eq!(plan.matches("USING COVERING INDEX courses_by_creation").count(), ranges, "{plan}");
            }
        }
    }
    let statements = count_statements(&mut conn);
    statements_of_each(Conn::Sqlite(&mut conn), &statements);
}

/// The most rows that a step of a page may read: a page of each state, or all courses of one member. Each member has 1 000 of the
/// 100 000 courses.
const FEW: u64 = 1_100;

/// How many rows a step of a plan read.
fn rows_of(line: &str) -> u64 {
    let number = |after: &str| -> Option<u64> {
        let rest = line.split_once(after)?.1;
        rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
    };
    let actual = line.split_once("(actual ").map_or(0, |(_, actual)| {
        let part = |after: &str| -> u64 {
            let rest = actual.split_once(after).map_or("", |(_, rest)| rest);
            rest.split(|letter: char| !letter.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
        };
        part("rows=") * part("loops=")
    });
    actual.max(number("Rows Removed by Filter: ").unwrap_or(0)).max(number("Rows Removed by Join Filter: ").unwrap_or(0))
}

#[test]
fn a_page_of_courses_never_reads_all_courses_on_postgresql() {
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
    let mut conn = PgConnector::new(database.url(), PoolSettings::default()).unwrap().connect_unbounded().unwrap();
    for table in ["principals", "courses", "course_members"] {
        conn.batch_execute(&format!("ALTER TABLE {table} SET (autovacuum_enabled = off)")).unwrap();
    }
    let instant = "to_timestamp(1600000000 + (n))";
    conn.batch_execute(&rows(&format!("generate_series(1, {COURSES}) AS s (n)"), instant, "gen_random_uuid()")).unwrap();
    // A new database has no statistics. Both plans count: without them and with them.
    for counted in [false, true] {
        if counted {
            conn.batch_execute("ANALYZE").unwrap();
        }
        for explained in plans::<Pg>(&PLAN_OF_POSTGRES) {
            let lines: Vec<PostgresLine> = explained.load(&mut conn).unwrap();
            let lines: Vec<String> = lines.into_iter().map(|line| line.line).collect();
            let plan = lines.join("\n");
            assert!(!plan.contains("Seq Scan on courses") && !plan.contains("Seq Scan on course_members"), "{plan}");
            assert!(plan.contains("courses_by_creation") || plan.contains("course_members_by_user"), "{plan}");
            assert!(plan.contains("(actual ") && lines.iter().all(|line| rows_of(line) <= FEW), "counted: {counted}\n{plan}");
        }
    }
    // A statement that is kept may get one plan for all values.
    conn.batch_execute("SET plan_cache_mode = force_generic_plan").unwrap();
    let kept: Vec<_> =
        requests().into_iter().filter(|(viewer, filter, page)| page.after.is_none() && is_kept(*viewer, filter, page.size)).collect();
    assert_eq!(kept.len(), 4);
    for (viewer, filter, page) in kept {
        let sent = debug_query::<Pg, _>(&query::<Pg>(account().id, viewer, &filter, page)).to_string();
        let (text, values) = sent.split_once(" -- binds: ").unwrap();
        conn.batch_execute(&format!("PREPARE listed AS {text}")).unwrap();
        let values = values.trim_matches(['[', ']']);
        let explained = sql_query(format!("EXPLAIN (ANALYZE, TIMING OFF) EXECUTE listed ({values})"));
        let lines: Vec<String> = explained.load::<PostgresLine>(&mut conn).unwrap().into_iter().map(|line| line.line).collect();
        conn.batch_execute("DEALLOCATE listed").unwrap();
        let plan = lines.join("\n");
        assert!(plan.contains("account_id = $1") && !plan.contains("Seq Scan on course"), "{plan}");
        assert!(plan.contains("(actual ") && lines.iter().all(|line| rows_of(line) <= FEW), "{plan}");
    }
    conn.batch_execute("RESET plan_cache_mode").unwrap();

    let statements = count_statements(&mut conn);
    statements_of_each(Conn::Pg(&mut conn), &statements);
}
