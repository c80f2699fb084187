//! What profile `dev` allows.

use serde::{Deserialize, Serialize};

/// What profile `dev` allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DevConfig {
    /// Whether a service with `fixed_dev_keys`, or a metadata server, may listen on an address that other machines reach, as a
    /// container for tests does. The operations listener then has test control on such an address too.
    pub allow_remote: bool,
}
