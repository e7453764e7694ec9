//! Entities, users, members, keys and sign-in codes.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hookboard_api::account::{Key, Member, Membership, NewKey, Role};
use sha2::{Digest, Sha256};
use sqlx::Row;

use super::{Conn, Db, Result};
use crate::clock;

/// How long a sign-in link works, in milliseconds: ten minutes, or until it was used.
const CODE_LIFE_MS: i64 = 10 * 60 * 1000;

/// The user behind a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The row's id.
    pub id: String,
    /// The user name.
    pub name: String,
}

/// SHA-256 of a key or code. They have 256 random bits, so that no slow hash is needed.
fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

fn random_text() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// The user whose key this is, if it is one.
pub async fn user_of_key(db: &Db, key: &str) -> Result<Option<User>> {
    let row = sqlx::query("SELECT users.id, users.name, keys.id, keys.last_used_at FROM keys JOIN users ON users.id = keys.user_id WHERE keys.hash = ?")
        .bind(hash(key))
        .fetch_optional(db.read())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let user = User { id: row.try_get(0)?, name: row.try_get(1)? };
    // To the minute: a write per call would make every reader a writer.
    let minute_ago = clock::text(clock::now_ms() - 60_000);
    let last: Option<String> = row.try_get(3)?;
    if last.is_none_or(|last| last < minute_ago) {
        let key_id: String = row.try_get(2)?;
        let mut tx = db.begin().await?;
        sqlx::query("UPDATE keys SET last_used_at = ? WHERE id = ?")
            .bind(clock::now())
            .bind(key_id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
    }
    Ok(Some(user))
}

/// The role of a user in an entity, with the entity's id.
pub async fn membership(db: &Db, user_id: &str, entity: &str) -> Result<Option<(String, Role)>> {
    let row = sqlx::query("SELECT entities.id, members.role FROM members JOIN entities ON entities.id = members.entity_id WHERE members.user_id = ? AND entities.name = ?")
        .bind(user_id)
        .bind(entity)
        .fetch_optional(db.read())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let role: String = row.try_get(1)?;
    Ok(Role::parse(&role).map(|role| (row.get(0), role)))
}

/// All teams of a user.
pub async fn memberships(db: &Db, user_id: &str) -> Result<Vec<Membership>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT entities.name, members.role FROM members JOIN entities ON entities.id = members.entity_id WHERE members.user_id = ? ORDER BY entities.name",
    )
    .bind(user_id)
    .fetch_all(db.read())
    .await?;
    Ok(rows.into_iter().filter_map(|(entity, role)| Some(Membership { entity, role: Role::parse(&role)? })).collect())
}

/// Members of an entity.
pub async fn members(db: &Db, entity_id: &str) -> Result<Vec<Member>> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT users.name, members.role FROM members JOIN users ON users.id = members.user_id WHERE members.entity_id = ? ORDER BY users.name")
            .bind(entity_id)
            .fetch_all(db.read())
            .await?;
    Ok(rows.into_iter().filter_map(|(user, role)| Some(Member { user, role: Role::parse(&role)? })).collect())
}

