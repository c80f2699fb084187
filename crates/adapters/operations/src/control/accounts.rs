//! `/accounts`: accounts of tests. `/reset`: all of them.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::text::hex;
use derslik_ports::inbound::control::{NewTestAccount, TestAccount, TestUser};
use serde::Deserialize;
use serde_json::{Value, json};

use super::read::{self, Body};
use super::{ControlSlot, Problem, resource};

/// A body of more bytes is read on a thread for long work, so that the listener answers others meanwhile.
const LONG_BODY: usize = 64 * 1024;

/// Adds the resources.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("/accounts", [(Method::GET, web::to(list)), (Method::POST, web::to(create))]))
        .service(resource("/accounts/{account}", [(Method::DELETE, web::to(end))]))
        .service(resource("/accounts/{account}/reset", [(Method::POST, web::to(reset))]))
        .service(resource("/reset", [(Method::POST, web::to(reset_all))]));
}

/// An account to make. All members may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    name: Option<String>,
    time_to_live_seconds: Option<u64>,
    /// A seed as a value, or as a text in YAML.
    seed: Option<Value>,
}

async fn create(slot: Data<ControlSlot>, body: Body) -> Result<HttpResponse, Problem> {
    let body = read::bytes(body)?;
    let new = if body.len() > LONG_BODY {
        let unread = |_| Problem::malformed(&"the body was not read");
        web::block(move || wanted(&body)).await.map_err(unread)??
    } else {
        wanted(&body)?
    };
    let account = slot.control()?.accounts.create(new).await?;
    Ok(HttpResponse::Created().json(view(&account)))
}

/// The account that a body describes.
fn wanted(body: &[u8]) -> Result<NewTestAccount, Problem> {
    let Wanted { name, time_to_live_seconds, seed } = read::parsed(body)?;
    let seed = seed.map(|seed| match seed {
        Value::String(text) => text,
        value => value.to_string(),
    });
    Ok(NewTestAccount { name, time_to_live: time_to_live_seconds.map(Duration::from_secs), seed })
}

async fn list(slot: Data<ControlSlot>) -> Result<HttpResponse, Problem> {
    let accounts = slot.control()?.accounts.list().await?;
    let accounts: Vec<_> = accounts.iter().map(|account| json!({ "id": account.id.to_string(), "name": account.name })).collect();
    Ok(HttpResponse::Ok().json(json!({ "accounts": accounts })))
}

async fn end(slot: Data<ControlSlot>, path: Path<String>) -> Result<HttpResponse, Problem> {
    let (account, control) = (read::account(&path)?, slot.control()?);
    control.accounts.end(account).await?;
    control.forget(account);
    Ok(HttpResponse::NoContent().finish())
}

async fn reset(slot: Data<ControlSlot>, path: Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    read::allow_long(&request);
    let (account, control) = (read::account(&path)?, slot.control()?);
    control.accounts.reset(account).await?;
    control.forget(account);
    Ok(HttpResponse::NoContent().finish())
}

async fn reset_all(slot: Data<ControlSlot>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    read::allow_long(&request);
    let control = slot.control()?;
    control.accounts.reset_all().await?;
    control.faults.clear_all();
    control.journal.clear_all();
    Ok(HttpResponse::NoContent().finish())
}

/// The account with its keys. Ids are texts, since they may be longer than the numbers of JavaScript.
fn view(account: &TestAccount) -> Value {
    let TestAccount { id, name, keys, account_key, project, users } = account;
    json!({
        "id": id.to_string(),
        "name": name,
        "access_key": keys.access_key,
        "secret_key": keys.secret_key,
        "bearer": format!("{}|{}", keys.access_key, hex(&keys.proof)),
        "account_key": account_key,
        "project": { "id": project.id.get(), "key": project.key.as_str(), "name": project.name.as_str() },
        "users": users.iter().map(user).collect::<Vec<_>>(),
    })
}

fn user(user: &TestUser) -> Value {
    let TestUser { role, id, guid, email, token } = user;
    json!({ "role": role, "id": id.to_string(), "guid": guid.to_string(), "email": email, "token": token })
}
