//! One attempt: resolve secrets, render, vet the target, sign, exchange. The same path serves
//! deliveries and tests.

use hookboard_api::delivery::{Exchange, OutcomeCode, Timings};
use hookboard_api::webhook::WebhookDraft;
use hookboard_template::{MASK, Masked, Plain, RenderError, compile};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use tracing::Instrument;

use super::{exchange, sign};
use crate::app::App;
use crate::clock;
use crate::db::queue::Claimed;
use crate::db::secrets::{self, Opened};
use crate::failure::Failure;
use crate::guard::Refusal;
use crate::seal::Masking;

/// What is to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Message<'m> {
    /// The delivery's id: the `webhook-id`.
    pub id: &'m str,
    /// Owner of the webhook.
    pub entity_id: &'m str,
    /// Where and how.
    pub webhook: &'m WebhookDraft,
    /// The payload template; none sends `{}`.
    pub template: Option<&'m str>,
    /// The event's type.
    pub event_type: hookboard_api::EventType,
    /// The event's values.
    pub values: &'m Map<String, Value>,
}

/// Sends a claimed delivery.
pub async fn send(app: &App, delivery: &Claimed) -> Result<Exchange, Failure> {
    let message = Message {
        id: &delivery.id,
        entity_id: &delivery.owner_id,
        webhook: &delivery.webhook,
        template: delivery.template.as_deref(),
        event_type: delivery.event_type,
        values: &delivery.values,
    };
    let mut span = match app.telemetry() {
        Some(telemetry) => Some(telemetry.attempt(app.db(), delivery).await),
        None => None,
    };
    let log = tracing::info_span!("attempt", delivery = delivery.id, webhook = delivery.webhook_id);
    let exchange = send_message(app, message).instrument(log).await?;
    app.metrics().attempted(&exchange);
    if let Some(span) = &mut span {
        span.ended(&exchange);
    }
    Ok(exchange)
}

/// Sends one message and tells what happened, secrets masked.
pub async fn send_message(app: &App, message: Message<'_>) -> Result<Exchange, Failure> {
    let webhook = message.webhook;
    let mut result = Exchange {
        outcome: OutcomeCode::Template,
        message: String::new(),
        url: webhook.url.clone(),
        request_headers: Vec::new(),
        request_body: String::new(),
        status: None,
        response_headers: Vec::new(),
        response_body: String::new(),
        response_cut: false,
        timings: Timings::default(),
    };
    let names: Vec<String> = webhook.secret_refs().into_iter().map(|(_, name)| name.to_owned()).collect();
    let opened = secrets::open(app.db(), app.seal(), message.entity_id, &names).await?;
    if let Some(missing) = names.iter().find(|name| !opened.contains_key(*name)) {
        result.outcome = OutcomeCode::SecretMissing;
        result.message = format!("The secret \"{missing}\" is gone. Create it anew, or choose another in the webhook.");
        return Ok(result);
    }
    let body = match render(message, &opened) {
        Ok((sent, shown)) => {
            result.request_body = shown;
            sent
        }
        Err((outcome, words)) => {
            result.outcome = outcome;
            result.message = words;
            return Ok(result);
        }
    };
    let started = std::time::Instant::now();
    let vetted = app.guard().vet(&webhook.url).await;
    result.timings.dns_ms = Some(exchange::ms(started.elapsed()));
    let vetted = match vetted {
        Ok(vetted) => vetted,
        Err(refusal) => {
            result.outcome = match refusal {
                Refusal::Lookup { .. } => OutcomeCode::Dns,
                Refusal::Malformed(_) | Refusal::Blocked { .. } | Refusal::BlockedName { .. } => {
                    OutcomeCode::BlockedAddress
                }
            };
            result.message = refusal.to_string();
            result.timings.total_ms = exchange::ms(started.elapsed());
            return Ok(result);
        }
    };
    let headers = headers(message, &opened, body.expose_secret());
    result.request_headers = headers.iter().map(|header| (header.name.clone(), header.shown.clone())).collect();
    let sent: Vec<(String, String)> = headers.into_iter().map(|header| (header.name, header.sent)).collect();
    let secrets: Vec<SecretString> =
        opened.into_values().flat_map(|opened| [Some(opened.value), opened.previous]).flatten().collect();
    exchange::run(app.tls(), &vetted, &sent, body.expose_secret(), webhook.timeout_s, started, &mut result).await;
    // A receiver may echo what it was sent; a certificate's names are its words, too.
    let masking = Masking::of(&secrets);
    result.response_body = masking.over(&result.response_body);
    result.message = masking.over(&result.message);
    for (name, value) in &mut result.response_headers {
        *value = masking.over(value);
        if masking.is_in_name(name) {
            MASK.clone_into(name);
        }
    }
    Ok(result)
}

