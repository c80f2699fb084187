DROP TABLE sessions_to_index;
DROP TABLE session_texts;
-- With the extension in it, if it was ours.
DROP SCHEMA IF EXISTS derslik_search CASCADE;
