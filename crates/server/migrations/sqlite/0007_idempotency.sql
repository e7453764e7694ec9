-- Answers of calls with an Idempotency-Key, sealed, for a day.
CREATE TABLE idempotency (
    user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key      TEXT NOT NULL,
    -- SHA-256 of the call.
    request  BLOB NOT NULL,
    status   INTEGER NOT NULL,
    revision INTEGER,
    body     BLOB NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);
