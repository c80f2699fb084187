SELECT start_at, guid FROM (
    -- CROSS JOIN fixes the order in which SQLite reads the tables, and LIMIT keeps it from merging the two queries. So the
    -- sessions with the tokens are sorted first, and no more of them are compared than needed.
    SELECT session_index.guid AS key
    FROM session_words CROSS JOIN session_index ON session_index.id = session_words.rowid
    WHERE session_words MATCH ? AND session_index.account_id = ?
    ORDER BY session_index.start_at, session_index.guid LIMIT -1
) AS in_month
CROSS JOIN sessions ON sessions.account_id = ? AND sessions.guid = in_month.key
WHERE status >= 0 AND (? IS NULL OR duration_minutes = ?) AND (? IS NULL OR start_civil >= ?)
    AND (? IS NULL OR start_civil <= ?) AND derslik_contains(name_key, ?) AND derslik_contains(description_key, ?)
LIMIT ?
