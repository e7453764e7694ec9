-- The schema of SQLite's migrations 1 to 6. Texts sort by their bytes, as there.

CREATE TABLE entities (
    id   TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE users (
    id   TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE members (
    entity_id TEXT COLLATE "C" NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    user_id   TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role      TEXT COLLATE "C" NOT NULL CHECK (role IN ('viewer', 'member', 'admin')),
    PRIMARY KEY (entity_id, user_id)
);

CREATE TABLE keys (
    id           TEXT COLLATE "C" PRIMARY KEY,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT COLLATE "C" NOT NULL,
    prefix       TEXT COLLATE "C" NOT NULL,
    hash         BYTEA NOT NULL UNIQUE,
    created_at   TEXT COLLATE "C" NOT NULL,
    last_used_at TEXT COLLATE "C"
);

CREATE TABLE sign_in_codes (
    hash       BYTEA PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_ms BIGINT NOT NULL
);

CREATE TABLE secrets (
    id                TEXT COLLATE "C" PRIMARY KEY,
    entity_id         TEXT COLLATE "C" NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    name              TEXT COLLATE "C" NOT NULL,
    sealed            BYTEA NOT NULL,
    previous          BYTEA,
    previous_until_ms BIGINT,
    updated_at        TEXT COLLATE "C" NOT NULL,
    updated_by        TEXT COLLATE "C" NOT NULL,
    UNIQUE (entity_id, name)
);

CREATE TABLE webhooks (
    id            TEXT COLLATE "C" PRIMARY KEY,
    entity_id     TEXT COLLATE "C" NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    name          TEXT COLLATE "C" NOT NULL,
    settings      TEXT COLLATE "C" NOT NULL,
    enabled       BOOLEAN NOT NULL,
    revision      BIGINT NOT NULL,
    paused_reason TEXT COLLATE "C",
    failures      BIGINT NOT NULL DEFAULT 0,
    failing_since_ms BIGINT,
    created_at    TEXT COLLATE "C" NOT NULL,
    updated_at    TEXT COLLATE "C" NOT NULL,
    gap_ms        BIGINT NOT NULL DEFAULT 0,
    next_ms       BIGINT NOT NULL DEFAULT 0,
    probe_ms      BIGINT,
    probe_wait_ms BIGINT NOT NULL DEFAULT 0,
    UNIQUE (entity_id, name)
);

CREATE TABLE places (
    id        TEXT COLLATE "C" PRIMARY KEY,
    entity_id TEXT COLLATE "C" NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    kind      TEXT COLLATE "C" NOT NULL CHECK (kind IN ('registry', 'project')),
    name      TEXT COLLATE "C" NOT NULL,
    UNIQUE (entity_id, kind, name)
);

CREATE TABLE collections (
    id         TEXT COLLATE "C" PRIMARY KEY,
    place_id   TEXT COLLATE "C" NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    name       TEXT COLLATE "C" NOT NULL,
    type       TEXT COLLATE "C" NOT NULL,
    tags       TEXT COLLATE "C" NOT NULL,
    updated_at TEXT COLLATE "C" NOT NULL,
    UNIQUE (place_id, name)
);

CREATE TABLE versions (
    id            TEXT COLLATE "C" PRIMARY KEY,
    collection_id TEXT COLLATE "C" NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    idx           BIGINT NOT NULL,
    tags          TEXT COLLATE "C" NOT NULL,
    metadata      TEXT COLLATE "C" NOT NULL,
    author        TEXT COLLATE "C" NOT NULL,
    created_at    TEXT COLLATE "C" NOT NULL,
    UNIQUE (collection_id, idx)
);

CREATE TABLE aliases (
    collection_id TEXT COLLATE "C" NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    alias         TEXT COLLATE "C" NOT NULL,
    version_id    TEXT COLLATE "C" NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    PRIMARY KEY (collection_id, alias)
);

CREATE TABLE runs (
    id         TEXT COLLATE "C" PRIMARY KEY,
    place_id   TEXT COLLATE "C" NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    run        TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    "user"     TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    UNIQUE (place_id, run)
);

CREATE TABLE points (
    run_id TEXT COLLATE "C" NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    metric TEXT COLLATE "C" NOT NULL,
    step   BIGINT NOT NULL,
    value  DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (run_id, metric, step)
);

CREATE TABLE sources (
    id        TEXT COLLATE "C" PRIMARY KEY,
    place_id  TEXT COLLATE "C" NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    kind      TEXT COLLATE "C" NOT NULL,
    name      TEXT COLLATE "C" NOT NULL,
    secret_id TEXT COLLATE "C" NOT NULL REFERENCES secrets (id),
    received  BIGINT NOT NULL DEFAULT 0,
    ignored   BIGINT NOT NULL DEFAULT 0,
    last_at   TEXT COLLATE "C",
    created_at TEXT COLLATE "C" NOT NULL,
    last_error TEXT COLLATE "C",
    last_error_at TEXT COLLATE "C",
    UNIQUE (place_id, name)
);

CREATE TABLE source_messages (
    source_id TEXT COLLATE "C" NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    message   TEXT COLLATE "C" NOT NULL,
    at        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (source_id, message)
);

CREATE TABLE automations (
    id            TEXT COLLATE "C" PRIMARY KEY,
    place_id      TEXT COLLATE "C" NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    collection    TEXT COLLATE "C" NOT NULL DEFAULT '',
    name          TEXT COLLATE "C" NOT NULL,
    event         TEXT COLLATE "C" NOT NULL,
    webhook_id    TEXT COLLATE "C" REFERENCES webhooks (id),
    draft         TEXT COLLATE "C" NOT NULL,
    enabled       BOOLEAN NOT NULL,
    snoozed_until TEXT COLLATE "C",
    revision      BIGINT NOT NULL,
    author        TEXT COLLATE "C" NOT NULL,
    created_at    TEXT COLLATE "C" NOT NULL,
    updated_at    TEXT COLLATE "C" NOT NULL,
    condition TEXT COLLATE "C" NOT NULL DEFAULT '',
    UNIQUE (place_id, collection, name)
);

CREATE TABLE revisions (
    automation_id TEXT COLLATE "C" NOT NULL,
    revision      BIGINT NOT NULL,
    draft         TEXT COLLATE "C" NOT NULL,
    author        TEXT COLLATE "C" NOT NULL,
    at            TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (automation_id, revision)
);

CREATE TABLE events (
    id          TEXT COLLATE "C" PRIMARY KEY,
    place_id    TEXT COLLATE "C" NOT NULL REFERENCES places (id) ON DELETE CASCADE,
    type        TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    vals        TEXT COLLATE "C" NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    dedupe_key  TEXT COLLATE "C",
    occurred_at TEXT COLLATE "C" NOT NULL,
    received_at TEXT COLLATE "C" NOT NULL,
    matched     BIGINT NOT NULL,
    evaluated   BIGINT NOT NULL
, collection TEXT COLLATE "C" NOT NULL DEFAULT '');

CREATE TABLE evaluations (
    event_id        TEXT COLLATE "C" NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    automation_id   TEXT COLLATE "C" NOT NULL,
    automation_name TEXT COLLATE "C" NOT NULL,
    verdict         TEXT COLLATE "C" NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    trace           TEXT COLLATE "C",
    readings        TEXT COLLATE "C",
    delivery_id     TEXT COLLATE "C",
    PRIMARY KEY (event_id, automation_id)
);

CREATE TABLE deliveries (
    id              TEXT COLLATE "C" PRIMARY KEY,
    entity_id       TEXT COLLATE "C" NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    place_id        TEXT COLLATE "C" NOT NULL,
    collection      TEXT COLLATE "C" NOT NULL DEFAULT '',
    run             TEXT COLLATE "C" NOT NULL DEFAULT '',
    automation_id   TEXT COLLATE "C" NOT NULL,
    automation_name TEXT COLLATE "C" NOT NULL,
    revision        BIGINT NOT NULL,
    webhook_id      TEXT COLLATE "C" REFERENCES webhooks (id),
    webhook_name    TEXT COLLATE "C",
    event_id        TEXT COLLATE "C" NOT NULL REFERENCES events (id),
    overlay         TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    attempts        BIGINT NOT NULL DEFAULT 0,
    tries           BIGINT NOT NULL DEFAULT 0,
    outcome         TEXT COLLATE "C",
    status          BIGINT,
    reason          TEXT COLLATE "C",
    due_ms          BIGINT,
    lease           TEXT COLLATE "C",
    lease_until_ms  BIGINT,
    duration_ms     DOUBLE PRECISION,
    rendered_anew   BOOLEAN NOT NULL DEFAULT FALSE,
    created_at      TEXT COLLATE "C" NOT NULL,
    finished_at     TEXT COLLATE "C"
);

CREATE TABLE attempts (
    delivery_id TEXT COLLATE "C" NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    started_at  TEXT COLLATE "C" NOT NULL,
    exchange    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (delivery_id, number)
);

CREATE TABLE audit (
    id          TEXT COLLATE "C" PRIMARY KEY,
    entity_id   TEXT COLLATE "C" NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    at          TEXT COLLATE "C" NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    target_id   TEXT COLLATE "C",
    target_name TEXT COLLATE "C" NOT NULL,
    before      TEXT COLLATE "C",
    after       TEXT COLLATE "C"
);

CREATE TABLE former_keys (
    hash BYTEA PRIMARY KEY,
    at   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE generation (n BIGINT NOT NULL);

INSERT INTO generation (n) VALUES (0);

CREATE TABLE key_check (
    one    BOOLEAN PRIMARY KEY CHECK (one),
    sealed BYTEA NOT NULL
);

CREATE INDEX aliases_of_version ON aliases (version_id);
CREATE UNIQUE INDEX events_once ON events (place_id, dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX events_of_place ON events (place_id, id);
CREATE INDEX deliveries_of_place ON deliveries (place_id, id);
CREATE INDEX deliveries_of_event ON deliveries (event_id);
CREATE INDEX audit_of_entity ON audit (entity_id, id);
CREATE INDEX audit_of_target ON audit (entity_id, target_id, id);
CREATE INDEX deliveries_of_entity ON deliveries (entity_id, id, state, outcome, place_id, collection, automation_id, webhook_id);
CREATE INDEX deliveries_of_automation ON deliveries (automation_id, id, state);
CREATE INDEX deliveries_of_webhook ON deliveries (webhook_id, id, state);
CREATE INDEX events_listed ON events (id, place_id, type);
CREATE INDEX events_of_type ON events (place_id, type, id);
CREATE INDEX evaluations_of_automation ON evaluations (automation_id, event_id, verdict);
CREATE INDEX automations_listed ON automations (id, place_id, collection, event, webhook_id, enabled, created_at, name);
CREATE INDEX automations_of_webhook ON automations (webhook_id, name, id);
CREATE INDEX events_of_collection ON events (collection, place_id, id);
CREATE INDEX deliveries_due ON deliveries (webhook_id, state, due_ms, id) WHERE state IN ('waiting', 'retrying');
CREATE INDEX deliveries_leased ON deliveries (webhook_id, lease_until_ms) WHERE state = 'sending';

-- What SQLite has and Postgres names otherwise. Made in this schema, so that one text of a query does for both.

CREATE FUNCTION json_each(list TEXT) RETURNS TABLE (value TEXT) LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
    AS 'SELECT jsonb_array_elements_text(replace(list, ''\u0000'', '''')::jsonb)';

CREATE FUNCTION json_row(TEXT, TEXT, TEXT, BIGINT, TEXT, BIGINT) RETURNS JSONB LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    AS 'SELECT jsonb_build_array($1, $2, $3, $4, $5, $6)';

CREATE FUNCTION json_added(JSONB, TEXT) RETURNS JSONB LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    AS 'SELECT $1 || jsonb_build_array($2)';
CREATE FUNCTION json_added(JSONB, JSONB) RETURNS JSONB LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    AS 'SELECT $1 || jsonb_build_array($2)';
CREATE FUNCTION json_told(JSONB) RETURNS TEXT LANGUAGE SQL IMMUTABLE PARALLEL SAFE AS 'SELECT $1::text';
CREATE AGGREGATE json_group_array (TEXT) (SFUNC = json_added, STYPE = JSONB, INITCOND = '[]', FINALFUNC = json_told);
CREATE AGGREGATE json_group_array (JSONB) (SFUNC = json_added, STYPE = JSONB, INITCOND = '[]', FINALFUNC = json_told);
