-- Answers of calls with an Idempotency-Key, sealed, for a day.
CREATE TABLE idempotency (
    user_id  TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key      TEXT COLLATE "C" NOT NULL,
    -- SHA-256 of the call.
    request  BYTEA NOT NULL,
    status   BIGINT NOT NULL,
    revision BIGINT,
    body     BYTEA NOT NULL,
    at       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
