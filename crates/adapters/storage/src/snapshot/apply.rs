//! Ends in a restored database what has ended since its backup.

use std::collections::{BTreeMap, BTreeSet};

use derslik_domain::identity::{CredentialKind, UserState};
use derslik_domain::job::JobStatus;
use derslik_domain::time::Timestamp;
use diesel::prelude::*;

use super::SnapshotError;
use super::endings::{CredentialEnd, Ended, Endings, RevokedAssertion, admins_of, credentials_of, grants_of, passwords_of};
use super::people::{self, earlier};
use crate::db::conn::{Conn, on_conn};
use crate::db::schema::{accounts, admins, credentials, jobs, passwords, principals, token_grants};
use crate::db::types::{DbInstant, DbUuid};
use crate::identity::kinds::kind_text;

/// The most assertions in one statement, each with ten values. SQLite takes up to 32 766 values.
const ASSERTIONS_IN_ONE_STATEMENT: usize = 1_000;

/// Revokes all keys, tokens and grants, and removes all passwords and admins: which of them still hold is not known.
pub(super) fn end_all(mut conn: Conn<'_>, at: Timestamp) -> Result<Ended, SnapshotError> {
    let revoked = on_conn!(conn.reborrow(), |conn| diesel::update(credentials::table.filter(credentials::revoked_at.is_null()))
        .set(credentials::revoked_at.eq(DbInstant(at)))
        .execute(conn))?;
    let grants = on_conn!(conn.reborrow(), |conn| diesel::update(token_grants::table.filter(token_grants::revoked_at.is_null()))
        .set(token_grants::revoked_at.eq(DbInstant(at)))
        .execute(conn))?;
    let passwords = on_conn!(conn.reborrow(), |conn| diesel::delete(passwords::table).execute(conn))?;
    let admins = on_conn!(conn, |conn| diesel::delete(admins::table).execute(conn))?;
    Ok(Ended { credentials: count(revoked + grants), passwords: count(passwords), admins: count(admins), ..Ended::default() })
}

/// Ends what the list says. What the list does not have any more was removed since the backup, and so ends too.
pub(super) fn apply(mut conn: Conn<'_>, endings: &Endings, at: Timestamp) -> Result<Ended, SnapshotError> {
    let mut ended = Ended::default();
    for account in &endings.disabled_accounts {
        let row = accounts::table.filter(accounts::id.eq(account)).filter(accounts::disabled_at.is_null());
        let disable = diesel::update(row).set(accounts::disabled_at.eq(DbInstant(at)));
        ended.accounts += count(on_conn!(conn.reborrow(), |conn| disable.execute(conn))?);
    }
    for (account, person) in &endings.passive_people {
        let row = principals::table
            .filter(principals::account_id.eq(account))
            .filter(principals::id.eq(person))
            .filter(principals::status.eq(UserState::Active.name()));
        let bar = diesel::update(row).set(principals::status.eq(UserState::Passive.name()));
        ended.people += count(on_conn!(conn.reborrow(), |conn| bar.execute(conn))?);
    }
    for (account, person) in &endings.without_log_in {
        let row = principals::table
            .filter(principals::account_id.eq(account))
            .filter(principals::id.eq(person))
            .filter(principals::login_allowed.eq(true));
        let bar = diesel::update(row).set(principals::login_allowed.eq(false));
        ended.people += count(on_conn!(conn.reborrow(), |conn| bar.execute(conn))?);
    }
    let valid: BTreeSet<_> = endings.passwords.iter().collect();
    for row in passwords_of(conn.reborrow())?.iter().filter(|row| !valid.contains(row)) {
        let (account, person, _) = row;
        let old = passwords::table.filter(passwords::account_id.eq(account)).filter(passwords::principal_id.eq(person));
        ended.passwords += count(on_conn!(conn.reborrow(), |conn| diesel::delete(old).execute(conn))?);
    }
    let valid: BTreeSet<_> = endings.admins.iter().collect();
    for (id, _) in admins_of(conn.reborrow())?.iter().filter(|admin| !valid.contains(admin)) {
        let old = admins::table.filter(admins::id.eq(id));
        ended.admins += count(on_conn!(conn.reborrow(), |conn| diesel::delete(old).execute(conn))?);
    }
    ended.erasures = cancel_listed_erasures(conn.reborrow(), endings, at)?;
    ended.credentials = end_listed_credentials(conn.reborrow(), endings, at)?;
    if let Some(listed) = &endings.grants {
        ended.credentials += end_listed_grants(conn.reborrow(), listed, at)?;
    }
    ended.credentials += refuse_listed_assertions(conn.reborrow(), &endings.assertions)?;
    ended.people += people::delete(conn.reborrow(), &endings.deleted_people, at)?;
    ended.people += people::limit(conn, &endings.people)?;
    Ok(ended)
}

/// Cancels erasures that were waiting or running at the time of the backup, and were cancelled later. A worker would carry them out.
fn cancel_listed_erasures(mut conn: Conn<'_>, endings: &Endings, at: Timestamp) -> Result<u64, SnapshotError> {
    let mut cancelled = 0;
    for (account, job) in &endings.cancelled_erasures {
        let row = jobs::table
            .filter(jobs::account_id.eq(account))
            .filter(jobs::id.eq(job))
            .filter(jobs::status.eq_any([JobStatus::Scheduled.name(), JobStatus::Running.name()]));
        let cancel = diesel::update(row).set((
            jobs::status.eq(JobStatus::Cancelled.name()),
            jobs::ended_at.eq(Some(DbInstant(at))),
            jobs::updated_at.eq(DbInstant(at)),
            jobs::worker.eq(None::<DbUuid>),
            jobs::lease_token.eq(None::<DbUuid>),
            jobs::lease_until.eq(None::<DbInstant>),
            jobs::started_at.eq(None::<DbInstant>),
        ));
        cancelled += count(on_conn!(conn.reborrow(), |conn| cancel.execute(conn))?);
    }
    Ok(cancelled)
}

