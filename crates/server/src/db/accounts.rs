//! Entities, users, members, keys and sign-in codes.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hookboard_api::account::{Key, Member, Membership, NewKey, Role, SignInLink};
use rand::distr::{Alphanumeric, SampleString as _};
use sha2::{Digest, Sha256};

use super::{Conn, Db, Result, sql};
use crate::clock;

/// How long a sign-in link works, in milliseconds: ten minutes, or until it was used.
const CODE_LIFE_MS: i64 = 10 * 60 * 1000;
/// How far the clocks of two processes may be apart, in milliseconds.
const CLOCKS_APART_MS: i64 = 60_000;

/// The user behind a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The row's id.
    pub id: String,
    /// The user name.
    pub name: String,
    /// The key's id.
    pub key_id: String,
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
    let row = sql::query("SELECT users.id, users.name, keys.id, keys.last_used_at FROM keys JOIN users ON users.id = keys.user_id WHERE keys.hash = ?")
        .bind(hash(key))
        .fetch_optional(db.read())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let user = User { id: row.try_get(0)?, name: row.try_get(1)?, key_id: row.try_get(2)? };
    // To the minute: a write per call would make every reader a writer.
    let minute_ago = clock::text(clock::now_ms() - 60_000);
    let last: Option<String> = row.try_get(3)?;
    if last.is_none_or(|last| last < minute_ago) {
        let mut tx = db.begin().await?;
        sql::query("UPDATE keys SET last_used_at = ? WHERE id = ?")
            .bind(clock::now())
            .bind(&user.key_id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
    }
    Ok(Some(user))
}

/// Whether this was the key of somebody who was taken out of the last team.
pub async fn is_former_key(db: &Db, key: &str) -> Result<bool> {
    Ok(sql::query_scalar("SELECT EXISTS (SELECT 1 FROM former_keys WHERE hash = ?)")
        .bind(hash(key))
        .fetch_one(db.read())
        .await?)
}

/// Whether a key is valid still, and its user a member of an entity.
pub async fn is_key_of_member(db: &Db, key_id: &str, entity_id: &str) -> Result<bool> {
    Ok(sql::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM keys JOIN members ON members.user_id = keys.user_id WHERE keys.id = ? AND members.entity_id = ?)",
    )
    .bind(key_id)
    .bind(entity_id)
    .fetch_one(db.read())
    .await?)
}

/// The role of a user in an entity, with the entity's id.
pub async fn membership(db: &Db, user_id: &str, entity: &str) -> Result<Option<(String, Role)>> {
    let row = sql::query("SELECT entities.id, members.role FROM members JOIN entities ON entities.id = members.entity_id WHERE members.user_id = ? AND entities.name = ?")
        .bind(user_id)
        .bind(entity)
        .fetch_optional(db.read())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let role: String = row.try_get(1)?;
    let entity_id = row.try_get(0)?;
    Ok(Role::parse(&role).map(|role| (entity_id, role)))
}

/// All teams of a user.
pub async fn memberships(db: &Db, user_id: &str) -> Result<Vec<Membership>> {
    let rows: Vec<(String, String)> = sql::query_as(
        "SELECT entities.name, members.role FROM members JOIN entities ON entities.id = members.entity_id WHERE members.user_id = ? ORDER BY lower(entities.name), entities.name",
    )
    .bind(user_id)
    .fetch_all(db.read())
    .await?;
    Ok(rows.into_iter().filter_map(|(entity, role)| Some(Membership { entity, role: Role::parse(&role)? })).collect())
}

/// Members of an entity.
pub async fn members(db: &Db, entity_id: &str) -> Result<Vec<Member>> {
    let rows: Vec<(String, String, Option<String>)> = sql::query_as(
        "SELECT users.name, members.role, (SELECT max(last_used_at) FROM keys WHERE keys.user_id = users.id) \
         FROM members JOIN users ON users.id = members.user_id WHERE members.entity_id = ? ORDER BY lower(users.name), users.name",
    )
    .bind(entity_id)
    .fetch_all(db.read())
    .await?;
    let member = |(user, role, last_seen_at): (String, String, Option<String>)| {
        Some(Member { user, role: Role::parse(&role)?, last_seen_at })
    };
    Ok(rows.into_iter().filter_map(member).collect())
}

/// A member's user id and role.
pub async fn member(conn: &mut Conn, entity_id: &str, user: &str) -> Result<Option<(String, Role)>> {
    let row: Option<(String, String)> = sql::query_as(
        "SELECT users.id, members.role FROM members JOIN users ON users.id = members.user_id WHERE members.entity_id = ? AND users.name = ?",
    )
    .bind(entity_id)
    .bind(user)
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|(id, role)| Some((id, Role::parse(&role)?))))
}

/// The user whose name is `name` but for its case, if there is one.
pub async fn user_like(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    Ok(sql::query_scalar("SELECT name FROM users WHERE lower(name) = lower(?1) ORDER BY name <> ?1 LIMIT 1")
        .bind(name)
        .fetch_optional(conn)
        .await?)
}

