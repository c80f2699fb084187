//! The accounts of the dev profile, and new keys.

use derslik_domain::id::Id;
use derslik_domain::identity::{Account, AccountName, AccountSettings, CredentialKind};
use derslik_http::perculus::key_proof;
use derslik_ports::outbound::Ids;
use derslik_services::identity::{AccountPlan, CredentialPlan};
use sha2::{Digest, Sha256};

use crate::system::SystemIds;

/// A pair of keys of the sessions API, as a client gets them.
#[derive(Clone)]
pub struct KeyPair {
    /// The part that is no secret.
    pub access_key: String,
    /// The part that is one.
    pub secret_key: String,
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPair").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

impl KeyPair {
    fn fixed(access_key: &str, secret_key: &str) -> Self {
        Self { access_key: access_key.to_owned(), secret_key: secret_key.to_owned() }
    }

    /// A new pair: 96 random bits to find it by and 256 to prove it. The prefixes and the checksum at the end let programs
    /// that look for leaked secrets recognise them.
    ///
    /// # Errors
    /// If the machine has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let (mut public, mut secret) = ([0; 12], [0; 32]);
        getrandom::fill(&mut public)?;
        getrandom::fill(&mut secret)?;
        let secret = hex(&secret);
        let checksum: [u8; 32] = Sha256::digest(&secret).into();
        let checksum: String = hex(&checksum).chars().take(8).collect();
        Ok(Self { access_key: format!("derslik_ak_{}", hex(&public)), secret_key: format!("derslik_sk_{secret}_{checksum}") })
    }

    /// What a client sends after `Authorization: Bearer`.
    pub fn bearer(&self) -> String {
        format!("{}|{}", self.access_key, hex(&key_proof(&self.access_key, &self.secret_key)))
    }

    /// The credential that this pair opens an account with.
    pub fn plan(&self) -> CredentialPlan {
        CredentialPlan {
            kind: CredentialKind::PerculusKey,
            public_id: self.access_key.clone(),
            secret: key_proof(&self.access_key, &self.secret_key).to_vec(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // A string takes whatever is written to it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An account of the dev profile with the keys to it.
#[derive(Debug, Clone)]
pub struct DevAccount {
    /// What to set up.
    pub plan: AccountPlan,
    /// The keys.
    pub keys: KeyPair,
}

/// The account `demo`, and where the keys are to be known, `other` beside it, to try what the one sees of the other.
///
/// # Errors
/// If the machine has no random numbers.
pub fn dev_accounts(settings: &AccountSettings, fixed_keys: bool) -> anyhow::Result<Vec<DevAccount>> {
    if fixed_keys {
        Ok(vec![
            dev_account(settings, (1329, "demo"), 4490, KeyPair::fixed("demo-access", "demo-secret"))?,
            dev_account(settings, (1330, "other"), 4491, KeyPair::fixed("other-access", "other-secret"))?,
        ])
    } else {
        Ok(vec![dev_account(settings, (1329, "demo"), 4490, KeyPair::random()?)?])
    }
}

fn dev_account(settings: &AccountSettings, (id, name): (i64, &str), service: i64, keys: KeyPair) -> anyhow::Result<DevAccount> {
    let plan = AccountPlan {
        account: Account { id: Id::new(id), name: AccountName::new(name)?, settings: settings.clone() },
        service: Id::new(service),
        service_guid: SystemIds.user_guid(),
        credentials: vec![keys.plan()],
    };
    Ok(DevAccount { plan, keys })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_bearer_is_the_one_that_the_contract_names() {
        let keys = KeyPair::fixed("demo-access", "demo-secret");
        assert_eq!(keys.bearer(), "demo-access|0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3");
    }

    #[test]
    fn new_keys_are_long_and_never_the_same() {
        let (one, other) = (KeyPair::random().unwrap(), KeyPair::random().unwrap());
        assert_ne!(one.access_key, other.access_key);
        assert_ne!(one.secret_key, other.secret_key);
        assert_eq!((one.access_key.len(), one.secret_key.len()), (35, 84));
    }

    #[test]
    fn a_key_pair_prints_without_its_secret() {
        let keys = KeyPair::fixed("demo-access", "demo-secret");
        assert!(!format!("{keys:?} {:?}", keys.plan()).contains("secret\""));
        assert!(!format!("{keys:?}").contains("demo-secret"));
    }
}
