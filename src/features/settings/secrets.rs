//! Secrets: names and where they are used. A value goes in and never comes out.

use hookboard_api::{account::Role, list::List, problem::UsedBy, secret::Secret};
use leptos::{prelude::*, task::spawn_local};

use super::{
    frame::{InUse, RefusedDialog},
    head::ListHead,
    secret_dialog::{SecretDialog, Writing},
};
use crate::{
    client::{Remote, calls, use_client, use_team},
    features::palette::on_command,
    ui::{
        button::{Button, IconButton},
        chip::Chip,
        dates::{Style, When},
        dialog::Confirm,
        feedback::{Empty, LoadError, SkeletonRows},
        format::{parse_time, with_team},
        icon::{Glyph, Icon},
        rows::follow,
        status::{Badge, Tone},
        time::{Ago, now},
        toast::use_toasts,
    },
};

/// The secrets of a team.
#[component]
pub(super) fn SecretsSection(
    /// The team's name.
    entity: String,
    /// Its secrets.
    secrets: Signal<Remote<List<Secret>>>,
) -> impl IntoView {
    let (client, team, toasts) = (use_client(), use_team(), use_toasts());
    let admin = team.refusal(Role::Admin);
    let rows = Memo::new(move |_| {
        secrets.with(|secrets| secrets.value.as_ref().map(|list| list.items.clone()).unwrap_or_default())
    });
    let entity = StoredValue::new(entity);
    let changed = move || {
        // Whoever has left the room needs none of it.
        let _ = entity.try_with_value(|entity| {
            client.changed(&calls::secrets(entity));
            client.changed(&calls::webhooks(entity));
        });
    };

    let writing = RwSignal::new(None::<Writing>);
    on_command("secret", move || writing.set(Some(Writing::New)));
    let names = Signal::derive(move || rows.with(|rows| rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>()));
    let dialog_entity = entity.get_value();

    let doomed = RwSignal::new(String::new());
    let asking = RwSignal::new(false);
    let deleting = RwSignal::new(None::<&'static str>);
    let delete_failure = RwSignal::new(None::<String>);
    let refused = RwSignal::new(None::<InUse>);
    let refuse = move |name: String, used_by: Vec<UsedBy>| {
        refused.set(Some(InUse {
            name,
            text: "It can be deleted once nothing needs it. Until then deliveries would fail. Its value can be replaced.",
            used_by,
        }));
    };
    let ask = move |secret: Secret| {
        if secret.used_by.is_empty() {
            doomed.set(secret.name);
            delete_failure.set(None);
            asking.set(true);
        } else {
            refuse(secret.name, secret.used_by);
        }
    };
    let delete = move || {
        let name = doomed.get_untracked();
        let path = entity.with_value(|entity| calls::secret(entity, &name));
        deleting.set(Some("Deleting…"));
        spawn_local(async move {
            let answer = client.delete(&path).await;
            deleting.try_set(None);
            match answer {
                Ok(()) => {
                    changed();
                    asking.try_set(false);
                    toasts.say(Glyph::Trash, format!("Deleted {name}"));
                }
                Err(error) if !error.used_by().is_empty() => {
                    asking.try_set(false);
                    refuse(name, error.used_by().to_vec());
                }
                Err(error) => drop(delete_failure.try_set(Some(error.words()))),
            }
        });
    };
    let row = move |secret: Secret| {
        let name = secret.name.clone();
        let (replace, replace_label) = (name.clone(), format!("Replace {name}"));
        let label = format!("Delete {name}");
        let secret = follow(rows, secret, |one, other| one.name == other.name);
        view! {
            <tr role="row">
                <th role="rowheader" scope="row" class="col-name">
                    <span class="mono strong">{name}</span>
                </th>
                <td role="cell" class="col-uses">
                    {live(move || secret.with(|secret| uses(&secret.used_by)))}
                </td>
                <td role="cell" class="col-when">
                    {live(move || secret.with(when))}
                </td>
                <td role="cell" class="col-act">
                    <span class="row">
                        <Button
                            small=true
                            refused=admin
                            on_press=move || writing.set(Some(Writing::Replace(replace.clone())))
                            attr:aria-label=replace_label
                        >
                            "Replace"
                        </Button>
                        <IconButton
                            glyph=Glyph::Trash
                            label=label
                            refused=admin
                            on_press=move || ask(secret.get_untracked())
                        />
                    </span>
                </td>
            </tr>
        }
    };
    view! {
        <section class="section" id="secrets" aria-label="Secrets">
            <ListHead
                title="Secrets"
                count=Signal::derive(move || secrets.with(|list| list.value.as_ref().map(|list| list.items.len())))
                about="Written once, replaced at will, never shown again."
            >
                <Button glyph=Glyph::Plus refused=admin on_press=move || writing.set(Some(Writing::New))>
                    "New secret"
                </Button>
            </ListHead>
            <div class="board">
                {live(move || {
                    let remote = secrets.get();
                    match (remote.value.as_ref().map(|list| list.items.is_empty()), remote.error) {
                        (_, Some(error)) => {
                            view! {
                                <LoadError
                                    what="The secrets"
                                    why=error.words()
                                    on_retry=move || changed()
                                />
                            }
                                .into_any()
                        }
                        (None, None) => view! { <SkeletonRows label="Loading secrets" /> }.into_any(),
                        (Some(true), None) => {
                            view! {
                                <Empty
                                    title="No secrets yet"
                                    text="A secret holds a token that webhooks send or sign with. It is stored sealed."
                                />
                            }
                                .into_any()
                        }
                        (Some(false), None) => ().into_any(),
                    }
                })}
                <table class="table table--secrets" role="table" aria-label="Secrets" hidden=bound(move || rows.with(Vec::is_empty))>
                    <thead role="rowgroup">
                        <tr role="row">
                            <th role="columnheader" scope="col" class="col-name">"Name"</th>
                            <th role="columnheader" scope="col">"Where it is used"</th>
                            <th role="columnheader" scope="col" class="col-when">"Last replaced"</th>
                            <th role="columnheader" scope="col" class="col-act">
                                <span class="visually-hidden">"Actions"</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">
                        <For each=move || rows.get() key=|row| row.name.clone() children=row />
                    </tbody>
                </table>
            </div>
            <SecretDialog entity=dialog_entity of=writing names=names />
            <Confirm
                open=asking
                title=move || view! { "Delete secret " <code>{doomed.get()}</code> "?" }.into_any()
                body=|| {
                    view! {
                        <p>
                            "The value is erased at once and cannot be brought back. Deliveries already in History keep their masked bodies."
                        </p>
                        <ul class="impact" role="list">
                            <li>
                                <Icon glyph=Glyph::Check />
                                <span>"No webhook and no payload uses it"</span>
                            </li>
                        </ul>
                    }
                        .into_any()
                }
                action="Delete secret"
                typed=doomed
                busy=deleting
                failure=delete_failure
                on_confirm=delete
            />
            <RefusedDialog of=refused />
        </section>
    }
}

fn uses(used_by: &[UsedBy]) -> AnyView {
    if used_by.is_empty() {
        return view! { <span class="muted">"Not used"</span> }.into_any();
    }
    let chip = |user: &UsedBy| {
        let glyph = if user.kind == "webhook" { Glyph::Endpoint } else { Glyph::Braces };
        view! { <Chip glyph=glyph words=with_team(user.entity.as_deref(), &user.name) role=user.role.clone() /> }
    };
    view! { <span class="chips">{used_by.iter().map(chip).collect_view()}</span> }.into_any()
}

fn when(secret: &Secret) -> AnyView {
    let both = secret.both_sign_until.clone().filter(|until| parse_time(until).is_some_and(|until| until > now()));
    view! {
        <span class="nowrap">
            <Ago at=secret.updated_at.clone() />
        </span>
        " "
        <span class="muted nowrap">{format!("by {}", secret.updated_by)}</span>
        {both
            .map(|until| {
                view! {
                    " "
                    <Badge tone=Tone::Info glyph=Glyph::Clock>
                        "Both sign until "
                        <When at=until style=Style::DayAndMinute />
                    </Badge>
                }
            })}
    }
    .into_any()
}
