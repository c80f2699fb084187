//! The picture of the states of a course, and the moves beside it. The domain decides which moves are open; here they get places and words.

use derslik_domain::course::{Course, CourseRole, CourseState, MoveRefusal, moves};

use crate::locale::Language;
use crate::texts::Texts;

use CourseState::{Active, Archived, Declined, Provisioned, Suspended};

/// The roles whose moves can be shown. The visitor is the operator.
pub(super) const ROLES: [CourseRole; 4] = [CourseRole::Operator, CourseRole::Admin, CourseRole::Owner, CourseRole::CoTeacher];

/// The width of the box of a state, in units of the picture. The longest name has room in it in fonts with wide letters as well.
const WIDTH: u16 = 124;

/// The place of the upper left corner of each state, in units of the picture.
const PLACES: [(CourseState, u16, u16); 5] =
    [(Provisioned, 4, 24), (Active, 156, 24), (Archived, 308, 24), (Declined, 4, 198), (Suspended, 232, 198)];

/// Each move that some role can make, and its line.
const WAYS: [(CourseState, CourseState, &str); 13] = [
    (Provisioned, Active, "M130 44H153"),
    (Provisioned, Declined, "M52 64V195"),
    (Declined, Provisioned, "M78 196V67"),
    (Active, Archived, "M282 37H305"),
    (Archived, Active, "M308 51H285"),
    (Active, Suspended, "M202 66L261 195"),
    (Suspended, Active, "M285 196L232 67"),
    (Archived, Suspended, "M368 66L325 195"),
    (Suspended, Archived, "M345 196L390 67"),
    (Provisioned, Suspended, "M120 66L230 204"),
    (Suspended, Provisioned, "M243 196L130 60"),
    (Declined, Suspended, "M130 214H228"),
    (Suspended, Declined, "M230 230H132"),
];

/// A state in the picture.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StateBox {
    pub(super) name: &'static str,
    pub(super) x: u16,
    pub(super) y: u16,
    pub(super) width: u16,
    /// The middle of the box.
    pub(super) middle: u16,
    /// The base line of its name.
    pub(super) line: u16,
    /// The base line below it.
    pub(super) second_line: u16,
    pub(super) kind: BoxKind,
}

/// What a state is for the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BoxKind {
    /// The present state.
    Here,
    /// A move leads there.
    Open,
    /// No move leads there now.
    Shut,
}

impl StateBox {
    /// Whether the course has that state.
    pub(super) fn is_here(&self) -> bool {
        self.kind == BoxKind::Here
    }

    /// Whether a move leads there.
    pub(super) fn is_open(&self) -> bool {
        self.kind == BoxKind::Open
    }
}

/// A line of the picture.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) line: &'static str,
    pub(super) is_open: bool,
}

/// A move beside the picture.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) to: &'static str,
    pub(super) is_open: bool,
    /// The verb on the button; `None` where there is no button.
    pub(super) verb: Option<String>,
    pub(super) class: &'static str,
    /// What the move does, or why it is not open.
    pub(super) text: String,
}

/// The picture and the moves.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) boxes: Vec<StateBox>,
    pub(super) ways: Vec<Way>,
    pub(super) moves: Vec<Move>,
    /// What the picture shows, as a text.
    pub(super) description: String,
    /// What the thick lines mean.
    pub(super) open_to: String,
}

impl Machine {
    /// The moves of that role.
    pub(super) fn of(t: Texts, language: Language, course: &Course, role: CourseRole) -> Self {
        let verdicts: Vec<_> = moves(course, role.into()).collect();
        let is_open = |to: CourseState| verdicts.iter().any(|(state, verdict)| *state == to && verdict.is_ok());
        let boxes = PLACES.map(|(state, x, y)| {
            let kind = if state == course.state {
                BoxKind::Here
            } else if is_open(state) {
                BoxKind::Open
            } else {
                BoxKind::Shut
            };
            let line = if kind == BoxKind::Here { y + 20 } else { y + 24 };
            StateBox { name: state.name(), x, y, width: WIDTH, middle: x + WIDTH / 2, line, second_line: y + 34, kind }
        });
        let ways = WAYS.map(|(from, to, line)| Way { line, is_open: from == course.state && is_open(to) });
        let open: Vec<&str> = verdicts.iter().filter(|(_, verdict)| verdict.is_ok()).map(|(to, _)| to.name()).collect();
        let open = open.join(if language.is_rtl() { "، " } else { ", " });
        let description = if open.is_empty() {
            t.courses_machine_none(role.name(), course.state.name())
        } else {
            t.courses_machine_some(open, role.name(), course.state.name())
        };
        Self {
            boxes: boxes.into(),
            ways: ways.into(),
            moves: verdicts.into_iter().map(|(to, verdict)| move_of(t, course, role, to, verdict)).collect(),
            description,
            open_to: t.courses_open_to(role.name()),
        }
    }
}

