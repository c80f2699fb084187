//! The erasure of a user: the kinds of rows that it removes, their order, and its progress. Where the rows are kept is
//! decided elsewhere.
//!
//! An erasure goes through the kinds in passes, a batch at a time, until a whole pass has found nothing. Only then does it
//! remove the profiles, by which all other rows are found. A batch and the progress that it made are committed together. So
//! an interrupted erasure resumes where it stopped, and a repeated one finds nothing to do.

use crate::rows::{BatchSize, RowCount};
use crate::time::Timestamp;

/// A kind of rows that an erasure removes, in the order in which it removes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ErasureKind {
    /// Credentials of the user. They go first, so that the user creates nothing new during the erasure.
    Credentials,
    /// The user's attendances of sessions.
    Attendances,
    /// Sessions that the user created and no other attendee is listed for. They go after the user's own attendances, which
    /// do not count.
    Sessions,
    /// Memberships of courses.
    Memberships,
    /// Stored answers to idempotent requests that name the user.
    Answers,
    /// The profile. It goes last and leaves a tombstone, so that rows that other users need stay readable without the name.
    Profile,
}

impl ErasureKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Credentials, Self::Attendances, Self::Sessions, Self::Memberships, Self::Answers, Self::Profile];

    /// The name by which the kind is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Attendances => "attendances",
            Self::Sessions => "sessions",
            Self::Memberships => "memberships",
            Self::Answers => "answers",
            Self::Profile => "profile",
        }
    }

    /// The kind of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The number of erased rows of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ErasureCounts {
    credentials: RowCount,
    attendances: RowCount,
    sessions: RowCount,
    memberships: RowCount,
    answers: RowCount,
    profile: RowCount,
}

impl ErasureCounts {
    /// The rows of one kind.
    pub const fn get(&self, kind: ErasureKind) -> RowCount {
        match kind {
            ErasureKind::Credentials => self.credentials,
            ErasureKind::Attendances => self.attendances,
            ErasureKind::Sessions => self.sessions,
            ErasureKind::Memberships => self.memberships,
            ErasureKind::Answers => self.answers,
            ErasureKind::Profile => self.profile,
        }
    }

    /// Every kind with its rows.
    pub fn iter(&self) -> impl Iterator<Item = (ErasureKind, RowCount)> {
        ErasureKind::ALL.into_iter().map(|kind| (kind, self.get(kind)))
    }

    /// The rows of all kinds.
    pub fn total(&self) -> RowCount {
        self.iter().fold(RowCount::ZERO, |total, (_, rows)| total.plus(rows))
    }

    /// The counts with `rows` added to those of one kind.
    #[must_use]
    pub fn with(mut self, kind: ErasureKind, rows: RowCount) -> Self {
        let slot = match kind {
            ErasureKind::Credentials => &mut self.credentials,
            ErasureKind::Attendances => &mut self.attendances,
            ErasureKind::Sessions => &mut self.sessions,
            ErasureKind::Memberships => &mut self.memberships,
            ErasureKind::Answers => &mut self.answers,
            ErasureKind::Profile => &mut self.profile,
        };
        *slot = slot.plus(rows);
        self
    }

    /// The sum of both, kind by kind.
    #[must_use]
    pub fn plus(self, more: Self) -> Self {
        more.iter().fold(self, |counts, (kind, rows)| counts.with(kind, rows))
    }
}

impl FromIterator<(ErasureKind, RowCount)> for ErasureCounts {
    fn from_iter<I: IntoIterator<Item = (ErasureKind, RowCount)>>(counts: I) -> Self {
        counts.into_iter().fold(Self::default(), |counts, (kind, rows)| counts.with(kind, rows))
    }
}

/// The next step of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum ErasureStep {
    /// Erase one batch of this kind.
    Erase(ErasureKind),
    /// Nothing: the erasure is done.
    Done,
}

/// The state of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Pass {
    /// No batch has found rows so far.
    Clean,
    /// A batch has found rows, so another pass has to follow.
    Dirty,
}

/// The progress of an erasure.
///
/// ```
/// use derslik_domain::job::{ErasureKind, ErasureProgress, ErasureStep};
/// use derslik_domain::rows::{BatchSize, RowCount};
///
/// let batch = BatchSize::DEFAULT;
/// let fresh = ErasureProgress::default();
/// assert_eq!(fresh.step, ErasureStep::Erase(ErasureKind::Credentials));
/// // A full batch: there may be more of the same.
/// let on = fresh.after(RowCount::new(1_000), batch);
/// assert_eq!(on.step, ErasureStep::Erase(ErasureKind::Credentials));
/// assert_eq!(on.after(RowCount::new(3), batch).step, ErasureStep::Erase(ErasureKind::Attendances));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ErasureProgress {
    /// The next step.
    pub step: ErasureStep,
    /// Whether this pass has found any rows yet.
    pub pass: Pass,
    /// While this pass searches stored answers: it has searched those kept until this instant.
    pub searched: Option<Timestamp>,
    /// The rows that were erased so far.
    pub counts: ErasureCounts,
}

