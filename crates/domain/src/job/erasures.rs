//! The erasure of many users by one job: the list of users, and the progress through it. Where the list is kept is decided elsewhere.
//!
//! The users are erased one after another, each as an erasure of one user is. So a job that is interrupted in the middle of a user
//! resumes there, and the rows of each user are counted apart.

use std::collections::BTreeSet;

use super::{ErasureCounts, ErasureProgress, ErasureStep, ReferenceId};

/// The users of an erasure of many, in the order in which they are erased: 1 to 1 000 different references, none of them empty.
///
/// ```
/// use derslik_domain::job::{ErasureUsers, ErasureUsersError, ReferenceId};
///
/// let users = ["ayse", "ali", "ayse"].map(ReferenceId::new).into_iter().collect::<Result<Vec<_>, _>>()?;
/// let users = ErasureUsers::new(users).unwrap();
/// assert_eq!(users.iter().map(ReferenceId::as_str).collect::<Vec<_>>(), ["ayse", "ali"]);
/// assert_eq!(ErasureUsers::new(Vec::new()), Err(ErasureUsersError::NoUser));
/// # Ok::<(), derslik_domain::text::TextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureUsers(Vec<ReferenceId>);

/// Why a list of users was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ErasureUsersError {
    /// The list is empty.
    #[error("no user")]
    NoUser,
    /// The list has more than [`ErasureUsers::MAX`] references, repeated ones included.
    #[error("more than {} users", ErasureUsers::MAX)]
    TooMany,
    /// A reference is empty, and so names no user.
    #[error("an empty reference")]
    EmptyReference,
}

impl ErasureUsers {
    /// The most users that one job erases.
    pub const MAX: usize = 1_000;

    /// The users of these references. A repeated reference counts once, at its first place.
    ///
    /// # Errors
    /// [`ErasureUsersError`].
    pub fn new(references: Vec<ReferenceId>) -> Result<Self, ErasureUsersError> {
        if references.is_empty() {
            return Err(ErasureUsersError::NoUser);
        }
        if references.len() > Self::MAX {
            return Err(ErasureUsersError::TooMany);
        }
        if references.iter().any(|reference| reference.as_str().is_empty()) {
            return Err(ErasureUsersError::EmptyReference);
        }
        let mut users: Vec<ReferenceId> = Vec::with_capacity(references.len());
        let mut seen = BTreeSet::new();
        for reference in references {
            if seen.insert(reference.clone()) {
                users.push(reference);
            }
        }
        Ok(Self(users))
    }

    /// The users, in the order of their places.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ReferenceId> {
        self.0.iter()
    }

    /// The users in the order of their references, which is the same for every list of the same users.
    pub fn sorted(&self) -> Vec<&ReferenceId> {
        let mut users: Vec<_> = self.0.iter().collect();
        users.sort_unstable();
        users
    }
}

/// The place of a user in the list of an erasure of many, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UserPlace(u16);

impl UserPlace {
    /// The place of the first user.
    pub const FIRST: Self = Self(0);

    /// The place with that number.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number of users before this place.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The progress of an erasure of many users.
///
/// ```
/// use derslik_domain::job::{ErasureProgress, ErasureStep, ErasuresProgress};
///
/// let erased = ErasureProgress { step: ErasureStep::Done, ..ErasureProgress::default() };
/// let progress = ErasuresProgress::default().after(erased);
/// assert_eq!((progress.place.get(), progress.current), (1, ErasureProgress::default()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ErasuresProgress {
    /// The place of the user who is being erased. All users before it are erased.
    pub place: UserPlace,
    /// The erasure of that user.
    pub current: ErasureProgress,
    /// The rows that were erased of all users before.
    pub counts: ErasureCounts,
}

impl ErasuresProgress {
    /// The progress after a step has brought the erasure of the current user to `current`. Once that is done, the next user follows.
    #[must_use]
    pub fn after(self, current: ErasureProgress) -> Self {
        match current.step {
            ErasureStep::Erase(_) => Self { current, ..self },
            ErasureStep::Done => {
                let (place, counts) = (self.place.next(), self.counts.plus(current.counts));
                Self { place, current: ErasureProgress::default(), counts }
            }
        }
    }

