//! Access keys: made, shown once, revoked.

use hookboard_api::account::{Key, KeyDraft, NewKey, Role};
use leptos::{prelude::*, task::spawn_local};

use super::{
    frame::SettingsFrame,
    head::ListHead,
    removal::{Doomed, Removal, Words},
};
use crate::{
    client::{calls, use_client, use_team},
    features::{lists::whole_list, palette::on_command},
    route::Room,
    ui::{
        board::{Board, Column},
        button::{Button, ButtonKind, IconButton},
        dialog::Dialog,
        feedback::{Callout, Empty},
        field::{TextDraft, TextField},
        icon::Glyph,
        status::Tone,
        time::Ago,
    },
};

const COLUMNS: [Column; 6] =
    [("Name", ""), ("Starts with", ""), ("User", ""), ("Made", ""), ("Last used", ""), ("Actions", "col-act")];

const REVOKE: Words = Words {
    verb: "Revoke",
    busy: "Revoking…",
    done: "Revoked",
    action: "Revoke key",
    text: "Whatever uses it is refused from then on. It cannot be brought back.",
};

/// The keys of a team's members.
#[component]
pub fn KeysPage(
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let (client, team) = (use_client(), use_team());
    let admin = team.refusal(Role::Admin);
    let (rows, listing) = whole_list::<Key>(client, {
        let path = calls::keys(&entity);
        // Where the role is not to be had, the server says what it has against it.
        let is_unknown = move || team.me().with(|me| me.value.is_none() && me.error.is_some());
        move || (team.role() == Some(Role::Admin) || is_unknown()).then(|| path.clone())
    });
    let team_name = StoredValue::new(entity.clone());
    let making = RwSignal::new(false);
    on_command("key", move || making.set(true));
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
        let list = path.clone();
        spawn_local(async move {
            let answer = client.create::<NewKey>(&path, &draft).await;
            busy.try_set(None);
            match answer {
                Ok(NewKey { key, .. }) => {
                    client.changed(&list);
                    made.try_set(Some(key));
                }
                Err(error) => name.fail(error.field("/name").unwrap_or_else(|| error.words())),
            }
        });
    };
    let doomed = RwSignal::new(None::<Doomed>);
    let row = move |key: Key| {
        let label = format!("Revoke {}", key.name);
        let gone = Doomed { path: team_name.with_value(|entity| calls::key(entity, &key.id)), name: key.name.clone() };
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
                            on_press=move || doomed.set(Some(gone.clone()))
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
    let path = calls::keys(&entity);
    view! {
        <SettingsFrame entity=entity room=Room::Keys>
            <div class="section section--first">
                <ListHead
                    title="Access keys"
                    count=Signal::derive(move || listing.state.with(|list| list.rows))
                    about="For sources, scripts and the wandb SDK. A key may do what its user may."
                >
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
                </ListHead>
                {live(move || {
                    admin
                        .get()
                        .map(|why| {
                            view! {
                                <div class="board">
                                    <Empty title="Only admins see the keys" text=why />
                                </div>
                            }
                        })
                })}
                <div hidden=bound(move || admin.with(Option::is_some))>
                <Board
                    label="Access keys"
                    listing=listing
                    class="table--cards table--keys"
                    columns=&COLUMNS
                    empty=|| {
                        view! { <Empty title="No keys yet" text="A key lets a program in, as the user who made it." /> }
                            .into_any()
                    }
                >
                    <For each=move || rows.get() key=|row| (row.id.clone(), row.last_used_at.clone()) children=row />
                </Board>
                </div>
            </div>
            <Dialog open=making title=|| "New key".into_any() glyph=Glyph::Key on_submit=make body=body foot=foot />
            <Removal of=doomed words=REVOKE list=path />
        </SettingsFrame>
    }
}
