//! What a payload may hold, examples to start from, and how a receiver checks who sent it.

mod check;
mod check_form;
mod examples;
mod troubleshoot;
mod variables;
mod verify;

use leptos::{html, prelude::*};

use crate::{
    features::payload::Example,
    route::use_router,
    ui::{focus::Heading, overlay::after_layout},
};
use check_form::CheckForm;
use examples::ExampleCard;
pub use examples::painted;
use troubleshoot::Troubleshoot;
use variables::VariableTable;
use verify::Verify;

/// The payload reference of a team.
#[component]
pub fn ReferencePage(
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let wanted = use_router().param("show");
    let verify: NodeRef<html::Section> = NodeRef::new();
    // Where a link leads to a part of the page.
    Effect::new(move || {
        if let (Some(verify), Some("verify")) = (verify.get(), wanted.get_untracked().as_deref()) {
            after_layout(move || verify.scroll_into_view_with_bool(true));
        }
    });
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-head__text">
                    <Heading>"Payload reference"</Heading>
                    <p class="page-head__note">
                        "A payload is one JSON object. Variables in it are replaced when a delivery is made; values are escaped so that it stays valid JSON."
                    </p>
                </div>
            </div>
            <section class="section section--first" aria-label="Variables">
                <VariableTable />
            </section>
            <section class="section" aria-label="Forms and rules">
                <div class="section-head">
                    <h2>"Forms and rules"</h2>
                </div>
                <FormsAndRules />
            </section>
            <section class="section" aria-label="Examples">
                <div class="section-head">
                    <h2>"Examples"</h2>
                    <p>"Each is checked against the same rules as your own payloads."</p>
                </div>
                <div class="cards">
                    {Example::ALL.map(|example| view! { <ExampleCard example=example entity=entity.clone() /> }).collect_view()}
                </div>
            </section>
            <section node_ref=verify class="section reference__target" aria-label="Verify a signature">
                <div class="section-head">
                    <h2>"Verify a signature"</h2>
                    <p>"A webhook with a signing secret signs the id, the time and the body of each request, as Standard Webhooks has it."</p>
                </div>
                <div class="reference__verify">
                    <Verify />
                    <CheckForm />
                </div>
            </section>
            <section class="section" aria-label="Troubleshoot">
                <div class="section-head">
                    <h2>"Troubleshoot"</h2>
                    <p>"Sends the request of a webhook by hand, from where you run it: the same address, headers, token and signature."</p>
                </div>
                <Troubleshoot entity=entity />
            </section>
        </div>
    }
}

/// How placeholders are written, and what follows from where they stand.
#[component]
fn FormsAndRules() -> impl IntoView {
    let form = |code: &'static str, words: &'static str| {
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">
                    <code class="code">{code}</code>
                </th>
                <td role="cell">{words}</td>
            </tr>
        }
    };
    let forms = [
        form("${alias}", "The value of the variable"),
        form("${tag:-none}", "The value, or “none” where it is blank"),
        form("${artifact_metadata.eval.f1}", "A nested metadata value; array elements by number"),
        form("$DEPLOY_TOKEN", "A secret of the webhook, in its short form"),
        form("$${", "The two characters ${, as text"),
    ]
    .collect_view();
    view! {
        <div class="reference__rules">
            <div class="board">
                <table class="table table--plain" role="table" aria-label="Forms of placeholders">
                    <thead role="rowgroup" class="visually-hidden">
                        <tr role="row">
                            <th role="columnheader" scope="col">"Form"</th>
                            <th role="columnheader" scope="col">"What it stands for"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{forms}</tbody>
                </table>
            </div>
            <dl class="reference__terms">
                <dt>"Inside quotes"</dt>
                <dd>
                    "The value becomes text and is escaped: " <code class="code">"\"by ${event_author}\""</code>
                </dd>
                <dt>"Outside quotes"</dt>
                <dd>
                    "The value keeps its type: numbers, lists and objects arrive as such, a blank one as "
                    <code class="code">"null"</code> "."
                </dd>
                <dt>"Blank is not an error"</dt>
                <dd>
                    "A variable the event does not carry is blank and only warned about. An unknown name is refused before anything is saved."
                </dd>
            </dl>
        </div>
    }
}
