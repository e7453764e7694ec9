//! The first step: what to wait for, where, and on which conditions.

use hookboard_api::{
    event::{EVENTS, EventSpec, Field},
    run::RunState,
    scope::PlaceKind,
    sentence::scope_words,
};
use leptos::prelude::*;

use super::{
    condition_list::{ConditionJson, ConditionList},
    draft::subject,
    fields::{Choice, DraftField, GroupError},
    known::{run_names, users},
    past_view::OnThePast,
    pattern_field::PatternField,
    rule_list::RuleList,
    state::Wizard,
};
use crate::{
    client::use_team,
    route::{Place, Route, use_router},
    ui::{
        feedback::Callout,
        format::counted,
        icon::Glyph,
        ids::new_id,
        pick::{Offer, PickField},
        status::Tone,
    },
};

/// What to wait for.
#[component]
pub(super) fn EventStep(
    /// The wizard.
    wizard: Wizard,
) -> impl IntoView {
    let event = wizard.part(|draft| draft.event);
    let as_json = wizard.part(|draft| draft.json.is_some());
    let shows = move |field: Field| {
        let spec = hookboard_api::event::event_spec(event.get());
        wizard.scope().with(|scope| spec.shows(field, scope))
    };
    let fields = move || {
        let event = event.get();
        view! {
            {event.is_run_metric().then(|| view! { <RuleList wizard=wizard event=event /> })}
            {shows(Field::States).then(|| view! { <States wizard=wizard /> })}
            {if as_json.get() {
                view! { <ConditionJson wizard=wizard /> }.into_any()
            } else {
                view! {
                    {subject(event).map(|path| view! { <PatternField wizard=wizard subject=path /> })}
                    {shows(Field::CollectionFilter)
                        .then(|| {
                            view! {
                                <DraftField
                                    wizard=wizard
                                    label="Collections"
                                    pointer="/collections"
                                    optional=true
                                    mono=true
                                    hint="A regular expression on the collection's name. Empty: every collection."
                                    value=wizard.part(|draft| draft.collections.clone())
                                    on_input=move |text: String| wizard.change(|draft| draft.collections = text)
                                />
                            }
                        })}
                    {shows(Field::RunFilter).then(|| view! { <RunFilter wizard=wizard /> })}
                    <ConditionList wizard=wizard />
                }
                    .into_any()
            }}
        }
    };
    view! {
        <div class="stack form-column">
            <Events wizard=wizard />
            {live(move || {
                let spec = hookboard_api::event::event_spec(event.get());
                spec.in_collection.then(|| view! { <Where wizard=wizard /> })
            })}
            {live(fields)}
        </div>
        <div class="stack form-split__aside">
            <OnThePast wizard=wizard />
            <Callout tone=Tone::Info glyph=Glyph::Info>
                {live(move || wizard.scope().with(scope_words))}
            </Callout>
        </div>
    }
}

/// The events that the place has.
#[component]
fn Events(wizard: Wizard) -> impl IntoView {
    let name = new_id();
    let place = hookboard_api::scope::Scope { collection: None, ..wizard.scope().get_untracked() };
    let choice = |spec: &'static EventSpec| {
        let checked = wizard.part(move |draft| draft.event == spec.event);
        view! {
            <Choice
                name=name.clone()
                checked=checked
                title=spec.title.to_owned()
                on_choose=move || wizard.change(|draft| draft.set_event(spec.event))
            />
        }
    };
    let choices = EVENTS.iter().filter(|spec| spec.allows(&place)).map(choice).collect_view();
    view! {
        <fieldset class="field">
            <legend class="field__label">"Event"</legend>
            <div class="choices choices--list">{choices}</div>
            <GroupError error=wizard.error("/event") />
            <Elsewhere wizard=wizard />
        </fieldset>
    }
}

/// Where the events are that this kind of place does not have.
#[component]
fn Elsewhere(wizard: Wizard) -> impl IntoView {
    const NAMED: usize = 3;
    let (router, team) = (use_router(), use_team());
    let (kind, words) = if wizard.in_registry() {
        (PlaceKind::Project, "Run events belong to projects.")
    } else {
        (PlaceKind::Registry, "Linking belongs to registries.")
    };
    let entity = StoredValue::new(wizard.place().entity);
    let link = move |name: &String| {
        let place = Place { entity: entity.get_value(), kind, name: name.clone() };
        view! { " " <a href=router.href(&Route::NewAutomation(place))>{name.clone()}</a> }
    };
    let links = move || {
        team.places(kind).with(|places| {
            let items = places.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            let names: Vec<String> = items.iter().map(|place| place.name.clone()).collect();
            (!names.is_empty()).then(|| {
                view! {
                    " Create one in"
                    {names.iter().take(NAMED).enumerate().map(|(at, name)| view! { {(at > 0).then_some(",")} {link(name)} }).collect_view()}
                    {(names.len() > NAMED).then_some(" or another one")} "."
                }
            })
        })
    };
    view! { <p class="field__hint">{words} {live(links)}</p> }
}

