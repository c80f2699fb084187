//! Ids that are the same in each run of a test. Each account counts its own draws, so that neither other accounts nor other databases
//! change what it gets. Secrets stay random.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use derslik_domain::id::{AccountId, AttendeeGuid, SessionGuid, UserGuid};
use derslik_ports::outbound::Ids;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::system::SystemIds;

/// The milliseconds in the first GUID of an account: 2025-01-01T00:00:00Z. Each draw counts one further, so that GUIDs grow.
const FIRST_MILLIS: u64 = 1_735_689_600_000;

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

    /// The number of a draw of an account, and its bytes.
    fn draw(&self, account: AccountId) -> (u64, [u8; 32]) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let count = drawn.entry(account).or_default();
        *count += 1;
        let bytes = Sha256::new().chain_update(self.seed.to_le_bytes()).chain_update(count.to_le_bytes()).finalize().into();
        (*count, bytes)
    }

    fn guid(&self, account: AccountId) -> Uuid {
        let (count, bytes) = self.draw(account);
        let mut random = [0; 10];
        random.iter_mut().zip(bytes).for_each(|(byte, drawn)| *byte = drawn);
        Builder::from_unix_timestamp_millis(FIRST_MILLIS.saturating_add(count), &random).into_uuid()
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
    fn secrets_stay_random() {
        assert_ne!(SeededIds::new(7).random(), SeededIds::new(7).random());
        assert_ne!(SeededIds::new(7).session_guid(), SeededIds::new(7).session_guid());
    }
}
