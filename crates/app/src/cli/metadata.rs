//! The metadata server of `serve`, and what keeps its service account from acting.

use std::net::TcpListener;
use std::sync::Arc;

use derslik_domain::identity::ServiceAddress;
use derslik_domain::page::PageRequest;
use derslik_http::metadata::{MetadataServer, start as start_server};
use derslik_ports::StoreError;
use derslik_ports::inbound::TokenGrants;
use derslik_side_listener::Running;
use tokio::runtime::Runtime;

use super::list_args::PAGE_SIZE;
use super::{Failure, cannot_listen};
use crate::config::{Config, MetadataPlan};
use crate::wiring::{Installation, Operators};

/// Why a service account can't act, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) problem: String,
    pub(super) fix: String,
}

/// Why a service account can't act. `None` if it can. Its address has the id that the account has inside.
///
/// # Errors
/// The store fails.
pub(super) async fn find_fault(operators: &Operators, address: &ServiceAddress) -> Result<Option<Fault>, StoreError> {
    let ServiceAddress { account, name } = address;
    let Some(state) = operators.accounts.show(*account).await? else {
        let fix = "take the address that `derslik service-account list` shows; `derslik account list` lists the accounts".to_owned();
        return Ok(Some(Fault { problem: format!("there is no account {account}"), fix }));
    };
    let named = &state.account.name;
    if state.is_disabled() {
        let fix = format!("run `derslik account enable {account}`");
        return Ok(Some(Fault { problem: format!("the account {named} ({account}) is disabled"), fix }));
    }
    let mut after = None;
    loop {
        let services = operators.grants.list_service_accounts(*account, PageRequest { size: PAGE_SIZE, after }).await?;
        let Some(last) = services.last() else {
            let problem = format!("the account {named} ({account}) has no service account {name}");
            return Ok(Some(Fault { problem, fix: format!("run `derslik service-account create {name} --account {account}`") }));
        };
        if services.iter().any(|service| service.address.name == *name) {
            return Ok(None);
        }
        after = Some(last.principal);
    }
}

/// Starts the metadata server, if the settings name one. A service account that does not exist yet is told in the log: it may be made while
/// the service runs.
pub(super) fn start(
    config: &Config,
    grants: Arc<dyn TokenGrants>,
    installation: &Installation,
    runtime: &Runtime,
) -> Result<Option<Running>, Failure> {
    let Some(MetadataPlan { address, account, universe_domain }) = config.metadata().map_err(Failure::Usage)? else { return Ok(None) };
    let cannot_listen = |error| cannot_listen(address, "metadata.listen", error);
    let listener = TcpListener::bind(address).map_err(cannot_listen)?;
    let stored = ServiceAddress { account: installation.behind(account.account), ..account.clone() };
    match runtime.block_on(find_fault(&installation.operators(), &stored)) {
        Ok(None) => {}
        Ok(Some(Fault { problem, fix })) => tracing::warn!(%account, "the metadata server gives out no token: {problem}; fix: {fix}"),
        Err(error) => {
            let cause: &dyn std::error::Error = &error;
            tracing::warn!(cause, %account, "the service account of the metadata server could not be looked up");
        }
    }
    let server = MetadataServer { grants, account, universe_domain, any_host: !address.ip().to_canonical().is_loopback() };
    let running = start_server(listener, server).map_err(cannot_listen)?;
    tracing::info!(address = %running.address(), "the metadata server answers");
    Ok(Some(running))
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::identity::{AccountState, Delegation, Scopes, ServiceAccount, ServiceName};
    use derslik_ports::inbound::operators::{MockAccountAdministration, MockGrantAdministration};
    use derslik_testkit::builders::{account, now};

    use super::*;
    use crate::cli::operator::testing::operators;

    /// The fault of `timetable` in an account that may be missing or disabled, and has these service accounts.
    async fn fault(is_there: bool, is_disabled: bool, names: &'static [&'static str]) -> Option<Fault> {
        let (mut accounts, mut grants) = (MockAccountAdministration::new(), MockGrantAdministration::new());
        let state = AccountState { account: account(), created_at: now(), disabled_at: is_disabled.then(now) };
        accounts.expect_show().once().returning(move |_| Ok(is_there.then(|| state.clone())));
        let address = |name: &str| ServiceAddress { account: account().id, name: ServiceName::parse(name).unwrap() };
        let service = move |name: &&str| ServiceAccount {
            address: address(name),
            principal: Id::new(200),
            scopes: Scopes::default(),
            delegation: Delegation::None,
            created_at: now(),
        };
        grants
            .expect_list_service_accounts()
            .returning(move |_, page| Ok(if page.after.is_none() { names.iter().map(service).collect() } else { Vec::new() }));
        let operators = Operators { accounts: Arc::new(accounts), grants: Arc::new(grants), ..operators() };
        find_fault(&operators, &address("timetable")).await.unwrap()
    }

    #[tokio::test]
    async fn a_service_account_that_can_not_act_is_told_with_the_way_out() {
        assert_eq!(fault(true, false, &["other", "timetable"]).await, None);
        for (found, problem, fix) in [
            (fault(false, false, &[]).await, "there is no account 1329", "`derslik account list`"),
            (fault(true, true, &["timetable"]).await, "the account demo (1329) is disabled", "`derslik account enable 1329`"),
            (
                fault(true, false, &["other"]).await,
                "the account demo (1329) has no service account timetable",
                "`derslik service-account create timetable --account 1329`",
            ),
        ] {
            let found = found.unwrap();
            assert!(found.problem == problem && found.fix.contains(fix), "{found:?}");
        }
    }
}
