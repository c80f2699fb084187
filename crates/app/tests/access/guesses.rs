//! Guesses at the token endpoint. The limiter counts them by the normalized name, and an invalid name is refused before the
//! service stores anything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::{Method, header};
use actix_web::{App, test};
use async_trait::async_trait;
use derslik_domain::identity::{Password, PasswordHash};
use derslik_http::{Limits, configure};
use derslik_ports::outbound::{Passwords, StoreError};
use derslik_testkit::builders;
use futures_util::future::join_all;
use libtest_mimic::Failed;

use super::{DEMO, Service, expect};
use crate::support::Open;

/// Spellings of one name. Ten guesses may be wrong over all spellings together.
const SPELLINGS: [&str; 4] = ["%C5%9Fahin", "%20%C5%9Fahin", "s%CC%A7ahin%20%20", "%C2%A0%C5%9EAHIN"];

pub(crate) async fn guesses(service: &Service) -> Result<(), Failed> {
    let person = r#"{"name":"A","surname":"Person","username":"şahin","email":"sahin@okul.example","password":"known"}"#;
    let made = send(service, "/xapi/user", "application/json", person.to_owned()).await?;
    expect("a person", &made, &201)?;
    let ask = async |account: u32, username: &str, password: &str| {
        let form = format!("grant_type=password&client_id=api&account_id={account}&username={username}&password={password}");
        send(service, "/auth/connect/token", "application/x-www-form-urlencoded", form).await
    };
    for number in 0..20 {
        // Far longer than any name that the service may keep.
        expect("an invalid name", &ask(1329, &"x".repeat(100_000 + number), "known").await?, &400)?;
    }
    expect("the right password", &ask(1329, SPELLINGS[1], "known").await?, &200)?;
    for number in 0..10 {
        expect("a wrong guess", &ask(1329, SPELLINGS[number % 4], "wrong").await?, &400)?;
    }
    for spelling in SPELLINGS {
        expect(spelling, &ask(1329, spelling, "known").await?, &429)?;
    }
    for number in 0..40 {
        expect("a guess of another account", &ask(2_000 + number, "nobody", "wrong").await?, &400)?;
    }
    expect("after fifty guesses in all", &ask(3_000, "another", "wrong").await?, &429)
}

async fn send(service: &Service, path: &str, kind: &str, body: String) -> Result<u16, Failed> {
    let app = test::init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    let request = test::TestRequest::default().method(Method::POST).uri(path).insert_header((header::CONTENT_TYPE, kind)).set_payload(body);
    let request = request.insert_header((header::AUTHORIZATION, format!("Bearer {DEMO}")));
    Ok(test::call_service(&app, request.to_request()).await.status().as_u16())
}

/// Compares passwords without a hash, and yields, so that the number of concurrent log-ins does not depend on timing.
#[derive(Debug, Default)]
struct PlainPasswords(AtomicUsize);

#[async_trait]
impl Passwords for PlainPasswords {
    async fn hash(&self, password: Password) -> Result<PasswordHash, StoreError> {
        Ok(PasswordHash::new(password.reveal().to_owned()))
    }

    async fn verify(&self, password: Password, known: Option<PasswordHash>) -> Result<bool, StoreError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        Ok(known.is_some_and(|known| known.as_str() == password.reveal()))
    }
}

pub(crate) async fn at_once(open: Open) -> Result<(), Failed> {
    let passwords = Arc::new(PlainPasswords::default());
    let service = Service::start_with(open, builders::now(), Limits::default(), passwords.clone()).await?;
    for number in 0..80 {
        let person = format!(r#"{{"name":"A","surname":"B","username":"k{number}","email":"k{number}@okul.example","password":"known"}}"#);
        expect("a person", &send(&service, "/xapi/user", "application/json", person).await?, &201)?;
    }
    let app = test::init_service(App::new().configure(|config| configure(config, service.state.clone()))).await;
    // Runs log-ins at the same time, and counts the answers by status.
    let ask = async |attempts: Vec<(String, &str)>| {
        let requests = attempts.into_iter().map(|(username, password)| {
            let form =
                [("grant_type", "password"), ("client_id", "api"), ("account_id", "1329"), ("username", &username), ("password", password)];
            let request = test::TestRequest::post().uri("/auth/connect/token").peer_addr(([192, 0, 2, 1], 7).into()).set_form(form);
            test::call_service(&app, request.to_request())
        });
        let mut statuses = BTreeMap::new();
        for response in join_all(requests).await {
            *statuses.entry(response.status().as_u16()).or_insert(0) += 1;
        }
        statuses
    };
    let one = |password| (0..30).map(|_| ("k1".to_owned(), password)).collect::<Vec<_>>();
    expect("one person", &ask(one("known")).await, &BTreeMap::from([(200, 30)]))?;
    let many = (0..80).map(|number| (format!("k{number}"), "known")).collect();
    expect("many people", &ask(many).await, &BTreeMap::from([(200, 80)]))?;
    passwords.0.store(0, Ordering::Relaxed);
    expect("wrong ones", &ask(one("wrong")).await, &BTreeMap::from([(400, 10), (429, 20)]))?;
    expect("looked at", &passwords.0.load(Ordering::Relaxed), &10)?;
    expect("the right one too late", &ask(vec![("k1".to_owned(), "known")]).await, &BTreeMap::from([(429, 1)]))
}
