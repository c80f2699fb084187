//! The sources of settings, and the errors for invalid ones.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use serde_json::json;

use crate::support::DEMO;
use crate::support::process::{Running, derslik, sqlite_url};
use crate::{BATCH, check, new_session};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("a_start_that_can_not_work_ends_with_a_reason_and_an_exit_code", exit_codes),
        Trial::test("settings_come_from_file_environment_and_flags_in_this_order", settings_in_layers),
        Trial::test("a_setting_that_can_not_be_used_is_named_with_its_origin", configuration_errors),
        Trial::test("variables_of_helpers_for_tests_are_no_settings", variables_of_helpers),
        Trial::test("values_are_taken_as_people_write_them", values_as_written),
        Trial::test("production_without_a_named_database_is_refused", production_without_database),
        Trial::test("a_secret_is_read_from_the_file_that_a_variable_names", secret_from_file),
        Trial::test("publicly_known_keys_are_not_served_beyond_this_machine", fixed_keys_stay_local),
        Trial::test("an_error_about_a_port_in_use_names_the_cure", port_in_use),
        Trial::test("an_error_about_the_data_folder_names_its_owner", unwritable_folder),
        Trial::test("no_part_of_a_password_is_shown_in_an_error_about_a_url", passwords_in_urls),
        Trial::test("make_run_uses_its_own_database_whatever_the_environment_says", make_run),
    ]
}

/// Runs a command that must fail, and returns its error text.
fn refused(code: i32, command: &mut Command) -> Result<String, Failed> {
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.code() == Some(code), &(output.status, &text))?;
    Ok(text)
}

fn says(code: i32, parts: &[&str], command: &mut Command) -> Result<(), Failed> {
    let text = refused(code, command)?;
    check(parts.iter().all(|part| text.contains(part)), &(parts, text))
}

fn exit_codes() -> Result<(), Failed> {
    says(2, &["sqlite:// or postgres://"], &mut derslik(&["migrate", "--database-url", "mysql://user:secret@host/db"]))?;
    says(2, &["fixed_dev_keys"], &mut derslik(&["serve", "--profile", "production", "--fixed-dev-keys"]))?;
    says(2, &["dev_clock"], &mut derslik(&["serve", "--dev-clock", "yesterday"]))?;
    let unreachable = "postgres://user:secret@127.0.0.1:1/none";
    let text = refused(3, &mut derslik(&["migrate", "--database-url", unreachable]))?;
    check(text.contains("postgres://127.0.0.1:1/none") && !text.contains("secret"), &text)
}

fn settings_in_layers() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("derslik.toml");
    std::fs::write(
        &file,
        format!("database_url = \"{}\"\n[http]\nbatch_max_items = 1\n[account]\ntimezone = \"Asia/Riyadh\"\n", sqlite_url(folder.path())),
    )?;
    let mut command = derslik(&["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--config"]);
    command.arg(&file).env("DERSLIK_HTTP__BATCH_MAX_ITEMS", "2");
    let service = Running::spawn(command)?;
    let two = service.post(BATCH, DEMO, &json!([new_session("one"), new_session("two")]).to_string())?;
    check(two.status == 200 && two.json()?["approved"][0]["timezone"] == "Asia/Riyadh", &two)?;
    let three = service.post(BATCH, DEMO, "[{},{},{}]")?;
    check(three.status == 400 && three.json()?["code"] == 19, &three)
}

fn variables_of_helpers() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut command = derslik(&["migrate", "--database-url", &sqlite_url(folder.path())]);
    command.envs([("DERSLIK_BIN", "/usr/bin/derslik"), ("DERSLIK_URL", "http://127.0.0.1:8080"), ("DERSLIK_AUTHORIZATION", "Bearer a|b")]);
    let output = command.output()?;
    check(output.status.success(), &String::from_utf8_lossy(&output.stderr))
}