    /// The rows that were erased of the user at a place behind those who are erased: some of the current one, and none of the others.
    pub fn counts_at(&self, place: UserPlace) -> ErasureCounts {
        if place == self.place { self.current.counts } else { ErasureCounts::default() }
    }

    /// The rows that were erased of all users together.
    pub fn total(&self) -> ErasureCounts {
        self.counts.plus(self.current.counts)
    }
}

/// A user of an erasure, with the rows that were erased.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ErasedUser {
    /// The user, as the client named them.
    pub user: ReferenceId,
    /// Whether everything of the user is erased.
    pub is_erased: bool,
    /// The rows that were erased so far.
    pub counts: ErasureCounts,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::job::ErasureKind;
    use crate::rows::{BatchSize, RowCount};

    fn references(texts: &[&str]) -> Vec<ReferenceId> {
        texts.iter().map(|text| ReferenceId::new(*text).unwrap()).collect()
    }

    fn numbered(count: usize) -> Vec<ReferenceId> {
        (0..count).map(|number| ReferenceId::new(number.to_string()).unwrap()).collect()
    }

    #[test]
    fn a_list_keeps_its_order_and_each_user_once() {
        let users = ErasureUsers::new(references(&["b", "a", "b", "A", "a"])).unwrap();
        assert_eq!(users.iter().map(ReferenceId::as_str).collect::<Vec<_>>(), ["b", "a", "A"]);
        assert_eq!(users.iter().len(), 3);
    }

    #[test]
    fn lists_of_the_same_users_are_sorted_alike() {
        let (one, other) = (ErasureUsers::new(references(&["b", "a"])).unwrap(), ErasureUsers::new(references(&["a", "b", "a"])).unwrap());
        assert_eq!(one.sorted(), other.sorted());
        assert_ne!(one, other);
    }

    #[rstest]
    #[case::nothing(Vec::new(), ErasureUsersError::NoUser)]
    #[case::an_empty_reference(references(&["a", ""]), ErasureUsersError::EmptyReference)]
    #[case::one_too_many(numbered(ErasureUsers::MAX + 1), ErasureUsersError::TooMany)]
    #[case::one_too_many_of_the_same(vec![ReferenceId::new("a").unwrap(); ErasureUsers::MAX + 1], ErasureUsersError::TooMany)]
    fn refuses_a_list_that_is_not_one_of_users(#[case] sent: Vec<ReferenceId>, #[case] error: ErasureUsersError) {
        assert_eq!(ErasureUsers::new(sent), Err(error));
    }

    #[test]
    fn a_list_has_up_to_1_000_users() {
        assert_eq!(ErasureUsers::new(numbered(ErasureUsers::MAX)).unwrap().iter().len(), 1_000);
    }

    #[test]
    fn the_next_user_follows_once_one_is_erased_and_all_rows_are_counted() {
        let steps = [3, 0, 0, 0, 0, 0];
        let mut progress = ErasuresProgress::default();
        for rows in steps {
            progress = progress.after(progress.current.after(RowCount::new(rows), BatchSize::DEFAULT));
        }
        assert_eq!(progress.place, UserPlace::FIRST, "a pass that found rows is followed by another");
        assert_eq!((progress.counts, progress.total().total()), (ErasureCounts::default(), RowCount::new(3)));
        assert_eq!(
            (progress.counts_at(UserPlace::FIRST).total(), progress.counts_at(UserPlace::new(1)).total()),
            (RowCount::new(3), RowCount::ZERO)
        );
        for rows in [0, 0, 0, 0, 1] {
            progress = progress.after(progress.current.after(RowCount::new(rows), BatchSize::DEFAULT));
        }
        assert_eq!((progress.place, progress.current), (UserPlace::new(1), ErasureProgress::default()));
        let of = |kind| progress.counts.get(kind).get();
        assert_eq!((of(ErasureKind::Credentials), of(ErasureKind::Profile), progress.total()), (3, 1, progress.counts));
    }

    #[test]
    fn places_follow_each_other() {
        assert_eq!(UserPlace::FIRST.next(), UserPlace::new(1));
        assert_eq!(UserPlace::new(u16::MAX).next().get(), u16::MAX);
    }
}
