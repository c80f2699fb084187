//! Measures searches among a million sessions of one account, and right after half a million were written, on PostgreSQL and on
//! SQLite. It takes minutes, so it runs only on request: `docs/BENCHMARKS.md` has the command and the results.
#![cfg(test)]

use std::time::{Duration, Instant};

use derslik_domain::form::Field;
use derslik_domain::session::{FilterForm, Session, SessionName};
use derslik_ports::outbound::Projection;
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, guid, session, start, text};
use derslik_testkit::contract::Harness;
use derslik_testkit::postgres::{PostgresServer, Template};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

/// Names consist of three of 5 000 words, mostly the first ones, and a number. Seven of ten sessions have a description of ten
/// words, and six of ten have two tags. The names of the second year have extra letters, and after three quarters of the time
/// extra signs. The account is the one of the builders. Starts are spread over two years, each within six weeks of when the
/// session was made.
const FILL: &str = "
    CREATE TABLE words AS
    SELECT n, (SELECT string_agg((ARRAY['ma','te','fi','zik','kim','ya','bi','yo','lo','ji','ta','rih','co','gra','fe','el',
        'se','ders','gi','ris','o','ku','da','yaz','lim','sis','tem','ler','ka','pa','ne','dir'])[1 + (hashint4(n * 7 + k) & 31)], '')
        FROM generate_series(1, 2 + n % 3) AS k) AS word
    FROM generate_series(0, 4999) AS n;
    CREATE TABLE sentences AS
    SELECT n, (SELECT string_agg(word, ' ') FROM (SELECT word FROM words WHERE words.n >= s.n / 2 LIMIT 10) AS ten) AS sentence
    FROM generate_series(0, 4999) AS s (n);
    ANALYZE words;
    ANALYZE sentences;
    INSERT INTO sessions
    SELECT ACCOUNT, md5(i::text)::uuid, name, name, description, description, tags, tags, start, start AT TIME ZONE 'Europe/Istanbul',
        'Europe/Istanbul', CASE WHEN i = 777 THEN 7 WHEN i % 2 = 0 THEN 60 ELSE 90 END, 'tr-TR', 1, 0, '{}', true, false, 1, 1, start, start
    FROM (
        SELECT i, 'ders ' || one.word || ' ' || two.word || ' ' || three.word || ' ' || i
            || CASE WHEN start >= '2027-09-01' THEN ' wx !?' WHEN start >= '2027-01-01' THEN ' wx' ELSE '' END AS name,
            CASE WHEN i % 10 < 7 THEN sentence END AS description,
            CASE WHEN i % 10 < 6 THEN ',tag' || i % 2000 || ',' || CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END || ',' END AS tags,
            start
        FROM (
            SELECT i, timestamptz '2026-01-01' + (i + (hashint4(i) & 65535)) * interval '1 minute' AS start, floor(5000 * power(random(), 3))::int AS a, floor(5000 * power(random(), 3))::int AS b, floor(5000 * random())::int AS c,
                floor(5000 * random())::int AS d
            FROM generate_series(1, 1000000) AS i
        ) AS drawn
        JOIN words AS one ON one.n = a JOIN words AS two ON two.n = b JOIN words AS three ON three.n = c JOIN sentences ON sentences.n = d
    ) AS made;
    INSERT INTO change_log (account_id, kind, pending, ids)
    SELECT ACCOUNT, 1, 7, array_agg(guid) FROM (SELECT guid, row_number() OVER () / 100 AS part FROM sessions) AS parts GROUP BY part;";

