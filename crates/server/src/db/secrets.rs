//! Secrets: written, replaced, resolved for sending, never read back.

use std::collections::HashMap;

use hookboard_api::problem::{Problem, ProblemCode, UsedBy};
use hookboard_api::secret::Secret;
use hookboard_api::webhook::is_header_value;
use hookboard_template::Names;
use secrecy::SecretString;

use super::{Conn, Db, Result, sql};
use crate::clock;
use crate::failure::Failure;
use crate::seal::Seal;

/// How long the value before a replacement signs as well, in milliseconds: 24 hours.
const BOTH_SIGN_MS: i64 = 24 * 3600 * 1000;

/// Secrets of an entity, with what uses each.
pub async fn list(db: &Db, entity_id: &str) -> Result<Vec<Secret>> {
    let rows: Vec<(String, String, String, Option<i64>)> = sql::query_as(
        "SELECT name, updated_at, updated_by, previous_until_ms FROM secrets WHERE entity_id = ? ORDER BY lower(name), name",
    )
    .bind(entity_id)
    .fetch_all(db.read())
    .await?;
    let mut connection = db.read().acquire().await?;
    let mut uses = uses(&mut connection, entity_id).await?;
    let now = clock::now_ms();
    Ok(rows
        .into_iter()
        .map(|(name, updated_at, updated_by, until)| {
            let used_by = uses.remove(&name).unwrap_or_default();
            let signs = used_by.iter().any(|user| user.role == "signature");
            let both_sign_until = until.filter(|until| signs && *until > now).map(clock::text);
            Secret { name, updated_at, updated_by, used_by, both_sign_until }
        })
        .collect())
}

/// What uses each secret of an entity: webhooks by their settings, automations by their templates,
/// sources by their signature.
async fn uses(conn: &mut Conn, entity_id: &str) -> Result<HashMap<String, Vec<UsedBy>>> {
    let mut uses: HashMap<String, Vec<UsedBy>> = HashMap::new();
    let mut add = |secret: &str, kind: &str, id: &str, name: &str, role: &str, entity: Option<&String>| {
        let used = uses.entry(secret.to_owned()).or_default();
        let user = UsedBy {
            kind: kind.to_owned(),
            entity: entity.cloned(),
            id: id.to_owned(),
            name: name.to_owned(),
            role: role.to_owned(),
        };
        if !used.contains(&user) {
            used.push(user);
        }
    };
    let webhooks: Vec<(String, String, String)> =
        sql::query_as("SELECT id, name, settings FROM webhooks WHERE entity_id = ? ORDER BY lower(name), name")
            .bind(entity_id)
            .fetch_all(&mut *conn)
            .await?;
    let mut names = HashMap::new();
    for (id, name, settings) in &webhooks {
        let settings: hookboard_api::webhook::WebhookDraft = super::json(settings)?;
        for (pointer, secret) in settings.secret_refs() {
            let role = match pointer.as_str() {
                "/access_token" => "access token",
                "/signing_secret" => "signature",
                pointer if pointer.starts_with("/headers") => "header",
                _ => "payload",
            };
            add(secret, "webhook", id, name, role, None);
        }
        names.insert(id.clone(), settings.template_names(None));
    }
    let with_secrets: Vec<&String> =
        names.iter().filter(|(_, names)| !names.secrets.is_empty()).map(|(id, _)| id).collect();
    let automations: Vec<(String, String, String, String, Option<String>)> = sql::query_as(
        "SELECT automations.id, automations.name, draft, webhook_id, others.name FROM automations CROSS JOIN places ON places.id = place_id \
         LEFT JOIN entities AS others ON others.id = places.entity_id AND others.id <> ?1 \
         WHERE webhook_id IN (SELECT value FROM json_each(?2)) ORDER BY lower(automations.name), automations.name",
    )
    .bind(entity_id)
    .bind(super::to_json(&with_secrets)?)
    .fetch_all(&mut *conn)
    .await?;
    for (id, name, draft, webhook_id, entity) in &automations {
        // Compiling thousands of payloads takes its time, and most name no secret.
        let names_one = |names: &Names| names.secrets.iter().any(|secret| draft.contains(secret.as_str()));
        if !names.get(webhook_id).is_some_and(names_one) {
            continue;
        }
        let draft: hookboard_api::automation::AutomationDraft = super::json(draft)?;
        let hookboard_api::automation::Action::Webhook { template: Some(template), .. } = &draft.action else {
            continue;
        };
        let Some(names) = names.get(webhook_id) else {
            continue;
        };
        if let Some(template) = hookboard_template::compile(template, names).template {
            for secret in template.secrets_used() {
                add(secret, "automation", id, name, "payload", entity.as_ref());
            }
        }
    }
    let sources: Vec<(String, String, String)> = sql::query_as(
        "SELECT sources.id, sources.name, secrets.name FROM sources JOIN secrets ON secrets.id = sources.secret_id WHERE secrets.entity_id = ?",
    )
    .bind(entity_id)
    .fetch_all(&mut *conn)
    .await?;
    for (id, name, secret) in &sources {
        add(secret, "source", id, name, "signature", None);
    }
    Ok(uses)
}

