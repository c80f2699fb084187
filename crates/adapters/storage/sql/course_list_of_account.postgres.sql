SELECT p.id, p.revision, p.state, p.owner_id, p.name, p.section, p.description_heading, p.description, p.room, p.subject, p.levels,
    p.enrollment_code, p.group_name, p.extras, p.guardians_enabled, p.calendar_id, p.created_at, p.updated_at, p.first_active_at,
    p.suspended_from, NULL AS membership
FROM (
        SELECT * FROM (
            SELECT c.* FROM courses c
            WHERE c.account_id = $1 AND c.state = 1 AND c.search_key LIKE $2 AND (c.created_at, c.id) < ($3, $4)
            ORDER BY c.created_at DESC, c.id DESC LIMIT 101
        ) s1
        UNION ALL
        SELECT * FROM (
            SELECT c.* FROM courses c
            WHERE c.account_id = $5 AND c.state = 2 AND c.search_key LIKE $6 AND (c.created_at, c.id) < ($7, $8)
            ORDER BY c.created_at DESC, c.id DESC LIMIT 101
        ) s2
        UNION ALL
        SELECT * FROM (
            SELECT c.* FROM courses c
            WHERE c.account_id = $9 AND c.state = 3 AND c.search_key LIKE $10 AND (c.created_at, c.id) < ($11, $12)
            ORDER BY c.created_at DESC, c.id DESC LIMIT 101
        ) s3
        UNION ALL
        SELECT * FROM (
            SELECT c.* FROM courses c
            WHERE c.account_id = $13 AND c.state = 4 AND c.search_key LIKE $14 AND (c.created_at, c.id) < ($15, $16)
            ORDER BY c.created_at DESC, c.id DESC LIMIT 101
        ) s4
        UNION ALL
        SELECT * FROM (
            SELECT c.* FROM courses c
            WHERE c.account_id = $17 AND c.state = 5 AND c.owner_id = $18 AND c.search_key LIKE $19 AND (c.created_at, c.id) < ($20, $21)
            ORDER BY c.created_at DESC, c.id DESC LIMIT 101
        ) s5
) p
ORDER BY p.created_at DESC, p.id DESC LIMIT 101
