//! What has ended in a database: erasures, revocations and passwords that were replaced. A restore of an older backup would bring it
//! back, so a list of it is kept apart from the backups. The list has ids, instants and parts of digests, no secret, and the names under
//! which clients asked for erasures, as long as the jobs of those erasures exist.

use std::collections::{BTreeMap, BTreeSet};

use derslik_domain::id::{AccountId, Id, ProjectId};
use derslik_domain::identity::{CredentialKind, UserState};
use derslik_domain::job::{Action, JobStatus};
use derslik_domain::text::hex;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{SnapshotError, people};
use crate::db::conn::{Conn, on_conn};
use crate::db::digest::sha256;
use crate::db::schema::{accounts, admins, credentials, erasure_users, jobs, passwords, principals, service_keys, token_grants};
use crate::db::types::{DbGuid, DbInstant};
use crate::identity::kinds::kind_text;

/// The key of the installation from which its name is made. Every database has it from its first migration on, and a backup has it too.
const KEY: &str = "audit";

/// The prefix of what is digested with that key, so that no other digest is the same.
const NAME_OF: &[u8] = b"derslik installation ";

/// The length of the public part of an assertion. That of a token which the program made is shorter.
const ASSERTION_ID_CHARACTERS: usize = 32;

/// What has ended in a database. Instants are in microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endings {
    /// The accounts that are disabled, by their ids.
    pub disabled_accounts: Vec<i64>,
    /// People who are passive, so that they may not act: the account and the id of each.
    pub passive_people: Vec<(i64, i64)>,
    /// People who may not log in: the account and the id of each.
    pub without_log_in: Vec<(i64, i64)>,
    /// People who were deleted, and were not erased: the account and the id of each.
    #[serde(default)]
    pub deleted_people: Vec<(i64, i64)>,
    /// All people who were not deleted: the account, the id, the role, the role in classrooms, and from when on they may not log in.
    #[serde(default)]
    pub people: Vec<(i64, i64, String, String, Option<i64>)>,
    /// All passwords of people who were not deleted: the account, the person, and when it was set.
    pub passwords: Vec<(i64, i64, i64)>,
    /// All keys and tokens: the account, the id, when it was revoked, and when it expires.
    pub credentials: Vec<CredentialEnd>,
    /// All grants, in the same way; `None` in a list of an earlier program, which knows no grants.
    #[serde(default)]
    pub grants: Option<Vec<CredentialEnd>>,
    /// Assertions that were taken as tokens and revoked. Their keys still hold, so a database that does not know them takes them again.
    #[serde(default)]
    pub assertions: Vec<RevokedAssertion>,
    /// All admins: the id, and the SHA-256 of the salted hash of the password.
    pub admins: Vec<(i64, String)>,
    /// The erasures that were asked for and not cancelled.
    pub erasures: Vec<PastErasure>,
    /// The jobs of erasures that were cancelled: the account and the job.
    pub cancelled_erasures: Vec<(i64, i64)>,
    /// What is left of erased people: the account and the id of each.
    pub erased_people: Vec<(i64, i64)>,
}

/// An assertion that stood in place of a token, and was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedAssertion {
    /// The account.
    pub account: i64,
    /// The service account that signed it.
    pub principal: i64,
    /// The key that it signed with.
    pub grant: i64,
    /// The beginning of the digest of what was signed.
    pub public_id: String,
    /// When it was revoked.
    pub revoked_at: i64,
    /// When it expires.
    pub expires_at: i64,
}

/// An erasure that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastErasure {
    /// The account.
    pub account: i64,
    /// The job of the erasure.
    pub job: i64,
    /// The project under which the job is listed.
    pub project: i64,
    /// The user, as the request named them.
    pub user: String,
    /// Whether it was completed.
    pub is_done: bool,
}

/// An erasure that a restored database has not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingErasure {
    /// The account.
    pub account: AccountId,
    /// The project under which its job was listed; `None` if that is not known.
    pub project: Option<ProjectId>,
    /// The user, by any of their names.
    pub user: String,
    /// Whether it was completed. If not, it was still waiting, and may be cancelled.
    pub is_done: bool,
}

