//! A form that says whether a request was signed with a secret, and what is wrong where it was not.

use leptos::prelude::*;

use super::check::{Change, Finding, check};
use crate::ui::{
    button::{Button, ButtonKind},
    feedback::Callout,
    field::{Field, TextDraft, TextField},
    format::span,
    icon::Glyph,
    ids::new_id,
    status::Tone,
    time::now,
};

/// Title and text of what was found.
fn words(finding: &Finding) -> (Tone, String, String) {
    let ago = |seconds: i64| span(seconds.saturating_mul(1_000));
    match finding {
        Finding::Valid { of } => (
            Tone::Success,
            "Valid.".to_owned(),
            match of {
                1 => "It was signed with this secret, less than 5\u{a0}min ago.".to_owned(),
                _ => format!("One of its {of} signatures was made with this secret, less than 5\u{a0}min ago."),
            },
        ),
        Finding::Old(age) => (
            Tone::Warning,
            "Too old.".to_owned(),
            format!(
                "It was signed with this secret, {} ago. Receivers refuse what is over 5\u{a0}min old, since somebody else may send it again. Check the receiver's clock, or redeliver.",
                ago(*age)
            ),
        ),
        Finding::Early(ahead) => (
            Tone::Warning,
            "From the future.".to_owned(),
            format!("It was signed with this secret, {} from now. Set the clock of this machine or of the server.", ago(*ahead)),
        ),
        Finding::Missing(header) => {
            (Tone::Danger, format!("{header} is missing."), "Paste all of the request's headers.".to_owned())
        }
        Finding::Malformed(header, why) => (Tone::Danger, format!("{header} is malformed."), (*why).to_owned()),
        Finding::Body(change) => (
            Tone::Danger,
            "The body was changed.".to_owned(),
            match change {
                Change::End => "What was signed has another end: a line break or blanks were added or taken away. Verify the bytes as they arrive.".to_owned(),
                Change::Layout => "What was signed has other blanks: the JSON was read and written anew. Verify the bytes as they arrive, before anything parses them.".to_owned(),
                Change::Broken => "It is not a JSON object; every body that is sent is one. Paste all of it.".to_owned(),
                Change::Length { said, now } => {
                    format!("content-length says {said}\u{a0}B, and this has {now}\u{a0}B. Paste the bytes as they arrived.")
                }
            },
        ),
        Finding::IdOrTime => (
            Tone::Danger,
            "The id or the time was changed.".to_owned(),
            "Secret and body fit X-Wandb-Signature. Paste webhook-id and webhook-timestamp of the same request.".to_owned(),
        ),
        Finding::Blanks => (
            Tone::Danger,
            "The secret has blanks around it.".to_owned(),
            "Without them it fits. Take them out where the receiver reads it.".to_owned(),
        ),
        Finding::Secret => (
            Tone::Danger,
            "Another secret.".to_owned(),
            "The body has the length that was sent, and this secret did not sign it. While a secret is replaced, the one before it signs for 24\u{a0}h more.".to_owned(),
        ),
        Finding::BodyOrSecret => (
            Tone::Danger,
            "Another secret, or another body.".to_owned(),
            "Neither the body nor any layout of it was signed with this secret. Paste content-length with the headers to learn which of the two it is.".to_owned(),
        ),
    }
}

/// Headers, body and secret of a request, and what they come to.
#[component]
pub(super) fn CheckForm() -> impl IntoView {
    let (headers, body, secret) = (TextDraft::new(""), TextDraft::new(""), TextDraft::new(""));
    let finding = RwSignal::new(None::<Finding>);
    // What was found is of what was pasted then.
    Effect::new(move || {
        let _ = (headers.get(), body.get(), secret.get());
        finding.set(None);
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let empty = |draft: TextDraft, words: &str| {
            let is_empty = draft.get_untracked().is_empty();
            draft.judge(is_empty.then(|| words.to_owned()));
            is_empty
        };
        let missing = [
            empty(headers, "Paste the headers of a request."),
            empty(body, "Paste the body of the same request."),
            empty(secret, "Type the signing secret."),
        ];
        if missing.contains(&true) {
            finding.set(None);
            return;
        }
        let (headers, body, secret) = (headers.get_untracked(), body.get_untracked(), secret.get_untracked());
        finding.set(Some(check(&headers, &body, &secret, now() / 1_000)));
    };
    let result = move || {
        finding.get().map(|finding| {
            let (tone, title, text) = words(&finding);
            let glyph = match tone {
                Tone::Success => Glyph::CheckCircle,
                Tone::Warning => Glyph::Warning,
                _ => Glyph::XCircle,
            };
            view! {
                <Callout tone=tone glyph=glyph>
                    <b class="strong">{title}</b>
                    " "
                    {text}
                </Callout>
            }
        })
    };
    view! {
        <form class="board" aria-label="Check a request" novalidate on:submit=handler(submit)>
            <div class="board__head">
                <h3>"Check a request"</h3>
            </div>
            <div class="reference__check">
                <Pasted
                    label="Signature headers"
                    draft=headers
                    rows="4"
                    placeholder="webhook-id: …"
                    hint="One a line, as your receiver or the delivery's page shows them."
                />
                <Pasted label="Body" draft=body rows="4" placeholder="{ … }" hint="Byte for byte, as it arrived." />
                <TextField
                    label="Signing secret"
                    draft=secret
                    mono=true
                    kind="password"
                    hint="It never leaves this page: the check runs here, and nothing is kept."
                />
                <div role="status">{live(result)}</div>
            </div>
            <div class="board__foot">
                <Button small=true kind=ButtonKind::Plain submit=true glyph=Glyph::CheckCircle>
                    "Check the signature"
                </Button>
            </div>
        </form>
    }
}

/// Text of several lines, as it was pasted.
#[component]
fn Pasted(
    label: &'static str,
    draft: TextDraft,
    rows: &'static str,
    placeholder: &'static str,
    hint: &'static str,
) -> impl IntoView {
    let id = new_id();
    let note = format!("{id}-note");
    let error = draft.error();
    view! {
        <Field id=id.clone() label=label hint=hint error=error>
            <textarea
                class="input input--mono textarea"
                id=id
                rows=rows
                spellcheck="false"
                autocapitalize="off"
                autocomplete="off"
                placeholder=placeholder
                aria-describedby=note
                aria-invalid=bound(move || error.with(Option::is_some).then_some("true"))
                prop:value=boxed(move || draft.get())
                on:input=handler(move |event: web_sys::Event| draft.set(event_target_value(&event)))
            ></textarea>
        </Field>
    }
}
