//! Webhooks on the wire.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::EventType;
use crate::automation::Activity;
use crate::delivery::Exchange;
use crate::limits::{
    DEFAULT_TIMEOUT_S, MAX_HEADER_NAME_BYTES, MAX_HEADER_VALUE_BYTES, MAX_HEADERS, MAX_NAME, RATE_RANGE,
    TIMEOUT_RANGE_S,
};
use crate::name::check_name;
use crate::problem::{FieldError, UsedBy};

/// How `X-Wandb-Signature` is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureEncoding {
    /// Base64.
    #[default]
    Base64,
    /// Lower-case hex.
    Hex,
}

/// An extra header. Exactly one of `value` and `secret` is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Name of the secret that is its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

const fn default_timeout() -> u32 {
    DEFAULT_TIMEOUT_S
}
const fn yes() -> bool {
    true
}

/// A webhook as it is created or replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookDraft {
    /// At most 64 characters, unique in its entity.
    pub name: String,
    /// Where it sends: http or https, without user info.
    pub url: String,
    /// Name of the secret sent as `Authorization: Bearer …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// Names of further secrets that payloads may use.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Name of the secret that signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_secret: Option<String>,
    /// How `X-Wandb-Signature` is written.
    #[serde(default)]
    pub signature_encoding: SignatureEncoding,
    /// Extra headers.
    #[serde(default)]
    pub headers: Vec<Header>,
    /// Bound on the whole exchange, in seconds, 1 to 60.
    #[serde(default = "default_timeout")]
    pub timeout_s: u32,
    /// Most deliveries a minute on average, 1 to 6000; none: as many as there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_minute: Option<u32>,
    /// Whether it sends. Deliveries of one that does not wait.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Webhook {
    /// `UUIDv7`.
    pub id: String,
    /// What can be changed of it.
    pub settings: WebhookDraft,
    /// Counts changes, from 1; also the `ETag`.
    pub revision: u32,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// How it has been doing.
    pub health: Health,
    /// Automations that send through it.
    pub used_by: Vec<UsedBy>,
}

/// How a webhook has been doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// In one word.
    pub state: HealthState,
    /// Why it is paused, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When one delivery finds out whether a paused webhook answers again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe_at: Option<String>,
    /// Deliveries that arrived in the last 7 days.
    pub delivered_7d: u32,
    /// Deliveries in the last 7 days.
    pub total_7d: u32,
    /// Deliveries that wait now.
    pub waiting: u32,
    /// The last results.
    pub activity: Activity,
}

/// A webhook's health in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Nothing was sent yet.
    Unused,
    /// The last deliveries arrived.
    Healthy,
    /// Some of the last deliveries did not arrive.
    Failing,
    /// Stopped after too many failures, or by a 410; deliveries wait.
    Paused,
    /// Switched off by a person; deliveries wait.
    Disabled,
}

/// A test of a webhook.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestRequest {
    /// The payload template; none sends `{}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// A stored event whose values are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The team whose event it is, where that is another than the webhook's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Without `event_id`: the event type whose sample values are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub event: Option<EventType>,
    /// Name of the automation, for the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automation_name: Option<String>,
}

/// The exchange of a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TestResult {
    /// What was sent and what came back.
    pub exchange: Exchange,
    /// Deliveries that wait for this webhook to be resumed.
    pub waiting: u32,
}

impl WebhookDraft {
    /// Faults that can be seen without the database and without looking names up.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors: Vec<FieldError> = check_name(&self.name, MAX_NAME, "/name").into_iter().collect();
        let mut fault =
            |pointer: &str, code: &str, message: String| errors.push(FieldError::new(pointer, code, message));
        if let Err(message) = check_url(&self.url) {
            fault("/url", "malformed", message);
        }
        let (least, most) = TIMEOUT_RANGE_S;
        if !(least..=most).contains(&self.timeout_s) {
            fault("/timeout_s", "out_of_range", format!("The timeout is {least} to {most} seconds."));
        }
        let (least, most) = RATE_RANGE;
        if self.max_per_minute.is_some_and(|rate| !(least..=most).contains(&rate)) {
            fault("/max_per_minute", "out_of_range", format!("The rate is {least} to {most} deliveries a minute."));
        }
        if self.headers.len() > MAX_HEADERS {
            fault("/headers", "too_many", format!("A webhook takes at most {MAX_HEADERS} extra headers."));
        }
        let mut listed = HashSet::new();
        for (index, secret) in self.secrets.iter().enumerate() {
            if !listed.insert(secret) {
                let message = format!("\"{secret}\" is in the list already. Keep one.");
                fault(&format!("/secrets/{index}"), "duplicate", message);
            }
        }
        for (index, header) in self.headers.iter().enumerate() {
            let at = format!("/headers/{index}");
            if header.name.len() > MAX_HEADER_NAME_BYTES {
                let message = format!(
                    "The name has {} characters; {MAX_HEADER_NAME_BYTES} are allowed. Shorten it.",
                    header.name.chars().count()
                );
                fault(&format!("{at}/name"), "too_long", message);
            } else if !is_token(&header.name) {
                fault(
                    &format!("{at}/name"),
                    "malformed",
                    String::from("A header's name has letters, digits and dashes only."),
                );
            } else if is_reserved(&header.name) {
                fault(
                    &format!("{at}/name"),
                    "reserved",
                    format!("{} is for Hookboard to set. Take it out.", header.name),
                );
            }
            match (&header.value, &header.secret) {
                (Some(value), None) if !is_header_value(value) => {
                    fault(&format!("{at}/value"), "malformed", String::from("A header's value is one line of text."));
                }
                (Some(value), None) if value.len() > MAX_HEADER_VALUE_BYTES => {
                    let message = format!(
                        "The value has {} bytes; {MAX_HEADER_VALUE_BYTES} are allowed. Send long values in the payload.",
                        value.len()
                    );
                    fault(&format!("{at}/value"), "too_long", message);
                }
                (Some(_), None) | (None, Some(_)) => {}
                _ => fault(&at, "required", String::from("Give the header either a value or a secret.")),
            }
        }
        errors
    }

    /// Names of all secrets it refers to, with the pointer of each.
    pub fn secret_refs(&self) -> Vec<(String, &str)> {
        let mut refs: Vec<(String, &str)> = Vec::new();
        refs.extend(self.access_token.as_deref().map(|name| (String::from("/access_token"), name)));
        refs.extend(self.signing_secret.as_deref().map(|name| (String::from("/signing_secret"), name)));
        refs.extend(self.secrets.iter().enumerate().map(|(index, name)| (format!("/secrets/{index}"), name.as_str())));
        refs.extend(self.headers.iter().enumerate().filter_map(|(index, header)| {
            header.secret.as_deref().map(|name| (format!("/headers/{index}/secret"), name))
        }));
        refs
    }

    /// Names of the secrets it sends as headers, with the pointer of each.
    pub fn header_secrets(&self) -> Vec<(String, &str)> {
        let is_sent = |pointer: &str| pointer == "/access_token" || pointer.starts_with("/headers/");
        self.secret_refs().into_iter().filter(|(pointer, _)| is_sent(pointer)).collect()
    }

    /// What templates sent through it may refer to.
    pub fn template_names(&self, event: Option<EventType>) -> hookboard_template::Names {
        hookboard_template::Names { event, secrets: self.secrets.clone(), access_token: self.access_token.is_some() }
    }
}

