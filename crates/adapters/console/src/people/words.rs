//! Names, roles and states of people in words.

use derslik_domain::identity::{ClassroomRole, PersonField, PersonRefusal, User, UserState};

use super::form::{Choice, Issue, Status, problem};
use crate::texts::Texts;

/// The name by which pages call a person: both names, or else the name to log in by, the address or the id.
pub(crate) fn full_name(user: &User) -> String {
    let both = format!("{} {}", user.name, user.surname);
    let both = both.trim();
    if !both.is_empty() {
        return both.to_owned();
    }
    let username = user.username.as_ref().map(ToString::to_string);
    username.or_else(|| user.email.as_ref().map(ToString::to_string)).unwrap_or_else(|| format!("#{}", user.id))
}

/// A role in classrooms.
pub(super) fn role(t: Texts, role: ClassroomRole) -> String {
    match role {
        ClassroomRole::Admin => t.people_role_admin(),
        ClassroomRole::Instructor => t.people_role_instructor(),
        ClassroomRole::User => t.people_role_user(),
        ClassroomRole::SeniorInstructor => t.people_role_senior(),
        ClassroomRole::AssistantInstructor => t.people_role_assistant(),
    }
}

/// Every role, to choose one.
pub(super) fn roles(t: Texts, current: Option<&str>) -> Vec<Choice> {
    ClassroomRole::ALL.map(|one| Choice::new(one.code(), role(t, one), current == Some(one.code()))).into()
}

/// Whether a person may act.
pub(super) fn status(t: Texts, state: UserState) -> Status {
    match state {
        UserState::Active => Status { class: "ok", icon: "done", text: t.people_active() },
        UserState::Passive => Status { class: "off", icon: "pause", text: t.people_passive() },
        UserState::Deleted => Status { class: "off", icon: "ban", text: t.people_deleted() },
    }
}

/// The id of the input for a field. The pages have no input for the last ones.
const fn input_of(field: PersonField) -> &'static str {
    match field {
        PersonField::Surname => "surname",
        PersonField::Email => "email",
        PersonField::Username => "username",
        PersonField::Role => "role",
        PersonField::Password => "password",
        PersonField::Name
        | PersonField::Mobile
        | PersonField::LoginAllowed
        | PersonField::Active
        | PersonField::Lang
        | PersonField::Timezone
        | PersonField::ExpiresAt => "name",
    }
}

/// What is wrong with a form, field by field.
pub(super) fn issues(t: Texts, refusal: &PersonRefusal) -> Vec<Issue> {
    match refusal {
        PersonRefusal::EmailTaken => vec![Issue::new("email", t.people_email_taken())],
        PersonRefusal::UsernameTaken => vec![Issue::new("username", t.people_username_taken())],
        PersonRefusal::Invalid(violations) => violations
            .iter()
            .map(|violation| {
                let invalid = if violation.field == PersonField::Email { t.people_problem_email() } else { t.people_problem_invalid() };
                Issue::new(input_of(violation.field), problem(t, violation.problem, invalid))
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::form::{Problem, Violation};
    use derslik_domain::identity::PersonName;
    use derslik_testkit::builders::user;

    use super::*;
    use crate::locale::Language;

    #[test]
    fn a_person_is_called_by_the_best_name_there_is() {
        let nameless = User { name: PersonName::default(), surname: PersonName::default(), ..user(7) };
        assert_eq!(full_name(&user(7)), "Ayşe Yılmaz");
        assert_eq!(full_name(&nameless), "user7");
        assert_eq!(full_name(&User { username: None, ..nameless.clone() }), "user7@demo.example");
        assert_eq!(full_name(&User { username: None, email: None, ..nameless }), "#7");
    }

    #[test]
    fn each_broken_rule_stands_at_its_input() {
        let t = Texts::of(Language::English);
        let broken = |field, problem| Violation { field, problem };
        let refusal = PersonRefusal::Invalid(vec![
            broken(PersonField::Email, Problem::Invalid),
            broken(PersonField::Password, Problem::TooShort { min: 8 }),
        ]);
        let found = issues(t, &refusal);
        assert_eq!(found.iter().map(|issue| issue.field).collect::<Vec<_>>(), ["email", "password"]);
        assert_eq!(found[0].text, t.people_problem_email());
        assert_eq!(issues(t, &PersonRefusal::UsernameTaken), [Issue::new("username", t.people_username_taken())]);
    }
}
