INSERT INTO attendees (account_id, session_guid, guid, user_guid, attendance_code, name, name_key, surname, surname_key, email, email_key,
    role, mobile, created_at, updated_at)
SELECT $1, new.* FROM (SELECT unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8), unnest($9), unnest($10),
    unnest($11), unnest($12), unnest($13), unnest($14), unnest($15)) AS new
