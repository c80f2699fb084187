-- The users of an erasure of many, each at its place in the list. `counts` is null until everything of the user is erased. The rows
-- go with their job, so no name is kept longer than those that jobs refer to.
CREATE TABLE erasure_users (
    account_id bigint NOT NULL,
    job_id bigint NOT NULL,
    place integer NOT NULL CONSTRAINT erasure_users_place_range CHECK (place >= 0),
    reference text NOT NULL,
    counts jsonb,
    PRIMARY KEY (account_id, job_id, place),
    CONSTRAINT erasure_users_of_job FOREIGN KEY (account_id, job_id) REFERENCES jobs (account_id, id) ON DELETE CASCADE
);
