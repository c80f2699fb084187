//! The list of the methods of the courses API, and the match of a path to one of them. The discovery document is built from the
//! same list.

use derslik_domain::course::{CatalogueAction, CourseAction, Roster};
use derslik_domain::identity::Scope;

use super::schema::{self, Message};

/// A method of the API.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    /// The resource that the method belongs to, as `courses.aliases`.
    pub(super) resource: &'static str,
    /// The name within the resource.
    pub(super) name: &'static str,
    pub(super) verb: &'static str,
    /// The path template, with the names of variables in braces.
    pub(super) path: &'static str,
    /// The parameters of the query, in addition to those of all methods.
    pub(super) query: &'static [Parameter],
    pub(super) request: Option<&'static Message>,
    pub(super) response: &'static Message,
    pub(super) about: &'static str,
}

/// The identifier of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    CreateCourse,
    ListCourses,
    GetCourse,
    PatchCourse,
    UpdateCourse,
    DeleteCourse,
    GetGradingPeriodSettings,
    UpdateGradingPeriodSettings,
    CheckAddOnCreationEligibility,
    CheckGradingPeriodsSetupEligibility,
    CreateAlias,
    ListAliases,
    DeleteAlias,
    CreateMember(Roster),
    ListMembers(Roster),
    GetMember(Roster),
    DeleteMember(Roster),
    GetProfile,
}

/// A parameter of the query.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: ParameterKind,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParameterKind {
    Text,
    Int32,
    FieldMask,
    States,
    Preview,
}

const fn parameter(name: &'static str, kind: ParameterKind) -> Parameter {
    Parameter { name, kind }
}

const PREVIEW: Parameter = parameter("previewVersion", ParameterKind::Preview);
const PAGE: [Parameter; 2] = [parameter("pageSize", ParameterKind::Int32), parameter("pageToken", ParameterKind::Text)];
const UPDATE_MASK: Parameter = parameter("updateMask", ParameterKind::FieldMask);
static ONLY_PREVIEW: [Parameter; 1] = [PREVIEW];
static PATCH: [Parameter; 2] = [UPDATE_MASK, PREVIEW];
static PAGED: [Parameter; 3] = {
    let [size, token] = PAGE;
    [size, token, PREVIEW]
};
static LIST: [Parameter; 8] = {
    let [size, token] = PAGE;
    [
        parameter("studentId", ParameterKind::Text),
        parameter("teacherId", ParameterKind::Text),
        parameter("courseStates", ParameterKind::States),
        size,
        token,
        PREVIEW,
        parameter("x-query", ParameterKind::Text),
        parameter("x-orderBy", ParameterKind::Text),
    ]
};
static JOIN: [Parameter; 2] = [parameter("enrollmentCode", ParameterKind::Text), PREVIEW];

