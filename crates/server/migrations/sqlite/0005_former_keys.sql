-- Keys that went with their user's last membership, as SHA-256: they open nothing, and say why.
CREATE TABLE former_keys (
    hash BLOB PRIMARY KEY,
    at   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
