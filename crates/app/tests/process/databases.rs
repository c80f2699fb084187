//! Which commands create a database, which bring it up to date, and which databases are refused.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};

use derslik_testkit::postgres::{Durability, PostgresServer};
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::support::process::{Answer, Log, Running, derslik, sqlite_url, until, url_text};
use crate::support::{DEMO, OTHER, Open};
use crate::{PRIVATE_DATABASES, SEARCH, check};

/// Every command that neither serves nor migrates.
const OTHERS: [&[&str]; 28] = [
    &["backup", "okul.tar.zst"],
    &["erasures", "export", "okul.erasures.json"],
    &["account", "create", "okul"],
    &["account", "list"],
    &["account", "show", "demo"],
    &["account", "disable", "demo"],
    &["account", "enable", "demo"],
    &["key", "create", "--account", "demo"],
    &["key", "list", "--account", "demo"],
    &["key", "rotate", "1", "--account", "demo"],
    &["key", "revoke", "1", "--account", "demo"],
    &["user", "create", "a@demo.example", "--account", "demo"],
    &["user", "list", "--account", "demo"],
    &["user", "passive", "a@demo.example", "--account", "demo"],
    &["user", "password", "a@demo.example", "--account", "demo"],
    &["project", "create", "Web", "--account", "demo"],
    &["project", "list", "--account", "demo"],
    &["admin", "create", "ayse"],
    &["admin", "list"],
    &["admin", "remove", "ayse"],
    &["token", "create", "admin@demo.example", "--account", "demo"],
    &["course", "suspend", "1", "--account", "demo"],
    &["course", "restore", "1", "--account", "demo"],
    &["job", "list", "--account", "demo"],
    &["job", "show", "1", "--account", "demo"],
    &["job", "cancel", "1", "--account", "demo"],
    &["job", "run-now", "1", "--account", "demo"],
    &["audit", "list", "--account", "demo"],
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("a_command_in_the_wrong_folder_creates_nothing_and_says_where_it_looked", wrong_folder),
        Trial::test("publicly_known_keys_keep_a_database_out_of_production", known_keys_in_production),
        Trial::test("sqlite::the_files_of_a_new_database_are_for_their_owner_alone", private_files),
        Trial::test("sqlite::the_database_of_another_program_is_refused", foreign_sqlite),
        Trial::test("postgres::the_database_of_another_program_is_refused", foreign_postgres),
        Trial::test("postgres::the_documented_role_may_not_create_and_runs_everything_on_a_current_schema", role_without_create),
        Trial::test("postgres::a_database_with_nothing_but_an_extension_is_taken", extension_is_not_foreign),
    ];
    trials.extend(["sqlite", "postgres"].map(|name| {
        Trial::test(format!("{name}::production_waits_for_the_schema_with_its_port_closed"), move || {
            let folder = tempfile::tempdir()?;
            let server = if name == "sqlite" { None } else { Some(PostgresServer::start(Durability::Fast)?) };
            let url = server.as_ref().map_or_else(|| sqlite_url(folder.path()), PostgresServer::maintenance_url);
            production_waits(&url)
        })
    }));
    for (name, open) in PRIVATE_DATABASES {
        trials.push(Trial::test(format!("{name}::a_database_that_holds_accounts_is_given_no_others_by_a_start"), move || {
            with_own_accounts(open)
        }));
        trials.push(Trial::test(
            format!("{name}::keys_that_everybody_knows_are_taken_away_by_the_command_that_production_names"),
            move || known_keys_removed(open),
        ));
    }
    trials
}

fn serve(url: &str, more: &[&str]) -> Command {
    let mut command = derslik(&["serve", "--listen", "127.0.0.1:0", "--database-url", url]);
    command.args(more).env("DERSLIK_ALLOW_SQLITE", "true");
    command
}

fn bearer_of_new_account(url: &str) -> Result<String, Failed> {
    let created = derslik(&["account", "create", "okul", "--json", "--database-url", url]).output()?;
    let keys: Value = serde_json::from_slice(&created.stdout)?;
    Ok(keys["bearer"].as_str().ok_or("no bearer")?.to_owned())
}

