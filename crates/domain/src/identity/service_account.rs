//! Service accounts: programs of an account that prove themselves by signatures, and may act for its people. How a signature is
//! verified is decided elsewhere.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::id::{AccountId, PrincipalId};
use crate::time::Timestamp;

use super::Scopes;

/// What follows the number of the account in every address. The top-level domain is reserved for private use, so no mail goes there.
const DOMAIN: &str = "iam.derslik.internal";

/// The name of a service account within its account: 1 to 30 lower-case letters, digits and hyphens of ASCII. It begins with a letter
/// and does not end with a hyphen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceName(Box<str>);

/// The text is not a name of a service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not a name of a service account: 1 to 30 of a-z, 0-9 and -, a letter first and no - last")]
pub struct ServiceNameError;

impl ServiceName {
    /// The most characters of a name.
    pub const MAX_CHARS: usize = 30;

    /// Parses a name.
    ///
    /// # Errors
    /// [`ServiceNameError`].
    pub fn parse(text: &str) -> Result<Self, ServiceNameError> {
        let fits = (1..=Self::MAX_CHARS).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && !text.ends_with('-')
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if fits { Ok(Self(text.into())) } else { Err(ServiceNameError) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of a service account, unique in the installation. It has the form of an e-mail address, since clients know it as one,
/// and it names the account.
///
/// ```
/// use derslik_domain::identity::ServiceAddress;
///
/// let address: ServiceAddress = "timetable@10001.iam.derslik.internal".parse()?;
/// assert_eq!((address.name.as_str(), address.account.get()), ("timetable", 10_001));
/// assert_eq!(address.to_string(), "timetable@10001.iam.derslik.internal");
/// # Ok::<(), derslik_domain::identity::ServiceAddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServiceAddress {
    /// The account.
    pub account: AccountId,
    /// The name within the account.
    pub name: ServiceName,
}

/// The text is not an address of a service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not an address of a service account, such as timetable@10001.iam.derslik.internal")]
pub struct ServiceAddressError;

impl fmt::Display for ServiceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}.{DOMAIN}", self.name, self.account)
    }
}

impl FromStr for ServiceAddress {
    type Err = ServiceAddressError;

    /// Reads exactly what [`Display`](fmt::Display) writes, so that each service account has one address.
    fn from_str(text: &str) -> Result<Self, ServiceAddressError> {
        let (name, host) = text.split_once('@').ok_or(ServiceAddressError)?;
        let account = host.strip_suffix(DOMAIN).and_then(|rest| rest.strip_suffix('.')).ok_or(ServiceAddressError)?;
        let account = account.parse::<i64>().map(AccountId::new).map_err(|_| ServiceAddressError)?;
        let address = Self { account, name: ServiceName::parse(name).map_err(|_| ServiceAddressError)? };
        if address.to_string() == text { Ok(address) } else { Err(ServiceAddressError) }
    }
}

/// The people for whom a service account may act.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Delegation {
    /// None: the service account acts as itself only.
    None,
    /// These people.
    People(BTreeSet<PrincipalId>),
    /// All people of the account.
    Everyone,
}

impl Delegation {
    /// Whether `person` is one of them.
    pub fn allows(&self, person: PrincipalId) -> bool {
        match self {
            Self::None => false,
            Self::People(people) => people.contains(&person),
            Self::Everyone => true,
        }
    }
}

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ServiceAccount {
    /// The address, which names its account.
    pub address: ServiceAddress,
    /// The principal as which it acts.
    pub principal: PrincipalId,
    /// The scopes that its tokens can have.
    pub scopes: Scopes,
    /// The people for whom it may act.
    pub delegation: Delegation,
    /// When it was created.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::id::Id;

    #[rstest]
    fn takes_names(#[values("a", "timetable", "sis-sync-2", "a23456789012345678901234567890")] text: &str) {
        assert_eq!(ServiceName::parse(text).map(|name| name.to_string()), Ok(text.to_owned()));
    }

    #[rstest]
    fn refuses_other_names(
        #[values("", "-a", "a-", "1a", "A", "a b", "a.b", "a@b", "ş", "a\0", "a234567890123456789012345678901")] text: &str,
    ) {
        assert_eq!(ServiceName::parse(text), Err(ServiceNameError), "{text:?}");
    }

    #[rstest]
    fn an_address_has_one_spelling(
        #[values(
            "",
            "a",
            "a@",
            "@1.iam.derslik.internal",
            "a@iam.derslik.internal",
            "a@.iam.derslik.internal",
            "a@+1.iam.derslik.internal",
            "a@01.iam.derslik.internal",
            "a@1.iam.derslik.internal.",
            "a@1.iam.DERSLIK.internal",
            "a@1iam.derslik.internal",
            "A@1.iam.derslik.internal",
            "a@b@1.iam.derslik.internal",
            "a@1.iam.gserviceaccount.com",
            "a@9223372036854775808.iam.derslik.internal"
        )]
        text: &str,
    ) {
        assert_eq!(text.parse::<ServiceAddress>(), Err(ServiceAddressError), "{text}");
    }

    #[test]
    fn a_delegation_allows_the_people_that_it_names() {
        let people = Delegation::People(BTreeSet::from([Id::new(7)]));
        assert!(people.allows(Id::new(7)) && !people.allows(Id::new(8)));
        assert!(Delegation::Everyone.allows(Id::new(8)) && !Delegation::None.allows(Id::new(7)));
    }
}
