//! `hookboard webhooks`.

use clap::{Args, Subcommand};
use hookboard_api::delivery::OutcomeCode;
use hookboard_api::webhook::{HealthState, TestResult, Webhook};

use super::error::Error;
use super::escape::shown;
use super::output::{print, print_json};
use super::remote::{Body, Remote, Whole, segment};
use super::table;

/// What to do with webhooks.
#[derive(Debug, Subcommand)]
pub enum Webhooks {
    /// List them.
    List(Whole),
    /// Send an empty JSON object by the path of a delivery; nothing is kept. Ends with 1 where it does not arrive.
    Test(OneWebhook),
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
    pub(super) fn run(self) -> Result<(), Error> {
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
                    Error::Usage(format!("There is no webhook \"{webhook}\". List them: hookboard webhooks list"))
                })?;
                let path = remote.path(&format!("/webhooks/{}/test", segment(&found.id)))?;
                let result: TestResult = remote.call("POST", &path, Body::json(&serde_json::json!({}))?)?;
                tell_test(&remote, &result)
            }
        }
    }
}

/// Writes how a test went.
pub(super) fn tell_test(remote: &Remote, result: &TestResult) -> Result<(), Error> {
    let exchange = &result.exchange;
    if remote.json {
        print_json(result)?;
    } else {
        let status = exchange.status.map(|status| format!(" {status}")).unwrap_or_default();
        print(&shown(&format!("{}{status}: {}", exchange.outcome.as_str(), exchange.message)))?;
        print(&shown(&exchange.response_body))?;
    }
    if exchange.outcome == OutcomeCode::Ok {
        Ok(())
    } else {
        Err(Error::Mismatch("the test did not arrive".to_owned()))
    }
}
