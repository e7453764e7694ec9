//! MLflow as a source: its webhooks (3.3 or later) become catalogue entries and events.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hookboard_api::EventType;
use hookboard_api::event::{Accepted, NewEvent, Subject};
use hookboard_api::scope::PlaceKind;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sqlx::Row;
use subtle::ConstantTimeEq;

use crate::clock;
use crate::db::catalogue::{self, PlaceRow};
use crate::db::intake::{self, Watchers};
use crate::db::{Conn, Db};
use crate::digest::hmac;
use crate::failure::Failure;
use crate::seal::Seal;

/// How old a message may be, in milliseconds: five minutes, either way, for clocks differ.
const MAX_AGE_MS: i64 = 5 * 60 * 1000;

/// A source's row.
#[derive(Debug)]
pub struct Source {
    /// `UUIDv7`.
    pub id: String,
    /// Its name: the author of its events.
    pub name: String,
    /// Where its models go.
    pub place: PlaceRow,
    secret: SecretString,
}

/// A message that was verified.
#[derive(Debug)]
pub struct Message {
    /// The source's id.
    pub source_id: String,
    /// The source's name.
    pub source: String,
    /// Where its models go.
    pub place: PlaceRow,
    /// MLflow's id of the message.
    pub id: String,
    /// What it says.
    pub body: Body,
}

/// The body of an MLflow webhook.
#[derive(Debug, Deserialize)]
pub struct Body {
    /// `registered_model`, `model_version`, `model_version_tag`, `model_version_alias`, …
    pub entity: String,
    /// `created`, `set`, `deleted`, …
    pub action: String,
    /// What it is about.
    #[serde(default)]
    pub data: serde_json::Map<String, Value>,
}

/// Headers that vouch for a message.
#[derive(Debug, Clone, Copy)]
pub struct Vouchers<'h> {
    /// `X-MLflow-Signature`.
    pub signature: &'h str,
    /// `X-MLflow-Delivery-Id`.
    pub delivery_id: &'h str,
    /// `X-MLflow-Timestamp`: Unix seconds.
    pub timestamp: &'h str,
}

/// The source of that id, with its secret opened.
pub async fn source(db: &Db, seal: &Seal, id: &str) -> Result<Source, Failure> {
    let row = sqlx::query(
        "SELECT sources.id, sources.name, sources.place_id, secrets.id, secrets.sealed FROM sources JOIN secrets ON secrets.id = sources.secret_id \
         WHERE sources.id = ? AND sources.kind = 'mlflow'",
    )
    .bind(id)
    .fetch_optional(db.read())
    .await?
    .ok_or_else(|| Failure::not_found("source"))?;
    let (place_id, secret_id, sealed): (String, String, Vec<u8>) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
    let mut connection = db.read().acquire().await?;
    let place = catalogue::place_by_id(&mut connection, &place_id).await?;
    Ok(Source { id: row.try_get(0)?, name: row.try_get(1)?, place, secret: seal.open(&secret_id, &sealed)? })
}

