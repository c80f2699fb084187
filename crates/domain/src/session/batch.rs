//! What an ordered mix of creations and changes comes to. Items are applied in order, a refused one never undoes another,
//! and several changes of one session are folded into one row to write.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::id::{PrincipalId, SessionGuid};
use crate::identity::AccountSettings;
use crate::time::Timestamp;

use super::form::SessionForm;
use super::validate::Violation;
use super::{Session, SessionStatus};

/// Who writes, when, and by which settings: the same for every item of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Creator<'a> {
    /// The principal.
    pub principal: PrincipalId,
    /// The settings of its account.
    pub settings: &'a AccountSettings,
    /// One reading of the clock.
    pub now: Timestamp,
}

/// Which session an item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A session to create.
    New,
    /// A session to change.
    Existing(SessionGuid),
    /// A session to change, under an id that no session can have.
    Impossible,
}

/// One item of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchItem {
    /// A session to create or to change.
    Session(Target, Box<SessionForm>),
    /// Something that can't be taken for a session at all.
    Unreadable(Violation),
}

/// The items of one request, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    items: Vec<BatchItem>,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A session was created.
    Created(Session),
    /// A session was changed; it is shown as this item left it.
    Updated(Session),
    /// There is no such session.
    NotFound,
    /// Rules were broken; nothing was done.
    Refused(Vec<Violation>),
}

/// What became of a batch: a verdict for each item, in order, and the rows to write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchOutcome {
    verdicts: Vec<Verdict>,
    /// Where the last change of each session stands.
    last_update: BTreeMap<SessionGuid, usize>,
}

impl Batch {
    /// The items that a batch may have unless the operator says otherwise.
    pub const DEFAULT_MAX_ITEMS: usize = 1_000;

    /// A batch of these items.
    pub const fn new(items: Vec<BatchItem>) -> Self {
        Self { items }
    }

    /// The sessions that the batch wants to change, each once, in the order in which they are to be locked.
    pub fn targets(&self) -> BTreeSet<SessionGuid> {
        self.items
            .iter()
            .filter_map(|item| match item {
                BatchItem::Session(Target::Existing(guid), _) => Some(*guid),
                BatchItem::Session(Target::New | Target::Impossible, _) | BatchItem::Unreadable(_) => None,
            })
            .collect()
    }

    /// Decides every item, in order, against the sessions that exist. A deleted session does not exist.
    pub fn decide(
        self,
        mut existing: HashMap<SessionGuid, Session>,
        creator: &Creator<'_>,
        mut next_guid: impl FnMut() -> SessionGuid,
    ) -> BatchOutcome {
        existing.retain(|_, session| session.status != SessionStatus::Deleted);
        let mut outcome = BatchOutcome { verdicts: Vec::with_capacity(self.items.len()), last_update: BTreeMap::new() };
        for (position, item) in self.items.into_iter().enumerate() {
            let verdict = match item {
                BatchItem::Unreadable(violation) => Verdict::Refused(vec![violation]),
                BatchItem::Session(Target::Impossible, _) => Verdict::NotFound,
                BatchItem::Session(Target::New, form) => form.create(next_guid(), creator).map_or_else(Verdict::Refused, Verdict::Created),
                BatchItem::Session(Target::Existing(guid), form) => {
                    existing.get_mut(&guid).map_or(Verdict::NotFound, |session| match form.apply_to(session, creator) {
                        Ok(changed) => {
                            session.clone_from(&changed);
                            outcome.last_update.insert(guid, position);
                            Verdict::Updated(changed)
                        }
                        Err(violations) => Verdict::Refused(violations),
                    })
                }
            };
            outcome.verdicts.push(verdict);
        }
        outcome
    }
}

impl BatchOutcome {
    /// What became of each item, in the order of the items.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// The sessions to insert, in order.
    pub fn inserts(&self) -> Vec<&Session> {
        self.verdicts
            .iter()
            .filter_map(|verdict| match verdict {
                Verdict::Created(session) => Some(session),
                Verdict::Updated(_) | Verdict::NotFound | Verdict::Refused(_) => None,
            })
            .collect()
    }

    /// The sessions to write over, each once and as its last change left it, in the order in which they were locked.
    pub fn updates(&self) -> Vec<&Session> {
        self.last_update
            .values()
            .filter_map(|position| match self.verdicts.get(*position) {
                Some(Verdict::Updated(session)) => Some(session),
                _ => None,
            })
            .collect()
    }
}
