-- Who changed what. `before` and `after` hold the fields that differ, and never a secret's value.
CREATE TABLE audit (
    id          TEXT PRIMARY KEY,
    entity_id   TEXT NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    at          TEXT NOT NULL,
    actor       TEXT NOT NULL,
    action      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    target_id   TEXT,
    target_name TEXT NOT NULL,
    before      TEXT,
    after       TEXT
) STRICT;
CREATE INDEX audit_of_entity ON audit (entity_id, id);
CREATE INDEX audit_of_target ON audit (entity_id, target_id, id);
