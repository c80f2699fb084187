DROP TABLE jobs;
DROP TABLE projects;
