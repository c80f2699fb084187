//! The states of a course: which roles may move it, which roles see it, and what each state allows. A decision on a change
//! of state is a step or an error.

use std::fmt;

use super::access::{CourseAccess, CourseRole};

/// The state of a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CourseState {
    /// In use.
    Active,
    /// Over; only the state can change.
    Archived,
    /// Set up for its owner, but not accepted yet.
    Provisioned,
    /// Not accepted by its owner.
    Declined,
    /// Closed by the operator.
    Suspended,
}

impl CourseState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Active, Self::Archived, Self::Provisioned, Self::Declined, Self::Suspended];

    /// The number by which the state is stored.
    pub const fn code(self) -> i16 {
        match self {
            Self::Active => 1,
            Self::Archived => 2,
            Self::Provisioned => 3,
            Self::Declined => 4,
            Self::Suspended => 5,
        }
    }

    /// The state of that number.
    pub fn by_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| i64::from(state.code()) == code)
    }

    /// The name of the state, as messages to people show it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
            Self::Provisioned => "PROVISIONED",
            Self::Declined => "DECLINED",
            Self::Suspended => "SUSPENDED",
        }
    }

    /// The state of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether fields other than the state may change.
    pub const fn allows_edits(self) -> bool {
        match self {
            Self::Active | Self::Provisioned => true,
            Self::Archived | Self::Declined | Self::Suspended => false,
        }
    }

    /// Whether the course may get or lose aliases. An alias is not a part of the course, so only a suspension by the
    /// operator forbids it.
    pub const fn allows_aliases(self) -> bool {
        match self {
            Self::Active | Self::Archived | Self::Provisioned | Self::Declined => true,
            Self::Suspended => false,
        }
    }

    /// The states that lead from here to the one in which a course may be deleted; empty if it may be deleted now. `None` if
    /// no request leads there.
    pub const fn way_to_deletion(self) -> Option<&'static [Self]> {
        match self {
            Self::Archived => Some(&[]),
            Self::Active => Some(&[Self::Archived]),
            Self::Provisioned => Some(&[Self::Active, Self::Archived]),
            Self::Declined => Some(&[Self::Provisioned, Self::Active, Self::Archived]),
            Self::Suspended => None,
        }
    }

    /// Whether that role sees a course in this state.
    pub const fn is_visible_to(self, role: CourseRole) -> bool {
        match (self, role) {
            (
                Self::Active | Self::Archived,
                CourseRole::Operator | CourseRole::Admin | CourseRole::Owner | CourseRole::CoTeacher | CourseRole::Student,
            )
            | (Self::Provisioned | Self::Declined, CourseRole::Operator | CourseRole::Admin | CourseRole::Owner)
            | (Self::Suspended, CourseRole::Operator | CourseRole::Owner) => true,
            (Self::Active | Self::Archived, CourseRole::Stranger)
            | (Self::Provisioned | Self::Declined, CourseRole::CoTeacher | CourseRole::Student | CourseRole::Stranger)
            | (Self::Suspended, CourseRole::Admin | CourseRole::CoTeacher | CourseRole::Student | CourseRole::Stranger) => false,
        }
    }

    /// The states to which that role may move a course from here.
    pub fn reachable_by(self, role: CourseRole) -> CourseStates {
        Self::ALL.into_iter().filter(|to| *to != self && gate(self, *to).opens_to(role)).collect()
    }

    /// Whether that role may ask for any change of a course in this state.
    pub(super) const fn answers_to(self, role: CourseRole) -> bool {
        role.is_staff() && self.is_visible_to(role)
    }
}

impl fmt::Display for CourseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CourseStates(u8);

impl CourseStates {
    /// Whether the set holds `state`.
    pub const fn contains(self, state: CourseState) -> bool {
        self.0 & Self::bit(state) != 0
    }

    /// Whether the set holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The states of the set, in the order of [`CourseState::ALL`].
    pub fn iter(self) -> impl Iterator<Item = CourseState> {
        CourseState::ALL.into_iter().filter(move |state| self.contains(*state))
    }

    /// The union of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn bit(state: CourseState) -> u8 {
        match state {
            CourseState::Active => 1,
            CourseState::Archived => 1 << 1,
            CourseState::Provisioned => 1 << 2,
            CourseState::Declined => 1 << 3,
            CourseState::Suspended => 1 << 4,
        }
    }
}

impl FromIterator<CourseState> for CourseStates {
    fn from_iter<I: IntoIterator<Item = CourseState>>(states: I) -> Self {
        Self(states.into_iter().fold(0, |bits, state| bits | Self::bit(state)))
    }
}

/// The effect of a permitted request for a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Step {
    /// The course already has that state.
    Stay,
    /// The course moves.
    Move,
}

