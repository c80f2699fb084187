//! Ids that are the same in each run of a test. Each account counts its own draws, so that neither other accounts nor other databases
//! change what it gets. Secrets stay random.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use derslik_domain::id::{AccountId, AttendeeGuid, Id, JobId, ProjectId, SessionGuid, UserGuid};
use derslik_ports::outbound::{Ids, job_of_number, job_shown_as, shown_number};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::system::SystemIds;

/// The milliseconds in the first GUID of an account: 2025-01-01T00:00:00Z. Each draw counts one further, so that GUIDs grow.
const FIRST_MILLIS: u64 = 1_735_689_600_000;

/// The id of a project that is the first draw of its account. Ids that a person chose are smaller.
const FIRST_PROJECT: i64 = 1_000;

/// The id of each account in answers: with its own, they would depend on the accounts that were made before.
pub const SHOWN_ACCOUNT: AccountId = AccountId::new(1);

/// The key that seals page tokens, which are parts of answers.
pub fn page_key(seed: u64) -> [u8; 32] {
    Sha256::new().chain_update(b"page tokens").chain_update(seed.to_le_bytes()).finalize().into()
}

/// Ids by a seed, beside random secrets.
#[derive(Debug)]
pub struct SeededIds {
    seed: u64,
    /// How many values each account has drawn.
    drawn: Mutex<HashMap<AccountId, u64>>,
}

impl SeededIds {
    /// The ids of that seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: Mutex::default() }
    }

    fn drawn(&self) -> MutexGuard<'_, HashMap<AccountId, u64>> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes of the draw of that number.
    fn bytes(&self, count: u64) -> [u8; 32] {
        Sha256::new().chain_update(self.seed.to_le_bytes()).chain_update(count.to_le_bytes()).finalize().into()
    }

    /// The GUID that the draw of that number gives.
    fn numbered_guid(&self, count: u64) -> Uuid {
        let mut random = [0; 10];
        random.iter_mut().zip(self.bytes(count)).for_each(|(byte, drawn)| *byte = drawn);
        Builder::from_unix_timestamp_millis(FIRST_MILLIS.saturating_add(count), &random).into_uuid()
    }

    /// The number of the draw that gave a GUID; 0 for any other GUID.
    fn number_of(&self, guid: Uuid) -> u64 {
        // The first 48 bits are milliseconds.
        let millis = u64::try_from(guid.as_u128() >> 80).unwrap_or_default();
        let count = millis.saturating_sub(FIRST_MILLIS);
        if count > 0 && self.numbered_guid(count) == guid { count } else { 0 }
    }

    /// The number of a draw of an account, and its bytes.
    fn draw(&self, account: AccountId) -> (u64, [u8; 32]) {
        let mut drawn = self.drawn();
        let count = drawn.entry(account).or_default();
        *count = count.saturating_add(1);
        (*count, self.bytes(*count))
    }

    fn guid(&self, account: AccountId) -> Uuid {
        self.numbered_guid(self.draw(account).0)
    }
}

impl Ids for SeededIds {
    fn session_guid(&self) -> SessionGuid {
        SystemIds.session_guid()
    }

    fn user_guid(&self) -> UserGuid {
        SystemIds.user_guid()
    }

    fn attendee_guid(&self) -> AttendeeGuid {
        SystemIds.attendee_guid()
    }

    fn random(&self) -> [u8; 32] {
        SystemIds.random()
    }

    fn session_guid_of(&self, account: AccountId) -> SessionGuid {
        SessionGuid::new(self.guid(account))
    }

    fn user_guid_of(&self, account: AccountId) -> UserGuid {
        UserGuid::new(self.guid(account))
    }

    fn attendee_guid_of(&self, account: AccountId) -> AttendeeGuid {
        AttendeeGuid::new(self.guid(account))
    }

    fn public_random_of(&self, account: AccountId) -> [u8; 32] {
        self.draw(account).1
    }

    fn job_of(&self, account: AccountId) -> Option<JobId> {
        job_of_number(account, i64::try_from(self.draw(account).0).ok()?)
    }

    fn shown_job(&self, job: JobId) -> JobId {
        shown_number(job)
    }

    fn job_shown_as(&self, account: AccountId, shown: JobId) -> JobId {
        job_shown_as(account, shown)
    }

    fn project_of(&self, account: AccountId) -> Option<ProjectId> {
        let number = i64::try_from(self.draw(account).0).ok()?;
        (FIRST_PROJECT - 1).checked_add(number).map(Id::new)
    }