fn filters() -> Vec<(&'static str, FilterForm)> {
    let form = FilterForm::default;
    let name = |part: &str| FilterForm { name: text(part), ..form() };
    let description = |part: &str| FilterForm { description: text(part), ..form() };
    let tags = |tags: &str| FilterForm { tags: text(tags), ..form() };
    let duration = |minutes: i64| FilterForm { duration: Field::Given(minutes), ..form() };
    vec![
        ("nothing", form()),
        ("nothing, page 100", FilterForm { page_number: Field::Given(100), ..form() }),
        ("a day", FilterForm { begin_date: text("2026-10-10"), end_date: text("2026-10-10"), ..form() }),
        ("from a day on", FilterForm { begin_date: text("2027-10-10"), ..form() }),
        ("session_id", FilterForm { guid: text("C4CA4238-A0B9-2382-0DCC-509A6F75849B"), ..form() }),
        ("name: every session has it", name("ders")),
        ("name: one in a hundred", name("zikzik")),
        ("name: one in ten thousand", name("7777")),
        ("name: one", name("777777")),
        ("name: none", name("qwxyz")),
        ("name: two letters, many", name("zi")),
        ("name: two letters, none", name("qx")),
        ("name: one letter, many", name("z")),
        ("name: one letter, none", name("q")),
        ("name: two letters, the second half", name("wx")),
        ("name: two letters and more, the second half", name(" wx")),
        ("name: signs, the last third", name("!?")),
        ("name: signs, none", name("c++")),
        ("name: pictures, none", name("🎓")),
        ("name: what is in descriptions alone", name("gradir mate")),
        ("description: common parts, together none", description("zik ders kim")),
        ("description: many", description("zik")),
        ("description: none", description("qwxyz")),
        ("tags: many", tags("even")),
        ("tags: one in two thousand", tags("tag774")),
        ("tags: none", tags("tag9999")),
        ("duration: many", duration(60)),
        ("duration: one", duration(7)),
        ("duration: none", duration(8)),
        ("name: one, in some months", FilterForm { begin_date: text("2026-02-01"), end_date: text("2027-11-30"), ..name("777777") }),
        ("name, tag and duration: few", FilterForm { tags: text("even"), duration: Field::Given(60), ..name("7777") }),
        ("everything: none", FilterForm { description: text("qwx"), tags: text("even"), duration: Field::Given(60), ..name("ders") }),
    ]
}

#[test]
#[ignore = "takes minutes"]
fn among_a_million_sessions() {
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
    let url: DatabaseUrl = database.url().parse().unwrap();
    let mut conn = PgConnection::establish(database.url()).unwrap();
    let begin = Instant::now();
    conn.batch_execute(&FILL.replace("ACCOUNT", &account().id.get().to_string())).unwrap();
    println!("filled in {} s", begin.elapsed().as_secs());

    let harness = Harness::new(|runtime| {
        DieselUnitOfWork::new(
            &url,
            PoolSettings { connections: 1, statement_timeout: Duration::from_secs(60), ..PoolSettings::default() },
            runtime,
        )
    });
    index(&harness);
    let begin = Instant::now();
    for table in ["sessions", "session_index", "session_ends", "session_creators", "change_log"] {
        conn.batch_execute(&format!("VACUUM ANALYZE {table}")).unwrap();
    }
    println!("vacuumed in {} s", begin.elapsed().as_secs());
    for size in sql_query(SIZES).load::<Size>(&mut conn).unwrap() {
        println!("{} takes {} MB", size.name, size.megabytes);
    }

    print_times(&harness, filters(), 15, Duration::from_secs(5));
}

/// Indexes all pending sessions, as the sweep does, and returns how long it took.
fn index(harness: &Harness<DieselUnitOfWork>) -> Duration {
    let begin = Instant::now();
    let (mut indexed, mut longest) = (0, Duration::ZERO);
    loop {
        let step = Instant::now();
        let rows = harness.write(|stores| stores.change_log().catch_up(account().id, Projection::SearchIndex, 1_000)).get();
        longest = longest.max(step.elapsed());
        if rows == 0 {
            println!("indexed, no step longer than {} ms", longest.as_millis());
            return begin.elapsed();
        }
        indexed += rows;
        if indexed % 100_000 < rows {
            println!("indexed {indexed} after {} s", begin.elapsed().as_secs());
        }
    }
}

