//! The settings of rate limits.

use derslik_http::RateQuotas;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// The rate limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// The most requests a minute without a valid credential from one client, which is an IPv4 address or the /64 of an IPv6
    /// address; more are answered 429 instead of 401. As many are taken at once after a pause. Requests with a valid credential
    /// are neither counted nor refused. 0 sets no limit. See [Rate limits](#rate-limits).
    #[validate(range(max = 1_000_000))]
    pub unknown_per_minute: u32,
    /// The most requests a minute with one credential; more are answered 429. As many are taken at once after a pause. 0 sets no
    /// limit.
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
