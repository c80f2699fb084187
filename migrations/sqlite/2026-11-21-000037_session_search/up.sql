-- Texts are not indexed here: what a search finds it finds by going through the sessions of the account in their order.
CREATE INDEX sessions_by_duration ON sessions (account_id, duration_minutes, start_at, guid) WHERE status >= 0;