/// Gives a user a role in an entity; a user that is not known is made. Of a user who is in no team, the
/// keys and codes end: the name may be somebody else's by now. Answers the user's id.
pub async fn set_member(conn: &mut Conn, entity_id: &str, user: &str, role: Role) -> Result<String> {
    let user_id = user_id(conn, user).await?;
    end_access_without_team(conn, &user_id).await?;
    sql::query(
        "INSERT INTO members (entity_id, user_id, role) VALUES (?, ?, ?) ON CONFLICT (entity_id, user_id) DO UPDATE SET role = excluded.role",
    )
    .bind(entity_id)
    .bind(&user_id)
    .bind(role.as_str())
    .execute(conn)
    .await?;
    Ok(user_id)
}

/// Takes a user out of an entity. With the last membership go the keys and codes: who is added under
/// this name later may be somebody else.
pub async fn remove_member(conn: &mut Conn, entity_id: &str, user_id: &str) -> Result<()> {
    sql::query("DELETE FROM members WHERE entity_id = ? AND user_id = ?")
        .bind(entity_id)
        .bind(user_id)
        .execute(&mut *conn)
        .await?;
    end_access_without_team(conn, user_id).await
}

/// The id of the user of this name, who is made if not known.
async fn user_id(conn: &mut Conn, name: &str) -> Result<String> {
    sql::query("INSERT INTO users (id, name) VALUES (?, ?) ON CONFLICT (name) DO NOTHING")
        .bind(clock::new_id())
        .bind(name)
        .execute(&mut *conn)
        .await?;
    Ok(sql::query_scalar("SELECT id FROM users WHERE name = ?").bind(name).fetch_one(conn).await?)
}

