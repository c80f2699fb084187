//! The parts of an answer that depend on the installation: links, addresses, and the key of page tokens.

use std::borrow::Cow;
use std::fmt::{self, Display};

use derslik_domain::id::AccountId;
use derslik_domain::identity::Account;

/// Templates for the links and addresses of courses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// The URL at which people open a course: `{code}` is its id in base64.
    pub course_link: String,
    /// The address of a group: `{group}` is its name, `{account}` the name of the account.
    pub group_address: String,
    /// The URL at which people open a folder: `{id}` is its id.
    pub folder_link: String,
}

impl Default for Templates {
    fn default() -> Self {
        Self {
            course_link: "https://classroom.google.com/c/{code}".to_owned(),
            group_address: "{group}@{account}.example".to_owned(),
            folder_link: "https://drive.google.com/drive/folders/{id}".to_owned(),
        }
    }
}

impl Templates {
    /// The same templates, in which each account has the name of that one: its own may depend on the accounts that were made before.
    #[must_use]
    pub fn of_one_account(self, account: AccountId) -> Self {
        Self { group_address: self.group_address.replace("{account}", &format!("account-{account}")), ..self }
    }

    /// The links and addresses of the courses of an account.
    pub(super) fn links(&self, account: &Account) -> Links<'_> {
        Links { templates: self, group_address: self.group_address.replace("{account}", &domain_of(account)) }
    }
}

/// The links and addresses of the courses of one account.
pub(super) struct Links<'a> {
    templates: &'a Templates,
    /// The template with the name of the account.
    group_address: String,
}

impl Links<'_> {
    pub(super) fn of_course<V: Display>(&self, code: V) -> Filled<'_, V> {
        Filled { template: &self.templates.course_link, placeholder: "{code}", value: code }
    }

    pub(super) fn of_group<V: Display>(&self, group: V) -> Filled<'_, V> {
        Filled { template: &self.group_address, placeholder: "{group}", value: group }
    }

    pub(super) fn of_folder<V: Display>(&self, id: V) -> Filled<'_, V> {
        Filled { template: &self.templates.folder_link, placeholder: "{id}", value: id }
    }
}

/// A template that is printed with a value in each place of its placeholder.
pub(super) struct Filled<'a, V> {
    template: &'a str,
    placeholder: &'static str,
    value: V,
}

impl<V: Display> Display for Filled<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, part) in self.template.split(self.placeholder).enumerate() {
            if number > 0 {
                self.value.fmt(f)?;
            }
            f.write_str(part)?;
        }
        Ok(())
    }
}

/// The name of the account if it is valid in a domain, and otherwise a name made from its id.
fn domain_of(account: &Account) -> Cow<'_, str> {
    // The template adds more labels, and a whole domain has at most 253 characters.
    const MAX: usize = 100;
    let name = account.name.as_str();
    let is_label = |label: &str| {
        let (first, last) = (label.bytes().next(), label.bytes().next_back());
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && first != Some(b'-')
            && last != Some(b'-')
    };
    if name.len() <= MAX && name.split('.').all(is_label) { name.into() } else { format!("account-{}", account.id).into() }
}

/// The settings of the courses API for an installation.
#[derive(Clone)]
pub struct ClassroomSettings {
    /// Templates for links and addresses.
    pub templates: Templates,
    /// The key that authenticates page tokens.
    pub page_key: [u8; 32],
}

impl std::fmt::Debug for ClassroomSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClassroomSettings").field("templates", &self.templates).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::AccountName;
    use derslik_testkit::builders::account;

    use super::*;

    #[test]
    fn templates_of_one_account_leave_out_what_an_account_is_called() {
        let templates = Templates::default().of_one_account(AccountId::new(1));
        assert_eq!(templates.links(&account()).of_group("Biology").to_string(), "Biology@account-1.example");
    }

    #[test]
    fn a_value_stands_in_each_place_of_its_placeholder_and_nowhere_else() {
        let templates = Templates { course_link: "{code}/c/{code}?{id}".to_owned(), folder_link: "f".to_owned(), ..Templates::default() };
        let (account, code) = (account(), "{id}");
        let links = templates.links(&account);
        assert_eq!(links.of_course(code).to_string(), "{id}/c/{id}?{id}");
        assert_eq!(links.of_folder(7).to_string(), "f");
    }

    #[test]
    fn a_group_has_a_valid_address_whatever_the_account_is_called() {
        let address = |name: &str| {
            let account = Account { name: AccountName::new(name).unwrap(), ..account() };
            Templates::default().links(&account).of_group("Biology_teachers_1a2b").to_string()
        };
        assert_eq!(address("demo"), "Biology_teachers_1a2b@demo.example");
        assert_eq!(address("Okul-2.edu"), "Biology_teachers_1a2b@Okul-2.edu.example");
        for name in ["Ağrı Okulu", "a b", "-a", "a-", "a..b", "a_b", "a@b", "{group}", ".", &"a".repeat(64)] {
            assert_eq!(address(name), "Biology_teachers_1a2b@account-1329.example", "{name}");
        }
    }
}
