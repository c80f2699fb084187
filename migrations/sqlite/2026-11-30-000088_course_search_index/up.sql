-- A search for words compares them with the search keys of all courses in a state. With the keys in the index of the order, it reads the
-- rows of those courses alone that match. A change of a course writes its entry anyway.
DROP INDEX courses_by_creation;
CREATE INDEX courses_by_creation ON courses (account_id, state, created_at, id, search_key);