fn move_of(t: Texts, course: &Course, role: CourseRole, to: CourseState, verdict: Result<(), MoveRefusal>) -> Move {
    let is_mine = role == CourseRole::Operator;
    let text = match verdict {
        Ok(()) if is_mine => effect(t, course, to),
        Ok(()) => t.courses_open_to(role.name()),
        Err(refusal) => why_not(t, course.state, to, refusal),
    };
    let class = match (course.state, to) {
        (_, Suspended) => "btn sm danger",
        (Provisioned, Active) => "btn sm primary",
        _ => "btn sm",
    };
    let has_button = is_mine && verdict.is_ok();
    Move { to: to.name(), is_open: verdict.is_ok(), verb: has_button.then(|| verb(t, course.state, to)), class, text }
}

/// What is written on the button of a move.
pub(super) fn verb(t: Texts, from: CourseState, to: CourseState) -> String {
    match (from, to) {
        (Suspended, _) => t.courses_restore(),
        (_, Suspended) => t.courses_suspend(),
        (Provisioned, Active) => t.courses_accept(),
        (_, Active) => t.courses_reactivate(),
        (_, Archived) => t.courses_archive(),
        (_, Provisioned) => t.courses_offer(),
        (_, Declined) => t.courses_decline(),
    }
}

/// What a move does.
fn effect(t: Texts, course: &Course, to: CourseState) -> String {
    match (course.state, to) {
        (Suspended, to) if course.suspended_from == Some(to) => t.courses_restore_back(),
        (Suspended, _) => t.courses_restore_other(),
        (_, Suspended) => t.courses_suspend_effect(),
        (Provisioned, Active) => t.courses_accept_effect(),
        (_, Active) => t.courses_reactivate_effect(),
        (_, Archived) => t.courses_archive_effect(),
        (_, Provisioned) => t.courses_offer_effect(),
        (_, Declined) => t.courses_decline_effect(),
    }
}

fn why_not(t: Texts, from: CourseState, to: CourseState, refusal: MoveRefusal) -> String {
    match refusal {
        MoveRefusal::NeedsRole(role) => t.courses_needs_role(role.name()),
        MoveRefusal::NotFromHere { first: Some(first) } => t.courses_first_to(first.name(), from.name()),
        MoveRefusal::NotFromHere { first: None } => t.courses_no_way(from.name(), to.name()),
        MoveRefusal::NotTheStateBefore => t.courses_not_before(to.name()),
    }
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders;

    use super::*;

    fn course(state: CourseState) -> Course {
        Course { state, suspended_from: None, ..builders::course(7) }
    }

    fn machine(state: CourseState, role: CourseRole) -> Machine {
        Machine::of(Texts::of(Language::English), Language::English, &course(state), role)
    }

    #[test]
    fn each_move_that_a_role_can_make_has_a_line() {
        for state in CourseState::ALL {
            for origin in [None, Some(Provisioned), Some(Declined)] {
                let course = Course { suspended_from: origin, ..course(state) };
                let drawn = Machine::of(Texts::of(Language::Turkish), Language::Turkish, &course, CourseRole::Operator);
                let open = moves(&course, CourseRole::Operator.into()).filter(|(_, verdict)| verdict.is_ok()).count();
                assert_eq!(drawn.ways.iter().filter(|way| way.is_open).count(), open, "{state}");
                assert_eq!(drawn.boxes.iter().filter(|place| place.kind == BoxKind::Open).count(), open, "{state}");
                assert_eq!(drawn.moves.iter().filter(|row| row.verb.is_some()).count(), open, "{state}");
            }
        }
    }

    #[test]
    fn the_moves_of_other_roles_have_reasons_and_no_buttons() {
        for role in ROLES.into_iter().filter(|role| *role != CourseRole::Operator) {
            for state in CourseState::ALL {
                let drawn = machine(state, role);
                assert_eq!(drawn.moves.len(), 4);
                assert!(drawn.moves.iter().all(|row| row.verb.is_none() && !row.text.is_empty()), "{role:?} {state}");
            }
        }
    }

    #[test]
    fn the_text_says_what_the_picture_shows() {
        let owner = machine(Provisioned, CourseRole::Owner);
        assert!(owner.description.contains("PROVISIONED") && owner.description.contains("ACTIVE, DECLINED"), "{}", owner.description);
        let teacher = machine(Provisioned, CourseRole::CoTeacher);
        assert!(!teacher.description.contains("ACTIVE"), "{}", teacher.description);
    }
}
