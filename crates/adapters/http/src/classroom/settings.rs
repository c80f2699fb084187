//! What of an answer belongs to the installation: links, addresses, and the key of page tokens.

/// How the links and addresses of courses are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// Where people see a course: `{code}` is its id in base64.
    pub course_link: String,
    /// The address of a group: `{group}` is its name, `{account}` the name of the account.
    pub group_address: String,
    /// Where people see a folder: `{id}` is its id.
    pub folder_link: String,
}

impl Default for Templates {
    fn default() -> Self {
        Self {
            course_link: "https://classroom.google.com/c/{code}".to_owned(),
            group_address: "{group}@{account}.example".to_owned(),
            folder_link: "https://drive.google.com/drive/folders/{id}".to_owned(),
        }
    }
}

impl Templates {
    pub(super) fn course_link(&self, code: &str) -> String {
        self.course_link.replace("{code}", code)
    }

    pub(super) fn group_address(&self, group: &str, account: &str) -> String {
        self.group_address.replace("{account}", account).replace("{group}", group)
    }

    pub(super) fn folder_link(&self, id: &str) -> String {
        self.folder_link.replace("{id}", id)
    }
}

/// What of the courses API belongs to the installation.
#[derive(Clone)]
pub struct ClassroomSettings {
    /// How links and addresses are made.
    pub templates: Templates,
    /// The key that page tokens are sealed with.
    pub page_key: [u8; 32],
}

impl std::fmt::Debug for ClassroomSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClassroomSettings").field("templates", &self.templates).finish_non_exhaustive()
    }
}
