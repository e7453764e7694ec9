-- Times that people read are RFC 3339 text in UTC with milliseconds, which sorts as it reads.
-- Times that the queue computes with are Unix milliseconds.

CREATE TABLE entities (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE users (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE members (
    entity_id TEXT NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role      TEXT NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
    PRIMARY KEY (entity_id, user_id)
) STRICT, WITHOUT ROWID;

-- A key is kept as the SHA-256 of its text.
CREATE TABLE keys (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    prefix       TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE,
    created_at   TEXT NOT NULL,
    last_used_at TEXT
) STRICT;

CREATE TABLE sign_in_codes (
    hash       BLOB PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `sealed` is XChaCha20-Poly1305 with the row's id as associated data.
CREATE TABLE secrets (
    id                TEXT PRIMARY KEY,
    entity_id         TEXT NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    name              TEXT NOT NULL,
    sealed            BLOB NOT NULL,
    previous          BLOB,
    previous_until_ms INTEGER,
    updated_at        TEXT NOT NULL,
    updated_by        TEXT NOT NULL,
    UNIQUE (entity_id, name)
) STRICT;

CREATE TABLE webhooks (
    id            TEXT PRIMARY KEY,
    entity_id     TEXT NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    settings      TEXT NOT NULL,
    enabled       INTEGER NOT NULL,
    revision      INTEGER NOT NULL,
    paused_reason TEXT,
    failures      INTEGER NOT NULL DEFAULT 0,
    failing_since_ms INTEGER,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    UNIQUE (entity_id, name)
) STRICT;

-- Registries and projects.
CREATE TABLE places (
    id        TEXT PRIMARY KEY,
    entity_id TEXT NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    kind      TEXT NOT NULL CHECK (kind IN ('registry', 'project')),
    name      TEXT NOT NULL,
    UNIQUE (entity_id, kind, name)
) STRICT;

CREATE TABLE collections (
    id         TEXT PRIMARY KEY,
    place_id   TEXT NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    tags       TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (place_id, name)
) STRICT;

CREATE TABLE versions (
    id            TEXT PRIMARY KEY,
    collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    idx           INTEGER NOT NULL,
    tags          TEXT NOT NULL,
    metadata      TEXT NOT NULL,
    author        TEXT NOT NULL,
    created_at    TEXT NOT NULL,
    UNIQUE (collection_id, idx)
) STRICT;

-- An alias sits on one version of a collection at a time.
CREATE TABLE aliases (
    collection_id TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    alias         TEXT NOT NULL,
    version_id    TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    PRIMARY KEY (collection_id, alias)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_of_version ON aliases (version_id);

CREATE TABLE runs (
    id         TEXT PRIMARY KEY,
    place_id   TEXT NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    run        TEXT NOT NULL,
    name       TEXT NOT NULL,
    user       TEXT NOT NULL,
    state      TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (place_id, run)
) STRICT;

CREATE TABLE points (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    metric TEXT NOT NULL,
    step   INTEGER NOT NULL,
    value  REAL NOT NULL,
    PRIMARY KEY (run_id, metric, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
    id        TEXT PRIMARY KEY,
    place_id  TEXT NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    secret_id TEXT NOT NULL REFERENCES secrets (id),
    received  INTEGER NOT NULL DEFAULT 0,
    ignored   INTEGER NOT NULL DEFAULT 0,
    last_at   TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (place_id, name)
) STRICT;

-- Delivery ids of a source's messages that were taken, so that a repeat is answered and not taken twice.
CREATE TABLE source_messages (
    source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    message   TEXT NOT NULL,
    at        TEXT NOT NULL,
    PRIMARY KEY (source_id, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE automations (
    id            TEXT PRIMARY KEY,
    place_id      TEXT NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    collection    TEXT NOT NULL DEFAULT '',
    name          TEXT NOT NULL,
    event         TEXT NOT NULL,
    webhook_id    TEXT REFERENCES webhooks (id),
    draft         TEXT NOT NULL,
    enabled       INTEGER NOT NULL,
    snoozed_until TEXT,
    revision      INTEGER NOT NULL,
    author        TEXT NOT NULL,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    UNIQUE (place_id, collection, name)
) STRICT;
CREATE INDEX automations_of_webhook ON automations (webhook_id);

-- Every revision's draft: a delivery renders the template it was matched with, also on repeats.
-- Kept when the automation is deleted.
CREATE TABLE revisions (
    automation_id TEXT NOT NULL,
    revision      INTEGER NOT NULL,
    draft         TEXT NOT NULL,
    author        TEXT NOT NULL,
    at            TEXT NOT NULL,
    PRIMARY KEY (automation_id, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    id          TEXT PRIMARY KEY,
    place_id    TEXT NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    type        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    vals        TEXT NOT NULL,
    source      TEXT NOT NULL,
    dedupe_key  TEXT,
    occurred_at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    matched     INTEGER NOT NULL,
    evaluated   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_once ON events (place_id, dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX events_of_place ON events (place_id, id);

CREATE TABLE evaluations (
    event_id        TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    automation_id   TEXT NOT NULL,
    automation_name TEXT NOT NULL,
    verdict         TEXT NOT NULL,
    reason          TEXT NOT NULL,
    trace           TEXT,
    readings        TEXT,
    delivery_id     TEXT,
    PRIMARY KEY (event_id, automation_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX evaluations_of_automation ON evaluations (automation_id, event_id);

-- The row is the queue. `overlay` holds the values that are the automation's and not the event's.
CREATE TABLE deliveries (
    id              TEXT PRIMARY KEY,
    entity_id       TEXT NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    place_id        TEXT NOT NULL,
    collection      TEXT NOT NULL DEFAULT '',
    run             TEXT NOT NULL DEFAULT '',
    automation_id   TEXT NOT NULL,
    automation_name TEXT NOT NULL,
    revision        INTEGER NOT NULL,
    webhook_id      TEXT REFERENCES webhooks (id),
    webhook_name    TEXT,
    event_id        TEXT NOT NULL REFERENCES events (id),
    overlay         TEXT NOT NULL,
    state           TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    tries           INTEGER NOT NULL DEFAULT 0,
    outcome         TEXT,
    status          INTEGER,
    reason          TEXT,
    due_ms          INTEGER,
    lease           TEXT,
    lease_until_ms  INTEGER,
    duration_ms     REAL,
    rendered_anew   INTEGER NOT NULL DEFAULT 0,
    created_at      TEXT NOT NULL,
    finished_at     TEXT
) STRICT;
CREATE INDEX deliveries_due ON deliveries (due_ms) WHERE state IN ('waiting', 'retrying');
CREATE INDEX deliveries_leased ON deliveries (lease_until_ms) WHERE state = 'sending';
CREATE INDEX deliveries_of_entity ON deliveries (entity_id, id);
CREATE INDEX deliveries_of_place ON deliveries (place_id, id);
CREATE INDEX deliveries_of_automation ON deliveries (automation_id, id);
CREATE INDEX deliveries_of_webhook ON deliveries (webhook_id, id);
CREATE INDEX deliveries_of_event ON deliveries (event_id);

CREATE TABLE attempts (
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    started_at  TEXT NOT NULL,
    exchange    TEXT NOT NULL,
    PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;
