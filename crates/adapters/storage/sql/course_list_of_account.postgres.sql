SELECT c.id, c.revision, c.state, c.owner_id, c.name, c.section, c.description_heading, c.description, c.room, c.subject, c.levels,
    c.enrollment_code, c.group_name, c.extras, c.guardians_enabled, c.calendar_id, c.created_at, c.updated_at, c.first_active_at,
    c.suspended_from, v.membership AS membership
FROM (
    SELECT k.account_id, k.created_at, k.id
    FROM (
        SELECT * FROM (
            SELECT c.account_id, c.created_at, c.id FROM courses c
            WHERE c.account_id = $1 AND c.state = 1 AND c.search_key LIKE $2 AND (c.created_at, c.id) < ($3, $4)
            ORDER BY c.created_at DESC, c.id DESC LIMIT $5
        ) s1
        UNION ALL
        SELECT * FROM (
            SELECT c.account_id, c.created_at, c.id FROM courses c
            WHERE c.account_id = $6 AND c.state = 2 AND c.search_key LIKE $7 AND (c.created_at, c.id) < ($8, $9)
            ORDER BY c.created_at DESC, c.id DESC LIMIT $10
        ) s2
        UNION ALL
        SELECT * FROM (
            SELECT c.account_id, c.created_at, c.id FROM courses c
            WHERE c.account_id = $11 AND c.state = 3 AND c.search_key LIKE $12 AND (c.created_at, c.id) < ($13, $14)
            ORDER BY c.created_at DESC, c.id DESC LIMIT $15
        ) s3
        UNION ALL
        SELECT * FROM (
            SELECT c.account_id, c.created_at, c.id FROM courses c
            WHERE c.account_id = $16 AND c.state = 4 AND c.search_key LIKE $17 AND (c.created_at, c.id) < ($18, $19)
            ORDER BY c.created_at DESC, c.id DESC LIMIT $20
        ) s4
        UNION ALL
        SELECT * FROM (
            SELECT c.account_id, c.created_at, c.id FROM courses c
            WHERE c.account_id = $21 AND c.state = 5 AND c.owner_id = $22 AND c.search_key LIKE $23 AND (c.created_at, c.id) < ($24, $25)
            ORDER BY c.created_at DESC, c.id DESC LIMIT $26
        ) s5
    ) k
    ORDER BY k.created_at DESC, k.id DESC LIMIT $27
) p
CROSS JOIN LATERAL (SELECT * FROM courses WHERE account_id = $28 AND id = p.id OFFSET 0) c
LEFT JOIN LATERAL (
    SELECT membership FROM course_members WHERE account_id = $29 AND course_id = c.id AND user_id = $30 OFFSET 0
) v ON true
-- The page has this order already. With the columns of the courses here, SQLite would sort whole rows with their texts, and hold all
-- of them before the first is read.
ORDER BY p.created_at DESC, p.id DESC
