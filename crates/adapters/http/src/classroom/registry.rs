//! The resources of the courses API, and the methods of the original that are only described.

use std::sync::OnceLock;

use super::engine::{Api, Slashed};
use super::{aliases, courses, described, grading_periods, profiles, rosters, words};

/// The API. A new resource is a line in `resources`.
pub(super) static API: Api = Api {
    resources: &[&courses::OPERATIONS, &grading_periods::OPERATIONS, &aliases::OPERATIONS, &rosters::OPERATIONS, &profiles::OPERATIONS],
    described: &described::DESCRIBED,
    unimplemented: &["v1/userProfiles/*:checkUserCapability"],
    // An alias may hold any character, also an unescaped slash.
    slashed: Slashed { variables: &["id", "courseId", "alias"], prefixes: &["d:", "p:", "d%3A", "p%3A", "d%3a", "p%3a"] },
    scopes: &words::SCOPES,
    parameters: &words::PARAMETERS,
    document: OnceLock::new(),
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
    #[case("GET", "/v1/courses/d:a:accept", "courses.get d:a:accept")]
    #[case("GET", "/v1/courses/7:checkAddOnCreationEligibility:accept", "courses.get 7:checkAddOnCreationEligibility:accept")]
    #[case("DELETE", "/v1/courses/7/students/me", "courses.students.delete 7|me")]
    #[case("GET", "/v1/courses/d:a/b/students/me", "courses.students.get d:a/b|me")]
    #[case("GET", "/v1/userProfiles/me", "userProfiles.get me")]
    #[case("GET", "/v1/userProfiles/d:a", "userProfiles.get d:a")]
    #[case("GET", "/v1/userProfiles/d:a/b", "Unknown")]
    #[case("GET", "/v1/courses/7/courseWork", "Unimplemented")]
    #[case("GET", "/v1/courses/7/courseWork/8/studentSubmissions", "Unimplemented")]
    #[case("GET", "/v1/courses/d:a/b/courseWork", "Unimplemented")]
    #[case("POST", "/v1/courses/7/courseWork/8/studentSubmissions/9:turnIn", "Unimplemented")]
    #[case("GET", "/v1/courses/7/courseWork/8/studentSubmissions/9:turnIn", "Unknown")]
    #[case("GET", "/v1/courses/7/courseWork/8/grades", "Unknown")]
    #[case("DELETE", "/v1/courses/7/courseWork", "Unknown")]
    #[case("POST", "/v1/invitations/9:accept", "Unimplemented")]
    #[case("POST", "/v1/invitations", "Unimplemented")]
    #[case("GET", "/v1/userProfiles/me/guardians/1", "Unimplemented")]
    #[case("GET", "/v1/userProfiles/me:checkUserCapability", "Unimplemented")]
    #[case("GET", "/v1/lessons", "Unknown")]
    #[case("GET", "/v1/courses/7/lessons", "Unknown")]
    #[case("POST", "/v1/courses/7", "Unknown")]
    #[case("GET", "/v1/courses/%ff", "Malformed")]
    #[case("GET", "/v1/courses/d:%00", "Malformed")]
    fn a_path_means_one_thing(#[case] verb: &str, #[case] path: &str, #[case] means: &str) {
        assert_eq!(found(verb, path), means);
    }

    #[test]
    fn each_method_has_its_own_name_and_path() {
        let methods: Vec<_> = API.methods().collect();
        for (place, one) in methods.iter().enumerate() {
            for other in methods.iter().skip(place + 1) {
                assert!((one.resource, one.name) != (other.resource, other.name), "{}.{}", one.resource, one.name);
                assert!((one.verb, one.path) != (other.verb, other.path), "{} {}", one.verb, one.path);
            }
        }
    }

    /// A path of a template, with a number for each variable.
    fn path_of(template: &str) -> String {
        let mut path = String::from("/");
        for (place, part) in template.split('{').enumerate() {
            match part.split_once('}') {
                Some((_, rest)) => path.extend([place.to_string().as_str(), rest]),
                None => path += part,
            }
        }
        path
    }

    #[test]
    fn the_description_names_every_method_of_the_original_and_two_older_ones() {
        let older = ["checkAddOnCreationEligibility", "checkGradingPeriodsSetupEligibility"];
        let methods: Vec<_> = API.methods().collect();
        assert_eq!(methods.iter().filter(|method| !older.contains(&method.name)).count(), 105);
        assert_eq!(methods.iter().filter(|method| older.contains(&method.name)).count(), older.len());
    }

    #[test]
    fn every_method_that_is_only_described_is_answered_as_such() {
        for described in API.described() {
            let path = path_of(described.path);
            assert_eq!(found(described.verb, &path), "Unimplemented", "{} {path}", described.verb);
        }
    }

    #[test]
    fn every_scope_and_every_parameter_has_a_text_and_no_text_is_left_over() {
        let (mut scopes, mut texts) = (BTreeSet::new(), BTreeSet::new());
        for method in API.methods() {
            assert!(!method.scopes.is_empty(), "{}.{}", method.resource, method.name);
            scopes.extend(method.scopes);
            let in_path = method.path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name));
            let in_query = method.query.iter().map(|parameter| parameter.name).filter(|name| !name.starts_with("x-"));
            for name in in_path.chain(in_query) {
                let text = API.parameter_text(method.resource, name);
                texts.insert(text.unwrap_or_else(|| panic!("{}.{} {name}", method.resource, method.name)));
            }
        }
        assert!(scopes.into_iter().eq(API.scopes.iter().map(|scope| scope.name)), "the list of scopes");
        let unused: Vec<_> = API.parameters.iter().filter(|parameter| !texts.contains(parameter.about)).map(|unused| unused.name).collect();
        assert!(unused.is_empty(), "{unused:?}");
    }

    #[test]
    fn collections_are_named_by_the_operations_and_by_what_is_not_implemented() {
        assert!(collections(&API).into_iter().eq(["/v1/courses", "/v1/invitations", "/v1/registrations", "/v1/userProfiles"]));
    }
}
