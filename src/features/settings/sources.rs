//! MLflow servers that feed registries: made here, set up there, with a light that says whether it works.

use hookboard_api::{
    account::Role,
    limits::MAX_NAME,
    list::List,
    name::check_name,
    scope::PlaceKind,
    secret::Secret,
    source::{Source, SourceDraft},
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    frame::SettingsFrame,
    head::ListHead,
    make::new_secret,
    removal::{Doomed, Removal, Words},
    set_up::SetUp,
};
use crate::{
    client::{calls, use_client, use_team},
    features::{lists::whole_list, palette::on_command},
    part::Later,
    route::Room,
    ui::{
        board::{Board, Column},
        button::{Button, ButtonKind, IconButton, LinkButton},
        dialog::{Dialog, lost},
        feedback::Empty,
        field::{SelectField, TextDraft, TextField},
        format::counted,
        icon::Glyph,
        rows::follow,
        status::{Status, Tone},
        time::Ago,
    },
};

const COLUMNS: [Column; 5] =
    [("Name", ""), ("Feeds", ""), ("Signed with", ""), ("Received", ""), ("Actions", "col-act")];

const REMOVE: Words = Words {
    verb: "Delete",
    busy: "Deleting…",
    done: "Deleted",
    action: "Delete source",
    text: "What the MLflow server posts is refused from then on. What it brought stays.",
};

/// The sources.
#[component]
pub fn SourcesPage(
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let client = use_client();
    let admin = use_team().refusal(Role::Admin);
    let path = calls::team(&entity, "sources");
    let (rows, listing) = whole_list::<Source>(client, {
        let path = path.clone();
        move || Some(path.clone())
    });
    let making = RwSignal::new(false);
    let set_up = RwSignal::new(None::<Source>);
    let doomed = RwSignal::new(None::<Doomed>);
    on_command("source", move || making.set(true));
    let list = StoredValue::new(path.clone());
    let row = move |source: Source| {
        let (id, name) = (source.id.clone(), source.name.clone());
        let gone = Doomed { name: name.clone(), path: list.with_value(|list| calls::below(list, &id)) };
        let source = follow(rows, source, |one, other| one.id == other.id);
        let (place, secret) = source.with_untracked(|source| (source.place.clone(), source.secret.clone()));
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">
                    <span class="row-title">{name.clone()}</span>
                </th>
                <td role="cell">{place}</td>
                <td role="cell">
                    <code>{secret}</code>
                </td>
                <td role="cell">{live(move || source.with(light))}</td>
                <td role="cell" class="col-act">
                    <span class="row">
                        <Button
                            kind=ButtonKind::Quiet
                            small=true
                            glyph=Glyph::Book
                            on_press=move || set_up.set(Some(source.get_untracked()))
                        >
                            "Set up…"
                        </Button>
                        <IconButton
                            glyph=Glyph::Trash
                            label=format!("Delete {name}")
                            refused=admin
                            on_press=move || doomed.set(Some(gone.clone()))
                        />
                    </span>
                </td>
            </tr>
        }
    };
    let create = move || {
        view! {
            <Button glyph=Glyph::Plus refused=admin on_press=move || making.set(true)>
                "Add MLflow server"
            </Button>
        }
    };
    let has_some = Memo::new(move |_| rows.with(|rows| !rows.is_empty()));
    view! {
        <SettingsFrame entity=entity.clone() room=Room::Sources>
            <div class="section section--first">
                <ListHead
                    title="Sources"
                    count=Signal::derive(move || listing.state.with(|list| list.rows))
                    about="An MLflow server that tells a registry here what changes in its own."
                >
                    // The first step stands in what is empty.
                    {live(move || has_some.get().then(create))}
                </ListHead>
                <Board
                    label="Sources"
                    listing=listing
                    class="table--cards table--sources"
                    columns=&COLUMNS
                    empty=move || {
                        view! {
                            <Empty
                                title="No source yet"
                                text="Add your MLflow server, and its models, versions and aliases set off automations here. Programs can also send events through the REST interface."
                                art=true
                            >
                                {create()}
                            </Empty>
                        }
                            .into_any()
                    }
                >
                    <For each=move || rows.get() key=|row| row.id.clone() children=row />
                </Board>
            </div>
            <NewSource entity=entity open=making on_made=move |made: Source| set_up.set(Some(made)) />
            <SetUp of=set_up rows=rows />
            <Removal of=doomed words=REMOVE list=path />
        </SettingsFrame>
    }
}

/// Whether messages come, and why the last one did not count.
pub(super) fn light(source: &Source) -> AnyView {
    // A refusal counts until something is taken after it.
    let refused = source.last_error.clone().filter(|_| source.last_error_at > source.last_at);
    let (tone, glyph, words) = match (&refused, source.received) {
        (Some(_), _) => (Tone::Danger, Glyph::XCircle, "Refused a message".to_owned()),
        (None, 0) => (Tone::None, Glyph::Clock, "Waiting for the first message".to_owned()),
        (None, many) => {
            (Tone::Success, Glyph::CheckCircle, format!("Received {}", counted(many.into(), "event", "events")))
        }
    };
    let at = if refused.is_some() { source.last_error_at.clone() } else { source.last_at.clone() };
    let ignored = (source.ignored > 0 && refused.is_none()).then(|| format!(", {} mean nothing here", source.ignored));
    view! {
        <span class="cell-stack">
            <Status tone=tone glyph=glyph text=words />
            <span class="cell-sub">{at.map(|at| view! { <Ago at=at /> })} {ignored} {refused.map(|why| format!(": {why}"))}</span>
        </span>
    }
    .into_any()
}

