//! What a session is now, by its status and the time.

use derslik_domain::session::{Session, SessionStatus};
use derslik_domain::time::Timestamp;

use crate::texts::Texts;

/// What a session is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It is active, and has begun.
    Live,
    /// It is active, and has not begun.
    Active,
    /// It is active, and its end has come. It expires soon.
    Over,
    Passive,
    Locked,
    Expired,
}

impl State {
    pub(super) fn of(session: &Session, now: Timestamp) -> Self {
        match session.status {
            SessionStatus::Active if session.is_over(now) => Self::Over,
            SessionStatus::Active if session.start.instant() <= now => Self::Live,
            SessionStatus::Active => Self::Active,
            SessionStatus::Passive => Self::Passive,
            SessionStatus::Locked => Self::Locked,
            SessionStatus::Expired | SessionStatus::Deleted => Self::Expired,
        }
    }

    /// The class of its block in the week.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Live => "live-now",
            Self::Active => "active",
            Self::Passive => "passive",
            Self::Locked => "locked",
            Self::Over | Self::Expired => "expired",
        }
    }

    /// The icon of its block in the week; empty where there is none.
    pub(super) const fn mark(self) -> &'static str {
        match self {
            Self::Live | Self::Passive | Self::Locked => self.icon(),
            Self::Active | Self::Over | Self::Expired => "",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Active => "done",
            Self::Passive => "pause",
            Self::Locked => "lock",
            Self::Over | Self::Expired => "past",
        }
    }

    const fn tone(self) -> &'static str {
        match self {
            Self::Live => "info",
            Self::Active => "ok",
            Self::Locked => "warn",
            Self::Passive | Self::Over | Self::Expired => "off",
        }
    }

    pub(super) fn word(self, t: Texts) -> String {
        match self {
            Self::Live => t.sessions_state_live(),
            Self::Active => t.sessions_state_active(),
            Self::Over => t.sessions_state_over(),
            Self::Passive => t.sessions_state_passive(),
            Self::Locked => t.sessions_state_locked(),
            Self::Expired => t.sessions_state_expired(),
        }
    }

    /// The icon, the word and the colour for templates.
    pub(super) fn view(self, t: Texts) -> Mark {
        Mark { icon: self.icon(), tone: self.tone(), word: self.word(t) }
    }
}

/// An icon, a word and a colour.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) icon: &'static str,
    pub(super) tone: &'static str,
    pub(super) word: String,
}

/// The word for a status that can be chosen.
pub(super) fn status_word(status: SessionStatus, t: Texts) -> String {
    match status {
        SessionStatus::Passive => t.sessions_state_passive(),
        SessionStatus::Locked => t.sessions_state_locked(),
        SessionStatus::Expired | SessionStatus::Deleted => t.sessions_state_expired(),
        SessionStatus::Active => t.sessions_state_active(),
    }
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders::{guid, session};

    use super::*;

    #[test]
    fn an_active_session_is_live_from_its_start_to_its_end() {
        let session = session(guid(1));
        let start = session.start.instant();
        assert_eq!(State::of(&session, start.minutes_before(1)), State::Active);
        assert_eq!(State::of(&session, start), State::Live);
        assert_eq!(State::of(&session, session.ends_at()), State::Over);
        assert_eq!(State::of(&Session { status: SessionStatus::Locked, ..session }, start), State::Locked);
    }
}
