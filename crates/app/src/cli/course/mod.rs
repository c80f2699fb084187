//! `derslik course`

mod gradebook;
mod materials;
mod shown;

use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use derslik_domain::course::{CourseRef, CourseState};
use derslik_services::courses::{CourseOperation, OperateCourseError, operate};

use self::gradebook::GradebookArgs;
use self::materials::MaterialsArgs;
use super::{Context, Failure, clock, find_account, open_database, runtime};
use crate::system::SystemIds;

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
    let config = context.config;
    let runtime = runtime(config)?;
    let uow = open_database(config, &runtime)?;
    let account = runtime.block_on(find_account(&uow, &one.account))?;
    let changed = operate(&uow, account, CourseRef::parse(&one.course), operation, Arc::new(SystemIds), clock(config)?.now());
    let course = runtime.block_on(changed).map_err(|error| match error {
        OperateCourseError::Store(error) => Failure::Database(error.into()),
        error => Failure::Usage(anyhow::Error::new(error).context(format!("course {}", one.course))),
    })?;
    context.output.print(|| shown::as_line(&course), || shown::as_json(&course))
}
