//! How an MLflow server is told of a source: steps to copy, and the light that says whether it worked.

use hookboard_api::source::Source;
use leptos::prelude::*;

use super::sources::light;
use crate::{
    client::use_client,
    ui::{
        button::{Button, ButtonKind},
        clipboard::copy,
        dialog::Dialog,
        icon::Glyph,
        toast::use_toasts,
    },
};

/// What to do on the MLflow server, to copy.
#[component]
pub(super) fn SetUp(
    /// The source, while the dialog is there.
    of: RwSignal<Option<Source>>,
    /// The sources as they are now.
    rows: Memo<Vec<Source>>,
) -> impl IntoView {
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    Effect::new(move || {
        if of.with(Option::is_some) {
            open.set(true);
        }
    });
    Effect::new(move || {
        if !open.get() {
            of.set(None);
        }
    });
    let source = Memo::new(move |_| {
        let own = of.get()?;
        // A new one is not in the list at once.
        Some(rows.with(|rows| rows.iter().find(|source| source.id == own.id).cloned()).unwrap_or(own))
    });
    let client = use_client();
    let steps = move |source: &Source| {
        // The path is from the server's root; the interface may be reached elsewhere.
        let address = client.address(source.path.strip_prefix("/api/v1").unwrap_or(&source.path));
        let block = move |label: &'static str, text: String| {
            let copied = text.clone();
            view! {
                <div class="codeblock" tabindex="0" role="region" aria-label=label>
                    <pre>
                        <code>{text}</code>
                    </pre>
                </div>
                <Button small=true glyph=Glyph::Copy on_press=move || copy(toasts, copied.clone(), format!("{label} copied"))>
                    "Copy"
                </Button>
            }
        };
        view! {
            <ol class="set-up">
                <li>
                    <p>"Start the MLflow server (3.3 or later) with a key for its webhooks:"</p>
                    {block("Environment", ENVIRONMENT.to_owned())}
                </li>
                <li>
                    <p>"Make the webhook there, with the value of " <code>{source.secret.clone()}</code> ":"</p>
                    {block("Program", program(&address, &source.secret))}
                </li>
                <li>
                    <p>"Change an alias in MLflow. A new webhook takes up to a minute to take effect."</p>
                </li>
            </ol>
        }
    };
    let body = move || {
        let is_there = Memo::new(move |_| source.with(Option::is_some));
        view! {
            {live(move || is_there.get().then(|| source.with_untracked(|source| source.as_ref().map(&steps))))}
            <div role="status">{live(move || source.with(|source| source.as_ref().map(light)))}</div>
        }
        .into_any()
    };
    let foot = move || {
        view! {
            <Button kind=ButtonKind::Primary on_press=move || open.set(false)>
                "Done"
            </Button>
        }
        .into_any()
    };
    let title = move || {
        let name = source.get_untracked().map(|source| source.name).unwrap_or_default();
        view! { {format!("Set up {name}")} }.into_any()
    };
    view! { <Dialog open=open title=title glyph=Glyph::Download wide=true body=body foot=foot /> }
}

/// Of the MLflow server. The last two lines are for a Hookboard on the same machine or network.
const ENVIRONMENT: &str = "\
export MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY=\"$(python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')\"
# For a Hookboard on the same machine or network:
export MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http,https
export MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true";

/// Makes the webhook in MLflow.
fn program(address: &str, secret: &str) -> String {
    format!(
        r#"import os
from mlflow import MlflowClient

MlflowClient().create_webhook(
    name="hookboard",
    url="{address}",
    secret=os.environ["{secret}"],
    events=["registered_model.created", "model_version.created", "model_version_alias.created",
            "model_version_alias.deleted", "model_version_tag.set", "model_version_tag.deleted"],
)"#
    )
}