/// Writes a secret's value. Whether it is new. Refused where it is sent as a header and could not be.
pub async fn put(conn: &mut Conn, seal: &Seal, entity_id: &str, name: &str, value: &str, user: &str) -> Result<bool> {
    if !is_header_value(value) {
        let uses = uses(conn, entity_id).await?.remove(name).unwrap_or_default();
        if let Some(user) = uses.iter().find(|user| matches!(user.role.as_str(), "access token" | "header")) {
            let words = format!(
                "The webhook \"{}\" sends this secret as a header, which carries no line break or other control character. Write the value on one line.",
                user.name
            );
            return Err(Failure::field("/value", "unfit_header", words));
        }
    }
    let known: Option<(String,)> = sql::query_as("SELECT id FROM secrets WHERE entity_id = ? AND name = ?")
        .bind(entity_id)
        .bind(name)
        .fetch_optional(&mut *conn)
        .await?;
    let is_new = known.is_none();
    if let Some((id,)) = known {
        sql::query("UPDATE secrets SET previous = sealed, previous_until_ms = ?, sealed = ?, updated_at = ?, updated_by = ? WHERE id = ?")
            .bind(clock::now_ms() + BOTH_SIGN_MS)
            .bind(seal.seal(&id, value)?)
            .bind(clock::now())
            .bind(user)
            .bind(&id)
            .execute(conn)
            .await?;
    } else {
        let id = clock::new_id();
        sql::query(
            "INSERT INTO secrets (id, entity_id, name, sealed, updated_at, updated_by) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&id)
        .bind(entity_id)
        .bind(name)
        .bind(seal.seal(&id, value)?)
        .bind(clock::now())
        .bind(user)
        .execute(conn)
        .await?;
    }
    Ok(is_new)
}

/// Deletes a secret that nothing uses.
pub async fn delete(conn: &mut Conn, entity_id: &str, name: &str) -> Result<()> {
    let used_by = uses(conn, entity_id).await?.remove(name).unwrap_or_default();
    if !used_by.is_empty() {
        let mut problem = Problem::new(
            ProblemCode::InUse,
            format!(
                "\"{name}\" is still used in {} places. Take it out there first, or replace its value.",
                used_by.len()
            ),
        );
        if used_by.len() == 1 {
            problem.detail = format!(
                "\"{name}\" is still used by \"{}\". Take it out there first, or replace its value.",
                used_by[0].name
            );
        }
        problem.used_by = used_by;
        return Err(problem.into());
    }
    let done = sql::query("DELETE FROM secrets WHERE entity_id = ? AND name = ?")
        .bind(entity_id)
        .bind(name)
        .execute(conn)
        .await?;
    if done == 0 { Err(Failure::not_found("secret")) } else { Ok(()) }
}

/// The row that tells a database's key from another one.
pub(crate) const KEY_CHECK: &str = "key";

/// Whether this is the key that seals the secrets of this database. The first key is.
pub async fn is_key_of(db: &Db, seal: &Seal) -> Result<bool> {
    let known: Option<Vec<u8>> = sql::query_scalar("SELECT sealed FROM key_check").fetch_optional(db.read()).await?;
    if let Some(sealed) = known {
        return Ok(seal.open(KEY_CHECK, &sealed).is_ok());
    }
    // One of an older version has secrets and no such row.
    let row: Option<(String, Vec<u8>)> =
        sql::query_as("SELECT id, sealed FROM secrets LIMIT 1").fetch_optional(db.read()).await?;
    if row.is_some_and(|(id, sealed)| seal.open(&id, &sealed).is_err()) {
        return Ok(false);
    }
    let mut tx = db.begin().await?;
    sql::query("INSERT INTO key_check (one, sealed) VALUES (TRUE, ?) ON CONFLICT DO NOTHING")
        .bind(seal.seal(KEY_CHECK, "")?)
        .execute(&mut *tx)
        .await?;
    let sealed: Vec<u8> = sql::query_scalar("SELECT sealed FROM key_check").fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(seal.open(KEY_CHECK, &sealed).is_ok())
}

/// Whether a key has sealed anything of this database.
pub async fn has_key(db: &Db) -> Result<bool> {
    let sealed = "SELECT EXISTS (SELECT 1 FROM key_check) OR EXISTS (SELECT 1 FROM secrets)";
    Ok(sql::query_scalar(sealed).fetch_one(db.read()).await?)
}

/// Names of an entity's secrets.
pub async fn names(conn: &mut Conn, entity_id: &str) -> Result<Vec<String>> {
    Ok(sql::query_scalar("SELECT name FROM secrets WHERE entity_id = ?").bind(entity_id).fetch_all(conn).await?)
}

/// A secret opened for use, with the value before it while both sign.
#[derive(Debug)]
pub struct Opened {
    /// The value.
    pub value: SecretString,
    /// The value before, for 24 hours after a replacement.
    pub previous: Option<SecretString>,
}

/// Opens those of `names` that there are.
pub async fn open(db: &Db, seal: &Seal, entity_id: &str, names: &[String]) -> Result<HashMap<String, Opened>> {
    let mut opened = HashMap::new();
    for name in names {
        let row: Option<(String, Vec<u8>, Option<Vec<u8>>, Option<i64>)> = sql::query_as(
            "SELECT id, sealed, previous, previous_until_ms FROM secrets WHERE entity_id = ? AND name = ?",
        )
        .bind(entity_id)
        .bind(name)
        .fetch_optional(db.read())
        .await?;
        let Some((id, sealed, previous, until)) = row else {
            continue;
        };
        let previous = match previous {
            Some(previous) if until.is_some_and(|until| until > clock::now_ms()) => Some(seal.open(&id, &previous)?),
            _ => None,
        };
        opened.insert(name.clone(), Opened { value: seal.open(&id, &sealed)?, previous });
    }
    Ok(opened)
}
