ALTER TABLE course_aliases
    DROP CONSTRAINT course_aliases_pkey,
    DROP COLUMN alias_key,
    ADD PRIMARY KEY (account_id, project_id, alias);

DROP TABLE key_twins;
DROP TABLE key_rewrites;
