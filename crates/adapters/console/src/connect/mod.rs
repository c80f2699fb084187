//! What clients need to connect: the addresses of the APIs, and lines for each client with this host filled in.
//!
//! | file | content |
//! |---|---|
//! | `clients` | the lines |

mod clients;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use derslik_domain::page::PageRequest;

use clients::{Place, Sample};

use crate::failure::Failure;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// Where the public APIs are, before their listener is known.
const BASE: &str = "http://127.0.0.1:8080";

/// Adds the page.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.route("/connect", web::get().to(show));
}

#[derive(Template)]
#[template(path = "connect/page.html")]
struct ConnectPage {
    shell: Shell,
    t: Texts,
    view: View,
}

/// What the page shows within its frame.
struct View {
    t: Texts,
    base_url: String,
    docs_url: &'static str,
    /// The id of the account, as clients see it.
    account: String,
    /// The key of the first project, or an empty text.
    project: String,
    keys_url: String,
    groups: Vec<Group>,
}

/// The lines for one API.
struct Group {
    id: &'static str,
    title: String,
    /// The addresses of the API.
    addresses: Vec<String>,
    /// Where its credentials come from.
    credential: String,
    samples: Vec<Sample>,
}

async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, ports) = (visit.t, visit.ports()?);
    let projects = visit.operators()?.projects.list(visit.account.id, PageRequest { size: 1, after: None }).await?;
    let place = Place {
        base: visit.console.settings().public_url.get().map_or(BASE, String::as_str).to_owned(),
        account: ports.ids.shown(visit.account.id).to_string(),
        public: visit.account.public.to_string(),
        project: projects.first().map(|project| project.key.as_str().to_owned()),
    };
    let shell = Shell::of(&visit, Section::Connect, t.shell_connect()).await?;
    let view = View {
        t,
        docs_url: visit.console.settings().docs_url,
        keys_url: visit.url("keys"),
        groups: groups(&place, ports.control.is_some(), t),
        project: place.project.unwrap_or_default(),
        base_url: place.base,
        account: place.account,
    };
    visit.page(&ConnectPage { shell, t, view })
}

fn groups(place: &Place, has_control: bool, t: Texts) -> Vec<Group> {
    let Place { base, .. } = place;
    let addresses = |paths: &[&str]| paths.iter().map(|path| format!("{base}{path}")).collect();
    vec![
        Group {
            id: "sessions",
            title: t.connect_sessions(),
            addresses: addresses(&["/xapi/v2", "/auth"]),
            credential: t.connect_sessions_key(),
            samples: clients::of_sessions(place),
        },
        Group {
            id: "jobs",
            title: t.connect_jobs(),
            addresses: addresses(&["/api/v1", "/v2/api/public"]),
            credential: t.connect_jobs_key(),
            samples: clients::of_jobs(place),
        },
        Group {
            id: "courses",
            title: t.connect_courses(),
            addresses: addresses(&["/v1"]),
            credential: t.connect_courses_key(),
            samples: clients::of_courses(place),
        },
        Group {
            id: "all",
            title: t.connect_all(),
            addresses: addresses(&["/openapi.json", "/$discovery/rest?version=v1"]),
            credential: String::new(),
            samples: clients::of_all(place),
        },
        Group {
            id: "tests",
            title: t.connect_tests(),
            addresses: Vec::new(),
            credential: t.connect_tests_more(),
            samples: clients::of_tests(place, has_control),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[derive(Template)]
    #[template(path = "connect/view.html")]
    struct ViewPart {
        view: View,
    }

    fn place(project: Option<&str>) -> Place {
        Place {
            base: "https://okul.example".to_owned(),
            account: "7".to_owned(),
            public: "7".to_owned(),
            project: project.map(str::to_owned),
        }
    }

    fn view(project: Option<&str>, language: Language) -> View {
        let (t, place) = (Texts::of(language), place(project));
        View {
            t,
            docs_url: "/docs",
            keys_url: "/console/7/keys".to_owned(),
            groups: groups(&place, true, t),
            project: place.project.unwrap_or_default(),
            base_url: place.base,
            account: place.account,
        }
    }

    #[test]
    fn the_lines_for_each_api_name_this_host() {
        for group in groups(&place(Some("3sWXSsqHgSKnE87YkNJK")), false, Texts::of(Language::English)) {
            let names_host = group.samples.iter().any(|sample| sample.lines.contains("https://okul.example/"));
            assert!(names_host || group.id == "tests", "{}", group.id);
        }
    }

    #[test]
    fn hostile_texts_on_the_page_are_inert() {
        for language in Language::ALL {
            let html = ViewPart { view: view(Some("<script>alert(1)</script>"), language) }.render().unwrap();
            assert!(!html.contains("<script>alert") && html.contains("&#60;script&#62;"), "{html}");
        }
        assert!(ViewPart { view: view(None, Language::Arabic) }.render().is_ok());
    }
}
