//! A webhook as typed: plain texts that can be kept and compared, and the fields that hold them.

use hookboard_api::{
    limits::DEFAULT_TIMEOUT_S,
    problem::FieldError,
    webhook::{Header, SignatureEncoding, WebhookDraft},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ui::{conflict::Difference, field::TextDraft};

/// What the fields hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Typed {
    name: String,
    url: String,
    token: String,
    signing: String,
    encoding: String,
    timeout: String,
    /// Empty where there is no limit.
    #[serde(default)]
    rate: String,
    secrets: Vec<String>,
    /// Name, value and secret of each.
    headers: Vec<(String, String, String)>,
    enabled: bool,
}

impl Typed {
    /// What they hold for a webhook, or for a new one.
    pub(super) fn of(from: Option<&WebhookDraft>) -> Self {
        let Some(from) = from else {
            return Self {
                name: String::new(),
                url: String::new(),
                token: String::new(),
                signing: String::new(),
                encoding: String::from("base64"),
                timeout: DEFAULT_TIMEOUT_S.to_string(),
                rate: String::new(),
                secrets: Vec::new(),
                headers: Vec::new(),
                enabled: true,
            };
        };
        let header = |header: &Header| {
            (header.name.clone(), header.value.clone().unwrap_or_default(), header.secret.clone().unwrap_or_default())
        };
        Self {
            name: from.name.clone(),
            url: from.url.clone(),
            token: from.access_token.clone().unwrap_or_default(),
            signing: from.signing_secret.clone().unwrap_or_default(),
            encoding: if from.signature_encoding == SignatureEncoding::Hex { "hex" } else { "base64" }.to_owned(),
            timeout: from.timeout_s.to_string(),
            rate: from.max_per_minute.map(|rate| rate.to_string()).unwrap_or_default(),
            secrets: from.secrets.clone(),
            headers: from.headers.iter().map(header).collect(),
            enabled: from.enabled,
        }
    }
}

