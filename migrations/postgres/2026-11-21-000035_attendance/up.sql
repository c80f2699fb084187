-- The same rows are unique as before, but by keys that also find what somebody attends.
ALTER TABLE attendees
    DROP CONSTRAINT attendees_email_key,
    DROP CONSTRAINT attendees_user_key,
    ADD CONSTRAINT attendees_email_key UNIQUE (account_id, email_key, session_guid),
    ADD CONSTRAINT attendees_user_key UNIQUE (account_id, user_guid, session_guid);

-- What an erasure takes of somebody who made sessions.
CREATE INDEX sessions_by_creator ON sessions (account_id, created_by, guid);

-- The sessions that may still come to their end, of which a sweep looks at those that began long enough ago.
CREATE INDEX sessions_open ON sessions (account_id, start_at, guid) WHERE status BETWEEN 0 AND 2;
