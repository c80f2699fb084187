-- The step of a distributed trace that asked for the job, as the header `traceparent` names it. Null for a job without one.
ALTER TABLE jobs ADD COLUMN trace_parent text;
