//! The request around a payload: its bytes, its headers, what is signed.

use hookboard_api::webhook::{SignatureEncoding, WebhookDraft};
use leptos::prelude::*;

use super::state::Payload;
use crate::{
    features::request::{headers, raw},
    ui::{
        code::{DOTS, Pairs},
        feedback::Callout,
        icon::Glyph,
        status::Tone,
    },
};

/// One view of the request.
#[component]
pub(super) fn RequestView(
    /// The payload being written.
    payload: Payload,
    /// The webhook that sends it, or why there is none.
    webhook: Signal<Result<WebhookDraft, &'static str>>,
    /// `raw`, `headers` or `signature`.
    view: &'static str,
    /// Where verifying is explained.
    reference: String,
) -> impl IntoView {
    live(move || {
        let webhook = match webhook.get() {
            Ok(webhook) => webhook,
            Err(why) => return view! { <p class="board__note muted">{why}</p> }.into_any(),
        };
        match view {
            "raw" => view! { <Raw payload=payload webhook=webhook /> }.into_any(),
            "headers" => view! {
                <div class="preview__part">
                    <Pairs label="Request headers" pairs=headers(&webhook) />
                    {webhook
                        .signing_secret
                        .is_some()
                        .then(|| view! { <p class="muted small">"What stands in angle brackets is made anew for each attempt."</p> })}
                </div>
            }
            .into_any(),
            _ => view! { <Signature webhook=webhook reference=reference.clone() /> }.into_any(),
        }
    })
}

#[component]
fn Raw(payload: Payload, webhook: WebhookDraft) -> impl IntoView {
    let text = move || {
        let body = payload.body().map_or_else(|| "{}".to_owned(), |marked| marked.body);
        let text = raw(&webhook, &body);
        let dots = || view! { <span class="var" data-group="secret">{DOTS}</span> };
        let mut pieces = text.split(DOTS);
        let first = pieces.next().unwrap_or_default().to_owned();
        let rest = pieces.map(|piece| view! { {dots()} {piece.to_owned()} }).collect_view();
        view! { {first} {rest} }
    };
    view! {
        <div class="codeblock preview__code" data-flush="" data-wrap="" tabindex="0" role="region" aria-label="Raw request">
            <pre class="preview__raw">{live(text)}</pre>
        </div>
    }
}

#[component]
fn Signature(webhook: WebhookDraft, reference: String) -> impl IntoView {
    let Some(secret) = webhook.signing_secret else {
        return view! {
            <div class="preview__part">
                <Callout tone=Tone::Info glyph=Glyph::Info>
                    "Nothing is signed: the webhook has no signing secret, so a receiver cannot tell who sent the request."
                </Callout>
                <p class="small">
                    <a href=reference>"How a receiver verifies a signature"</a>
                </p>
            </div>
        }
        .into_any();
    };
    let encoding = match webhook.signature_encoding {
        SignatureEncoding::Base64 => "base64",
        SignatureEncoding::Hex => "hex",
    };
    view! {
        <div class="preview__part">
            <dl class="facts">
                <dt>"Signed with"</dt>
                <dd>
                    <span class="var" data-group="secret">
                        {secret}
                    </span>
                    ": what follows " <code class="code">"whsec_"</code>
                    " in base64, or all of it as text. While it is replaced, the one before signs as well."
                </dd>
                <dt>"webhook-signature"</dt>
                <dd>
                    <code class="code">"v1,"</code> " and HMAC-SHA256, in base64, of "
                    <code class="code">"webhook-id.webhook-timestamp.body"</code>
                    ", joined by dots. This is Standard Webhooks."
                </dd>
                <dt>"X-Wandb-Signature"</dt>
                <dd>{format!("HMAC-SHA256, in {encoding}, of the body alone. The key is the secret as text.")}</dd>
                <dt>"To verify"</dt>
                <dd>
                    "Take the body as it arrived, before it is parsed. Refuse what is over 5\u{a0}min old. "
                    <a href=reference>"Programs that verify, and a check"</a>
                </dd>
            </dl>
        </div>
    }
    .into_any()
}
