//! The meaning of a path of the metadata server. Paths are read with and without a slash at their end.

use crate::percent;

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Whether this is a metadata server.
    Ping,
    /// What stands in a folder.
    Folder(Folder),
    /// Its address.
    Email,
    /// The names of its scopes.
    Scopes,
    /// The other names by which it is asked for.
    Aliases,
    /// A token.
    Token,
    /// An identity token, which is not given out.
    Identity,
    /// The id of the project, in letters.
    ProjectId,
    /// The number of the project.
    ProjectNumber,
    /// The domain of the APIs.
    UniverseDomain,
}

/// A folder of paths. A client that asks for one recursively gets all that stands below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// The versions of the metadata.
    Versions,
    /// All metadata.
    All,
    /// What is told about the machine.
    Instance,
    /// The service accounts.
    Accounts,
    /// The service account.
    Account,
    /// The project.
    Project,
    /// The domain of the APIs.
    Universe,
}

/// The alias of the service account.
pub(super) const DEFAULT: &str = "default";

/// Reads a path. `account` is the address of the service account. `None` is for a path that does not exist.
pub(super) fn read(path: &str, account: &str) -> Option<Question> {
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let is_account = |name: &str| name == DEFAULT || percent::decode(name) == account.as_bytes();
    // An account that is named in another way is another account.
    if let ["computeMetadata", "v1", "instance", "service-accounts", name, ..] = segments.as_slice()
        && !is_account(name)
    {
        return None;
    }
    if let Some(name) = segments.get_mut(4) {
        *name = DEFAULT;
    }
    match segments.as_slice() {
        [] => Some(Question::Ping),
        ["computeMetadata"] => Some(Question::Folder(Folder::Versions)),
        ["computeMetadata", "v1", below @ ..] => read_below(below),
        _ => None,
    }
}

fn read_below(segments: &[&str]) -> Option<Question> {
    match segments {
        [] => Some(Question::Folder(Folder::All)),
        ["instance"] => Some(Question::Folder(Folder::Instance)),
        ["instance", "service-accounts"] => Some(Question::Folder(Folder::Accounts)),
        ["instance", "service-accounts", DEFAULT] => Some(Question::Folder(Folder::Account)),
        ["instance", "service-accounts", DEFAULT, "aliases"] => Some(Question::Aliases),
        ["instance", "service-accounts", DEFAULT, "email"] => Some(Question::Email),
        ["instance", "service-accounts", DEFAULT, "scopes"] => Some(Question::Scopes),
        ["instance", "service-accounts", DEFAULT, "token"] => Some(Question::Token),
        ["instance", "service-accounts", DEFAULT, "identity"] => Some(Question::Identity),
        ["project"] => Some(Question::Folder(Folder::Project)),
        ["project", "numeric-project-id"] => Some(Question::ProjectNumber),
        ["project", "project-id"] => Some(Question::ProjectId),
        ["universe"] => Some(Question::Folder(Folder::Universe)),
        ["universe", "universe-domain"] => Some(Question::UniverseDomain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ACCOUNT: &str = "timetable@1329.iam.derslik.internal";

    #[rstest]
    #[case("/", Some(Question::Ping))]
    #[case("", Some(Question::Ping))]
    #[case("/computeMetadata/v1/", Some(Question::Folder(Folder::All)))]
    #[case("/computeMetadata/v1/instance", Some(Question::Folder(Folder::Instance)))]
    #[case("/computeMetadata/v1/instance/service-accounts/", Some(Question::Folder(Folder::Accounts)))]
    #[case("/computeMetadata/v1/instance/service-accounts/default/", Some(Question::Folder(Folder::Account)))]
    #[case("/computeMetadata/v1/instance/service-accounts/default/token", Some(Question::Token))]
    #[case("/computeMetadata/v1/instance/service-accounts/timetable@1329.iam.derslik.internal/token", Some(Question::Token))]
    #[case("/computeMetadata/v1/instance/service-accounts/timetable%401329.iam.derslik.internal/email", Some(Question::Email))]
    #[case("/computeMetadata/v1/instance/service-accounts/other@1329.iam.derslik.internal/token", None)]
    #[case("/computeMetadata/v1/instance/service-accounts/default/identity", Some(Question::Identity))]
    #[case("/computeMetadata/v1/instance/service-accounts/default/token/more", None)]
    #[case("/computeMetadata/v1/project/project-id", Some(Question::ProjectId))]
    #[case("/computeMetadata/v1/project/numeric-project-id", Some(Question::ProjectNumber))]
    #[case("/computeMetadata/v1/universe/universe-domain", Some(Question::UniverseDomain))]
    #[case("/computeMetadata/v2/project/project-id", None)]
    #[case("/computeMetadata/v1/instance/zone", None)]
    #[case("/v1/courses", None)]
    fn a_path_asks_for_one_thing(#[case] path: &str, #[case] question: Option<Question>) {
        assert_eq!(read(path, ACCOUNT), question, "{path}");
    }
}
