-- Who uses a webhook is told with the team, read from the index alone.
DROP INDEX automations_of_webhook;
CREATE INDEX automations_of_webhook ON automations (webhook_id, name, id, place_id);