fn end_listed_credentials(mut conn: Conn<'_>, endings: &Endings, at: Timestamp) -> Result<u64, SnapshotError> {
    let present = credentials_of(conn.reborrow())?;
    let mut ended = 0;
    for (account, id, revoked, expires) in changed(present, &endings.credentials, at) {
        let row = credentials::table.filter(credentials::account_id.eq(account)).filter(credentials::id.eq(id));
        let end = diesel::update(row).set((credentials::revoked_at.eq(instant(revoked)), credentials::expires_at.eq(instant(expires))));
        ended += count(on_conn!(conn.reborrow(), |conn| end.execute(conn))?);
    }
    Ok(ended)
}

fn end_listed_grants(mut conn: Conn<'_>, listed: &[CredentialEnd], at: Timestamp) -> Result<u64, SnapshotError> {
    let present = grants_of(conn.reborrow())?;
    let mut ended = 0;
    for (account, id, revoked, expires) in changed(present, listed, at) {
        let row = token_grants::table.filter(token_grants::account_id.eq(account)).filter(token_grants::id.eq(id));
        let end = diesel::update(row).set((token_grants::revoked_at.eq(instant(revoked)), token_grants::expires_at.eq(instant(expires))));
        ended += count(on_conn!(conn.reborrow(), |conn| end.execute(conn))?);
    }
    Ok(ended)
}

/// Stores the listed assertions that this database has not seen as revoked tokens, so that they are not taken as new ones.
fn refuse_listed_assertions(mut conn: Conn<'_>, listed: &[RevokedAssertion]) -> Result<u64, SnapshotError> {
    /// No text has this digest, and none is compared with that of a revoked token.
    const NO_DIGEST: &[u8] = &[0; 32];
    let kind = kind_text(CredentialKind::AccessToken);
    let mut refused = 0;
    for part in listed.chunks(ASSERTIONS_IN_ONE_STATEMENT) {
        let signers = present_signers(conn.reborrow(), part)?;
        let public_ids: Vec<&str> = part.iter().map(|assertion| assertion.public_id.as_str()).collect();
        let known = credentials::table
            .filter(credentials::kind.eq(kind))
            .filter(credentials::public_id.eq_any(public_ids))
            .select(credentials::public_id);
        let known: Vec<String> = on_conn!(conn.reborrow(), |conn| known.load(conn))?;
        let mut seen: BTreeSet<&str> = known.iter().map(String::as_str).collect();
        let row = |assertion: &RevokedAssertion| {
            (
                credentials::account_id.eq(assertion.account),
                credentials::principal_id.eq(assertion.principal),
                credentials::kind.eq(kind),
                credentials::public_id.eq(assertion.public_id.clone()),
                credentials::digest.eq(NO_DIGEST),
                credentials::scopes.eq(""),
                credentials::created_at.eq(DbInstant(Timestamp::from_micros(assertion.revoked_at))),
                credentials::expires_at.eq(instant(Some(assertion.expires_at))),
                credentials::revoked_at.eq(instant(Some(assertion.revoked_at))),
                credentials::grant_id.eq(Some(assertion.grant)),
            )
        };
        let new = part
            .iter()
            .filter(|assertion| signers.contains(&(assertion.account, assertion.principal)) && seen.insert(assertion.public_id.as_str()));
        let rows: Vec<_> = new.map(row).collect();
        if !rows.is_empty() {
            refused += count(on_conn!(conn.reborrow(), |conn| diesel::insert_into(credentials::table).values(&rows).execute(conn))?);
        }
    }
    Ok(refused)
}

/// Those of the service accounts which signed assertions that this database has: the account and the id of each.
fn present_signers(mut conn: Conn<'_>, listed: &[RevokedAssertion]) -> Result<BTreeSet<(i64, i64)>, SnapshotError> {
    let mut of_accounts: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for assertion in listed {
        of_accounts.entry(assertion.account).or_default().insert(assertion.principal);
    }
    let mut present = BTreeSet::new();
    for (account, signers) in of_accounts {
        let found =
            principals::table.filter(principals::account_id.eq(account)).filter(principals::id.eq_any(signers)).select(principals::id);
        let found: Vec<i64> = on_conn!(conn.reborrow(), |conn| found.load(conn))?;
        present.extend(found.into_iter().map(|signer| (account, signer)));
    }
    Ok(present)
}

/// Those of the present ones that end otherwise than they did, with their new ends.
fn changed(present: Vec<CredentialEnd>, listed: &[CredentialEnd], at: Timestamp) -> Vec<CredentialEnd> {
    let listed: BTreeMap<_, _> = listed.iter().map(|(account, id, revoked, expires)| ((*account, *id), (*revoked, *expires))).collect();
    let ends = |(account, id, revoked, expires): CredentialEnd| {
        let (is_revoked, last) = match listed.get(&(account, id)) {
            Some((now_revoked, now_expires)) => (now_revoked.or(revoked), earlier(expires, *now_expires)),
            None => (revoked.or(Some(at.micros())), expires),
        };
        ((is_revoked, last) != (revoked, expires)).then_some((account, id, is_revoked, last))
    };
    present.into_iter().filter_map(ends).collect()
}

fn instant(micros: Option<i64>) -> Option<DbInstant> {
    micros.map(|micros| DbInstant(Timestamp::from_micros(micros)))
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