impl Source {
    /// Whether the message was signed with this source's secret, not long ago.
    pub fn vouches(&self, vouchers: Vouchers<'_>, body: &[u8], now_ms: i64) -> Result<(), &'static str> {
        let sent_s: i64 = vouchers.timestamp.parse().map_err(|_| "X-MLflow-Timestamp is not a number of seconds.")?;
        if (now_ms - sent_s.saturating_mul(1000)).saturating_abs() > MAX_AGE_MS {
            return Err("The message is more than 5 minutes old. Check the clocks of both machines.");
        }
        let signed = [vouchers.delivery_id.as_bytes(), b".", vouchers.timestamp.as_bytes(), b".", body].concat();
        let expected = format!("v1,{}", BASE64_STANDARD.encode(hmac(self.secret.expose_secret().as_bytes(), &signed)));
        if bool::from(expected.as_bytes().ct_eq(vouchers.signature.as_bytes())) {
            Ok(())
        } else {
            Err("The signature does not match. Give the MLflow webhook the value of this source's secret.")
        }
    }
}

/// Takes a verified message in.
pub(crate) async fn take(conn: &mut Conn, watchers: &mut Watchers, message: Message) -> Result<Vec<Accepted>, Failure> {
    let known =
        sqlx::query("INSERT INTO source_messages (source_id, message, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(&message.source_id)
            .bind(&message.id)
            .bind(clock::now())
            .execute(&mut *conn)
            .await?;
    if known.rows_affected() == 0 {
        let ids: Vec<(String, u32)> =
            sqlx::query_as("SELECT id, matched FROM events WHERE place_id = ? AND dedupe_key LIKE ? ESCAPE '\\'")
                .bind(&message.place.id)
                .bind(format!("{}:%", message.id.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")))
                .fetch_all(conn)
                .await?;
        return Ok(ids.into_iter().map(|(id, matched)| Accepted { id, duplicate: true, matched }).collect());
    }
    let accepted = apply(conn, watchers, &message).await?;
    sqlx::query("UPDATE sources SET received = received + 1, ignored = ignored + ?, last_at = ? WHERE id = ?")
        .bind(u32::from(accepted.is_none()))
        .bind(clock::now())
        .bind(&message.source_id)
        .execute(conn)
        .await?;
    Ok(accepted.unwrap_or_default())
}

/// What the message means here; none for one that means nothing here.
async fn apply(conn: &mut Conn, watchers: &mut Watchers, message: &Message) -> Result<Option<Vec<Accepted>>, Failure> {
    let Body { entity, action, data } = &message.body;
    let text = |name: &str| data.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let place = &message.place;
    let Some(model) = text("name") else {
        return Ok(None);
    };
    let index = data.get("version").and_then(|version| version.as_u64().or_else(|| version.as_str()?.parse().ok()));
    let event = |event_type: EventType, version: u64, alias: Option<&str>, tag: Option<String>| NewEvent {
        event_type,
        subject: Subject {
            kind: place.kind,
            entity: place.entity.clone(),
            name: place.name.clone(),
            collection: Some(model.to_owned()),
            version: Some(version),
            run: None,
        },
        alias: alias.map(str::to_owned),
        tag,
        metadata: None,
        run_name: None,
        run_state: None,
        author: Some(message.source.clone()),
        occurred_at: None,
        dedupe_key: Some(format!("{}:{}", message.id, event_type.as_str())),
    };
    let collection = |conn| async move { catalogue::ensure_collection(conn, &place.id, model, None).await };
    let event = match (entity.as_str(), action.as_str(), index) {
        ("registered_model", "created", _) => {
            collection(conn).await?;
            return Ok(Some(Vec::new()));
        }
        ("model_version", "created", Some(version)) => {
            // In a registry a new version is a linked one; in a project it is a created one.
            let event_type = match place.kind {
                PlaceKind::Registry => EventType::LinkArtifact,
                PlaceKind::Project => EventType::CreateArtifact,
            };
            let mut created = event(event_type, version, None, None);
            created.metadata = Some(version_metadata(data));
            created
        }
        ("model_version_alias", "created", Some(version)) => {
            event(EventType::AddArtifactAlias, version, Some(text("alias").unwrap_or_default()), None)
        }
        ("model_version_alias", "deleted", _) => {
            let Some(alias) = text("alias") else {
                return Ok(None);
            };
            let collection_id = collection(conn).await?;
            catalogue::remove_alias(conn, &collection_id, alias).await?;
            return Ok(Some(Vec::new()));
        }
        ("model_version_tag", "set", Some(version)) => {
            let (Some(key), Some(value)) = (text("key"), data.get("value").and_then(Value::as_str)) else {
                return Ok(None);
            };
            let collection_id = collection(&mut *conn).await?;
            let row = catalogue::ensure_version(conn, &collection_id, version, &message.source, None).await?;
            catalogue::set_metadata_key(conn, &row.id, key, Some(value)).await?;
            event(EventType::AddArtifactTag, version, None, Some(format!("{key}:{value}")))
        }
        ("model_version_tag", "deleted", Some(version)) => {
            let Some(key) = text("key") else {
                return Ok(None);
            };
            let collection_id = collection(&mut *conn).await?;
            let row = catalogue::ensure_version(conn, &collection_id, version, &message.source, None).await?;
            let value = row.metadata.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            catalogue::set_metadata_key(conn, &row.id, key, None).await?;
            event(EventType::RemoveArtifactTag, version, None, Some(format!("{key}:{value}")))
        }
        ("registered_model", "deleted", _) => {
            catalogue::delete_collection(conn, &place.id, model).await?;
            return Ok(Some(Vec::new()));
        }
        _ => return Ok(None),
    };
    if event.event_type == EventType::AddArtifactAlias && event.alias.as_deref() == Some("") {
        return Ok(None);
    }
    Ok(Some(vec![intake::accept(conn, watchers, place, &event, "mlflow", &message.source).await?]))
}

/// What MLflow tells of a new version, as metadata: its tags by key, then where it came from.
fn version_metadata(data: &serde_json::Map<String, Value>) -> serde_json::Map<String, Value> {
    let mut metadata = serde_json::Map::new();
    for name in ["source", "run_id", "description"] {
        if let Some(value) = data.get(name).filter(|value| !value.is_null() && value.as_str() != Some("")) {
            metadata.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(tags) = data.get("tags").and_then(Value::as_object) {
        metadata.extend(tags.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        let place = PlaceRow {
            id: "p".into(),
            entity_id: "e".into(),
            entity: "kestrel".into(),
            kind: PlaceKind::Registry,
            name: "models".into(),
        };
        Source { id: "s".into(), name: "mlflow".into(), place, secret: "hush".into() }
    }

    fn signature(delivery_id: &str, timestamp: &str, body: &str) -> String {
        format!("v1,{}", BASE64_STANDARD.encode(hmac(b"hush", format!("{delivery_id}.{timestamp}.{body}").as_bytes())))
    }

    #[test]
    fn a_message_is_believed_if_it_is_signed_and_fresh() {
        let good = signature("d1", "1000", "{}");
        let vouchers = Vouchers { signature: &good, delivery_id: "d1", timestamp: "1000" };
        assert_eq!(source().vouches(vouchers, b"{}", 1_000_000), Ok(()));
        assert!(source().vouches(vouchers, b"{ }", 1_000_000).is_err());
        assert!(source().vouches(vouchers, b"{}", 1_301_000).is_err_and(|why| why.contains("5 minutes")));
        assert!(source().vouches(Vouchers { delivery_id: "d2", ..vouchers }, b"{}", 1_000_000).is_err());
        assert!(source().vouches(Vouchers { timestamp: "x", ..vouchers }, b"{}", 1_000_000).is_err());
    }
}
