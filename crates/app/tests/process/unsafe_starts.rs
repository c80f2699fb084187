//! What profile `production` refuses to start on, and what it starts on.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use derslik_testkit::postgres::{Durability, PostgresServer};
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use libtest_mimic::{Failed, Trial};

use crate::support::Open;
use crate::support::process::{Log, Running, derslik, sqlite_url, until, url_text};
use crate::{PRIVATE_DATABASES, check};

/// A secret that no output may show.
const CANARY: &str = "kanarya7f3d1c";

const SERVE: &[&str] = &["serve"];
const PROCESSES: &[&str] = &["serve", "worker"];
const STARTS: &[&str] = &["serve", "worker", "migrate"];

/// A set-up that is safe but for one thing.
struct Unsafe {
    name: &'static str,
    /// The commands that refuse it.
    commands: &'static [&'static str],
    /// Makes a safe set-up unsafe. The folder is empty and for this set-up alone.
    spoil: fn(&mut Command, &Path) -> Result<(), Failed>,
    /// The setting and the fix.
    says: &'static [&'static str],
}

const UNSAFE: [Unsafe; 24] = [
    Unsafe {
        name: "no_database",
        commands: STARTS,
        spoil: |start, _| done(start.env_remove("DATABASE_URL")),
        says: &["database_url: ", "fix: set DATABASE_URL", "DATABASE_URL_FILE"],
    },
    Unsafe {
        name: "sqlite",
        commands: STARTS,
        spoil: |start, _| done(start.env_remove("DERSLIK_ALLOW_SQLITE")),
        says: &["database_url: ", "SQLite", "fix: ", "allow_sqlite = true"],
    },
    Unsafe {
        name: "all_addresses_without_tls",
        commands: SERVE,
        spoil: |start, _| done(start.env("DERSLIK_LISTEN", "0.0.0.0:0")),
        says: &["listen: ", "0.0.0.0:0", "fix: set tls_cert and tls_key", "http.plaintext = true"],
    },
    Unsafe {
        name: "ipv6_without_tls",
        commands: SERVE,
        spoil: |start, _| done(start.env("DERSLIK_LISTEN", "[::]:0")),
        says: &["listen: ", "[::]:0", "fix: set tls_cert and tls_key"],
    },
    Unsafe {
        name: "metadata_for_all_machines",
        commands: SERVE,
        spoil: |start, _| {
            start.env("DERSLIK_METADATA__SERVICE_ACCOUNT", "timetable@10001.iam.derslik.internal");
            done(start.env("DERSLIK_METADATA__LISTEN", "0.0.0.0:0"))
        },
        says: &["metadata.listen: ", "0.0.0.0:0", "fix: listen on 127.0.0.1"],
    },
    Unsafe {
        name: "console_for_all_machines_without_tls",
        commands: SERVE,
        spoil: |start, _| done(start.env("DERSLIK_OPS__LISTEN", "0.0.0.0:0").env("DERSLIK_CONSOLE__ALLOW_REMOTE", "true")),
        says: &["console.allow_remote: ", "0.0.0.0:0", "fix: put a proxy with TLS in front", "console.url"],
    },
    Unsafe {
        name: "console_behind_a_proxy_without_tls",
        commands: SERVE,
        spoil: |start, _| {
            start.env("DERSLIK_OPS__LISTEN", "127.0.0.1:0");
            done(start.env("DERSLIK_CONSOLE__URL", "http://ops.okul.example"))
        },
        says: &["console.url: ", "http://ops.okul.example", "fix: name the https:// URL"],
    },
    Unsafe {
        name: "known_password_in_the_url",
        commands: STARTS,
        spoil: |start, _| done(start.env("DATABASE_URL", "postgres://derslik:letmein@127.0.0.1:1/derslik")),
        says: &["database_url: ", "known", "fix: ", "random password"],
    },
    Unsafe {
        name: "known_password_in_a_parameter",
        commands: STARTS,
        spoil: |start, _| done(start.env("DATABASE_URL", "postgres://127.0.0.1:1/derslik?user=u&password=LetMeIn")),
        says: &["database_url: ", "known", "fix: "],
    },
    Unsafe {
        name: "known_password_apart",
        commands: STARTS,
        spoil: |start, _| done(start.env("DATABASE_URL", AWAY).env("DERSLIK_DATABASE__PASSWORD", "letmein")),
        says: &["database.password: ", "known", "fix: "],
    },
    Unsafe {
        name: "file_of_the_url_for_all",
        commands: STARTS,
        spoil: |start, folder| {
            let file = secret_file(folder, "url", &sqlite_url(folder), 0o644)?;
            done(start.env_remove("DATABASE_URL").env("DATABASE_URL_FILE", file))
        },
        says: &["database_url: ", "(mode 644)", "fix: chmod 600 "],
    },
    Unsafe {
        name: "file_of_the_password_for_the_group",
        commands: STARTS,
        spoil: |start, folder| {
            let file = secret_file(folder, "password", CANARY, 0o640)?;
            done(start.env("DATABASE_URL", AWAY).env("DERSLIK_DATABASE__PASSWORD_FILE", file))
        },
        says: &["database.password: ", "(mode 640)", "fix: chmod 600 "],
    },
    Unsafe {
        name: "settings_with_a_password_for_all",
        commands: STARTS,
        spoil: |start, folder| {
            let settings = format!("[database]\npassword = \"{CANARY}\"\n");
            let file = secret_file(folder, "derslik.toml", &settings, 0o604)?;
            done(start.env("DATABASE_URL", AWAY).arg("--config").arg(file))
        },
        says: &["database.password: ", "derslik.toml", "(mode 604)", "fix: chmod 600 "],
    },
    Unsafe {
        name: "key_of_the_certificate_for_all",
        commands: SERVE,
        spoil: |start, folder| {
            let (chain, key) = certificate(folder, 0o644)?;
            done(start.env("DERSLIK_TLS_CERT", chain).env("DERSLIK_TLS_KEY", key))
        },
        says: &["tls_key: ", "(mode 644)", "fix: chmod 600 "],
    },
    Unsafe {
        name: "unknown_variable",
        commands: STARTS,
        spoil: |start, _| done(start.env("DERSLIK_HTTP_WORKERS", "4")),
        says: &["http_workers: unknown setting", "as DERSLIK_HTTP_WORKERS", "fix: did you mean DERSLIK_HTTP__WORKERS"],
    },
    Unsafe {
        name: "unknown_setting_in_a_file",
        commands: STARTS,
        spoil: |start, folder| {
            let file = secret_file(folder, "derslik.toml", "[jobs]\nconcurency = 4\n", 0o644)?;
            done(start.arg("--config").arg(file))
        },
        says: &["jobs.concurency: unknown setting", "derslik.toml", "fix: did you mean jobs.concurrency"],
    },
    Unsafe {
        name: "known_keys_asked_for",
        commands: SERVE,
        spoil: |start, _| done(start.env("DERSLIK_FIXED_DEV_KEYS", "true")),
        says: &["fixed_dev_keys: ", "fix: "],
    },
    Unsafe {
        name: "false_clock",
        commands: PROCESSES,
        spoil: |start, _| done(start.env("DERSLIK_DEV_CLOCK", "2025-02-06T16:07:35Z")),
        says: &["dev_clock: ", "fix: "],
    },
    Unsafe {
        name: "two_passwords",
        commands: STARTS,
        spoil: |start, _| {
            let url = format!("postgres://u:{CANARY}@127.0.0.1:1/d");
            done(start.env("DATABASE_URL", url).env("DERSLIK_DATABASE__PASSWORD", CANARY))
        },
        says: &["database_url", "database.password", "in one of them only"],
    },
    Unsafe {
        name: "empty_file_of_the_password",
        commands: STARTS,
        spoil: |start, folder| {
            let file = secret_file(folder, "password", "\n", 0o600)?;
            done(start.env("DATABASE_URL", AWAY).env("DERSLIK_DATABASE__PASSWORD_FILE", file))
        },
        says: &["database.password is empty", "/password, which DERSLIK_DATABASE__PASSWORD_FILE names"],
    },
    Unsafe {
        name: "value_and_file",
        commands: STARTS,
        spoil: |start, folder| {
            let file = secret_file(folder, "password", CANARY, 0o600)?;
            done(start.env("DERSLIK_DATABASE__PASSWORD", CANARY).env("DERSLIK_DATABASE__PASSWORD_FILE", file))
        },
        says: &["DERSLIK_DATABASE__PASSWORD and DERSLIK_DATABASE__PASSWORD_FILE are both set", "from one of them only"],
    },
    Unsafe {
        name: "file_that_is_not_there",
        commands: STARTS,
        spoil: |start, folder| done(start.env_remove("DATABASE_URL").env("DATABASE_URL_FILE", folder.join("none"))),
        says: &["DATABASE_URL_FILE", "none can't be read"],
    },
    Unsafe {
        name: "password_in_the_arguments",
        commands: STARTS,
        spoil: |start, _| done(start.arg("--database-url").arg(format!("postgres://u:{CANARY}@127.0.0.1:1/d"))),
        says: &["database_url: ", "arguments", "DATABASE_URL_FILE"],
    },
    Unsafe {
        name: "password_without_a_server",
        commands: STARTS,
        spoil: |start, _| done(start.env("DERSLIK_DATABASE__PASSWORD", CANARY)),
        says: &["database.password is the password of a PostgreSQL server", "take database.password away"],
    },
];

