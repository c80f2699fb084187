//! Courses: a list, and one of them with its states, roster, aliases and grading periods.
//!
//! | file | content |
//! |---|---|
//! | `list` | the list with its filters |
//! | `show` | one course |
//! | `machine` | the picture of the states, and the moves beside it |
//! | `moves` | moves a course to another state |
//! | `inputs` | the fields of the forms for a course |
//! | `create`, `edit`, `delete` | forms that make, change and delete a course |
//! | `members`, `aliases`, `periods` | forms for its roster, its aliases and its grading periods |
//! | `reasons` | why something was not done |

mod aliases;
mod create;
mod delete;
mod edit;
mod inputs;
mod list;
mod machine;
mod members;
mod moves;
mod periods;
mod reasons;
mod show;

use std::collections::{BTreeMap, BTreeSet};

use actix_web::web::{self, ServiceConfig};
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::UserRef;
use derslik_domain::course::{Course, CourseState, Revision};
use derslik_domain::id::{CourseId, PrincipalId};
use derslik_domain::identity::{Actor, User};
use derslik_ports::inbound::{CourseError, Precondition};
use futures_util::future::join_all;

use crate::failure::Failure;
use crate::fields::Fields;
use crate::visit::Visit;

pub(crate) use reasons::failure;

/// Adds the pages.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/courses", web::get().to(list::list))
        .route("/courses/new", web::get().to(create::form))
        .route("/courses/new", web::post().to(create::create))
        .route("/courses/{id}", web::get().to(show::show))
        .route("/courses/{id}/move", web::post().to(moves::move_to))
        .route("/courses/{id}/edit", web::get().to(edit::form))
        .route("/courses/{id}/edit", web::post().to(edit::save))
        .route("/courses/{id}/delete", web::get().to(delete::confirm))
        .route("/courses/{id}/delete", web::post().to(delete::delete))
        .route("/courses/{id}/members/add", web::post().to(members::add))
        .route("/courses/{id}/members/remove", web::post().to(members::remove))
        .route("/courses/{id}/aliases/add", web::post().to(aliases::add))
        .route("/courses/{id}/aliases/remove", web::post().to(aliases::remove))
        .route("/courses/{id}/periods", web::get().to(periods::form))
        .route("/courses/{id}/periods", web::post().to(periods::save));
}

/// A state as it is shown: an icon, a word and a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct StateView {
    name: &'static str,
    class: &'static str,
    icon: &'static str,
}

impl From<CourseState> for StateView {
    fn from(state: CourseState) -> Self {
        let (class, icon) = match state {
            CourseState::Active => ("ok", "done"),
            CourseState::Archived => ("off", "past"),
            CourseState::Provisioned => ("warn", "clock"),
            CourseState::Declined => ("off", "ban"),
            CourseState::Suspended => ("bad", "pause"),
        };
        Self { name: state.name(), class, icon }
    }
}

/// How the address names the course.
fn named(visit: &Visit) -> CourseRef {
    CourseRef::parse(visit.request.match_info().query("id"))
}

/// The course that the address names.
async fn find(visit: &Visit, actor: &Actor) -> Result<Course, Failure> {
    match visit.ports()?.clients.courses.get(actor, named(visit)).await {
        Ok(found) => Ok(found.course),
        Err(error) => Err(reasons::failure(visit.t, error)),
    }
}

/// The page of a course below the account.
fn path_of(course: CourseId) -> String {
    format!("courses/{course}")
}

/// The version of the course that a form was made for. A form without one fits no version.
fn seen_in(form: &Fields, course: CourseId) -> Precondition {
    let revision = form.get("revision").and_then(|number| number.parse().ok()).map(Revision::new);
    Precondition::OneOf(revision.map(|revision| (course, revision)).into_iter().collect())
}

/// The name of a person, or else the address, or the id.
fn name_of(user: &User) -> String {
    let name = format!("{} {}", user.name, user.surname);
    match (name.trim(), &user.email) {
        ("", Some(email)) => email.as_str().to_owned(),
        ("", None) => user.id.to_string(),
        (name, _) => name.to_owned(),
    }
}

/// The names of those people who are there.
async fn names_of(
    visit: &Visit,
    actor: &Actor,
    people: impl Iterator<Item = PrincipalId>,
) -> Result<BTreeMap<PrincipalId, String>, Failure> {
    let rosters = &visit.ports()?.clients.rosters;
    let people: BTreeSet<PrincipalId> = people.collect();
    let found = join_all(people.iter().map(|person| rosters.profile(actor, UserRef::Id(*person)))).await;
    let mut names = BTreeMap::new();
    for profile in found {
        match profile {
            Ok(user) => {
                names.insert(user.id, name_of(&user));
            }
            Err(CourseError::UnknownUser) => {}
            Err(error) => return Err(reasons::failure(visit.t, error)),
        }
    }
    Ok(names)
}

#[cfg(test)]
mod testing {
    use crate::locale::Language;
    use crate::shell::{Section, Shell};
    use crate::texts::Texts;

    /// A text that would be markup if it was not escaped.
    pub(super) const HOSTILE: &str = "<script>alert('1')</script>\" onfocus=\"x&";

    /// The frame of a page whose visitor may only read.
    pub(super) fn shell(language: Language) -> Shell {
        Shell {
            t: Texts::of(language),
            language,
            title: HOSTILE.to_owned(),
            section: Section::Courses,
            base: "/console/7/".to_owned(),
            places: Vec::new(),
            accounts: Vec::new(),
            languages: Vec::new(),
            admin: None,
            can_change: false,
            is_disabled: false,
            form_token: "0f".to_owned(),
            docs_url: "/docs",
            note: None,
            bar: None,
        }
    }

    /// Asserts that no hostile text became markup, and that a visitor who may only read sees why.
    pub(super) fn assert_harmless(html: &str) {
        assert!(!html.contains("<script>") && !html.contains("\" onfocus"), "{html}");
        assert!(html.contains("id=\"viewer\""), "{html}");
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::identity::PersonName;
    use derslik_testkit::builders::user;

    use super::*;

    #[test]
    fn a_person_without_a_name_is_shown_by_address_or_id() {
        let named = user(4);
        let nameless = User { name: PersonName::default(), surname: PersonName::default(), ..user(4) };
        let erased = User { email: None, ..nameless.clone() };
        assert_eq!([named, nameless, erased].map(|user| name_of(&user)), ["Ayşe Yılmaz", "user4@demo.example", "4"]);
    }

    #[test]
    fn a_form_is_about_the_version_that_it_was_made_for() {
        let course = Id::new(7);
        let seen = |form: &[u8]| seen_in(&Fields::read(form), course);
        assert_eq!(seen(b"revision=3"), Precondition::OneOf(vec![(course, Revision::new(3))]));
        for form in [&b""[..], b"revision=", b"revision=x"] {
            assert_eq!(seen(form), Precondition::OneOf(Vec::new()));
        }
    }
}
