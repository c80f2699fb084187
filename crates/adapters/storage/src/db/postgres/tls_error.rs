//! Why a connection can't have the TLS that the URL asks for. Each text is one line with the cause and what to do about it, and
//! names no secret.

use std::io;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate};
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

/// Why a connection can't have the TLS that the URL asks for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("sslmode must be disable, allow, prefer, require, verify-ca or verify-full")]
    Mode,
    #[error("the parameter {0} can't be used")]
    Value(String),
    #[error("sslrootcert=system needs sslmode=verify-full: anybody can get a certificate from one of the system's authorities")]
    WeakForSystem,
    #[error("sslcert and sslkey must be given together")]
    HalfAPair,
    #[error("channel_binding=require can't be met: leave it out, and use sslmode=verify-full")]
    ChannelBinding,
    #[error("sslnegotiation=direct can't be used: leave it out")]
    Direct,

    #[error("{parameter} {} can't be read: {cause}", .file.display())]
    Unreadable { parameter: &'static str, file: PathBuf, cause: io::Error },
    #[error("{parameter} {} holds no certificate: it must be a PEM file", .file.display())]
    NoCertificate { parameter: &'static str, file: PathBuf },
    #[error("sslkey {} holds no private key: it must be a PEM file without a password", .0.display())]
    NoKey(PathBuf),
    #[error("sslcert and sslkey can't be used together: {0}")]
    Pair(Error),
    #[error(
        "this machine has no certificates of authorities{0}: install the package ca-certificates, or name a file as sslrootcert in \
         the database URL"
    )]
    NoSystemAuthorities(String),
    #[error("TLS can't be set up: {0}")]
    Setup(Error),

    #[error("{0} offers no TLS: set ssl = on at the server, or give sslmode=disable in the database URL if the network between is trusted")]
    NotOffered(String),
    #[error("{0} answers the request for TLS with an error: its log says why")]
    Refused(String),
    #[error("{0} doesn't answer the request for TLS as PostgreSQL does: check the host and the port in the database URL")]
    NotPostgres(String),
    #[error("{host} closed the connection when it was asked for TLS: check the host, the port and the log of the server ({cause})")]
    Unanswered { host: String, cause: io::Error },
    #[error("{0} is no name that a certificate can have: give sslmode=disable, or another name, in the database URL")]
    Name(String),

    #[error(
        "the certificate of {0} is not signed by an authority that this machine trusts: name a file with its authority as sslrootcert \
         in the database URL"
    )]
    UnknownToSystem(String),
    #[error("the certificate of {host} is not signed by an authority in {}: put its authority into that file", .file.display())]
    UnknownToFile { host: String, file: PathBuf },
    #[error(
        "the certificate of {host} is only for {names}: give one of these names in the database URL, or the server a certificate for \
         {host}"
    )]
    WrongName { host: String, names: String },
    #[error("the certificate of {0} has no names: give the server one with {0} among its subjectAltName, the common name doesn't count")]
    NoNames(String),
    #[error("the certificate of {host} has expired{day}: renew it at the server")]
    Expired { host: String, day: String },
    #[error("the certificate of {host} is not valid yet{day}: check the clocks of this machine and of the server")]
    NotYet { host: String, day: String },
    #[error(
        "the certificate of {0} is one of an authority (CA:TRUE): sign another one for the server with it, and keep this one as \
         sslrootcert"
    )]
    OfAnAuthority(String),
    #[error(
        "the certificate of {0} is of version 1 of X.509, which can't name a host: make one with subjectAltName, as `openssl x509 -req \
         -extfile FILE` does"
    )]
    OfVersion1(String),
    #[error("the certificate of {host} can't be used: {cause}")]
    Certificate { host: String, cause: CertificateError },
    #[error("{0} speaks only versions of TLS before 1.2: raise ssl_max_protocol_version at the server, or upgrade it")]
    OldVersion(String),
    #[error("{0} agrees to TLS and then doesn't speak it: check for a proxy between that changes the traffic")]
    NotTls(String),
    #[error("{host} closed the connection during the TLS handshake: the log of the server says why ({cause})")]
    Closed { host: String, cause: io::Error },
    #[error("the TLS handshake with {host} failed: {cause}")]
    Handshake { host: String, cause: io::Error },
}

