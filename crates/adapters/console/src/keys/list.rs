//! The list of keys, kind by kind.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::id::{CredentialId, Id, PrincipalId};
use derslik_domain::identity::{CredentialFilter, CredentialKind, StoredCredential};
use derslik_domain::page::{Page, PageRequest};

use super::words::{Owner, by_slug, kinds, last_use, owner, owners, scopes, slug, status};
use crate::failure::Failure;
use crate::fields::Fields;
use crate::people::form::{Choice, Status};
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::{NOTE, Visit};

/// How many keys of each kind are shown together.
const IN_GROUP: u32 = 20;
/// How many keys of one kind a page shows.
const ON_PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "keys/list.html")]
struct ListPage {
    shell: Shell,
    t: Texts,
    /// The address of the list without a filter.
    url: String,
    kinds: Vec<Choice>,
    shows_ended: bool,
    person: String,
    groups: Vec<Group>,
    is_filtered: bool,
    is_first: bool,
    /// The address of the next page of one kind.
    next: Option<String>,
}

/// The keys of one kind.
struct Group {
    title: String,
    opens: String,
    rows: Vec<Row>,
    /// The address of all keys of the kind, if there are more.
    all: Option<String>,
}

struct Row {
    url: String,
    public_id: String,
    scopes: Vec<&'static str>,
    owner: Owner,
    made: String,
    used: String,
    ends: String,
    status: Status,
    can_rotate: bool,
    can_revoke: bool,
}

/// What a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    kind: Option<CredentialKind>,
    person: Option<PrincipalId>,
    ended: bool,
    after: Option<CredentialId>,
}

pub(super) async fn list(visit: Visit) -> Result<HttpResponse, Failure> {
    let t = visit.t;
    let asked = Asked::read(&visit.query).ok_or_else(|| Failure::Refused(t.keys_bad_filter()))?;
    let pages = find(&visit, asked).await?;
    let all: Vec<_> = pages.iter().flat_map(|(_, page)| page.entries.iter().cloned()).collect();
    let owners = owners(&visit, &all).await?;
    let with = |changes: &[(&str, Option<&str>)]| format!("{}{}", visit.url("keys"), visit.query.with(changes));
    let mut next = None;
    let mut groups = Vec::new();
    for (kind, page) in pages {
        let mut of_kind = None;
        if page.more && asked.kind.is_some() {
            let last = page.entries.last().map(|key| key.id.to_string());
            next = Some(with(&[("after", last.as_deref()), (NOTE, None)]));
        } else if page.more {
            of_kind = Some(with(&[("kind", Some(slug(kind))), (NOTE, None)]));
        }
        let rows: Vec<_> = page.entries.iter().map(|key| row(&visit, key, owner(&owners, key.principal))).collect();
        if !rows.is_empty() {
            groups.push(Group { title: kinds(t, kind), opens: opens(t, kind), rows, all: of_kind });
        }
    }
    let template = ListPage {
        shell: Shell::of(&visit, Section::Keys, t.shell_keys()).await?,
        t,
        url: visit.url("keys"),
        kinds: CredentialKind::ALL.map(|kind| Choice::new(slug(kind), kinds(t, kind), asked.kind == Some(kind))).into(),
        shows_ended: asked.ended,
        person: asked.person.map(|person| person.to_string()).unwrap_or_default(),
        groups,
        is_filtered: asked.kind.is_some() || asked.person.is_some() || asked.ended,
        is_first: asked.after.is_none(),
        next,
    };
    visit.page(&template)
}

/// A page of each kind that is asked for.
async fn find(visit: &Visit, asked: Asked) -> Result<Vec<(CredentialKind, Page<StoredCredential>)>, Failure> {
    let credentials = visit.operators()?.credentials;
    let size = if asked.kind.is_some() { ON_PAGE } else { IN_GROUP };
    let mut pages = Vec::new();
    for kind in CredentialKind::ALL.into_iter().filter(|kind| asked.kind.is_none_or(|asked| asked == *kind)) {
        let filter = CredentialFilter { kind: Some(kind), principal: asked.person, ended: asked.ended };
        let page = PageRequest { size: size + 1, after: asked.after };
        pages.push((kind, Page::first(credentials.list(visit.account.id, filter, page).await?, size)));
    }
    Ok(pages)
}

