//! Webhooks: where they send, how they have been doing, who uses them.

use hookboard_api::{
    account::Role,
    list::List,
    problem::UsedBy,
    secret::Secret,
    webhook::{HealthState, Webhook, WebhookDraft},
};
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    frame::{InUse, RefusedDialog, SettingsFrame},
    head::ListHead,
    secret_dialog::{SecretDialog, Writing},
    secrets::SecretsSection,
    test_panel::TestPanel,
    webhook_form::{Editing, WebhookForm},
};
use crate::{
    client::{calls, use_client, use_team},
    features::palette::on_command,
    route::{Query, Room, Route, use_router},
    ui::{
        button::{Button, ButtonKind},
        dialog::Confirm,
        feedback::{Empty, LoadError, SkeletonRows},
        format::{count, counted},
        icon::{Glyph, Icon},
        menu::{Menu, MenuItem},
        outcome::{health_look, last_results},
        overlay::after_layout,
        rows::follow,
        status::Status,
        time::Countdown,
        toast::use_toasts,
    },
};

/// Webhooks and secrets of a team.
#[component]
pub fn WebhooksPage(
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let (client, router, team, toasts) = (use_client(), use_router(), use_team(), use_toasts());
    let admin = team.refusal(Role::Admin);
    let member = team.refusal(Role::Member);
    let webhooks = client.query::<List<Webhook>>({
        let path = calls::webhooks(&entity);
        move || Some(path.clone())
    });
    let secrets = client.query::<List<Secret>>({
        let path = calls::secrets(&entity);
        move || Some(path.clone())
    });
    let rows = Memo::new(move |_| {
        webhooks.with(|webhooks| webhooks.value.as_ref().map(|list| list.items.clone()).unwrap_or_default())
    });
    let secret_names = Signal::derive(move || {
        secrets.with(|secrets| {
            secrets
                .value
                .as_ref()
                .map(|list| list.items.iter().map(|one| one.name.clone()).collect())
                .unwrap_or_default()
        })
    });
    let team_name = StoredValue::new(entity.clone());

    let editing = RwSignal::new(None::<Editing>);
    on_command("webhook", move || editing.set(Some(Editing::New)));
    let doomed = RwSignal::new(None::<Webhook>);
    let asking = RwSignal::new(false);
    let deleting = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<String>);
    let refused = RwSignal::new(None::<InUse>);
    let refuse = move |name: String, used_by: Vec<UsedBy>| {
        refused.set(Some(InUse {
            name,
            text: "It can be deleted once no automation sends through it. Change or delete those first, or disable the webhook.",
            used_by,
        }));
    };
    let ask = move |webhook: Webhook| {
        if webhook.used_by.is_empty() {
            doomed.set(Some(webhook));
            failure.set(None);
            asking.set(true);
        } else {
            refuse(webhook.settings.name, webhook.used_by);
        }
    };
    let delete = move || {
        let (Some(webhook), entity) = (doomed.get_untracked(), team_name.get_value()) else { return };
        let path = calls::webhook(&entity, &webhook.id, "");
        deleting.set(Some("Deleting…"));
        spawn_local(async move {
            let answer = client.delete(&path).await;
            deleting.try_set(None);
            match answer {
                Ok(()) => {
                    client.changed(&calls::webhooks(&entity));
                    client.changed(&calls::secrets(&entity));
                    asking.try_set(false);
                    toasts.say(Glyph::Trash, format!("Deleted {}", webhook.settings.name));
                }
                Err(error) if !error.used_by().is_empty() => {
                    asking.try_set(false);
                    refuse(webhook.settings.name, error.used_by().to_vec());
                }
                Err(error) => drop(failure.try_set(Some(error.words()))),
            }
        });
    };
    let rotating = RwSignal::new(None::<Writing>);
    let switch = move |webhook: Webhook| {
        let entity = team_name.get_value();
        let path = calls::webhook(&entity, &webhook.id, "");
        let settings = WebhookDraft { enabled: !webhook.settings.enabled, ..webhook.settings };
        spawn_local(async move {
            match client.put::<Webhook>(&path, &settings, Some(webhook.revision)).await {
                Ok(now) => {
                    let words = if now.settings.enabled { "is enabled" } else { "is disabled; its deliveries wait" };
                    toasts.say(Glyph::Power, format!("{} {words}", now.settings.name));
                }
                Err(error) => toasts.fail(error.words()),
            }
            client.changed(&calls::webhooks(&entity));
        });
    };
    let tested = router.param("test");
    let show_test = move |id: Option<&str>| router.set_param("test", id);
    let row = move |webhook: Webhook| {
        let id = StoredValue::new(webhook.id.clone());
        let name = webhook.settings.name.clone();
        let webhook = follow(rows, webhook, |one, other| one.id == other.id);
        let open = Memo::new(move |_| tested.with(|tested| id.with_value(|id| tested.as_ref() == Some(id))));
        let items = move |()| {
            let now = webhook.get_untracked();
            let (edited, switched, gone) = (now.clone(), now.clone(), now.clone());
            let deliveries = {
                let query = Query::default().with("webhook", Some(&now.id));
                Room::Deliveries.of(team_name.get_value()).path() + &query.suffix()
            };
            let (signing, on) = (now.settings.signing_secret.clone(), now.settings.enabled);
            let unsigned = signing.is_none().then(|| "It signs with no secret. Edit it to choose one.".to_owned());
            vec![
                MenuItem::new(Glyph::Delivery, "View deliveries", move || router.go_to(&deliveries)),
                MenuItem::new(Glyph::Pencil, "Edit", move || {
                    editing.set(Some(Editing::Existing(Box::new(edited.clone()))));
                })
                .key("E")
                .refused(admin.get_untracked()),
                MenuItem::new(Glyph::Key, "Rotate signing secret…", move || {
                    rotating.set(signing.clone().map(Writing::Replace));
                })
                .refused(admin.get_untracked().or(unsigned)),
                MenuItem::new(Glyph::Power, if on { "Disable" } else { "Enable" }, move || switch(switched.clone()))
                    .refused(admin.get_untracked()),
                MenuItem::new(Glyph::Trash, "Delete…", move || ask(gone.clone()))
                    .key("Del")
                    .danger()
                    .refused(admin.get_untracked()),
            ]
        };
        let edit = move || editing.set(Some(Editing::Existing(Box::new(webhook.get_untracked()))));
        view! {
            <tr role="row" data-state=bound(move || open.get().then_some("open"))>
                <th role="rowheader" scope="row" class="col-name">
                    <span class="cell-stack">
                        {live(move || {
                            let title = webhook.with(|webhook| webhook.settings.name.clone());
                            if admin.with(Option::is_none) {
                                view! {
                                    <button class="link-button row-title" type="button" on:click=handler(move |_| edit())>
                                        {title}
                                    </button>
                                }
                                    .into_any()
                            } else {
                                view! { <span class="row-title">{title}</span> }.into_any()
                            }
                        })}
                        {live(move || {
                            let url = webhook.with(|webhook| webhook.settings.url.clone());
                            let short = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).to_owned();
                            view! {
                                <span class="mono muted truncate url" title=url>
                                    {short}
                                </span>
                            }
                        })}
                    </span>
                </th>
                <td role="cell" class="col-auth small">
                    {live(move || webhook.with(authentication))}
                </td>
                <td role="cell" class="col-used nowrap">
                    {live(move || {
                        let (own, others): (Vec<bool>, Vec<bool>) =
                            webhook.with(|webhook| webhook.used_by.iter().map(|user| user.entity.is_none()).partition(|own| *own));
                        let (users, others) = (own.len() as u64, others.len() as u64);
                        let query = Query::default().with("webhook", Some(&id.get_value()));
                        let list = Room::Automations.of(team_name.get_value()).path();
                        let href = router.href_to(&(list + &query.suffix()));
                        let elsewhere = (others > 0)
                            .then(|| view! { <span class="muted">{format!("{} in other teams", count(others))}</span> });
                        if users == 0 && others == 0 {
                            return view! { <span class="muted">"Not used"</span> }.into_any();
                        }
                        view! {
                            <span class="cell-stack">
                                {(users > 0)
                                    .then(|| view! { <a href=href>{counted(users, "automation", "automations")}</a> })}
                                {elsewhere}
                            </span>
                        }
                            .into_any()
                    })}
                </td>
                <td role="cell" class="col-health">
                    {live(move || webhook.with(health))}
                </td>
                <td role="cell" class="col-spark">
                    {live(move || webhook.with(|webhook| last_results(&webhook.health.activity)))}
                </td>
                <td role="cell" class="col-act">
                    <span class="row">
                        <Button
                            small=true
                            glyph=Glyph::Send
                            refused=member
                            on_press=move || {
                                let id = id.get_value();
                                show_test((!open.get_untracked()).then_some(id.as_str()));
                            }
                            attr:aria-expanded=move || open.get().to_string()
                            attr:aria-label=format!("Test {name}")
                        >
                            "Test"
                        </Button>
                        <Menu label=format!("Actions for {name}") title=name items=Callback::new(items) />
                    </span>
                </td>
            </tr>
            {live(move || {
                open.get()
                    .then(|| {
                        view! {
                            <tr role="row" class="row-panel">
                                <td role="cell" colspan="6">
                                    <TestPanel
                                        entity=team_name.get_value()
                                        webhook=webhook
                                        on_close=move || show_test(None)
                                    />
                                </td>
                            </tr>
                        }
                    })
            })}
        }
    };

    // The address of the secrets leads to their section of this page.
    let secrets_at: NodeRef<html::Div> = NodeRef::new();
    Effect::new(move || {
        let wanted = router.route().with(|route| matches!(route, Route::Team { room: Room::Secrets, .. }));
        let there = rows.with(|rows| !rows.is_empty());
        if let (true, true, Some(section)) = (wanted, there, secrets_at.get()) {
            after_layout(move || section.scroll_into_view());
        }
    });
    let retry = {
        let path = calls::webhooks(&entity);
        move || client.refresh(&path)
    };
    let form_entity = entity.clone();
    let frame_entity = entity.clone();
    view! {
        <SettingsFrame entity=frame_entity room=Room::Webhooks>
            <section class="section section--first" aria-label="Webhooks">
                <ListHead
                    title="Webhooks"
                    count=Signal::derive(move || webhooks.with(|list| list.value.as_ref().map(|list| list.items.len())))
                >
                    <Button glyph=Glyph::Plus refused=admin on_press=move || editing.set(Some(Editing::New))>
                        "New webhook"
                    </Button>
                </ListHead>
                <div class="board">
                    {live(move || {
                        let retry = retry.clone();
                        let remote = webhooks.get();
                        match (remote.value.as_ref().map(|list| list.items.is_empty()), remote.error) {
                            (_, Some(error)) => {
                                view! { <LoadError what="The webhooks" why=error.words() on_retry=retry /> }.into_any()
                            }
                            (None, None) => view! { <SkeletonRows label="Loading webhooks" /> }.into_any(),
                            (Some(true), None) => {
                                view! {
                                    <Empty
                                        title="No webhooks yet"
                                        text="A webhook is an address that automations POST to, with what it signs and authenticates with."
                                        art=true
                                    >
                                        <Button
                                            kind=ButtonKind::Primary
                                            glyph=Glyph::Plus
                                            refused=admin
                                            on_press=move || editing.set(Some(Editing::New))
                                        >
                                            "New webhook"
                                        </Button>
                                    </Empty>
                                }
                                    .into_any()
                            }
                            (Some(false), None) => ().into_any(),
                        }
                    })}
                    <table class="table table--webhooks" role="table" aria-label="Webhooks" hidden=bound(move || rows.with(Vec::is_empty))>
                        <thead role="rowgroup">
                            <tr role="row">
                                <th role="columnheader" scope="col">"Name and endpoint"</th>
                                <th role="columnheader" scope="col" class="col-auth">"Authentication"</th>
                                <th role="columnheader" scope="col" class="col-used">"Used by"</th>
                                <th role="columnheader" scope="col" class="col-health">"Health"</th>
                                <th role="columnheader" scope="col" class="col-spark">"Last 20"</th>
                                <th role="columnheader" scope="col" class="col-act">
                                    <span class="visually-hidden">"Actions"</span>
                                </th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            <For each=move || rows.get() key=|row| row.id.clone() children=row />
                        </tbody>
                    </table>
                </div>
            </section>
            <div node_ref=secrets_at class="scroll-target">
                <SecretsSection entity=entity secrets=secrets />
            </div>
            <WebhookForm entity=form_entity.clone() of=editing secrets=secret_names />
            <SecretDialog entity=form_entity of=rotating names=secret_names />
            <Confirm
                open=asking
                title=move || {
                    let name = doomed.with(|doomed| doomed.as_ref().map(|webhook| webhook.settings.name.clone()));
                    view! { "Delete webhook " <code>{name}</code> "?" }.into_any()
                }
                body=|| view! { <p>"No automation sends through it. Its deliveries stay in History."</p> }.into_any()
                action="Delete webhook"
                typed=Signal::derive(move || {
                    doomed.with(|doomed| doomed.as_ref().map(|webhook| webhook.settings.name.clone()).unwrap_or_default())
                })
                busy=deleting
                failure=failure
                on_confirm=delete
            />
            <RefusedDialog of=refused />
        </SettingsFrame>
    }
}

