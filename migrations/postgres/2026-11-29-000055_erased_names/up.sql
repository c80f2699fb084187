-- The GUIDs, codes and addresses of attendees that an erasure has removed. Answers are searched for them, since some name an
-- attendee by nothing else. The erasure removes these rows before it ends.
CREATE TABLE erased_names (
    account_id bigint NOT NULL,
    job_id bigint NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (account_id, job_id, name)
);
