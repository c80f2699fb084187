-- The numbers of projects belong to their column: they go with the table, and a server that distributes tables knows them.
ALTER SEQUENCE project_ids OWNED BY projects.id;
