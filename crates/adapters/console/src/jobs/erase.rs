//! The request for the erasure of a user: a form, what it would remove now, and the request.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::identity::{Actor, UserKey};
use derslik_domain::job::{ErasureCounts, ErasureKind, Project, ReferenceId, next_utc_midnight};
use derslik_domain::rows::RowCount;
use derslik_ports::inbound::operators::ErasureStart;
use derslik_ports::inbound::{JobError, ServiceError};

use super::{Choice, Pen, projects, words};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::notes::Note;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "jobs/new.html")]
struct NewPage {
    shell: Shell,
    t: Texts,
    list_url: String,
    new_url: String,
    user: String,
    /// Why the user can't be used; empty for a new form.
    problem: String,
    projects: Vec<Choice>,
    is_now: bool,
    midnight: String,
    /// Why the visitor may not ask; empty for a visitor who may.
    why: String,
}

#[derive(Template)]
#[template(path = "jobs/confirm.html")]
struct ConfirmPage {
    shell: Shell,
    t: Texts,
    new_url: String,
    user: String,
    project: String,
    is_now: bool,
    /// When it begins.
    start: String,
    /// The name and the address of the person; empty for a user who is not a person of the account.
    person: String,
    preview: Option<Preview>,
}

/// What would be removed now.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Preview {
    /// The kinds with their numbers.
    counts: Vec<(String, String)>,
    /// A sentence with the number of all.
    total: String,
}

/// What the form asks for.
#[derive(Debug)]
struct Asked {
    user: ReferenceId,
    is_now: bool,
}

/// Shows the form. A query may name the user.
pub(super) async fn form(visit: Visit) -> Result<HttpResponse, Failure> {
    let page = new_page(&visit, &visit.query, String::new()).await?;
    visit.page(&page)
}

/// Says what the erasure would remove, or asks for it if the form is sure.
pub(super) async fn ask(visit: Visit) -> Result<HttpResponse, Failure> {
    let form = visit.form();
    let asked = match read(&form, visit.t) {
        Ok(asked) => asked,
        Err(problem) => return visit.refused_page(&new_page(&visit, &form, problem).await?),
    };
    let projects = projects(&visit).await?;
    let project = chosen_project(&projects, form.text("project"));
    if !form.has("sure") {
        return confirm(&visit, &asked, project).await;
    }
    let start = if asked.is_now { ErasureStart::Now } else { ErasureStart::Midnight };
    let project = project.map(|project| project.id);
    let job = visit.operators()?.erasures.request(visit.account.id, project, asked.user, start).await?;
    Ok(visit.leave(Note::ok(visit.t.jobs_did_erase(job.to_string())), &format!("jobs/{job}")))
}

async fn new_page(visit: &Visit, fields: &Fields, problem: String) -> Result<NewPage, Failure> {
    let (t, projects) = (visit.t, projects(visit).await?);
    let chosen = chosen_project(&projects, fields.text("project")).map(|project| project.id);
    let choice = |project: &Project| Choice {
        value: project.id.to_string(),
        label: project.name.to_string(),
        is_current: Some(project.id) == chosen,
    };
    Ok(NewPage {
        shell: Shell::of(visit, Section::Jobs, t.jobs_new_title()).await?,
        t,
        list_url: visit.url("jobs"),
        new_url: visit.url("jobs/new"),
        user: fields.text("user").to_owned(),
        problem,
        projects: projects.iter().map(choice).collect(),
        is_now: fields.text("start") == "now",
        midnight: visit.moment(next_utc_midnight(visit.now)),
        why: if visit.can_change() { String::new() } else { t.jobs_why_viewer() },
    })
}

/// Reads the form.
///
/// # Errors
/// What is wrong with the user.
fn read(form: &Fields, t: Texts) -> Result<Asked, String> {
    let Some(user) = form.get("user") else { return Err(t.jobs_new_user_missing()) };
    let user = ReferenceId::new(user).map_err(|_| t.jobs_new_user_unusable(ReferenceId::MAX))?;
    Ok(Asked { user, is_now: form.text("start") == "now" })
}

