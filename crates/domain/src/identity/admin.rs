//! Admins, who run the installation and belong to no account. What they may do in a console is decided elsewhere.

use crate::id::AdminId;
use crate::time::Timestamp;

use super::Username;

/// A person who runs the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Admin {
    /// The id, which is unique in the installation.
    pub id: AdminId,
    /// The name to sign in by. No two admins have names with the same [key](Username::key).
    pub name: Username,
    /// The role.
    pub role: AdminRole,
    /// When the admin was created.
    pub created_at: Timestamp,
}

/// What an admin may do in the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AdminRole {
    /// Reads.
    Viewer,
    /// Reads and changes.
    Operator,
}

impl AdminRole {
    /// Every role.
    pub const ALL: [Self; 2] = [Self::Viewer, Self::Operator];

    /// The name by which the role is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        }
    }

    /// The role of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_stored_by_name() {
        for role in AdminRole::ALL {
            assert_eq!(AdminRole::by_name(role.name()), Some(role));
        }
        assert_eq!(AdminRole::by_name("Viewer"), None);
    }
}
