//! MLflow as a source: its webhooks (3.3 or later) become catalogue entries and events.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hookboard_api::EventType;
use hookboard_api::catalogue::check_metadata;
use hookboard_api::event::{Accepted, NewEvent, Subject};
use hookboard_api::limits::MAX_VERSION_INDEX;
use hookboard_api::name::{check_place_name, check_text};
use hookboard_api::problem::{FieldError, Problem};
use hookboard_api::scope::PlaceKind;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use subtle::ConstantTimeEq;

use crate::clock;
use crate::db::catalogue::{self, PlaceRow};
use crate::db::intake::{self, Intake};
use crate::db::{Conn, Db, secrets, sql};
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
    /// Its secret's value, and for 24 hours after a replacement the one before.
    secrets: Vec<SecretString>,
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
    let row = sql::query(
        "SELECT sources.id, sources.name, sources.place_id, secrets.entity_id, secrets.name FROM sources JOIN secrets ON secrets.id = sources.secret_id \
         WHERE sources.id = ? AND sources.kind = 'mlflow'",
    )
    .bind(id)
    .fetch_optional(db.read())
    .await?
    .ok_or_else(|| Failure::not_found("source"))?;
    let (place_id, entity_id, secret): (String, String, String) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
    let mut connection = db.read().acquire().await?;
    let place = catalogue::place_by_id(&mut connection, &place_id).await?;
    let place = place.ok_or_else(|| Failure::not_found("registry"))?;
    drop(connection);
    let opened = secrets::open(db, seal, &entity_id, &[secret]).await?;
    let secrets = opened.into_values().flat_map(|opened| [Some(opened.value), opened.previous]).flatten().collect();
    Ok(Source { id: row.try_get(0)?, name: row.try_get(1)?, place, secrets })
}

