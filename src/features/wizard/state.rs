//! The wizard while it is open: the draft, what is wrong with it and since when that is told, and
//! what the steps know of the team.

use std::sync::Arc;

use hookboard_api::{
    account::Role,
    automation::{Automation, AutomationDraft, WebhookRef},
    backtest::BacktestDraft,
    catalogue::{Collection, Run},
    event::Event,
    list::List,
    problem::FieldError,
    sample::sample_values,
    scope::{PlaceKind, Scope},
    template::Names,
    trigger::Trigger,
    webhook::Webhook,
};
use leptos::prelude::*;
use serde_json::Value;

use super::{
    chosen::{NoWebhook, chosen},
    draft::Draft,
    keep::{self, Door},
    known::metadata,
    past::matching,
};
use crate::{
    client::{Client, Remote, calls, use_team},
    features::{
        automations::differences,
        payload::{Payload, Values},
    },
    route::{Place, Query, Router, Step},
    ui::{conflict::Difference, format::with_team},
};

/// All steps, in order.
pub const STEPS: [(Step, &str); 3] = [(Step::Event, "Event"), (Step::Action, "Action"), (Step::Review, "Review")];

/// The choice of a made-up event to preview with.
pub const MADE_UP: &str = "sample";

/// One open wizard: a handle to its parts, small enough to be handed to every field.
#[derive(Clone, Copy)]
pub struct Wizard {
    parts: StoredValue<Parts>,
}

#[derive(Clone, Copy)]
struct Parts {
    place: StoredValue<Place>,
    id: StoredValue<Option<String>>,
    key: StoredValue<String>,
    /// What the address says of the door.
    begun: StoredValue<Query>,
    client: Client,
    router: Router,
    kept: StoredValue<bool>,
    draft: RwSignal<Draft>,
    template: RwSignal<String>,
    payload: Payload,
    step: Memo<Step>,
    scope: Memo<Scope>,
    faults: Memo<Vec<FieldError>>,
    left: RwSignal<Vec<String>>,
    tried: RwSignal<Option<Step>>,
    refused: RwSignal<Vec<FieldError>>,
    owner: Memo<String>,
    closed: Memo<bool>,
    borrowed: Memo<bool>,
    lent: Signal<Remote<List<WebhookRef>>>,
    webhooks: Signal<Remote<List<Webhook>>>,
    collections: Signal<Remote<List<Collection>>>,
    events: Signal<Remote<List<Event>>>,
    matching: Memo<Vec<Arc<Event>>>,
    tried_on: Memo<BacktestDraft>,
    runs: Signal<Remote<List<Run>>>,
    previewed: Memo<Option<Arc<Event>>>,
}

