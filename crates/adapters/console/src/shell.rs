//! The frame of a page: its head, the navigation, the choice of account and language, and the bar of test control.

use derslik_domain::page::PageRequest;

use crate::failure::Failure;
use crate::locale::Language;
use crate::notes::Note;
use crate::tests_control::bar::{self, Bar};
use crate::texts::Texts;
use crate::visit::Visit;

/// How many accounts the list to choose from has.
const ACCOUNTS: u32 = 100;

/// A place in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Now,
    Sessions,
    Courses,
    Jobs,
    People,
    Keys,
    Audit,
    Requests,
    Control,
    Connect,
    /// The page of the field to find something, which the navigation does not show.
    Find,
}

impl Section {
    /// Every section that the navigation of a process with or without test control shows.
    fn all(has_control: bool) -> impl Iterator<Item = Self> {
        use Section::{Audit, Connect, Control, Courses, Jobs, Keys, Now, People, Requests, Sessions};
        let all = [Now, Sessions, Courses, Jobs, People, Keys, Audit, Requests, Control, Connect];
        all.into_iter().filter(move |section| has_control || !section.is_of_tests())
    }

    /// Whether only a process with test control has it.
    const fn is_of_tests(self) -> bool {
        matches!(self, Self::Requests | Self::Control)
    }

    /// Its address below that of the account.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Sessions => "sessions",
            Self::Courses => "courses",
            Self::Jobs => "jobs",
            Self::People => "people",
            Self::Keys => "keys",
            Self::Audit => "audit",
            Self::Requests => "requests",
            Self::Control => "control",
            Self::Connect => "connect",
            Self::Find => "find",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Sessions => "calendar",
            Self::Courses => "book",
            Self::Jobs => "jobs",
            Self::People => "people",
            Self::Keys => "key",
            Self::Audit => "shield",
            Self::Requests => "term",
            Self::Control => "clock",
            Self::Connect => "plug",
            Self::Find => "search",
        }
    }

    fn title(self, t: Texts) -> String {
        match self {
            Self::Now => t.shell_now(),
            Self::Sessions => t.shell_sessions(),
            Self::Courses => t.shell_courses(),
            Self::Jobs => t.shell_jobs(),
            Self::People => t.shell_people(),
            Self::Keys => t.shell_keys(),
            Self::Audit => t.shell_audit(),
            Self::Requests => t.shell_requests(),
            Self::Control => t.shell_control_short(),
            Self::Connect => t.shell_connect(),
            Self::Find => t.shell_find(),
        }
    }
}

/// A line of the navigation.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) icon: &'static str,
    pub(crate) is_current: bool,
    pub(crate) is_of_tests: bool,
    /// Whether a line separates it from the one before.
    pub(crate) has_gap: bool,
}

/// An account to choose.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) is_current: bool,
}

/// A language to choose.
#[derive(Debug)]
pub(crate) struct LanguageChoice {
    pub(crate) language: Language,
    pub(crate) url: String,
    pub(crate) is_current: bool,
}

/// The frame. Templates extend `layout.html`, which reads it from a field `shell`. It may hold secrets that are shown
/// once, so it is never printed.
pub(crate) struct Shell {
    pub(crate) t: Texts,
    pub(crate) language: Language,
    /// The title of the page.
    pub(crate) title: String,
    pub(crate) section: Section,
    /// The address of the account, with a slash at its end.
    pub(crate) base: String,
    pub(crate) places: Vec<Place>,
    pub(crate) accounts: Vec<Choice>,
    pub(crate) languages: Vec<LanguageChoice>,
    /// The name of the admin; `None` where no admin signs in.
    pub(crate) admin: Option<String>,
    pub(crate) can_change: bool,
    /// Whether the account is disabled.
    pub(crate) is_disabled: bool,
    /// The token of forms.
    pub(crate) form_token: String,
    pub(crate) docs_url: &'static str,
    /// What a form has left to say.
    pub(crate) note: Option<Note>,
    /// The bar of test control.
    pub(crate) bar: Option<Bar>,
}

impl Shell {
    /// The frame of a page with that title.
    pub(crate) async fn of(visit: &Visit, section: Section, title: impl Into<String>) -> Result<Self, Failure> {
        let ports = visit.ports()?;
        let (t, language) = (visit.t, visit.language);
        let place = |section_of_place: Section| Place {
            title: section_of_place.title(t),
            url: visit.url(section_of_place.path()),
            icon: section_of_place.icon(),
            is_current: section_of_place == section,
            is_of_tests: section_of_place.is_of_tests(),
            has_gap: matches!(section_of_place, Section::Requests | Section::Connect),
        };
        let here = visit.here();
        let languages = Language::ALL.map(|other| LanguageChoice {
            language: other,
            url: format!("/console/language/{}{}", other.code(), crate::fields::Fields::default().with(&[("to", Some(&here))])),
            is_current: other == language,
        });
        Ok(Self {
            t,
            language,
            title: title.into(),
            section,
            base: visit.url(""),
            places: Section::all(ports.control.is_some()).map(place).collect(),
            accounts: accounts(visit).await?,
            languages: languages.into(),
            admin: visit.person().admin.as_ref().map(|admin| admin.name.to_string()),
            can_change: visit.can_change(),
            is_disabled: visit.account.is_disabled,
            form_token: visit.form_token().to_owned(),
            docs_url: visit.console.settings().docs_url,
            note: visit.note(),
            bar: bar::of(visit).await?,
        })
    }
}

/// The accounts to choose from, the present one included.
async fn accounts(visit: &Visit) -> Result<Vec<Choice>, Failure> {
    let ports = visit.ports()?;
    let known: Vec<_> = if let Some(control) = &ports.control {
        let all = control.accounts.list().await?;
        all.into_iter().map(|account| (account.id, account.name)).collect()
    } else {
        let page = PageRequest { size: ACCOUNTS, after: None };
        let all = visit.operators()?.accounts.list(page).await?;
        all.into_iter().map(|state| (ports.ids.public(state.account.id), state.account.name.to_string())).collect()
    };
    let current = visit.account.public;
    let mut choices: Vec<_> = known
        .into_iter()
        .take(usize::try_from(ACCOUNTS).unwrap_or(usize::MAX))
        .map(|(id, name)| Choice { id: id.to_string(), name, is_current: id == current })
        .collect();
    if !choices.iter().any(|choice| choice.is_current) {
        choices.push(Choice { id: current.to_string(), name: visit.account.name.clone(), is_current: true });
    }
    Ok(choices)
}