fn with_own_accounts(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let url = url_text(&url);
    let bearer = bearer_of_new_account(&url)?;
    for _ in 0..2 {
        let refused = serve(&url, &["--fixed-dev-keys"]).output()?;
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        check(refused.status.code() == Some(2) && text.contains("holds accounts") && text.contains("without --fixed-dev-keys"), &text)?;
        let service = Running::spawn(serve(&url, &[]))?;
        check(service.banner.contains("holds accounts already") && !service.banner.contains("derslik_ak_"), &service.banner)?;
        check(service.banner.contains("`derslik key create --account demo`"), &service.banner)?;
        check(service.post(SEARCH, &bearer, "{}")?.status == 200, &"the account that was there")?;
        for known in [DEMO, OTHER] {
            check(service.post(SEARCH, known, "{}")?.status == 401, &"a known key opens something")?;
        }
    }
    let demo = derslik(&["job", "list", "--account", "demo", "--database-url", &url]).output()?;
    check(demo.status.code() == Some(2), &("an account was added", demo))
}

/// Logs in with a name and a password, or with both halves of an access key.
fn log_in(service: &Running, username: &str, password: &str) -> Result<Answer, Failed> {
    let form = format!("grant_type=password&client_id=api&account_id=1329&username={username}&password={password}");
    let head = format!(
        "POST /auth/connect/token HTTP/1.1\r\nHost: derslik\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        form.len()
    );
    service.send(&head, form.as_bytes())
}

fn known_keys_removed(open: Open) -> Result<(), Failed> {
    const KNOWN_LOG_INS: [(&str, &str); 2] = [("demo-user", "demo-password"), ("demo-access", "demo-secret")];
    let (url, _place) = open()?;
    let url = url_text(&url);
    let service = Running::start(&url, &[])?;
    let bearer = bearer_of_new_account(&url)?;
    let made = derslik(&["token", "create", "admin@demo.example", "--account", "demo", "--json", "--database-url", &url]).output()?;
    let made: Value = serde_json::from_slice(&made.stdout)?;
    let own_token = made["token"].as_str().ok_or("no token")?;
    let mut derived = Vec::new();
    for (username, password) in KNOWN_LOG_INS {
        let token = log_in(&service, username, password)?.json()?;
        derived.push(token["access_token"].as_str().ok_or("no token of a log-in")?.to_owned());
    }
    for token in &derived {
        check(service.get("/xapi/user", token)?.status == 200, &"a token of a log-in")?;
    }
    service.kill()?;

    let refused = serve(&url, &["--profile", "production"]).output()?;
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    check(refused.status.code() == Some(2) && text.contains("`derslik account remove-dev-keys`"), &text)?;
    check(text.contains("demo-access") && text.contains("the password of demo-user"), &text)?;
    let remove = || derslik(&["account", "remove-dev-keys", "--profile", "production", "--json", "--database-url", &url]).output();
    let removed: Value = serde_json::from_slice(&remove()?.stdout)?;
    // Two accounts with two keys each, the tokens of six people, and a password.
    check(removed["removed"].as_array().is_some_and(|secrets| secrets.len() == 11), &removed)?;
    check(serde_json::from_slice::<Value>(&remove()?.stdout)? == json!({ "removed": [] }), &"done twice")?;

    let service = Running::spawn(serve(&url, &["--profile", "production", "--json"]))?;
    for known in [DEMO, OTHER] {
        check(service.post(SEARCH, known, "{}")?.status == 401, &known)?;
    }
    for token in ["demo-admin-token", "demo-teacher-token", "other-admin-token"] {
        check(service.get("/v1/courses", token)?.status == 401, &token)?;
    }
    check(service.get("/api/v1/projects", "demo-organization-key")?.status == 401, &"the organization key")?;
    for (username, password) in KNOWN_LOG_INS {
        check(log_in(&service, username, password)?.status == 400, &username)?;
    }
    for token in &derived {
        check(service.get("/xapi/user", token)?.status == 401, &"a token of a log-in that stays")?;
    }
    check(service.post(SEARCH, &bearer, "{}")?.status == 200, &"the key of another account")?;
    check(service.get("/v1/courses", own_token)?.status == 200, &"a token that an operator made")?;
    // Another start does not add the keys again.
    check(serve(&url, &["--fixed-dev-keys"]).output()?.status.code() == Some(2), &"--fixed-dev-keys")
}

