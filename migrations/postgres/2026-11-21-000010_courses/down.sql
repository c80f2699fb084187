DROP TABLE service_keys;
DROP TABLE grading_periods;
DROP TABLE course_members;
DROP TABLE course_aliases;
DROP TABLE courses;
ALTER TABLE credentials DROP COLUMN project_id;
ALTER TABLE accounts DROP COLUMN grading_period_licence;
ALTER TABLE accounts DROP COLUMN member_course_creation;