impl Default for ErasureProgress {
    fn default() -> Self {
        Self { step: ErasureStep::Erase(ErasureKind::Credentials), pass: Pass::Clean, searched: None, counts: ErasureCounts::default() }
    }
}

impl ErasureProgress {
    /// The progress after the current step has erased `erased` rows in a batch of the size `batch`. A finished erasure stays
    /// as it is.
    #[must_use]
    pub fn after(self, erased: RowCount, batch: BatchSize) -> Self {
        let kind = match self.step {
            ErasureStep::Erase(kind) => kind,
            ErasureStep::Done => return self,
        };
        let counts = self.counts.with(kind, erased);
        let pass = if erased == RowCount::ZERO { self.pass } else { Pass::Dirty };
        if batch.is_filled_by(erased) {
            return Self { pass, counts, ..self };
        }
        let (step, pass) = next_kind(kind, pass);
        Self { step, pass, searched: None, counts }
    }

    /// The progress after the erasure has searched the answers kept until `searched`, and has erased `erased` of them.
    /// Answers are not found by a name, so all of them are searched in order. A batch that erased nothing may therefore not
    /// be the last.
    #[must_use]
    pub fn after_search(self, erased: RowCount, searched: Timestamp) -> Self {
        let pass = if erased == RowCount::ZERO { self.pass } else { Pass::Dirty };
        match self.step {
            ErasureStep::Erase(kind) => Self { pass, searched: Some(searched), counts: self.counts.with(kind, erased), ..self },
            ErasureStep::Done => self,
        }
    }

    /// The progress with one more pass through all kinds. A handler asks for it if the profile still has rows that name the
    /// user after it was locked against new ones. A finished erasure stays as it is.
    #[must_use]
    pub fn another_pass(self) -> Self {
        match self.step {
            ErasureStep::Erase(_) => Self { counts: self.counts, ..Self::default() },
            ErasureStep::Done => self,
        }
    }
}

