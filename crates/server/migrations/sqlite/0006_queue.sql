-- The collection an event is about, for its index: the same text on both databases.
ALTER TABLE events ADD COLUMN collection TEXT NOT NULL DEFAULT '';
UPDATE events SET collection = coalesce(json_extract(subject, '$.collection'), '');
DROP INDEX events_of_collection;
CREATE INDEX events_of_collection ON events (collection, place_id, id);

-- `next_ms`: from when on the next delivery may go, where a rate is set: one each `gap_ms`. Of a paused
-- webhook, from `probe_ms` on one delivery finds out whether it answers again; `probe_wait_ms` lies
-- between two of these.
ALTER TABLE webhooks ADD COLUMN gap_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN next_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN probe_ms INTEGER;
ALTER TABLE webhooks ADD COLUMN probe_wait_ms INTEGER NOT NULL DEFAULT 0;

-- What is due, by webhook and state.
DROP INDEX deliveries_due;
DROP INDEX deliveries_open;
CREATE INDEX deliveries_due ON deliveries (webhook_id, state, due_ms, id) WHERE state IN ('waiting', 'retrying');

-- What is in flight, by webhook.
DROP INDEX deliveries_leased;
CREATE INDEX deliveries_leased ON deliveries (webhook_id, lease_until_ms) WHERE state = 'sending';

-- Grows with each change of an automation or webhook: what was compiled of them is stale then.
CREATE TABLE generation (n INTEGER NOT NULL) STRICT;
INSERT INTO generation (n) VALUES (0);

-- A text sealed with the key of the secrets: another key does not open it.
CREATE TABLE key_check (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL
) STRICT;
