//! Who asks: one small model for three dialects. An account owns everything; a principal acts in it by a credential.
//! It knows nothing of headers, tokens or how a secret is kept.

mod actor;
mod admin;
mod authorize;
mod credential;
mod credential_root;
mod grant;
mod lang;
mod lifetime;
mod network;
mod password_rules;
mod person;
mod personal_names;
mod service_account;
mod stored_credential;
mod subject;
mod user;

pub use actor::{
    Account, AccountName, AccountNameError, AccountSettings, AccountState, Actor, Operator, Principal, PrincipalKind, Role, Scope, Scopes,
    new_account_name,
};
pub use admin::{Admin, AdminRole};
pub use authorize::{Action, Denial, authorize};
pub use credential::{Credential, CredentialKind, PasswordHash, SecretDigest};
pub use credential_root::CredentialRoot;
pub use grant::{ClientId, ClientIdError, Grant, GrantKind, GrantProof, PublicKey, SignatureAlgorithm};
pub use lang::{Lang, LangError};
pub use lifetime::TokenLifetime;
pub use network::ClientNetwork;
pub use password_rules::PasswordRules;
pub use person::{
    NewPerson, Password, PersonChange, PersonField, PersonFilter, PersonFilterError, PersonFilterForm, PersonForm, PersonRefusal,
};
pub(crate) use person::{read_email, read_name, read_role};
pub use personal_names::PersonalNames;
pub use service_account::{Delegation, ServiceAccount, ServiceAddress, ServiceAddressError, ServiceName, ServiceNameError};
pub use stored_credential::{CredentialFilter, StoredCredential};
pub use subject::DataSubject;
pub use user::{ClassroomRole, Email, EmailError, Mobile, PersonName, User, UserKey, UserProfile, UserState, Username};
