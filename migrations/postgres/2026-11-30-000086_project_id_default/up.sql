-- The column takes its numbers from the sequence by itself. A server that distributes tables then has the sequence on each of its nodes.
ALTER TABLE projects ALTER COLUMN id SET DEFAULT nextval('project_ids');
