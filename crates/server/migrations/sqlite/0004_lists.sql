-- What lists, counts and look-backs run on. Ids are UUIDv7, so that an index that ends in one is an
-- index by time, and one that goes on behind it answers a filter without the row.

DROP INDEX deliveries_of_entity;
CREATE INDEX deliveries_of_entity ON deliveries (entity_id, id, state, outcome, place_id, collection, automation_id, webhook_id);
DROP INDEX deliveries_of_automation;
CREATE INDEX deliveries_of_automation ON deliveries (automation_id, id, state);
DROP INDEX deliveries_of_webhook;
CREATE INDEX deliveries_of_webhook ON deliveries (webhook_id, id, state);
CREATE INDEX deliveries_open ON deliveries (webhook_id) WHERE state IN ('waiting', 'retrying');

CREATE INDEX events_listed ON events (id, place_id, type);
CREATE INDEX events_of_type ON events (place_id, type, id);
CREATE INDEX events_of_collection ON events (json_extract(subject, '$.collection'), place_id, id);

DROP INDEX evaluations_of_automation;
CREATE INDEX evaluations_of_automation ON evaluations (automation_id, event_id, verdict);

-- The condition as text, for the search.
ALTER TABLE automations ADD COLUMN condition TEXT NOT NULL DEFAULT '';
UPDATE automations SET condition = coalesce(json_extract(draft, '$.trigger.filter'), '');
CREATE INDEX automations_listed ON automations (id, place_id, collection, event, webhook_id, enabled, created_at, name, condition);
DROP INDEX automations_of_webhook;
CREATE INDEX automations_of_webhook ON automations (webhook_id, name, id);