/// Every method.
pub(super) static OPERATIONS: [Operation; 22] = [
    Operation {
        method: Method::CreateCourse,
        resource: "courses",
        name: "create",
        verb: "POST",
        path: "v1/courses",
        query: &ONLY_PREVIEW,
        request: Some(&schema::COURSE),
        response: &schema::COURSE,
        about: "Creates a course; with an alias in `id`, creates both or neither.",
    },
    Operation {
        method: Method::ListCourses,
        resource: "courses",
        name: "list",
        verb: "GET",
        path: "v1/courses",
        query: &LIST,
        request: None,
        response: &schema::COURSES,
        about: "Lists the courses that the caller sees, the newest first.",
    },
    Operation {
        method: Method::GetCourse,
        resource: "courses",
        name: "get",
        verb: "GET",
        path: "v1/courses/{id}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &schema::COURSE,
        about: "Returns a course.",
    },
    Operation {
        method: Method::PatchCourse,
        resource: "courses",
        name: "patch",
        verb: "PATCH",
        path: "v1/courses/{id}",
        query: &PATCH,
        request: Some(&schema::COURSE),
        response: &schema::COURSE,
        about: "Changes the fields of a course that the mask names.",
    },
    Operation {
        method: Method::UpdateCourse,
        resource: "courses",
        name: "update",
        verb: "PUT",
        path: "v1/courses/{id}",
        query: &ONLY_PREVIEW,
        request: Some(&schema::COURSE),
        response: &schema::COURSE,
        about: "Replaces a course.",
    },
    Operation {
        method: Method::DeleteCourse,
        resource: "courses",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{id}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &schema::EMPTY,
        about: "Deletes a course, which has to be archived.",
    },
    Operation {
        method: Method::GetGradingPeriodSettings,
        resource: "courses",
        name: "getGradingPeriodSettings",
        verb: "GET",
        path: "v1/courses/{courseId}/gradingPeriodSettings",
        query: &ONLY_PREVIEW,
        request: None,
        response: &schema::GRADING_PERIOD_SETTINGS,
        about: "Returns the grading periods of a course.",
    },
    Operation {
        method: Method::UpdateGradingPeriodSettings,
        resource: "courses",
        name: "updateGradingPeriodSettings",
        verb: "PATCH",
        path: "v1/courses/{courseId}/gradingPeriodSettings",
        query: &PATCH,
        request: Some(&schema::GRADING_PERIOD_SETTINGS),
        response: &schema::GRADING_PERIOD_SETTINGS,
        about: "Replaces the grading periods of a course.",
    },
    Operation {
        method: Method::CheckAddOnCreationEligibility,
        resource: "courses",
        name: "checkAddOnCreationEligibility",
        verb: "GET",
        path: "v1/courses/{courseId}:checkAddOnCreationEligibility",
        query: &ONLY_PREVIEW,
        request: None,
        response: &schema::ADD_ON_ELIGIBILITY,
        about: "Tells whether add-ons could attach something to the coursework of a course.",
    },
    Operation {
        method: Method::CheckGradingPeriodsSetupEligibility,
        resource: "courses",
        name: "checkGradingPeriodsSetupEligibility",
        verb: "GET",
        path: "v1/courses/{courseId}:checkGradingPeriodsSetupEligibility",
        query: &ONLY_PREVIEW,
        request: None,
        response: &schema::GRADING_PERIODS_ELIGIBILITY,
        about: "Tells whether the grading periods of a course could be changed.",
    },
    Operation {
        method: Method::CreateAlias,
        resource: "courses.aliases",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/aliases",
        query: &ONLY_PREVIEW,
        request: Some(&schema::COURSE_ALIAS),
        response: &schema::COURSE_ALIAS,
        about: "Attaches an alias to a course.",
    },
    Operation {
        method: Method::ListAliases,
        resource: "courses.aliases",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/aliases",
        query: &PAGED,
        request: None,
        response: &schema::COURSE_ALIASES,
        about: "Lists the aliases of a course.",
    },
    Operation {
        method: Method::DeleteAlias,
        resource: "courses.aliases",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/aliases/{alias}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &schema::EMPTY,
        about: "Detaches an alias from a course.",
    },
    Operation {
        method: Method::CreateMember(Roster::Teachers),
        resource: "courses.teachers",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/teachers",
        query: &ONLY_PREVIEW,
        request: Some(&schema::TEACHER),
        response: &schema::TEACHER,
        about: "Adds a teacher to a course.",
    },
    Operation {
        method: Method::ListMembers(Roster::Teachers),
        resource: "courses.teachers",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/teachers",
        query: &PAGED,
        request: None,
        response: &schema::TEACHERS,
        about: "Lists the teachers of a course.",
    },
    Operation {
        method: Method::GetMember(Roster::Teachers),
        resource: "courses.teachers",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/teachers/{userId}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &schema::TEACHER,
        about: "Returns a teacher of a course.",
    },
    Operation {
        method: Method::DeleteMember(Roster::Teachers),
        resource: "courses.teachers",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/teachers/{userId}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &schema::EMPTY,
        about: "Removes a teacher from a course.",
    },
    Operation {
        method: Method::CreateMember(Roster::Students),
        resource: "courses.students",
        name: "create",
        verb: "POST",
        path: "v1/courses/{courseId}/students",
        query: &JOIN,
        request: Some(&schema::STUDENT),
        response: &schema::STUDENT,
        about: "Adds a student to a course.",
    },
    Operation {
        method: Method::ListMembers(Roster::Students),
        resource: "courses.students",
        name: "list",
        verb: "GET",
        path: "v1/courses/{courseId}/students",
        query: &PAGED,
        request: None,
        response: &schema::STUDENTS,
        about: "Lists the students of a course.",
    },
    Operation {
        method: Method::GetMember(Roster::Students),
        resource: "courses.students",
        name: "get",
        verb: "GET",
        path: "v1/courses/{courseId}/students/{userId}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &schema::STUDENT,
        about: "Returns a student of a course.",
    },
    Operation {
        method: Method::DeleteMember(Roster::Students),
        resource: "courses.students",
        name: "delete",
        verb: "DELETE",
        path: "v1/courses/{courseId}/students/{userId}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &schema::EMPTY,
        about: "Removes a student from a course.",
    },
    Operation {
        method: Method::GetProfile,
        resource: "userProfiles",
        name: "get",
        verb: "GET",
        path: "v1/userProfiles/{userId}",
        query: &ONLY_PREVIEW,
        request: None,
        response: &schema::USER_PROFILE,
        about: "Returns the profile of a user.",
    },
];

