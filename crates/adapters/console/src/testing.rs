//! What tests of pages share: a console without ports, and requests to it.

use std::sync::Arc;

use actix_web::App;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::test::{TestRequest, call_service, init_service};

use crate::{Console, ConsoleSettings, SignInMode};

/// A console that has not opened its database.
pub(crate) fn console(sign_in: SignInMode) -> Console {
    Console::new(ConsoleSettings {
        sign_in,
        secret: [7; 32],
        is_https: false,
        public_url: Arc::default(),
        docs_url: "/docs",
        version: "0.0.0",
    })
}

/// The answer of that console to a request.
pub(crate) async fn answer(console: &Console, request: TestRequest) -> ServiceResponse<impl MessageBody> {
    let app = init_service(App::new().configure(|config| console.configure(config))).await;
    call_service(&app, request.to_request()).await
}
