//! Follows one course from its creation to its deletion, with the refusals on the way, and prints the table of all moves.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use derslik_domain::course::roster::{Membership, UserStatus};
use derslik_domain::course::{
    Change, Course, CourseAccess, CourseForm, CourseSettings, CourseState, EnrollmentCode, NamedOwner, NewCourseContext, create, delete,
    move_to, transition_table,
};
use derslik_domain::form::Field;
use derslik_domain::id::{Id, PrincipalId};
use derslik_domain::identity::{PrincipalKind, Role};
use derslik_domain::time::Timestamp;

fn main() -> Result<(), Box<dyn Error>> {
    let start: Timestamp = "2026-09-01T08:00:00+03:00".parse()?;
    let teacher: PrincipalId = Id::new(2);
    let owner = CourseAccess::of(Role::Member, Some(Membership::Owner));
    let student = CourseAccess::of(Role::Member, Some(Membership::Student));

    let settings = CourseSettings::default();
    let course = create(biology(), context(teacher, &settings, start))?.course;
    println!("{:<12} created by its owner", course.state.name());

    // The states that may come next depend on who asks.
    let refused = move_to(&course, CourseState::Active, student, start);
    println!("{:<12} refused to a student: {refused:?}", course.state.name());

    let course = moved(&course, CourseState::Active, owner, start)?;
    let refused = delete(&course, owner);
    println!("{:<12} not to be deleted yet: {refused:?}", course.state.name());
    println!("{:<12} on the way to its deletion: {:?}", course.state.name(), course.state.way_to_deletion());

    let course = moved(&course, CourseState::Archived, owner, start)?;
    delete(&course, owner)?;
    println!("{:<12} deleted by its owner\n", course.state.name());

    for line in transition_table() {
        println!("{line}");
    }
    Ok(())
}

fn biology() -> CourseForm {
    let text = |text: &str| Field::Given(text.as_bytes().to_vec());
    CourseForm { name: text("10. Sınıf Biyoloji"), section: text("Dönem 2"), owner: text("me"), ..CourseForm::default() }
}

/// What the rules of a creation depend on. The id and the random numbers come from the caller.
fn context(teacher: PrincipalId, settings: &CourseSettings, at: Timestamp) -> NewCourseContext<'_> {
    NewCourseContext {
        id: Id::new(7),
        enrollment_code: EnrollmentCode::from_random(7),
        group_random: 7,
        teacher_folder: None,
        creator: teacher,
        role: Role::Member,
        settings,
        owner: Some(NamedOwner { user: teacher, kind: PrincipalKind::User, status: UserStatus::Active }),
        at,
    }
}

/// The course after a move, which is printed with the facts that a store would record.
fn moved(course: &Course, to: CourseState, access: CourseAccess, at: Timestamp) -> Result<Course, Box<dyn Error>> {
    let Change { course, facts } = move_to(course, to, access, at)?;
    println!("{:<12} {facts:?}", course.state.name());
    Ok(course)
}
