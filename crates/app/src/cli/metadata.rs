//! The metadata server of `serve`.

use std::net::TcpListener;
use std::sync::Arc;

use derslik_http::metadata::{MetadataServer, start as start_server};
use derslik_ports::inbound::TokenGrants;
use derslik_side_listener::Running;
use tokio::runtime::Runtime;

use super::{Failure, cannot_listen};
use crate::config::{Config, MetadataPlan};

/// Starts the metadata server, if the settings name one. A service account that does not exist yet is told in the log: it may be made while
/// the service runs.
pub(super) fn start(config: &Config, grants: Arc<dyn TokenGrants>, runtime: &Runtime) -> Result<Option<Running>, Failure> {
    let Some(MetadataPlan { address, account, universe_domain }) = config.metadata().map_err(Failure::Usage)? else { return Ok(None) };
    let cannot_listen = |error| cannot_listen(address, "metadata.listen", error);
    let listener = TcpListener::bind(address).map_err(cannot_listen)?;
    match runtime.block_on(grants.find_service_account(account.clone())) {
        Ok(Some(_)) => {}
        Ok(None) => tracing::warn!(%account, "the service account of the metadata server does not exist, or may not act"),
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
