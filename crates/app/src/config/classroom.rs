//! The links and addresses of courses.

use anyhow::{Context, ensure};
use derslik_http::classroom::Templates;
use derslik_worker::handlers::CalendarTemplate;
use serde::{Deserialize, Serialize};

use super::Config;

/// The links and addresses of courses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClassroomConfig {
    /// The URL where people see a course; `{code}` is its id in base64.
    pub course_link: String,
    /// The e-mail address of a group; `{group}` is its name, `{account}` the name of the account.
    pub group_address: String,
    /// The URL where people see a folder; `{id}` is its id.
    pub folder_link: String,
    /// The id of a course's calendar; `{id}` is the id of the course, `{group}` the name of its group.
    pub calendar_id: String,
}

impl Default for ClassroomConfig {
    fn default() -> Self {
        let Templates { course_link, group_address, folder_link } = Templates::default();
        Self { course_link, group_address, folder_link, calendar_id: CalendarTemplate::DEFAULT.to_owned() }
    }
}

impl ClassroomConfig {
    /// The templates of links and addresses.
    pub fn templates(&self) -> Templates {
        let Self { course_link, group_address, folder_link, calendar_id: _ } = self.clone();
        Templates { course_link, group_address, folder_link }
    }

    /// Checks each template; the results stand under the names of their settings.
    pub(super) fn check(&self) -> [(&'static str, anyhow::Result<()>); 4] {
        let check =
            |setting, template: &str, needed: Option<&str>, known: &[&str]| (setting, check_template(setting, template, needed, known));
        [
            check("classroom.course_link", &self.course_link, Some("{code}"), &["{code}"]),
            check("classroom.group_address", &self.group_address, Some("{group}"), &["{group}", "{account}"]),
            check("classroom.folder_link", &self.folder_link, Some("{id}"), &["{id}"]),
            check("classroom.calendar_id", &self.calendar_id, None, &["{id}", "{group}"]),
        ]
    }
}

impl Config {
    /// The template of calendar ids.
    ///
    /// # Errors
    /// If the template can't be used.
    pub fn calendars(&self) -> anyhow::Result<CalendarTemplate> {
        let template = &self.classroom.calendar_id;
        CalendarTemplate::new(template).with_context(|| format!("classroom.calendar_id is {template:?}"))
    }
}

/// Checks that a template has known placeholders only, and the one that tells two objects apart.
fn check_template(setting: &str, template: &str, needed: Option<&str>, known: &[&str]) -> anyhow::Result<()> {
    let mut rest = template;
    while let Some((_, from_brace)) = rest.split_once('{') {
        let Some((name, after)) = from_brace.split_once('}') else { break };
        let placeholder = format!("{{{name}}}");
        ensure!(
            known.contains(&placeholder.as_str()),
            "{setting} has the placeholder {placeholder}, and there is only {}: {template:?}",
            known.join(" and ")
        );
        rest = after;
    }
    if let Some(needed) = needed {
        ensure!(template.contains(needed), "{setting} must have the placeholder {needed}, not be {template:?}");
    }
    Ok(())
}
