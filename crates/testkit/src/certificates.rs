//! Certificates that a test makes when it runs. This module must not know what they are used for.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, Error, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

/// An authority that signs certificates. Each has a key of its own.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, both as the text of a PEM file.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Now, and for centuries.
    Now,
    /// Until the year 2002.
    Past,
}

impl Authority {
    /// A new authority. Authorities with different names can't be mixed up by the verifier.
    ///
    /// # Panics
    /// If no key can be made.
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key can be made");
        Self(CertifiedIssuer::self_signed(authority_params(name), key).expect("an authority can be made"))
    }

    /// The certificate of the authority, as the text of a PEM file.
    pub fn certificate(&self) -> String {
        self.0.pem()
    }

    /// The certificate of the authority with its key, as if it were that of a server.
    pub fn identity(&self) -> Identity {
        Identity { certificate: self.0.pem(), key: self.0.key().serialize_pem() }
    }

    /// A certificate for these host names and addresses, for servers and for clients. Its common name is `subject`.
    ///
    /// # Panics
    /// If a name can't stand in a certificate.
    pub fn sign(&self, subject: &str, names: &[&str], validity: Validity) -> Identity {
        self.try_sign(subject, names, validity).expect("the names can stand in a certificate")
    }

    fn try_sign(&self, subject: &str, names: &[&str], validity: Validity) -> Result<Identity, Error> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, subject);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        if validity == Validity::Past {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate()?;
        Ok(Identity { certificate: params.signed_by(&key, &self.0)?.pem(), key: key.serialize_pem() })
    }
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params
}
