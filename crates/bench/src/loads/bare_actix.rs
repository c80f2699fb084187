//! A handler that only answers: the cost of the framework.

use std::io::Write;
use std::net::Ipv4Addr;

use actix_web::{App, HttpServer, web};
use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use tokio::io::AsyncReadExt;

use crate::http::{self, Connection};
use crate::load::{Client, Load, Rig, Subject};

pub(super) const NAME: &str = "bare_actix";
const PATH: &str = "/";
const ANSWER: [u8; 1024] = [b'x'; 1024];

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct BareActix;

struct Asker {
    connection: Connection,
    request: Vec<u8>,
}

/// Prints its address, and answers until standard input ends.
///
/// # Errors
/// When no address can be listened on.
pub(crate) async fn serve() -> Result<()> {
    let server = HttpServer::new(|| App::new().route(PATH, web::get().to(answer))).disable_signals().bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = server.addrs().first().copied().context("listens nowhere")?;
    writeln!(std::io::stdout(), "{address}")?;
    let owner = async {
        let mut nothing = [0];
        // Standard input ends with the parent process, however that ends.
        tokio::io::stdin().read(&mut nothing).await
    };
    tokio::select! {
        result = server.run() => Ok(result?),
        _ = owner => Ok(()),
    }
}

async fn answer() -> &'static [u8] {
    &ANSWER
}

#[async_trait]
impl Load for BareActix {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "bare actix handler, 1 KB"
    }

    fn subject(&self) -> Subject {
        Subject::Bare
    }

    fn connections(&self) -> usize {
        16
    }

    fn rows_of_a_request(&self) -> u32 {
        0
    }

    async fn prepare(&self, _rig: &Rig) -> Result<()> {
        Ok(())
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        Ok(Box::new(Asker { connection: Connection::open(rig.bare.address()).await?, request: http::get(PATH, None) }))
    }
}

#[async_trait]
impl Client for Asker {
    async fn request(&mut self) -> Result<()> {
        let answer = self.connection.exchange(&self.request).await?;
        answer.expect(200)?;
        ensure!(answer.body.len() == ANSWER.len(), "{} bytes were answered", answer.body.len());
        Ok(())
    }
}
