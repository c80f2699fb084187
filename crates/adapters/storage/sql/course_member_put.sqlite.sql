INSERT INTO course_members (account_id, course_id, user_id, membership, course_created_at, added_at)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account_id, course_id, user_id) DO UPDATE SET membership = excluded.membership