/// How many rows were ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// Keys, tokens and grants that were revoked, or that end earlier.
    pub credentials: u64,
    /// Passwords that were removed.
    pub passwords: u64,
    /// Admins that were removed.
    pub admins: u64,
    /// Accounts that were disabled.
    pub accounts: u64,
    /// People who were deleted, who may not act or not log in any more, or who have fewer rights.
    pub people: u64,
    /// Erasures that were cancelled since the backup, and would have begun.
    pub erasures: u64,
}

/// A key, token or grant: the account, the id, when it was revoked, and when it expires.
pub(super) type CredentialEnd = (i64, i64, Option<i64>, Option<i64>);

/// A text that is the same for all databases of one installation.
pub(super) fn installation(conn: Conn<'_>) -> Result<String, SnapshotError> {
    let key: Vec<u8> = on_conn!(conn, |conn| service_keys::table.find(KEY).select(service_keys::key).first(conn))?;
    Ok(hex(&sha256(&[NAME_OF, &key])))
}

/// Reads what has ended.
pub(super) fn read(mut conn: Conn<'_>) -> Result<Endings, SnapshotError> {
    let disabled_accounts: Vec<i64> = on_conn!(conn.reborrow(), |conn| accounts::table
        .filter(accounts::disabled_at.is_not_null())
        .order(accounts::id)
        .select(accounts::id)
        .load(conn))?;
    let passive_people: Vec<(i64, i64)> = on_conn!(conn.reborrow(), |conn| principals::table
        .filter(principals::status.eq(UserState::Passive.name()))
        .order((principals::account_id, principals::id))
        .select((principals::account_id, principals::id))
        .load(conn))?;
    let without_log_in: Vec<(i64, i64)> = on_conn!(conn.reborrow(), |conn| principals::table
        .filter(principals::status.ne(UserState::Deleted.name()))
        .filter(principals::login_allowed.eq(false))
        .order((principals::account_id, principals::id))
        .select((principals::account_id, principals::id))
        .load(conn))?;
    let cancelled_erasures: Vec<(i64, i64)> = on_conn!(conn.reborrow(), |conn| jobs::table
        .filter(jobs::action.eq_any([Action::DeleteUserData.name(), Action::DeleteUsersData.name()]))
        .filter(jobs::status.eq(JobStatus::Cancelled.name()))
        .order((jobs::account_id, jobs::id))
        .select((jobs::account_id, jobs::id))
        .load(conn))?;
    let deleted = people::deleted(conn.reborrow())?;
    let those = |erased: bool| deleted.iter().filter(|(_, is_erased)| **is_erased == erased).map(|(person, _)| *person).collect();
    // The row of a password stays when its person is deleted.
    let is_valid = |(account, person, _): &(i64, i64, i64)| !deleted.contains_key(&(*account, *person));
    Ok(Endings {
        disabled_accounts,
        passive_people,
        without_log_in,
        deleted_people: those(false),
        people: people::rights(conn.reborrow())?,
        passwords: passwords_of(conn.reborrow())?.into_iter().filter(is_valid).collect(),
        credentials: credentials_of(conn.reborrow())?,
        grants: Some(grants_of(conn.reborrow())?),
        assertions: assertions_of(conn.reborrow())?,
        admins: admins_of(conn.reborrow())?,
        erasures: erasures_of(conn)?,
        cancelled_erasures,
        erased_people: those(true),
    })
}

pub(super) fn passwords_of(conn: Conn<'_>) -> Result<Vec<(i64, i64, i64)>, SnapshotError> {
    let rows: Vec<(i64, i64, DbInstant)> = on_conn!(conn, |conn| passwords::table
        .order((passwords::account_id, passwords::principal_id))
        .select((passwords::account_id, passwords::principal_id, passwords::changed_at))
        .load(conn))?;
    Ok(rows.into_iter().map(|(account, person, at)| (account, person, at.0.micros())).collect())
}

/// A key, token or grant as a row.
type EndRow = (i64, i64, Option<DbInstant>, Option<DbInstant>);

fn ends(rows: Vec<EndRow>) -> Vec<CredentialEnd> {
    let micros = |at: Option<DbInstant>| at.map(|at| at.0.micros());
    rows.into_iter().map(|(account, id, revoked, expires)| (account, id, micros(revoked), micros(expires))).collect()
}

pub(super) fn grants_of(conn: Conn<'_>) -> Result<Vec<CredentialEnd>, SnapshotError> {
    let rows: Vec<EndRow> = on_conn!(conn, |conn| token_grants::table
        .order((token_grants::account_id, token_grants::id))
        .select((token_grants::account_id, token_grants::id, token_grants::revoked_at, token_grants::expires_at))
        .load(conn))?;
    Ok(ends(rows))
}

