DROP INDEX sessions_by_duration;
