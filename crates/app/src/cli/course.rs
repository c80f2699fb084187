//! `derslik course`

use std::io::Write;

use clap::{Args, Subcommand, ValueEnum};
use derslik_domain::course::{Course, CourseRef, CourseState};
use derslik_domain::time::{Timestamp, Zone};
use derslik_services::courses::{CourseOperation, OperateCourseError, operate};
use serde_json::json;

use super::{Failure, clock, find_account, open_database, runtime};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum CourseCommand {
    /// Closes a course: only its owner still sees it, and nobody changes it.
    Suspend(OneCourse),
    /// Ends the suspension of a course.
    Restore {
        #[command(flatten)]
        one: OneCourse,
        /// The state in which the course goes on.
        #[arg(long = "to", value_enum, default_value_t = RestoredState::Active)]
        state: RestoredState,
    },
}

#[derive(Debug, Args)]
pub(super) struct OneCourse {
    /// The id of the course, or an alias of the account, as d:math.
    course: String,
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Where a suspension may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RestoredState {
    /// In use.
    Active,
    /// Over.
    Archived,
}

impl CourseCommand {
    pub(super) fn run(self, config: &Config) -> Result<(), Failure> {
        match self {
            Self::Suspend(one) => change(config, &one, CourseOperation::Suspend),
            Self::Restore { one, state: RestoredState::Active } => change(config, &one, CourseOperation::Restore(CourseState::Active)),
            Self::Restore { one, state: RestoredState::Archived } => change(config, &one, CourseOperation::Restore(CourseState::Archived)),
        }
    }
}

fn change(config: &Config, one: &OneCourse, operation: CourseOperation) -> Result<(), Failure> {
    let runtime = runtime(config)?;
    let uow = open_database(config, &runtime)?;
    let account = runtime.block_on(find_account(&uow, &one.account))?;
    let changed = operate(&uow, account, CourseRef::parse(&one.course), operation, clock(config)?.now());
    let course = runtime.block_on(changed).map_err(|error| match error {
        OperateCourseError::Store(error) => Failure::Database(error.into()),
        error => Failure::Usage(anyhow::Error::new(error).context(format!("course {}", one.course))),
    })?;
    let text = if one.json { as_json(&course).to_string() } else { as_line(&course) };
    writeln!(std::io::stdout(), "{text}").map_err(|error| Failure::Other(error.into()))
}

fn as_line(course: &Course) -> String {
    format!("{}\t{}\t{}\t{}", course.id, course.state, shown(course.updated_at), course.details.name)
}

fn as_json(course: &Course) -> serde_json::Value {
    json!({
        "id": course.id.to_string(),
        "name": course.details.name.as_str(),
        "owner": course.owner.to_string(),
        "state": course.state.name(),
        "created_at": shown(course.created_at),
        "updated_at": shown(course.updated_at),
    })
}

fn shown(instant: Timestamp) -> String {
    instant.in_zone(Zone::UTC).to_string()
}
