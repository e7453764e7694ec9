//! Taking a file of automations in, after a look at what would change.

use std::sync::Arc;

use hookboard_api::{
    account::Role,
    file::{FileChange, FileScope, Import, ImportChange},
    limits::MAX_FILE_BYTES,
    problem::FieldError,
    scope::PlaceKind,
};
use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::differences::file_differences;
use crate::{
    client::{ApiError, calls, use_client, use_team},
    part::part,
    route::{Place, Query},
    ui::{
        button::{Button, ButtonKind},
        conflict::Differences,
        dialog::Dialog,
        feedback::Callout,
        field::Field,
        format::{count, counted},
        icon::Glyph,
        ids::new_id,
        status::Tone,
        toast::use_toasts,
    },
};

part! {
    /// The dialog.
    extras: pub(super) fn import(entity: String, within: Option<Place>, open: RwSignal<bool>) {
        view! { <ImportDialog entity=entity within=within open=open /> }
    }
}

/// What is known of the file.
#[derive(Clone, PartialEq)]
enum Compared {
    /// Nothing yet.
    NotYet,
    /// It cannot be taken in.
    Faulty(ApiError),
    /// What taking it in would change.
    Changes(Arc<Import>),
}

#[component]
fn ImportDialog(
    /// The team's name.
    entity: String,
    /// The place whose list it was opened from; none for the team's.
    within: Option<Place>,
    /// Whether it asks now.
    open: RwSignal<bool>,
) -> impl IntoView {
    let (client, toasts) = (use_client(), use_toasts());
    let admin = use_team().refusal(Role::Admin);
    let text = RwSignal::new(String::new());
    let compared = RwSignal::new(Compared::NotYet);
    let busy = RwSignal::new(None::<&'static str>);
    // What is answered after the text was changed is no longer of it.
    let turn = StoredValue::new(0_u32);
    let write = move |new: String| {
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        text.set(new);
        compared.set(Compared::NotYet);
        busy.set(None);
    };
    let changed = entity.clone();
    let send = StoredValue::new(move |dry_run: bool| {
        let basis = compared.with_untracked(|compared| match compared {
            Compared::Changes(import) => import.basis.clone(),
            _ => None,
        });
        let how = Query::default();
        let how = if dry_run { how.with("dry_run", Some("true")) } else { how.with("basis", basis.as_deref()) };
        let path = calls::automation(&entity, "import", &how.suffix());
        let changed = calls::automations(&changed, None, &Query::default());
        busy.set(Some(if dry_run { "Comparing…" } else { "Importing…" }));
        let own = turn.get_value();
        spawn_local(async move {
            let answer = client.post_text::<Import>(&path, "application/yaml", text.get_untracked()).await;
            if answer.as_ref().is_ok_and(|answer| !answer.dry_run) {
                client.changed(&changed);
            }
            if turn.try_get_value() != Some(own) {
                return;
            }
            busy.set(None);
            match answer {
                Ok(answer) if answer.dry_run => compared.set(Compared::Changes(Arc::new(answer))),
                Ok(answer) => {
                    write(String::new());
                    open.set(false);
                    toasts.say(Glyph::Check, format!("Imported {}", counted(differing(&answer), "change", "changes")));
                }
                Err(error) => compared.set(Compared::Faulty(error)),
            }
        });
    });
    let send = move |dry_run: bool| send.with_value(|send| send(dry_run));
    let found = Memo::new(move |_| {
        compared.with(|compared| if let Compared::Changes(import) = compared { Some(differing(import)) } else { None })
    });
    // The text outlives a dialog that was closed by mistake; what it was compared with may not.
    Effect::new(move || {
        if open.get() {
            compared.set(Compared::NotYet);
        }
    });
    let refused = Signal::derive(move || match found.get() {
        None => None,
        Some(0) => Some("There is nothing to import: all is as the file says.".to_owned()),
        Some(_) => admin.get(),
    });
    let chosen = move |event: web_sys::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok()) else {
            return;
        };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        if u32::try_from(MAX_FILE_BYTES).is_ok_and(|most| file.size() > f64::from(most)) {
            let most = MAX_FILE_BYTES / (1024 * 1024);
            toasts.fail(format!(
                "The file has more than {most} MiB, the most that is taken. Import it in several files."
            ));
            return;
        }
        spawn_local(async move {
            match JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string()) {
                Some(new) => {
                    write(new);
                    send(true);
                }
                None => toasts.fail("The browser could not read the file. Choose it again."),
            }
            // The same file, mended, can be chosen again.
            input.set_value("");
        });
    };
    let input: NodeRef<html::Input> = NodeRef::new();
    let within = StoredValue::new(within);
    let body = move || {
        let elsewhere = within.with_value(|within| {
            let place = place_words(within.as_ref()?);
            Some(format!(
                " The file says where each belongs: those for other places than the {place} are taken in, too."
            ))
        });
        let id = new_id();
        let choose = move || {
            if let Some(input) = input.get_untracked() {
                input.click();
            }
        };
        view! {
            <p class="muted">
                "Automations are known by scope and name: those that are not here are made, those that differ are changed, others stay. All or nothing."
                {elsewhere}
            </p>
            <Field id=id.clone() label="File" hint="YAML or JSON, as an export writes it: paste it here, or choose it.">
                <textarea
                    id=id.clone()
                    class="input input--mono textarea"
                    rows="6"
                    spellcheck="false"
                    aria-describedby=format!("{id}-note")
                    prop:value=bound(move || text.with(|text| if is_shown(text) { text.clone() } else { String::new() }))
                    on:input=handler(move |event| write(event_target_value(&event)))
                ></textarea>
            </Field>
            <div>
                <input
                    node_ref=input
                    type="file"
                    accept=".yaml,.yml,.json,application/yaml,application/json"
                    hidden
                    aria-label="File of automations"
                    on:change=handler(chosen)
                />
                <Button small=true on_press=choose>"Choose a file…"</Button>
            </div>
            {live(move || text.with(|text| (!is_shown(text)).then(|| size_note(text))))}
            <div role="status">{live(move || within.with_value(|within| shown(compared.get(), within.as_ref())))}</div>
        }
        .into_any()
    };
    let foot = move || {
        // One button all along, so that the focus stays on it.
        let label = move || match found.get() {
            None | Some(0) => "Compare".to_owned(),
            Some(count) => format!("Import {}", counted(count, "change", "changes")),
        };
        view! {
            <Button on_press=move || open.set(false)>"Close"</Button>
            <Button kind=ButtonKind::Primary submit=true busy=busy refused=refused>
                {live(label)}
            </Button>
        }
        .into_any()
    };
    let submit = move || {
        let is_blank = text.with_untracked(|text| text.trim().is_empty());
        if busy.get_untracked().is_some() || is_blank || found.get_untracked() == Some(0) {
            return;
        }
        let is_refused = admin.with_untracked(Option::is_some);
        match found.get_untracked() {
            None => send(true),
            Some(_) if is_refused => {}
            Some(_) => send(false),
        }
    };
    view! {
        <Dialog
            open=open
            wide=true
            title=move || "Import automations".into_any()
            glyph=Glyph::Upload
            on_submit=submit
            body=body
            foot=foot
        />
    }
}

