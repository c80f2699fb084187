//! Faults of an SQLite file.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use derslik_storage::DatabaseUrl;
use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;

use crate::support::process::{Running, derslik, sqlite_url};
use crate::{check, doctor, finds, none, only, sql};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("sqlite::a_good_file_has_no_fault_and_stays_as_it_is", good),
        Trial::test("sqlite::a_missing_file_is_not_made_and_is_a_fault_in_production_alone", missing),
        Trial::test("sqlite::a_missing_migration_is_found", behind),
        Trial::test("sqlite::a_damaged_file_is_found", damaged),
        Trial::test("sqlite::a_file_without_a_write_ahead_log_is_found", journal),
        Trial::test("sqlite::a_file_that_others_can_read_is_found", readable),
        Trial::test("sqlite::accounts_with_similar_names_are_found", similar_accounts),
        Trial::test("sqlite::publicly_known_keys_are_found_in_production", known_keys),
        Trial::test("sqlite::a_metadata_server_without_its_service_account_is_found", metadata_account),
        Trial::test("sqlite::a_job_that_no_worker_takes_is_found", waiting_job),
    ]
}

/// A file with the current schema.
struct File {
    folder: TempDir,
    url: String,
}

impl File {
    fn new() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let url = sqlite_url(folder.path());
        let migrated = derslik(&["migrate", "--database-url", &url]).output()?;
        check(migrated.status.success(), &migrated)?;
        Ok(Self { folder, url })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("derslik.sqlite")
    }

    fn execute(&self, statements: &str) -> Result<(), Failed> {
        sql::execute(&DatabaseUrl::Sqlite(self.path()), statements)
    }
}

fn good() -> Result<(), Failed> {
    let file = File::new()?;
    let before = std::fs::read(file.path())?;
    none(&mut doctor(&file.url))?;
    none(
        doctor(&file.url).args(["--profile", "production"]).env("DERSLIK_ALLOW_SQLITE", "true").env("DERSLIK_TRUSTED_PROXIES", "10.0.0.7"),
    )?;
    check(std::fs::read(file.path())? == before, &"the file was changed")
}

fn missing() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let url = sqlite_url(folder.path());
    // Before its first start in profile `dev` a set-up has no file, and is good all the same.
    none(&mut doctor(&url))?;
    let mut production = doctor(&url);
    production.args(["--profile", "production"]).env("DERSLIK_ALLOW_SQLITE", "true").env("DERSLIK_TRUSTED_PROXIES", "10.0.0.7");
    only("database_schema", "problem", &mut production)?;
    check(std::fs::read_dir(folder.path())?.next().is_none(), &"something was created")
}

fn behind() -> Result<(), Failed> {
    let file = File::new()?;
    file.execute("DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)")?;
    only("database_schema", "problem", &mut doctor(&file.url))
}

fn damaged() -> Result<(), Failed> {
    const PAGE: usize = 8_192;
    let file = File::new()?;
    let mut bytes = std::fs::read(file.path())?;
    // The first pages hold the schema, which can still be read.
    let half = bytes.len() / 2 / PAGE * PAGE;
    bytes.iter_mut().skip(half).for_each(|byte| *byte = 0xff);
    std::fs::write(file.path(), bytes)?;
    finds("sqlite_integrity", "problem", &mut doctor(&file.url))
}

fn journal() -> Result<(), Failed> {
    let file = File::new()?;
    file.execute("PRAGMA journal_mode = DELETE")?;
    // The second run shows that the first one changed nothing.
    only("sqlite_journal", "warning", &mut doctor(&file.url))?;
    only("sqlite_journal", "warning", &mut doctor(&file.url))
}

fn readable() -> Result<(), Failed> {
    let file = File::new()?;
    set_permissions(file.path(), Permissions::from_mode(0o644))?;
    only("database_file", "warning", &mut doctor(&file.url))
}

fn similar_accounts() -> Result<(), Failed> {
    let file = File::new()?;
    for name in ["okul", "other"] {
        let created = derslik(&["account", "create", name, "--database-url", &file.url]).output()?;
        check(created.status.success(), &created)?;
    }
    none(&mut doctor(&file.url))?;
    file.execute("UPDATE accounts SET name = 'OKUL' WHERE name = 'other'")?;
    only("names", "warning", &mut doctor(&file.url))
}

fn known_keys() -> Result<(), Failed> {
    let file = File::new()?;
    Running::start(&file.url, &["--no-worker"])?.kill()?;
    finds("known_keys", "warning", &mut doctor(&file.url))?;
    let mut in_production = doctor(&file.url);
    in_production.args(["--profile", "production"]).env("DERSLIK_ALLOW_SQLITE", "true").env("DERSLIK_TRUSTED_PROXIES", "10.0.0.7");
    finds("known_keys", "problem", &mut in_production)?;
    let fixed = crate::faults(doctor(&file.url).env("DERSLIK_FIXED_DEV_KEYS", "true"))?;
    check(!fixed.contains_key("known_keys"), &fixed)
}

fn metadata_account() -> Result<(), Failed> {
    let file = File::new()?;
    let run = |arguments: &[&str]| -> Result<(), Failed> {
        let output = derslik(arguments).args(["--database-url", &file.url]).output()?;
        check(output.status.success(), &output)
    };
    run(&["account", "create", "okul"])?;
    let with_server = |account: &str| {
        let mut command = doctor(&file.url);
        command.env("DERSLIK_METADATA__LISTEN", "127.0.0.1:0").env("DERSLIK_METADATA__SERVICE_ACCOUNT", account);
        command
    };
    only("metadata_account", "warning", &mut with_server("timetable@10001.iam.derslik.internal"))?;
    only("metadata_account", "warning", &mut with_server("timetable@10000.iam.derslik.internal"))?;
    run(&["service-account", "create", "timetable", "--account", "okul"])?;
    none(&mut with_server("timetable@10000.iam.derslik.internal"))
}

fn waiting_job() -> Result<(), Failed> {
    let file = File::new()?;
    // A worker enqueues the sweeps of the accounts, which are jobs.
    let service = Running::start(&file.url, &[])?;
    crate::support::process::until(|| {
        let jobs = sql::lines(&DatabaseUrl::Sqlite(file.path()), "SELECT CAST(count(*) AS TEXT) AS line FROM jobs")?;
        Ok(jobs != ["0"])
    })?;
    service.kill()?;
    file.execute(
        "DELETE FROM jobs WHERE id <> (SELECT min(id) FROM jobs);
         UPDATE jobs SET status = 'scheduled', attempts = 0, due_at = '2020-01-01T00:00:00.000000Z',
             worker = NULL, lease_token = NULL, lease_until = NULL, started_at = NULL, ended_at = NULL",
    )?;
    finds("jobs", "warning", &mut doctor(&file.url))
}
