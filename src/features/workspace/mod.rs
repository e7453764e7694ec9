//! The workspace of a project: a plot per metric of its runs, each with a bell that makes an alert.

mod alert;
mod bell;
mod plot;
mod runs;
mod scale;
mod sentence;

use std::{collections::HashMap, sync::Arc};

use hookboard_api::{
    automation::Automation,
    catalogue::{Point, Run},
    list::List,
};
use leptos::{html, prelude::*};

use crate::{
    client::{calls, use_client},
    route::{Place, Query, Room, use_router},
    ui::{
        button::{ButtonLink, IconButton, LinkButton},
        feedback::{Callout, Empty, LoadError, SkeletonRows},
        icon::Glyph,
        menu::{Menu, MenuItem},
        status::Tone,
    },
};
use alert::Alert;
use bell::Bell;
use plot::{Plot, Series, reach};
use runs::RunList;
use scale::{closer, moved, wider};

/// How many runs show until the reader says otherwise: as many as there are hues.
const SHOWN: usize = 5;

/// The workspace of a project.
#[component]
pub fn Workspace(
    /// The project.
    place: Place,
) -> impl IntoView {
    let client = use_client();
    let path = calls::runs(&place);
    let list = client.query::<List<Run>>({
        let path = path.clone();
        move || Some(path.clone())
    });
    let runs = Memo::new(move |_| list.with(|list| list.value.as_ref().map(|list| list.items.clone())));
    // Runs the reader has chosen; until then the newest.
    let chosen = RwSignal::new(None::<Vec<String>>);
    let shown = Memo::new(move |_| {
        let all = runs.get().unwrap_or_default();
        match chosen.get() {
            Some(ids) => all.into_iter().filter(|run| ids.contains(&run.id)).collect::<Vec<_>>(),
            None => all.into_iter().take(SHOWN).collect(),
        }
    });
    let metrics = Memo::new(move |_| {
        let of = |runs: &[Run]| {
            let mut names: Vec<String> = Vec::new();
            for name in runs.iter().flat_map(|run| &run.metrics) {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
            names
        };
        // With no run chosen the plots stay, and say so: an alert being written must not go.
        if shown.with(Vec::is_empty) {
            runs.with(|runs| of(runs.as_deref().unwrap_or_default()))
        } else {
            shown.with(|shown| of(shown))
        }
    });
    let watching = client.query::<List<Automation>>({
        let path = calls::automations(&place.entity, Some(&place), &Query::default());
        move || Some(path.clone())
    });
    let retry = Callback::new(move |()| client.refresh(&path));
    let docs = StoredValue::new(use_router().href(&Room::Reference.of(place.entity.clone())));
    let place = StoredValue::new(place);
    // Only these: what is asked for again must not take a plot, or an alert being written, away.
    let state = Memo::new(move |_| runs.with(|runs| runs.as_ref().map(Vec::is_empty)));
    let error = Memo::new(move |_| list.with(|list| list.error.clone()));
    live(move || match (state.get(), error.get()) {
        (None, Some(error)) => view! { <LoadError what="The runs" why=error.words() on_retry=retry /> }.into_any(),
        (None, None) => view! { <div class="board"><SkeletonRows label="Loading runs" /></div> }.into_any(),
        (Some(true), _) => view! {
            <div class="board">
                <Empty
                    title="No runs yet"
                    text="Send a run's metrics by POST …/runs/{run}/metrics, and they are drawn here as they come."
                    art=true
                >
                    <ButtonLink href=docs.get_value()>"Payload reference"</ButtonLink>
                </Empty>
            </div>
        }
        .into_any(),
        (Some(false), _) => {
            let panel = move |metric: String| {
                view! { <Panel metric=metric place=place.get_value() shown=shown watching=watching /> }
            };
            view! {
                <div class="workspace">
                    <RunList runs=Signal::derive(move || runs.get().unwrap_or_default()) shown=shown chosen=chosen />
                    <section class="charts" aria-label="Metrics">
                        <For each=move || metrics.get() key=String::clone children=panel />
                    </section>
                </div>
            }
            .into_any()
        }
    })
}

/// One metric: its head with the bell, and its plot.
#[component]
fn Panel(
    metric: String,
    place: Place,
    shown: Memo<Vec<Run>>,
    watching: Signal<crate::client::Remote<List<Automation>>>,
) -> impl IntoView {
    let points = RwSignal::new(HashMap::<String, Arc<Vec<Point>>>::new());
    let own = StoredValue::new(metric.clone());
    let with_metric = Memo::new(move |_| {
        let metric = own.get_value();
        let runs = shown.get();
        runs.into_iter().zip(0..).filter(|(run, _)| run.metrics.contains(&metric)).collect::<Vec<(Run, usize)>>()
    });
    let series = Signal::derive(move || {
        let points = points.get();
        with_metric.with(|runs| {
            let one = |(run, index): &(Run, usize)| {
                let points = points.get(&run.id)?;
                Some(Series { name: run.name.clone(), hue: index % SHOWN + 1, points: Arc::clone(points) })
            };
            runs.iter().filter_map(one).collect::<Vec<_>>()
        })
    });
    let alert = Alert::new(place.clone(), metric.clone());
    let label = metric.clone();
    let limit = Signal::derive(move || series.with(|series| alert.limit(series)));
    let (log, zoom, large) = (RwSignal::new(false), RwSignal::new(None), RwSignal::new(false));
    let figure: NodeRef<html::Section> = NodeRef::new();
    let alerts = Signal::derive(move || {
        let metric = own.get_value();
        let watches = |one: &Automation| {
            one.trigger.metrics.as_ref().is_some_and(|all| all.rules.iter().any(|rule| rule.metric() == metric))
        };
        watching.with(|list| list.value.as_ref().map_or(0, |list| list.items.iter().filter(|one| watches(one)).count()))
    });
    let span = Signal::derive(move || series.with(|series| reach(series)));
    let items = move |()| {
        let (all, now) = (span.get_untracked(), zoom.get_untracked());
        let whole = || "The plot shows all steps.".to_owned();
        let zooms = |glyph, label, to: Option<Option<(f64, f64)>>, reason: &str| {
            let refused = to.is_none().then(|| reason.to_owned());
            MenuItem::new(glyph, label, move || zoom.set(to.flatten())).refused(refused)
        };
        let in_ = all.and_then(|all| closer(all, now, None)).map(Some);
        let out = all.zip(now).map(|(all, now)| wider(all, now, None));
        let shift = |part| all.zip(now).and_then(|(all, now)| moved(all, now, part)).map(Some);
        let mut items = vec![
            MenuItem::new(Glyph::Project, if log.get_untracked() { "Linear scale" } else { "Log scale" }, move || {
                log.update(|log| *log = !*log);
            }),
            zooms(Glyph::Plus, "Zoom in", in_, "There are no steps in between."),
            zooms(Glyph::Minus, "Zoom out", out, &whole()),
        ];
        if now.is_some() {
            items.extend([
                zooms(Glyph::ArrowLeft, "Earlier steps", shift(-0.5), "There are none."),
                zooms(Glyph::ArrowRight, "Later steps", shift(0.5), "There are none."),
            ]);
        }
        items
            .push(MenuItem::new(Glyph::Retry, "Reset zoom", move || zoom.set(None)).refused(now.is_none().then(whole)));
        items
    };
    let failed = RwSignal::new(Vec::<Failed>::new());
    let empty = Memo::new(move |_| {
        let runs = with_metric.with(|runs| runs.iter().map(|(run, _)| run.id.clone()).collect::<Vec<_>>());
        if runs.is_empty() {
            return Some("No run is chosen. Choose one in the list of runs.");
        }
        let all = points.with(|points| runs.iter().all(|id| points.get(id).is_some_and(|points| points.is_empty())));
        all.then_some("The runs shown have no points of this metric yet.")
    });
    let load = move |run: Run| {
        view! { <Points place=place.clone() metric=own.get_value() run=run into=points failed=failed /> }
    };
    let name = metric.clone();
    view! {
        <section
            node_ref=figure
            class="board panel"
            aria-label=label
            data-size=bound(move || large.get().then_some("large"))
        >
            <For each=move || with_metric.get() key=|(run, _)| run.id.clone() children=move |(run, _)| load(run) />
            <div class="panel__head">
                <h2 class="panel__title mono truncate">{name.clone()}</h2>
                {live(move || {
                    zoom.get().map(|_| view! { <LinkButton on_press=move || zoom.set(None)>"Reset zoom"</LinkButton> })
                })}
                <div class="panel__tools" data-state=bound(move || (alert.is_open() || alerts.get() > 0).then_some("shown"))>
                    <Bell alert=alert alerts=alerts series=series />
                    <IconButton
                        glyph=Glyph::Expand
                        label=format!("Enlarge {name}")
                        on_press=move || large.update(|large| *large = !*large)
                    />
                    <Menu label=format!("More for {name}") title=name.clone() items=Callback::new(items) />
                </div>
            </div>
            <Refused failed=failed />
            <Plot metric=metric series=series empty=empty limit=limit log=log zoom=zoom />
        </section>
    }
}

/// A run whose points could not be loaded.
#[derive(Clone, PartialEq)]
struct Failed {
    id: String,
    name: String,
    why: String,
    path: String,
}

/// Says which runs are missing in a plot, and tries again.
#[component]
fn Refused(failed: RwSignal<Vec<Failed>>) -> impl IntoView {
    let client = use_client();
    let retry = move || failed.get_untracked().iter().for_each(|one| client.refresh(&one.path));
    live(move || {
        failed.with(|failed| {
            let why = failed.first()?.why.clone();
            let names = failed.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(", ");
            let action = ViewFn::from(move || view! { <LinkButton on_press=retry>"Try again"</LinkButton> }.into_any());
            Some(view! {
                <Callout tone=Tone::Danger glyph=Glyph::XCircle alert=true action=action>
                    <b class="strong">{format!("{names} could not be loaded.")}</b>
                    " "
                    {why}
                </Callout>
            })
        })
    })
}

/// Keeps the points of one run in `into` while it shows, or tells in `failed` why it has none.
#[component]
fn Points(
    place: Place,
    metric: String,
    run: Run,
    into: RwSignal<HashMap<String, Arc<Vec<Point>>>>,
    failed: RwSignal<Vec<Failed>>,
) -> impl IntoView {
    let client = use_client();
    let path = calls::points(&place, &run.id, &metric);
    let found = client.query::<List<Point>>({
        let path = path.clone();
        move || Some(path.clone())
    });
    let id = run.id.clone();
    Effect::new(move || {
        if let Some(list) = found.with(|found| found.value.clone()) {
            into.update(|all| {
                all.insert(id.clone(), Arc::new(list.items.clone()));
            });
        }
    });
    let error = Memo::new(move |_| found.with(|found| found.error.clone()));
    let (id, name) = (run.id.clone(), run.name);
    Effect::new(move || {
        let error = error.get();
        let was = failed.with_untracked(|failed| failed.iter().any(|one| one.id == id));
        if error.is_none() && !was {
            return;
        }
        failed.update(|failed| {
            failed.retain(|one| one.id != id);
            failed.extend(error.map(|error| Failed {
                id: id.clone(),
                name: name.clone(),
                why: error.words(),
                path: path.clone(),
            }));
        });
    });
    on_cleanup(move || {
        // The panel itself may be gone already.
        into.try_update(|all| all.remove(&run.id));
        failed.try_update(|failed| failed.retain(|one| one.id != run.id));
    });
}