impl Source {
    /// Whether the message was signed with this source's secret, not long ago.
    pub fn vouches(&self, vouchers: Vouchers<'_>, body: &[u8], now_ms: i64) -> Result<(), &'static str> {
        if vouchers.signature.is_empty() {
            return Err("The message is not signed. Give the MLflow webhook the value of this source's secret.");
        }
        let sent_s: i64 = vouchers
            .timestamp
            .parse()
            .map_err(|_| "X-MLflow-Timestamp is not a number of seconds. Send the message as MLflow does.")?;
        let age_ms = now_ms.saturating_sub(sent_s.saturating_mul(1000));
        if age_ms > MAX_AGE_MS {
            return Err("The message is more than 5 minutes old. Check the clocks of both machines.");
        }
        if age_ms < -MAX_AGE_MS {
            return Err("The message is from more than 5 minutes in the future. Check the clocks of both machines.");
        }
        let signed = [vouchers.delivery_id.as_bytes(), b".", vouchers.timestamp.as_bytes(), b".", body].concat();
        let is_of = |secret: &SecretString| {
            let expected = format!("v1,{}", BASE64_STANDARD.encode(hmac(secret.expose_secret().as_bytes(), &signed)));
            bool::from(expected.as_bytes().ct_eq(vouchers.signature.as_bytes()))
        };
        if self.secrets.iter().any(is_of) {
            Ok(())
        } else {
            Err("The signature does not match. Give the MLflow webhook the value of this source's secret.")
        }
    }
}

/// Keeps why a message was refused, at most once a second per source: whoever knows the address can send
/// as many as they like. Whether it was kept.
pub(crate) async fn refused(db: &Db, source_id: &str, why: &str) -> Result<bool, Failure> {
    let now = clock::now_ms();
    let second_ago = clock::text(now - 1000);
    // Asked of a reader first: a flood is not to hold the writer.
    let last: Option<String> = sql::query_scalar("SELECT last_error_at FROM sources WHERE id = ?")
        .bind(source_id)
        .fetch_optional(db.read())
        .await?
        .flatten();
    if last.is_some_and(|last| last > second_ago) {
        return Ok(false);
    }
    let mut tx = db.begin().await?;
    let kept = sql::query(
        "UPDATE sources SET last_error = ?, last_error_at = ? WHERE id = ? AND coalesce(last_error_at <= ?, TRUE)",
    )
    .bind(why)
    .bind(clock::text(now))
    .bind(source_id)
    .bind(second_ago)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(kept > 0)
}

/// Takes a verified message in.
pub(crate) async fn take(conn: &mut Conn, intake: &mut Intake, message: &Message) -> Result<Vec<Accepted>, Failure> {
    let known =
        sql::query("INSERT INTO source_messages (source_id, message, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(&message.source_id)
            .bind(&message.id)
            .bind(clock::now())
            .execute(&mut *conn)
            .await?;
    if known == 0 {
        // One of this transaction is to be found too.
        intake.batch.flush(conn).await?;
        let ids: Vec<(String, u32)> =
            sql::query_as("SELECT id, matched FROM events WHERE place_id = ? AND dedupe_key >= ? AND dedupe_key < ?")
                .bind(&message.place.id)
                .bind(format!("{}:", message.id))
                // The character after the colon: what starts with the id and a colon lies between.
                .bind(format!("{};", message.id))
                .fetch_all(conn)
                .await?;
        return Ok(ids.into_iter().map(|(id, matched)| Accepted { id, duplicate: true, matched }).collect());
    }
    let accepted = apply(conn, intake, message).await?;
    sql::query("UPDATE sources SET received = received + 1, ignored = ignored + ?, last_at = ? WHERE id = ?")
        .bind(u32::from(accepted.is_none()))
        .bind(clock::now())
        .bind(&message.source_id)
        .execute(conn)
        .await?;
    Ok(accepted.unwrap_or_default())
}

/// What the message means here; none for one that means nothing here.
async fn apply(conn: &mut Conn, intake: &mut Intake, message: &Message) -> Result<Option<Vec<Accepted>>, Failure> {
    let Body { entity, action, data } = &message.body;
    let text = |name: &str| data.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let place = &message.place;
    let Some(model) = text("name") else {
        return Ok(None);
    };
    let removes_collection = (entity.as_str(), action.as_str()) == ("registered_model", "deleted");
    let index = data.get("version").and_then(|version| version.as_u64().or_else(|| version.as_str()?.parse().ok()));
    if !removes_collection {
        let errors = faulty_names(data, index);
        if !errors.is_empty() {
            return Err(Problem::invalid(errors).into());
        }
    }
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
            let metadata = version_metadata(data);
            fits(&metadata)?;
            created.metadata = Some(metadata);
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
            fits(&catalogue::set_metadata_key(conn, &row.id, key, Some(value)).await?)?;
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
        _ if removes_collection => {
            catalogue::delete_collection(conn, &place.id, model).await?;
            return Ok(Some(Vec::new()));
        }
        _ => return Ok(None),
    };
    if event.event_type == EventType::AddArtifactAlias && event.alias.as_deref() == Some("") {
        return Ok(None);
    }
    Ok(Some(vec![intake::accept(conn, intake, place, &event, "mlflow", &message.source).await?]))
}

/// What is wrong with the names in a message, by the rules of the catalogue, with pointers into it. A
/// tag's value is a text.
fn faulty_names(data: &serde_json::Map<String, Value>, index: Option<u64>) -> Vec<FieldError> {
    let text = |name: &str| data.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let named = |name: &str| text(name).and_then(|value| check_place_name(value, &format!("/data/{name}")));
    let mut errors: Vec<FieldError> = ["name", "alias", "key"].into_iter().filter_map(named).collect();
    errors.extend(text("value").and_then(|value| check_text(value, "tag's value", "/data/value")));
    if index.is_some_and(|index| index > MAX_VERSION_INDEX) {
        let message = format!("A version's index is at most {MAX_VERSION_INDEX}.");
        errors.push(FieldError::new("/data/version", "out_of_range", message));
    }
    errors
}

/// Refuses metadata that is too large or too deep.
fn fits(metadata: &serde_json::Map<String, Value>) -> Result<(), Failure> {
    check_metadata(metadata, "/data").map_or(Ok(()), |error| Err(Problem::invalid(vec![error]).into()))
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
        Source { id: "s".into(), name: "mlflow".into(), place, secrets: vec!["hush".into(), "before".into()] }
    }

    fn signature(delivery_id: &str, timestamp: &str, body: &str) -> String {
        signed_by("hush", delivery_id, timestamp, body)
    }

    fn signed_by(secret: &str, delivery_id: &str, timestamp: &str, body: &str) -> String {
        format!(
            "v1,{}",
            BASE64_STANDARD.encode(hmac(secret.as_bytes(), format!("{delivery_id}.{timestamp}.{body}").as_bytes()))
        )
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

    #[test]
    fn a_time_of_another_age_is_refused_with_its_direction() {
        for (timestamp, words) in [
            ("1301", "in the future"),
            ("699", "old"),
            (&i64::MAX.to_string(), "in the future"),
            (&i64::MIN.to_string(), "old"),
            ("9223372036854775808", "number of seconds"),
            ("", "number of seconds"),
        ] {
            let signature = signature("d1", timestamp, "{}");
            let vouchers = Vouchers { signature: &signature, delivery_id: "d1", timestamp };
            let refused = source().vouches(vouchers, b"{}", 1_000_000);
            assert!(refused.is_err_and(|why| why.contains(words)), "{timestamp} {refused:?}");
        }
    }

    #[test]
    fn the_value_before_a_replacement_vouches_as_well() {
        for (secret, is_believed) in [("hush", true), ("before", true), ("other", false)] {
            let signature = signed_by(secret, "d1", "1000", "{}");
            let vouchers = Vouchers { signature: &signature, delivery_id: "d1", timestamp: "1000" };
            assert_eq!(source().vouches(vouchers, b"{}", 1_000_000).is_ok(), is_believed, "{secret}");
        }
    }
}
