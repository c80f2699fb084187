//! Runs a job through its states: each attempt is claimed, fails, and waits as the retry policy says, until the last one fails.
//! The example moves the time by hand, since nothing in the crate reads a clock.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::time::Duration;

use derslik_domain::job::{
    Attempts, Event, Fact, Failure, FailureReason, Jitter, JobState, LeaseTerm, LeaseToken, RetryPolicy, Transition, WorkerId,
};
use derslik_domain::time::Timestamp;
use uuid::Uuid;

fn main() -> Result<(), Box<dyn Error>> {
    let retry = RetryPolicy::new(Attempts::new(4), Duration::from_secs(10), Duration::from_secs(120))?;
    let mut now: Timestamp = "2026-09-01T08:00:00+03:00".parse()?;
    let mut state = JobState::scheduled(now);
    let worker = WorkerId::new(Uuid::from_u128(1));

    for round in 1.. {
        // A token is a lease's proof. Another worker with an old token is refused.
        let token = LeaseToken::new(Uuid::from_u128(round));
        state = state.apply(Event::Claim { worker, token, term: LeaseTerm::DEFAULT }, now)?.state;
        println!("attempt {}: claimed at {}", state.attempts().get(), now.to_utc().map_or_else(String::new, |utc| utc.to_string()));

        now = now.plus(Duration::from_secs(3));
        let failure = Failure::new(FailureReason::Transient, "the mail server did not answer");
        let Transition { state: next, fact } = state.apply(Event::Fail { token, failure, retry, jitter: Jitter::NONE }, now)?;
        state = next;
        match (fact, state) {
            (Fact::Rescheduled { ran, .. }, JobState::Scheduled { at, .. }) => {
                println!("  failed after {ran:?}; tried again in {:?}", at.since(now));
                now = at;
            }
            (Fact::Failed { ran, .. }, _) => {
                println!("  failed after {ran:?}; that was the last attempt: {}", state.status());
                break;
            }
            (other, _) => println!("  {other:?}"),
        }
    }
    Ok(())
}
