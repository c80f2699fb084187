//! A request under test control, as its journal keeps it: what the client sent, and what is known of the answer. Secrets are masked when
//! an entry is read, since most entries never are.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest};
use derslik_domain::fault::{Api, Met, Moment, RequestLine};
use derslik_domain::id::AccountId;
use derslik_domain::idempotency::AnswerCode;
use derslik_domain::identity::Actor;
use derslik_ports::inbound::control::{Masked, Recorded, RecordedRequest};
use futures_util::Stream;
use tracing_actix_web::RequestId;

use crate::cut::Cut;
use crate::kept::KeptHead;
use crate::masking::{BodyKind, body_kind, shown_body};
use crate::observed::{Dialect, Template};
use crate::state::{HttpState, RequestControl};
use crate::trace::route_of;

/// The longest body that is kept. A part of a longer one could not be searched for secrets.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// A request under test control.
pub(crate) struct Exchange {
    control: Arc<RequestControl>,
    began: Instant,
    head: RefCell<KeptHead>,
    request_id: Option<RequestId>,
    /// `None` if the body can't be searched for secrets, and so is not kept.
    body_kind: Option<BodyKind>,
    body: RefCell<KeptBody>,
    /// What is known once the credential was checked.
    account: Cell<Option<AccountId>>,
    actor: RefCell<Option<Actor>>,
    /// The account that a request for a token names.
    named: Cell<Option<AccountId>>,
    api: Cell<Option<Api>>,
    route: RefCell<Option<String>>,
    fault: Cell<Option<&'static str>>,
    is_recorded: Cell<bool>,
    /// By what it ends its connection. `None` where there is no connection, as in tests.
    cut: Option<Rc<Cut>>,
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
        let control = Arc::clone(request.app_data::<Data<HttpState>>()?.request_control()?);
        let request_id = request.extensions().get::<RequestId>().copied();
        let of_stream = request.extensions().get::<Rc<Cut>>().cloned();
        let head = KeptHead::of(request.head());
        let body_kind = body_kind(head.content_type());
        let exchange = Rc::new(Self {
            control,
            began: Instant::now(),
            head: RefCell::new(head),
            request_id,
            body_kind,
            body: RefCell::default(),
            account: Cell::new(None),
            actor: RefCell::new(None),
            named: Cell::new(None),
            api: Cell::new(None),
            route: RefCell::new(None),
            fault: Cell::new(None),
            is_recorded: Cell::new(false),
            cut: of_stream.or_else(|| request.conn_data::<Rc<Cut>>().cloned()),
        });
        match request.take_payload() {
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

    /// Notes the account whose credential the request showed, and where the request was routed to.
    pub(crate) fn note(&self, request: &HttpRequest, account: Option<AccountId>) {
        self.account.set(account);
        self.api.set(request.app_data::<Dialect>().and_then(|dialect| dialect.api()));
        let mut route = self.route.borrow_mut();
        // The courses API names the template of a call later than its credential.
        if route.is_none() || request.extensions().contains::<Template>() {
            *route = route_of(request);
        }
    }

    /// Notes the actor whose credential the request showed, for a replay.
    pub(crate) fn note_actor(&self, actor: &Actor) {
        *self.actor.borrow_mut() = Some(actor.clone());
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
        let Some(account) = self.account.get() else { return Met::default() };
        let head = self.head.borrow();
        let request = RequestLine { api: self.api.get(), method: head.method(), path: head.path() };
        let met = self.control.faults.for_request(account, moment, &request);
        match &met {
            Met { fault: Some((_, fault)), .. } => self.fault.set(Some(fault.name())),
            Met { delays, fault: None } if !delays.is_empty() => self.fault.set(Some("delay")),
            Met { .. } => {}
        }
        met
    }

    /// Returns once the account of the request has no fault of that number any more.
    pub(crate) fn gone(&self, number: u64) -> impl Future<Output = ()> + use<> {
        let (faults, account) = (Arc::clone(&self.control.faults), self.account.get());
        async move {
            if let Some(account) = account {
                faults.gone(account, number).await;
            }
        }
    }

    /// Ends the connection, and waits for that. Returns where there is no connection.
    pub(crate) async fn end_connection(&self, is_reset: bool) {
        let Some(cut) = &self.cut else { return };
        if is_reset {
            cut.reset();
        } else {
            cut.close();
        }
        pending::<()>().await;
    }

    /// Writes the request to the journal of its account, or to that of no account. Further calls do nothing. An answer has a status, and a
    /// length if it is known.
    pub(crate) fn record(&self, answer: Option<(StatusCode, Option<u64>)>) {
        if self.is_recorded.replace(true) {
            return;
        }
        let KeptBody { mut bytes, read } = self.body.take();
        let body = self.body_kind.filter(|_| !bytes.is_empty()).map(|kind| {
            bytes.shrink_to_fit();
            Masked::new(move || shown_body(kind, &bytes))
        });
        let (head, request_id, took) = (self.head.take(), self.request_id, self.began.elapsed());
        let (api, route, fault) = (self.api.get(), self.route.take(), self.fault.get());
        let request = Masked::new(move || RecordedRequest {
            api,
            method: head.method().to_owned(),
            path: head.shown_path(),
            query: head.shown_query(),
            route,
            headers: head.shown_headers(),
            body_bytes: u64::try_from(read).unwrap_or(u64::MAX),
            answer: answer.map(|(status, _)| AnswerCode::new(status.as_u16())),
            answer_bytes: answer.and_then(|(_, bytes)| bytes),
            took,
            fault,
            request_id: request_id.map(|id| id.to_string()).unwrap_or_default(),
        });
        let recorded = Recorded { request, body, actor: self.actor.take() };
        match self.account.get().or(self.named.get()) {
            Some(account) => self.control.journal.record(account, recorded),
            None => self.control.journal.record_unmatched(recorded),
        }
    }
}
