//! The style sheet, the scripts and the icons. Their addresses change with their content, so browsers keep them.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{HttpResponse, http::StatusCode};

/// The path below which they are.
pub(crate) const PATH: &str = "/console/assets/";

/// A text that changes with their content.
pub(crate) const VERSION: &str = env!("CONSOLE_ASSETS");

const FILES: [(&str, &str, &str); 4] = [
    ("console.css", "text/css; charset=utf-8", include_str!("../assets/console.css")),
    ("console.js", "text/javascript; charset=utf-8", include_str!("../assets/console.js")),
    ("htmx.js", "text/javascript; charset=utf-8", include_str!("../assets/htmx.min.js")),
    ("icons.svg", "image/svg+xml", include_str!("../assets/icons.svg")),
];

/// Adds the files.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.route("/assets/{file}", web::get().to(file)).route("/assets/{file}", web::head().to(file));
}

async fn file(name: Path<String>) -> HttpResponse {
    match FILES.iter().find(|(file, ..)| *file == name.as_str()) {
        Some((_, kind, content)) => {
            let mut answer = HttpResponse::Ok();
            answer.insert_header((CONTENT_TYPE, *kind)).insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"));
            answer.body(*content)
        }
        None => HttpResponse::new(StatusCode::NOT_FOUND),
    }
}
