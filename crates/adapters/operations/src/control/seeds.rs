//! `/accounts/{account}/seed`: the content of an account as a document.

use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use derslik_ports::inbound::control::SeedCounts;
use serde_json::json;

use super::read::{self, Body};
use super::{ControlSlot, Problem, resource};

/// Adds the resource.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(resource("/accounts/{account}/seed", [(Method::GET, web::to(export)), (Method::POST, web::to(add))]));
}

async fn add(slot: Data<ControlSlot>, path: Path<String>, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    read::allow_long(&request);
    let counts = slot.control()?.seeds.add(read::account(&path)?, read::text(body)?).await?;
    let SeedCounts { people, courses, sessions, jobs } = counts;
    Ok(HttpResponse::Ok().json(json!({ "people": people, "courses": courses, "sessions": sessions, "jobs": jobs })))
}

async fn export(slot: Data<ControlSlot>, path: Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    read::allow_long(&request);
    let document = slot.control()?.seeds.export(read::account(&path)?).await?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/yaml")).body(document))
}
