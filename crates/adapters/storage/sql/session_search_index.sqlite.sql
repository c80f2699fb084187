SELECT start_at, guid FROM (
    -- CROSS JOIN fixes the order in which SQLite reads the tables, and LIMIT keeps it from merging the two queries. So the
    -- sessions with the tokens are sorted first, and no more of them are compared than needed.
    SELECT session_index.guid AS key, session_index.start_at AS place
    FROM session_words CROSS JOIN session_index ON session_index.id = session_words.rowid
    WHERE session_words MATCH ? AND session_index.account_id = ?
    ORDER BY session_index.start_at, session_index.guid LIMIT -1
) AS in_month
-- A session that was moved since is pending, and found there. The sign keeps the index of the order out of the lookup.
CROSS JOIN sessions ON sessions.account_id = ? AND sessions.guid = in_month.key AND +sessions.start_at = in_month.place
WHERE status >= 0 AND (? IS NULL OR duration_minutes = ?) AND (? IS NULL OR start_civil >= ?)
    AND (? IS NULL OR start_civil <= ?) AND derslik_contains(name_key, ?) AND derslik_contains(description_key, ?)
LIMIT ?