/// The step after the last batch of a kind.
const fn next_kind(kind: ErasureKind, pass: Pass) -> (ErasureStep, Pass) {
    match (kind, pass) {
        (ErasureKind::Credentials, pass) => (ErasureStep::Erase(ErasureKind::Attendances), pass),
        (ErasureKind::Attendances, pass) => (ErasureStep::Erase(ErasureKind::Sessions), pass),
        (ErasureKind::Sessions, pass) => (ErasureStep::Erase(ErasureKind::Memberships), pass),
        (ErasureKind::Memberships, pass) => (ErasureStep::Erase(ErasureKind::Answers), pass),
        // Other users may have invited the user in the meantime.
        (ErasureKind::Answers, Pass::Dirty) => (ErasureStep::Erase(ErasureKind::Credentials), Pass::Clean),
        (ErasureKind::Answers, Pass::Clean) => (ErasureStep::Erase(ErasureKind::Profile), Pass::Clean),
        (ErasureKind::Profile, pass) => (ErasureStep::Done, pass),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rows that are still there, by kind.
    type Left = [u64; 6];

    fn slot(kind: ErasureKind) -> usize {
        ErasureKind::ALL.into_iter().position(|other| other == kind).unwrap()
    }

    /// Erases one batch, as a store would.
    fn erase(left: &mut Left, kind: ErasureKind, batch: BatchSize) -> RowCount {
        let rows = left[slot(kind)].min(u64::from(batch.get()));
        left[slot(kind)] -= rows;
        RowCount::new(rows)
    }

    fn run(mut left: Left, batch: BatchSize) -> (Vec<ErasureKind>, ErasureProgress) {
        let (mut steps, mut progress) = (Vec::new(), ErasureProgress::default());
        while let ErasureStep::Erase(kind) = progress.step {
            steps.push(kind);
            progress = progress.after(erase(&mut left, kind, batch), batch);
        }
        (steps, progress)
    }

    #[test]
    fn a_user_with_2_500_sessions_loses_all_of_them() {
        let (steps, progress) = run([0, 0, 2_500, 0, 0, 1], BatchSize::DEFAULT);
        assert_eq!(steps.iter().filter(|kind| **kind == ErasureKind::Sessions).count(), 3 + 1);
        assert_eq!(progress.counts.get(ErasureKind::Sessions), RowCount::new(2_500));
        assert_eq!(progress.counts.total(), RowCount::new(2_501));
    }

    #[test]
    fn a_user_without_anything_is_looked_at_once() {
        let (steps, progress) = run([0; 6], BatchSize::DEFAULT);
        assert_eq!(steps, ErasureKind::ALL);
        assert_eq!(progress.counts, ErasureCounts::default());
    }

    #[test]
    fn a_pass_that_found_something_is_followed_by_another() {
        let (steps, _) = run([1, 0, 0, 0, 0, 1], BatchSize::DEFAULT);
        let (profile, pass) = ErasureKind::ALL.split_last().unwrap();
        assert_eq!(steps, [pass, pass, &[*profile]].concat());
    }

    #[test]
    fn a_batch_that_was_just_filled_is_followed_by_an_empty_one() {
        let full = ErasureProgress::default().after(RowCount::new(1_000), BatchSize::DEFAULT);
        assert_eq!((full.step, full.pass), (ErasureStep::Erase(ErasureKind::Credentials), Pass::Dirty));
        let empty = full.after(RowCount::ZERO, BatchSize::DEFAULT);
        assert_eq!((empty.step, empty.pass), (ErasureStep::Erase(ErasureKind::Attendances), Pass::Dirty));
    }

    #[test]
    fn answers_are_searched_to_their_end_however_few_are_erased() {
        let (begin, later) = (Timestamp::from_micros(1), Timestamp::from_micros(2));
        let answers = ErasureProgress { step: ErasureStep::Erase(ErasureKind::Answers), ..ErasureProgress::default() };
        let on = answers.after_search(RowCount::ZERO, begin);
        assert_eq!((on.step, on.pass, on.searched), (answers.step, Pass::Clean, Some(begin)));
        let on = on.after_search(RowCount::new(1), later);
        assert_eq!((on.step, on.pass, on.searched), (answers.step, Pass::Dirty, Some(later)));
        let over = on.after(RowCount::ZERO, BatchSize::DEFAULT);
        assert_eq!((over.step, over.searched), (ErasureStep::Erase(ErasureKind::Credentials), None));
        assert_eq!(over.counts.get(ErasureKind::Answers), RowCount::new(1));
    }

    #[test]
    fn an_erasure_that_is_done_stays_done() {
        let (_, done) = run([1; 6], BatchSize::DEFAULT);
        assert_eq!(done.step, ErasureStep::Done);
        assert_eq!(done.after(RowCount::new(7), BatchSize::DEFAULT), done);
        assert_eq!(done.another_pass(), done);
    }

    #[test]
    fn kinds_are_stored_by_name_and_counts_are_put_together_again() {
        let counts = ErasureCounts::default().with(ErasureKind::Sessions, RowCount::new(3)).with(ErasureKind::Profile, RowCount::new(1));
        for kind in ErasureKind::ALL {
            assert_eq!(ErasureKind::by_name(kind.name()), Some(kind));
        }
        assert_eq!(ErasureKind::by_name("everything"), None);
        assert_eq!(counts.iter().collect::<ErasureCounts>(), counts);
    }

    #[test]
    fn counts_are_added_kind_by_kind() {
        let one = ErasureCounts::default().with(ErasureKind::Sessions, RowCount::new(3)).with(ErasureKind::Profile, RowCount::new(1));
        let sum = one.plus(ErasureCounts::default().with(ErasureKind::Sessions, RowCount::new(2)));
        assert_eq!((sum.get(ErasureKind::Sessions), sum.get(ErasureKind::Profile)), (RowCount::new(5), RowCount::new(1)));
        assert_eq!(one.plus(ErasureCounts::default()), one);
    }

    proptest! {
        #[test]
        fn whatever_is_there_or_arrives_is_gone_before_the_profile_goes(
            mut left in prop::array::uniform6(0_u64..40),
            batch in 1_u16..12,
            // Before each step, another user may add a row of some kind, and the transaction of the step may be rolled back.
            turns in prop::collection::vec((prop::option::weighted(0.3, 0_usize..5), prop::bool::weighted(0.2)), 0..120),
        ) {
            let profile = slot(ErasureKind::Profile);
            left[profile] = 1;
            let (batch, mut added) = (BatchSize::new(batch).unwrap(), left.iter().sum::<u64>());
            let (mut progress, mut turns) = (ErasureProgress::default(), turns.into_iter());
            while let ErasureStep::Erase(kind) = progress.step {
                let (arrival, undone) = turns.next().unwrap_or((None, false));
                if let Some(arrival) = arrival {
                    left[arrival] += 1;
                    added += 1;
                }
                if kind == ErasureKind::Profile && left[..profile].iter().any(|rows| *rows > 0) {
                    progress = progress.another_pass();
                    continue;
                }
                let mut after = left;
                let next = progress.after(erase(&mut after, kind, batch), batch);
                if !undone {
                    (left, progress) = (after, next);
                }
            }
            prop_assert_eq!(left, [0; 6]);
            prop_assert_eq!(progress.counts.total().get(), added);
        }
    }
}