/// Prints the time of each search, run `often` times. None may take longer than `at_most`, which is generous for busy machines.
fn print_times(harness: &Harness<DieselUnitOfWork>, filters: Vec<(&'static str, FilterForm)>, often: usize, at_most: Duration) {
    println!("| filter | found | p50 ms | max ms |\n|---|---|---|---|");
    for (about, form) in filters {
        let filter = form.validate().unwrap();
        let mut found = 0;
        let mut times: Vec<_> = (0..often)
            .map(|_| {
                let filter = filter.clone();
                let begin = Instant::now();
                found = harness.read(move |stores| stores.sessions().search(account().id, &filter)).entries.len();
                begin.elapsed()
            })
            .collect();
        times.sort();
        let millis = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1_000.0);
        println!("| {about} | {found} | {} | {} |", millis(times[times.len() / 2]), millis(times[times.len() - 1]));
        assert!(times[times.len() - 1] < at_most, "{about}");
    }
}

const SIZES: &str = "SELECT relname::text AS name, pg_relation_size(oid) / 1000000 AS megabytes FROM pg_class \
     WHERE relname LIKE 'session%' AND pg_relation_size(oid) > 1000000 ORDER BY relname";

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    megabytes: i64,
}

/// The same for SQLite: numbers, words cut out of a row of letters, starts, and the extra letters of late sessions.
const FILL_SQLITE: &str = "
    INSERT INTO sessions
    WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < MANY),
    made AS MATERIALIZED (
        SELECT i, 1767225600 + 60 * (i * (1000000 / MANY) + abs(random()) % 65536) AS start,
            'ders ' || substr(LETTERS, 1 + abs(random()) % 60, 7) || ' ' || substr(LETTERS, 1 + abs(random()) % 60, 9) || ' ' || i AS words,
            CASE WHEN i % 10 < 7 THEN substr(LETTERS, 1 + abs(random()) % 60) || ' ' || substr(LETTERS, 1 + abs(random()) % 60) END AS description,
            CASE WHEN i % 10 < 6 THEN ',tag' || (i % 2000) || CASE WHEN i % 2 = 0 THEN ',even,' ELSE ',odd,' END END AS tags
        FROM numbers
    ), named AS (
        SELECT *, words || CASE WHEN start >= unixepoch('2027-09-01') THEN ' wx !?' WHEN start >= unixepoch('2027-01-01') THEN ' wx' ELSE '' END AS name
        FROM made
    )
    SELECT ACCOUNT, randomblob(16), name, name, description, description, tags, tags,
        strftime('%Y-%m-%dT%H:%M:%S.000000Z', start, 'unixepoch'), strftime('%Y-%m-%dT%H:%M:%S.000000', start + 10800, 'unixepoch'),
        'Europe/Istanbul', CASE WHEN i = 777 THEN 7 WHEN i % 2 = 0 THEN 60 ELSE 90 END, 'tr-TR', 1, 0, '{}', 1, 0, 1, 1,
        '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z'
    FROM named;
    INSERT INTO change_log (account_id, kind, pending, ids)
    SELECT ACCOUNT, 1, 7, json_group_array(lower(hex(guid)))
    FROM (SELECT guid, row_number() OVER () / 100 AS part FROM sessions) GROUP BY part;";