/// Ends the keys and codes of a user who is in no team.
async fn end_access_without_team(conn: &mut Conn, user_id: &str) -> Result<()> {
    sql::query(
        "INSERT INTO former_keys (hash, at) SELECT hash, ?2 FROM keys WHERE user_id = ?1 AND NOT EXISTS (SELECT 1 FROM members WHERE user_id = ?1) ON CONFLICT DO NOTHING",
    )
    .bind(user_id)
    .bind(clock::now())
    .execute(&mut *conn)
    .await?;
    for delete in [
        "DELETE FROM keys WHERE user_id = ?1 AND NOT EXISTS (SELECT 1 FROM members WHERE user_id = ?1)",
        "DELETE FROM sign_in_codes WHERE user_id = ?1 AND NOT EXISTS (SELECT 1 FROM members WHERE user_id = ?1)",
    ] {
        sql::query(delete).bind(user_id).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Whether an entity has an admin.
pub async fn has_admin(conn: &mut Conn, entity_id: &str) -> Result<bool> {
    Ok(sql::query_scalar("SELECT EXISTS (SELECT 1 FROM members WHERE entity_id = ? AND role = 'admin')")
        .bind(entity_id)
        .fetch_one(conn)
        .await?)
}

/// The oldest team.
pub async fn first_entity(conn: &mut Conn) -> Result<Option<String>> {
    Ok(sql::query_scalar("SELECT name FROM entities ORDER BY id LIMIT 1").fetch_optional(conn).await?)
}

/// The admin of a team whose account is the oldest.
pub async fn first_admin(conn: &mut Conn, entity: &str) -> Result<Option<String>> {
    let found = sql::query_scalar(
        "SELECT users.name FROM members JOIN users ON users.id = user_id JOIN entities ON entities.id = entity_id \
         WHERE entities.name = ? AND role = 'admin' ORDER BY users.id LIMIT 1",
    );
    Ok(found.bind(entity).fetch_optional(conn).await?)
}

/// Whether an entity has an admin beside this user.
pub async fn has_other_admin(conn: &mut Conn, entity_id: &str, user_id: &str) -> Result<bool> {
    let (known,): (bool,) =
        sql::query_as("SELECT EXISTS (SELECT 1 FROM members WHERE entity_id = ? AND role = 'admin' AND user_id <> ?)")
            .bind(entity_id)
            .bind(user_id)
            .fetch_one(conn)
            .await?;
    Ok(known)
}

/// How many teams `user_id` is in that `admin_id` is no admin of.
pub async fn teams_beyond(conn: &mut Conn, user_id: &str, admin_id: &str) -> Result<u32> {
    let (count,): (u32,) = sql::query_as(
        "SELECT count(*) FROM members WHERE user_id = ? AND entity_id NOT IN (SELECT entity_id FROM members WHERE user_id = ? AND role = 'admin')",
    )
    .bind(user_id)
    .bind(admin_id)
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// The same of a user by name; 0 where there is none of this name.
pub async fn teams_beyond_of(conn: &mut Conn, name: &str, admin_id: &str) -> Result<u32> {
    let known: Option<String> =
        sql::query_scalar("SELECT id FROM users WHERE name = ?").bind(name).fetch_optional(&mut *conn).await?;
    match known {
        Some(user_id) => teams_beyond(conn, &user_id, admin_id).await,
        None => Ok(0),
    }
}

/// The id of the entity of this name, which is made if not known.
pub async fn ensure_entity(conn: &mut Conn, name: &str) -> Result<String> {
    sql::query("INSERT INTO entities (id, name) VALUES (?, ?) ON CONFLICT (name) DO NOTHING")
        .bind(clock::new_id())
        .bind(name)
        .execute(&mut *conn)
        .await?;
    Ok(sql::query_scalar("SELECT id FROM entities WHERE name = ?").bind(name).fetch_one(conn).await?)
}

/// A new sign-in code for `user_id`. Older ones end.
pub async fn new_code(conn: &mut Conn, user_id: &str) -> Result<SignInLink> {
    sql::query("DELETE FROM sign_in_codes WHERE user_id = ?").bind(user_id).execute(&mut *conn).await?;
    one_more_code(conn, user_id).await
}

/// One more sign-in code for `user_id`, beside those that still open.
pub async fn one_more_code(conn: &mut Conn, user_id: &str) -> Result<SignInLink> {
    let code = random_text();
    let now = clock::now_ms();
    let expires_ms = now + CODE_LIFE_MS;
    sql::query("DELETE FROM sign_in_codes WHERE user_id = ? AND expires_ms <= ?")
        .bind(user_id)
        .bind(now)
        .execute(&mut *conn)
        .await?;
    sql::query("INSERT INTO sign_in_codes (hash, user_id, expires_ms) VALUES (?, ?, ?)")
        .bind(hash(&code))
        .bind(user_id)
        .bind(expires_ms)
        .execute(&mut *conn)
        .await?;
    Ok(SignInLink { code, expires_at: clock::text(expires_ms) })
}

/// Trades a code for a key; none where the code was used, has ended or never was.
pub async fn trade_code(db: &Db, code: &str) -> Result<Option<String>> {
    let mut tx = db.begin().await?;
    let row: Option<(String, i64)> =
        sql::query_as("DELETE FROM sign_in_codes WHERE hash = ? RETURNING user_id, expires_ms")
            .bind(hash(code))
            .fetch_optional(&mut *tx)
            .await?;
    let now = clock::now_ms();
    // One that lives longer than any code does is from before the clock was set back.
    let is_open = |expires: i64| expires > now && expires <= now + CODE_LIFE_MS + CLOCKS_APART_MS;
    let key = match row {
        Some((user_id, expires)) if is_open(expires) => Some(new_key(&mut tx, &user_id, "Browser").await?.key),
        _ => None,
    };
    tx.commit().await?;
    Ok(key)
}

/// A new key of a user.
pub async fn new_key(conn: &mut Conn, user_id: &str, name: &str) -> Result<NewKey> {
    let (user,): (String,) =
        sql::query_as("SELECT name FROM users WHERE id = ?").bind(user_id).fetch_one(&mut *conn).await?;
    // Clients of the field refuse keys under 40 characters, and count from behind the first `-`.
    let key = format!("hb_{}", Alphanumeric.sample_string(&mut rand::rng(), 43));
    let prefix: String = key.chars().take(8).collect();
    let info =
        Key { id: clock::new_id(), name: name.to_owned(), prefix, user, created_at: clock::now(), last_used_at: None };
    sql::query("INSERT INTO keys (id, user_id, name, prefix, hash, created_at) VALUES (?, ?, ?, ?, ?, ?)")
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

/// Users of entity `?1` whose keys are for admin `?2` to see: those in no team that `?2` is no admin of, and
/// `?2`. A key opens all teams of its user.
macro_rules! users_of_admin {
    () => {
        "(SELECT user_id FROM members AS own WHERE entity_id = ?1 AND (user_id = ?2 OR NOT EXISTS \
          (SELECT 1 FROM members AS beyond WHERE beyond.user_id = own.user_id AND beyond.entity_id NOT IN \
            (SELECT entity_id FROM members WHERE user_id = ?2 AND role = 'admin'))))"
    };
}

/// Keys of the members of an entity that are for this admin of it to see.
pub async fn keys(db: &Db, entity_id: &str, admin_id: &str) -> Result<Vec<Key>> {
    let rows: Vec<(String, String, String, String, String, Option<String>)> = sql::query_as(concat!(
        "SELECT keys.id, keys.name, keys.prefix, users.name, keys.created_at, keys.last_used_at FROM keys JOIN users ON users.id = keys.user_id \
         WHERE keys.user_id IN ",
        users_of_admin!(),
        " ORDER BY keys.id DESC",
    ))
    .bind(entity_id)
    .bind(admin_id)
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

/// Takes a key back that this admin of the entity may see. Answers its name and its user's, where there was
/// one.
pub async fn revoke_key(
    conn: &mut Conn,
    entity_id: &str,
    admin_id: &str,
    key_id: &str,
) -> Result<Option<(String, String)>> {
    Ok(sql::query_as(concat!(
        "DELETE FROM keys WHERE id = ?3 AND user_id IN ",
        users_of_admin!(),
        " RETURNING name, (SELECT users.name FROM users WHERE users.id = user_id)",
    ))
    .bind(entity_id)
    .bind(admin_id)
    .bind(key_id)
    .fetch_optional(conn)
    .await?)
}
