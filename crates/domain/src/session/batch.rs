//! A batch of creations and changes, and its outcome. Items are applied in order, and a refused one never undoes another.
//! Several changes of one session are folded into one row to write.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use crate::id::SessionGuid;

use super::form::SessionForm;
use super::validate::{Creator, Violation};
use super::{Session, SessionStatus};

/// The session that an item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Target {
    /// A session to create.
    New,
    /// A session to change.
    Existing(SessionGuid),
    /// A session to change, under a text that cannot be the id of a session.
    Impossible,
}

/// One item of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum BatchItem {
    /// A session to create or to change.
    Session(Target, Box<SessionForm>),
    /// An item that cannot be read as a session.
    Unreadable(Violation),
}

/// The items of one request, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Batch {
    items: Vec<BatchItem>,
}

/// The verdict on one item.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Verdict {
    /// A session was created.
    Created(Session),
    /// A session was changed; it is shown as this item left it.
    Updated(Session),
    /// The account has no such session.
    NotFound,
    /// Rules were broken; the item changed nothing.
    Refused(Vec<Violation>),
}

/// The outcome of a batch: a verdict for each item, in order, and the rows to write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BatchOutcome {
    verdicts: Vec<Verdict>,
    /// The position of the item with the last change of each session.
    last_update: BTreeMap<SessionGuid, usize>,
}

impl Batch {
    /// The most items of a batch if the operator sets no other limit.
    pub const DEFAULT_MAX_ITEMS: usize = 1_000;

    /// A batch of these items.
    pub const fn new(items: Vec<BatchItem>) -> Self {
        Self { items }
    }

    /// The sessions that the batch changes, each once, in the order in which a store locks them.
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

    /// As [`decide`](Self::decide), for a batch that is not carried out: the new sessions have a GUID of zeros.
    pub fn check(self, existing: HashMap<SessionGuid, Session>, creator: &Creator<'_>) -> BatchOutcome {
        self.decide(existing, creator, || SessionGuid::new(Uuid::nil()))
    }
}

impl BatchOutcome {
    /// The verdict on each item, in the order of the items.
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

    /// The sessions to write over, each once and as its last change left it, in the order in which the store locked them.
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
