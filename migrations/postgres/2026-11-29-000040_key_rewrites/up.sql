-- How far the program has come in making the keys of texts anew: for each table the rule by which its keys are made, and where
-- the next step begins. No account stands there once the table is done.
CREATE TABLE key_rewrites (
    subject text PRIMARY KEY,
    rule smallint NOT NULL,
    account_id bigint,
    after_row text NOT NULL
);

-- The rows that keep an old key, since another row has the key that they should have.
CREATE TABLE key_twins (
    account_id bigint NOT NULL,
    subject text NOT NULL,
    row_id text NOT NULL,
    PRIMARY KEY (account_id, subject, row_id)
);

-- An alias is unique however its letters are composed.
ALTER TABLE course_aliases ADD COLUMN alias_key text COLLATE "C";
UPDATE course_aliases SET alias_key = alias;
ALTER TABLE course_aliases
    ALTER COLUMN alias_key SET NOT NULL,
    DROP CONSTRAINT course_aliases_pkey,
    ADD PRIMARY KEY (account_id, project_id, alias_key);
