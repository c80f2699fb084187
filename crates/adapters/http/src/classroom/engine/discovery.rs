//! The discovery document, from which some clients generate their code. It is built from the list of methods and the messages.

use serde_json::{Map, Value, json};

use super::operation::{Api, Operation};
use super::query::{Parameter, ParameterKind};
use super::schema::{Kind, Message, PREVIEW_VERSION};
use super::scopes::scope_url;

/// The discovery document for an API root, which ends with a slash.
pub(super) fn document(api: &Api, root: &str) -> Value {
    let scopes: Map<String, Value> = api
        .operations()
        .flat_map(|operation| operation.scopes)
        .map(|scope| (scope_url(*scope), json!({ "description": format!("See and manage what {} is about.", scope.name()) })))
        .collect();
    json!({
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "classroom:v1",
        "name": "classroom",
        "version": "v1",
        "title": "Google Classroom API",
        "description": "Courses, their aliases, members and grading periods.",
        "protocol": "rest",
        "rootUrl": root,
        "baseUrl": root,
        "basePath": "",
        "servicePath": "",
        "batchPath": "batch",
        "fullyEncodeReservedExpansion": true,
        "auth": { "oauth2": { "scopes": scopes } },
        "parameters": system_parameters(),
        "resources": resources(api),
        "schemas": schemas(api),
    })
}

fn system_parameters() -> Value {
    let text = |about: &str| json!({ "type": "string", "location": "query", "description": about });
    json!({
        "$.xgafv": { "type": "string", "location": "query", "description": "The form of errors.", "enum": ["1", "2"],
            "enumDescriptions": ["As older clients read them.", "As newer clients read them."] },
        "access_token": text("An access token."),
        "alt": { "type": "string", "location": "query", "description": "The form of answers.", "default": "json", "enum": ["json"],
            "enumDescriptions": ["JSON"] },
        "callback": text("Not used."),
        "fields": text("Which fields of the answer to send."),
        "key": text("Not used."),
        "oauth_token": text("An access token."),
        "prettyPrint": { "type": "boolean", "location": "query", "description": "Whether answers are indented.", "default": "true" },
        "quotaUser": text("Not used."),
        "uploadType": text("Not used."),
        "upload_protocol": text("Not used."),
    })
}

fn resources(api: &Api) -> Value {
    let mut root = Value::Null;
    for operation in api.operations() {
        let mut level = &mut root;
        for name in operation.resource.split('.') {
            level = member(member(level, "resources"), name);
        }
        *member(member(level, "methods"), operation.name) = method(operation);
    }
    member(&mut root, "resources").take()
}

/// A member of an object, which is added if it is missing.
fn member<'a>(value: &'a mut Value, name: &str) -> &'a mut Value {
    // Indexing by a name adds the member to an object and makes one of a null.
    &mut value[name]
}

fn method(operation: &Operation) -> Value {
    let in_path: Vec<&str> = operation.path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect();
    let mut parameters = Map::new();
    for name in &in_path {
        let about = format!("The {name}.");
        parameters.insert((*name).to_owned(), json!({ "type": "string", "location": "path", "required": true, "description": about }));
    }
    for parameter in operation.query.iter().filter(|parameter| !parameter.name.starts_with("x-")) {
        parameters.insert(parameter.name.to_owned(), query_parameter(parameter));
    }
    let scopes: Vec<String> = operation.scopes.iter().map(|scope| scope_url(*scope)).collect();
    let mut method = json!({
        "id": format!("classroom.{}.{}", operation.resource, operation.name),
        "path": operation.path,
        "flatPath": operation.path,
        "httpMethod": operation.verb,
        "description": operation.about,
        "parameterOrder": in_path,
        "parameters": parameters,
        "response": { "$ref": operation.response.name },
        "scopes": scopes,
    });
    if let Some(request) = operation.request {
        *member(&mut method, "request") = json!({ "$ref": request.name });
    }
    method
}

fn query_parameter(parameter: &Parameter) -> Value {
    match parameter.kind {
        ParameterKind::Text => json!({ "type": "string", "location": "query" }),
        ParameterKind::Int32 => json!({ "type": "integer", "format": "int32", "location": "query" }),
        ParameterKind::FieldMask => json!({ "type": "string", "format": "google-fieldmask", "location": "query" }),
        ParameterKind::Choices(choice) => json!({ "type": "string", "enum": choice.values, "repeated": true, "location": "query" }),
        ParameterKind::Preview => json!({ "type": "string", "enum": PREVIEW_VERSION.values, "location": "query" }),
    }
}

fn schemas(api: &Api) -> Value {
    let mut schemas = Map::new();
    for operation in api.operations() {
        for message in operation.request.into_iter().chain([operation.response]) {
            add_schema(&mut schemas, message);
        }
    }
    Value::Object(schemas)
}

fn add_schema(schemas: &mut Map<String, Value>, message: &'static Message) {
    if schemas.contains_key(message.name) {
        return;
    }
    let properties: Map<String, Value> = message
        .fields
        .iter()
        .map(|field| {
            let mut property = property(field.kind);
            *member(&mut property, "description") = json!(field.about);
            if field.about.starts_with("Output only.") {
                *member(&mut property, "readOnly") = json!(true);
            }
            (field.name.to_owned(), property)
        })
        .collect();
    schemas.insert(message.name.to_owned(), json!({ "id": message.name, "type": "object", "properties": properties }));
    for field in message.fields {
        if let Kind::One(below) | Kind::Many(below) = field.kind {
            add_schema(schemas, below);
        }
    }
}

fn property(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Int32 => json!({ "type": "integer", "format": "int32" }),
        Kind::Time => json!({ "type": "string", "format": "google-datetime" }),
        Kind::Choice(choice) => json!({ "type": "string", "enum": choice.values }),
        Kind::One(message) => json!({ "$ref": message.name }),
        Kind::Many(message) => json!({ "type": "array", "items": { "$ref": message.name } }),
    }
}
