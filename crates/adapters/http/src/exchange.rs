//! A request under test control, as its journal keeps it: what the client sent, and what is known of the answer. Secrets are masked when
//! an entry is read, since most entries never are.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest};
use derslik_domain::fault::{Api, Met, Moment, RequestLine};
use derslik_domain::id::AccountId;
use derslik_domain::idempotency::AnswerCode;
use derslik_domain::identity::Actor;
use derslik_ports::inbound::control::{RequestFacts, UnmaskedRequest};
use futures_util::Stream;
use tracing_actix_web::RequestId;

use crate::kept::{KeptHead, shown_request};
use crate::masking::{BodyKind, body_kind};
use crate::observed::{Dialect, Template};
use crate::state::{HttpState, RequestControl};
use crate::trace::{pattern_of, template_of};

/// The longest body that is kept. A part of a longer one could not be searched for secrets.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// A request under test control.
pub(crate) struct Exchange {
    /// That of this thread, whose count of owners no other thread changes.
    state: Data<HttpState>,
    began: Instant,
    head: RefCell<KeptHead>,
    request_id: Option<RequestId>,
    /// `None` if there is no body, or if it can't be searched for secrets, and so is not kept.
    body_kind: Option<BodyKind>,
    body: RefCell<KeptBody>,
    /// What is known once the credential was checked.
    account: Cell<Option<AccountId>>,
    actor: RefCell<Option<Actor>>,
    /// The account that a request for a token names.
    named: Cell<Option<AccountId>>,
    api: Cell<Option<Api>>,
    route: RefCell<Route>,
    fault: Cell<Option<&'static str>>,
    is_recorded: Cell<bool>,
}

/// The route of a request, as far as it was looked up.
#[derive(Default)]
enum Route {
    #[default]
    Unknown,
    /// The template with which the dialect has marked the request.
    Marked(Template),
    /// The template that the framework knows, if the path belongs to a route.
    Found(Option<String>),
}

/// What was read of a body.
#[derive(Default)]
struct KeptBody {
    bytes: Vec<u8>,
    /// The bytes that were read, kept or not.
    read: usize,
}

/// A body that is kept while it is read.
struct ReadBody {
    payload: Payload,
    exchange: Rc<Exchange>,
}

impl Stream for ReadBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = Pin::new(&mut self.payload).poll_next(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &next {
            self.exchange.keep(bytes);
        }
        next
    }
}

impl Exchange {
    /// Begins to follow a request, if it is under test control.
    pub(crate) fn begin(request: &mut ServiceRequest) -> Option<Rc<Self>> {
        let state = request.app_data::<Data<HttpState>>().filter(|state| state.request_control().is_some()).cloned()?;
        let request_id = request.extensions().get::<RequestId>().copied();
        let payload = request.take_payload();
        let exchange = Rc::new(Self {
            state,
            began: Instant::now(),
            head: RefCell::new(KeptHead::of(request.head())),
            request_id,
            body_kind: if matches!(payload, Payload::None) { None } else { kind_of_body(request.headers()) },
            body: RefCell::default(),
            account: Cell::new(None),
            actor: RefCell::new(None),
            named: Cell::new(None),
            api: Cell::new(None),
            route: RefCell::default(),
            fault: Cell::new(None),
            is_recorded: Cell::new(false),
        });
        match payload {
            Payload::None => {}
            payload @ (Payload::H1 { .. } | Payload::Stream { .. }) => {
                let body = ReadBody { payload, exchange: Rc::clone(&exchange) };
                request.set_payload(Payload::Stream { payload: Box::pin(body) });
            }
        }
        request.extensions_mut().insert(Rc::clone(&exchange));
        Some(exchange)
    }