impl Wizard {
    /// Opens one.
    pub fn open(client: Client, router: Router, door: &Door, draft: Draft, template: String) -> Self {
        let draft = RwSignal::new(draft);
        let template = RwSignal::new(template);
        let Door { place, id, .. } = door.clone();
        let stored = StoredValue::new(place.clone());
        let at = move || stored.get_value();
        let scope = Memo::new(move |_| draft.with(|draft| draft.scope(&at())));
        let trigger = Memo::new(move |_| -> Trigger { draft.with(|draft| draft.trigger(&scope.get())) });
        let faults = Memo::new(move |_| draft.with(|draft| draft.faults(&at())));
        let entity = place.entity.clone();
        let owner = Memo::new(move |_| draft.with(|draft| draft.owner.clone()).unwrap_or_else(|| entity.clone()));
        let team = use_team();
        let closed = Memo::new(move |_| owner.with(|owner| team.is_foreign(owner)));
        let own = place.entity.clone();
        let borrowed = Memo::new(move |_| {
            owner.with(|owner| {
                *owner != own && team.me().with(|me| me.value.is_some()) && team.role_in(owner) != Some(Role::Admin)
            })
        });
        let lent_path = calls::lent_webhooks(&place.entity);
        let lent: Signal<Remote<List<WebhookRef>>> = client.query(move || Some(lent_path.clone()));
        let webhooks: Signal<Remote<List<Webhook>>> =
            client.query(move || owner.with(|owner| (!closed.get()).then(|| calls::webhooks(owner))));
        let collections_path = calls::collections(&place);
        let collections: Signal<Remote<List<Collection>>> = client.query(move || Some(collections_path.clone()));
        let event_type = Memo::new(move |_| draft.with(|draft| draft.event));
        let runs_path = (place.kind == PlaceKind::Project).then(|| calls::runs(&place));
        // Only run events are about runs.
        let runs = client.query(move || runs_path.clone().filter(|_| event_type.get().is_run()));
        let events: Signal<Remote<List<Event>>> = client.query(move || {
            let scope = scope.get();
            let query = Query::default()
                .with(scope.kind.as_str(), Some(&scope.name))
                .with("type", Some(event_type.get().as_str()))
                .with("collection", scope.collection.as_deref())
                .with("limit", Some("200"));
            Some(calls::team(&scope.entity, &format!("events{}", query.suffix())))
        });
        let listed = Memo::new(move |_| -> Vec<Arc<Event>> {
            events.with(|events| match &events.value {
                // The old answer stays while another type is asked for.
                Some(list) => list
                    .items
                    .iter()
                    .filter(|event| event.event_type == event_type.get())
                    .cloned()
                    .map(Arc::new)
                    .collect(),
                None => Vec::new(),
            })
        });
        let matching = Memo::new(move |_| listed.with(|events| matching(&trigger.get(), events)));
        let tried_on = Memo::new(move |_| BacktestDraft {
            scope: scope.get(),
            trigger: trigger.get(),
            cooldown_s: draft.with(|draft| draft.cooldown_s().unwrap_or(None)),
        });
        let chosen = router.param("event");
        let previewed = Memo::new(move |_| {
            let chosen = chosen.get();
            if chosen.as_deref() == Some(MADE_UP) {
                return None;
            }
            let named = listed.with(|events| events.iter().find(|event| Some(&event.id) == chosen.as_ref()).cloned());
            named
                .or_else(|| matching.with(|events| events.first().cloned()))
                .or_else(|| listed.with(|events| events.first().cloned()))
        });
        let name = Memo::new(move |_| draft.with(|draft| draft.shown_name(&at())));
        let values = Memo::new(move |_| -> Values {
            let mut values =
                previewed.get().map_or_else(|| sample_values(event_type.get()), |event| event.values.clone());
            values.insert("automation_name".to_owned(), Value::from(name.get()));
            Arc::new(values)
        });
        let webhook_id = Memo::new(move |_| draft.with(|draft| draft.webhook.clone()));
        let names = Memo::new(move |_| {
            let event = Some(event_type.get());
            let id = webhook_id.get();
            webhooks.with(|webhooks| {
                let webhook = webhooks.current().and_then(|list| list.items.iter().find(|one| one.id == id));
                webhook.map_or_else(|| Names { event, ..Names::default() }, |one| one.settings.template_names(event))
            })
        });
        let metadata = metadata(client, &place, event_type, scope, collections, listed);
        let payload = Payload::new(template, names.into(), values.into(), metadata.into());
        let step = router.param("step");
        let parts = Parts {
            place: stored,
            id: StoredValue::new(id),
            key: StoredValue::new(door.key()),
            begun: StoredValue::new(door.query()),
            client,
            router,
            kept: StoredValue::new(true),
            draft,
            template,
            payload,
            step: Memo::new(move |_| Step::parse(step.get().as_deref())),
            scope,
            faults,
            left: RwSignal::new(Vec::new()),
            tried: RwSignal::new(None),
            refused: RwSignal::new(Vec::new()),
            owner,
            closed,
            borrowed,
            lent,
            webhooks,
            collections,
            events,
            matching,
            tried_on,
            runs,
            previewed,
        };
        let wizard = Self { parts: StoredValue::new(parts) };
        wizard.keep();
        wizard
    }

    /// The draft.
    pub fn draft(self) -> RwSignal<Draft> {
        self.parts.get_value().draft
    }

    /// The payload's text.
    pub fn template(self) -> RwSignal<String> {
        self.parts.get_value().template
    }

    /// The payload being written.
    pub fn payload(self) -> Payload {
        self.parts.get_value().payload
    }

    /// The step that shows.
    pub fn step(self) -> Memo<Step> {
        self.parts.get_value().step
    }

    /// Where the automation watches.
    pub fn scope(self) -> Memo<Scope> {
        self.parts.get_value().scope
    }

