//! The full size, which `make backup-test` asks for: 100 000 sessions and 10 000 courses to the other database and back, with the time of
//! each way. Without the variable there is no such trial.

use std::time::Instant;

use derslik_domain::session::Session;
use derslik_ports::outbound::{StoreError, UnitOfWork};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, course, guid, session, user};
use libtest_mimic::{Failed, Trial};

use crate::support::Open;
use crate::{archive, check, done, new_database, new_file, other, text};

/// The environment variable that asks for the full size, by the value `full`.
const SIZE: &str = "DERSLIK_BACKUP_TEST";

const SESSIONS: u32 = 100_000;
const COURSES: u32 = 10_000;
/// How many rows one transaction inserts.
const PART: u32 = 1_000;
/// The goal of each way, in seconds.
const GOAL: f64 = 60.0;

pub(crate) fn trial(name: &str, open: Open) -> Option<Trial> {
    let is_full = std::env::var_os(SIZE).is_some_and(|size| size == "full");
    is_full.then(|| Trial::test(format!("{name}::full_size_goes_to_the_other_database_and_back_in_time"), move || full(open)))
}

fn fill(url: &str) -> Result<(), Failed> {
    let url: DatabaseUrl = url.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let minute = std::time::Duration::from_secs(60);
    let uow = DieselUnitOfWork::new(&url, PoolSettings { statement_timeout: minute, ..PoolSettings::default() }, runtime.handle());
    let write = async {
        uow.write(account().id, |stores| {
            stores.identity().add_account(&account(), derslik_testkit::builders::now())?;
            stores.users().add(account().id, &user(course(1).owner.get())).map(drop)
        })
        .await?;
        for part in 0..SESSIONS / PART {
            uow.write(account().id, move |stores| {
                let of_part = (part * PART..(part + 1) * PART).map(|number| session(guid(u128::from(number) + 1)));
                let rows: Vec<Session> = of_part.collect();
                stores.sessions().insert_many(account().id, &rows.iter().collect::<Vec<_>>())
            })
            .await?;
        }
        for part in 0..COURSES / PART {
            uow.write(account().id, move |stores| {
                (part * PART..(part + 1) * PART)
                    .try_for_each(|number| stores.courses().insert(account().id, &course(i64::from(number) + 1)))
            })
            .await?;
        }
        Ok::<_, StoreError>(())
    };
    Ok(runtime.block_on(write)?)
}

/// Runs a step, and prints its time beside the goal.
#[expect(clippy::print_stdout, reason = "the figures are for the operator of the test")]
fn timed<T>(what: &str, step: impl FnOnce() -> Result<T, Failed>) -> Result<(T, f64), Failed> {
    let begin = Instant::now();
    let outcome = step()?;
    let seconds = begin.elapsed().as_secs_f64();
    println!("    {what:<60} {seconds:>7.1} s  <= {GOAL:.0} s");
    Ok((outcome, seconds))
}

fn full(open: Open) -> Result<(), Failed> {
    let (url, _place) = new_database(open)?;
    let (folder, _) = new_file()?;
    fill(&url)?;
    let (first, second) = (folder.path().join("first.tar.zst"), folder.path().join("second.tar.zst"));
    let mut missed = Vec::new();
    let mut step = |what: &str, url: &str, arguments: &[&str]| -> Result<(), Failed> {
        let (_, seconds) = timed(what, || done(url, arguments))?;
        if seconds > GOAL {
            missed.push(what.to_owned());
        }
        Ok(())
    };
    step("backup", &url, &["backup", text(&first)])?;
    step("backup verify", &url, &["backup", "verify", text(&first)])?;
    let (there, _there_place) = new_database(other(open))?;
    step("restore into the other database", &there, &["restore", text(&first), "--keep-credentials"])?;
    step("backup of the other database", &there, &["backup", text(&second)])?;
    let (back, _back_place) = new_database(open)?;
    step("restore back", &back, &["restore", text(&second), "--keep-credentials"])?;
    let tables = archive::tables(&first)?;
    check(archive::tables(&second)? == tables, &"the tables differ")?;
    check(tables["sessions"].0 == u64::from(SESSIONS) && tables["courses"].0 == u64::from(COURSES), &tables)?;
    check(missed.is_empty(), &("the goal was missed by", missed))
}
