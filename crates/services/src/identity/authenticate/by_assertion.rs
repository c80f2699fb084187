//! Assertions of service accounts in place of tokens. The first request with one verifies it and stores its digest as that of an access
//! token, which ends with the assertion. The token is found by what was signed. So another spelling of the signature is the same token.

use derslik_domain::audit::DenialCause;
use derslik_domain::id::GrantId;
use derslik_domain::identity::{CredentialKind, CredentialRoot, ServiceAddress};
use derslik_ports::inbound::{AuthenticationError, GrantError, PresentedCredential};
use derslik_ports::outbound::{TokenSource, UnitOfWork};

use super::{Found, Identity, Signed, is_proved_by};
use crate::identity::assertion::{log_refused, verify};
use crate::identity::issue::{NewGranted, Parties, hold, issue, principal_of};
use crate::identity::secret::assertion_id;

impl<U: UnitOfWork + Clone> Identity<U> {
    /// Finds the token that stands for an assertion by what was signed. If the text is another one than that of the first request, or if
    /// there is no such token, the signature is verified.
    pub(super) async fn find_signed(&self, presented: &PresentedCredential, signed: Signed<'_>) -> Result<Found, AuthenticationError> {
        let (kind, public_id) = (CredentialKind::AccessToken, assertion_id(&signed.assertion.message));
        let replacements = self.replacements();
        let (read_at, owner) = self.read(kind, public_id.clone()).await?;
        let is_new = owner.is_none();
        if let Some(owner) = owner.filter(|owner| is_proved_by(owner, presented)) {
            return Ok(self.accept(read_at, replacements, owner));
        }
        let key = self.register(presented, signed, &public_id, is_new).await?;
        let (read_at, owner) = self.read(kind, public_id).await?;
        // One that was revoked is not found. One without the name of its key may be by another key of the service account.
        let owner = owner.filter(|owner| owner.root == CredentialRoot::Grant(key));
        let owner = owner.ok_or_else(|| self.refused(None, DenialCause::UnknownCredential))?;
        Ok(self.accept(read_at, replacements, owner))
    }

