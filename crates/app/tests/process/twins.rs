//! What `derslik migrate` reports about rows whose names differed in an earlier version and are equal in this one.

use derslik_domain::course::alias::{Alias, AliasSpace};
use derslik_domain::id::Id;
use derslik_domain::identity::{Email, User, Username};
use derslik_domain::job::{Platform, Project, ProjectName};
use derslik_ports::outbound::{StoreError, Stores, UnitOfWork};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, attendee, course, guid, now, session, user};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::support::process::{derslik, url_text};
use crate::support::{DATABASES, Open};
use crate::{check, sql};

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(name, open)| {
        Trial::test(format!("{name}::migrate_lists_names_that_became_the_same_and_merges_nothing"), move || lists_twins(open))
    };
    DATABASES.map(trial).into()
}

/// Names written by an earlier version, which did not compose characters. Each kind has a second row whose name is now equal to
/// that of the first. The person 105 has a key by the old rule, and no twin.
const OLD_NAMES: &str = "
    UPDATE principals SET username = 's\u{327}ahin', username_key = 's\u{327}ahin' WHERE id = 104;
    UPDATE principals SET username = 'c\u{327}elik', username_key = 'c\u{327}elik' WHERE id = 105;
    UPDATE projects SET name = 'S\u{327}ube', name_key = 's\u{327}ube' WHERE id = 2;
    UPDATE attendees SET email = 's\u{327}en@okul.example', email_key = 's\u{327}en@okul.example' WHERE email = 'guest2@demo.example';
    UPDATE course_aliases SET alias = 'd:ders\u{327}', alias_key = 'd:ders\u{327}' WHERE alias = 'd:other';
";

/// Makes the database look as if an earlier version had written its keys.
const FORGET_REWRITES: &str = "DELETE FROM key_rewrites; DELETE FROM key_twins";

/// All named rows with their keys.
const NAMES: &str = "
    SELECT 'user ' || id || ': ' || coalesce(username, '') || ' ' || coalesce(email, '') AS line FROM principals
    UNION ALL SELECT 'project ' || id || ': ' || name FROM projects
    UNION ALL SELECT 'attendee ' || attendance_code || ': ' || email FROM attendees
    UNION ALL SELECT 'course ' || course_id || ': ' || alias FROM course_aliases
    ORDER BY 1";

const KEYS: &str = "
    SELECT 'user ' || id || ': ' || username_key AS line FROM principals WHERE id > 100
    UNION ALL SELECT 'project ' || id || ': ' || name_key FROM projects
    UNION ALL SELECT 'attendee: ' || email_key FROM attendees
    UNION ALL SELECT 'course ' || course_id || ': ' || alias_key FROM course_aliases";

fn named(number: i64, username: &str) -> User {
    User { username: Username::parse(username).ok(), ..user(number) }
}

fn fill(stores: &mut dyn Stores) -> Result<(), StoreError> {
    let account_id = account().id;
    stores.identity().add_account(&account(), now())?;
    for user in [user(2), named(103, "şahin"), named(104, "another"), named(105, "third")] {
        stores.users().add(account_id, &user)?;
    }
    for (id, key, name) in [(1, "3sWXSsqHgSKnE87YkNJK", "Şube"), (2, "3sWXSsqHgSKnE87YkNJL", "Other")] {
        let (key, name) = (key.parse().map_err(other)?, ProjectName::new(name).map_err(other)?);
        stores.projects().add(account_id, &Project { id: Id::new(id), key, name, platform: Platform::Web, created_at: now() })?;
    }
    stores.sessions().insert_many(account_id, &[&session(guid(1))])?;
    let first = derslik_domain::attendee::Attendee { email: Email::parse("şen@okul.example").map_err(other)?, ..attendee(1, 1) };
    stores.attendees().insert_many(account_id, &[first, attendee(1, 2)])?;
    for (id, alias) in [(1, "d:derş"), (2, "d:other")] {
        stores.courses().insert(account_id, &course(id))?;
        stores.aliases().add(account_id, Id::new(id), AliasSpace::Domain, &Alias::parse(alias).map_err(other)?, now())?;
    }
    Ok(())
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Other(Box::new(error))
}

/// Runs code against the stores, as the program does.
fn write(url: &DatabaseUrl, work: impl FnOnce(&mut dyn Stores) -> Result<(), StoreError> + Send + 'static) -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new()?;
    let settings = PoolSettings { connections: 2, statement_timeout: std::time::Duration::from_secs(60), ..PoolSettings::default() };
    let uow = DieselUnitOfWork::new(url, settings, runtime.handle());
    Ok(runtime.block_on(uow.write(account().id, work))?)
}

/// The output of the command.
fn migrate(url: &DatabaseUrl, arguments: &[&str]) -> Result<String, Failed> {
    let output = derslik(&["migrate", "--database-url", &url_text(url)]).args(arguments).output()?;
    check(output.status.success(), &output)?;
    Ok(String::from_utf8(output.stdout)?)
}

fn lists_twins(open: Open) -> Result<(), Failed> {
    let (url, _place) = open()?;
    write(&url, fill)?;
    sql::execute(&url, OLD_NAMES)?;
    let before = sql::lines(&url, NAMES)?;
    let attendee = format!("{}/{}", guid(1), attendee(1, 2).guid);
    let twins = [
        format!("account 1329, attendees {attendee}: its e-mail address is also that of another attendee of the session"),
        "account 1329, course_aliases 2: one of its aliases is also that of another course".to_owned(),
        "account 1329, projects 2: its name is also that of another project".to_owned(),
        "account 1329, users 104: its user name or e-mail address is also that of another user".to_owned(),
    ]
    .map(|twin| twin + "; rename one of the two");
    let lines: Vec<_> = std::iter::once("up to date".to_owned()).chain(twins.iter().map(|twin| format!("same name: {twin}"))).collect();

    // The report comes when the keys are recomputed, and at each later run until one of the two is renamed.
    for made_anew in [true, false, true] {
        for is_json in [false, true] {
            if made_anew {
                sql::execute(&url, FORGET_REWRITES)?;
            }
            let printed = migrate(&url, if is_json { &["--json"] } else { &[] })?;
            if is_json {
                check(serde_json::from_str::<Value>(&printed)? == json!({ "applied": [], "same_names": twins }), &printed)?;
            } else {
                check(printed.lines().eq(&lines), &printed)?;
            }
        }
    }

    let after = sql::lines(&url, NAMES)?;
    check(after == before && after.len() == 10, &(&before, &after))?;
    let keys = sql::lines(&url, KEYS)?;
    for key in ["user 103: şahin", "user 104: s\u{327}ahin", "user 105: çelik", "project 1: şube", "project 2: s\u{327}ube"]
        .into_iter()
        .chain(["attendee: şen@okul.example", "attendee: s\u{327}en@okul.example", "course 1: d:derş", "course 2: d:ders\u{327}"])
    {
        check(keys.iter().any(|found| found == key), &(key, &keys))?;
    }

    write(&url, |stores| stores.users().update(account().id, &named(103, "doğan")).map(drop))?;
    let printed = migrate(&url, &["--json"])?;
    check(serde_json::from_str::<Value>(&printed)? == json!({ "applied": [], "same_names": &twins[..3] }), &printed)?;
    check(sql::lines(&url, KEYS)?.contains(&"user 104: şahin".to_owned()), &"the name that is free now was not taken")
}
