-- Nothing: PostgreSQL has such keys already, in session_index.
SELECT;
