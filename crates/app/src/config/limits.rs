//! The settings of rate limits.

use derslik_http::RateQuotas;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// The rate limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// The maximum number of requests a minute without a valid credential from one client network; 0 sets no limit.
    #[validate(range(max = 1_000_000))]
    pub unknown_per_minute: u32,
    /// The maximum number of requests a minute with one credential; 0 sets no limit.
    #[validate(range(max = 1_000_000))]
    pub credential_per_minute: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let RateQuotas { unknown_per_minute, credential_per_minute } = RateQuotas::default();
        Self { unknown_per_minute, credential_per_minute }
    }
}

impl LimitsConfig {
    /// The quotas of the HTTP adapter.
    pub const fn quotas(&self) -> RateQuotas {
        RateQuotas { unknown_per_minute: self.unknown_per_minute, credential_per_minute: self.credential_per_minute }
    }
}