/// A server that does not answer. None of these starts gets as far as to ask it.
const AWAY: &str = "postgres://derslik@127.0.0.1:1/derslik";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<_> =
        UNSAFE.into_iter().map(|start| Trial::test(format!("production_refuses::{}", start.name), move || start.refused())).collect();
    trials.extend([
        Trial::test("production_tells_all_reasons_at_once", all_reasons),
        Trial::test("a_credential_of_systemd_is_read_where_nothing_else_sets_the_secret", credentials_of_systemd),
        Trial::test("no_failing_start_shows_a_secret", secrets_stay_hidden),
        Trial::test("make_secrets_writes_a_random_password_once", make_secrets),
        Trial::test("postgres::a_clock_that_differs_is_refused_in_production_and_told_in_dev", other_clock),
    ]);
    for (name, open) in PRIVATE_DATABASES {
        trials.push(Trial::test(format!("{name}::production_starts_on_a_safe_set_up"), move || safe_set_up(open)));
        trials.push(Trial::test(format!("{name}::production_refuses_known_keys_in_the_database"), move || known_keys(open)));
    }
    trials
}

/// The end of a `spoil` that can't fail.
#[expect(clippy::unnecessary_wraps, reason = "others can fail")]
fn done(_: &mut Command) -> Result<(), Failed> {
    Ok(())
}

