DROP TABLE jobs;
DROP SEQUENCE project_ids;
DROP TABLE projects;