    fn drawn_by(&self, account: AccountId) -> u64 {
        self.drawn().get(&account).copied().unwrap_or_default()
    }

    fn last_draw(&self, people: &[UserGuid], projects: &[ProjectId]) -> u64 {
        let of_people = people.iter().map(|guid| self.number_of(guid.get()));
        let of_projects = projects.iter().map(|id| u64::try_from(id.get().saturating_sub(FIRST_PROJECT - 1)).unwrap_or_default());
        of_people.chain(of_projects).max().unwrap_or_default()
    }

    fn go_on_after(&self, account: AccountId, drawn: u64) {
        self.drawn().insert(account, drawn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: AccountId = AccountId::new(1);
    const OTHER: AccountId = AccountId::new(2);

    #[test]
    fn each_run_and_each_account_draws_the_same_ids() {
        let (first, second) = (SeededIds::new(7), SeededIds::new(7));
        let drawn = [first.session_guid_of(ONE), first.session_guid_of(ONE)];
        assert_ne!(drawn[0], drawn[1]);
        // Draws of another account in between change nothing.
        assert_eq!([second.session_guid_of(OTHER), second.session_guid_of(OTHER)], drawn);
        assert_eq!([second.session_guid_of(ONE), second.session_guid_of(ONE)], drawn);
        assert_eq!(second.public_bits_of(ONE), second.public_bits_of(OTHER));
    }

    #[test]
    fn another_seed_draws_other_ids() {
        assert_ne!(SeededIds::new(7).session_guid_of(ONE), SeededIds::new(8).session_guid_of(ONE));
    }

    #[test]
    fn guids_grow_and_are_of_version_7() {
        let ids = SeededIds::new(7);
        let guids: Vec<_> = (0..100).map(|_| ids.user_guid_of(ONE).get()).collect();
        assert!(guids.windows(2).all(|pair| pair[0] < pair[1]) && guids.iter().all(|guid| guid.get_version_num() == 7));
    }

    #[test]
    fn jobs_and_projects_are_counted_with_all_other_draws_of_the_account() {
        let ids = SeededIds::new(7);
        let (first, elsewhere) = (ids.job_of(ONE).unwrap(), ids.job_of(OTHER).unwrap());
        assert_ne!(first, elsewhere);
        assert_eq!([first, elsewhere].map(|job| ids.shown_job(job)), [Id::new(1), Id::new(1)]);
        assert_eq!(ids.project_of(ONE), Some(Id::new(1_001)));
        let third = ids.job_of(ONE).unwrap();
        assert_eq!((ids.shown_job(third), ids.job_shown_as(ONE, Id::new(3))), (Id::new(3), third));
    }

    #[test]
    fn an_account_goes_on_where_another_one_stood() {
        let ids = SeededIds::new(7);
        ids.session_guid_of(ONE);
        let drawn = ids.drawn_by(ONE);
        ids.go_on_after(OTHER, drawn);
        assert_eq!((drawn, ids.session_guid_of(ONE)), (1, ids.session_guid_of(OTHER)));
    }

    #[test]
    fn the_last_draw_among_ids_is_found() {
        let ids = SeededIds::new(7);
        let (first, foreign) = (ids.user_guid_of(ONE), SeededIds::new(8).user_guid_of(ONE));
        ids.session_guid_of(ONE);
        let third = ids.user_guid_of(ONE);
        let project = ids.project_of(ONE).unwrap();
        assert_eq!(ids.last_draw(&[first, third, foreign], &[]), 3);
        assert_eq!(ids.last_draw(&[third], &[Id::new(1), project]), 4);
        // Neither ids of another seed or of no seed, nor projects whose numbers were chosen.
        assert_eq!(ids.last_draw(&[foreign, SystemIds.user_guid()], &[Id::new(1), Id::new(999)]), 0);
        assert_eq!(ids.last_draw(&[], &[]), 0);
    }

    #[test]
    fn a_page_key_is_that_of_its_seed() {
        assert_eq!(page_key(7), page_key(7));
        assert_ne!(page_key(7), page_key(8));
    }

    #[test]
    fn secrets_stay_random() {
        assert_ne!(SeededIds::new(7).random(), SeededIds::new(7).random());
        assert_ne!(SeededIds::new(7).session_guid(), SeededIds::new(7).session_guid());
    }
}