impl Operation {
    /// The scopes of the method. Any one of them allows a call.
    pub(super) fn scopes(&self) -> &'static [Scope] {
        match self.method {
            Method::CreateCourse => CatalogueAction::Create.scopes(),
            Method::ListCourses => CatalogueAction::List.scopes(),
            Method::GetCourse => CourseAction::Get.scopes(),
            Method::PatchCourse | Method::UpdateCourse | Method::CreateAlias | Method::DeleteAlias => CourseAction::Edit.scopes(),
            Method::DeleteCourse => CourseAction::Delete.scopes(),
            Method::GetGradingPeriodSettings => CourseAction::ReadGradingPeriods.scopes(),
            Method::UpdateGradingPeriodSettings => CourseAction::WriteGradingPeriods.scopes(),
            Method::CheckAddOnCreationEligibility => CourseAction::CheckAddOns.scopes(),
            Method::CheckGradingPeriodsSetupEligibility => CourseAction::CheckGradingPeriods.scopes(),
            Method::ListAliases => CourseAction::ListAliases.scopes(),
            Method::CreateMember(roster) => CourseAction::AddTo(roster).scopes(),
            Method::ListMembers(roster) | Method::GetMember(roster) => CourseAction::ReadRoster(roster).scopes(),
            Method::DeleteMember(roster) => CourseAction::RemoveFrom(roster).scopes(),
            Method::GetProfile => CatalogueAction::ReadProfile.scopes(),
        }
    }
}

impl Operation {
    /// Whether the method creates something, so that an idempotency key applies to it.
    pub(super) const fn is_done_once(&self) -> bool {
        match self.method {
            Method::CreateCourse | Method::CreateAlias | Method::CreateMember(_) => true,
            Method::ListCourses
            | Method::GetCourse
            | Method::PatchCourse
            | Method::UpdateCourse
            | Method::DeleteCourse
            | Method::GetGradingPeriodSettings
            | Method::UpdateGradingPeriodSettings
            | Method::CheckAddOnCreationEligibility
            | Method::CheckGradingPeriodsSetupEligibility
            | Method::ListAliases
            | Method::DeleteAlias
            | Method::ListMembers(_)
            | Method::GetMember(_)
            | Method::DeleteMember(_)
            | Method::GetProfile => false,
        }
    }
}

/// The meaning of a path.
#[derive(Debug)]
pub(super) enum Target {
    /// A method, and the decoded values of the variables in its path.
    Operation(&'static Operation, Vec<String>),
    /// A method of the original that this service does not implement.
    Unimplemented,
    /// An unknown path.
    Unknown,
    /// A path with an escape that is not valid text.
    Malformed,
}

/// Collections of the original below a course that are not implemented.
const OTHER_OF_COURSE: [&str; 6] = ["announcements", "courseWork", "courseWorkMaterials", "posts", "studentGroups", "topics"];
/// Top-level collections of the original that are not implemented.
const OTHER: [&str; 2] = ["invitations", "registrations"];
/// Collections of the original below a user that are not implemented.
const OTHER_OF_USER: [&str; 2] = ["guardianInvitations", "guardians"];

/// Finds the meaning of a path, which is still encoded. An alias may hold any character, also an unescaped slash.
pub(super) fn find(verb: &str, path: &str) -> Target {
    let mut segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if segments.len() > 2 && segments.last() == Some(&"") {
        segments.pop();
    }
    if let Some(target) = find_exactly(verb, &segments) {
        return target;
    }
    if is_unimplemented(&segments) {
        return Target::Unimplemented;
    }
    // An unescaped slash splits an alias over several segments. The search first joins the id with one more segment, then two,
    // and so on.
    if let [version, "courses", id, rest @ ..] = segments.as_slice()
        && begins_as_alias(id)
    {
        for taken in 1..=rest.len() {
            let (more, tail) = rest.split_at(taken);
            let id = [&[*id], more].concat().join("/");
            let joined: Vec<&str> = [version, "courses", id.as_str()].into_iter().chain(tail.iter().copied()).collect();
            if let Some(target) = find_exactly(verb, &joined) {
                return target;
            }
        }
    }
    Target::Unknown
}

fn find_exactly(verb: &str, segments: &[&str]) -> Option<Target> {
    OPERATIONS.iter().filter(|operation| operation.verb == verb).find_map(|operation| {
        let raw = match_path(operation.path, segments)?;
        let decoded: Option<Vec<String>> = raw.iter().map(|raw| super::query::decode(raw)).collect();
        Some(decoded.map_or(Target::Malformed, |values| Target::Operation(operation, values)))
    })
}

/// The values of the variables in a path, if the path matches the template.
fn match_path(template: &str, segments: &[&str]) -> Option<Vec<String>> {
    let parts: Vec<&str> = template.split('/').collect();
    let mut values = Vec::new();
    for (position, part) in parts.iter().enumerate() {
        let is_last = position + 1 == parts.len();
        let segment = *segments.get(position)?;
        let Some((_, suffix)) = part.strip_prefix('{').and_then(|part| part.split_once('}')) else {
            if *part != segment {
                return None;
            }
            continue;
        };
        // An alias at the end may hold unescaped slashes.
        if is_last && *part == "{alias}" && begins_as_alias(segment) {
            values.push(segments.get(position..)?.join("/"));
            return Some(values);
        }
        let value = segment.strip_suffix(suffix).filter(|value| !value.is_empty())?;
        let has_verb = suffix.is_empty() && OPERATIONS.iter().filter_map(verb_of).any(|verb| segment.ends_with(verb));
        if is_last && has_verb {
            return None;
        }
        values.push(value.to_owned());
    }
    (segments.len() == parts.len()).then_some(values)
}

/// The custom verb at the end of a path, its colon included.
fn verb_of(operation: &Operation) -> Option<&'static str> {
    operation.path.rsplit_once('}').map(|(_, verb)| verb).filter(|verb| verb.starts_with(':'))
}