fn wrong_folder() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    for command in OTHERS {
        let output = derslik(command).current_dir(folder.path()).output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let place = data.join("derslik.sqlite").to_string_lossy().into_owned();
        check(output.status.code() == Some(3), &(command, output.status, &text))?;
        check(text.contains("there is no database") && text.contains(&place) && text.contains("--data-dir"), &text)?;
        check(!data.exists(), &(command, "created something"))?;
    }
    Ok(())
}

fn known_keys_in_production() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    Running::start(&url, &[])?.kill()?;
    let output = serve(&url, &["--profile", "production"]).output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.code() == Some(2) && text.contains("demo-access"), &(output.status, text))
}

/// Files of the database are private even in a folder that other users can read.
fn private_files() -> Result<(), Failed> {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755))?;
    let url = sqlite_url(folder.path());
    let mut command = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_derslik");
    command.args(["-c", "umask 022 && exec \"$0\" \"$@\"", program, "serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0"]);
    let service = Running::spawn({
        command.args(["--database-url", &url]).env_clear();
        command
    })?;
    check(service.post(SEARCH, DEMO, "{}")?.status == 200, &"a request")?;
    let mut files = Vec::new();
    for file in std::fs::read_dir(folder.path())? {
        let file = file?;
        files.push((file.file_name().to_string_lossy().into_owned(), file.metadata()?.permissions().mode() & 0o777));
    }
    files.sort();
    let private = ["derslik.sqlite", "derslik.sqlite-shm", "derslik.sqlite-wal"].map(|name| (name.to_owned(), 0o600));
    check(files == private, &files)
}

/// Expects that every command refuses the database and leaves it unchanged.
fn expect_foreign(url: &str) -> Result<(), Failed> {
    let serve: &[&str] = &["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0"];
    for command in [serve, &["serve", "--profile", "production"], &["worker"], &["migrate"], &["job", "list", "--account", "demo"]] {
        let output = derslik(command).env("DATABASE_URL", url).env("DERSLIK_ALLOW_SQLITE", "true").output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.code() == Some(3) && text.contains("another program") && text.contains("orders"), &(command, &text))?;
    }
    Ok(())
}

fn foreign_sqlite() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("derslik.sqlite");
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    conn.batch_execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")?;
    drop(conn);
    let before = std::fs::read(&path)?;
    expect_foreign(&sqlite_url(folder.path()))?;
    check(std::fs::read(&path)? == before, &"the file was changed")
}

fn foreign_postgres() -> Result<(), Failed> {
    let server = PostgresServer::start(Durability::Fast)?;
    let url = server.maintenance_url();
    let mut conn = PgConnection::establish(&url)?;
    conn.batch_execute("CREATE SCHEMA shop; CREATE TABLE shop.orders (id bigint)")?;
    expect_foreign(&url)?;
    // A schema that only Derslik uses counts as a separate database.
    conn.batch_execute("CREATE SCHEMA derslik")?;
    let own = format!("{url}{}options=-csearch_path%3Dderslik", if url.contains('?') { '&' } else { '?' });
    check(derslik(&["migrate", "--database-url", &own]).output()?.status.success(), &"a schema of its own was refused")
}

fn extension_is_not_foreign() -> Result<(), Failed> {
    let server = PostgresServer::start(Durability::Fast)?;
    let url = server.maintenance_url();
    let mut conn = PgConnection::establish(&url)?;
    // None of the extensions of a standard server has a table, so one is added to `plpgsql`.
    conn.batch_execute("CREATE TABLE spatial (id bigint); ALTER EXTENSION plpgsql ADD TABLE spatial")?;
    let output = derslik(&["migrate", "--database-url", &url]).output()?;
    check(output.status.success(), &output)
}

/// The role that docs/OPERATIONS.md makes for everything but migrations.
const SERVES: &str = "derslik_serve";

/// The statements by which docs/OPERATIONS.md gives that role its rights.
fn documented_rights() -> Result<String, Failed> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/OPERATIONS.md"))?;
    let mut blocks = page.split("\n```sql\n").skip(1).filter_map(|rest| Some(rest.split_once("\n```")?.0));
    let rights = blocks.find(|block| block.contains(&format!("CREATE ROLE {SERVES} ")));
    Ok(rights.ok_or("docs/OPERATIONS.md has no statements for that role")?.to_owned())
}