/// Asks for what a source takes.
#[component]
fn NewSource(entity: String, open: RwSignal<bool>, #[prop(into)] on_made: Callback<Source>) -> impl IntoView {
    let (client, team) = (use_client(), use_team());
    let name = TextDraft::new("");
    let registry = RwSignal::new(String::new());
    let secret = RwSignal::new(String::new());
    let fault = RwSignal::new(None::<String>);
    let (registry_fault, secret_fault) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let busy = RwSignal::new(None::<&'static str>);
    let making_secret = RwSignal::new(false);
    let list = StoredValue::new(calls::team(&entity, "sources"));
    let path = calls::secrets(&entity);
    let secrets = client.query::<List<Secret>>(move || Some(path.clone()));
    let choices = |names: Vec<String>| {
        let open = (names.len() != 1).then(|| (String::new(), "Choose one".to_owned()));
        open.into_iter().chain(names.into_iter().map(|name| (name.clone(), name))).collect::<Vec<_>>()
    };
    let registries = Signal::derive(move || {
        choices(
            team.places(PlaceKind::Registry)
                .with(|list| list.value.iter().flat_map(|list| &list.items).map(|place| place.name.clone()).collect()),
        )
    });
    let names =
        Signal::derive(move || {
            choices(secrets.with(|list| {
                list.value.iter().flat_map(|list| &list.items).map(|secret| secret.name.clone()).collect()
            }))
        });
    // The secrets that there were when another one was to be made.
    let detour = StoredValue::new(None::<Vec<(String, String)>>);
    // The first choice holds until another is made.
    let chosen = move |own: RwSignal<String>, all: Signal<Vec<(String, String)>>| {
        Signal::derive(move || {
            let own = own.get();
            if own.is_empty() {
                all.with(|all| all.first().map(|(first, _)| first.clone()).unwrap_or_default())
            } else {
                own
            }
        })
    };
    let (registry_now, secret_now) = (chosen(registry, registries), chosen(secret, names));
    Effect::new(move || {
        if open.get() {
            fault.set(None);
            if let Some(before) = detour.try_update_value(Option::take).flatten() {
                // Back from making a secret: it is the one that was missing.
                let made = names.with_untracked(|names| {
                    names.iter().map(|(name, _)| name.clone()).find(|name| !before.iter().any(|(old, _)| old == name))
                });
                if let Some(made) = made {
                    secret.set(made);
                }
                return;
            }
            name.set("mlflow");
            registry.set(String::new());
            secret.set(String::new());
            registry_fault.set(None);
            secret_fault.set(None);
        }
    });
    let make = move || {
        let draft = SourceDraft {
            name: name.get_untracked().trim().to_owned(),
            registry: registry_now.get_untracked(),
            secret: secret_now.get_untracked(),
        };
        name.judge(check_name(&draft.name, MAX_NAME, "/name").map(|fault| fault.message));
        // One choice is the one that asks for another.
        let missing = |chosen: &str, all: Signal<Vec<(String, String)>>, choose: &str, make: &str| {
            let words = if all.with_untracked(|all| all.len() > 1) { choose } else { make };
            chosen.is_empty().then(|| words.to_owned())
        };
        registry_fault.set(missing(
            &draft.registry,
            registries,
            "Choose the registry that it feeds.",
            "Create a registry first, at the side.",
        ));
        secret_fault.set(missing(
            &draft.secret,
            names,
            "Choose the secret that it signs with.",
            "Make a secret for it first.",
        ));
        let is_faulty =
            [name.error(), registry_fault, secret_fault].iter().any(|fault| fault.with_untracked(Option::is_some));
        if is_faulty || busy.get_untracked().is_some() {
            return;
        }
        busy.set(Some("Adding…"));
        spawn_local(async move {
            let answer = client.create::<Source>(&list.get_value(), &draft).await;
            busy.try_set(None);
            match answer {
                Ok(source) => {
                    let _ = list.try_with_value(|list| client.changed(list));
                    open.try_set(false);
                    on_made.try_run(source);
                }
                Err(error) => {
                    name.judge(error.field("/name"));
                    registry_fault.try_set(error.field("/registry"));
                    secret_fault.try_set(error.field("/secret"));
                    if error.fields().is_empty() {
                        fault.try_set(Some(error.words()));
                    }
                }
            }
        });
    };
    let body = move || {
        view! {
            <TextField label="Name" hint="The author of its events." draft=name />
            <SelectField
                label="Registry it feeds"
                value=registry_now
                choices=registries
                error=registry_fault
                on_choose=move |name: String| registry.set(name)
            />
            <SelectField
                label="Secret it signs with"
                hint="MLflow signs each message with it."
                value=secret_now
                choices=names
                error=secret_fault
                on_choose=move |name: String| secret.set(name)
            />
            <p>
                <LinkButton on_press=move || {
                    detour.set_value(Some(names.get_untracked()));
                    open.set(false);
                    making_secret.set(true);
                }>"New secret…"</LinkButton>
            </p>
            {live(move || fault.get().map(|words| view! { <p class="field__error" role="alert">{words}</p> }))}
        }
        .into_any()
    };
    // Never two dialogs on top of each other: this one comes back.
    Effect::with_last(move |was: Option<bool>| {
        let is = making_secret.get();
        if was == Some(true) && !is {
            open.set(true);
        }
        is
    });
    let foot = move || {
        view! {
            <Button on_press=move || open.set(false)>"Cancel"</Button>
            <Button kind=ButtonKind::Primary submit=true busy=busy>
                "Add source"
            </Button>
        }
        .into_any()
    };
    view! {
        <Dialog
            open=open
            title=|| "Add an MLflow server".into_any()
            glyph=Glyph::Download
            on_submit=make
            body=body
            foot=foot
        />
        <Later wanted=making_secret ask=new_secret(entity, making_secret) on_missing=lost(making_secret) />
    }
}