/// The command on a safe set-up, with an SQLite file in the folder.
fn production(command: &str, folder: &Path) -> Command {
    let mut start = derslik(&[command]);
    start.envs([("DERSLIK_PROFILE", "production"), ("DERSLIK_ALLOW_SQLITE", "true"), ("DERSLIK_LISTEN", "127.0.0.1:0")]);
    start.env("DATABASE_URL", sqlite_url(folder)).stdout(Stdio::piped());
    start
}

fn secret_file(folder: &Path, name: &str, text: &str, mode: u32) -> Result<PathBuf, Failed> {
    let file = folder.join(name);
    std::fs::write(&file, text)?;
    std::fs::set_permissions(&file, PermissionsExt::from_mode(mode))?;
    Ok(file)
}

/// A certificate and its key, which has that mode.
fn certificate(folder: &Path, mode: u32) -> Result<(PathBuf, PathBuf), Failed> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls");
    let key = std::fs::read_to_string(source.join("one.key"))?;
    Ok((source.join("one.crt"), secret_file(folder, "tls.key", &key, mode)?))
}

/// The exit code and all output of a start.
fn outcome(start: &mut Command) -> Result<(Option<i32>, String), Failed> {
    let output = start.output()?;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.code(), String::from_utf8_lossy(&text).into_owned()))
}

impl Unsafe {
    fn refused(&self) -> Result<(), Failed> {
        for command in self.commands {
            let folder = tempfile::tempdir()?;
            let mut start = production(command, folder.path());
            (self.spoil)(&mut start, folder.path())?;
            let (code, text) = outcome(&mut start)?;
            check(code == Some(2) && text.lines().count() <= 3, &(command, code, &text))?;
            check(self.says.iter().all(|part| text.contains(part)), &(command, self.says, &text))?;
            check(!text.contains(CANARY) && !text.to_lowercase().contains("letmein"), &(command, &text))?;
            check(!folder.path().join("derslik.sqlite").exists(), &(command, "something was created"))?;
        }
        Ok(())
    }
}

fn all_reasons() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut start = production("serve", folder.path());
    start.env("DERSLIK_LISTEN", "0.0.0.0:0").env("DERSLIK_LITSEN", "1").env_remove("DERSLIK_ALLOW_SQLITE");
    let (code, text) = outcome(&mut start)?;
    check(code == Some(2) && text.starts_with("derslik: refused for 3 reasons:\n") && text.lines().count() == 7, &text)?;
    check(["litsen: ", "database_url: ", "listen: "].iter().all(|setting| text.contains(&format!("\n{setting}"))), &text)
}