fn role_without_create() -> Result<(), Failed> {
    let server = PostgresServer::start(Durability::Fast)?;
    let owner = server.maintenance_url();
    let (_, place) = owner.split_once('@').ok_or("no user in the URL")?;
    let mut conn = PgConnection::establish(&owner)?;
    let lacking = derslik(&["migrate", "--database-url", &owner]).output()?;
    check(lacking.status.success(), &lacking)?;
    // As it is by itself from PostgreSQL 15 on.
    conn.batch_execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")?;
    conn.batch_execute(&documented_rights()?)?;
    let clerk = format!("postgres://{SERVES}@{place}");
    // A table of a later migration, and a sequence.
    conn.batch_execute("CREATE TABLE later (id bigserial)")?;
    let mut as_clerk = PgConnection::establish(&clerk)?;
    as_clerk.batch_execute("INSERT INTO later DEFAULT VALUES; UPDATE later SET id = 2; SELECT id FROM later; DELETE FROM later")?;
    for refused in ["CREATE TABLE own (id bigint)", "ALTER TABLE later ADD COLUMN name text", "DROP TABLE later", "TRUNCATE later"] {
        check(as_clerk.batch_execute(refused).is_err(), &refused)?;
    }
    conn.batch_execute("DROP TABLE later")?;
    // Commands that write files write them here.
    let folder = tempfile::tempdir()?;
    let run = |arguments: &[&str]| derslik(arguments).current_dir(folder.path()).env("DATABASE_URL", &clerk).output();
    check(run(&["migrate"])?.status.success(), &"migrate")?;
    let service = Running::start(&clerk, &[])?;
    check(service.get("/api/v1/projects", "demo-organization-key")?.status != 500, &"a request")?;
    for command in OTHERS {
        let output = run(command)?;
        // A missing object is reported as missing, not as a lack of rights.
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.success() || output.status.code() == Some(2) && !text.contains("denied"), &(command, text))?;
    }
    conn.batch_execute("CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA public TO guest")?;
    let guest = derslik(&["job", "list", "--account", "demo"]).env("DATABASE_URL", format!("postgres://guest@{place}")).output()?;
    let text = String::from_utf8_lossy(&guest.stderr).into_owned();
    check(guest.status.code() == Some(3) && text.contains("may not read") && text.contains("grant it"), &text)?;
    check(!text.contains("migration failed"), &text)?;
    conn.batch_execute("DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)")?;
    let behind = run(&["job", "list", "--account", "demo"])?;
    let text = String::from_utf8_lossy(&behind.stderr).into_owned();
    check(behind.status.code() == Some(3) && text.contains("lacks 1 of the migrations") && text.contains("derslik migrate"), &text)
}

fn production_waits(url: &str) -> Result<(), Failed> {
    let address = free_address()?;
    let listen = address.to_string();
    let mut serve = derslik(&["serve", "--profile", "production", "--listen", &listen, "--database-url", url]);
    serve.env("DERSLIK_ALLOW_SQLITE", "true");
    let (_service, log) = Log::spawn(serve.env("DERSLIK_LOG__FILTER", "info").stdout(Stdio::null()))?;
    let (_worker, worker_log) = Log::spawn(derslik(&["worker", "--database-url", url]).env("DERSLIK_LOG__FILTER", "info"))?;
    for log in [&log, &worker_log] {
        until(|| Ok(log.text().contains("waiting for the database") && log.text().contains("derslik migrate")))?;
    }
    check(TcpStream::connect(address).is_err(), &"the port is open")?;
    let mut migrate = derslik(&["migrate", "--profile", "production", "--database-url", url]);
    let migrated = migrate.env("DERSLIK_ALLOW_SQLITE", "true").output()?;
    check(migrated.status.success(), &migrated)?;
    until(|| Ok(worker_log.text().contains("working on jobs")))?;
    until(|| Ok(log.text().contains("serving") && TcpStream::connect(address).is_ok()))
}

/// An address that was free when this was called.
fn free_address() -> Result<SocketAddr, Failed> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