/// The parts in which `mine` differs from `theirs`.
pub(super) fn differences(theirs: &Typed, mine: &Typed) -> Vec<Difference> {
    let headers = |typed: &Typed| {
        let lines = typed.headers.iter().map(|(name, value, secret)| match secret.as_str() {
            "" => format!("{name}: {value}"),
            secret => format!("{name}: the secret {secret}"),
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let enabled = |typed: &Typed| if typed.enabled { "Yes" } else { "No" };
    [
        Difference::of("Name", &theirs.name, &mine.name),
        Difference::of("Endpoint URL", &theirs.url, &mine.url),
        Difference::of("Access token", &theirs.token, &mine.token),
        Difference::of("Signing secret", &theirs.signing, &mine.signing),
        Difference::of("X-Wandb-Signature", &theirs.encoding, &mine.encoding),
        Difference::of("Secrets that payloads may use", theirs.secrets.join(", "), mine.secrets.join(", ")),
        Difference::of_lines("Extra headers", &headers(theirs), &headers(mine)),
        Difference::of("Timeout in seconds", &theirs.timeout, &mine.timeout),
        Difference::of("Deliveries a minute", &theirs.rate, &mine.rate),
        Difference::of("Enabled", enabled(theirs), enabled(mine)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// An extra header as typed: its value is text, or the name of a secret.
#[derive(Clone, Copy)]
pub(super) struct HeaderDraft {
    pub(super) key: u32,
    pub(super) name: TextDraft,
    pub(super) value: TextDraft,
    pub(super) secret: RwSignal<String>,
}

/// The fields.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) name: TextDraft,
    pub(super) url: TextDraft,
    pub(super) token: RwSignal<String>,
    pub(super) signing: RwSignal<String>,
    pub(super) encoding: RwSignal<String>,
    pub(super) timeout: TextDraft,
    pub(super) rate: TextDraft,
    pub(super) secrets: RwSignal<Vec<String>>,
    pub(super) headers: RwSignal<Vec<HeaderDraft>>,
    pub(super) enabled: RwSignal<bool>,
    next_key: StoredValue<u32>,
}

impl Form {
    /// Empty fields.
    pub(super) fn new() -> Self {
        Self {
            name: TextDraft::new(""),
            url: TextDraft::new(""),
            token: RwSignal::new(String::new()),
            signing: RwSignal::new(String::new()),
            encoding: RwSignal::new(String::new()),
            timeout: TextDraft::new(""),
            rate: TextDraft::new(""),
            secrets: RwSignal::new(Vec::new()),
            headers: RwSignal::new(Vec::new()),
            enabled: RwSignal::new(true),
            next_key: StoredValue::new(0),
        }
    }

    /// Writes over what the fields hold.
    pub(super) fn fill(self, typed: &Typed) {
        self.name.set(&typed.name);
        self.url.set(&typed.url);
        self.token.set(typed.token.clone());
        self.signing.set(typed.signing.clone());
        self.encoding.set(typed.encoding.clone());
        self.timeout.set(&typed.timeout);
        self.rate.set(&typed.rate);
        self.secrets.set(typed.secrets.clone());
        self.enabled.set(typed.enabled);
        self.headers.set(Vec::new());
        for (name, value, secret) in &typed.headers {
            self.add_header(name, value, secret);
        }
    }

    /// What the fields hold.
    pub(super) fn typed(self) -> Typed {
        let header = |draft: &HeaderDraft| (draft.name.get(), draft.value.get(), draft.secret.get());
        Typed {
            name: self.name.get(),
            url: self.url.get(),
            token: self.token.get(),
            signing: self.signing.get(),
            encoding: self.encoding.get(),
            timeout: self.timeout.get(),
            rate: self.rate.get(),
            secrets: self.secrets.get(),
            headers: self.headers.with(|headers| headers.iter().map(header).collect()),
            enabled: self.enabled.get(),
        }
    }

    /// One more header.
    pub(super) fn add_header(self, name: &str, value: &str, secret: &str) {
        let key = self.next_key.try_update_value(|next| std::mem::replace(next, *next + 1)).unwrap_or_default();
        let draft = HeaderDraft {
            key,
            name: TextDraft::new(name),
            value: TextDraft::new(value),
            secret: RwSignal::new(secret.to_owned()),
        };
        self.headers.update(|headers| headers.push(draft));
    }

    /// The draft, or what keeps the text from being one.
    pub(super) fn read(self) -> Option<WebhookDraft> {
        let typed = untrack(|| self.typed());
        let chosen = |name: String| (!name.is_empty()).then_some(name);
        let Ok(timeout_s) = typed.timeout.trim().parse() else {
            self.timeout.fail("Type a number of seconds, such as 15.");
            return None;
        };
        let max_per_minute = match typed.rate.trim() {
            "" => None,
            rate => {
                let Ok(rate) = rate.parse() else {
                    self.rate.fail("Type a number such as 60, or nothing for no limit.");
                    return None;
                };
                Some(rate)
            }
        };
        let header = |(name, value, secret): (String, String, String)| {
            let secret = chosen(secret);
            let value = secret.is_none().then_some(value);
            Header { name, value, secret }
        };
        Some(WebhookDraft {
            name: typed.name.trim().to_owned(),
            url: typed.url.trim().to_owned(),
            access_token: chosen(typed.token),
            secrets: typed.secrets,
            signing_secret: chosen(typed.signing),
            signature_encoding: match typed.encoding.as_str() {
                "hex" => SignatureEncoding::Hex,
                _ => SignatureEncoding::Base64,
            },
            headers: typed.headers.into_iter().map(header).collect(),
            timeout_s,
            max_per_minute,
            enabled: typed.enabled,
        })
    }

    /// Puts each fault beside its field. Answers those that have none.
    pub(super) fn judge(self, errors: &[FieldError]) -> Vec<String> {
        let of =
            |pointer: &str| errors.iter().find(|error| error.pointer == pointer).map(|error| error.message.clone());
        self.name.judge(of("/name"));
        self.url.judge(of("/url"));
        self.timeout.judge(of("/timeout_s"));
        self.rate.judge(of("/max_per_minute"));
        let mut placed: Vec<String> = ["/name", "/url", "/timeout_s", "/max_per_minute"].map(str::to_owned).into();
        for (index, header) in self.headers.get_untracked().iter().enumerate() {
            let at = format!("/headers/{index}");
            header.name.judge(of(&format!("{at}/name")));
            header.value.judge(of(&format!("{at}/value")).or_else(|| of(&at)));
            placed.extend([format!("{at}/name"), format!("{at}/value"), at]);
        }
        errors.iter().filter(|error| !placed.contains(&error.pointer)).map(|error| error.message.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_differs_where_it_was_changed() {
        let read = |value: serde_json::Value| {
            let draft: WebhookDraft = serde_json::from_value(value).expect("a webhook");
            Typed::of(Some(&draft))
        };
        let theirs = read(
            serde_json::json!({"name": "a", "url": "https://one.example", "headers": [{"name": "X", "value": "1"}]}),
        );
        let mine = read(
            serde_json::json!({"name": "a", "url": "https://two.example", "headers": [{"name": "X", "secret": "S"}]}),
        );
        let found: Vec<_> = differences(&theirs, &mine).into_iter().map(|one| (one.what, one.mine)).collect();
        assert_eq!(
            found,
            [("Endpoint URL", "https://two.example".to_owned()), ("Extra headers", "X: the secret S".to_owned())]
        );
        assert_eq!(differences(&mine, &mine), []);
    }
}
