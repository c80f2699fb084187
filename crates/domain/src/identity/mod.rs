//! Who asks: one small model for three dialects. An account owns everything; a principal acts in it by a credential.
//! It knows nothing of headers, tokens or how a secret is kept.

mod actor;
mod authorize;
mod credential;
mod lang;
mod user;

pub use actor::{Account, AccountName, AccountSettings, Actor, Principal, PrincipalKind, Role, Scope, Scopes};
pub use authorize::{Action, Denial, authorize};
pub use credential::{Credential, CredentialKind, SecretDigest};
pub use lang::{Lang, LangError};
pub use user::{Email, EmailError, PersonName, User, UserKey, UserState, Username};