impl TlsError {
    /// Why a handshake failed. `file` is the file of the authorities, if the URL names one.
    pub(super) fn of_handshake(host: &str, file: Option<PathBuf>, cause: io::Error) -> Self {
        let host = host.to_owned();
        match cause.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(Error::InvalidCertificate(error)) => Self::of_certificate(host, file, error.clone()),
            Some(
                Error::AlertReceived(AlertDescription::ProtocolVersion)
                | Error::PeerIncompatible(
                    PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
                ),
            ) => Self::OldVersion(host),
            Some(Error::InvalidMessage(_) | Error::InappropriateMessage { .. }) => Self::NotTls(host),
            Some(_) => Self::Handshake { host, cause },
            None => Self::Closed { host, cause },
        }
    }

    fn of_certificate(host: String, file: Option<PathBuf>, error: CertificateError) -> Self {
        match error {
            // A bad signature is that of another authority with the same name.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => match file {
                Some(file) => Self::UnknownToFile { host, file },
                None => Self::UnknownToSystem(host),
            },
            CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
                Self::WrongName { host, names: presented.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ") }
            }
            CertificateError::NotValidForNameContext { .. } | CertificateError::NotValidForName => Self::NoNames(host),
            CertificateError::ExpiredContext { not_after, .. } => Self::Expired { host, day: on(not_after) },
            CertificateError::Expired => Self::Expired { host, day: String::new() },
            CertificateError::NotValidYetContext { not_before, .. } => Self::NotYet { host, day: on(not_before) },
            CertificateError::NotValidYet => Self::NotYet { host, day: String::new() },
            // The library has no names for these cases.
            cause if cause.to_string().contains("CaUsedAsEndEntity") => Self::OfAnAuthority(host),
            cause if format!("{cause:?}").contains("UnsupportedCertVersion") => Self::OfVersion1(host),
            cause => Self::Certificate { host, cause },
        }
    }

    /// Whether the same attempt fails again until the URL, a file or the server is changed.
    pub(crate) fn is_lasting(&self) -> bool {
        match self {
            Self::Refused(_) | Self::NotPostgres(_) | Self::Unanswered { .. } | Self::Closed { .. } | Self::Handshake { .. } => false,
            Self::Mode
            | Self::Value(_)
            | Self::WeakForSystem
            | Self::HalfAPair
            | Self::ChannelBinding
            | Self::Direct
            | Self::Unreadable { .. }
            | Self::NoCertificate { .. }
            | Self::NoKey(_)
            | Self::Pair(_)
            | Self::NoSystemAuthorities(_)
            | Self::Setup(_)
            | Self::NotOffered(_)
            | Self::Name(_)
            | Self::UnknownToSystem(_)
            | Self::UnknownToFile { .. }
            | Self::WrongName { .. }
            | Self::NoNames(_)
            | Self::Expired { .. }
            | Self::NotYet { .. }
            | Self::OfAnAuthority(_)
            | Self::OfVersion1(_)
            | Self::Certificate { .. }
            | Self::OldVersion(_)
            | Self::NotTls(_) => true,
        }
    }
}

/// A name of a certificate without the kind of name that the library puts around it, as in `DnsName("db.example")`.
fn plain(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"').to_owned()
}

/// The day of an instant, as ` (2026-11-29)`.
fn on(instant: UnixTime) -> String {
    let day: Option<NaiveDate> =
        i64::try_from(instant.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).map(|at| at.date_naive());
    day.map(|day| format!(" ({day})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn text(error: Error) -> String {
        let file = Some("/etc/ca.pem".into());
        TlsError::of_handshake("db.example", file, io::Error::new(io::ErrorKind::InvalidData, error)).to_string()
    }

    fn of_certificate(error: CertificateError) -> String {
        text(Error::InvalidCertificate(error))
    }

    #[test]
    fn a_refused_certificate_is_told_with_the_way_out() {
        let unknown = of_certificate(CertificateError::UnknownIssuer);
        assert_eq!(unknown, "the certificate of db.example is not signed by an authority in /etc/ca.pem: put its authority into that file");
        let expected = "db.example".try_into().unwrap();
        let presented = vec!["DnsName(\"db.internal\")".to_owned(), "IpAddress(10.0.0.7)".to_owned()];
        let wrong = of_certificate(CertificateError::NotValidForNameContext { expected, presented });
        assert!(wrong.starts_with("the certificate of db.example is only for db.internal, 10.0.0.7: "), "{wrong}");
        assert!(of_certificate(CertificateError::NotValidForName).contains("subjectAltName"));
        let at = |days: u64| UnixTime::since_unix_epoch(Duration::from_secs(days * 86_400));
        let expired = of_certificate(CertificateError::ExpiredContext { time: at(2), not_after: at(1) });
        assert_eq!(expired, "the certificate of db.example has expired (1970-01-02): renew it at the server");
        let early = of_certificate(CertificateError::NotValidYetContext { time: at(1), not_before: at(2) });
        assert!(early.contains("is not valid yet (1970-01-03)"), "{early}");
    }

    #[test]
    fn an_old_version_and_a_closed_connection_are_told_apart() {
        for error in [
            Error::AlertReceived(AlertDescription::ProtocolVersion),
            Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13),
        ] {
            assert!(text(error).starts_with("db.example speaks only versions of TLS before 1.2"));
        }
        let closed = TlsError::of_handshake("db.example", None, io::ErrorKind::UnexpectedEof.into());
        assert!(matches!(closed, TlsError::Closed { .. }) && !closed.is_lasting(), "{closed}");
        assert!(text(Error::AlertReceived(AlertDescription::HandshakeFailure)).starts_with("the TLS handshake with db.example failed"));
    }

    #[test]
    fn every_text_is_one_line() {
        let errors =
            [TlsError::NoSystemAuthorities(String::new()), TlsError::NotOffered("h".to_owned()), TlsError::OldVersion("h".to_owned())];
        for error in errors {
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
}
