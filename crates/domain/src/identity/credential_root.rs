//! What a credential goes back to.

use crate::id::{CredentialId, GrantId};

/// What a credential goes back to. Tokens that are issued for a grant, or for another token, go back to the same as that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CredentialRoot {
    /// A credential that was not issued for another proof.
    Credential(CredentialId),
    /// A grant.
    Grant(GrantId),
}