fn configuration_errors() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let with_file = |name: &str, settings: &str| -> Result<Command, Failed> {
        let file = folder.path().join(name);
        std::fs::write(&file, settings)?;
        let mut command = derslik(&["migrate", "--config"]);
        command.arg(&file);
        Ok(command)
    };
    let cases: [(Command, &[&str]); 34] = [
        (with_variable("DERSLIK_NO_SUCH_SETTING", "1"), &["no_such_setting: unknown setting", "as DERSLIK_NO_SUCH_SETTING"]),
        (with_variable("DERSLIK_HTTP__NO_SUCH", "1"), &["http.no_such: unknown setting", "as DERSLIK_HTTP__NO_SUCH"]),
        (with_variable("DERSLIK_HTTP__BATCH_MAX_ITEMS", "0"), &["http.batch_max_items must be from 1 to 100000, not 0"]),
        (with_variable("DERSLIK_HTTP__WORKERS", "many"), &["http.workers must be", "not many", "as DERSLIK_HTTP__WORKERS"]),
        (with_variable("DERSLIK_LOG__FORMAT", "xml"), &["log.format must be one of text, json, not xml"]),
        (with_variable("DERSLIK_LOG__FILTER", "info,derslik=loudly"), &["log.filter", "info,derslik=loudly"]),
        (with_variable("DERSLIK_DATABASE_URL", "1234"), &["the database URL must begin"]),
        (with_variable("DERSLIK_HTTP__WORKERS", "many"), &["http.workers must be a whole number, not many"]),
        (
            with_variable("DERSLIK_HTTP__WORKERS", "5000"),
            &["http.workers must be at most 1024, not 5000 (in the environment, as DERSLIK_HTTP__WORKERS)"],
        ),
        (with_variable("DERSLIK_HTTP__WORKERS", "-1"), &["http.workers must be a whole number that is not negative, not -1"]),
        (
            with_variable("DERSLIK_LIMITS__UNKNOWN_PER_MINUTE", "1000001"),
            &["limits.unknown_per_minute must be at most 1000000, not 1000001", "as DERSLIK_LIMITS__UNKNOWN_PER_MINUTE"],
        ),
        (with_variable("DERSLIK_JOBS__CONCURRENCY", "99999"), &["jobs.concurrency must be a smaller number, not 99999"]),
        (with_variable("DERSLIK_FIXED_DEV_KEYS", "perhaps"), &["fixed_dev_keys must be true or false, not perhaps"]),
        (
            with_variable("DERSLIK_JOBS__COMPAT", "1.27"),
            &["jobs.compat must be one of documented, 1.26, not 1.27", "as DERSLIK_JOBS__COMPAT"],
        ),
        (with_variable("DERSLIK_LISTEN", "8090"), &["listen is 8090", "write 127.0.0.1:8090", "as DERSLIK_LISTEN"]),
        (with_variable("DERSLIK_LISTEN", "here"), &["listen is \"here\"", "an IP address and a port: write 127.0.0.1:8080"]),
        (with_variable("DERSLIK_ACCOUNT__TIMEZONE", "Mars"), &["account.timezone is \"Mars\"", "as DERSLIK_ACCOUNT__TIMEZONE"]),
        (with_variable("DERSLIK_ACCOUNT__LANG", "??"), &["account.lang is \"??\"", "as DERSLIK_ACCOUNT__LANG"]),
        (with_variable("DERSLIK_TRUSTED_PROXIES", "10.0.0.0/8,there"), &["trusted_proxies", "there", "as DERSLIK_TRUSTED_PROXIES"]),
        (with_variable("DERSLIK_DEV_CLOCK", "noon"), &["dev_clock must be", "as DERSLIK_DEV_CLOCK"]),
        (with_variable("DERSLIK_LOG__FILTER", "debgu"), &["debgu is not a level", "error, warn, info, debug", "as DERSLIK_LOG__FILTER"]),
        (with_variable("DERSLIK_LOG__FILTER", ""), &["log.filter is empty", "error, warn, info, debug"]),
        (with_variable("DATABASE_URL", "mysql://1234"), &["must begin with sqlite:// or postgres://", "as DATABASE_URL"]),
        (with_variable("DATABASE_URL", ""), &["database_url is empty", "as DATABASE_URL"]),
        (
            with_file("ranges.toml", "[database]\nconnections = 0\n")?,
            &["database.connections must be from 1 to 1000, not 0 (in ", "ranges.toml)"],
        ),
        (with_file("group.toml", "[classroom]\ngroup_address = \"{grup}@x\"\n")?, &["{grup}", "{group} and {account}", "group.toml"]),
        (
            with_file("link.toml", "[classroom]\ncourse_link = \"https://x/\"\n")?,
            &["classroom.course_link must have the placeholder {code}"],
        ),
        (with_file("url.toml", "database_url = \"\"\n")?, &["database_url is empty", "url.toml"]),
        (derslik(&["migrate", "--database-url", ""]), &["database_url is empty", "the flag --database-url"]),
        (with_variable("DERSLIK_DATABASE", "postgres://user:1234@h/d"), &["database is a group of settings", "as DERSLIK_DATABASE"]),
        (with_file("table.toml", "database = \"postgres://user:1234@h/d\"\n")?, &["database is a group of settings", "table.toml"]),
        (with_file("batch.toml", "[jobs]\nbatch = \"few\"\n")?, &["jobs.batch must be", "not few", "in ", "batch.toml"]),
        (with_file("broken.toml", "listen = [\n")?, &["broken.toml", "line 1"]),
        (with_file("open.toml", "database_url = \"postgres://user:1234@h/d\n")?, &["open.toml", "line 1"]),
    ];
    for (mut command, parts) in cases {
        let text = refused(2, &mut command)?;
        check(parts.iter().all(|part| text.contains(part)), &(parts, &text))?;
        check(!text.contains("default.") && !text.contains("\\\"") && !text.contains("1234"), &text)?;
    }
    Ok(())
}