fn credentials_of_systemd() -> Result<(), Failed> {
    let (folder, credentials) = (tempfile::tempdir()?, tempfile::tempdir()?);
    // systemd grants access by other means than the mode.
    secret_file(credentials.path(), "database_url", &sqlite_url(folder.path()), 0o644)?;
    let migrate = || {
        let mut migrate = production("migrate", folder.path());
        migrate.env_remove("DATABASE_URL").env("CREDENTIALS_DIRECTORY", credentials.path());
        migrate
    };
    let other = tempfile::tempdir()?;
    let (code, text) = outcome(migrate().env("DATABASE_URL", sqlite_url(other.path())))?;
    check(code == Some(0) && other.path().join("derslik.sqlite").exists(), &text)?;
    check(!folder.path().join("derslik.sqlite").exists(), &"the credential has overridden a variable")?;
    let (code, text) = outcome(&mut migrate())?;
    check(code == Some(0) && folder.path().join("derslik.sqlite").exists(), &text)?;
    secret_file(credentials.path(), "database_url", "mysql://h/d", 0o600)?;
    let (code, text) = outcome(&mut migrate())?;
    check(code == Some(2) && text.contains("a credential of systemd"), &text)
}

/// Every secret, by each way of setting it, in starts that fail for different reasons.
fn secrets_stay_hidden() -> Result<(), Failed> {
    let url = format!("postgres://u:{CANARY}@127.0.0.1:1/d");
    let secrets = [
        ("database_url", "DATABASE_URL", url.clone()),
        ("database_url", "DERSLIK_DATABASE_URL", url),
        ("database.password", "DERSLIK_DATABASE__PASSWORD", CANARY.to_owned()),
        ("audit.seal_key", "DERSLIK_AUDIT__SEAL_KEY", CANARY.to_owned()),
        ("audit.old_seal_key", "DERSLIK_AUDIT__OLD_SEAL_KEY", CANARY.to_owned()),
        // A shorter one would be refused before the rest is read.
        ("ops.metrics_token", "DERSLIK_OPS__METRICS_TOKEN", CANARY.repeat(2)),
    ];
    let failures: [fn(&mut Command) -> &mut Command; 5] = [
        // No server is there.
        |start| start,
        |start| start.env("DERSLIK_LISTEN", "0.0.0.0:0"),
        |start| start.env("DERSLIK_LITSEN", "1"),
        |start| start.env("DERSLIK_HTTP__WORKERS", "many"),
        |start| start.env("DERSLIK_DATABASE", "1"),
    ];
    for (setting, variable, value) in &secrets {
        for fail in failures {
            for way in ["variable", "file", "settings", "list"] {
                let folder = tempfile::tempdir()?;
                let mut start = production("serve", folder.path());
                start.env("DERSLIK_LOG__FILTER", "trace").env("DATABASE_URL", AWAY);
                if *setting == "database_url" {
                    start.env_remove("DATABASE_URL");
                }
                match way {
                    "variable" => _ = start.env(variable, value),
                    // A value of the wrong type, which the message must not quote.
                    "list" => _ = start.env(variable, format!("[{value}]")),
                    "file" => _ = start.env(format!("{variable}_FILE"), secret_file(folder.path(), "secret", value, 0o600)?),
                    _ => {
                        let settings = match setting.split_once('.') {
                            Some((group, name)) => format!("[{group}]\n{name} = \"{value}\"\n"),
                            None => format!("{setting} = \"{value}\"\n"),
                        };
                        start.arg("--config").arg(secret_file(folder.path(), "derslik.toml", &settings, 0o600)?);
                    }
                }
                let (code, text) = outcome(fail(&mut start))?;
                check([Some(2), Some(3)].contains(&code), &(setting, way, code, &text))?;
                check(!text.contains(CANARY), &(setting, way, &text))?;
            }
        }
    }
    Ok(())
}

/// Runs the script of `make secrets` on another folder.
fn make_secrets() -> Result<(), Failed> {
    let script = || Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/secrets"));
    let written = || {
        let folder = tempfile::tempdir()?;
        let output = script().arg(folder.path()).output()?;
        let file = folder.path().join(".env");
        let text = std::fs::read_to_string(&file)?;
        check(output.status.success() && !String::from_utf8_lossy(&output.stdout).contains(text.trim()), &output)?;
        check(std::fs::metadata(&file)?.permissions().mode() & 0o777 == 0o600, &"the mode")?;
        check(script().arg(folder.path()).output()?.status.success() && std::fs::read_to_string(&file)? == text, &"changed")?;
        Ok::<_, Failed>(text)
    };
    let (one, other) = (written()?, written()?);
    for (line, name) in one.lines().zip(["POSTGRES_PASSWORD=", "AUDIT_SEAL_KEY="]) {
        let secret = line.strip_prefix(name).ok_or("another form")?;
        check(secret.len() == 32 && secret.bytes().all(|letter| letter.is_ascii_alphanumeric()), &"the form of the secret")?;
    }
    check(one.lines().count() == 2, &"another form")?;
    check(one != other, &"the same password")?;

    let folder = tempfile::tempdir()?;
    let file = secret_file(folder.path(), ".env", "POSTGRES_PORT=5433\n", 0o600)?;
    check(!script().arg(folder.path()).output()?.status.success(), &"a file of the operator")?;
    check(std::fs::read_to_string(file)? == "POSTGRES_PORT=5433\n", &"the file of the operator was changed")?;

    // A file from before there was a key for seals gets one, and keeps its password.
    let folder = tempfile::tempdir()?;
    let file = secret_file(folder.path(), ".env", "POSTGRES_PASSWORD=parola", 0o600)?;
    check(script().arg(folder.path()).output()?.status.success(), &"an older file")?;
    let text = std::fs::read_to_string(file)?;
    check(text.starts_with("POSTGRES_PASSWORD=parola\nAUDIT_SEAL_KEY=") && text.ends_with('\n'), &"the older file")
}

