//! One automation by itself: what it does, how it has been doing, what it sends.

use hookboard_api::{
    account::Role,
    automation::{Action, Automation, Bulk},
    delivery::Delivery,
    list::List,
    sentence::{scope_words, when},
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    actions::{Actions, place_of},
    as_code::AsCode,
    passed::PassedOver,
    revisions::Revisions,
    row::loose_pattern,
    snooze::{self, SnoozeNotice, snoozer},
    test_dialog::TestDialog,
};
use crate::{
    client::{ApiError, calls, use_client, use_team},
    features::reference::painted,
    route::{Place, PlaceTab, Query, Room, Route, use_router},
    ui::{
        button::{Button, ButtonKind, ButtonLink},
        dialog::Confirm,
        feedback::{Callout, Empty, LoadError, SkeletonRows},
        focus::Heading,
        format::{span, with_team},
        icon::Glyph,
        menu::{Menu, MenuItem},
        outcome::{last_result, last_results, look, never_fired, short_code},
        rule::{RuleSentence, Then},
        status::{Status, Tone},
        time::Ago,
        toggle::Switch,
    },
};

/// The page of one automation.
#[component]
pub fn AutomationPage(
    /// The place it watches.
    place: Place,
    /// Its id.
    id: String,
) -> impl IntoView {
    let client = use_client();
    let path = calls::automation(&place.entity, &id, "");
    let query = client.query::<Automation>({
        let path = path.clone();
        move || Some(path.clone())
    });
    let loaded = Memo::new(move |_| query.with(|query| query.value.as_deref().cloned()));
    let present = Memo::new(move |_| loaded.with(Option::is_some));
    // What is gone is not there to be changed, whatever was known of it.
    let gone = Memo::new(move |_| query.with(|query| query.error.as_ref().is_some_and(ApiError::is_missing)));
    let failed = Memo::new(move |_| query.with(|query| query.error.is_some()));
    let entity = place.entity;
    view! {
        <div class="page">
            {live(move || {
                let path = path.clone();
                query
                    .with(|query| query.error.clone())
                    .map(|error| {
                        if error.is_missing() {
                            view! {
                                <Empty
                                    title="This automation is not there"
                                    text="It was deleted, or you may not see it. What it sent stays in History."
                                />
                            }
                                .into_any()
                        } else {
                            view! {
                                <LoadError
                                    what="The automation"
                                    why=error.words()
                                    on_retry=move || client.refresh(&path)
                                />
                            }
                                .into_any()
                        }
                    })
            })}
            {live(move || {
                let entity = entity.clone();
                // Both are followed, whatever there is yet.
                let (present, gone) = (present.get(), gone.get());
                match loaded.get_untracked() {
                    Some(first) if present && !gone => {
                        let automation = Memo::new(move |_| loaded.get().unwrap_or_else(|| first.clone()));
                        view! { <Loaded automation=automation entity=entity /> }.into_any()
                    }
                    _ => {
                        view! {
                            <h1 class="visually-hidden" tabindex="-1">"Automation"</h1>
                            {(!failed.get())
                                .then(|| view! { <SkeletonRows label="Loading the automation" /> })}
                        }
                            .into_any()
                    }
                }
            })}
        </div>
    }
}

