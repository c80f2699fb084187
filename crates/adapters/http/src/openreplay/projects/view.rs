//! A project as clients see it.

use derslik_domain::job::Project;
use serde::Serialize;

use crate::openreplay::words::platform_name;

/// A project.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::openreplay) struct ProjectView<'a> {
    project_id: i64,
    project_key: &'a str,
    name: &'a str,
    platform: &'static str,
}

impl<'a> ProjectView<'a> {
    pub(in crate::openreplay) fn new(project: &'a Project) -> Self {
        let Project { id, key, name, platform, created_at: _ } = project;
        Self { project_id: id.get(), project_key: key.as_str(), name: name.as_str(), platform: platform_name(*platform) }
    }
}
