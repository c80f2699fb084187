SELECT c.id, c.revision, c.state, c.owner_id, c.name, c.section, c.description_heading, c.description, c.room, c.subject, c.levels,
    c.enrollment_code, c.group_name, c.extras, c.guardians_enabled, c.calendar_id, c.created_at, c.updated_at, c.first_active_at,
    c.suspended_from, v.membership AS membership
FROM course_members m
JOIN courses c ON c.account_id = m.account_id AND c.id = m.course_id
LEFT JOIN course_members v ON v.account_id = c.account_id AND v.course_id = c.id AND v.user_id = $1
WHERE m.account_id = $2 AND m.user_id = $3 AND m.membership IN ('owner', 'teacher')
    AND ((v.membership = 'owner' AND c.state IN (1, 2, 3, 4, 5)) OR (v.membership = 'teacher' AND c.state IN (1,
        2)) OR (v.membership = 'student' AND c.state IN (1, 2))) AND c.search_key LIKE $4 AND (m.course_created_at, m.course_id) < ($5, $6)
ORDER BY m.course_created_at DESC, m.course_id DESC LIMIT 101
