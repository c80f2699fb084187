INSERT INTO attendees (account_id, session_guid, guid, user_guid, attendance_code, name, name_key, surname, surname_key, email, email_key,
    role, mobile, created_at, updated_at)
SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