/// Why a request for a state was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum TransitionError {
    /// The role may not change a course in this state at all.
    #[error("not allowed to change the course")]
    Role,
    /// The course cannot move to that state from where it is.
    #[error(transparent)]
    State(#[from] StateConflict),
}

/// The requested state cannot be reached from the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("a course that is {from} cannot become {to}")]
pub struct StateConflict {
    /// The present state.
    pub from: CourseState,
    /// The requested state.
    pub to: CourseState,
    /// The states that the roles of the actor can reach.
    pub reachable: CourseStates,
}

/// The roles that may move a course along one cell of the table.
#[derive(Clone, Copy)]
enum Gate {
    /// Any teacher, and every role above.
    Teachers,
    /// The owner, and every role above.
    Owner,
    /// The operator alone.
    Operator,
    /// No role.
    Shut,
}

impl Gate {
    const fn opens_to(self, role: CourseRole) -> bool {
        match (self, role) {
            (Self::Teachers, CourseRole::Operator | CourseRole::Admin | CourseRole::Owner | CourseRole::CoTeacher)
            | (Self::Owner, CourseRole::Operator | CourseRole::Admin | CourseRole::Owner)
            | (Self::Operator, CourseRole::Operator) => true,
            (Self::Teachers, CourseRole::Student | CourseRole::Stranger)
            | (Self::Owner, CourseRole::CoTeacher | CourseRole::Student | CourseRole::Stranger)
            | (
                Self::Operator,
                CourseRole::Admin | CourseRole::Owner | CourseRole::CoTeacher | CourseRole::Student | CourseRole::Stranger,
            )
            | (
                Self::Shut,
                CourseRole::Operator
                | CourseRole::Admin
                | CourseRole::Owner
                | CourseRole::CoTeacher
                | CourseRole::Student
                | CourseRole::Stranger,
            ) => false,
        }
    }
}

/// The table of transitions. Its diagonal holds the roles that may ask for the present state.
const fn gate(from: CourseState, to: CourseState) -> Gate {
    use CourseState::{Active, Archived, Declined, Provisioned, Suspended};
    match (from, to) {
        (Active | Archived, Active | Archived) => Gate::Teachers,
        (Provisioned, Active | Provisioned | Declined) | (Declined, Provisioned | Declined) => Gate::Owner,
        // Which of these end the suspension of a given course depends on its state before: see `ends_suspension`.
        (Active | Archived | Provisioned | Declined, Suspended) | (Suspended, Active | Archived | Provisioned | Declined | Suspended) => {
            Gate::Operator
        }
        (Active | Archived, Provisioned | Declined) | (Provisioned, Archived) | (Declined, Active | Archived) => Gate::Shut,
    }
}

/// Whether a course that was suspended in the state `origin` may go on in the state `to`. It may go on in the same state, or
/// in one that needs no acceptance. `None` is a suspension with an unknown origin.
pub const fn ends_suspension(origin: Option<CourseState>, to: CourseState) -> bool {
    use CourseState::{Active, Archived, Declined, Provisioned, Suspended};
    match (origin, to) {
        (None | Some(Active | Archived | Provisioned | Declined | Suspended), Active | Archived)
        | (Some(Provisioned), Provisioned)
        | (Some(Declined), Declined) => true,
        (None | Some(Active | Archived | Declined | Suspended), Provisioned)
        | (None | Some(Active | Archived | Provisioned | Suspended), Declined)
        | (None | Some(Active | Archived | Provisioned | Declined | Suspended), Suspended) => false,
    }
}

/// Decides whether a user with that one role may move a course `from` one state `to` another.
///
/// # Errors
/// The [`TransitionError`].
pub fn step(from: CourseState, to: CourseState, role: CourseRole) -> Result<Step, TransitionError> {
    if !from.answers_to(role) {
        return Err(TransitionError::Role);
    }
    if !gate(from, to).opens_to(role) {
        return Err(StateConflict { from, to, reachable: from.reachable_by(role) }.into());
    }
    Ok(if from == to { Step::Stay } else { Step::Move })
}

/// Decides as [`step`] does, for a user with several roles towards the course: one role that may move it is enough.
///
/// ```
/// use derslik_domain::course::{CourseRole, CourseState, Step, TransitionError, transition};
///
/// let owner = CourseRole::Owner.into();
/// assert_eq!(transition(CourseState::Provisioned, CourseState::Active, owner), Ok(Step::Move));
///
/// let refused = transition(CourseState::Declined, CourseState::Active, owner);
/// let Err(TransitionError::State(conflict)) = refused else { unreachable!() };
/// assert!(conflict.reachable.iter().eq([CourseState::Provisioned]));
/// ```
///
/// # Errors
/// The [`TransitionError`]; a conflict names every state that any of the roles may ask for.
pub fn transition(from: CourseState, to: CourseState, access: CourseAccess) -> Result<Step, TransitionError> {
    let mut refusal = TransitionError::Role;
    for role in access.roles() {
        match (step(from, to, role), refusal) {
            (Ok(step), _) => return Ok(step),
            (Err(TransitionError::Role), _) => {}
            (Err(TransitionError::State(conflict)), TransitionError::Role) => refusal = conflict.into(),
            (Err(TransitionError::State(conflict)), TransitionError::State(other)) => {
                refusal = StateConflict { reachable: conflict.reachable.union(other.reachable), ..conflict }.into();
            }
        }
    }
    Err(refusal)
}