pub(super) fn credentials_of(conn: Conn<'_>) -> Result<Vec<CredentialEnd>, SnapshotError> {
    let rows: Vec<EndRow> = on_conn!(conn, |conn| credentials::table
        .order((credentials::account_id, credentials::id))
        .select((credentials::account_id, credentials::id, credentials::revoked_at, credentials::expires_at))
        .load(conn))?;
    Ok(ends(rows))
}

/// The revoked access tokens of grants whose text names no public part: the program makes none without, so they are assertions.
fn assertions_of(conn: Conn<'_>) -> Result<Vec<RevokedAssertion>, SnapshotError> {
    type Row = (i64, i64, Option<i64>, String, Option<DbInstant>, Option<DbInstant>);
    let rows: Vec<Row> = on_conn!(conn, |conn| credentials::table
        .filter(credentials::kind.eq(kind_text(CredentialKind::AccessToken)))
        .filter(credentials::grant_id.is_not_null())
        .filter(credentials::exchanged_from.is_null())
        .filter(credentials::revoked_at.is_not_null())
        .order((credentials::account_id, credentials::id))
        .select((
            credentials::account_id,
            credentials::principal_id,
            credentials::grant_id,
            credentials::public_id,
            credentials::revoked_at,
            credentials::expires_at,
        ))
        .load(conn))?;
    let assertion = |(account, principal, grant, public_id, revoked, expires): Row| {
        let (revoked_at, expires_at) = (revoked?.0.micros(), expires?.0.micros());
        let is_assertion = public_id.len() == ASSERTION_ID_CHARACTERS;
        is_assertion.then_some(RevokedAssertion { account, principal, grant: grant?, public_id, revoked_at, expires_at })
    };
    Ok(rows.into_iter().filter_map(assertion).collect())
}

pub(super) fn admins_of(conn: Conn<'_>) -> Result<Vec<(i64, String)>, SnapshotError> {
    let rows: Vec<(i64, String)> =
        on_conn!(conn, |conn| admins::table.order(admins::id).select((admins::id, admins::password_hash)).load(conn))?;
    Ok(rows.into_iter().map(|(id, hash)| (id, hex(&sha256(&[hash.as_bytes()])))).collect())
}

/// The erasures of one user, and those of each user of many.
fn erasures_of(mut conn: Conn<'_>) -> Result<Vec<PastErasure>, SnapshotError> {
    let rows: Vec<(i64, i64, i64, String, String)> = on_conn!(conn.reborrow(), |conn| jobs::table
        .filter(jobs::action.eq(Action::DeleteUserData.name()))
        .filter(jobs::status.ne(JobStatus::Cancelled.name()))
        .order((jobs::account_id, jobs::id))
        .select((jobs::account_id, jobs::id, jobs::project_id, jobs::reference, jobs::status))
        .load(conn))?;
    let erasure = |(account, job, project, user, status): (i64, i64, i64, String, String)| PastErasure {
        account,
        job,
        project,
        user,
        is_done: status == JobStatus::Completed.name(),
    };
    let mut erasures: Vec<_> = rows.into_iter().map(erasure).collect();
    erasures.append(&mut erasures_of_many(conn)?);
    Ok(erasures)
}

/// The users of erasures of many. One who is erased stays so, also where the job was cancelled afterwards.
fn erasures_of_many(conn: Conn<'_>) -> Result<Vec<PastErasure>, SnapshotError> {
    let job = jobs::account_id.eq(erasure_users::account_id).and(jobs::id.eq(erasure_users::job_id));
    let is_wanted = jobs::status.ne(JobStatus::Cancelled.name()).or(erasure_users::counts.is_not_null());
    let users = erasure_users::table.inner_join(jobs::table.on(job)).filter(jobs::action.eq(Action::DeleteUsersData.name()));
    let users = users.filter(is_wanted).order((erasure_users::account_id, erasure_users::job_id, erasure_users::place));
    let users = users.select((
        erasure_users::account_id,
        erasure_users::job_id,
        jobs::project_id,
        erasure_users::reference,
        erasure_users::counts.is_not_null(),
    ));
    let rows: Vec<(i64, i64, i64, String, bool)> = on_conn!(conn, |conn| users.load(conn))?;
    let erasure =
        |(account, job, project, user, is_done): (i64, i64, i64, String, bool)| PastErasure { account, job, project, user, is_done };
    Ok(rows.into_iter().map(erasure).collect())
}