/// The body as it is sent and as it is shown.
fn render(
    message: Message<'_>,
    opened: &std::collections::HashMap<String, Opened>,
) -> Result<(SecretString, String), (OutcomeCode, String)> {
    let Some(text) = message.template else {
        return Ok((SecretString::from("{}"), String::from("{}")));
    };
    let compiled = compile(text, &message.webhook.template_names(Some(message.event_type)));
    let Some(template) = compiled.template else {
        let first = compiled.diagnostics.first().map(|diagnostic| diagnostic.message.clone()).unwrap_or_default();
        return Err((OutcomeCode::Template, format!("The payload template cannot be rendered: {first}")));
    };
    let secret = |name: &str| {
        let name = match name {
            hookboard_template::ACCESS_TOKEN => message.webhook.access_token.as_deref()?,
            other => other,
        };
        opened.get(name).map(|opened| opened.value.expose_secret())
    };
    let too_large = |error: RenderError| (OutcomeCode::BodyTooLarge, format!("{error} Make the payload smaller."));
    let shown = template.render(&Masked { values: message.values }).map_err(too_large)?;
    let sent = template.render(&Plain { values: message.values, secrets: &secret }).map_err(too_large)?;
    Ok((SecretString::from(sent), shown))
}

struct SentHeader {
    name: String,
    sent: String,
    shown: String,
}

fn headers(message: Message<'_>, opened: &std::collections::HashMap<String, Opened>, body: &str) -> Vec<SentHeader> {
    let open = |name: &str, sent: String| SentHeader { name: name.to_owned(), shown: sent.clone(), sent };
    let mut headers = vec![
        open("content-type", String::from("application/json")),
        open("user-agent", format!("Hookboard/{}", env!("CARGO_PKG_VERSION"))),
    ];
    let value = |name: &str| opened.get(name).map(|opened| opened.value.expose_secret().to_owned());
    if let Some(token) = message.webhook.access_token.as_deref().and_then(value) {
        headers.push(SentHeader {
            name: "authorization".into(),
            sent: format!("Bearer {token}"),
            shown: format!("Bearer {MASK}"),
        });
    }
    for header in &message.webhook.headers {
        match (&header.value, &header.secret) {
            (Some(text), _) => headers.push(open(&header.name, text.clone())),
            (None, Some(secret)) => headers.push(SentHeader {
                name: header.name.clone(),
                sent: value(secret).unwrap_or_default(),
                shown: MASK.to_owned(),
            }),
            (None, None) => {}
        }
    }
    if let Some(opened) = message.webhook.signing_secret.as_deref().and_then(|name| opened.get(name)) {
        let secrets: Vec<SecretString> =
            [Some(&opened.value), opened.previous.as_ref()].into_iter().flatten().cloned().collect();
        let timestamp = clock::now_ms() / 1000;
        for (name, sent) in sign::headers(message.id, timestamp, body, &secrets, message.webhook.signature_encoding) {
            headers.push(open(&name, sent));
        }
    }
    headers
}
