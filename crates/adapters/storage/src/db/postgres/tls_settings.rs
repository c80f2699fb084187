//! The parameters of a URL that are about TLS. No file is read here, since URLs are parsed often.

use std::path::{Path, PathBuf};

use derslik_domain::text::from_hex;

use super::tls_error::TlsError;
use super::tls_mode::TlsMode;

/// The parameters of a URL that are about TLS, with the names and values of libpq.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TlsSettings {
    mode: Option<TlsMode>,
    authorities: Option<Authorities>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    /// Whether the server is not told the name by which the client knows it.
    hides_name: bool,
}

/// Where the authorities are named that may sign the certificate of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Authorities {
    /// In the certificates that the system trusts.
    System,
    /// In a file in PEM format.
    File(PathBuf),
}

/// What is checked about the certificate of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Check {
    Nothing,
    /// That one of the authorities has signed it.
    Signature(Authorities),
    /// The same, and that it is for the host that the URL names.
    SignatureAndName(Authorities),
}

impl TlsSettings {
    /// Applies a parameter of the URL that is about TLS. Returns whether it was one.
    pub(super) fn takes(&mut self, name: &str, value: &str) -> Result<bool, TlsError> {
        const NAMES: [&str; 7] = ["sslmode", "sslrootcert", "sslcert", "sslkey", "sslsni", "sslnegotiation", "channel_binding"];
        if !NAMES.contains(&name) {
            return Ok(false);
        }
        let unusable = || TlsError::Value(name.to_owned());
        let value = decoded(value).ok_or_else(unusable)?;
        let file = (!value.is_empty()).then(|| PathBuf::from(&value));
        match (name, value.as_str()) {
            ("sslmode", mode) => self.mode = Some(mode_named(mode)?),
            ("sslrootcert", "system") => self.authorities = Some(Authorities::System),
            ("sslrootcert", _) => self.authorities = file.map(Authorities::File),
            ("sslcert", _) => self.certificate = file,
            ("sslkey", _) => self.key = file,
            ("sslsni", "0" | "1") => self.hides_name = value == "0",
            ("sslnegotiation", "postgres") | ("channel_binding", "disable" | "prefer") => {}
            ("sslnegotiation", "direct") => return Err(TlsError::Direct),
            ("channel_binding", "require") => return Err(TlsError::ChannelBinding),
            _ => return Err(unusable()),
        }
        Ok(true)
    }

    /// Checks the parameters together.
    pub(super) fn checked(self) -> Result<Self, TlsError> {
        if self.authorities == Some(Authorities::System) && self.mode.is_some_and(|mode| mode != TlsMode::VerifyFull) {
            return Err(TlsError::WeakForSystem);
        }
        if self.certificate.is_some() != self.key.is_some() {
            return Err(TlsError::HalfAPair);
        }
        Ok(self)
    }

    /// The mode of connections to an address. A local one has TLS only if the URL asks for it.
    pub(super) fn mode(&self, is_local: bool) -> TlsMode {
        match self.mode {
            Some(TlsMode::Require) if self.authorities.is_some() => TlsMode::VerifyCa,
            Some(mode) => mode,
            None if is_local && self.authorities.is_none() => TlsMode::Disable,
            None => TlsMode::VerifyFull,
        }
    }

    /// What is checked in connections with TLS.
    pub(super) fn check(&self) -> Check {
        let authorities = || self.authorities.clone().unwrap_or(Authorities::System);
        match self.mode {
            None | Some(TlsMode::VerifyFull) => Check::SignatureAndName(authorities()),
            Some(TlsMode::VerifyCa) => Check::Signature(authorities()),
            Some(TlsMode::Disable | TlsMode::Prefer | TlsMode::Require) => {
                self.authorities.clone().map_or(Check::Nothing, Check::Signature)
            }
        }
    }

    /// The files of the client's certificate and its key.
    pub(super) fn client_certificate(&self) -> Option<(&Path, &Path)> {
        self.certificate.as_deref().zip(self.key.as_deref())
    }

    pub(super) fn hides_name(&self) -> bool {
        self.hides_name
    }
}

fn mode_named(name: &str) -> Result<TlsMode, TlsError> {
    match name {
        "disable" => Ok(TlsMode::Disable),
        // libpq tries without TLS first, and then with it. TLS first is never weaker, and reaches the same servers.
        "allow" | "prefer" => Ok(TlsMode::Prefer),
        "require" => Ok(TlsMode::Require),
        "verify-ca" => Ok(TlsMode::VerifyCa),
        "verify-full" => Ok(TlsMode::VerifyFull),
        _ => Err(TlsError::Mode),
    }
}

