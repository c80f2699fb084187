SELECT c.id, c.revision, c.state, c.owner_id, c.name, c.section, c.description_heading, c.description, c.room, c.subject, c.levels,
    c.enrollment_code, c.group_name, c.extras, c.guardians_enabled, c.calendar_id, c.created_at, c.updated_at, c.first_active_at,
    c.suspended_from, NULL AS membership
FROM (
    SELECT k.account_id, k.created_at, k.id
    FROM (
        SELECT * FROM (
            SELECT c.account_id, c.created_at, c.id FROM courses c
            WHERE c.account_id = ? AND c.state = 1 AND derslik_contains(c.search_key, ?) AND (c.created_at, c.id) < (?, ?)
            ORDER BY c.created_at DESC, c.id DESC LIMIT 101
        ) s1
        UNION ALL
        SELECT * FROM (
            SELECT c.account_id, c.created_at, c.id FROM courses c
            WHERE c.account_id = ? AND c.state = 2 AND derslik_contains(c.search_key, ?) AND (c.created_at, c.id) < (?, ?)
            ORDER BY c.created_at DESC, c.id DESC LIMIT 101
        ) s2
        UNION ALL
        SELECT * FROM (
            SELECT c.account_id, c.created_at, c.id FROM courses c
            WHERE c.account_id = ? AND c.state = 3 AND derslik_contains(c.search_key, ?) AND (c.created_at, c.id) < (?, ?)
            ORDER BY c.created_at DESC, c.id DESC LIMIT 101
        ) s3
        UNION ALL
        SELECT * FROM (
            SELECT c.account_id, c.created_at, c.id FROM courses c
            WHERE c.account_id = ? AND c.state = 4 AND derslik_contains(c.search_key, ?) AND (c.created_at, c.id) < (?, ?)
            ORDER BY c.created_at DESC, c.id DESC LIMIT 101
        ) s4
        UNION ALL
        SELECT * FROM (
            SELECT c.account_id, c.created_at, c.id FROM courses c
            WHERE c.account_id = ? AND c.state = 5 AND c.owner_id = ? AND derslik_contains(c.search_key, ?) AND (c.created_at, c.id) < (?,
                ?)
            ORDER BY c.created_at DESC, c.id DESC LIMIT 101
        ) s5
    ) k
    ORDER BY k.created_at DESC, k.id DESC LIMIT 101
) p
-- The account comes from the page. With a parameter here, SQLite would consider a scan of all courses of the account.
JOIN courses c ON c.account_id = p.account_id AND c.id = p.id
-- The page has this order already. With the columns of the courses here, SQLite would sort whole rows with their texts, and hold all
-- of them before the first is read.
ORDER BY p.created_at DESC, p.id DESC
