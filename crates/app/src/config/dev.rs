//! What profile `dev` allows.

use serde::{Deserialize, Serialize};

/// What profile `dev` allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DevConfig {
    /// Whether a service with `fixed_dev_keys`, or a metadata server, may listen on an address that other machines reach, as a
    /// container for tests does. The operations listener then has test control and the console on such an address too. That console asks for
    /// a token, which the start prints.
    pub allow_remote: bool,
}
