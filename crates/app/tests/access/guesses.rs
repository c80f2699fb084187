//! Guesses at the token endpoint: they are counted by what is looked up, and what can be no name is refused before anything is
//! kept.

use actix_web::http::{Method, header};
use actix_web::{App, test};
use derslik_http::configure;
use libtest_mimic::Failed;

use super::{DEMO, Service, expect};

/// Ten guesses may be wrong, whatever is put around the name.
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
        // More than anything may hold on to.
        expect("a name that can be none", &ask(1329, &"x".repeat(100_000 + number), "known").await?, &400)?;
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
