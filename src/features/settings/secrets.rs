//! Secrets: names and where they are used. A value goes in and never comes out.

use hookboard_api::{
    account::Role,
    list::List,
    problem::UsedBy,
    secret::{Secret, SecretValue, check_name},
};
use leptos::{prelude::*, task::spawn_local};

use super::frame::{InUse, RefusedDialog};
use crate::{
    client::{Remote, calls, use_client, use_team},
    ui::{
        button::{Button, ButtonKind, IconButton},
        dialog::{Confirm, Dialog},
        feedback::{Empty, LoadError, SkeletonRows},
        field::{TextDraft, TextField},
        format::{day_and_minute, parse_time},
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
        entity.with_value(|entity| {
            client.changed(&calls::secrets(entity));
            client.changed(&calls::webhooks(entity));
        });
    };

    let writing = RwSignal::new(false);
    let replaced = RwSignal::new(None::<String>);
    let name = TextDraft::new("");
    let value = TextDraft::new("");
    let busy = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<String>);
    let open = move |of: Option<String>| {
        name.set(of.clone().unwrap_or_default());
        value.set("");
        failure.set(None);
        replaced.set(of);
        writing.set(true);
    };
    let save = move || {
        let (name_now, body) = (name.get_untracked(), SecretValue { value: value.get_untracked() });
        name.judge(check_name(&name_now, "/name").map(|error| error.message));
        value.judge(body.check().map(|error| error.message));
        let taken = replaced.with_untracked(Option::is_none)
            && rows.with_untracked(|rows| rows.iter().any(|secret| secret.name == name_now));
        if taken {
            name.fail("There is a secret of this name. Replace its value instead, or choose another name.");
        }
        if [name, value].iter().any(|draft| draft.error().with_untracked(Option::is_some))
            || busy.get_untracked().is_some()
        {
            return;
        }
        let path = entity.with_value(|entity| calls::secret(entity, &name_now));
        busy.set(Some("Saving…"));
        spawn_local(async move {
            let answer = client.put::<Option<serde::de::IgnoredAny>>(&path, &body, None).await;
            busy.try_set(None);
            match answer {
                Ok(_) => {
                    changed();
                    value.set("");
                    writing.try_set(false);
                    let verb = if replaced.get_untracked().is_some() { "Replaced" } else { "Saved" };
                    toasts.say(Glyph::Check, format!("{verb} {name_now}"));
                }
                Err(error) => {
                    name.judge(error.field("/name"));
                    value.judge(error.field("/value"));
                    if error.fields().is_empty() {
                        failure.try_set(Some(error.words()));
                    }
                }
            }
        });
    };

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
                            on_press=move || open(Some(replace.clone()))
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
    let title = move || match replaced.get_untracked() {
        Some(name) => view! { "Replace the value of " <code>{name}</code> }.into_any(),
        None => "New secret".into_any(),
    };
    let body = move || {
        let is_new = replaced.with_untracked(Option::is_none);
        view! {
            {is_new
                .then(|| {
                    view! {
                        <TextField
                            label="Name"
                            hint="Letters, digits and _. Payloads use it as ${NAME}."
                            mono=true
                            draft=name
                        />
                    }
                })}
            <TextField
                label="Value"
                hint=if is_new {
                    "It is sealed at once and never shown again."
                } else {
                    "The old value is gone at once. Where it signs, both sign for 24\u{a0}h."
                }
                kind="password"
                mono=true
                draft=value
            />
            {live(move || failure.get().map(|words| view! { <p class="field__error" role="alert">{words}</p> }))}
        }
        .into_any()
    };
    let foot = move || {
        view! {
            <Button on_press=move || writing.set(false)>"Cancel"</Button>
            <Button kind=ButtonKind::Primary submit=true busy=busy>
                {if replaced.get_untracked().is_some() { "Replace value" } else { "Save secret" }}
            </Button>
        }
        .into_any()
    };
    view! {
        <section class="section" id="secrets" aria-label="Secrets">
            <div class="section-head">
                <h2>"Secrets"</h2>
                <span class="tab__count">{live(move || rows.with(Vec::len))}</span>
                <p>"Written once, replaced at will, never shown again."</p>
                <div class="section-head__actions">
                    <Button glyph=Glyph::Plus refused=admin on_press=move || open(None)>
                        "New secret"
                    </Button>
                </div>
            </div>
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
            <Dialog open=writing title=title glyph=Glyph::Key on_submit=save body=body foot=foot />
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
        view! {
            <span class="chip">
                <Icon glyph=glyph />
                {user.name.clone()}
                <span class="muted">{user.role.clone()}</span>
            </span>
        }
    };
    view! { <span class="chips">{used_by.iter().map(chip).collect_view()}</span> }.into_any()
}

fn when(secret: &Secret) -> AnyView {
    let both = secret.both_sign_until.as_deref().and_then(parse_time).filter(|until| *until > now());
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
                        {format!("Both sign until {}", day_and_minute(until))}
                    </Badge>
                }
            })}
    }
    .into_any()
}
