//! An automation as code: what the interface takes, the call that sends it, the program that does.

use hookboard_api::automation::{Automation, AutomationDraft};
use leptos::prelude::*;

use crate::{
    client::{calls, use_client},
    ui::{
        button::Button,
        clipboard,
        code::CodeBlock,
        icon::Glyph,
        tabs::{TabList, TabPanel},
        toast::use_toasts,
    },
};

const FORMS: [TabPanel; 3] = [
    TabPanel { value: "json", label: "JSON" },
    TabPanel { value: "curl", label: "curl" },
    TabPanel { value: "python", label: "Python" },
];

fn write(form: &str, draft: &AutomationDraft, url: &str) -> String {
    let json = serde_json::to_string_pretty(draft).unwrap_or_default();
    match form {
        // A quoted here-document: nothing in it is the shell's to replace.
        "curl" => format!(
            "curl -sS {} \\\n  -H \"Authorization: Bearer $HOOKBOARD_KEY\" -H \"Content-Type: application/json\" \\\n  --data-binary @- <<'AUTOMATION'\n{json}\nAUTOMATION\n",
            quoted(url)
        ),
        // JSON's own text as a raw string would end at its first quotes: it is read instead.
        "python" => format!(
            "import json, os, urllib.request\n\nautomation = json.loads({})\nrequest = urllib.request.Request(\n    {},\n    data=json.dumps(automation).encode(),\n    headers={{\"Authorization\": \"Bearer \" + os.environ[\"HOOKBOARD_KEY\"], \"Content-Type\": \"application/json\"}},\n)\nprint(json.load(urllib.request.urlopen(request))[\"id\"])\n",
            literal(&json),
            literal(url)
        ),
        _ => json,
    }
}

/// A word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A string of Python: JSON's is one, but for what lies beyond its basic plane, which both write alike.
fn literal(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// The automation in three forms.
#[component]
pub(super) fn AsCode(
    /// The automation as it is now.
    automation: Memo<Automation>,
) -> impl IntoView {
    let (client, toasts) = (use_client(), use_toasts());
    let form = RwSignal::new(FORMS[0].value);
    let text = move || {
        let draft = automation.with(|automation| AutomationDraft::from(automation));
        let url = client.address(&calls::team(&draft.scope.entity, "automations"));
        write(form.get(), &draft, &url)
    };
    view! {
        <section class="section" aria-label="As code">
            <div class="section-head">
                <h2>"As code"</h2>
                <p>"Makes the same automation again: elsewhere, or under another name."</p>
                <div class="section-head__actions">
                    <Button
                        small=true
                        glyph=Glyph::Copy
                        on_press=move || clipboard::copy(toasts, text(), "Copied the code".to_owned())
                    >
                        "Copy"
                    </Button>
                </div>
            </div>
            <div class="board">
                <TabList
                    label="Form"
                    tabs=FORMS.to_vec()
                    value=Signal::derive(move || form.get().to_owned())
                    note=|_| None
                    on_select=move |word| form.set(word)
                    panel=move || view! { <CodeBlock label="The automation as code" text=text() /> }.into_any()
                />
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quotes_do_not_end_what_they_stand_in() {
        let draft: AutomationDraft = serde_json::from_value(json!({
            "name": "it's \"quoted\"",
            "scope": {"kind": "registry", "entity": "kestrel", "name": "Models"},
            "trigger": {"event": "LINK_ARTIFACT"},
            "action": {"type": "record"}
        }))
        .expect("a draft");
        assert!(write("curl", &draft, "http://h/it's").starts_with("curl -sS 'http://h/it'\\''s' "));
        let python = write("python", &draft, "http://h/");
        let inner =
            python.split("json.loads(").nth(1).and_then(|rest| rest.split(")\nrequest").next()).expect("a literal");
        let json: String = serde_json::from_str(inner).expect("a string");
        assert_eq!(serde_json::from_str::<AutomationDraft>(&json).expect("the draft"), draft);
    }
}
