//! Access keys: made, shown once, revoked.

use hookboard_api::{
    account::{Key, KeyDraft, NewKey, Role},
    list::List,
};
use leptos::{prelude::*, task::spawn_local};

use super::frame::SettingsFrame;
use crate::{
    client::{calls, use_client, use_team},
    route::Room,
    ui::{
        button::{Button, ButtonKind, IconButton},
        dialog::{Confirm, Dialog},
        feedback::{Callout, Empty, LoadError, SkeletonRows},
        field::{TextDraft, TextField},
        icon::Glyph,
        status::Tone,
        time::Ago,
        toast::use_toasts,
    },
};

/// The keys of a team's members.
#[component]
pub fn KeysPage(
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let (client, team, toasts) = (use_client(), use_team(), use_toasts());
    let admin = team.refusal(Role::Admin);
    let keys = client.query::<List<Key>>({
        let path = calls::keys(&entity);
        move || Some(path.clone())
    });
    let team_name = StoredValue::new(entity.clone());
    let rows =
        Memo::new(move |_| keys.with(|keys| keys.value.as_ref().map(|list| list.items.clone()).unwrap_or_default()));
    let changed = move || team_name.with_value(|entity| client.changed(&calls::keys(entity)));

    let making = RwSignal::new(false);
    let name = TextDraft::new("");
    let busy = RwSignal::new(None::<&'static str>);
    let made = RwSignal::new(None::<String>);
    Effect::new(move || {
        // Shown once: a dialog that is closed forgets it.
        if !making.get() {
            made.set(None);
        }
    });
    let make = move || {
        let draft = KeyDraft { name: name.get_untracked().trim().to_owned() };
        if draft.name.is_empty() {
            name.fail("Say what the key is for.");
            return;
        }
        let path = team_name.with_value(|entity| calls::keys(entity));
        busy.set(Some("Making…"));
        spawn_local(async move {
            let answer = client.post::<NewKey>(&path, &draft).await;
            busy.try_set(None);
            match answer {
                Ok(NewKey { key, .. }) => {
                    changed();
                    made.try_set(Some(key));
                }
                Err(error) => name.fail(error.field("/name").unwrap_or_else(|| error.words())),
            }
        });
    };
    let doomed = RwSignal::new(None::<Key>);
    let asking = RwSignal::new(false);
    let revoking = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<String>);
    let revoke = move || {
        let Some(key) = doomed.get_untracked() else { return };
        let path = team_name.with_value(|entity| calls::key(entity, &key.id));
        revoking.set(Some("Revoking…"));
        spawn_local(async move {
            let answer = client.delete(&path).await;
            revoking.try_set(None);
            match answer {
                Ok(()) => {
                    changed();
                    asking.try_set(false);
                    toasts.say(Glyph::Trash, format!("Revoked “{}”", key.name));
                }
                Err(error) => drop(failure.try_set(Some(error.words()))),
            }
        });
    };
    let row = move |key: Key| {
        let label = format!("Revoke {}", key.name);
        let gone = key.clone();
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">
                    <span class="row-title">{key.name}</span>
                </th>
                <td role="cell">
                    <span class="mono">{key.prefix} "…"</span>
                </td>
                <td role="cell" class="muted">
                    {key.user}
                </td>
                <td role="cell" class="nowrap">
                    <Ago at=key.created_at />
                </td>
                <td role="cell" class="nowrap">
                    {match key.last_used_at {
                        Some(at) => view! { <Ago at=at /> }.into_any(),
                        None => view! { <span class="muted">"Never used"</span> }.into_any(),
                    }}
                </td>
                <td role="cell" class="col-act">
                    <span class="row">
                        <IconButton
                            glyph=Glyph::Trash
                            label=label
                            refused=admin
                            on_press=move || {
                                doomed.set(Some(gone.clone()));
                                failure.set(None);
                                asking.set(true);
                            }
                        />
                    </span>
                </td>
            </tr>
        }
    };
    let body = move || {
        view! {
            {move || match made.get() {
                None => {
                    view! { <TextField label="What it is for" hint="Such as CI of the serving team." draft=name /> }
                        .into_any()
                }
                Some(key) => {
                    view! {
                        <Callout tone=Tone::Success glyph=Glyph::CheckCircle alert=true>
                            "Copy the key now. It is not shown again."
                        </Callout>
                        <div class="codeblock" tabindex="0" role="region" aria-label="New key" data-wrap="">
                            <pre>
                                <code>{key}</code>
                            </pre>
                        </div>
                    }
                        .into_any()
                }
            }}
        }
        .into_any()
    };
    let foot = move || {
        view! {
            {move || {
                if made.with(Option::is_some) {
                    view! {
                        <Button kind=ButtonKind::Primary on_press=move || making.set(false)>
                            "Done"
                        </Button>
                    }
                        .into_any()
                } else {
                    view! {
                        <Button on_press=move || making.set(false)>"Cancel"</Button>
                        <Button kind=ButtonKind::Primary submit=true busy=busy>
                            "Make key"
                        </Button>
                    }
                        .into_any()
                }
            }}
        }
        .into_any()
    };
    let retry = {
        let path = calls::keys(&entity);
        move || client.refresh(&path)
    };
    view! {
        <SettingsFrame entity=entity room=Room::Keys>
            <section class="section section--first" aria-label="Access keys">
                <div class="section-head">
                    <h2>"Access keys"</h2>
                    <span class="tab__count">{live(move || rows.with(Vec::len))}</span>
                    <p>"For sources, scripts and the wandb SDK. A key may do what its user may."</p>
                    <div class="section-head__actions">
                        <Button
                            glyph=Glyph::Plus
                            refused=admin
                            on_press=move || {
                                name.set("");
                                making.set(true);
                            }
                        >
                            "New key"
                        </Button>
                    </div>
                </div>
                <div class="board">
                    {live(move || {
                        let retry = retry.clone();
                        let remote = keys.get();
                        match (remote.value.as_ref().map(|list| list.items.is_empty()), remote.error) {
                            (_, Some(error)) => {
                                view! { <LoadError what="The keys" why=error.words() on_retry=retry /> }.into_any()
                            }
                            (None, None) => view! { <SkeletonRows label="Loading keys" /> }.into_any(),
                            (Some(true), None) => {
                                view! { <Empty title="No keys yet" text="A key lets a program in, as the user who made it." /> }
                                    .into_any()
                            }
                            (Some(false), None) => ().into_any(),
                        }
                    })}
                    <table class="table table--cards table--keys" role="table" aria-label="Access keys" hidden=bound(move || rows.with(Vec::is_empty))>
                        <thead role="rowgroup">
                            <tr role="row">
                                <th role="columnheader" scope="col">"Name"</th>
                                <th role="columnheader" scope="col">"Starts with"</th>
                                <th role="columnheader" scope="col">"User"</th>
                                <th role="columnheader" scope="col">"Made"</th>
                                <th role="columnheader" scope="col">"Last used"</th>
                                <th role="columnheader" scope="col" class="col-act">
                                    <span class="visually-hidden">"Actions"</span>
                                </th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            <For each=move || rows.get() key=|row| (row.id.clone(), row.last_used_at.clone()) children=row />
                        </tbody>
                    </table>
                </div>
            </section>
            <Dialog open=making title=|| "New key".into_any() glyph=Glyph::Key on_submit=make body=body foot=foot />
            <Confirm
                open=asking
                title=move || {
                    let name = doomed.with(|doomed| doomed.as_ref().map(|key| key.name.clone())).unwrap_or_default();
                    view! { {format!("Revoke “{name}”?")} }.into_any()
                }
                body=|| view! { <p>"Whatever uses it is refused from then on. It cannot be brought back."</p> }.into_any()
                action="Revoke key"
                busy=revoking
                failure=failure
                on_confirm=revoke
            />
        </SettingsFrame>
    }
}