    /// Verifies an assertion, and stores it as an access token if it is new. If it is stored already, it stays as it is, also if it was
    /// revoked. Returns the key that signed it.
    async fn register(
        &self,
        presented: &PresentedCredential,
        Signed { assertion, quota }: Signed<'_>,
        public_id: &str,
        is_new: bool,
    ) -> Result<GrantId, AuthenticationError> {
        let accounts = self.named_accounts();
        let refuse = |account, error| match error {
            GrantError::Store(error) => AuthenticationError::Store(error),
            GrantError::TooMany(exceeded) => AuthenticationError::TooMany(exceeded),
            GrantError::Time => self.refused(account, DenialCause::Expired),
            GrantError::Client | GrantError::Invalid | GrantError::Subject => self.refused(account, DenialCause::WrongSecret),
            GrantError::Scope(refused) => {
                // The signature was right, so the account is that of the issuer.
                let owner = assertion.issuer.parse().ok().map(|address: ServiceAddress| accounts.behind(address.account));
                log_refused(owner, refused);
                self.refused(owner, DenialCause::NotAllowed);
                AuthenticationError::Scope(refused)
            }
        };
        let Some(signatures) = &self.signatures else { return Err(refuse(None, GrantError::Invalid)) };
        let Ok(token) = String::from_utf8(presented.secret.clone()) else { return Err(refuse(None, GrantError::Invalid)) };
        if assertion.subject.as_deref() != Some(assertion.issuer.as_str()) {
            return Err(refuse(None, GrantError::Subject));
        }
        // Who signs goes by a real clock, and the token by that of the account.
        let signed_at = self.clock.now();
        let verified = verify(&self.uow, signatures, assertion, quota, self.clock.as_ref(), &accounts).await;
        let verified = verified.map_err(|error| refuse(None, error))?;
        let (account, signer, public_id) = (verified.account, verified.key.id, public_id.to_owned());
        if !is_new {
            return Ok(signer);
        }
        let now = self.clock.now_of(account);
        let expires_at = if self.clock.is_moved(account) { now.plus(assertion.expires_at.since(signed_at)) } else { assertion.expires_at };
        let stored = self.uow.write(account, move |stores| {
            let key = hold(stores, account, signer, verified.service.principal, now)?;
            let owner = principal_of(stores, account, verified.service.principal)?;
            let until = key.expires_at.map_or(expires_at, |end| end.min(expires_at));
            let new =
                NewGranted { token, scopes: verified.scopes, source: TokenSource::Grant(key.id), until: Some(until), access_key: None };
            issue(stores, account, Parties::alone(owner), (new, public_id), key.project, now).map(drop)
        });
        stored.await.map_err(|error| refuse(Some(account), error))?;
        Ok(signer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::{AccountId, Id};
    use derslik_domain::identity::{
        AccountState, Credential, Delegation, Grant, GrantProof, PublicKey, Scope, ServiceAccount, ServiceName, SignatureAlgorithm,
    };
    use derslik_domain::time::Timestamp;
    use derslik_ports::inbound::{
        Assertion, IdentityService, MockDenialLog, MockTokenQuota, QuotaExceeded, QuotaKind, RequestedScopes, TokenQuota, Unlimited,
    };
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_ports::outbound::{Clock, CredentialOwner, MockSignatures};
    use derslik_testkit::builders::{account, service_principal, service_user};

    use super::super::cache_key;
    use super::super::tests::{NOW, over, today};
    use super::*;

    /// A service account, and its assertion for itself with a signature that is `right`.
    fn signed(subject: Option<&str>, signature: &[u8]) -> (PresentedCredential, Assertion) {
        let issuer = format!("timetable@{}.iam.derslik.internal", account().id);
        let assertion = Assertion {
            key: None,
            algorithm: SignatureAlgorithm::Es256,
            subject: subject.map(|subject| if subject == "itself" { issuer.clone() } else { subject.to_owned() }),
            issuer,
            scopes: None,
            issued_at: NOW.parse().unwrap(),
            expires_at: "2025-02-06T14:07:35Z".parse().unwrap(),
            message: b"message".to_vec(),
            signature: signature.to_vec(),
        };
        let presented = PresentedCredential {
            kind: CredentialKind::AccessToken,
            public_id: String::new(),
            secret: b"header.claims.signature".to_vec(),
        };
        (presented, assertion)
    }

    fn key() -> Grant {
        Grant {
            id: Id::new(5),
            principal: service_principal().id,
            public_id: "0a".to_owned(),
            proof: GrantProof::Key { algorithm: SignatureAlgorithm::Es256, key: PublicKey::new([1]) },
            scopes: [Scope::Courses].into_iter().collect(),
            project: None,
            created_at: NOW.parse().unwrap(),
            expires_at: None,
            revoked_at: None,
            last_used_on: Some(today()),
        }
    }

    fn service_account() -> ServiceAccount {
        ServiceAccount {
            address: ServiceAddress { account: account().id, name: ServiceName::parse("timetable").unwrap() },
            principal: service_principal().id,
            scopes: Scope::ALL.into_iter().collect(),
            delegation: Delegation::Everyone,
            created_at: NOW.parse().unwrap(),
        }
    }

    /// Stores with a service account that has a key. A token is found once it was added.
    fn with_service_account(added: usize) -> MockStores {
        let key = key();
        let mut stores = MockStores::default();
        let state = AccountState { account: account(), created_at: NOW.parse().unwrap(), disabled_at: None };
        stores.identity.expect_account_state().returning(move |_| Ok(Some(state.clone())));
        stores.grants.expect_find_service_account().returning(|_, _| Ok(Some(service_account())));
        let valid = key.clone();
        stores.grants.expect_valid_of().returning(move |_, _, _, _| Ok(vec![valid.clone()]));
        stores.grants.expect_lock().returning(move |_, _| Ok(Some(key.clone())));
        stores.users.expect_find().returning(|_, _| Ok(Some(service_user())));
        let token = Arc::new(std::sync::Mutex::new(None));
        let kept = Arc::clone(&token);
        stores.grants.expect_add_token().times(added).returning(move |_, principal, token, source| {
            assert_eq!((principal.id, source), (service_principal().id, TokenSource::Grant(Id::new(5))));
            let credential = Credential {
                id: Id::new(9),
                kind: token.kind,
                public_id: token.public_id.clone(),
                digest: token.digest,
                principal,
                scopes: token.scopes,
                expires_at: token.expires_at,
                project: None,
            };
            let root = CredentialRoot::Grant(Id::new(5));
            *kept.lock().unwrap() = Some(CredentialOwner { account: account(), credential, last_used_on: Some(today()), root });
            Ok(Some(Id::new(9)))
        });
        stores.identity.expect_find_credential().returning(move |_, _| Ok(token.lock().unwrap().clone()));
        stores.audit.expect_add().times(added).returning(|_, _| Ok(()));
        stores
    }

    fn verifying(stores: MockStores, verified: usize) -> Identity<FakeUnitOfWork> {
        let mut signatures = MockSignatures::new();
        signatures.expect_verify().times(verified).returning(|_, _, _, signature| Ok(signature.starts_with(b"right")));
        over(stores).with_signatures(Arc::new(signatures))
    }

    #[tokio::test]
    async fn an_assertion_is_verified_once_and_is_a_token_from_then_on() {
        let identity = verifying(with_service_account(1), 1);
        for _ in 0..3 {
            let (presented, assertion) = signed(Some("itself"), b"right");
            let key = cache_key(&presented);
            let actor = identity.authenticate_signed(presented, assertion, Arc::new(Unlimited)).await.unwrap();
            assert_eq!((actor.principal.id, actor.credential), (service_principal().id, Id::new(9)));
            assert_eq!(actor.scopes, [Scope::Courses].into_iter().collect());
            // As if the lifetime of the cache were over.
            identity.cache.invalidate(&key);
        }
    }

    /// The clock of an account that a test has set back by five years.
    #[derive(Debug)]
    struct SetBack;

    impl Clock for SetBack {
        fn now(&self) -> Timestamp {
            NOW.parse().unwrap()
        }

        fn now_of(&self, _: AccountId) -> Timestamp {
            "2020-02-06T13:07:35Z".parse().unwrap()
        }

        fn is_moved(&self, _: AccountId) -> bool {
            true
        }
    }

    #[tokio::test]
    async fn an_assertion_is_judged_by_the_machine_and_its_token_lives_by_the_account() {
        let identity = Identity { clock: Arc::new(SetBack), ..verifying(with_service_account(1), 1) };
        for _ in 0..2 {
            let (presented, assertion) = signed(Some("itself"), b"right");
            let key = cache_key(&presented);
            assert!(identity.authenticate_signed(presented, assertion, Arc::new(Unlimited)).await.is_ok());
            identity.cache.invalidate(&key);
        }
        let (_, token) = identity.read(CredentialKind::AccessToken, assertion_id(b"message")).await.unwrap();
        assert_eq!(token.unwrap().credential.expires_at, Some("2020-02-06T14:07:35Z".parse().unwrap()));
    }

    #[tokio::test]
    async fn an_assertion_with_a_wrong_signature_or_for_a_person_is_no_credential() {
        for (subject, signature, verified) in
            [(Some("itself"), b"wrong", 1), (None, b"right", 0), (Some("user102@demo.example"), b"right", 0)]
        {
            let (presented, assertion) = signed(subject, signature);
            let refused = verifying(with_service_account(0), verified).authenticate_signed(presented, assertion, Arc::new(Unlimited)).await;
            assert!(matches!(refused, Err(AuthenticationError::Invalid)), "{subject:?}: {refused:?}");
        }
        let (presented, assertion) = signed(Some("itself"), b"right");
        let without_keys = over(with_service_account(0)).authenticate_signed(presented, assertion, Arc::new(Unlimited)).await;
        assert!(matches!(without_keys, Err(AuthenticationError::Invalid)), "{without_keys:?}");
    }

    #[tokio::test]
    async fn an_assertion_with_a_scope_that_its_owner_lacks_is_refused_with_that_scope() {
        let (presented, assertion) = signed(Some("itself"), b"right");
        let known = [Scope::Courses, Scope::Rosters].into_iter().collect();
        let wide = Assertion { scopes: Some(RequestedScopes { known, has_unknown: true }), ..assertion };
        let mut denials = MockDenialLog::new();
        denials.expect_note().once().returning(|owner, cause| {
            assert_eq!((owner, cause), (Some(account().id), DenialCause::NotAllowed));
        });
        let identity = verifying(with_service_account(0), 1).with_denials(Arc::new(denials));
        let refused = identity.authenticate_signed(presented, wide, Arc::new(Unlimited)).await;
        let missing = RequestedScopes { known: [Scope::Rosters].into_iter().collect(), has_unknown: true };
        assert!(matches!(&refused, Err(AuthenticationError::Scope(scopes)) if *scopes == missing), "{refused:?}");
    }

    #[tokio::test]
    async fn an_assertion_that_is_over_has_expired() {
        let (presented, assertion) = signed(Some("itself"), b"right");
        let over = Assertion { issued_at: Timestamp::from_micros(0), expires_at: NOW.parse().unwrap(), ..assertion };
        let refused = verifying(with_service_account(0), 0).authenticate_signed(presented, over, Arc::new(Unlimited)).await;
        assert!(matches!(refused, Err(AuthenticationError::Expired)), "{refused:?}");
    }

    /// Base64 can be padded, and a signature by ECDSA has a twin that anyone can make.
    #[tokio::test]
    async fn another_spelling_of_a_signature_is_the_same_token() {
        let identity = verifying(with_service_account(1), 2);
        for (text, signature) in [("header.claims.signature", &b"right"[..]), ("header.claims.signature=", &b"right twin"[..])] {
            let (presented, assertion) = signed(Some("itself"), signature);
            let presented = PresentedCredential { secret: text.as_bytes().to_vec(), ..presented };
            let actor = identity.authenticate_signed(presented, assertion, Arc::new(Unlimited)).await.unwrap();
            assert_eq!((actor.credential, actor.root), (Id::new(9), CredentialRoot::Grant(Id::new(5))));
        }
        // Nor is it accepted without a look at its signature.
        let identity = verifying(with_service_account(1), 2);
        for (signature, is_right) in [(&b"right"[..], true), (&b"wrong"[..], false)] {
            let (presented, assertion) = signed(Some("itself"), signature);
            let presented = PresentedCredential { secret: signature.to_vec(), ..presented };
            let found = identity.authenticate_signed(presented, assertion, Arc::new(Unlimited)).await;
            assert_eq!(found.is_ok(), is_right);
        }
    }

    #[tokio::test]
    async fn no_spelling_of_a_revoked_assertion_is_accepted() {
        // The store adds no second token of the same public part, and finds none that was revoked.
        let mut stores = with_service_account(0);
        stores.grants.checkpoint();
        let key = key();
        let valid = key.clone();
        stores.grants.expect_find_service_account().returning(|_, _| Ok(Some(service_account())));
        stores.grants.expect_valid_of().returning(move |_, _, _, _| Ok(vec![valid.clone()]));
        stores.grants.expect_lock().returning(move |_, _| Ok(Some(key.clone())));
        stores.grants.expect_add_token().times(2).returning(|_, _, token, _| {
            assert_eq!(token.public_id, assertion_id(b"message"));
            Ok(None)
        });
        let identity = verifying(stores, 2);
        for text in ["header.claims.signature", "header.claims.signature=="] {
            let (presented, assertion) = signed(Some("itself"), b"right");
            let presented = PresentedCredential { secret: text.as_bytes().to_vec(), ..presented };
            let refused = identity.authenticate_signed(presented, assertion, Arc::new(Unlimited)).await;
            assert!(matches!(refused, Err(AuthenticationError::Invalid)), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn above_the_quota_no_signature_is_verified_and_a_stored_assertion_is_found() {
        let exceeded = || QuotaExceeded { kind: QuotaKind::Signatures, per_minute: std::num::NonZeroU32::MIN, retry_after_seconds: 7 };
        let identity = verifying(with_service_account(1), 1);
        let mut quota = MockTokenQuota::new();
        quota.expect_take_signature().once().returning(|| Ok(()));
        quota.expect_take_signature().once().returning(move || Err(exceeded()));
        let quota: Arc<dyn TokenQuota> = Arc::new(quota);
        let ask = async |signature: &[u8]| {
            let (presented, assertion) = signed(Some("itself"), signature);
            let presented = PresentedCredential { secret: signature.to_vec(), ..presented };
            identity.cache.invalidate(&cache_key(&presented));
            identity.authenticate_signed(presented, assertion, Arc::clone(&quota)).await
        };
        assert!(ask(b"right").await.is_ok());
        assert!(matches!(ask(b"wrong").await, Err(AuthenticationError::TooMany(refused)) if refused == exceeded()));
        assert!(ask(b"right").await.is_ok());
    }
}