/// The erasures of the list that this database has not seen.
pub(super) fn missing(mut conn: Conn<'_>, endings: &Endings, highest_job: i64) -> Result<Vec<MissingErasure>, SnapshotError> {
    let mut present = Present::new();
    for erasure in erasures_of(conn.reborrow())? {
        present.entry((erasure.account, erasure.job)).or_default().insert(erasure.user, erasure.is_done);
    }
    let known: BTreeSet<i64> =
        on_conn!(conn.reborrow(), |conn| accounts::table.select(accounts::id).load::<i64>(conn))?.into_iter().collect();
    let unseen = endings.erasures.iter().filter(|erasure| is_unseen(erasure, &present, highest_job) && known.contains(&erasure.account));
    let missing = unseen.map(|erasure| MissingErasure {
        account: Id::new(erasure.account),
        project: Some(Id::new(erasure.project)),
        user: erasure.user.clone(),
        is_done: erasure.is_done,
    });
    Ok(missing.collect())
}

/// The people of the list who were erased, and are still here.
pub(super) fn still_here(mut conn: Conn<'_>, endings: &Endings) -> Result<Vec<MissingErasure>, SnapshotError> {
    let deleted = people::deleted(conn.reborrow())?;
    let mut found = Vec::new();
    for (account, person) in endings.erased_people.iter().filter(|person| deleted.get(*person) != Some(&true)) {
        let row = principals::table.filter(principals::account_id.eq(account)).filter(principals::id.eq(person));
        let guid: Option<DbGuid> = on_conn!(conn.reborrow(), |conn| row.select(principals::guid).first(conn).optional())?;
        let user = guid.map(|guid| guid.0.to_string());
        found.extend(user.map(|user| MissingErasure { account: Id::new(*account), project: None, user, is_done: true }));
    }
    Ok(found)
}

/// The erasures of a database: by account and job, the users and whether each is erased.
type Present = BTreeMap<(i64, i64), BTreeMap<String, bool>>;

/// Whether an erasure of the list came after the backup. Ids of jobs are never given again. So a job with a higher id was made later,
/// and one with a lower id that is not there was completed and pruned before.
fn is_unseen(erasure: &PastErasure, present: &Present, highest_job: i64) -> bool {
    match present.get(&(erasure.account, erasure.job)) {
        // Of many users each has a state; the one user of a job needs no look at the name.
        Some(users) if users.len() > 1 => erasure.is_done && users.get(&erasure.user) != Some(&true),
        Some(users) => erasure.is_done && users.values().all(|was_done| !was_done),
        None => erasure.job > highest_job,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erasure(job: i64, is_done: bool) -> PastErasure {
        PastErasure { account: 1, job, project: 1, user: "ayse".to_owned(), is_done }
    }

    #[test]
    fn only_erasures_after_the_backup_are_repeated() {
        let one = |is_done| BTreeMap::from([("ayse".to_owned(), is_done)]);
        let present = BTreeMap::from([((1, 4), one(true)), ((1, 5), one(false))]);
        for (job, is_done, expected) in
            [(4, true, false), (5, true, true), (5, false, false), (3, true, false), (9, true, false), (10, true, true), (10, false, true)]
        {
            assert_eq!(is_unseen(&erasure(job, is_done), &present, 9), expected, "job {job}, done: {is_done}");
        }
        let of_another_account = PastErasure { account: 2, ..erasure(4, true) };
        assert!(!is_unseen(&of_another_account, &present, 9));
    }

    #[test]
    fn of_many_users_those_are_repeated_who_were_erased_after_the_backup() {
        let of_many = [("ayse", false), ("ali", true)].map(|(user, is_done)| (user.to_owned(), is_done));
        let present = BTreeMap::from([((1, 4), BTreeMap::from(of_many))]);
        let of = |user: &str, is_done| PastErasure { user: user.to_owned(), ..erasure(4, is_done) };
        for (user, is_done, expected) in [("ayse", true, true), ("ayse", false, false), ("ali", true, false)] {
            assert_eq!(is_unseen(&of(user, is_done), &present, 9), expected, "{user}, done: {is_done}");
        }
    }
}
