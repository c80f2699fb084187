-- A trigger deletes the tokens.
DELETE FROM session_index WHERE account_id = ? AND guid IN (SELECT unhex(value) FROM json_each(?))
