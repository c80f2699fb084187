//! Distributed traces: spans of requests and jobs go to the collector that the variables `OTEL_*` name, over OTLP with HTTP. Spans wait
//! in a bounded queue, and a thread of its own exports them. A collector that is down or slow costs spans, and never a request. An export
//! ends in time even if the collector answers byte by byte.
//!
//! | file | content |
//! |---|---|
//! | `collector` | the HTTP client of the exporter |

mod collector;

use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::anyhow;
use derslik_domain::trace::TraceParent;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider};
use opentelemetry::{Context, Key, KeyValue};
use opentelemetry_otlp::{
    OTEL_EXPORTER_OTLP_TIMEOUT, OTEL_EXPORTER_OTLP_TIMEOUT_DEFAULT, OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanData, SpanExporter};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt};
use tracing_subscriber::registry::LookupSpan;

use self::collector::{Collector, Deadline};

/// The variables that name a collector. Without one of them nothing is exported.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// The name of the service, unless the environment has one.
const SERVICE: &str = "derslik";

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// The layer of the log that exports spans. `None` if the environment names no collector, or turns traces off.
///
/// # Errors
/// If the environment can't be used, such as a URL that can't be read.
pub fn layer<S>() -> anyhow::Result<Option<OpenTelemetryLayer<S, SdkTracer>>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let variable = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    if !is_wanted(variable) {
        return Ok(None);
    }
    let limit = export_limit(variable);
    let deadline = Arc::new(Deadline::new(limit));
    let client = Collector::new(Arc::clone(&deadline));
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().with_http_client(client).with_timeout(limit).build();
    // The error of the library quotes the URL, which may hold a password.
    let refused = |_| anyhow!("traces can't be exported: a URL or another value of the variables OTEL_EXPORTER_OTLP_… can't be used");
    let exporter = Reported::new(exporter.map_err(refused)?, deadline);
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource()).build();
    let tracer = provider.tracer(SERVICE);
    // Tests start the log more than once; the first start counts.
    PROVIDER.set(provider).ok();
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    // Attributes about the source, the thread and the idle time of each span would cost more than the span itself.
    Ok(Some(layer.with_location(false).with_threads(false).with_tracked_inactivity(false)))
}

/// Makes the span a part of the trace that `received` names. Returns the step of a trace that the span is, or what was received if
/// nothing is exported.
pub fn continue_trace(span: &Span, received: Option<TraceParent>) -> Option<TraceParent> {
    if PROVIDER.get().is_none() {
        return received;
    }
    if let Some(parent) = received {
        let (trace, parent_span) = (TraceId::from_bytes(parent.trace_id().bytes()), SpanId::from_bytes(parent.span_id()));
        let remote = SpanContext::new(trace, parent_span, TraceFlags::new(parent.flags()), true, TraceState::default());
        // A span that the filter of the log leaves out takes no parent, and is not exported either.
        span.set_parent(Context::new().with_remote_span_context(remote)).ok();
    }
    let context = span.context();
    let own = context.span().span_context().clone();
    TraceParent::new(own.trace_id().to_bytes(), own.span_id().to_bytes(), own.trace_flags().to_u8()).ok().or(received)
}

/// Exports the spans that wait, but waits no longer than `limit`. Later spans are dropped.
pub fn flush(limit: Duration) {
    if let Some(provider) = PROVIDER.get() {
        // A collector that does not answer has been reported before.
        provider.shutdown_with_timeout(limit).ok();
    }
}

/// Whether the environment names a collector and does not turn traces off.
fn is_wanted(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is = |name: &str, value: &str| variable(name).is_some_and(|found| found.trim().eq_ignore_ascii_case(value));
    let is_named = ENDPOINTS.iter().any(|name| variable(name).is_some_and(|url| !url.trim().is_empty()));
    is_named && !is("OTEL_SDK_DISABLED", "true") && !is("OTEL_TRACES_EXPORTER", "none")
}

/// How long an export may take, with all requests that it repeats. The limit of traces counts before the one of all signals, and none of
/// them turns the limit off.
fn export_limit(variable: impl Fn(&str) -> Option<String>) -> Duration {
    let millis = |name: &str| variable(name)?.trim().parse::<u64>().ok().filter(|millis| *millis > 0).map(Duration::from_millis);
    [OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, OTEL_EXPORTER_OTLP_TIMEOUT]
        .into_iter()
        .find_map(millis)
        .unwrap_or(OTEL_EXPORTER_OTLP_TIMEOUT_DEFAULT)
}

/// What the spans are about: the service by the name that the environment gives it, and its version.
fn resource() -> Resource {
    const UNNAMED: &str = "unknown_service";
    let detected = Resource::builder().build();
    let is_named = detected.get(&Key::from_static_str("service.name")).is_some_and(|name| !name.as_str().starts_with(UNNAMED));
    let resource = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if is_named { resource.build() } else { resource.with_service_name(SERVICE).build() }
}

/// An exporter that logs when it begins to fail, and when it works again: one line for one failure. It starts the time of each export.
#[derive(Debug)]
struct Reported<E> {
    exporter: E,
    deadline: Arc<Deadline>,
    is_failing: AtomicBool,
}

impl<E> Reported<E> {
    fn new(exporter: E, deadline: Arc<Deadline>) -> Self {
        Self { exporter, deadline, is_failing: AtomicBool::new(false) }
    }
}

impl<E: SpanExporter> SpanExporter for Reported<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.deadline.restart();
        let exported = self.exporter.export(batch).await;
        let was_failing = self.is_failing.swap(exported.is_err(), Ordering::Relaxed);
        match &exported {
            Err(error) if !was_failing => tracing::warn!(%error, "traces can't be exported; requests and jobs go on without"),
            Ok(()) if was_failing => tracing::info!("traces are exported again"),
            Ok(()) | Err(_) => {}
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_exported_only_where_a_collector_is_named() {
        let wanted = |variables: &[(&str, &str)]| {
            is_wanted(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        let collector = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        assert!(wanted(&[collector]));
        assert!(wanted(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/v1/traces")]));
        assert!(wanted(&[collector, ("OTEL_SDK_DISABLED", "false"), ("OTEL_TRACES_EXPORTER", "otlp")]));
        for variables in [
            &[][..],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")],
            &[collector, ("OTEL_SDK_DISABLED", "TRUE")],
            &[collector, ("OTEL_TRACES_EXPORTER", "none")],
        ] {
            assert!(!wanted(variables), "{variables:?}");
        }
    }

    #[test]
    fn the_time_of_an_export_is_that_of_the_environment_and_never_endless() {
        let limit = |traces: Option<&str>, all: Option<&str>| {
            let value = |name: &str| if name == OTEL_EXPORTER_OTLP_TRACES_TIMEOUT { traces } else { all };
            export_limit(|name| value(name).map(str::to_owned)).as_millis()
        };
        assert_eq!(limit(None, None), 10_000);
        assert_eq!(limit(None, Some("1000")), 1_000);
        assert_eq!(limit(Some(" 250 "), Some("1000")), 250);
        for unusable in ["0", "-1", "soon", ""] {
            assert_eq!(limit(Some(unusable), Some("1000")), 1_000, "{unusable}");
            assert_eq!(limit(None, Some(unusable)), 10_000, "{unusable}");
        }
    }

    #[test]
    fn a_trace_is_passed_on_where_nothing_is_exported() {
        let received = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().ok();
        assert_eq!(continue_trace(&Span::none(), received), received);
        assert_eq!(continue_trace(&Span::none(), None), None);
    }
}