impl Asked {
    /// Reads a query. `None` for a value that the page does not offer. Only the keys of one kind have later pages.
    fn read(query: &Fields) -> Option<Self> {
        let id = |name: &str| query.get(name).map_or(Some(None), |text| text.parse::<i64>().ok().map(Some));
        let kind = query.get("kind").map_or(Some(None), |name| by_slug(name).map(Some))?;
        let after = id("after")?.map(Id::new).filter(|_| kind.is_some());
        Some(Self { kind, person: id("person")?.map(Id::new), ended: query.has("ended"), after })
    }
}

/// What the keys of a kind open.
fn opens(t: Texts, kind: CredentialKind) -> String {
    match kind {
        CredentialKind::AccessKey => t.keys_opens_sessions(),
        CredentialKind::AccountKey => t.keys_opens_jobs(),
        CredentialKind::AccessToken => t.keys_opens_scopes(),
    }
}

fn row(visit: &Visit, key: &StoredCredential, owner: Owner) -> Row {
    let has_ended = key.has_ended(visit.now);
    Row {
        url: visit.url(&format!("keys/{}", key.id)),
        public_id: key.public_id.clone(),
        scopes: scopes(key),
        owner,
        made: visit.when(key.created_at),
        used: last_use(visit.t, visit.language, key.last_used_on, visit.now),
        ends: key.expires_at.map_or_else(|| "–".to_owned(), |at| visit.when(at)),
        status: status(visit.t, visit.language, key, visit.now, visit.account.zone),
        can_rotate: !has_ended && key.issued_for.is_none(),
        can_revoke: !has_ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;
    use crate::people::form::testing::shell;

    #[test]
    fn a_query_names_a_kind_a_person_and_whether_ended_keys_are_shown() {
        let read = |query: &str| Asked::read(&Fields::read(query.as_bytes()));
        let all = Asked { kind: None, person: None, ended: false, after: None };
        assert_eq!(read(""), Some(all));
        let tokens = Asked { kind: Some(CredentialKind::AccessToken), person: Some(Id::new(7)), ended: true, after: Some(Id::new(9)) };
        assert_eq!(read("kind=access-token&person=7&ended=yes&after=9"), Some(tokens));
        assert_eq!(read("after=9"), Some(all), "kinds together have no later page");
        for query in ["kind=password", "person=ayse", "kind=access-key&after=x"] {
            assert_eq!(read(query), None, "{query}");
        }
    }

    #[test]
    fn hostile_names_are_shown_as_text() {
        const HOSTILE: &str = r#""><script>alert(1)</script>"#;
        for language in Language::ALL {
            let t = Texts::of(language);
            let row = Row {
                url: "/console/1/keys/12".to_owned(),
                public_id: HOSTILE.to_owned(),
                scopes: vec!["sessions"],
                owner: Owner { name: HOSTILE.to_owned(), url: Some("/console/1/people/7".to_owned()) },
                made: String::new(),
                used: String::new(),
                ends: String::new(),
                status: Status { class: "ok", icon: "done", text: t.keys_active() },
                can_rotate: true,
                can_revoke: true,
            };
            let kind = CredentialKind::AccessKey;
            let page = ListPage {
                shell: shell(language),
                t,
                url: "/console/1/keys".to_owned(),
                kinds: vec![Choice::new(slug(kind), kinds(t, kind), true)],
                shows_ended: true,
                person: HOSTILE.to_owned(),
                groups: vec![Group { title: kinds(t, kind), opens: opens(t, kind), rows: vec![row], all: None }],
                is_filtered: true,
                is_first: false,
                next: None,
            };
            let html = page.render().unwrap();
            assert!(!html.contains("<script>alert"), "{html}");
            assert!(html.contains("/console/1/keys/12/revoke"), "{html}");
        }
    }
}
