//! Puts people on the roster of a course, and takes them off.

use actix_web::HttpResponse;
use derslik_domain::course::alias::CourseRef;
use derslik_domain::course::roster::{Roster, UserRef};
use derslik_domain::id::CourseId;
use derslik_ports::inbound::NewMember;

use super::show::{self, Refused, Said, name_of_roster};
use super::{find, name_of, path_of, reasons};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::visit::Visit;

fn roster_in(form: &Fields) -> Roster {
    if form.get("roster") == Some(name_of_roster(Roster::Students)) { Roster::Students } else { Roster::Teachers }
}

/// The page of the course with that roster.
fn path(course: CourseId, roster: Roster) -> String {
    format!("{}?roster={}", path_of(course), name_of_roster(roster))
}

/// Adds a person, by id or e-mail address.
pub(super) async fn add(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, form) = (visit.t, visit.form());
    let (roster, user) = (roster_in(&form), form.text("user").to_owned());
    let actor = visit.actor().await?;
    let course = find(&visit, &actor).await?.id;
    let new_member = NewMember { roster, user: UserRef::parse(&user), code: None };
    match visit.ports()?.clients.rosters.add(&actor, CourseRef::Id(course), new_member, None).await {
        Ok(_) => Ok(visit.leave(Note::ok(t.courses_member_added()), &path(course, roster))),
        Err(error) => {
            let reason = reasons::reason(t, error)?;
            let said = Said { member: Refused { value: user, reason: Some(reason) }, ..Said::default() };
            show::refused(&visit, &actor, roster, said).await
        }
    }
}

/// Removes a person.
pub(super) async fn remove(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, form) = (visit.t, visit.form());
    let (roster, user) = (roster_in(&form), UserRef::parse(form.text("user")));
    let actor = visit.actor().await?;
    let course = find(&visit, &actor).await?.id;
    let rosters = &visit.ports()?.clients.rosters;
    let note = match rosters.get(&actor, CourseRef::Id(course), roster, user.clone()).await {
        Ok(member) => match rosters.remove(&actor, CourseRef::Id(course), roster, user).await {
            Ok(()) => Note::ok(t.courses_member_removed(name_of(&member.user))),
            Err(error) => Note::bad(reasons::reason(t, error)?),
        },
        Err(error) => Note::bad(reasons::reason(t, error)?),
    };
    Ok(visit.leave(note, &path(course, roster)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_names_a_roster() {
        assert_eq!(roster_in(&Fields::read(b"roster=students")), Roster::Students);
        assert_eq!(roster_in(&Fields::read(b"roster=teachers")), Roster::Teachers);
    }
}
