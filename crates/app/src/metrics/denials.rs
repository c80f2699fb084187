//! Counts denied requests for the metrics, in front of the count for the audit log.

use std::sync::Arc;

use derslik_domain::audit::DenialCause;
use derslik_domain::id::AccountId;
use derslik_ports::inbound::DenialLog;
use metrics::counter;

/// A count of denied requests that is among the metrics, too. The metrics do not tell accounts apart.
#[derive(Debug)]
pub struct MeteredDenials(Arc<dyn DenialLog>);

impl MeteredDenials {
    /// Counts, and passes each denied request on.
    pub fn new(inner: Arc<dyn DenialLog>) -> Self {
        Self(inner)
    }
}

impl DenialLog for MeteredDenials {
    fn note(&self, account: Option<AccountId>, cause: DenialCause) {
        counter!("derslik_denied_total", "cause" => cause.name()).increment(1);
        self.0.note(account, cause);
    }
}

#[cfg(test)]
mod tests {
    use derslik_ports::inbound::MockDenialLog;
    use derslik_testkit::builders::account;

    use super::*;
    use crate::metrics::recorder::Recording;

    #[test]
    fn a_denied_request_is_counted_and_passed_on() {
        let mut log = MockDenialLog::new();
        log.expect_note().once().returning(|of, cause| assert_eq!((of, cause), (Some(account().id), DenialCause::Expired)));
        let (recorder, recording) = Recording::local();
        metrics::with_local_recorder(&recorder, || MeteredDenials::new(Arc::new(log)).note(Some(account().id), DenialCause::Expired));
        assert!(recording.text().contains("derslik_denied_total{cause=\"expired\"} 1\n"), "{}", recording.text());
    }
}
