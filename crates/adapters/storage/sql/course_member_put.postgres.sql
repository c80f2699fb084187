INSERT INTO course_members (account_id, course_id, user_id, membership, course_created_at, added_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account_id, course_id, user_id) DO UPDATE SET membership = excluded.membership