    /// The team that owns the webhook.
    pub fn owner(self) -> Memo<String> {
        self.parts.get_value().owner
    }

    /// Whether that is a team that the reader is not in: its webhooks are not to be had.
    pub fn is_closed(self) -> Memo<bool> {
        self.parts.get_value().closed
    }

    /// Whether the reader is no admin of that team: of its webhooks, those can be chosen that are lent.
    pub fn is_borrowed(self) -> Memo<bool> {
        self.parts.get_value().borrowed
    }

    /// Webhooks of other teams that automations of this one send through already.
    pub fn lent(self) -> Signal<Remote<List<WebhookRef>>> {
        self.parts.get_value().lent
    }

    /// Whether a test goes by the automation that is edited: its webhook is not the reader's to test.
    pub fn tests_by_automation(self) -> bool {
        let is_read = |draft: &Draft| draft.read.as_ref().is_some_and(|read| read.id == draft.webhook);
        self.id().is_some() && self.is_borrowed().get() && self.draft().with(is_read)
    }

    /// Webhooks of that team.
    pub fn webhooks(self) -> Signal<Remote<List<Webhook>>> {
        self.parts.get_value().webhooks
    }

    /// Collections of the place.
    pub fn collections(self) -> Signal<Remote<List<Collection>>> {
        self.parts.get_value().collections
    }

    /// Past events of the type in the scope.
    pub fn events(self) -> Signal<Remote<List<Event>>> {
        self.parts.get_value().events
    }

    /// Those of them that would have fired.
    pub fn matching(self) -> Memo<Vec<Arc<Event>>> {
        self.parts.get_value().matching
    }

    /// What makes it fire, as far as the past can tell.
    pub fn tried_on(self) -> Memo<BacktestDraft> {
        self.parts.get_value().tried_on
    }

    /// Runs of the project, newest first; none in a registry.
    pub fn runs(self) -> Signal<Remote<List<Run>>> {
        self.parts.get_value().runs
    }

    /// The event previewed with; none is the made-up one.
    pub fn previewed(self) -> Memo<Option<Arc<Event>>> {
        self.parts.get_value().previewed
    }

    pub(super) fn faults(self) -> Memo<Vec<FieldError>> {
        self.parts.get_value().faults
    }

    pub(super) fn left(self) -> RwSignal<Vec<String>> {
        self.parts.get_value().left
    }

    pub(super) fn tried(self) -> RwSignal<Option<Step>> {
        self.parts.get_value().tried
    }

    pub(super) fn refused(self) -> RwSignal<Vec<FieldError>> {
        self.parts.get_value().refused
    }

    pub(super) fn router(self) -> Router {
        self.parts.get_value().router
    }

    fn kept(self) -> StoredValue<bool> {
        self.parts.get_value().kept
    }

    /// Keeps the draft for the tab, a moment after the last change.
    fn keep(self) {
        let key = self.key();
        let (draft, template, kept) = (self.draft(), self.template(), self.kept());
        let turn = StoredValue::new(0_u32);
        let first = StoredValue::new(true);
        let save = move || {
            if kept.try_get_value() == Some(true)
                && let (Some(draft), Some(template)) = (draft.try_get_untracked(), template.try_get_untracked())
            {
                keep::save(&key, draft, template);
            }
        };
        let (last, leaving) = (save.clone(), save.clone());
        Effect::new(move || {
            draft.track();
            template.track();
            if first.get_value() {
                // Nothing has been typed yet.
                first.set_value(false);
                return;
            }
            let now = turn.get_value().wrapping_add(1);
            turn.set_value(now);
            let save = save.clone();
            let later = move || {
                if turn.try_get_value() == Some(now) {
                    save();
                }
            };
            if let Ok(timer) = set_timeout_with_handle(later, std::time::Duration::from_millis(250)) {
                on_cleanup(move || timer.clear());
            }
        });
        // Whoever leaves sooner than that loses nothing, by closing or reloading the page either.
        let listener = window_event_listener(leptos::ev::pagehide, move |_| {
            if turn.try_get_value().is_some_and(|turn| turn > 0) {
                leaving();
            }
        });
        on_cleanup(move || {
            listener.remove();
            if turn.try_get_value().is_some_and(|turn| turn > 0) {
                last();
            }
        });
    }