fn authentication(webhook: &Webhook) -> AnyView {
    let line = |glyph: Glyph, words: String| {
        view! {
            <span class="row gap-tight">
                <Icon glyph=glyph />
                <span class="truncate">{words}</span>
            </span>
        }
    };
    let settings = &webhook.settings;
    let token = settings.access_token.clone().map(|name| line(Glyph::Key, name));
    let signing = settings.signing_secret.clone().map(|name| line(Glyph::Shield, name));
    let none = (token.is_none() && signing.is_none()).then(|| line(Glyph::Minus, "No authentication".to_owned()));
    view! { <span class="cell-stack">{token} {signing} {none}</span> }.into_any()
}

fn health(webhook: &Webhook) -> AnyView {
    let health = &webhook.health;
    let waiting = |word: &str| match health.waiting {
        0 => word.to_owned(),
        waiting => format!("{word}, {waiting} waiting"),
    };
    let (tone, glyph, word) = health_look(health);
    let words = match health.state {
        HealthState::Paused | HealthState::Disabled => waiting(word),
        _ => word.to_owned(),
    };
    let share = match health.total_7d {
        0 => "Nothing sent in 7\u{a0}days".to_owned(),
        total => format!("{} of {total} in 7\u{a0}days", health.delivered_7d),
    };
    // A paused webhook gets one delivery now and then, to find out whether it answers again.
    let probe = health.probe_at.clone().map(|at| {
        view! { <span class="cell-sub">"Asked again " <Countdown at=at /></span> }
    });
    view! {
        <span class="cell-stack" title=health.reason.clone()>
            <Status tone=tone glyph=glyph text=words />
            <span class="cell-sub">{share}</span>
            {probe}
        </span>
    }
    .into_any()
}