#[component]
fn Loaded(automation: Memo<Automation>, entity: String) -> impl IntoView {
    let (router, team) = (use_router(), use_team());
    let actions = Actions::new(&entity);
    let admin = team.refusal(Role::Admin);
    let member = team.refusal(Role::Member);
    let shown = RwSignal::new(None::<bool>);
    Effect::new(move || {
        automation.track();
        shown.set(None);
    });
    let on = Signal::derive(move || shown.get().unwrap_or_else(|| automation.with(|automation| automation.enabled)));
    let tested = RwSignal::new(None::<Automation>);
    let asking = RwSignal::new(false);
    let deleting = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<String>);
    let records = move || automation.with(|automation| automation.action == Action::Record);
    let untestable = Signal::derive(move || {
        member.get().or_else(|| records().then(|| "It only records: there is nothing to send.".to_owned()))
    });
    let delete = move || {
        let doomed = automation.get_untracked();
        deleting.set(Some("Deleting…"));
        let answer = actions.bulk(vec![doomed.id.clone()], Bulk::Delete);
        spawn_local(async move {
            let answer = answer.await;
            deleting.try_set(None);
            match answer {
                Ok(_) => {
                    actions.toasts().say(Glyph::Trash, format!("Deleted “{}”", doomed.name));
                    router.replace(&Route::Place(place_of(&doomed), PlaceTab::Automations));
                }
                Err(error) => drop(failure.try_set(Some(error.words()))),
            }
        });
    };
    let snooze = snoozer(automation);
    let items = move |()| {
        let now = automation.get_untracked();
        let mut all = snooze::items(&now, snooze, admin.get_untracked().as_ref());
        all.extend([
            MenuItem::new(Glyph::Duplicate, "Duplicate", move || actions.duplicate(&now))
                .refused(admin.get_untracked()),
            MenuItem::new(Glyph::Trash, "Delete…", move || {
                failure.set(None);
                asking.set(true);
            })
            .danger()
            .refused(admin.get_untracked()),
        ]);
        all
    };
    let name = move || automation.with(|automation| automation.name.clone());
    view! {
        <div class="page-head">
            <div class="page-head__text">
                <div class="page-head__title">
                    <Heading>{live(name)}</Heading>
                </div>
                {live(move || {
                    automation
                        .with(|automation| {
                            view! {
                                <p>
                                    <RuleSentence
                                        when=when(&automation.trigger, &automation.scope)
                                        then=Then::of(automation)
                                    />
                                </p>
                                {(!automation.description.is_empty())
                                    .then(|| view! { <p class="page-head__note">{automation.description.clone()}</p> })}
                            }
                        })
                })}
            </div>
            <div class="page-head__actions">
                <label class="switch-line">
                    <span>{live(move || if on.get() { "Enabled" } else { "Disabled" })}</span>
                    <Switch
                        on=on
                        label=automation.with_untracked(|automation| format!("Enabled: {}", automation.name))
                        refused=admin
                        on_switch=move |wanted: bool| actions.enable(&automation.get_untracked(), wanted, shown)
                    />
                </label>
                <Button
                    glyph=Glyph::Send
                    refused=untestable
                    on_press=move || tested.set(Some(automation.get_untracked()))
                >
                    "Test"
                </Button>
                <Button
                    kind=ButtonKind::Primary
                    glyph=Glyph::Pencil
                    refused=admin
                    on_press=move || actions.edit(&automation.get_untracked())
                >
                    "Edit"
                </Button>
                <Menu
                    label="More actions"
                    title="More actions"
                    class="button icon-only"
                    items=Callback::new(items)
                />
            </div>
        </div>
        {live(move || automation.with(notices))}
        <SnoozeNotice automation=automation snooze=snooze />
        {live(move || automation.with(facts))}
        <RecentDeliveries automation=automation entity=entity.clone() />
        <PassedOver automation=automation entity=entity.clone() />
        {live(move || {
            automation
                .with(|automation| match &automation.action {
                    Action::Webhook { template: Some(template), .. } => {
                        let painted = painted(template, automation.trigger.event);
                        view! {
                            <section class="section" aria-label="Payload">
                                <div class="section-head">
                                    <h2>"Payload"</h2>
                                    <p>"As it is stored; variables are filled in when an event matches."</p>
                                </div>
                                <div class="codeblock" tabindex="0" role="region" aria-label="Payload template" data-wrap="">
                                    <pre>{painted}</pre>
                                </div>
                            </section>
                        }
                            .into_any()
                    }
                    _ => ().into_any(),
                })
        })}
        <Revisions automation=automation entity=entity />
        <AsCode automation=automation />
        <TestDialog of=tested />
        <Confirm
            open=asking
            title=move || view! { {format!("Delete “{}”?", name())} }.into_any()
            body=|| {
                view! { <p>"What it sent stays in History. Deliveries that still wait or are retried are stopped."</p> }
                    .into_any()
            }
            action="Delete automation"
            busy=deleting
            failure=failure
            on_confirm=delete
        />
    }
}

/// What the reader should know before anything else.
fn notices(automation: &Automation) -> AnyView {
    let (router, team) = (use_router(), use_team());
    let paused = automation.webhook.as_ref().filter(|webhook| webhook.paused).map(|webhook| {
        let words = format!("{} is paused.", with_team(webhook.entity.as_deref(), &webhook.name));
        let owner = webhook.entity.clone().unwrap_or_else(|| automation.scope.entity.clone());
        // Who is not in the owner's team has no way to it.
        let href = team.role_in(&owner).map(|_| router.href(&Room::Webhooks.of(owner)));
        let link = move || href.clone().map(|href| view! { <a href=href>"Test webhook"</a> }).into_any();
        view! {
            <Callout
                tone=Tone::Warning
                glyph=Glyph::Pause
                action=link
            >
                <b class="strong">{words}</b>
                " Deliveries wait and none is dropped. A successful test lets you resume it."
            </Callout>
        }
    });
    let loose = loose_pattern(automation).map(|pattern| {
        let mended = hookboard_api::pattern::anchored(&pattern);
        view! {
            <Callout tone=Tone::Warning glyph=Glyph::Warning>
                "The pattern " <code class="code">{pattern}</code> " also matches within longer words. Write "
                <code class="code">{mended}</code> " to match it alone."
            </Callout>
        }
    });
    if paused.is_none() && loose.is_none() {
        return ().into_any();
    }
    view! { <div class="stack section-tight">{paused} {loose}</div> }.into_any()
}

