//! New ids and random bytes.

use derslik_domain::id::{AccountId, AttendeeGuid, JobId, ProjectId, SessionGuid, UserGuid};

/// Generates unique ids and all other random values.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// The GUID of a new session.
    fn session_guid(&self) -> SessionGuid;

    /// The GUID of a new user.
    fn user_guid(&self) -> UserGuid;

    /// The GUID of a new attendee.
    fn attendee_guid(&self) -> AttendeeGuid;

    /// Bytes of a cryptographically secure generator, fit for secrets. All randomness of the service comes from here.
    fn random(&self) -> [u8; 32];

    /// 128 of these bits, for keys and for the tokens of leases.
    fn random_bits(&self) -> u128 {
        bits_of(self.random())
    }

    /// 64 of these bits.
    fn random_number(&self) -> u64 {
        number_of(self.random())
    }

    /// The GUID of a new session of an account. It and the methods below may give each account the same values in each run of a test.
    fn session_guid_of(&self, _account: AccountId) -> SessionGuid {
        self.session_guid()
    }

    /// The GUID of a new user of an account.
    fn user_guid_of(&self, _account: AccountId) -> UserGuid {
        self.user_guid()
    }

    /// The GUID of a new attendee of an account.
    fn attendee_guid_of(&self, _account: AccountId) -> AttendeeGuid {
        self.attendee_guid()
    }

    /// Bytes for ids and codes of an account that clients see. They MUST NOT become a secret.
    fn public_random_of(&self, _account: AccountId) -> [u8; 32] {
        self.random()
    }

    /// 128 of these bits.
    fn public_bits_of(&self, account: AccountId) -> u128 {
        bits_of(self.public_random_of(account))
    }

    /// 64 of these bits.
    fn public_number_of(&self, account: AccountId) -> u64 {
        number_of(self.public_random_of(account))
    }

    /// The id of a new job that clients see. `None` leaves it to the database, which counts the jobs of all accounts.
    fn job_of(&self, _account: AccountId) -> Option<JobId> {
        None
    }

    /// The number under which clients know a job.
    fn shown_job(&self, job: JobId) -> JobId {
        job
    }

    /// The job that the clients of an account know under that number.
    fn job_shown_as(&self, _account: AccountId, shown: JobId) -> JobId {
        shown
    }

    /// The id of a new project. `None` leaves it to the database.
    fn project_of(&self, _account: AccountId) -> Option<ProjectId> {
        None
    }

    /// How many values the account has drawn.
    fn drawn_by(&self, _account: AccountId) -> u64 {
        0
    }

    /// The number of the last draw of an account that gave one of these ids; 0 if none of them was drawn.
    fn last_draw(&self, _people: &[UserGuid], _projects: &[ProjectId]) -> u64 {
        0
    }

    /// Lets an account go on as if it had drawn that many values.
    fn go_on_after(&self, _account: AccountId, _drawn: u64) {}
}

fn bits_of(random: [u8; 32]) -> u128 {
    random.iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte))
}

fn number_of(random: [u8; 32]) -> u64 {
    random.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
