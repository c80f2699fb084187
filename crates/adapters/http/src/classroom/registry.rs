//! The resources of the courses API, and the paths of the original that are not implemented.

use super::engine::{Api, Slashed};
use super::{aliases, courses, grading_periods, profiles, rosters};

/// The API. A new resource is a line in `resources`.
pub(super) static API: Api = Api {
    resources: &[&courses::OPERATIONS, &grading_periods::OPERATIONS, &aliases::OPERATIONS, &rosters::OPERATIONS, &profiles::OPERATIONS],
    unimplemented: &[
        "v1/courses/*/announcements/**",
        "v1/courses/*/courseWork/**",
        "v1/courses/*/courseWorkMaterials/**",
        "v1/courses/*/posts/**",
        "v1/courses/*/studentGroups/**",
        "v1/courses/*/topics/**",
        "v1/invitations/**",
        "v1/registrations/**",
        "v1/userProfiles/*/guardianInvitations/**",
        "v1/userProfiles/*/guardians/**",
        "v1/userProfiles/*:checkUserCapability",
    ],
    // An alias may hold any character, also an unescaped slash.
    slashed: Slashed { variables: &["id", "courseId", "alias"], prefixes: &["d:", "p:", "d%3A", "p%3A", "d%3a", "p%3a"] },
};

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::classroom::engine::{Target, collections, find};

    fn found(verb: &str, path: &str) -> String {
        match find(&API, verb, path) {
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
    #[case("GET", "/v1/courses/p:a/aliases/b/aliases", "courses.aliases.list p:a/aliases/b")]
    #[case("DELETE", "/v1/courses/p:a/b/aliases/d:c/d", "courses.aliases.delete p:a/b|d:c/d")]
    #[case("DELETE", "/v1/courses/7/aliases/d%3A%C4%B1%C5%9F%C4%B1k", "courses.aliases.delete 7|d:ışık")]
    #[case("GET", "/v1/courses/7:checkAddOnCreationEligibility", "courses.checkAddOnCreationEligibility 7")]
    #[case("GET", "/v1/courses/d:a:b:checkGradingPeriodsSetupEligibility", "courses.checkGradingPeriodsSetupEligibility d:a:b")]
    #[case("GET", "/v1/courses/d:a/b:checkAddOnCreationEligibility", "courses.checkAddOnCreationEligibility d:a/b")]
    #[case("GET", "/v1/courses/d:a:b", "courses.get d:a:b")]
    #[case("DELETE", "/v1/courses/7/students/me", "courses.students.delete 7|me")]
    #[case("GET", "/v1/courses/d:a/b/students/me", "courses.students.get d:a/b|me")]
    #[case("GET", "/v1/userProfiles/me", "userProfiles.get me")]
    #[case("GET", "/v1/userProfiles/d:a", "userProfiles.get d:a")]
    #[case("GET", "/v1/userProfiles/d:a/b", "Unknown")]
    #[case("GET", "/v1/courses/7/courseWork", "Unimplemented")]
    #[case("GET", "/v1/courses/7/courseWork/8/studentSubmissions", "Unimplemented")]
    #[case("POST", "/v1/invitations", "Unimplemented")]
    #[case("GET", "/v1/userProfiles/me/guardians/1", "Unimplemented")]
    #[case("POST", "/v1/userProfiles/me:checkUserCapability", "Unimplemented")]
    #[case("GET", "/v1/lessons", "Unknown")]
    #[case("GET", "/v1/courses/7/lessons", "Unknown")]
    #[case("POST", "/v1/courses/7", "Unknown")]
    #[case("GET", "/v1/courses/%ff", "Malformed")]
    #[case("GET", "/v1/courses/d:%00", "Malformed")]
    fn a_path_means_one_thing(#[case] verb: &str, #[case] path: &str, #[case] means: &str) {
        assert_eq!(found(verb, path), means);
    }

    #[test]
    fn each_operation_has_its_own_name_and_path() {
        let operations: Vec<_> = API.operations().collect();
        for (place, one) in operations.iter().enumerate() {
            for other in operations.iter().skip(place + 1) {
                assert!((one.resource, one.name) != (other.resource, other.name), "{}.{}", one.resource, one.name);
                assert!((one.verb, one.path) != (other.verb, other.path), "{} {}", one.verb, one.path);
            }
        }
    }

    #[test]
    fn collections_are_named_by_the_operations_and_by_what_is_not_implemented() {
        assert!(collections(&API).into_iter().eq(["/v1/courses", "/v1/invitations", "/v1/registrations", "/v1/userProfiles"]));
    }
}