fn facts(automation: &Automation) -> AnyView {
    let cooldown = automation.cooldown_s.filter(|seconds| *seconds > 0);
    let cooldown = match cooldown {
        Some(seconds) => span(i64::from(seconds) * 1_000),
        // What holds where none is set.
        None if automation.cooldown_s.is_none() && automation.trigger.event.is_run() => {
            "24\u{a0}h for each run".to_owned()
        }
        None => "None".to_owned(),
    };
    view! {
        <dl class="strip section-tight">
            <div>
                <dt>"Last fired"</dt>
                <dd>{last_result(&automation.activity, never_fired(automation))}</dd>
            </div>
            <div>
                <dt>"Last 20"</dt>
                <dd>{last_results(&automation.activity)}</dd>
            </div>
            <div>
                <dt>"Cooldown"</dt>
                <dd>{cooldown}</dd>
            </div>
            <div>
                <dt>"Version"</dt>
                <dd>{automation.revision.to_string()}</dd>
                <dd>"Changed " <Ago at=automation.updated_at.clone() /></dd>
            </div>
            <div>
                <dt>"Made by"</dt>
                <dd>{automation.author.clone()}</dd>
                <dd>
                    <Ago at=automation.created_at.clone() />
                </dd>
            </div>
        </dl>
        <p class="note section-tight">
            <crate::ui::icon::Icon glyph=Glyph::Info />
            <span>{scope_words(&automation.scope)}</span>
        </p>
    }
    .into_any()
}

#[component]
fn RecentDeliveries(automation: Memo<Automation>, entity: String) -> impl IntoView {
    let (client, router) = (use_client(), use_router());
    let id = Memo::new(move |_| automation.with(|automation| automation.id.clone()));
    let list = client.query::<List<Delivery>>({
        let entity = entity.clone();
        move || Some(calls::deliveries(&entity, &Query::default().with("automation", Some(&id.get()))))
    });
    let all = format!(
        "{}{}",
        Room::Deliveries.of(entity.clone()).path(),
        Query::default().with("automation", Some(&id.get_untracked())).suffix()
    );
    let all = router.href_to(&all);
    view! {
        <section class="section" aria-label="Recent deliveries">
            <div class="section-head">
                <h2>"Recent deliveries"</h2>
                <div class="section-head__actions">
                    <ButtonLink href=all>"Show all"</ButtonLink>
                </div>
            </div>
            <div class="board">
                {live(move || {
                    let entity = entity.clone();
                    let row = move |delivery: Delivery| {
                        let (tone, glyph, word) = look(delivery.state);
                        let code = short_code(delivery.status, delivery.outcome).unwrap_or_default();
                        let href = router.href(&Route::Delivery { entity: entity.clone(), id: delivery.id });
                        view! {
                            <li class="recent__row">
                                <Status tone=tone glyph=glyph text=word code=code />
                                <a class="row-title truncate" href=href>
                                    {hookboard_api::sentence::subject_words(&delivery.subject)}
                                    " "
                                    <span class="muted">{delivery.subject_detail}</span>
                                </a>
                                <span class="muted nowrap">
                                    <Ago at=delivery.created_at />
                                </span>
                            </li>
                        }
                    };
                    let remote = list.get();
                    match (remote.value, remote.error) {
                        (Some(list), _) if list.items.is_empty() => {
                            view! { <p class="board__note muted">"Nothing yet. It appears here when an event matches."</p> }
                                .into_any()
                        }
                        (Some(list), _) => {
                            view! {
                                <ul class="recent" role="list">
                                    {list.items.iter().take(8).cloned().map(row).collect_view()}
                                </ul>
                            }
                                .into_any()
                        }
                        (None, Some(error)) => {
                            view! { <p class="board__note">{error.words()}</p> }.into_any()
                        }
                        (None, None) => view! { <SkeletonRows label="Loading deliveries" /> }.into_any(),
                    }
                })}
            </div>
        </section>
    }
}
