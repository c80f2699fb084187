//! Lists courses.

use derslik_domain::course::roster::UserRef;
use derslik_domain::course::{CatalogueAction, CourseAccess, CourseCursor, CourseListForm, Viewer, authorize_catalogue};
use derslik_domain::id::PrincipalId;
use derslik_domain::identity::Actor;
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::inbound::{CourseError, CourseWithAccess};
use derslik_ports::outbound::{CourseWithMembership, StoreError, Stores, UnitOfWork};

use super::Courses;
use super::access::find_user;

pub(super) async fn run<U: UnitOfWork>(
    service: &Courses<U>,
    actor: &Actor,
    form: CourseListForm,
    page: PageRequest<CourseCursor>,
) -> Result<Page<CourseWithAccess>, CourseError> {
    authorize_catalogue(actor, CatalogueAction::List)?;
    let filter = form.validate()?;
    let actor = actor.clone();
    service
        .uow
        .read(actor.account_id(), move |stores| {
            let mut find = |user: Option<&UserRef>| match user {
                Some(user) => user_of(stores, &actor, user)?.ok_or(CourseError::UnknownUser),
                None => Ok(actor.principal.id),
            };
            let member = find(filter.member.as_ref().map(|member| &member.user))?;
            let owner = find(filter.owner.as_ref())?;
            let filter = filter.clone().about_both(member, owner);
            let found = stores.courses().list(actor.account_id(), Viewer::of(&actor), &filter, page)?;
            let see = |record: CourseWithMembership| CourseWithAccess {
                access: CourseAccess::of_actor(&actor, record.membership),
                course: record.course,
            };
            Ok(found.map(see))
        })
        .await
}

/// The id of the user that the filter names; that of the actor needs no read.
fn user_of(stores: &mut dyn Stores, actor: &Actor, user: &UserRef) -> Result<Option<PrincipalId>, StoreError> {
    match user {
        UserRef::Me => Ok(Some(actor.principal.id)),
        UserRef::Id(id) if *id == actor.principal.id => Ok(Some(*id)),
        user => Ok(find_user(stores, actor, user)?.map(|user| user.id)),
    }
}