fn values_as_written() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let migrate = || derslik(&["migrate", "--database-url", &sqlite_url(folder.path())]);
    let variables = [
        ("DERSLIK_JOBS__COMPAT", "1.26"),
        ("DERSLIK_JOBS__COMPAT", "documented"),
        ("DERSLIK_TRUSTED_PROXIES", "10.0.0.0/8,192.168.0.0/16"),
        ("DERSLIK_TRUSTED_PROXIES", "10.0.0.0/8"),
        ("DERSLIK_TRUSTED_PROXIES", "[10.0.0.0/8, \"fd00::1\"]"),
        ("DERSLIK_TRUSTED_PROXIES", ""),
    ];
    for (name, value) in variables {
        let output = migrate().env(name, value).output()?;
        check(output.status.success(), &(name, value, output))?;
    }
    let file = folder.path().join("derslik.toml");
    for settings in ["[jobs]\ncompat = 1.26\n", "[jobs]\ncompat = \"1.26\"\n", "trusted_proxies = [\"10.0.0.0/8\"]\n"] {
        std::fs::write(&file, settings)?;
        let output = migrate().arg("--config").arg(&file).output()?;
        check(output.status.success(), &(settings, output))?;
    }
    Ok(())
}

fn with_variable(name: &str, value: &str) -> Command {
    let mut command = derslik(&["migrate", "--data-dir", "/proc/none"]);
    command.env(name, value);
    command
}

fn production_without_database() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["worker"], &["migrate"], &["job", "list", "--account", "demo"]] {
        let mut program = derslik(command);
        program.args(["--profile", "production", "--data-dir"]).arg(folder.path());
        says(2, &["profile production needs a database", "DATABASE_URL_FILE"], &mut program)?;
    }
    check(std::fs::read_dir(folder.path())?.next().is_none(), &"something was created")
}

fn secret_from_file() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("url");
    std::fs::write(&file, format!("{}\n", sqlite_url(folder.path())))?;
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600))?;
    for variable in ["DATABASE_URL_FILE", "DERSLIK_DATABASE_URL_FILE"] {
        let mut migrate = derslik(&["migrate", "--profile", "production"]);
        let output = migrate.env(variable, &file).env("DERSLIK_ALLOW_SQLITE", "true").output()?;
        check(output.status.success() && folder.path().join("derslik.sqlite").exists(), &output)?;
    }
    let both = [("DATABASE_URL", "DATABASE_URL_FILE"), ("DERSLIK_DATABASE_URL", "DATABASE_URL_FILE")];
    for (value, named) in both {
        let mut command = derslik(&["migrate"]);
        command.env(value, "postgres://user:hidden@127.0.0.1:1/none").env(named, &file);
        let text = refused(2, &mut command)?;
        check(text.contains(value) && text.contains(named) && !text.contains("hidden"), &text)?;
    }
    let broken = folder.path().join("broken");
    for (content, problem) in [("mysql://h/d", "must begin with"), ("\n", "is empty")] {
        std::fs::write(&broken, content)?;
        says(2, &[problem, "broken, which DATABASE_URL_FILE names"], derslik(&["migrate"]).env("DATABASE_URL_FILE", &broken))?;
    }
    for (variable, value) in [
        ("DATABASE_URL", sqlite_url(folder.path())),
        ("DERSLIK_DATABASE_URL", sqlite_url(folder.path())),
        ("DATABASE_URL_FILE", file.display().to_string()),
    ] {
        let flagged = tempfile::tempdir()?;
        let output = derslik(&["migrate", "--database-url", &sqlite_url(flagged.path())]).env(variable, value).output()?;
        check(output.status.success() && flagged.path().join("derslik.sqlite").exists(), &(variable, output))?;
    }
    let missing = folder.path().join("no-such-file");
    says(2, &["DATABASE_URL_FILE", "no-such-file"], derslik(&["migrate"]).env("DATABASE_URL_FILE", &missing))
}

fn fixed_keys_stay_local() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    let serve = |listen: &str| derslik(&["serve", "--fixed-dev-keys", "--listen", listen, "--database-url", &url]);
    for listen in ["0.0.0.0:0", "[::]:0"] {
        says(2, &["fixed_dev_keys", "dev.allow_remote"], &mut serve(listen))?;
    }
    let mut allowed = serve("0.0.0.0:0");
    allowed.env("DERSLIK_DEV__ALLOW_REMOTE", "true");
    Running::spawn(allowed)?.kill()
}