/// What is wrong with the form of an endpoint URL. Where it may point is the server's to say.
fn check_url(url: &str) -> Result<(), String> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
        .ok_or_else(|| String::from("The URL starts with https:// or http://."))?;
    if url.len() > 2048 {
        return Err(String::from("The URL has more than 2048 characters. Shorten it."));
    }
    if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(String::from("The URL holds white space. Take it out, or write it as %20."));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err(String::from("The URL has no host, such as example.com."));
    }
    if authority.contains('@') {
        return Err(String::from("The URL holds a user name. Take it out and use an access token."));
    }
    Ok(())
}

/// A header name: a token of RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether a text can be sent as the value of a header: one line, tabs allowed (RFC 9110, section 5.5).
pub fn is_header_value(value: &str) -> bool {
    value.bytes().all(|byte| byte >= b' ' && byte != 0x7f || byte == b'\t')
}

fn is_reserved(name: &str) -> bool {
    const RESERVED: [&str; 17] = [
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
        "x-wandb-signature",
    ];
    RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(url: &str) -> WebhookDraft {
        serde_json::from_value(serde_json::json!({"name": "deploy", "url": url})).expect("readable")
    }

    #[test]
    fn urls_are_http_without_user_info() {
        assert!(draft("https://example.com/x?y=1").check().is_empty());
        assert!(draft("http://[::1]:8080").check().is_empty());
        for url in
            ["", "ftp://x", "https://", "https:///x", "https://a@b.example", "https://a b.example", "example.com"]
        {
            assert_eq!(draft(url).check().first().map(|error| error.pointer.clone()).as_deref(), Some("/url"), "{url}");
        }
    }

    #[test]
    fn headers_that_hookboard_sets_are_refused() {
        let mut webhook = draft("https://example.com");
        for (name, code) in [
            ("X-Team", None),
            ("Content-Length", Some("reserved")),
            ("Content-Encoding", Some("reserved")),
            ("Expect", Some("reserved")),
            ("Transfer-Encoding", Some("reserved")),
            ("Host", Some("reserved")),
            ("Connection", Some("reserved")),
            ("a b", Some("malformed")),
            ("", Some("malformed")),
            (&"x".repeat(129), Some("too_long")),
        ] {
            webhook.headers = vec![Header { name: name.into(), value: Some("x".into()), secret: None }];
            assert_eq!(webhook.check().first().map(|error| error.code.as_str()), code, "{name}");
        }
        webhook.headers = vec![Header { name: "X-A".into(), value: Some("a\r\nX-B: c".into()), secret: None }];
        assert_eq!(webhook.check()[0].pointer, "/headers/0/value");
        webhook.headers = vec![Header { name: "X-A".into(), value: None, secret: None }];
        assert_eq!(webhook.check()[0].code, "required");
        for (length, code) in [(MAX_HEADER_VALUE_BYTES, None), (MAX_HEADER_VALUE_BYTES + 1, Some("too_long"))] {
            webhook.headers = vec![Header { name: "X-A".into(), value: Some("v".repeat(length)), secret: None }];
            assert_eq!(webhook.check().first().map(|error| error.code.as_str()), code, "{length}");
        }
    }

    #[test]
    fn a_secret_is_named_once() {
        let mut webhook = draft("https://example.com");
        webhook.secrets = vec!["A".into(), "B".into(), "A".into()];
        let errors = webhook.check();
        let faults: Vec<_> = errors.iter().map(|error| (error.pointer.as_str(), error.code.as_str())).collect();
        assert_eq!(faults, [("/secrets/2", "duplicate")]);
    }
}
