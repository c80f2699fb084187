//! Tokens in the OpenAPI document.

use serde_json::json;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::HttpMethod::Post;

use crate::openapi::call::Call;
use crate::openapi::shape::{either, form, members, named, one_text, record, text, text_within, whole};
use crate::perculus::described::{ERROR, V1, of_tokens};

/// Adds the schemas of tokens.
pub(in crate::perculus) fn add_components(components: ComponentsBuilder) -> ComponentsBuilder {
    let token = members([
        ("access_token", text("The token, for `Authorization: Bearer`.")),
        ("expires_in", whole("How long it is valid, in seconds.")),
        ("token_type", one_text(&["Bearer"], "How it is shown.")),
        ("scope", one_text(&["api"], "What it is for.")),
    ]);
    let refusal = members([("error", text("The error code of OAuth 2.0.")), ("error_description", text("What is wrong, in English."))]);
    components
        .schema("Token", record("A token.", token, Vec::new()))
        .schema("TokenRefusal", record("Why no token was made, as OAuth 2.0 says it.", refusal, Vec::new()))
}

/// The call for a token.
pub(in crate::perculus) fn call() -> Call {
    let fields = members([
        ("grant_type", one_text(&["password"], "The only kind of grant.")),
        ("client_id", one_text(&["api"], "The only client.")),
        ("account_id", text_within(1, 20, "The number of the account.")),
        ("username", text_within(1, 100, "The user name of a person, or an access key.")),
        ("password", text_within(1, 200, "The password of the person, or the secret key.")),
    ]);
    let example = json!({
        "grant_type": "password", "client_id": "api", "account_id": "1329", "username": "demo-access", "password": "demo-secret",
    });
    let summary = "Get a token for a password or a key";
    of_tokens(Call::new(Post, "/auth/connect/token", "issueToken", V1, summary))
        .about("`/connect/token` is the same call. A token lasts ten hours.")
        .takes_as("application/x-www-form-urlencoded", form("A password grant.", fields, Vec::new()), example)
        .answers(200, "The token.", named("Token"))
        .answers(400, "The grant was refused, or the body was cut off.", either([named("TokenRefusal"), named(ERROR)]))
        .answers(429, "Too many wrong passwords or too many requests; `Retry-After` says when to go on.", named("TokenRefusal"))
}
