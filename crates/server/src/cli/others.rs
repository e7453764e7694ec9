//! `hookboard events`, `webhooks` and `keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hookboard_api::account::{Key, KeyDraft, NewKey};
use hookboard_api::delivery::OutcomeCode;
use hookboard_api::event::AcceptedEvents;
use hookboard_api::webhook::{HealthState, TestResult, Webhook};

use super::remote::{Body, Ended, Remote, print, print_json, read_file, segment, shown};
use super::table;

/// What to do with events.
#[derive(Debug, Subcommand)]
pub enum Events {
    /// Send one in, or several.
    Send(Send),
}

/// `hookboard events send`.
#[derive(Debug, Args)]
pub struct Send {
    /// File with the event as JSON, or with `{"events": [...]}`; - is the standard input.
    file: PathBuf,

    #[command(flatten)]
    remote: Remote,
}

impl Events {
    pub(super) fn run(self) -> Result<(), Ended> {
        let Self::Send(Send { file, remote }) = self;
        let bytes = read_file(&file)?;
        let accepted: AcceptedEvents = remote.call("POST", "/events", Body::Json(bytes))?;
        if remote.json {
            return print_json(&accepted);
        }
        let row = |one: &hookboard_api::event::Accepted| {
            let matched = if one.duplicate { "known before".to_owned() } else { one.matched.to_string() };
            vec![one.id.clone(), matched]
        };
        table::show(&["event", "matched"], accepted.events.iter().map(row).collect(), "Nothing was sent.")
    }
}

/// What to do with webhooks.
#[derive(Debug, Subcommand)]
pub enum Webhooks {
    /// List them.
    List(Whole),
    /// Send a payload of a made-up event; nothing is kept. Ends with 1 where it does not arrive.
    Test(OneWebhook),
}

/// A list that comes whole.
#[derive(Debug, Args)]
pub struct Whole {
    #[command(flatten)]
    remote: Remote,
}

/// One webhook.
#[derive(Debug, Args)]
pub struct OneWebhook {
    /// Its name or id.
    webhook: String,

    #[command(flatten)]
    remote: Remote,
}

impl Webhooks {
    pub(super) fn run(self) -> Result<(), Ended> {
        match self {
            Self::List(Whole { remote }) => {
                let webhooks: Vec<Webhook> = remote.all(&remote.path("/webhooks")?, usize::MAX)?;
                if remote.json {
                    return print_json(&webhooks);
                }
                let row = |one: &Webhook| {
                    let state = match one.health.state {
                        HealthState::Unused => "unused",
                        HealthState::Healthy => "healthy",
                        HealthState::Failing => "failing",
                        HealthState::Paused => "paused",
                        HealthState::Disabled => "off",
                    };
                    vec![one.settings.name.clone(), one.settings.url.clone(), state.to_owned(), one.id.clone()]
                };
                table::show(
                    &["name", "url", "state", "id"],
                    webhooks.iter().map(row).collect(),
                    "There are no webhooks.",
                )
            }
            Self::Test(OneWebhook { webhook, remote }) => {
                let webhooks: Vec<Webhook> = remote.all(&remote.path("/webhooks")?, usize::MAX)?;
                let found = webhooks.into_iter().find(|one| one.id == webhook || one.settings.name == webhook);
                let found = found.ok_or_else(|| {
                    Ended::Usage(format!("There is no webhook \"{webhook}\". List them: hookboard webhooks list"))
                })?;
                let path = remote.path(&format!("/webhooks/{}/test", segment(&found.id)))?;
                let result: TestResult = remote.call("POST", &path, Body::json(&serde_json::json!({}))?)?;
                tell_test(&remote, &result)
            }
        }
    }
}

/// Writes how a test went.
pub(super) fn tell_test(remote: &Remote, result: &TestResult) -> Result<(), Ended> {
    let exchange = &result.exchange;
    if remote.json {
        print_json(result)?;
    } else {
        let status = exchange.status.map(|status| format!(" {status}")).unwrap_or_default();
        print(&shown(&format!("{}{status}: {}", exchange.outcome.as_str(), exchange.message)))?;
        print(&shown(&exchange.response_body))?;
    }
    if exchange.outcome == OutcomeCode::Ok { Ok(()) } else { Err(Ended::Unequal("the test did not arrive".to_owned())) }
}

/// What to do with access keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// List them.
    List(Whole),
    /// Make one. It is shown this once.
    Create(NewOne),
    /// Make one useless for ever.
    Revoke(OneKey),
}

/// A new access key.
#[derive(Debug, Args)]
pub struct NewOne {
    /// What it is for.
    name: String,

    #[command(flatten)]
    remote: Remote,
}

/// One access key.
#[derive(Debug, Args)]
pub struct OneKey {
    /// Its id, or its name where no other has it.
    #[arg(value_name = "KEY")]
    key_of: String,

    #[command(flatten)]
    remote: Remote,
}

impl Keys {
    pub(super) fn run(self) -> Result<(), Ended> {
        match self {
            Self::List(Whole { remote }) => {
                let keys: Vec<Key> = remote.all(&remote.path("/keys")?, usize::MAX)?;
                if remote.json {
                    return print_json(&keys);
                }
                let row = |one: &Key| {
                    let used = one.last_used_at.clone().unwrap_or_else(|| "never".to_owned());
                    vec![one.name.clone(), format!("{}…", one.prefix), one.user.clone(), used, one.id.clone()]
                };
                table::show(
                    &["name", "key", "user", "last used", "id"],
                    keys.iter().map(row).collect(),
                    "There are no access keys.",
                )
            }
            Self::Create(NewOne { name, remote }) => {
                let made: NewKey = remote.call("POST", &remote.path("/keys")?, Body::json(&KeyDraft { name })?)?;
                if remote.json {
                    return print_json(&made);
                }
                if let Err(ended) = print(&made.key) {
                    // Nobody has it.
                    remote.text("DELETE", &remote.path(&format!("/keys/{}", segment(&made.info.id)))?, Body::None)?;
                    return Err(ended);
                }
                eprintln!("This is the only time that it is shown.");
                Ok(())
            }
            Self::Revoke(OneKey { key_of, remote }) => {
                let keys: Vec<Key> = remote.all(&remote.path("/keys")?, usize::MAX)?;
                let found: Vec<&Key> = keys.iter().filter(|one| one.id == key_of || one.name == key_of).collect();
                let id = match found.as_slice() {
                    [only] => &only.id,
                    [] => {
                        let words = format!("There is no access key \"{key_of}\". List them: hookboard keys list");
                        return Err(Ended::Usage(words));
                    }
                    _ => {
                        return Err(Ended::Usage("Several have this name. Give an id: hookboard keys list".to_owned()));
                    }
                };
                remote.text("DELETE", &remote.path(&format!("/keys/{}", segment(id)))?, Body::None)?;
                if !remote.json {
                    print("It is revoked")?;
                }
                Ok(())
            }
        }
    }
}
