-- The users of an erasure of many, each at its place in the list. `counts` is null until everything of the user is erased. The rows
-- go with their job, so no name is kept longer than those that jobs refer to.
CREATE TABLE erasure_users (
    account_id INTEGER NOT NULL,
    job_id INTEGER NOT NULL,
    place INTEGER NOT NULL CHECK (place >= 0),
    reference TEXT NOT NULL,
    counts TEXT CHECK (counts IS NULL OR json_valid(counts)),
    PRIMARY KEY (account_id, job_id, place),
    FOREIGN KEY (account_id, job_id) REFERENCES jobs (account_id, id) ON DELETE CASCADE
) STRICT;
