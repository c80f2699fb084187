-- The *_key columns hold the texts as searches compare them, folded by the domain, so that both databases find the same.
-- options holds only what differs from the defaults. There is no foreign key to accounts: it would be checked row by row
-- in the busiest statement of the service, and an account is never removed while it owns anything.
CREATE TABLE sessions (
    account_id bigint NOT NULL,
    guid uuid NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    description text,
    description_key text,
    tags text,
    tags_key text,
    start_at timestamptz NOT NULL,
    start_civil timestamp NOT NULL,
    timezone text NOT NULL,
    duration_minutes smallint NOT NULL CONSTRAINT sessions_duration_range CHECK (duration_minutes BETWEEN 5 AND 360),
    lang text NOT NULL,
    status smallint NOT NULL CONSTRAINT sessions_status_known CHECK (status BETWEEN -1 AND 3),
    replay_status smallint NOT NULL CONSTRAINT sessions_replay_status_known CHECK (replay_status BETWEEN 0 AND 3),
    options jsonb NOT NULL,
    allow_recording boolean NOT NULL,
    inaccessible_replay boolean NOT NULL,
    created_by bigint NOT NULL,
    updated_by bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, guid)
);

-- The order of every search; deleted sessions are never searched.
CREATE INDEX sessions_by_start ON sessions (account_id, start_at, guid) WHERE status >= 0;