    /// The draft has become an automation: it is kept no longer.
    pub fn stop_keeping(self) {
        self.kept().try_set_value(false);
    }

    /// What makes calls.
    pub fn client(self) -> Client {
        self.parts.get_value().client
    }

    /// Where the draft is kept.
    pub fn key(self) -> String {
        self.parts.get_value().key.get_value()
    }

    /// What the address says of the door.
    pub(super) fn begun(self) -> Query {
        self.parts.get_value().begun.get_value()
    }

    /// The registry or project.
    pub fn place(self) -> Place {
        self.parts.get_value().place.get_value()
    }

    /// The id of the automation edited; none for a new one.
    pub fn id(self) -> Option<String> {
        self.parts.get_value().id.get_value()
    }

    /// Changes the draft.
    pub fn change(self, change: impl FnOnce(&mut Draft)) {
        self.draft().update(change);
    }

    /// Goes on from another draft and payload. Nothing where the wizard is gone.
    pub fn load(self, draft: Draft, template: &str) {
        if let Some(parts) = self.parts.try_get_value() {
            parts.draft.set(draft);
            parts.payload.load(template);
            parts.refused.set(Vec::new());
        }
    }

    /// In what the draft differs from a version that was saved.
    pub fn differences(self, saved: &Automation) -> Vec<Difference> {
        let mine =
            self.template().with(|template| self.draft().with(|draft| draft.automation(&self.place(), template)));
        differences(&AutomationDraft::from(saved), &mine, |id| {
            let of_saved = saved.webhook.as_ref().filter(|webhook| webhook.id == id);
            of_saved.map_or_else(
                || self.webhook_name(id).unwrap_or_else(|| id.to_owned()),
                |webhook| with_team(webhook.entity.as_deref(), &webhook.name),
            )
        })
    }

    /// The name of a webhook, behind that of its team where this is another one; none where it is not known.
    pub fn webhook_name(self, id: &str) -> Option<String> {
        let of = |list: &List<Webhook>| list.items.iter().find(|one| one.id == id).map(|one| one.settings.name.clone());
        let listed = self.webhooks().with(|list| list.current().and_then(of));
        if let Some(name) = listed {
            return Some(self.draft().with(|draft| with_team(draft.owner.as_deref(), &name)));
        }
        let lent = self.lent().with(|lent| {
            let one = lent.value.as_ref()?.items.iter().find(|one| one.id == id)?;
            Some(with_team(one.entity.as_deref(), &one.name))
        });
        lent.or_else(|| {
            self.draft().with(|draft| {
                let read = draft.read.as_ref().filter(|read| read.id == id)?;
                Some(with_team(read.owner.as_deref(), &read.name))
            })
        })
    }

    /// A part of the draft, followed only when it changes.
    pub fn part<T: Clone + PartialEq + Send + Sync + 'static>(
        self,
        part: impl Fn(&Draft) -> T + Send + Sync + 'static,
    ) -> Signal<T> {
        Memo::new(move |_| self.draft().with(&part)).into()
    }

    /// The name it will have.
    pub fn name(self) -> String {
        self.draft().with(|draft| draft.shown_name(&self.place()))
    }

    /// The webhook chosen, or why it is not there.
    pub fn webhook(self) -> Result<Webhook, NoWebhook> {
        let id = self.draft().with(|draft| draft.webhook.clone());
        if !id.is_empty() && self.is_closed().get() {
            return Err(self.lent().with(|lent| match &lent.value {
                Some(list) if list.items.iter().any(|one| one.id == id) => NoWebhook::Closed,
                Some(_) => NoWebhook::Gone,
                None if lent.error.is_some() => NoWebhook::NotLoaded,
                None => NoWebhook::Coming,
            }));
        }
        self.webhooks().with(|list| {
            let all = list.current().map(|list| list.items.as_slice());
            chosen(&id, all, list.error.is_some())
        })
    }

    /// Previews with another event.
    pub fn preview_with(self, id: &str) {
        self.router().set_param("event", Some(id));
    }

    /// Whether the place is a registry.
    pub fn in_registry(self) -> bool {
        self.parts.get_value().place.with_value(|place| place.kind == PlaceKind::Registry)
    }
}