fn safe_set_up(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let folder = tempfile::tempdir()?;
    let file = secret_file(folder.path(), "url", &url_text(&url), 0o600)?;
    let (chain, key) = certificate(folder.path(), 0o600)?;
    let start = |command: &str| {
        let mut start = production(command, folder.path());
        start.env_remove("DATABASE_URL").env("DATABASE_URL_FILE", &file).env("DERSLIK_LOG__FILTER", "info").stdout(Stdio::null());
        start
    };
    check(start("migrate").status()?.success(), &"migrate")?;
    let (_worker, worker) = Log::spawn(&mut start("worker"))?;
    let (_plain, plain) = Log::spawn(start("serve").env("DERSLIK_LISTEN", "0.0.0.0:0").env("DERSLIK_HTTP__PLAINTEXT", "true"))?;
    let mut with_tls = start("serve");
    with_tls.env("DERSLIK_LISTEN", "0.0.0.0:0").env("DERSLIK_TLS_CERT", chain).env("DERSLIK_TLS_KEY", key);
    let (_encrypted, encrypted) = Log::spawn(&mut with_tls)?;
    for (log, runs) in [(worker, "working on jobs"), (plain, "serving"), (encrypted, "serving")] {
        until(|| Ok(log.text().contains(runs)))?;
    }
    Ok(())
}

fn known_keys(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    let url = url_text(&url);
    Running::start(&url, &[])?.kill()?;
    let folder = tempfile::tempdir()?;
    for command in PROCESSES {
        let (code, text) = outcome(production(command, folder.path()).env("DATABASE_URL", &url))?;
        check(code == Some(2) && text.lines().count() <= 3, &(command, code, &text))?;
        check(
            ["demo-access", "`derslik account remove-dev-keys`", "--database-url"].iter().all(|part| text.contains(part)),
            &(command, &text),
        )?;
    }
    let removed = derslik(&["account", "remove-dev-keys", "--database-url", &url]).output()?;
    check(removed.status.success(), &removed)?;
    let mut worker = production("worker", folder.path());
    let (_worker, log) = Log::spawn(worker.env("DATABASE_URL", &url).env("DERSLIK_LOG__FILTER", "info"))?;
    until(|| Ok(log.text().contains("working on jobs")))
}

/// A server whose clock is a minute ahead. A function of the same name, in an earlier schema of the search path, plays its clock.
fn other_clock() -> Result<(), Failed> {
    let server = PostgresServer::start(Durability::Durable)?;
    let plain = server.maintenance_url();
    PgConnection::establish(&plain)?.batch_execute(
        "CREATE SCHEMA early;
         CREATE FUNCTION early.clock_timestamp() RETURNS timestamptz LANGUAGE sql
             AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 minute' $$",
    )?;
    let separator = if plain.contains('?') { '&' } else { '?' };
    let url = format!("{plain}{separator}options=-csearch_path%3Dearly%2Cpg_catalog");
    let folder = tempfile::tempdir()?;
    let (code, text) = outcome(production("migrate", folder.path()).env("DATABASE_URL", &url))?;
    check(code == Some(0), &text)?;
    for command in PROCESSES {
        let (code, text) = outcome(production(command, folder.path()).env("DATABASE_URL", &url))?;
        check(code == Some(2) && text.lines().count() <= 3, &(command, code, &text))?;
        check(["database_url: ", "s ahead of", "fix: ", "timedatectl"].iter().all(|part| text.contains(part)), &(command, &text))?;
    }
    let (_worker, log) = Log::spawn(derslik(&["worker", "--database-url", &url]).env("DERSLIK_LOG__FILTER", "info"))?;
    until(|| Ok(log.text().contains("s ahead of") && log.text().contains("working on jobs")))
}
