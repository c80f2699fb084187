INSERT INTO session_words (rowid, words) SELECT value ->> 0, value ->> 1 FROM json_each(?)
