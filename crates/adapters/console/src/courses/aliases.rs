//! Gives a course aliases, and takes them away.

use actix_web::HttpResponse;
use derslik_domain::course::alias::{Alias, CourseRef};
use derslik_domain::course::roster::Roster;
use derslik_ports::inbound::CourseError;

use super::show::{self, Refused, Said};
use super::{find, path_of, reasons};
use crate::failure::Failure;
use crate::notes::Note;
use crate::visit::Visit;

/// Adds an alias.
pub(super) async fn add(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, form) = (visit.t, visit.form());
    let actor = visit.actor().await?;
    let course = find(&visit, &actor).await?.id;
    let value = form.text("alias").to_owned();
    let added = match Alias::parse(&value) {
        Ok(alias) => visit.ports()?.clients.courses.create_alias(&actor, CourseRef::Id(course), alias, None).await.map(drop),
        Err(error) => Err(CourseError::Alias(error)),
    };
    match added {
        Ok(()) => Ok(visit.leave(Note::ok(t.courses_alias_added(value)), &path_of(course))),
        Err(error) => {
            let reason = reasons::reason(t, error)?;
            let said = Said { alias: Refused { value, reason: Some(reason) }, ..Said::default() };
            show::refused(&visit, &actor, Roster::Teachers, said).await
        }
    }
}

/// Removes an alias.
pub(super) async fn remove(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, form) = (visit.t, visit.form());
    let actor = visit.actor().await?;
    let course = find(&visit, &actor).await?.id;
    let value = form.raw("alias").unwrap_or_default();
    let alias = Alias::parse(value).map_err(|error| Failure::Refused(reasons::of_alias(t, error)))?;
    let note = match visit.ports()?.clients.courses.delete_alias(&actor, CourseRef::Id(course), alias).await {
        Ok(()) => Note::ok(t.courses_alias_removed(value)),
        Err(error) => Note::bad(reasons::reason(t, error)?),
    };
    Ok(visit.leave(note, &path_of(course)))
}
