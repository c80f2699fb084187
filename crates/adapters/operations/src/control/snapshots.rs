//! `/accounts/{account}/snapshots`: the state of an account under a name.

use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use derslik_ports::inbound::control::{PublicAccountId, SnapshotName, StoredSnapshot};
use serde_json::{Value, json};

use super::read::{self, Body};
use super::{ControlSlot, Problem, resource};

/// Adds the resources.
pub(super) fn configure(config: &mut ServiceConfig) {
    let of_one = [(Method::GET, web::to(file)), (Method::PUT, web::to(put)), (Method::DELETE, web::to(remove))];
    config
        .service(resource("/accounts/{account}/snapshots", [(Method::GET, web::to(list))]))
        .service(resource("/accounts/{account}/snapshots/{name}", of_one))
        .service(resource("/accounts/{account}/snapshots/{name}/restore", [(Method::POST, web::to(restore))]));
}

fn target(path: &(String, String)) -> Result<(PublicAccountId, SnapshotName), Problem> {
    let (account, name) = path;
    Ok((read::account(account)?, name.parse()?))
}

async fn list(slot: Data<ControlSlot>, path: Path<String>) -> Result<HttpResponse, Problem> {
    let snapshots = slot.control()?.snapshots.list(read::account(&path)?).await?;
    Ok(HttpResponse::Ok().json(json!({ "snapshots": snapshots.iter().map(view).collect::<Vec<_>>() })))
}

/// Takes a snapshot, or keeps the one of the file in the body.
async fn put(slot: Data<ControlSlot>, path: Path<(String, String)>, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    read::allow_long(&request);
    let (account, name) = target(&path)?;
    let (file, snapshots) = (read::bytes(body)?, &slot.control()?.snapshots);
    let stored = if file.is_empty() { snapshots.take(account, name).await? } else { snapshots.load(account, name, file.to_vec()).await? };
    Ok(HttpResponse::Ok().json(view(&stored)))
}

async fn restore(slot: Data<ControlSlot>, path: Path<(String, String)>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    read::allow_long(&request);
    let (account, name) = target(&path)?;
    slot.control()?.snapshots.restore(account, name).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn remove(slot: Data<ControlSlot>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (account, name) = target(&path)?;
    slot.control()?.snapshots.remove(account, name).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn file(slot: Data<ControlSlot>, path: Path<(String, String)>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    read::allow_long(&request);
    let (account, name) = target(&path)?;
    let bytes = slot.control()?.snapshots.file(account, name).await?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/zstd")).body(bytes))
}

fn view(snapshot: &StoredSnapshot) -> Value {
    json!({ "name": snapshot.name.as_str(), "rows": snapshot.rows, "bytes": snapshot.bytes })
}