/// The project of that id, or the first one.
fn chosen_project<'p>(projects: &'p [Project], id: &str) -> Option<&'p Project> {
    projects.iter().find(|project| project.id.to_string() == id).or_else(|| projects.first())
}

async fn confirm(visit: &Visit, asked: &Asked, project: Option<&Project>) -> Result<HttpResponse, Failure> {
    // An account without a service that may act has no actor. Its users can be erased without a preview.
    let actor = match visit.actor().await {
        Ok(actor) => Some(actor),
        Err(Failure::NoService) => None,
        Err(failure) => return Err(failure),
    };
    let (mut person, mut preview) = (String::new(), None);
    if let Some(actor) = &actor {
        person = find_person(visit, actor, &asked.user).await?;
        if let Some(project) = project {
            preview = count(visit, actor, project, &asked.user).await?.map(|counts| preview_of(counts, Pen::of(visit)));
        }
    }
    let start = if asked.is_now { visit.now } else { next_utc_midnight(visit.now) };
    visit.page(&ConfirmPage {
        shell: Shell::of(visit, Section::Jobs, visit.t.jobs_confirm_title()).await?,
        t: visit.t,
        new_url: visit.url("jobs/new"),
        user: asked.user.to_string(),
        project: project.map(|project| project.id.to_string()).unwrap_or_default(),
        is_now: asked.is_now,
        start: visit.moment(start),
        person,
        preview,
    })
}

/// The name of the person whom the text means.
async fn find_person(visit: &Visit, actor: &Actor, user: &ReferenceId) -> Result<String, Failure> {
    let people = &visit.ports()?.clients.people;
    for key in UserKey::all_of(user.as_str()) {
        match people.get(actor, key).await {
            Ok(person) => return Ok(format!("{} {}", person.name, person.surname).trim().to_owned()),
            Err(ServiceError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(String::new())
}

/// What the erasure would remove; `None` if that can't be told.
async fn count(visit: &Visit, actor: &Actor, project: &Project, user: &ReferenceId) -> Result<Option<ErasureCounts>, Failure> {
    match visit.ports()?.clients.jobs.preview_erasure(actor, &project.key, user.clone()).await {
        Ok(counts) => Ok(Some(counts)),
        Err(JobError::Store(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

fn preview_of(counts: ErasureCounts, pen: Pen) -> Preview {
    let line = |(kind, rows): (ErasureKind, RowCount)| (words::kind(kind, pen.t), pen.language.number(rows.get()));
    Preview { counts: counts.iter().map(line).collect(), total: pen.t.jobs_confirm_total(counts.total().get()) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::pen;
    use super::*;
    use crate::locale::Language;

    #[test]
    fn the_user_has_to_be_named() {
        let t = Texts::of(Language::English);
        let read = |form: &str| read(&Fields::read(form.as_bytes()), t);
        assert_eq!(read("user=+").unwrap_err(), t.jobs_new_user_missing());
        assert_eq!(read("user=a%00b").unwrap_err(), t.jobs_new_user_unusable(1_000));
        let asked = read("user=+mehdi+&start=now").unwrap();
        assert_eq!((asked.user.as_str(), asked.is_now), ("mehdi", true));
        assert!(!read("user=mehdi").unwrap().is_now);
    }

    #[test]
    fn a_preview_has_every_kind_and_the_sum() {
        let counts =
            ErasureCounts::default().with(ErasureKind::Sessions, RowCount::new(1_200)).with(ErasureKind::Profile, RowCount::new(1));
        let preview = preview_of(counts, pen(Language::Turkish));
        assert_eq!((preview.counts.len(), preview.counts[2].1.as_str()), (ErasureKind::ALL.len(), "1.200"));
        assert!(preview.total.contains("1.201"), "{}", preview.total);
    }
}
