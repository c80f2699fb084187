//! How much TLS protects a connection to a server. It knows no connection.

/// How much TLS protects the connections to a server, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsMode {
    /// No TLS.
    Disable,
    /// TLS if the server offers it. An attacker who can change the traffic can also take the offer away.
    Prefer,
    /// TLS always. The server may be another one than the URL names.
    Require,
    /// TLS always, with a server whose certificate an authority has signed that is trusted here. Its name is not compared.
    VerifyCa,
    /// TLS always, with the server that the URL names.
    VerifyFull,
}

impl TlsMode {
    /// The value of `sslmode`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// Whether every connection is encrypted.
    pub const fn is_encrypted(self) -> bool {
        match self {
            Self::Require | Self::VerifyCa | Self::VerifyFull => true,
            Self::Disable | Self::Prefer => false,
        }
    }

    /// Whether every connection is encrypted, and leads to the server that the URL names.
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::VerifyFull)
    }
}