    /// The exchange of a request, if the request is under test control.
    pub(crate) fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().cloned()
    }

    fn keep(&self, bytes: &Bytes) {
        let mut body = self.body.borrow_mut();
        body.read += bytes.len();
        if body.read <= MAX_BODY_BYTES && self.body_kind.is_some() {
            body.bytes.extend_from_slice(bytes);
        } else {
            body.bytes = Vec::new();
        }
    }

    /// Notes the actor whose credential the request showed, for faults and for a replay. Its client may leave before the answer, so the
    /// route is looked up as well.
    pub(crate) fn note_admitted(&self, request: &HttpRequest, actor: &Actor) {
        self.account.set(Some(actor.account_id()));
        *self.actor.borrow_mut() = Some(actor.clone());
        self.look_up_route(request);
    }

    /// Notes the account of a request that has its answer.
    pub(crate) fn note_answered(&self, request: &HttpRequest, account: Option<AccountId>) {
        self.account.set(account);
        self.look_up_route(request);
    }

    /// Looks up the API and the route, unless they are known.
    fn look_up_route(&self, request: &HttpRequest) {
        if self.api.get().is_none() {
            self.api.set(request.app_data::<Dialect>().and_then(|dialect| dialect.api()));
        }
        let mut route = self.route.borrow_mut();
        // The courses API may name the template of a call later than its credential.
        if let Some(template) = template_of(request) {
            *route = Route::Marked(template);
        } else if matches!(*route, Route::Unknown) {
            *route = Route::Found(pattern_of(request));
        }
    }

    /// Notes the account that a request for a token names. Its faults are not for such requests, and its journal has them.
    pub(crate) fn name(&self, account: AccountId) {
        self.named.set(Some(account));
    }

    /// The account that a request for a token names.
    pub(crate) fn named(&self) -> Option<AccountId> {
        self.named.get()
    }

    /// Notes the account whose journal has the request, which meets none of its faults.
    pub(crate) fn belongs_to(&self, account: Option<AccountId>) {
        self.account.set(account);
    }

    /// What the request meets at a moment.
    pub(crate) fn next_faults(&self, moment: Moment) -> Met {
        let (Some(account), Some(control)) = (self.account.get(), self.control()) else { return Met::default() };
        let head = self.head.borrow();
        let request = RequestLine { api: self.api.get(), method: head.method(), path: head.path() };
        let met = control.faults.for_request(account, moment, &request);
        match &met {
            Met { fault: Some((_, fault)), .. } => self.fault.set(Some(fault.name())),
            Met { delays, fault: None } if !delays.is_empty() => self.fault.set(Some("delay")),
            Met { .. } => {}
        }
        met
    }

    /// Returns once the account of the request has no fault of that number any more.
    pub(crate) fn gone(&self, number: u64) -> impl Future<Output = ()> + use<> {
        let (faults, account) = (self.control().map(|control| Arc::clone(&control.faults)), self.account.get());
        async move {
            if let (Some(faults), Some(account)) = (faults, account) {
                faults.gone(account, number).await;
            }
        }
    }

    /// Writes the request to the journal of its account, or to that of no account. Further calls do nothing. An answer has a status, and a
    /// length if it is known.
    pub(crate) fn record(&self, answer: Option<(StatusCode, Option<u64>)>) {
        if self.is_recorded.replace(true) {
            return;
        }
        let Some(control) = self.control() else { return };
        let KeptBody { bytes, read } = self.body.take();
        let facts = RequestFacts {
            api: self.api.get(),
            body_bytes: u64::try_from(read).unwrap_or(u64::MAX),
            answer: answer.map(|(status, _)| AnswerCode::new(status.as_u16())),
            answer_bytes: answer.and_then(|(_, bytes)| bytes),
            took: self.began.elapsed(),
            fault: self.fault.get(),
        };
        let (mut head, route) = (self.head.borrow_mut(), self.route.borrow());
        let request = UnmaskedRequest::new(facts, head.end(route.parts(), self.request_id), shown_request).sent_by(self.actor.take());
        let request = match self.body_kind {
            Some(kind) if !bytes.is_empty() => request.with_body(&bytes, kind.mask()),
            Some(_) | None => request,
        };
        match self.account.get().or(self.named.get()) {
            Some(account) => control.journal.record(account, request),
            None => control.journal.record_unmatched(request),
        }
    }

    /// What tests control. A state has it as long as it lives.
    fn control(&self) -> Option<&RequestControl> {
        self.state.request_control().map(Arc::as_ref)
    }
}

impl Route {
    /// The parts that make the route one after the other; empty ones for none.
    fn parts(&self) -> [&str; 2] {
        match self {
            Self::Marked(template) => ["/", template.0],
            Self::Found(Some(pattern)) => [pattern.as_str(), ""],
            Self::Found(None) | Self::Unknown => ["", ""],
        }
    }
}

/// The kind of the body that comes with these headers, if it can be searched for secrets.
fn kind_of_body(headers: &HeaderMap) -> Option<BodyKind> {
    let content_type = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    body_kind(content_type.as_deref())
}