/// The table of transitions for the documentation, as the lines of a Markdown table. It has a row for each present state and
/// a column for each requested state. The cells hold the roles that may ask for it.
pub fn transition_table() -> Vec<String> {
    let heads = CourseState::ALL.iter().fold(String::from("| from \\ to |"), |line, to| line + &format!(" {to} |"));
    let rule = CourseState::ALL.iter().fold(String::from("|---|"), |line, _| line + "---|");
    let rows = CourseState::ALL
        .into_iter()
        .map(|from| CourseState::ALL.into_iter().fold(format!("| {from} |"), |line, to| line + &format!(" {} |", table_cell(from, to))));
    [heads, rule].into_iter().chain(rows).collect()
}

fn table_cell(from: CourseState, to: CourseState) -> String {
    let who: Vec<&str> = CourseRole::ALL.into_iter().filter(|role| step(from, to, *role).is_ok()).map(CourseRole::name).collect();
    match (who.is_empty(), from == to) {
        (true, _) => String::from("—"),
        (false, true) => format!("no change ({})", who.join(", ")),
        (false, false) => who.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::CourseState::{Active, Archived, Declined, Provisioned, Suspended};
    use super::*;
    use crate::course::roster::Membership;
    use crate::identity::Role;

    /// The whole table, written out by hand: for each role and state, the states that it may ask for.
    fn allowed(role: CourseRole) -> &'static [(CourseState, &'static [CourseState])] {
        const OWNER: &[(CourseState, &[CourseState])] = &[
            (Active, &[Active, Archived]),
            (Archived, &[Active, Archived]),
            (Provisioned, &[Active, Provisioned, Declined]),
            (Declined, &[Provisioned, Declined]),
        ];
        match role {
            CourseRole::Operator => &[
                (Active, &[Active, Archived, Suspended]),
                (Archived, &[Active, Archived, Suspended]),
                (Provisioned, &[Active, Provisioned, Declined, Suspended]),
                (Declined, &[Provisioned, Declined, Suspended]),
                (Suspended, &[Active, Archived, Provisioned, Declined, Suspended]),
            ],
            CourseRole::Admin | CourseRole::Owner => OWNER,
            CourseRole::CoTeacher => &[(Active, &[Active, Archived]), (Archived, &[Active, Archived])],
            CourseRole::Student | CourseRole::Stranger => &[],
        }
    }

    fn expected(from: CourseState, to: CourseState, role: CourseRole) -> Option<Step> {
        let (_, targets) = allowed(role).iter().find(|(state, _)| *state == from)?;
        targets.contains(&to).then_some(if from == to { Step::Stay } else { Step::Move })
    }

    #[test]
    fn every_state_target_and_role_is_as_the_table_says() {
        for role in CourseRole::ALL {
            for from in CourseState::ALL {
                for to in CourseState::ALL {
                    assert_eq!(step(from, to, role).ok(), expected(from, to, role), "{role:?}: {from} to {to}");
                }
            }
        }
    }

    #[test]
    fn a_suspension_ends_in_the_state_before_or_in_one_that_needs_no_acceptance() {
        let table: [(Option<CourseState>, &[CourseState]); 6] = [
            (None, &[Active, Archived]),
            (Some(Active), &[Active, Archived]),
            (Some(Archived), &[Active, Archived]),
            (Some(Provisioned), &[Active, Archived, Provisioned]),
            (Some(Declined), &[Active, Archived, Declined]),
            (Some(Suspended), &[Active, Archived]),
        ];
        for (origin, ends) in table {
            for to in CourseState::ALL {
                assert_eq!(ends_suspension(origin, to), ends.contains(&to), "{origin:?} to {to}");
            }
        }
    }

    #[test]
    fn a_refusal_is_about_the_role_only_where_the_role_may_change_nothing() {
        for role in CourseRole::ALL {
            for from in CourseState::ALL {
                for to in CourseState::ALL {
                    let Err(refusal) = step(from, to, role) else { continue };
                    let powerless = matches!(
                        (role, from),
                        (CourseRole::Student | CourseRole::Stranger, _)
                            | (CourseRole::CoTeacher, Provisioned | Declined | Suspended)
                            | (CourseRole::Admin, Suspended)
                    );
                    assert_eq!(refusal == TransitionError::Role, powerless, "{role:?}: {from} to {to}");
                }
            }
        }
    }

    #[test]
    fn a_conflict_names_where_the_course_is_and_where_it_may_go() {
        for role in CourseRole::ALL {
            for from in CourseState::ALL {
                for to in CourseState::ALL {
                    let Err(TransitionError::State(conflict)) = step(from, to, role) else { continue };
                    assert_eq!((conflict.from, conflict.to), (from, to));
                    for state in CourseState::ALL {
                        assert_eq!(
                            conflict.reachable.contains(state),
                            step(from, state, role) == Ok(Step::Move),
                            "{role:?}: {from} to {state}"
                        );
                    }
                }
            }
        }
    }

    #[rstest]
    #[case(Active, "admin owner co-teacher student")]
    #[case(Archived, "admin owner co-teacher student")]
    #[case(Provisioned, "admin owner")]
    #[case(Declined, "admin owner")]
    #[case(Suspended, "owner")]
    fn each_state_is_visible_to_the_roles_of_the_contract(#[case] state: CourseState, #[case] seen_by: &str) {
        for role in CourseRole::ALL {
            let expected = role == CourseRole::Operator || seen_by.split(' ').any(|name| name == role.name());
            assert_eq!(state.is_visible_to(role), expected, "{role:?}");
        }
    }

    #[test]
    fn an_administrator_who_owns_the_course_may_do_what_either_may() {
        let both = CourseAccess::of(Role::Admin, Some(Membership::Owner));
        for from in CourseState::ALL {
            for to in CourseState::ALL {
                let either = step(from, to, CourseRole::Admin).or_else(|_| step(from, to, CourseRole::Owner));
                assert_eq!(transition(from, to, both).ok(), either.ok(), "{from} to {to}");
            }
        }
        // The owner sees the suspended course, so the error names its state.
        assert!(matches!(transition(Suspended, Active, both), Err(TransitionError::State(conflict)) if conflict.reachable.is_empty()));
        let admin = CourseAccess::of(Role::Admin, None);
        assert_eq!(transition(Suspended, Active, admin), Err(TransitionError::Role));
    }

    #[test]
    fn the_way_to_deletion_can_be_walked_by_an_owner_and_is_the_shortest() {
        for state in CourseState::ALL {
            let Some(way) = state.way_to_deletion() else {
                assert!(state.reachable_by(CourseRole::Owner).is_empty());
                continue;
            };
            let mut here = state;
            for next in way {
                assert!(!here.reachable_by(CourseRole::Owner).contains(Archived) || *next == Archived);
                assert_eq!(step(here, *next, CourseRole::Owner), Ok(Step::Move));
                here = *next;
            }
            assert_eq!(here, Archived);
        }
    }

    #[test]
    fn what_a_state_lets_be_done_is_as_the_contract_says() {
        let edits: Vec<_> = CourseState::ALL.into_iter().filter(|state| state.allows_edits()).collect();
        let aliases: Vec<_> = CourseState::ALL.into_iter().filter(|state| state.allows_aliases()).collect();
        assert_eq!(edits, [Active, Provisioned]);
        assert_eq!(aliases, [Active, Archived, Provisioned, Declined]);
    }

    #[test]
    fn every_state_is_found_by_its_code_and_by_its_name() {
        for state in CourseState::ALL {
            assert_eq!(CourseState::by_code(i64::from(state.code())), Some(state));
            assert_eq!(CourseState::by_name(state.name()), Some(state));
        }
        assert_eq!(CourseState::by_code(0), None);
        assert_eq!(CourseState::by_name("active"), None);
        assert_eq!(CourseState::by_name("COURSE_STATE_UNSPECIFIED"), None);
    }

    #[test]
    fn a_set_of_states_holds_what_was_put_in() {
        let states: CourseStates = [Declined, Active, Declined].into_iter().collect();
        assert!(states.iter().eq([Active, Declined]));
        assert!(!states.contains(Archived));
        assert!(CourseStates::default().is_empty());
    }

    #[test]
    fn the_table_for_readers_has_a_row_and_a_column_for_each_state() {
        let table = transition_table();
        assert_eq!(table.len(), 7);
        assert_eq!(table[0], "| from \\ to | ACTIVE | ARCHIVED | PROVISIONED | DECLINED | SUSPENDED |");
        assert_eq!(
            table[4],
            "| PROVISIONED | operator, admin, owner | — | no change (operator, admin, owner) | operator, admin, owner | operator |"
        );
        assert_eq!(table[6], "| SUSPENDED | operator | operator | operator | operator | no change (operator) |");
    }
}
