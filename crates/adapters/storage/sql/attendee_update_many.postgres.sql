UPDATE attendees SET user_guid = new.user_guid, attendance_code = new.attendance_code, name = new.name, name_key = new.name_key,
    surname = new.surname, surname_key = new.surname_key, email = new.email, email_key = new.email_key, role = new.role,
    mobile = new.mobile, created_at = new.created_at, updated_at = new.updated_at
FROM (SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8), unnest($9), unnest($10),
    unnest($11), unnest($12), unnest($13), unnest($14)) AS new (session_guid, guid, user_guid, attendance_code, name, name_key, surname,
    surname_key, email, email_key, role, mobile, created_at, updated_at)
WHERE attendees.account_id = $15 AND attendees.session_guid = new.session_guid AND attendees.guid = new.guid