#[test]
#[ignore = "takes minutes"]
fn among_many_sessions_on_sqlite() {
    for count in ["100000", "1000000"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scale.sqlite");
        let url = DatabaseUrl::Sqlite(path.clone());
        url.migrate().unwrap();
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let letters = "'matefizikkimyabiyolojitarihcografyaelsedersgirisokudayazlimsistemlerkapanedir'";
        let fill = FILL_SQLITE.replace("MANY", count).replace("LETTERS", letters);
        conn.batch_execute(&fill.replace("ACCOUNT", &account().id.get().to_string())).unwrap();
        let settings = PoolSettings { connections: 1, statement_timeout: Duration::from_secs(60), ..PoolSettings::default() };
        let harness = Harness::new(|runtime| DieselUnitOfWork::new(&url, settings, runtime));
        let size = || std::fs::metadata(&path).unwrap().len() / 1_000_000;
        let before = size();
        let indexing = index(&harness);
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        println!("{count} sessions of {before} MB, indexed in {} s to {} MB", indexing.as_secs(), size());
        print_times(&harness, filters(), 15, Duration::from_secs(5));
    }
}

/// Half a million sessions in batches of 100, none of which is indexed. Their names have three of 5 000 words and a number, and their
/// starts are spread over two years.
fn write_half_a_million(harness: &Harness<DieselUnitOfWork>) {
    const SYLLABLES: [&str; 16] = ["ma", "te", "fi", "zik", "kim", "ya", "bi", "yo", "lo", "ji", "ta", "rih", "co", "gra", "se", "dir"];
    // The same in each run.
    let mixed = |number: u128| u32::try_from(number).unwrap().wrapping_mul(0x9e37_79b1) >> 8;
    let word = |number: u128| -> String {
        let one = mixed(u128::from(mixed(number) % 5_000));
        (0..2 + one % 3).map(|place| SYLLABLES[usize::try_from(one >> (4 * place + 4)).unwrap() % 16]).collect()
    };
    let of_number = |number: u128| {
        let name = match number {
            417_233 => "Kış geometrisi".to_owned(),
            number => format!("Ders {} {} {} {number}", word(3 * number), word(3 * number + 1), word(3 * number + 2)),
        };
        let (year, month, day) = (2026 + number % 2, number / 2 % 12 + 1, mixed(number) % 28 + 1);
        let start = start(&format!("{year}-{month:02}-{day:02}T10:00:00"));
        Session { name: SessionName::new(name).unwrap(), start, ..session(guid(number)) }
    };
    let begin = Instant::now();
    for first in (0..500_000).step_by(100) {
        let sessions: Vec<_> = (first..first + 100).map(of_number).collect();
        harness.write(move |stores| stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>()));
    }
    println!("written in {} s", begin.elapsed().as_secs());
}

fn print_times_behind_backlog(harness: &Harness<DieselUnitOfWork>) {
    let name = |part: &str| FilterForm { name: text(part), ..FilterForm::default() };
    let filters = vec![
        ("name: every session has it", name("ders")),
        ("name: one, two words", name("kış geometri")),
        ("name: one, a number of six digits", name("312345")),
        ("name: none, five letters", name("qwxyz")),
        ("name: none, four letters", name("hafv")),
        ("name: none, three letters", name("qxz")),
        ("name: syllables of many, together rare", name("zikkimya fizik")),
        ("description: none", FilterForm { description: text("qwxyz"), ..FilterForm::default() }),
    ];
    print_times(harness, filters, 15, Duration::from_secs(20));
}

#[test]
#[ignore = "takes minutes"]
fn right_after_half_a_million_on_postgres() {
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
    let url: DatabaseUrl = database.url().parse().unwrap();
    let settings = PoolSettings { connections: 1, statement_timeout: Duration::from_secs(60), ..PoolSettings::default() };
    let harness = Harness::new(|runtime| DieselUnitOfWork::new(&url, settings, runtime));
    write_half_a_million(&harness);
    print_times_behind_backlog(&harness);
}

#[test]
#[ignore = "takes minutes"]
fn right_after_half_a_million_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("backlog.sqlite"));
    url.migrate().unwrap();
    let settings = PoolSettings { connections: 1, statement_timeout: Duration::from_secs(60), ..PoolSettings::default() };
    let harness = Harness::new(|runtime| DieselUnitOfWork::new(&url, settings, runtime));
    write_half_a_million(&harness);
    print_times_behind_backlog(&harness);
}