/// Whether the field shows a text: browsers take seconds to lay out more.
const fn is_shown(text: &str) -> bool {
    text.len() <= 256 * 1024
}

fn size_note(text: &str) -> impl IntoView + use<> {
    let words = format!("The file has {} KiB and is not shown here.", count(text.len() as u64 / 1024));
    view! { <p class="muted">{words}</p> }
}

/// How many automations a file makes or changes.
fn differing(import: &Import) -> u64 {
    import.changes.iter().filter(|change| change.change != FileChange::Unchanged).count() as u64
}

fn place_words(place: &Place) -> String {
    format!("{} {}", place.kind.as_str(), place.name)
}

/// Whether a scope of a file is within the place.
fn is_within(scope: &FileScope, place: &Place) -> bool {
    let name = match place.kind {
        PlaceKind::Registry => &scope.registry,
        PlaceKind::Project => &scope.project,
    };
    name.as_ref() == Some(&place.name)
}

fn shown(compared: Compared, within: Option<&Place>) -> AnyView {
    match compared {
        Compared::NotYet => ().into_any(),
        Compared::Faulty(error) => {
            let faults = error.fields().iter().map(|FieldError { pointer, message, .. }| {
                view! {
                    <li>
                        <code>{pointer.clone()}</code>
                        " "
                        {message.clone()}
                    </li>
                }
            });
            let faults = (error.fields().len() > 1 || error.field("").is_none()).then(|| faults.collect_view());
            view! {
                <Callout tone=Tone::Danger glyph=Glyph::XCircle>
                    {error.words()}
                    <ul class="impact" role="list">{faults}</ul>
                </Callout>
            }
            .into_any()
        }
        Compared::Changes(import) => {
            let of = |which: FileChange| import.changes.iter().filter(move |change| change.change == which);
            let counts =
                [(FileChange::Created, "new"), (FileChange::Updated, "changed"), (FileChange::Unchanged, "as here")];
            let counts =
                counts.into_iter().map(|(which, words)| (of(which).count(), words)).filter(|(count, _)| *count > 0);
            let counts: Vec<String> = counts.map(|(count, words)| format!("{count} {words}")).collect();
            let words =
                if counts.is_empty() { "The file holds no automations.".to_owned() } else { counts.join(" · ") };
            let changes: Vec<_> =
                import.changes.iter().filter(|change| change.change != FileChange::Unchanged).collect();
            let elsewhere = within.and_then(|place| {
                let count = changes.iter().filter(|change| !is_within(&change.scope, place)).count();
                let others = if count == 1 { "is for another place" } else { "are for other places" };
                (count > 0).then(|| format!("{count} of them {others} than the {}.", place_words(place)))
            });
            let changes: Vec<_> = changes.into_iter().map(change_view).collect();
            let list =
                (!changes.is_empty()).then(|| view! { <ul class="impact" role="list">{changes.collect_view()}</ul> });
            view! {
                <div class="file-changes">
                    <p>
                        <strong>{words}</strong>
                    </p>
                    {elsewhere.map(|words| view! { <p>{words}</p> })}
                    {list}
                </div>
            }
            .into_any()
        }
    }
}

fn change_view(change: &ImportChange) -> impl IntoView + use<> {
    let verb = if change.change == FileChange::Created { "New" } else { "Changed" };
    let parts = file_differences(&change.differences);
    let differences = (!parts.is_empty()).then(|| view! { <Differences differences=parts sides=("Here", "File") /> });
    view! {
        <li class="file-change">
            <p class="file-change__head">
                <span class="badge">{verb}</span>
                <span class="file-change__name">{change.name.clone()}</span>
                <span class="file-change__name muted">{change.scope.to_string()}</span>
            </p>
            {differences}
        </li>
    }
}
