//! The memory budgets of request bodies and of answers, and the holder that a request counts for.

use std::time::Duration;

use actix_web::{HttpMessage, HttpRequest};
use derslik_domain::identity::Actor;

use crate::limits::Limits;
use crate::memory::{BudgetExhausted, BudgetLimits, Holder, MemoryBudget, Reservation};

/// The longest body of a request whose credential is not known, in bytes.
pub(crate) const ANONYMOUS_BODY_BYTES: usize = 1024 * 1024;
/// The most bytes of all such bodies together.
const ANONYMOUS_BODIES_BYTES: usize = 8 * ANONYMOUS_BODY_BYTES;

/// The memory that the bodies of all requests share. Requests whose credential is not known share a separate part. They
/// therefore take no memory from requests with a valid credential.
#[derive(Debug, Clone)]
pub(crate) struct BodyBudgets {
    known: MemoryBudget,
    anonymous: MemoryBudget,
}

impl BodyBudgets {
    /// Memory for bodies of these lengths. One holder takes a quarter of it, and an account half, but at least one body of the
    /// allowed length. The total is at least two such bodies, so that an account that holds one leaves space for another.
    pub(crate) fn new(limits: &Limits) -> Self {
        let all = limits.bodies_in_flight_bytes.max(limits.body_bytes.saturating_mul(2));
        let (account, holder) = (all / 2, (all / 4).max(limits.body_bytes));
        let anonymous = ANONYMOUS_BODIES_BYTES;
        Self {
            known: MemoryBudget::new(BudgetLimits { total: all, account, holder }),
            anonymous: MemoryBudget::new(BudgetLimits { total: anonymous, account: anonymous, holder: anonymous }),
        }
    }

    /// The free bytes for bodies of requests with a known credential.
    #[cfg(test)]
    pub(crate) fn free_bytes(&self) -> usize {
        self.known.free_bytes()
    }

    /// The budget for the bodies of a holder.
    pub(crate) fn of(&self, holder: Holder) -> &MemoryBudget {
        if holder == Holder::Anonymous { &self.anonymous } else { &self.known }
    }
}

/// How long a request waits for memory. It holds none meanwhile.
const RESERVE_TIMEOUT: Duration = Duration::from_secs(1);

/// The memory that the answers to all requests share. One holder takes a quarter of it at the most, and an account half.
#[derive(Debug, Clone)]
pub(crate) struct ResponseBudget(MemoryBudget);

impl ResponseBudget {
    /// The memory that the limits allow.
    pub(crate) fn new(limits: &Limits) -> Self {
        let all = limits.answers_in_flight_bytes;
        Self(MemoryBudget::new(BudgetLimits { total: all, account: all / 2, holder: all / 4 }))
    }

    /// Reserves memory for an answer that is not made yet: `bytes`, or as much as one holder may have.
    ///
    /// # Errors
    /// [`BudgetExhausted`] if no memory was free for a while.
    pub(crate) async fn reserve(&self, holder: Holder, bytes: usize) -> Result<Reservation, BudgetExhausted> {
        self.0.reserve(holder, bytes, RESERVE_TIMEOUT).await
    }

    /// Makes `held` fit an answer of `bytes`. An answer that is longer than a share takes the whole share. An answer about
    /// something that was done can't be refused, so it takes what is left.
    ///
    /// # Errors
    /// [`BudgetExhausted`], if the answer may be refused.
    pub(crate) fn resize(&self, held: &mut Reservation, holder: Holder, bytes: usize, refusable: bool) -> Result<(), BudgetExhausted> {
        if bytes <= held.bytes() {
            held.shrink(bytes);
            return Ok(());
        }
        let bytes = bytes.min(self.0.max_holder_bytes());
        if refusable {
            return held.grow(&self.0, holder, bytes);
        }
        held.grow_up_to(&self.0, holder, bytes);
        Ok(())
    }

    /// The number of free bytes.
    #[cfg(test)]
    pub(crate) fn free_bytes(&self) -> usize {
        self.0.free_bytes()
    }
}

/// Notes the principal whose credential a request showed. It decides how much memory the request may hold.
pub(crate) fn note_holder(request: &HttpRequest, actor: &Actor) {
    request.extensions_mut().insert(Holder::of(actor));
}

/// The holder of the memory that a request needs: [`Holder::Anonymous`] as long as no credential was noted.
pub(crate) fn holder_of(request: &HttpRequest) -> Holder {
    request.extensions().get().copied().unwrap_or(Holder::Anonymous)
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;

    use super::*;

    fn budgets(body_bytes: usize, bodies_in_flight_bytes: usize) -> BodyBudgets {
        BodyBudgets::new(&Limits { body_bytes, bodies_in_flight_bytes, ..Limits::default() })
    }

    #[test]
    fn a_principal_gets_a_quarter_of_the_budget_and_an_account_half_but_at_least_one_body() {
        const MIB: usize = 1024 * 1024;
        for (body, all, share, account, total) in [(8, 64, 16, 32, 64), (8, 16, 8, 8, 16), (8, 1, 8, 8, 16), (1, 64, 16, 32, 64)] {
            let known = budgets(body * MIB, all * MIB).known;
            let parts = [known.max_holder_bytes(), known.max_account_bytes(), known.free_bytes()];
            assert_eq!(parts, [share * MIB, account * MIB, total * MIB], "{body} {all}");
        }
    }

    #[test]
    fn bodies_without_a_known_credential_take_no_memory_from_the_others() {
        let (budgets, known) = (budgets(1024, 64 * 1024), Holder::Principal(Id::new(1), Id::new(1)));
        let flood = budgets.of(Holder::Anonymous).try_reserve(Holder::Anonymous, ANONYMOUS_BODIES_BYTES).unwrap();
        assert!(budgets.of(Holder::Anonymous).try_reserve(Holder::Anonymous, ANONYMOUS_BODY_BYTES).is_err());
        assert!(budgets.of(known).try_reserve(known, 16 * 1024).is_ok());
        drop(flood);
    }
}
