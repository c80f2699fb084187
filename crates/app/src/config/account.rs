//! The defaults of accounts.

use anyhow::Context;
use derslik_domain::course::{CourseSettings, GradingPeriodLicence, MemberCreation};
use derslik_domain::identity::{AccountSettings, Lang, PasswordRules};
use derslik_domain::time::{StartDateMode, Zone};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::{Config, Profile};

/// The defaults of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct AccountConfig {
    /// The language of a session that names none.
    pub lang: String,
    /// The time zone of a session that names none.
    pub timezone: String,
    /// `civil`: a start date is a civil time in the session's zone; `instant`: its offset counts.
    pub start_date_mode: StartDateModeName,
    /// `provisioned`: courses that members create wait for acceptance; `active`: they may be active at once.
    pub member_courses: MemberCoursesName,
    /// Whether grading periods may be written.
    pub grading_periods: bool,
    /// The fewest characters of a new password. Without it 8 in profile `production`, and 1 in `dev`.
    #[validate(range(min = 1, max = 200))]
    pub password_min_length: Option<u16>,
}

/// The states in which members who are not administrators may create courses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberCoursesName {
    /// Only courses that wait for acceptance.
    Provisioned,
    /// Active courses as well.
    Active,
}

/// Whether the offset of a start date counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartDateModeName {
    /// The offset is ignored.
    Civil,
    /// The offset counts.
    Instant,
}

impl Default for AccountConfig {
    fn default() -> Self {
        Self {
            lang: "en-US".to_owned(),
            timezone: Zone::ISTANBUL.name().to_owned(),
            start_date_mode: StartDateModeName::Civil,
            member_courses: MemberCoursesName::Provisioned,
            grading_periods: true,
            password_min_length: None,
        }
    }
}

impl Config {
    /// The defaults of accounts.
    ///
    /// # Errors
    /// If one of the settings can't be used.
    pub fn account_settings(&self) -> anyhow::Result<AccountSettings> {
        let account = &self.account;
        Ok(AccountSettings {
            lang: self.lang()?,
            timezone: self.timezone()?,
            start_date_mode: match account.start_date_mode {
                StartDateModeName::Civil => StartDateMode::Civil,
                StartDateModeName::Instant => StartDateMode::Instant,
            },
            courses: CourseSettings {
                member_creation: match account.member_courses {
                    MemberCoursesName::Provisioned => MemberCreation::ProvisionedOnly,
                    MemberCoursesName::Active => MemberCreation::ActiveToo,
                },
                grading_periods: if account.grading_periods { GradingPeriodLicence::Held } else { GradingPeriodLicence::Missing },
            },
        })
    }

    /// The rules for new passwords.
    pub fn password_rules(&self) -> PasswordRules {
        let of_profile = match self.profile {
            Profile::Dev => 1,
            Profile::Production => 8,
        };
        PasswordRules { min_chars: self.account.password_min_length.unwrap_or(of_profile).into() }
    }

    pub(super) fn lang(&self) -> anyhow::Result<Lang> {
        Lang::parse(&self.account.lang).with_context(|| format!("account.lang is {:?}", self.account.lang))
    }

    pub(super) fn timezone(&self) -> anyhow::Result<Zone> {
        Zone::parse(&self.account.timezone).with_context(|| format!("account.timezone is {:?}", self.account.timezone))
    }
}
