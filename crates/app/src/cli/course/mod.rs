//! `derslik course`

mod gradebook;
mod materials;
mod shown;

use clap::{Args, Subcommand, ValueEnum};
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::{Course, CourseState};
use derslik_ports::inbound::operators::{CourseOperation, CourseOperationError};

use self::gradebook::GradebookArgs;
use self::materials::MaterialsArgs;
use super::{Context, Failure, Operator, database};

#[derive(Debug, Subcommand)]
pub(super) enum CourseCommand {
    /// Suspends a course: only its owner still sees it, and no request changes it.
    Suspend(OneCourse),
    /// Ends the suspension of a course.
    Restore {
        #[command(flatten)]
        one: OneCourse,
        /// The state of the course afterwards [default: the state before the suspension].
        #[arg(long = "to", value_enum)]
        state: Option<RestoredState>,
    },
    /// Turns notifications of guardians about a course on or off.
    Guardians {
        #[command(flatten)]
        one: OneCourse,
        /// Whether guardians are notified about the course.
        #[arg(value_enum)]
        switch: Switch,
    },
    /// Sets how the overall grades of a course are calculated and shown; settings that are not named stay.
    Gradebook {
        #[command(flatten)]
        one: OneCourse,
        #[command(flatten)]
        gradebook: GradebookArgs,
    },
    /// Replaces the materials of the "about" page of a course.
    Materials {
        #[command(flatten)]
        one: OneCourse,
        #[command(flatten)]
        materials: MaterialsArgs,
    },
}

#[derive(Debug, Args)]
pub(super) struct OneCourse {
    /// The id of the course, or an alias of the account such as d:math.
    course: String,
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
}

/// The states to which a suspended course can be restored, independent of its state before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RestoredState {
    /// In use.
    Active,
    /// No longer in use.
    Archived,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    /// Guardians are notified.
    On,
    /// Guardians are not notified.
    Off,
}

impl RestoredState {
    const fn state(self) -> CourseState {
        match self {
            Self::Active => CourseState::Active,
            Self::Archived => CourseState::Archived,
        }
    }
}

impl CourseCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        let (one, operation) = match self {
            Self::Suspend(one) => (one, CourseOperation::Suspend),
            Self::Restore { one, state } => (one, CourseOperation::Restore(state.map(RestoredState::state))),
            Self::Guardians { one, switch } => (one, CourseOperation::Guardians(switch == Switch::On)),
            Self::Gradebook { one, gradebook } => (one, CourseOperation::Gradebook(gradebook.form())),
            Self::Materials { one, materials } => (one, CourseOperation::Materials(materials.read()?)),
        };
        change(context, &one, operation)
    }
}

fn change(context: &Context<'_>, one: &OneCourse, operation: CourseOperation) -> Result<(), Failure> {
    let operator = Operator::open(context.config)?;
    let course = operate(&operator, one, operation)?;
    context.output.print(|| shown::as_line(&course), || shown::as_json(&course))
}

fn operate(operator: &Operator, one: &OneCourse, operation: CourseOperation) -> Result<Course, Failure> {
    let account = operator.account(&one.account)?;
    let changed = operator.ports.courses.operate(account, CourseRef::parse(&one.course), operation);
    operator.wait_for(changed).map_err(|error| match error {
        CourseOperationError::Store(error) => database(error),
        error => Failure::Usage(anyhow::Error::new(error).context(format!("course {}", one.course))),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::Id;
    use derslik_ports::inbound::operators::MockCourseOperations;
    use derslik_ports::{Reason, StoreError};
    use derslik_testkit::builders::course;

    use super::*;
    use crate::cli::operator::testing::{code_and_text, operator, operators};
    use crate::wiring::Operators;

    fn suspend(done: fn() -> Result<Course, CourseOperationError>) -> Result<Course, (u8, String)> {
        let mut courses = MockCourseOperations::new();
        courses.expect_operate().once().returning(move |account, named, operation| {
            assert_eq!((account, named, operation), (Id::new(7), CourseRef::parse("d:math"), CourseOperation::Suspend));
            done()
        });
        let one = OneCourse { course: "d:math".to_owned(), account: "okul".to_owned() };
        let operator = operator(Operators { courses: Arc::new(courses), ..operators() });
        operate(&operator, &one, CourseOperation::Suspend).map_err(code_and_text)
    }

    #[test]
    fn a_refused_operation_names_the_course_and_a_failed_store_is_another_exit_code() {
        assert_eq!(suspend(|| Ok(course(7))), Ok(course(7)));
        let refused = suspend(|| Err(CourseOperationError::NotFound));
        assert_eq!(refused, Err((2, "course d:math: there is no such course".to_owned())));
        assert_eq!(suspend(|| Err(StoreError::from(Reason::Locked).into())).unwrap_err().0, 3);
    }
}
