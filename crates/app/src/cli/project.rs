//! `derslik project`

use clap::{Args, Subcommand, ValueEnum};
use derslik_domain::job::{NewProject, Platform, Project, ProjectName};
use derslik_domain::time::Zone;
use derslik_ports::inbound::operators::CreateProjectError;
use serde_json::{Value, json};

use super::list_args::ListArgs;
use super::output::one_line;
use super::{Context, Failure, Operator, database};

#[derive(Debug, Subcommand)]
pub(super) enum ProjectCommand {
    /// Creates a project in an account and prints its key.
    Create(CreateProject),
    /// Lists the projects of an account, by their ids.
    List(ListProjects),
}

#[derive(Debug, Args)]
pub(super) struct CreateProject {
    /// The name, unique in the account.
    name: String,
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// The platform of its clients.
    #[arg(long, value_enum, default_value_t = PlatformName::Web)]
    platform: PlatformName,
}

#[derive(Debug, Args)]
pub(super) struct ListProjects {
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    #[command(flatten)]
    list: ListArgs,
}

/// The platform of a project's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlatformName {
    /// A browser.
    Web,
    /// An Apple device.
    Ios,
    /// An Android device.
    Android,
}

impl ProjectCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Create(arguments) => {
                let new = arguments.read()?;
                let project = create(&Operator::open(context.config)?, &arguments.account, new)?;
                context.output.print(|| as_line(&project), || as_json(&project))
            }
            Self::List(arguments) => {
                let projects = list(&Operator::open(context.config)?, &arguments)?;
                context.output.print_list(&projects, as_line, as_json)
            }
        }
    }
}

impl CreateProject {
    fn read(&self) -> Result<NewProject, Failure> {
        let name = ProjectName::new(self.name.trim());
        let name = name.map_err(|error| Failure::Usage(anyhow::anyhow!("the name of the project is {error}")))?;
        let platform = match self.platform {
            PlatformName::Web => Platform::Web,
            PlatformName::Ios => Platform::Ios,
            PlatformName::Android => Platform::Android,
        };
        Ok(NewProject { name, platform })
    }
}

fn create(operator: &Operator, account: &str, new: NewProject) -> Result<Project, Failure> {
    let (id, name) = (operator.account(account)?, new.name.clone());
    operator.wait_for(operator.ports.projects.create(id, new)).map_err(|error| match error {
        CreateProjectError::NameTaken => Failure::Usage(anyhow::anyhow!(
            "there is a project called {:?} in the account already: name another, which differs in more than case",
            name.as_str()
        )),
        CreateProjectError::Store(error) => database(error),
    })
}

fn list(operator: &Operator, arguments: &ListProjects) -> Result<Vec<Project>, Failure> {
    let account = operator.account(&arguments.account)?;
    let read = |page| operator.wait_for(operator.ports.projects.list(account, page)).map_err(database);
    arguments.list.read(read, |project| project.id)
}

fn as_line(project: &Project) -> String {
    format!("{}\t{}\t{}\t{}", project.id, project.key, project.platform.name(), one_line(project.name.as_str()))
}

fn as_json(project: &Project) -> Value {
    json!({
        "id": project.id.get(),
        "key": project.key.to_string(),
        "platform": project.platform.name(),
        "name": project.name.as_str(),
        "created_at": project.created_at.in_zone(Zone::UTC).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_ports::inbound::operators::MockProjectAdministration;
    use derslik_ports::{Reason, StoreError};
    use derslik_testkit::builders::{PROJECT_KEY, project};

    use super::*;
    use crate::cli::operator::testing::{code_and_text, operator, operators};
    use crate::wiring::Operators;

    fn with(projects: MockProjectAdministration) -> Operator {
        operator(Operators { projects: Arc::new(projects), ..operators() })
    }

    fn arguments(name: &str) -> CreateProject {
        CreateProject { name: name.to_owned(), account: "okul".to_owned(), platform: PlatformName::Ios }
    }

    #[test]
    fn a_project_gets_its_name_without_blanks_around_it_and_is_shown_by_its_key() {
        let mut projects = MockProjectAdministration::new();
        projects.expect_create().once().returning(|account, new| {
            assert_eq!((account.get(), new.name.as_str(), new.platform), (7, "Demo", Platform::Ios));
            Ok(project())
        });
        let new = arguments(" Demo ").read().map_err(code_and_text).unwrap();
        let made = create(&with(projects), "okul", new).map_err(code_and_text).unwrap();
        assert_eq!(as_line(&made), format!("1\t{PROJECT_KEY}\tweb\tDemo"));
        assert_eq!((&as_json(&made)["key"], &as_json(&made)["platform"]), (&json!(PROJECT_KEY), &json!("web")));
        let (code, text) = arguments(" ").read().map_err(code_and_text).unwrap_err();
        assert!(code == 2 && text.contains("the name of the project is"), "{code}: {text}");
    }

    #[test]
    fn a_taken_name_is_a_wrong_argument_and_a_failed_store_is_another_exit_code() {
        let refused = |error: fn() -> CreateProjectError| {
            let mut projects = MockProjectAdministration::new();
            projects.expect_create().once().returning(move |_, _| Err(error()));
            let new = arguments("Demo").read().map_err(code_and_text).unwrap();
            create(&with(projects), "okul", new).map_err(code_and_text).unwrap_err()
        };
        let (code, text) = refused(|| CreateProjectError::NameTaken);
        assert!(code == 2 && text.contains("\"Demo\"") && text.contains("name another"), "{code}: {text}");
        assert_eq!(refused(|| StoreError::from(Reason::Locked).into()).0, 3);
    }

    #[test]
    fn a_list_begins_after_the_given_project() {
        let command = crate::cli::parsed(&["project", "list", "--account", "okul", "--after", "3", "--limit", "2"]);
        let crate::cli::Command::Project(ProjectCommand::List(arguments)) = command else { unreachable!("a list") };
        let mut projects = MockProjectAdministration::new();
        projects.expect_list().once().returning(|account, page| {
            assert_eq!((account.get(), page.size, page.after.map(derslik_domain::id::Id::get)), (7, 2, Some(3)));
            Ok(vec![project()])
        });
        assert_eq!(list(&with(projects), &arguments).map_err(code_and_text).unwrap(), [project()]);
    }
}
