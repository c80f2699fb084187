//! A call as the document describes it: its URL, the parts of its request with an example of each, and its answers. The answer to
//! the example is not among them: a test sends the example and keeps what came.

use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, Paths, Ref, Required, Response, ResponseBuilder};

use super::shape::Shape;

/// The type of bodies.
const JSON: &str = "application/json";

/// A description of one call.
pub(crate) struct Call {
    method: HttpMethod,
    path: &'static str,
    operation: OperationBuilder,
}

/// An error that several calls may answer: its status, and its name among the components of the document.
pub(crate) type Refusal = (u16, &'static str);

impl Call {
    /// The call with that id, which must be unique in the document.
    pub(crate) fn new(method: HttpMethod, path: &'static str, id: &str, tag: &str, summary: &str) -> Self {
        let operation = OperationBuilder::new().operation_id(Some(id)).tag(tag).summary(Some(summary));
        Self { method, path, operation }
    }

    fn with(self, change: impl FnOnce(OperationBuilder) -> OperationBuilder) -> Self {
        Self { operation: change(self.operation), ..self }
    }

    /// What is worth knowing besides the summary.
    pub(crate) fn about(self, text: &str) -> Self {
        self.with(|operation| operation.description(Some(text)))
    }

    /// The call needs a credential of that kind.
    pub(crate) fn secured_by(self, scheme: &str) -> Self {
        self.with(|operation| operation.security(SecurityRequirement::new(scheme, Vec::<String>::new())))
    }

    fn parameter(self, of: ParameterIn, name: &str, about: &str, shape: Shape, example: Option<Value>) -> Self {
        let required = if of == ParameterIn::Path { Required::True } else { Required::False };
        let parameter = ParameterBuilder::new().name(name).parameter_in(of).required(required);
        let parameter = parameter.description(Some(about)).schema(Some(shape)).example(example);
        self.with(|operation| operation.parameter(parameter))
    }

    /// A variable of the path.
    pub(crate) fn in_path(self, name: &str, about: &str, shape: Shape, example: impl Into<Value>) -> Self {
        self.parameter(ParameterIn::Path, name, about, shape, Some(example.into()))
    }

    /// An optional parameter of the query. One without an example is left out of the example request.
    pub(crate) fn in_query(self, name: &str, about: &str, shape: Shape, example: Option<Value>) -> Self {
        self.parameter(ParameterIn::Query, name, about, shape, example)
    }

    /// An optional header, which the example request leaves out.
    pub(crate) fn in_header(self, name: &str, about: &str, shape: Shape) -> Self {
        self.parameter(ParameterIn::Header, name, about, shape, None)
    }

    /// The call takes JSON.
    pub(crate) fn takes(self, shape: Shape, example: Value) -> Self {
        self.takes_as(JSON, shape, example)
    }

    /// The call takes a body of that type. The example is JSON for a form as well: the values by their names.
    pub(crate) fn takes_as(self, content_type: &str, shape: Shape, example: Value) -> Self {
        let content = ContentBuilder::new().schema(Some(shape)).example(Some(example)).build();
        let body = RequestBodyBuilder::new().content(content_type, content).required(Some(Required::True)).build();
        self.with(|operation| operation.request_body(Some(body)))
    }

    /// The call may answer JSON with that status.
    pub(crate) fn answers(self, status: u16, about: &str, shape: Shape) -> Self {
        let response = ResponseBuilder::new().description(about).content(JSON, ContentBuilder::new().schema(Some(shape)).build());
        self.with(|operation| operation.response(status.to_string(), response.build()))
    }

    /// The call answers 204 without a body.
    pub(crate) fn answers_nothing(self, about: &str) -> Self {
        let response = ResponseBuilder::new().description(about).build();
        self.with(|operation| operation.response("204", response))
    }

    /// The call may be refused with these errors.
    pub(crate) fn refuses(self, refusals: &[Refusal]) -> Self {
        let mut operation = self.operation;
        for (status, name) in refusals {
            operation = operation.response(status.to_string(), Ref::from_response_name(*name));
        }
        Self { operation, ..self }
    }

    /// Adds the call to the paths of a document.
    pub(crate) fn add_to(self, paths: &mut Paths) {
        paths.add_path_operation(self.path, vec![self.method], self.operation.build());
    }
}

/// An error with a body of that shape, as a component of the document.
pub(crate) fn error(about: &str, shape: Shape) -> Response {
    ResponseBuilder::new().description(about).content(JSON, ContentBuilder::new().schema(Some(shape)).build()).build()
}