/// Every collection, or one.
#[component]
fn Where(wizard: Wizard) -> impl IntoView {
    let name = new_id();
    let place = wizard.place();
    let one = wizard.part(|draft| draft.one);
    let title = format!("Every collection of {}", place.name);
    let note = move || {
        wizard.collections().with(|list| {
            list.value.as_ref().map(|list| {
                format!("{} today, future ones too", counted(list.items.len() as u64, "collection", "collections"))
            })
        })
    };
    let offers = Signal::derive(move || {
        let mut all = vec![Offer::new("", "Choose a collection")];
        wizard.collections().with(|list| {
            let names = list.value.iter().flat_map(|list| &list.items).map(|one| one.name.clone());
            all.extend(names.map(|name| Offer::new(name.clone(), name)));
        });
        // One that is gone, or not here yet, still shows.
        let own = wizard.draft().with(|draft| draft.collection.clone());
        if !all.iter().any(|one| one.value == own) {
            all.push(Offer::new(own.clone(), own));
        }
        all
    });
    let loading = Signal::derive(move || wizard.collections().with(|list| list.value.is_none() && list.busy));
    view! {
        <fieldset class="field">
            <legend class="field__label">"Where"</legend>
            <div class="choices">
                <Choice
                    name=name.clone()
                    checked=Signal::derive(move || !one.get())
                    title=title
                    note=MaybeProp::derive(move || Some(note().unwrap_or_else(|| "Future ones too".to_owned())))
                    on_choose=move || wizard.change(|draft| draft.one = false)
                />
                <Choice
                    name=name
                    checked=one
                    title="One collection"
                    note="Choose it in the next field"
                    on_choose=move || wizard.change(|draft| draft.one = true)
                />
            </div>
        </fieldset>
        {live(move || {
            one.get()
                .then(|| {
                    view! {
                        <PickField
                            label="Collection"
                            error=wizard.error("/collection")
                            value=wizard.part(|draft| draft.collection.clone())
                            offers=offers
                            loading=loading
                            on_choose=move |name: String| {
                                wizard.touched("/collection");
                                wizard.change(|draft| draft.collection = name);
                            }
                        />
                    }
                })
        })}
    }
}

/// Whose runs, and which names.
#[component]
fn RunFilter(wizard: Wizard) -> impl IntoView {
    let users = Signal::derive(move || users(wizard));
    let names = Signal::derive(move || run_names(wizard));
    view! {
        <div class="choices">
            <DraftField
                wizard=wizard
                label="Runs of"
                pointer="/user"
                optional=true
                hint="A user's name. Empty: everyone's."
                proposals=users
                value=wizard.part(|draft| draft.user.clone())
                on_input=move |text: String| wizard.change(|draft| draft.user = text)
            />
            <DraftField
                wizard=wizard
                label="Run name"
                pointer="/run_name"
                optional=true
                mono=true
                hint="A regular expression. Empty: any name."
                proposals=names
                value=wizard.part(|draft| draft.run_name.clone())
                on_input=move |text: String| wizard.change(|draft| draft.run_name = text)
            />
        </div>
    }
}

/// Which states count.
#[component]
fn States(wizard: Wizard) -> impl IntoView {
    let line = move |state: RunState| {
        let checked = wizard.part(move |draft| draft.states.contains(&state));
        let toggle = move |event: web_sys::Event| {
            let wanted = event_target_checked(&event);
            wizard.touched("/states");
            wizard.leave("/states");
            wizard.change(|draft| {
                // In the order of the catalogue, whatever was clicked first.
                let chosen = |one: &RunState| if *one == state { wanted } else { draft.states.contains(one) };
                draft.states = RunState::ALL.into_iter().filter(chosen).collect();
            });
        };
        view! {
            <label class="check-line">
                <input class="checkbox" type="checkbox" prop:checked=boxed(move || checked.get()) on:change=handler(toggle) />
                <span>{state.as_str()}</span>
            </label>
        }
    };
    view! {
        <fieldset class="field">
            <legend class="field__label">"New state"</legend>
            <div class="row row-wrap">{RunState::ALL.map(line).collect_view()}</div>
            <GroupError error=wizard.error("/states") />
        </fieldset>
    }
}
