//! TLS of a private cluster. This module must not know the certificates' origin.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::PostgresError;
use super::account::Account;
use crate::certificates::Identity;

/// How a private cluster takes connections with TLS.
#[derive(Clone, Debug)]
pub struct ServerTls {
    /// The certificate of the server.
    pub identity: Identity,
    /// The certificate of the authority that signs those of clients, as the text of a PEM file.
    pub clients: Option<String>,
    /// Lines of `pg_hba.conf` that come before the usual ones, which trust every user of this machine.
    pub rules: &'static str,
}

impl ServerTls {
    /// The lines of `postgresql.conf` for it.
    pub(super) fn settings(&self) -> String {
        let clients = if self.clients.is_some() { "ssl_ca_file = 'clients.crt'\n" } else { "" };
        format!("ssl = on\n{clients}")
    }

    /// Writes the files into the folder of the data, as the user of the cluster.
    pub(super) fn install(&self, data: &Path, account: &Account) -> Result<(), PostgresError> {
        self.try_install(data, account).map_err(PostgresError::io("write the cluster's certificate"))
    }

    fn try_install(&self, data: &Path, account: &Account) -> io::Result<()> {
        let texts = [
            ("server.crt", Some(&self.identity.certificate)),
            ("server.key", Some(&self.identity.key)),
            ("clients.crt", self.clients.as_ref()),
        ];
        for (name, text) in texts {
            let Some(text) = text else { continue };
            let path = data.join(name);
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?.write_all(text.as_bytes())?;
            account.own(&path)?;
        }
        let path = data.join("pg_hba.conf");
        let usual = fs::read_to_string(&path)?;
        // Opened, not created: the file stays with the user of the cluster.
        OpenOptions::new().write(true).truncate(true).open(&path)?.write_all(format!("{}\n{usual}", self.rules).as_bytes())
    }
}
