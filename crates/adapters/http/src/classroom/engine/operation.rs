//! A method of the API as data, and the API as a list of methods. The discovery document is built from the same list.

use std::sync::OnceLock;

use actix_web::web::Bytes;
use derslik_domain::identity::Scope;
use futures_util::future::LocalBoxFuture;

use super::answer::Outcome;
use super::context::Context;
use super::query::Parameter;
use super::schema::Message;

/// A method of the API.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The resource that the method belongs to, as `courses.aliases`.
    pub(crate) resource: &'static str,
    /// The name within the resource.
    pub(crate) name: &'static str,
    pub(crate) verb: &'static str,
    /// The path template, with the names of variables in braces.
    pub(crate) path: &'static str,
    /// The parameters of the query, in addition to those of all methods.
    pub(crate) query: &'static [Parameter],
    pub(crate) request: Option<&'static Message>,
    pub(crate) response: &'static Message,
    /// Any one of these scopes allows a call.
    pub(crate) scopes: &'static [Scope],
    /// Whether an idempotency key applies to the method, because it creates something.
    pub(crate) takes_key: bool,
    /// The description for the discovery document.
    pub(crate) about: &'static str,
    pub(crate) handler: Handler,
}

/// A method of the original that is not carried out: it is described, and its calls are answered 501. The fields are those of an
/// [`Operation`].
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) resource: &'static str,
    pub(crate) name: &'static str,
    pub(crate) verb: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: &'static [Parameter],
    pub(crate) request: Option<&'static Message>,
    pub(crate) response: &'static Message,
    /// The names of scopes, which may be scopes that no token here has.
    pub(crate) scopes: &'static [&'static str],
    pub(crate) about: &'static str,
}

/// A method as the discovery document shows it, whether it is carried out or not.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) resource: &'static str,
    pub(crate) name: &'static str,
    pub(crate) verb: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: &'static [Parameter],
    pub(super) request: Option<&'static Message>,
    pub(super) response: &'static Message,
    /// The names of scopes.
    pub(crate) scopes: Vec<&'static str>,
    pub(super) about: &'static str,
}

impl From<&'static Operation> for Method {
    fn from(operation: &'static Operation) -> Self {
        let Operation { resource, name, verb, path, query, request, response, scopes, takes_key: _, about, handler: _ } = *operation;
        Self { resource, name, verb, path, query, request, response, scopes: scopes.iter().map(|scope| scope.name()).collect(), about }
    }
}

impl From<&'static Described> for Method {
    fn from(described: &'static Described) -> Self {
        let Described { resource, name, verb, path, query, request, response, scopes, about } = *described;
        Self { resource, name, verb, path, query, request, response, scopes: scopes.to_vec(), about }
    }
}

/// What the discovery document says about a scope.
#[derive(Debug)]
pub(crate) struct ScopeText {
    /// The name of the scope.
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
}

/// What the discovery document says about a parameter.
#[derive(Debug)]
pub(crate) struct ParameterText {
    /// The resource that it is about, together with those below it. An empty name stands for all.
    pub(crate) resource: &'static str,
    pub(crate) name: &'static str,
    /// A parameter whose text begins with `Deprecated.` is shown as such where it is not a part of the path.
    pub(crate) about: &'static str,
}

/// Carries out an operation: from a query and a body to an inbound port, and from its outcome to an answer.
pub(crate) type Handler = for<'a> fn(&'a Context<'a>) -> LocalBoxFuture<'a, Outcome>;

/// The methods of the API, resource by resource.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) resources: &'static [&'static [Operation]],
    /// The methods of the original that are only described, resource by resource.
    pub(crate) described: &'static [&'static [Described]],
    /// Paths of the original that its description leaves out, and that this service does not implement. `*` stands for any text in a
    /// segment, and `/**` at the end for any number of further segments.
    pub(crate) unimplemented: &'static [&'static str],
    pub(crate) slashed: Slashed,
    /// Every scope of the description.
    pub(crate) scopes: &'static [ScopeText],
    /// Every parameter of the description.
    pub(crate) parameters: &'static [ParameterText],
    /// The discovery document, in the parts between which the root stands, once it was asked for.
    pub(crate) document: OnceLock<Vec<Bytes>>,
}

/// The variables of paths whose values may hold unescaped slashes.
#[derive(Debug)]
pub(crate) struct Slashed {
    /// The names of the variables.
    pub(crate) variables: &'static [&'static str],
    /// How such a value begins, in the path as it was sent. Any other value ends at the next slash.
    pub(crate) prefixes: &'static [&'static str],
}

impl Api {
    /// Every method that is carried out.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &'static Operation> + use<> {
        self.resources.iter().flat_map(|operations| operations.iter())
    }

    /// Every method that is only described.
    pub(crate) fn described(&self) -> impl Iterator<Item = &'static Described> + use<> {
        self.described.iter().flat_map(|described| described.iter())
    }

    /// Every method of the description.
    pub(crate) fn methods(&self) -> impl Iterator<Item = Method> + use<> {
        self.operations().map(Method::from).chain(self.described().map(Method::from))
    }

    /// What is said about a parameter of a resource.
    pub(crate) fn parameter_text(&self, resource: &str, name: &str) -> Option<&'static str> {
        let is_within =
            |outer: &str| outer.is_empty() || resource.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.parameters.iter().find(|text| text.name == name && is_within(text.resource)).map(|text| text.about)
    }
}

impl Slashed {
    /// Whether the value of that variable, which begins with `segment`, may go on after the next slash.
    pub(super) fn may_go_on(&self, variable: &str, segment: &str) -> bool {
        self.variables.contains(&variable) && self.prefixes.iter().any(|prefix| segment.starts_with(prefix))
    }
}
