//! Passwords and access tokens of a person. A new secret is shown once.

use actix_web::HttpResponse;
use derslik_domain::form::Violation;
use derslik_domain::identity::{Password, PersonField, PersonRefusal, Scopes, TokenLifetime, UserKey};
use derslik_ports::inbound::operators::{IssueTokenError, NewToken, UserError};

use super::form::Issue;
use super::show::{refuse, token_scopes};
use super::words::{full_name, issues};
use super::{change, person};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::keys::confirm;
use crate::notes::Note;
use crate::visit::Visit;

/// The longest life of a token, in days.
const MAX_DAYS: u32 = 36_500;

pub(super) async fn set_password(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, form) = (visit.t, visit.form());
    let (_, user) = person(&visit).await?;
    let password = match form.raw("password").filter(|password| !password.is_empty()) {
        None => None,
        Some(password) => match Password::new(password.as_bytes().to_vec()) {
            Ok(password) => Some(password),
            Err(error) => {
                let violation = Violation { field: PersonField::Password, problem: error.into() };
                return refuse(&visit, &user, issues(t, &PersonRefusal::Invalid(vec![violation]))).await;
            }
        },
    };
    if let Some(problem) = confirm(&visit, &form).await? {
        return refuse(&visit, &user, vec![Issue::new("confirm-password", problem)]).await;
    }
    match visit.operators()?.users.set_password(visit.account.id, UserKey::Id(user.id), password).await {
        Ok(random) => {
            let note = Note::ok(t.people_password_done(full_name(&user)));
            let note = match random {
                Some(random) => note.and(t.keys_shown_once()).with_secret(t.people_password(), random),
                None => note,
            };
            Ok(visit.leave(note, &format!("people/{}", user.id)))
        }
        Err(UserError::PasswordTooShort { min }) => {
            refuse(&visit, &user, vec![Issue::new("password", t.people_problem_too_short(min))]).await
        }
        Err(error) => Err(change::failure(&visit, error)),
    }
}

pub(super) async fn issue_token(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, form) = (visit.t, visit.form());
    let (_, user) = person(&visit).await?;
    let Some((scopes, lifetime)) = read(&form) else { return Err(Failure::Refused(t.people_bad_token())) };
    if scopes.is_empty() {
        return refuse(&visit, &user, vec![Issue::new("scopes", t.people_no_scope())]).await;
    }
    if let Some(problem) = confirm(&visit, &form).await? {
        return refuse(&visit, &user, vec![Issue::new("confirm-token", problem)]).await;
    }
    let new = NewToken { scopes, project: None, lifetime };
    match visit.operators()?.tokens.issue(visit.account.id, UserKey::Id(user.id), new).await {
        Ok(created) => {
            let note = Note::ok(t.people_token_done(full_name(&user))).and(t.keys_shown_once());
            let note = note.with_secret(t.keys_token(), created.token);
            Ok(visit.leave(note, &format!("people/{}", user.id)))
        }
        Err(IssueTokenError::UnknownUser) => Err(Failure::NotFound),
        Err(IssueTokenError::PassiveUser) => Err(Failure::Conflict(t.people_token_passive())),
        Err(IssueTokenError::UnknownProject { .. }) => Err(Failure::Refused(t.people_bad_token())),
        Err(IssueTokenError::Store(error)) => Err(error.into()),
    }
}

/// The scopes and the lifetime that a form asks for. `None` for a value that the page does not offer.
fn read(form: &Fields) -> Option<(Scopes, TokenLifetime)> {
    let scope = |name: &str| token_scopes().find(|scope| scope.name() == name);
    let scopes = form.all("scope").map(scope).collect::<Option<Scopes>>()?;
    let lifetime = match form.get("days")? {
        "never" => TokenLifetime::Never,
        days => TokenLifetime::Days(days.parse().ok().filter(|days| (1..=MAX_DAYS).contains(days))?),
    };
    Some((scopes, lifetime))
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::Scope;

    use super::*;

    #[test]
    fn a_form_names_scopes_and_a_lifetime() {
        let scopes: Scopes = [Scope::Courses, Scope::Sessions].into_iter().collect();
        let read = |form: &str| read(&Fields::read(form.as_bytes()));
        assert_eq!(read("scope=sessions&scope=classroom.courses&days=30"), Some((scopes, TokenLifetime::Days(30))));
        assert_eq!(read("days=never"), Some((Scopes::default(), TokenLifetime::Never)));
        for form in ["scope=jobs&days=1", "scope=x&days=1", "scope=sessions", "scope=sessions&days=0", "scope=sessions&days=36501"] {
            assert_eq!(read(form), None, "{form}");
        }
    }
}
