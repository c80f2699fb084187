//! The documentation that the program carries: the OpenAPI document of the public APIs, and a page that shows it. The page asks for
//! nothing but these files, so it works without a network. A listener serves them; this module does not know which.
//!
//! The document is `docs/openapi.json`, which a test writes from the descriptions of the dialects.

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::memory::Reservation;
use crate::response::CountedBody;
use crate::routing::resource;

const DOCUMENT: &[u8] = include_bytes!("../../../../../docs/openapi.json");
const PAGE: &str = include_str!("page.html");
const STYLE: &[u8] = include_bytes!("page.css");
const SCRIPT: &[u8] = include_bytes!("page.js");

/// The attribute by which the page knows whether calls can be sent to the listener that it came from.
const CALLS_HERE: &str = r#"data-calls="here""#;

/// What a browser may do on the page: load and ask for these files, and send calls to the same listener.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const METHODS: &[Method] = &[Method::GET, Method::HEAD];

/// Where the calls are served that the page describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// On the listener of the page, which can therefore send them.
    Here,
    /// On another listener. The page only shows lines to paste for them. It also shows the calls of its own listener.
    Elsewhere {
        /// The path of the OpenAPI document of the listener of the page.
        own: &'static str,
    },
}

/// One file of the documentation.
#[derive(Debug, Clone)]
pub struct DocumentationFile {
    /// The path of its URL.
    pub path: &'static str,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The value of `Content-Security-Policy`.
    pub policy: &'static str,
    /// The content.
    pub body: Bytes,
}

/// Every file of the documentation, for a listener that serves the calls here or not. The page is at `/docs`, and the document at
/// `/openapi.json`.
pub fn documentation(calls: Calls) -> [DocumentationFile; 4] {
    let page = match calls {
        Calls::Here => Bytes::from_static(PAGE.as_bytes()),
        Calls::Elsewhere { own } => Bytes::from(PAGE.replace(CALLS_HERE, &format!(r#"data-calls="elsewhere" data-own="{own}""#))),
    };
    let file = |path, content_type, body| DocumentationFile { path, content_type, policy: POLICY, body };
    [
        file("/docs", "text/html; charset=utf-8", page),
        file("/docs/page.css", "text/css; charset=utf-8", Bytes::from_static(STYLE)),
        file("/docs/page.js", "text/javascript; charset=utf-8", Bytes::from_static(SCRIPT)),
        file("/openapi.json", "application/json", Bytes::from_static(DOCUMENT)),
    ]
}

/// Adds the URLs of the documentation to the app that serves the calls.
pub(crate) fn configure(config: &mut ServiceConfig) {
    for file in documentation(Calls::Here) {
        let path = file.path;
        let answer = move || {
            let response = respond(&file);
            async move { response }
        };
        let route = resource(path, METHODS, method_not_allowed);
        config.service(route.route(web::get().to(answer.clone())).route(web::head().to(answer)));
    }
}

/// The file in pieces. It takes no memory of its own, so nothing is reserved for it.
fn respond(file: &DocumentationFile) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.content_type))
        .insert_header((CONTENT_SECURITY_POLICY, file.policy))
        .body(CountedBody::new(file.body.clone(), Reservation::default()))
}

fn method_not_allowed(_: &HttpRequest) -> HttpResponse {
    HttpResponse::MethodNotAllowed().content_type("application/json").body(r#"{"error":"the documentation can only be read"}"#)
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use derslik_ports::inbound::MockCourseService;

    use super::*;
    use crate::tests::state;

    /// What the files may take in the program, in bytes.
    const BUDGET: usize = 2 * 1024 * 1024;

    #[test]
    fn the_page_names_nothing_of_another_host() {
        for file in documentation(Calls::Here).into_iter().filter(|file| file.path.starts_with("/docs")) {
            let text = String::from_utf8(file.body.to_vec()).unwrap();
            for foreign in ["http://", "https://", "//cdn", "@import", "url("] {
                assert!(!text.contains(foreign), "{} names {foreign}", file.path);
            }
        }
        assert!(POLICY.split("; ").all(|rule| ["'none'", "'self'", "data:"].iter().any(|source| rule.ends_with(source))), "{POLICY}");
    }

    #[test]
    fn the_files_stay_within_their_budget() {
        let bytes: usize = documentation(Calls::Here).iter().map(|file| file.body.len()).sum();
        assert!((1_000..BUDGET).contains(&bytes), "{bytes} bytes");
        assert!(serde_json::from_slice::<serde_json::Value>(DOCUMENT).unwrap()["openapi"].as_str().unwrap().starts_with("3.1"));
    }

    #[test]
    fn the_page_knows_where_the_calls_are_served() {
        let [page, ..] = documentation(Calls::Elsewhere { own: "/own.json" });
        let page = String::from_utf8(page.body.to_vec()).unwrap();
        assert!(PAGE.contains(CALLS_HERE) && page.contains(r#"<html lang="en" dir="ltr" data-calls="elsewhere" data-own="/own.json">"#));
    }

    #[actix_web::test]
    async fn the_documentation_is_served_where_it_is_switched_on() {
        let plain = init_service(App::new().configure(|config| crate::configure(config, state(MockCourseService::new())))).await;
        let shown = state(MockCourseService::new()).with_documentation();
        let shown = init_service(App::new().configure(|config| crate::configure(config, shown))).await;
        for file in documentation(Calls::Here) {
            let get = || TestRequest::get().uri(file.path).to_request();
            assert_eq!(call_service(&plain, get()).await.status(), 404, "{}", file.path);
            let response = call_service(&shown, get()).await;
            assert_eq!(response.status(), 200, "{}", file.path);
            assert_eq!(response.headers().get(CONTENT_TYPE).unwrap(), file.content_type);
            assert_eq!(response.headers().get(CONTENT_SECURITY_POLICY).unwrap(), POLICY);
            assert_eq!(read_body(response).await, file.body);
            let refused = call_service(&shown, TestRequest::post().uri(file.path).to_request()).await;
            assert_eq!(refused.status(), 405, "{}", file.path);
            assert_eq!(refused.headers().get("allow").unwrap(), "GET, HEAD");
        }
    }
}
