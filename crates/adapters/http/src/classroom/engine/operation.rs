//! A method of the API as data, and the API as a list of methods. The discovery document is built from the same list.

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

/// Carries out an operation: from a query and a body to an inbound port, and from its outcome to an answer.
pub(crate) type Handler = for<'a> fn(&'a Context<'a>) -> LocalBoxFuture<'a, Outcome>;

/// The methods of the API, resource by resource.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) resources: &'static [&'static [Operation]],
    /// Paths of the original that this service does not implement. `*` stands for any text in a segment, and `/**` at the end
    /// for any number of further segments.
    pub(crate) unimplemented: &'static [&'static str],
    pub(crate) slashed: Slashed,
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
    /// Every method.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &'static Operation> + use<> {
        self.resources.iter().flat_map(|operations| operations.iter())
    }
}

impl Slashed {
    /// Whether the value of that variable, which begins with `segment`, may go on after the next slash.
    pub(super) fn may_go_on(&self, variable: &str, segment: &str) -> bool {
        self.variables.contains(&variable) && self.prefixes.iter().any(|prefix| segment.starts_with(prefix))
    }
}
