//! What profile `dev` allows.

use serde::{Deserialize, Serialize};

/// What profile `dev` allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DevConfig {
    /// Whether publicly known credentials may be used from other machines.
    pub allow_remote: bool,
}