/// The text behind the percent escapes of a value; `None` if it is not a text.
fn decoded(value: &str) -> Option<String> {
    let mut parts = value.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.extend(from_hex::<1>(digits)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(parameters: &[(&str, &str)]) -> Result<TlsSettings, TlsError> {
        let mut settings = TlsSettings::default();
        for (name, value) in parameters {
            assert!(settings.takes(name, value)?, "{name}");
        }
        settings.checked()
    }

    fn mode_and_check(parameters: &[(&str, &str)]) -> (TlsMode, TlsMode, Check) {
        let settings = settings(parameters).unwrap();
        (settings.mode(true), settings.mode(false), settings.check())
    }

    fn file() -> Authorities {
        Authorities::File("/etc/ca.pem".into())
    }

    #[test]
    fn without_a_mode_only_a_server_elsewhere_is_verified() {
        let expected = (TlsMode::Disable, TlsMode::VerifyFull, Check::SignatureAndName(Authorities::System));
        assert_eq!(mode_and_check(&[]), expected);
        for (value, authorities) in [("system", Authorities::System), ("/etc/ca.pem", file()), ("%2Fetc/ca%2epem", file())] {
            let expected = (TlsMode::VerifyFull, TlsMode::VerifyFull, Check::SignatureAndName(authorities));
            assert_eq!(mode_and_check(&[("sslrootcert", value)]), expected, "{value}");
        }
    }

    #[test]
    fn a_mode_counts_for_every_address() {
        for (name, mode, check) in [
            ("disable", TlsMode::Disable, Check::Nothing),
            ("allow", TlsMode::Prefer, Check::Nothing),
            ("prefer", TlsMode::Prefer, Check::Nothing),
            ("require", TlsMode::Require, Check::Nothing),
            ("verify-ca", TlsMode::VerifyCa, Check::Signature(Authorities::System)),
            ("verify-full", TlsMode::VerifyFull, Check::SignatureAndName(Authorities::System)),
        ] {
            assert_eq!(mode_and_check(&[("sslmode", name)]), (mode, mode, check), "{name}");
        }
    }

    #[test]
    fn a_file_of_authorities_is_used_in_every_mode_with_tls() {
        for (name, mode, check) in [
            ("prefer", TlsMode::Prefer, Check::Signature(file())),
            ("require", TlsMode::VerifyCa, Check::Signature(file())),
            ("verify-ca", TlsMode::VerifyCa, Check::Signature(file())),
            ("verify-full", TlsMode::VerifyFull, Check::SignatureAndName(file())),
        ] {
            assert_eq!(mode_and_check(&[("sslmode", name), ("sslrootcert", "/etc/ca.pem")]), (mode, mode, check), "{name}");
        }
        // An empty value is none, as in libpq.
        assert_eq!(mode_and_check(&[("sslrootcert", "")]), mode_and_check(&[]));
    }

    #[test]
    fn parameters_that_cannot_be_met_are_refused() {
        let cases: [(&[(&str, &str)], &str); 10] = [
            (&[("sslmode", "verify_full")], "sslmode must be"),
            (&[("sslmode", "")], "sslmode must be"),
            (&[("sslmode", "require"), ("sslrootcert", "system")], "sslmode=verify-full"),
            (&[("sslrootcert", "%ff")], "sslrootcert"),
            (&[("sslcert", "/c.pem")], "sslkey"),
            (&[("sslkey", "/k.pem")], "sslcert"),
            (&[("sslsni", "yes")], "sslsni"),
            (&[("sslnegotiation", "direct")], "sslnegotiation=direct"),
            (&[("channel_binding", "require")], "channel_binding=require"),
            (&[("channel_binding", "maybe")], "channel_binding"),
        ];
        for (parameters, part) in cases {
            let text = settings(parameters).unwrap_err().to_string();
            assert!(text.contains(part), "{parameters:?}: {text}");
        }
    }

    #[test]
    fn other_parameters_are_left_alone() {
        assert!(!TlsSettings::default().takes("application_name", "sslmode").unwrap());
    }

    #[test]
    fn a_client_has_a_certificate_and_a_key_or_neither() {
        let pair = [("sslcert", "/c.pem"), ("sslkey", "/k.pem")];
        assert_eq!(settings(&pair).unwrap().client_certificate(), Some((Path::new("/c.pem"), Path::new("/k.pem"))));
        assert_eq!(settings(&[]).unwrap().client_certificate(), None);
    }
}
