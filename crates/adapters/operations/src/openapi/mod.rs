//! The OpenAPI document of this listener. Only a test builds it: it compares the document with `docs/openapi-operations.json`, which the
//! program carries as it is. The feature `openapi` keeps the builders out of the program.

#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use utoipa::openapi::path::{HttpMethod, OperationBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ComponentsBuilder, ContentBuilder, InfoBuilder, License, OpenApiBuilder, Paths, Ref, RefOr, Response, ResponseBuilder,
};

type Shape = RefOr<Schema>;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

/// The tag of all calls.
const TAG: &str = "operations";

/// The credential that `/metrics` may ask for.
const METRICS_TOKEN: &str = "metricsToken";

/// What a reader of the document learns first.
const ABOUT: &str = "The operations listener of Derslik, beside the public APIs. On a loopback address every page is open to the machine. On \
                     any other address health and version are open, and `/metrics` needs `ops.metrics_token`.";

/// The OpenAPI 3.1 document of this listener, with an example of each answer.
///
/// # Errors
/// If the document can't be written as JSON.
pub fn document() -> serde_json::Result<Value> {
    let mut paths = Paths::new();
    for (path, operation) in calls() {
        paths.add_path_operation(path, vec![HttpMethod::Get], operation.build());
    }
    let info = InfoBuilder::new()
        .title("Derslik, operations")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(License::new("MIT OR Apache-2.0")))
        .build();
    let tag = TagBuilder::new().name(TAG).description(Some("Health, readiness, version and metrics of one process.")).build();
    let document = OpenApiBuilder::new().info(info).paths(paths).components(Some(components())).tags(Some([tag])).build();
    serde_json::to_value(&document)
}

fn calls() -> [(&'static str, OperationBuilder); 4] {
    let ready = json!({
        "status": "ready",
        "parts": {
            "process": { "state": "ok", "since": "2025-02-06T13:07:35+00:00", "note": "working" },
            "worker": {
                "state": "warning",
                "since": "2025-02-06T13:07:35+00:00",
                "note": "a due job has waited for more than ten minutes: look whether a worker runs",
            },
        },
    });
    let readiness = || -> Shape { Ref::from_schema_name("Readiness").into() };
    let status = record("The process lives.", vec![("status", one_of(&["ok"], "Always this."))]);
    let name = one_of(&["derslik"], "The program.");
    let version = record("The version of the program.", vec![("name", name), ("version", text("The version."))]);
    let metrics = text("Metrics in the format of Prometheus.");
    [
        (
            "/healthz",
            call("health", "Whether the process lives")
                .description(Some("It looks at nothing else, so it answers while the database is gone."))
                .response("200", answer("The process lives.", JSON, status, Some(json!({ "status": "ok" })))),
        ),
        (
            "/readyz",
            call("readiness", "Whether the process may get requests")
                .response("200", answer("It may get requests.", JSON, readiness(), Some(ready)))
                .response("503", answer("It may not: a part fails, or it was told to stop.", JSON, readiness(), None)),
        ),
        (
            "/version",
            call("version", "The version of the program").response(
                "200",
                answer("The version.", JSON, version, Some(json!({ "name": "derslik", "version": env!("CARGO_PKG_VERSION") }))),
            ),
        ),
        (
            "/metrics",
            call("metrics", "Metrics for Prometheus")
                .security(SecurityRequirement::new(METRICS_TOKEN, Vec::<String>::new()))
                .security(SecurityRequirement::default())
                .response("200", answer("The metrics.", TEXT, metrics, Some(json!("up 1\n"))))
                .response("401", Ref::from_response_name("NoToken"))
                .response("404", Ref::from_response_name("Absent"))
                .response("503", Ref::from_response_name("Busy")),
        ),
    ]
}

fn components() -> Components {
    let error = || Ref::from_schema_name("Error");
    let refusal = |about: &str| answer(about, JSON, error().into(), None);
    let note = text("What was found.");
    let part = vec![
        ("state", one_of(&["ok", "warning", "failing", "unknown"], "`failing` makes the process unready.")),
        ("since", instant("Since when it has this state.")),
        ("note", note),
    ];
    let parts: Shape = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("The parts by their names."))
        .additional_properties(Some(AdditionalProperties::<Schema>::RefOr(Ref::from_schema_name("Part").into())))
        .into();
    let status = one_of(&["ready", "not ready"], "Whether the process may get requests.");
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("`ops.metrics_token`, where it is set."));
    ComponentsBuilder::new()
        .security_scheme(METRICS_TOKEN, SecurityScheme::Http(token.build()))
        .schema("Error", record("An error.", vec![("error", text("What is wrong, in English."))]))
        .schema("Part", record("The state of one part.", part))
        .schema("Readiness", record("The readiness, part by part.", vec![("status", status), ("parts", parts)]))
        .response("Foreign", refusal("The request comes from a web page of another site, or names a host that is not known here."))
        .response("NoToken", refusal("The token is missing or wrong."))
        .response("Absent", refusal("There are no metrics, or none for this client."))
        .response(
            "Busy",
            refusal("The metrics are being rendered for another client, or take too long; `Retry-After` says when to ask again."),
        )
        .build()
}

fn call(id: &str, summary: &str) -> OperationBuilder {
    OperationBuilder::new().operation_id(Some(id)).tag(TAG).summary(Some(summary)).response("403", Ref::from_response_name("Foreign"))
}

fn answer(about: &str, content_type: &str, shape: Shape, example: Option<Value>) -> Response {
    let content = ContentBuilder::new().schema(Some(shape)).example(example).build();
    ResponseBuilder::new().description(about).content(content_type, content).build()
}

fn text(about: &str) -> Shape {
    ObjectBuilder::new().schema_type(Type::String).description(Some(about)).into()
}

fn instant(about: &str) -> Shape {
    let format = SchemaFormat::Custom("date-time".to_owned());
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).description(Some(about)).format(Some(format)).into()
}

fn one_of(values: &[&str], about: &str) -> Shape {
    ObjectBuilder::new().schema_type(Type::String).description(Some(about)).enum_values(Some(values.iter().copied())).into()
}

/// An object that has these members and no other.
fn record(about: &str, members: Vec<(&str, Shape)>) -> Shape {
    let object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(about))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    members.into_iter().fold(object, |object, (name, shape)| object.property(name, shape).required(name)).into()
}