/// Makes sure that a user, an entity and the membership are there. Answers the user's id and the
/// entity's.
pub async fn ensure_member(conn: &mut Conn, entity: &str, user: &str, role: Role) -> Result<(String, String)> {
    for (table, name) in [("entities", entity), ("users", user)] {
        let insert = match table {
            "entities" => "INSERT INTO entities (id, name) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
            _ => "INSERT INTO users (id, name) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        };
        sqlx::query(insert).bind(clock::new_id()).bind(name).execute(&mut *conn).await?;
    }
    let (entity_id,): (String,) =
        sqlx::query_as("SELECT id FROM entities WHERE name = ?").bind(entity).fetch_one(&mut *conn).await?;
    let (user_id,): (String,) =
        sqlx::query_as("SELECT id FROM users WHERE name = ?").bind(user).fetch_one(&mut *conn).await?;
    sqlx::query("INSERT INTO members (entity_id, user_id, role) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(&entity_id)
        .bind(&user_id)
        .bind(role.as_str())
        .execute(&mut *conn)
        .await?;
    Ok((user_id, entity_id))
}

/// A new sign-in code for `user_id`. Older ones end.
pub async fn new_code(conn: &mut Conn, user_id: &str) -> Result<String> {
    let code = random_text();
    sqlx::query("DELETE FROM sign_in_codes WHERE user_id = ?").bind(user_id).execute(&mut *conn).await?;
    sqlx::query("INSERT INTO sign_in_codes (hash, user_id, expires_ms) VALUES (?, ?, ?)")
        .bind(hash(&code))
        .bind(user_id)
        .bind(clock::now_ms() + CODE_LIFE_MS)
        .execute(&mut *conn)
        .await?;
    Ok(code)
}

/// Trades a code for a key; none where the code was used, has ended or never was.
pub async fn trade_code(db: &Db, code: &str) -> Result<Option<String>> {
    let mut tx = db.begin().await?;
    let row: Option<(String, i64)> =
        sqlx::query_as("DELETE FROM sign_in_codes WHERE hash = ? RETURNING user_id, expires_ms")
            .bind(hash(code))
            .fetch_optional(&mut *tx)
            .await?;
    let key = match row {
        Some((user_id, expires)) if expires > clock::now_ms() => Some(new_key(&mut tx, &user_id, "Browser").await?.key),
        _ => None,
    };
    tx.commit().await?;
    Ok(key)
}

/// A new key of a user.
pub async fn new_key(conn: &mut Conn, user_id: &str, name: &str) -> Result<NewKey> {
    let (user,): (String,) =
        sqlx::query_as("SELECT name FROM users WHERE id = ?").bind(user_id).fetch_one(&mut *conn).await?;
    // 3 + 43 characters of [A-Za-z0-9_-]: clients of the field refuse keys under 40.
    let key = format!("hb_{}", random_text());
    let prefix: String = key.chars().take(8).collect();
    let info =
        Key { id: clock::new_id(), name: name.to_owned(), prefix, user, created_at: clock::now(), last_used_at: None };
    sqlx::query("INSERT INTO keys (id, user_id, name, prefix, hash, created_at) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(&info.id)
        .bind(user_id)
        .bind(name)
        .bind(&info.prefix)
        .bind(hash(&key))
        .bind(&info.created_at)
        .execute(&mut *conn)
        .await?;
    Ok(NewKey { key, info })
}

/// Keys of the members of an entity.
pub async fn keys(db: &Db, entity_id: &str) -> Result<Vec<Key>> {
    let rows: Vec<(String, String, String, String, String, Option<String>)> = sqlx::query_as(
        "SELECT keys.id, keys.name, keys.prefix, users.name, keys.created_at, keys.last_used_at FROM keys JOIN users ON users.id = keys.user_id \
         WHERE keys.user_id IN (SELECT user_id FROM members WHERE entity_id = ?) ORDER BY keys.id DESC",
    )
    .bind(entity_id)
    .fetch_all(db.read())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, name, prefix, user, created_at, last_used_at)| Key {
            id,
            name,
            prefix,
            user,
            created_at,
            last_used_at,
        })
        .collect())
}

/// Takes a key of a member of an entity back. Whether there was one.
pub async fn revoke_key(db: &Db, entity_id: &str, key_id: &str) -> Result<bool> {
    let mut tx = db.begin().await?;
    let done =
        sqlx::query("DELETE FROM keys WHERE id = ? AND user_id IN (SELECT user_id FROM members WHERE entity_id = ?)")
            .bind(key_id)
            .bind(entity_id)
            .execute(&mut *tx)
            .await?;
    tx.commit().await?;
    Ok(done.rows_affected() > 0)
}
