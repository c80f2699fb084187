DROP INDEX sessions_open;
DROP INDEX sessions_by_creator;
ALTER TABLE attendees
    DROP CONSTRAINT attendees_email_key,
    DROP CONSTRAINT attendees_user_key,
    ADD CONSTRAINT attendees_email_key UNIQUE (account_id, session_guid, email_key),
    ADD CONSTRAINT attendees_user_key UNIQUE (account_id, session_guid, user_guid);
