DROP TRIGGER sessions_note_changed;
DROP TRIGGER sessions_note_new;
DROP TRIGGER session_words_go;
DROP TABLE session_words;
DROP TABLE session_index;
DROP TABLE sessions_to_index;
CREATE INDEX sessions_by_duration ON sessions (account_id, duration_minutes, start_at, guid) WHERE status >= 0;
