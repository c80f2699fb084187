SELECT c.id, c.revision, c.state, c.owner_id, c.name, c.section, c.description_heading, c.description, c.room, c.subject, c.levels,
    c.enrollment_code, c.group_name, c.extras, c.guardians_enabled, c.calendar_id, c.created_at, c.updated_at, c.first_active_at,
    c.suspended_from, v.membership, viewed.viewer
-- Each array stands in a subquery of its own, so that the planner can't see its length. For a short array the planner would make a
-- new plan each time.
FROM unnest((SELECT $1), (SELECT $2)) AS viewed (course, viewer)
JOIN courses c ON c.account_id = $3 AND c.id = viewed.course
LEFT JOIN course_members v ON v.account_id = $4 AND v.course_id = viewed.course AND v.user_id = viewed.viewer
