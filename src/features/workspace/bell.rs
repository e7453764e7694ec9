//! The bell of a plot, and the form that opens from it.

use hookboard_api::{
    EventType, account::Role, automation::Automation, list::List, problem::FieldError, webhook::Webhook,
};
use leptos::{
    html,
    prelude::*,
    task::{spawn_local, tick},
};

use super::{
    alert::{Alert, first_met},
    plot::Series,
    sentence::sentence,
};
use crate::{
    client::{ApiError, calls, use_client, use_team},
    features::payload::Example,
    route::use_router,
    ui::{
        button::{Button, ButtonKind, IconButton},
        feedback::Callout,
        icon::{Glyph, Icon},
        ids::new_id,
        overlay::{Edge, is_open, place as put, set_length},
        pick::{Offer, Pick},
        status::Tone,
        toast::use_toasts,
        toggle::Segmented,
    },
};

/// The events a bell can watch, with their words.
const KINDS: [(EventType, &str); 3] = [
    (EventType::RunMetricThreshold, "Threshold"),
    (EventType::RunMetricChange, "Change"),
    (EventType::RunMetricZscore, "Outlier"),
];

/// Space between a plot and the form beside it, in pixels.
const GAP: f64 = 8.0;

/// The bell, and the form that opens from it.
#[component]
pub(super) fn Bell(
    /// The alert it writes.
    alert: Alert,
    /// How many automations watch the metric already.
    alerts: Signal<usize>,
    /// The runs in sight: what it would have done to them is said beside the form.
    series: Signal<Vec<Series>>,
) -> impl IntoView {
    let team = use_team();
    let id = new_id();
    let metric = untrack(|| alert.rule().metric);
    let button: NodeRef<html::Button> = NodeRef::new();
    let panel: NodeRef<html::Div> = NodeRef::new();
    let toggled = move |_| alert.open.set(panel.get_untracked().is_some_and(|panel| is_open(&panel)));
    let show = move || {
        let (Some(button), Some(panel)) = (button.get_untracked(), panel.get_untracked()) else { return };
        series.with_untracked(|series| alert.begin(series));
        alert.open.set(true);
        // Fails only for one that is open already.
        let _ = panel.show_popover();
        spawn_local(async move {
            // Once its form is drawn, and before the next key is heard.
            tick().await;
            beside(&button, &panel);
            use wasm_bindgen::JsCast;
            let first = panel.query_selector("select, input").ok().flatten();
            if let Some(first) = first.and_then(|first| first.dyn_into::<web_sys::HtmlElement>().ok()) {
                // A field that cannot take the focus leaves it where it is.
                let _ = first.focus();
            }
        });
    };
    let close = Callback::new(move |()| {
        let Some(panel) = panel.get_untracked().filter(|panel| is_open(panel)) else { return };
        // It is open: hiding it cannot fail.
        let _ = panel.hide_popover();
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    });
    let press = move |event: web_sys::MouseEvent| {
        // The browser would open it, and tell of that after the next key.
        event.prevent_default();
        if panel.get_untracked().is_some_and(|panel| is_open(&panel)) {
            close.run(());
        } else {
            show();
        }
    };
    let label = {
        let metric = metric.clone();
        move || match alerts.get() {
            0 => format!("Alert on {metric}"),
            1 => format!("Alert on {metric}; 1 automation watches it"),
            many => format!("Alert on {metric}; {many} automations watch it"),
        }
    };
    let title_id = format!("{id}-title");
    let labelled = title_id.clone();
    let refused = team.refusal(Role::Admin);
    view! {
        <button
            node_ref=button
            class="icon-button panel__bell"
            type="button"
            aria-haspopup="dialog"
            aria-expanded=bound(move || alert.open.get().to_string())
            aria-label=bound(label)
            popovertarget=id.clone()
            on:click=handler(press)
        >
            <Icon glyph=Glyph::Bell />
            {live(move || (alerts.get() > 0).then(|| alerts.get().to_string()))}
        </button>
        <div
            node_ref=panel
            class="popover popover--panel"
            id=id
            role="dialog"
            aria-labelledby=labelled
            popover="auto"
            on:toggle=handler(toggled)
            on:keydown=handler(move |event: web_sys::KeyboardEvent| {
                // Within a shadow root the popover itself would lose the focus.
                if event.key() == "Escape" && !event.default_prevented() {
                    event.prevent_default();
                    close.run(());
                }
            })
        >
            <div class="popover__head">
                <h3 class="popover__title" id=title_id>
                    "Alert on " <span class="mono">{metric}</span>
                </h3>
                <span class="push"></span>
                <IconButton glyph=Glyph::X label="Close" on_press=move || close.run(()) />
            </div>
            {live(move || {
                // Made when it is first wanted: a page of plots has many bells.
                alert.open.get().then(|| view! { <Form alert=alert series=series refused=refused on_done=close /> })
            })}
        </div>
    }
}

