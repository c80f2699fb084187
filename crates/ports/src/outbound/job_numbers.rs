//! Ids of jobs that are counted for each account. The id of a job is unique in a whole database, and clients are to see the same numbers
//! whatever other accounts have done. So such an id is negative, and has the account and the number in it. Ids that a database counts
//! are positive. Clients see those above all numbers, so that each job has one place in a list, and each number leads to one job.

use derslik_domain::id::{AccountId, Id, JobId};

/// How many numbers an account has. It is a power of two.
const NUMBERS: i64 = 1 << 24;

/// The highest number that a job can have.
pub const LAST_JOB_NUMBER: i64 = NUMBERS - 1;

/// The id with the number 0 in an account. No job has it. `None` if the id of the account is too high, or below zero.
pub fn numbered_jobs_of(account: AccountId) -> Option<i64> {
    account.get().checked_add(1).filter(|place| *place > 0)?.checked_mul(NUMBERS)?.checked_neg()
}

/// The id of the job with that number in an account.
pub fn job_of_number(account: AccountId, number: i64) -> Option<JobId> {
    let first = numbered_jobs_of(account)?;
    (1..=LAST_JOB_NUMBER).contains(&number).then(|| Id::new(first + number))
}

/// What clients see of the id of a job.
pub fn shown_number(job: JobId) -> JobId {
    let id = job.get();
    Id::new(if id < 0 { id.rem_euclid(NUMBERS) } else { id.saturating_add(NUMBERS) })
}

/// The id of which the clients of an account see that number. Numbers below 1 lead to no job.
pub fn job_shown_as(account: AccountId, shown: JobId) -> JobId {
    let shown = shown.get();
    match numbered_jobs_of(account) {
        Some(first) if shown < NUMBERS => Id::new(first + shown.max(0)),
        _ => Id::new(shown.saturating_sub(NUMBERS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(account: i64, number: i64) -> JobId {
        job_of_number(Id::new(account), number).unwrap()
    }

    #[test]
    fn each_job_has_one_number_and_keeps_its_place() {
        let account = Id::new(1_329);
        let jobs = [job(1_329, 1), job(1_329, 2), job(1_329, LAST_JOB_NUMBER), Id::new(1), Id::new(1_000_000)];
        let shown = jobs.map(shown_number);
        assert_eq!(shown[..3], [1, 2, LAST_JOB_NUMBER].map(Id::new));
        assert!(shown.windows(2).all(|pair| pair[0] < pair[1]) && jobs.windows(2).all(|pair| pair[0] < pair[1]), "{shown:?}");
        assert_eq!(shown.map(|shown| job_shown_as(account, shown)), jobs);
    }

    #[test]
    fn accounts_share_numbers_and_no_ids() {
        assert_eq!(shown_number(job(1, 7)), shown_number(job(2, 7)));
        let ids = [job(3, LAST_JOB_NUMBER), job(2, 1), job(2, LAST_JOB_NUMBER), job(1, 1), job(0, 1), job(0, LAST_JOB_NUMBER)];
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]) && ids.iter().all(|id| id.get() < 0), "{ids:?}");
    }

    #[test]
    fn numbers_out_of_range_lead_to_no_job() {
        for number in [0, -1, LAST_JOB_NUMBER + 1] {
            assert_eq!(job_of_number(Id::new(1), number), None, "{number}");
        }
        assert_eq!(job_of_number(Id::new(i64::MAX), 1), None);
        assert_eq!(job_of_number(Id::new(-2), 1), None);
        for shown in [i64::MIN, -1, 0] {
            assert_eq!(Some(job_shown_as(Id::new(1), Id::new(shown)).get()), numbered_jobs_of(Id::new(1)), "{shown}");
        }
        assert_eq!(job_shown_as(Id::new(1), Id::new(LAST_JOB_NUMBER + 1)), Id::new(0));
    }
}
