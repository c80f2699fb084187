//! The settings of the audit log.

use std::sync::Arc;
use std::time::Duration;

use derslik_ports::outbound::SealKeys;
use derslik_worker::handlers::DEFAULT_AUDIT_RETENTION;
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::Secret;
use crate::seal_keys::HmacSealKeys;

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// The audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// The key of the seals of the audit log, a secret of at least 32 bytes that is kept outside of the database. Without it
    /// nothing is sealed. See [Seals](OPERATIONS.md#seals).
    pub seal_key: Option<Secret>,
    /// The key that was `audit.seal_key` before, if it was changed. Nothing is sealed with it: older seals are checked with it before
    /// their records are pruned.
    pub old_seal_key: Option<Secret>,
    /// For how many days audit records are kept.
    #[validate(range(min = 1, max = 36_500))]
    pub retention_days: u64,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { seal_key: None, old_seal_key: None, retention_days: DEFAULT_AUDIT_RETENTION.as_secs() / SECONDS_OF_A_DAY }
    }
}

impl AuditConfig {
    /// How long audit records are kept.
    pub const fn retention(&self) -> Duration {
        Duration::from_secs(self.retention_days.saturating_mul(SECONDS_OF_A_DAY))
    }

    /// The keys of the seals; `None` if nothing is sealed. The old key of the settings and these further ones serve to verify only.
    ///
    /// # Errors
    /// If a key is too short.
    pub fn seal_keys(&self, old: &[Secret]) -> anyhow::Result<Option<Arc<dyn SealKeys>>> {
        let Some(current) = &self.seal_key else { return Ok(None) };
        let old: Vec<_> = self.old_seal_key.iter().chain(old).collect();
        Ok(Some(Arc::new(HmacSealKeys::new(current, &old)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sealed_without_a_key_and_a_short_key_is_refused() {
        let with = |key: Option<&str>| AuditConfig { seal_key: key.map(Secret::new), ..AuditConfig::default() };
        assert!(with(None).seal_keys(&[]).unwrap().is_none());
        assert!(with(Some(&"k".repeat(32))).seal_keys(&[]).unwrap().is_some());
        let refused = with(Some(&"k".repeat(31))).seal_keys(&[]).err().unwrap().to_string();
        assert!(refused.contains("32 bytes") && !refused.contains("kkk"), "{refused}");
    }

    #[test]
    fn the_old_key_of_the_settings_is_known_and_makes_no_seals() {
        let (old, new) = (Secret::new("o".repeat(32)), Secret::new("n".repeat(32)));
        let before = AuditConfig { seal_key: Some(old.clone()), ..AuditConfig::default() }.seal_keys(&[]).unwrap().unwrap();
        let after = AuditConfig { seal_key: Some(new), old_seal_key: Some(old), ..AuditConfig::default() };
        let after = after.seal_keys(&[]).unwrap().unwrap();
        assert_ne!(after.current(), before.current());
        assert_eq!(after.code(before.current(), b"m"), before.code(before.current(), b"m"));
    }

    #[test]
    fn records_are_kept_for_400_days() {
        assert_eq!(AuditConfig::default().retention(), Duration::from_secs(400 * 24 * 60 * 60));
    }
}