/// Puts the form beside its plot, so that the limit can be seen moving; below the bell where there is
/// no room on either side.
fn beside(button: &web_sys::Element, panel: &web_sys::HtmlElement) {
    let figure = button.closest(".panel").ok().flatten().map(|figure| figure.get_bounding_client_rect());
    let length = |value: Result<wasm_bindgen::JsValue, _>| value.ok()?.as_f64();
    let room = web_sys::window().and_then(|window| length(window.inner_width()).zip(length(window.inner_height())));
    let (Some(figure), Some((width, height))) = (figure, room) else { return };
    let size = panel.get_bounding_client_rect();
    put(button, panel, Edge::End);
    let (after, before) = (figure.right() + GAP, figure.left() - GAP - size.width());
    let left = if after + size.width() + GAP <= width { after } else { before };
    if left >= GAP {
        set_length(panel, "left", left);
        let top = figure.top().min(height - size.height() - GAP).max(GAP);
        set_length(panel, "top", top);
        // It may grow, by what is wrong with it; it then scrolls within.
        set_length(panel, "max-height", height - top - GAP);
    }
}

#[component]
fn Form(
    alert: Alert,
    series: Signal<Vec<Series>>,
    refused: Signal<Option<String>>,
    on_done: Callback<()>,
) -> impl IntoView {
    let (client, router, toasts) = (use_client(), use_router(), use_toasts());
    let place = alert.door.with_value(|door| door.place.clone());
    let entity = place.entity.clone();
    let webhooks = client.query::<List<Webhook>>({
        let path = calls::webhooks(&entity);
        move || Some(path.clone())
    });
    let offers = Signal::derive(move || {
        let mut all = Vec::new();
        webhooks.with(|list| {
            let words = match (&list.value, &list.error) {
                (Some(_), _) => "Choose a webhook",
                (None, Some(_)) => "The webhooks could not be loaded",
                (None, None) => "Loading the webhooks…",
            };
            all.push(Offer::new("", words));
            let items = list.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            all.extend(items.iter().map(|webhook| Offer::new(&webhook.id, &webhook.settings.name)));
        });
        all.push(Offer::new("record", "Record only, send nothing"));
        all
    });
    let busy = RwSignal::new(None::<&'static str>);
    let faults = RwSignal::new(Vec::<String>::new());
    let template = move || Example::Generic.text(alert.draft.with_untracked(|draft| draft.event));
    let draft_of = StoredValue::new(place.clone());
    let create = move || {
        if busy.get_untracked().is_some() {
            return;
        }
        let place = draft_of.get_value();
        let new = alert.draft.with_untracked(|draft| draft.automation(&place, &template()));
        let found: Vec<FieldError> = alert.draft.with_untracked(|draft| draft.faults(&place));
        if !found.is_empty() {
            faults.set(found.into_iter().map(|fault| fault.message).collect());
            return;
        }
        faults.set(Vec::new());
        busy.set(Some("Creating…"));
        let path = calls::team(&place.entity, "automations");
        spawn_local(async move {
            let answer: Result<Automation, ApiError> = client.create(&path, &new).await;
            busy.try_set(None);
            match answer {
                Ok(made) => {
                    client.changed(&path);
                    toasts.say(Glyph::Bell, format!("Created “{}”", made.name));
                    on_done.try_run(());
                }
                // Told beside the form, or, where that was closed meanwhile, in its stead.
                Err(error) => {
                    if let Some(words) = faults.try_set(vec![error.words()]) {
                        toasts.fail(words.join(" "));
                    }
                }
            }
        });
    };
    let more = move || {
        let address = alert.door.with_value(|door| {
            door.keep(alert.draft.get_untracked(), template());
            door.address()
        });
        router.go_to(&address);
    };
    let kind = move || alert.draft.with(|draft| draft.event.as_str().to_owned());
    let kinds = KINDS.map(|(event, words)| (event.as_str().to_owned(), words.to_owned())).to_vec();
    let choose_kind = move |chosen: String| {
        if let Some((event, _)) = KINDS.into_iter().find(|(event, _)| event.as_str() == chosen) {
            alert.draft.update(|draft| {
                let from = draft.event;
                draft.event = event;
                for rule in &mut draft.rules {
                    rule.moved(from, event);
                }
            });
        }
    };
    let destination = new_id();
    let chosen = Signal::derive(move || {
        alert.draft.with(|draft| if draft.record { "record".to_owned() } else { draft.webhook.clone() })
    });
    let choose = move |id: String| {
        alert.draft.update(|draft| {
            draft.record = id == "record";
            draft.webhook = if draft.record { String::new() } else { id };
        });
    };
    let would = move || {
        let event = alert.draft.with(|draft| draft.event);
        let draft = alert.rule();
        draft.is_whole(event).then(|| {
            let rule = draft.rule(event);
            series.with(|series| {
                let met: Vec<String> = series
                    .iter()
                    .filter(|one| first_met(&rule, &one.points).is_some())
                    .map(|one| one.name.clone())
                    .collect();
                let names = if met.is_empty() { ".".to_owned() } else { format!(": {}.", met.join(", ")) };
                let words = match (met.len(), series.len()) {
                    (0, 1) => "It would not have fired in the run shown.".into_any(),
                    (_, 1) => format!("It would have fired in the run shown{names}").into_any(),
                    (fired, shown) => view! {
                        "It would have fired in "
                        <b class="strong">{fired}</b>
                        {format!(" of the {shown} runs shown{names}")}
                    }
                    .into_any(),
                };
                view! {
                    <Callout tone=Tone::Info glyph=Glyph::History>
                        {words}
                    </Callout>
                }
            })
        })
    };
    view! {
        <form
            class="popover__body"
            on:submit=handler(move |event: web_sys::SubmitEvent| {
                event.prevent_default();
                if refused.with_untracked(Option::is_none) {
                    create();
                }
            })
        >
            <Segmented label="Kind of condition" value=Signal::derive(kind) choices=kinds on_choose=choose_kind />
            {live(move || sentence(alert, alert.draft.with(|draft| draft.event)))}
            <div class="field">
                <label class="field__label" for=destination.clone()>
                    "Send to"
                </label>
                <Pick id=destination value=chosen offers=offers on_choose=choose />
                <p class="field__hint">"The run, the metric and its value. At most once per run in 24\u{a0}h."</p>
            </div>
            {live(would)}
            {live(move || {
                let words = faults.with(|faults| faults.join(" "));
                (!words.is_empty())
                    .then(|| {
                        view! {
                            <Callout tone=Tone::Danger glyph=Glyph::XCircle alert=true>
                                {words}
                            </Callout>
                        }
                    })
            })}
            // Enter in a field creates it: the button that says so stands in the foot.
            <input type="submit" hidden />
        </form>
        <div class="popover__foot">
            <Button kind=ButtonKind::Quiet small=true refused=refused on_press=more>
                "More options"
            </Button>
            <span class="push"></span>
            <Button small=true on_press=move || on_done.run(())>
                "Cancel"
            </Button>
            <Button kind=ButtonKind::Primary small=true busy=busy refused=refused on_press=create>
                "Create alert"
            </Button>
        </div>
    }
}