fn port_in_use() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let mut command = derslik(&["serve", "--listen", &address, "--data-dir"]);
    says(4, &[&address, "another process listens", "--listen"], command.arg(folder.path()))
}

/// A command that runs as another user than root, since root may write everywhere.
fn as_unprivileged(folder: &Path, arguments: &[&str]) -> Result<Command, Failed> {
    let is_root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self")?) == 0;
    if !is_root {
        return Ok(derslik(arguments));
    }
    // The program may have been built in a folder that only root may enter.
    let program = folder.join("derslik");
    std::fs::copy(env!("CARGO_BIN_EXE_derslik"), &program)?;
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755))?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("DERSLIK_OPS__LISTEN", "off").current_dir("/").uid(65_534).gid(65_534);
    Ok(command)
}

fn unwritable_folder() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    std::fs::create_dir(&data)?;
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o555))?;
    let text = data.to_string_lossy().into_owned();
    for command in ["migrate", "serve"] {
        let mut program = as_unprivileged(folder.path(), &[command, "--data-dir", &text])?;
        says(3, &[&text, "can't be written", "belongs to user", "this process is user", "--data-dir"], &mut program)?;
    }
    let file = folder.path().join("file");
    std::fs::write(&file, "")?;
    let below = file.join("data").to_string_lossy().into_owned();
    says(3, &[&below, "is not a folder"], &mut derslik(&["migrate", "--data-dir", &below]))?;
    let text = refused(3, &mut derslik(&["migrate", "--data-dir", &file.to_string_lossy()]))?;
    check(text.contains("is not a folder; name another") && !text.contains("belongs to"), &text)?;

    let url = sqlite_url(folder.path());
    check(derslik(&["migrate", "--database-url", &url]).output()?.status.success(), &"no migration")?;
    std::fs::set_permissions(folder.path().join("derslik.sqlite"), PermissionsExt::from_mode(0o000))?;
    let mut list = as_unprivileged(folder.path(), &["job", "list", "--account", "demo", "--database-url", &url])?;
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777))?;
    let text = refused(3, &mut list)?;
    check(text.contains("the file can't be read and written") && text.contains("mode 0") && !text.contains("migration"), &text)
}

fn passwords_in_urls() -> Result<(), Failed> {
    let urls = [
        "postgres://user:sec/ret@127.0.0.1:1/db",
        "postgres://user:sec@ret@127.0.0.1:1/db",
        "postgres://user:sec?ret@127.0.0.1:1/db",
        "postgres://user:sec#ret@127.0.0.1:1/db",
        "postgres://user:sec%ret@127.0.0.1:1/db",
        "postgres://user:sec%00ret@127.0.0.1:1/db",
        "postgres://127.0.0.1:1/db?user=u&password=sec%ret",
        "postgres://127.0.0.1:1/db?sec ret",
        "postgres://127.0.0.1:secret/db",
        "postgres//user:secret@127.0.0.1/db?option=a://b",
        "user:secret@127.0.0.1:1/db",
        "host=127.0.0.1 password=secret",
    ];
    for url in urls {
        let output = derslik(&["migrate", "--database-url", url]).output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        check([Some(2), Some(3)].contains(&output.status.code()), &(url, output.status))?;
        check(!text.contains("sec") && !text.contains("ret@"), &(url, text))?;
    }
    Ok(())
}

/// Runs `make run` with a fake `cargo` that prints its arguments.
fn make_run() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let cargo = folder.path().join("cargo");
    std::fs::write(&cargo, "#!/bin/sh\n[ \"$1\" = run ] || exit 0\necho \"$@\"\nenv\n")?;
    std::fs::set_permissions(&cargo, PermissionsExt::from_mode(0o755))?;
    let mut path = folder.path().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/run"));
    let ambient = [
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "DERSLIK_DATABASE_URL",
        "DERSLIK_DATABASE_URL_FILE",
        "DERSLIK_DATABASE__PASSWORD",
        "DERSLIK_DATABASE__PASSWORD_FILE",
        "DERSLIK_PROFILE",
    ];
    command.args(["--database-url", "sqlite://told"]).env("PATH", path).envs(ambient.map(|name| (name, "of-another-program")));
    let output = command.output()?;
    let text = String::from_utf8(output.stdout)?;
    check(output.status.success() && text.contains("serve --fixed-dev-keys --database-url sqlite://told"), &text)?;
    check(!text.contains("of-another-program"), &text)
}