fn begins_as_alias(segment: &str) -> bool {
    ["d:", "p:", "d%3A", "p%3A", "d%3a", "p%3a"].iter().any(|prefix| segment.starts_with(prefix))
}

fn is_unimplemented(segments: &[&str]) -> bool {
    match segments {
        ["v1", first, ..] if OTHER.contains(first) => true,
        ["v1", "courses", _, below, ..] => OTHER_OF_COURSE.contains(below),
        ["v1", "userProfiles", user] => user.contains(":checkUserCapability"),
        ["v1", "userProfiles", _, below, ..] => OTHER_OF_USER.contains(below),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn found(verb: &str, path: &str) -> String {
        match find(verb, path) {
            Target::Operation(operation, values) => format!("{}.{} {}", operation.resource, operation.name, values.join("|")),
            other => format!("{other:?}"),
        }
    }

    #[rstest]
    #[case("GET", "/v1/courses", "courses.list ")]
    #[case("GET", "/v1/courses/12", "courses.get 12")]
    #[case("GET", "/v1/courses/p%3Aa%20b%2Fc", "courses.get p:a b/c")]
    #[case("GET", "/v1/courses/p:a%20b/c", "courses.get p:a b/c")]
    #[case("GET", "/v1/courses/p:a/b/c/aliases", "courses.aliases.list p:a/b/c")]
    #[case("DELETE", "/v1/courses/p:a/b/aliases/d:c/d", "courses.aliases.delete p:a/b|d:c/d")]
    #[case("DELETE", "/v1/courses/7/aliases/d%3A%C4%B1%C5%9F%C4%B1k", "courses.aliases.delete 7|d:ışık")]
    #[case("GET", "/v1/courses/7:checkAddOnCreationEligibility", "courses.checkAddOnCreationEligibility 7")]
    #[case("GET", "/v1/courses/d:a:b:checkGradingPeriodsSetupEligibility", "courses.checkGradingPeriodsSetupEligibility d:a:b")]
    #[case("GET", "/v1/courses/d:a:b", "courses.get d:a:b")]
    #[case("DELETE", "/v1/courses/7/students/me", "courses.students.delete 7|me")]
    #[case("GET", "/v1/userProfiles/me", "userProfiles.get me")]
    #[case("GET", "/v1/courses/7/courseWork", "Unimplemented")]
    #[case("POST", "/v1/invitations", "Unimplemented")]
    #[case("GET", "/v1/userProfiles/me/guardians/1", "Unimplemented")]
    #[case("GET", "/v1/lessons", "Unknown")]
    #[case("GET", "/v1/courses/7/lessons", "Unknown")]
    #[case("POST", "/v1/courses/7", "Unknown")]
    #[case("GET", "/v1/courses/%ff", "Malformed")]
    #[case("GET", "/v1/courses/d:%00", "Malformed")]
    fn a_path_means_one_thing(#[case] verb: &str, #[case] path: &str, #[case] means: &str) {
        assert_eq!(found(verb, path), means);
    }
}
