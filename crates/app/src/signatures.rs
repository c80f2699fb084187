//! Signatures of service accounts: RS256 and ES256 by `jsonwebtoken`, and random keys of both kinds. Two signatures are verified at a time,
//! beside the threads that answer requests: everyone who knows the address of a service account can
//! ask for verifications.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use derslik_domain::identity::{PublicKey, SignatureAlgorithm};
use derslik_ports::outbound::{Signatures, SigningKey, StoreError};
use jsonwebtoken::{Algorithm, DecodingKey};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use rsa::pkcs8::{DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, RsaPublicKey};

use crate::bounded::BoundedThreads;

/// The bits of a new RSA key.
const RSA_BITS: usize = 2_048;

/// The number of signatures that are verified at the same time, each on its own thread.
const MAX_CONCURRENT: usize = 2;
/// How long a signature waits for a free thread. One takes less than a millisecond.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(1);

/// Signatures by the crates of `RustCrypto`.
#[derive(Debug, Clone)]
pub struct JwtSignatures {
    threads: BoundedThreads,
}

impl Default for JwtSignatures {
    fn default() -> Self {
        Self { threads: BoundedThreads::new(MAX_CONCURRENT, QUEUE_TIMEOUT) }
    }
}

/// Whether the private half of a key made a signature.
fn is_right(algorithm: SignatureAlgorithm, key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    let Some((algorithm, key)) = decoding_key(algorithm, key) else { return false };
    jsonwebtoken::crypto::verify(&URL_SAFE_NO_PAD.encode(signature), message, &key, algorithm).unwrap_or(false)
}

/// The key as `jsonwebtoken` takes it; `None` if it is not a key of that algorithm.
fn decoding_key(algorithm: SignatureAlgorithm, key: &PublicKey) -> Option<(Algorithm, DecodingKey)> {
    Some(match algorithm {
        SignatureAlgorithm::Rs256 => {
            let key = RsaPublicKey::from_public_key_der(key.der()).ok()?;
            (Algorithm::RS256, DecodingKey::from_rsa_raw_components(&key.n().to_bytes_be(), &key.e().to_bytes_be()))
        }
        SignatureAlgorithm::Es256 => {
            let key = p256::PublicKey::from_public_key_der(key.der()).ok()?;
            (Algorithm::ES256, DecodingKey::from_ec_der(key.to_encoded_point(false).as_bytes()))
        }
    })
}

/// Both halves of a key as they are handed out and stored.
fn signing_key(private: &impl EncodePrivateKey, public: &impl EncodePublicKey) -> Result<SigningKey, StoreError> {
    let private_pem = private.to_pkcs8_pem(LineEnding::LF).map_err(|error| StoreError::Other(Box::new(error)))?;
    let public = public.to_public_key_der().map_err(|error| StoreError::Other(Box::new(error)))?;
    Ok(SigningKey { private_pem: private_pem.to_string(), public: PublicKey::new(public.as_bytes()) })
}

#[async_trait]
impl Signatures for JwtSignatures {
    async fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: PublicKey,
        message: Vec<u8>,
        signature: Vec<u8>,
    ) -> Result<bool, StoreError> {
        self.threads.run(move || is_right(algorithm, &key, &message, &signature)).await
    }

    fn new_key(&self, algorithm: SignatureAlgorithm) -> Result<SigningKey, StoreError> {
        match algorithm {
            SignatureAlgorithm::Rs256 => {
                let private = RsaPrivateKey::new(&mut OsRng, RSA_BITS).map_err(|error| StoreError::Other(Box::new(error)))?;
                signing_key(&private, &private.to_public_key())
            }
            SignatureAlgorithm::Es256 => {
                let private = p256::SecretKey::random(&mut OsRng);
                signing_key(&private, &private.public_key())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer as _;
    use p256::pkcs8::DecodePrivateKey as _;
    use rsa::sha2::Sha256;
    use rsa::signature::SignatureEncoding as _;

    use super::*;

    const MESSAGE: &[u8] = b"header.claims";

    fn signed_by(algorithm: SignatureAlgorithm, private_pem: &str) -> Vec<u8> {
        match algorithm {
            SignatureAlgorithm::Rs256 => {
                let key = rsa::pkcs1v15::SigningKey::<Sha256>::new(RsaPrivateKey::from_pkcs8_pem(private_pem).unwrap());
                key.sign(MESSAGE).to_vec()
            }
            SignatureAlgorithm::Es256 => {
                let key = p256::ecdsa::SigningKey::from_pkcs8_pem(private_pem).unwrap();
                let signature: p256::ecdsa::Signature = key.sign(MESSAGE);
                signature.to_bytes().to_vec()
            }
        }
    }

    #[test]
    fn a_signature_is_right_for_its_key_algorithm_and_message_alone() {
        for (algorithm, other) in
            [(SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256), (SignatureAlgorithm::Es256, SignatureAlgorithm::Rs256)]
        {
            let (key, stranger) = (
                JwtSignatures::default().new_key(algorithm).unwrap(),
                JwtSignatures::default().new_key(SignatureAlgorithm::Es256).unwrap(),
            );
            let signature = signed_by(algorithm, &key.private_pem);
            let verify = |algorithm, key: &SigningKey, message, signature: &[u8]| is_right(algorithm, &key.public, message, signature);
            assert!(verify(algorithm, &key, MESSAGE, &signature));
            assert!(!verify(other, &key, MESSAGE, &signature), "{other:?}");
            assert!(!verify(algorithm, &stranger, MESSAGE, &signature));
            assert!(!verify(algorithm, &key, b"header.others", &signature));
            for wrong in [&[][..], &signature[1..], b"none", &[0; 64], &[0; 256]] {
                assert!(!verify(algorithm, &key, MESSAGE, wrong), "{wrong:?}");
            }
            let no_key = SigningKey { public: PublicKey::new(*b"no key"), ..key };
            assert!(!verify(algorithm, &no_key, MESSAGE, &signature));
        }
    }

    #[tokio::test]
    async fn a_signature_is_verified_on_another_thread() {
        let signatures = JwtSignatures::default();
        let key = signatures.new_key(SignatureAlgorithm::Es256).unwrap();
        let signature = signed_by(SignatureAlgorithm::Es256, &key.private_pem);
        let verify = |message: &[u8]| signatures.verify(SignatureAlgorithm::Es256, key.public.clone(), message.to_vec(), signature.clone());
        assert!(verify(MESSAGE).await.unwrap());
        assert!(!verify(b"header.others").await.unwrap());
    }
}
