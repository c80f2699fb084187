//! What the installation demands of new passwords. Passwords that are stored already stay valid.

use crate::form::{Problem, Violation};

use super::{Password, PersonField};

/// The rules for new passwords. The default accepts every [`Password`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PasswordRules {
    /// The fewest characters: 0 and 1 are the same, since no password is empty.
    pub min_chars: usize,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self { min_chars: 1 }
    }
}

impl PasswordRules {
    /// Whether the password may be chosen.
    pub fn accept(self, password: &Password) -> bool {
        password.reveal().chars().count() >= self.min_chars
    }

    /// The rule that a chosen password breaks, if it breaks one.
    pub fn violation(self, password: Option<&Password>) -> Option<Violation<PersonField>> {
        let refused = password.is_some_and(|password| !self.accept(password));
        refused.then_some(Violation { field: PersonField::Password, problem: Problem::TooShort { min: self.min_chars } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_not_bytes() {
        let rules = PasswordRules { min_chars: 8 };
        let password = |text: &str| Password::new(text.as_bytes().to_vec()).unwrap();
        assert!(!rules.accept(&password("şifreşi")));
        assert!(rules.accept(&password("şifreşif")));
        let violation = Violation { field: PersonField::Password, problem: Problem::TooShort { min: 8 } };
        assert_eq!(rules.violation(Some(&password("1234567"))), Some(violation));
        assert_eq!(rules.violation(Some(&password("12345678"))), None);
        assert_eq!(rules.violation(None), None);
        assert_eq!(PasswordRules::default().violation(Some(&password("1"))), None);
    }
}
