//! The queue beside a plain model of it: whatever happens in whatever order, no delivery is held by two leases,
//! none is stuck, and what is stored is what the model says.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hookboard_api::automation::AutomationDraft;
use hookboard_api::delivery::{DeliveryState, Exchange, OutcomeCode};
use hookboard_api::event::NewEvent;
use hookboard_api::limits::{MAX_IN_FLIGHT_PER_WEBHOOK, PAUSE_AFTER_FAILURES, PROBE_FIRST_MS, PROBE_LONGEST_MS};
use hookboard_api::scope::PlaceKind;
use hookboard_api::webhook::WebhookDraft;
use hookboard_server::accept::{AcceptQueue, News};
use hookboard_server::clock;
use hookboard_server::db::catalogue::{self, PlaceRow};
use hookboard_server::db::queue::{self, Claimed, Finished, Reclaim};
use hookboard_server::db::{Db, accounts, automations, deliveries, webhooks};
use hookboard_server::relay::Changes;
use hookboard_server::worker::schedule::{self, Next};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use support::Folder;
use tokio::sync::Notify;
use uuid::{NoContext, Timestamp, Uuid};

const LEASE_MS: i64 = 90_000;
const WEBHOOKS: usize = 3;
/// A webhook holds no more than this part of the free places.
const SHARES: usize = 8;
/// How long workers may take before the test fails; never how long they do take.
const PATIENCE: Duration = Duration::from_mins(1);
const HOUR_MS: i64 = 3_600_000;

/// What can happen. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Accept { webhook: usize, count: u32 },
    Claim { room: usize, reserved: usize },
    Finish { which: usize, arrives: bool },
    Release { which: usize },
    Pass { ms: i64 },
    Expire,
    Redeliver { which: usize },
    Cancel { which: usize },
    Switch { webhook: usize },
    Resume { webhook: usize },
    Edit { webhook: usize },
    Delete { webhook: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let webhook = 0..WEBHOOKS;
    prop_oneof![
        4 => (webhook.clone(), 1_u32..12).prop_map(|(webhook, count)| Step::Accept { webhook, count }),
        8 => (1_usize..40, 0_usize..8).prop_map(|(room, reserved)| Step::Claim { room: room + reserved, reserved }),
        12 => (any::<usize>(), prop::bool::weighted(0.4)).prop_map(|(which, arrives)| Step::Finish { which, arrives }),
        1 => any::<usize>().prop_map(|which| Step::Release { which }),
        4 => (0_i64..30 * 60_000).prop_map(|ms| Step::Pass { ms }),
        1 => Just(Step::Expire),
        2 => any::<usize>().prop_map(|which| Step::Redeliver { which }),
        1 => any::<usize>().prop_map(|which| Step::Cancel { which }),
        1 => webhook.clone().prop_map(|webhook| Step::Switch { webhook }),
        1 => webhook.clone().prop_map(|webhook| Step::Resume { webhook }),
        1 => webhook.clone().prop_map(|webhook| Step::Edit { webhook }),
        1 => webhook.prop_map(|webhook| Step::Delete { webhook }),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Retrying,
    /// Until then.
    Sending(i64),
    Ended(DeliveryState),
}

#[derive(Debug, Clone)]
struct Delivery {
    webhook: usize,
    state: State,
    due: i64,
    tries: u32,
    attempts: u32,
    template: String,
}

#[derive(Debug, Clone, Default)]
struct Webhook {
    id: String,
    off: bool,
    failures: u32,
    paused: bool,
    probe: Option<i64>,
    wait: i64,
    /// The automation that sends through it, its revision, and the one after the last that was deleted.
    automation: Option<(String, u32)>,
    made: u32,
}

/// What the queue should do.
#[derive(Debug, Clone, Default)]
struct Model {
    now: i64,
    deliveries: BTreeMap<String, Delivery>,
    webhooks: Vec<Webhook>,
}

impl Model {
    fn in_flight(&self, webhook: usize) -> u32 {
        let sending = |one: &&Delivery| one.webhook == webhook && matches!(one.state, State::Sending(_));
        u32::try_from(self.deliveries.values().filter(sending).count()).expect("few")
    }

    /// How many more may go to a webhook now.
    fn room(&self, webhook: usize) -> u32 {
        let Webhook { off, paused, probe, .. } = &self.webhooks[webhook];
        let flying = self.in_flight(webhook);
        match (off, paused) {
            (true, _) => 0,
            (false, false) => MAX_IN_FLIGHT_PER_WEBHOOK.saturating_sub(flying),
            (false, true) => u32::from(flying == 0 && probe.is_some_and(|probe| probe <= self.now)),
        }
    }

    fn is_due(&self, delivery: &Delivery) -> bool {
        matches!(delivery.state, State::Waiting | State::Retrying) && delivery.due <= self.now
    }

    fn claim(&mut self, claimed: &[Claimed], room: usize, reserved: usize) {
        assert!(claimed.len() <= room, "more than there is room for");
        let rooms: Vec<u32> = (0..WEBHOOKS).map(|webhook| self.room(webhook)).collect();
        let retries = claimed.iter().filter(|one| self.deliveries[&one.id].state == State::Retrying).count();
        assert!(retries <= room - reserved, "retries take what is kept for first attempts");
        if claimed.is_empty() {
            let open = |one: &Delivery, free: usize| {
                let share = u32::try_from(free.div_ceil(SHARES)).expect("few");
                self.is_due(one) && rooms[one.webhook] > 0 && self.in_flight(one.webhook) < share
            };
            let first = self.deliveries.values().any(|one| open(one, room) && one.state == State::Waiting);
            let retry = self.deliveries.values().any(|one| open(one, room - reserved) && one.state == State::Retrying);
            assert!(!first && !retry, "something is due and was not claimed");
        }
        for one in claimed {
            let delivery = self.deliveries.get(&one.id).expect("known").clone();
            assert!(self.is_due(&delivery), "claimed what is not due or is held: {delivery:?}");
            assert_eq!(
                one.template.as_deref(),
                Some(delivery.template.as_str()),
                "the bytes are those it matched with"
            );
            assert_eq!((one.tries, one.attempts), (delivery.tries, delivery.attempts));
            assert_eq!(one.is_probe, self.webhooks[delivery.webhook].paused);
            self.deliveries.get_mut(&one.id).expect("known").state = State::Sending(self.now + LEASE_MS);
            if one.is_probe {
                let webhook = &mut self.webhooks[delivery.webhook];
                webhook.probe = Some(self.now + webhook.wait);
            }
        }
        for (webhook, room) in rooms.into_iter().enumerate() {
            let taken = claimed.iter().filter(|one| self.deliveries[&one.id].webhook == webhook).count();
            assert!(taken <= room as usize, "{taken} for webhook {webhook}, which has room for {room}");
        }
    }

    fn finish(&mut self, one: &Claimed, until: i64, next: Next) -> bool {
        let delivery = self.deliveries.get_mut(&one.id).expect("known");
        let held = delivery.state == State::Sending(until);
        delivery.attempts += 1;
        if held {
            (delivery.state, delivery.due) = match next {
                Next::Delivered => (State::Ended(DeliveryState::Delivered), delivery.due),
                Next::Failed => (State::Ended(DeliveryState::Failed), delivery.due),
                Next::RetryAt(due) => (State::Retrying, due),
            };
            delivery.tries += u32::from(!one.is_probe || !matches!(next, Next::RetryAt(_)));
        }
        let webhook = &mut self.webhooks[delivery.webhook];
        if next == Next::Delivered {
            webhook.failures = 0;
            if webhook.probe.take().is_some() {
                (webhook.paused, webhook.wait) = (false, 0);
            }
        } else {
            webhook.failures += 1;
            webhook.paused |= webhook.failures >= PAUSE_AFTER_FAILURES;
            if webhook.paused && webhook.wait == 0 {
                (webhook.wait, webhook.probe) = (PROBE_FIRST_MS, Some(self.now + PROBE_FIRST_MS));
            } else if webhook.paused && one.is_probe {
                let longer = (webhook.wait * 2).min(PROBE_LONGEST_MS) - webhook.wait;
                webhook.wait += longer;
                webhook.probe = webhook.probe.map(|probe| probe + longer);
            }
        }
        held
    }

    fn give_back(&mut self, id: &str) {
        let delivery = self.deliveries.get_mut(id).expect("known");
        delivery.state = if delivery.attempts == 0 { State::Waiting } else { State::Retrying };
    }

    fn expire(&mut self) -> u64 {
        let mut count = 0;
        for delivery in self.deliveries.values_mut() {
            if matches!(delivery.state, State::Sending(until) if until < self.now) {
                delivery.attempts += 1;
                delivery.state = State::Retrying;
                count += 1;
            }
        }
        count
    }

    /// When a worker has to look next.
    fn next_due(&self) -> Option<i64> {
        let first = |webhook: usize, state: State| {
            let of_it = self.deliveries.values().filter(|one| one.webhook == webhook && one.state == state);
            of_it.map(|one| one.due).min()
        };
        let when = |(index, webhook): (usize, &Webhook)| {
            let open = if webhook.paused { webhook.probe? } else { 0 };
            let due = [State::Waiting, State::Retrying].into_iter().filter_map(|state| first(index, state));
            due.map(|due| due.max(open)).filter(|when| *when > self.now).min()
        };
        self.webhooks.iter().enumerate().filter(|(_, webhook)| !webhook.off).filter_map(when).min()
    }

    fn open(&self) -> bool {
        self.deliveries.values().any(|one| !matches!(one.state, State::Ended(_)))
    }
}

/// The queue, with the model beside it.
struct World {
    db: Db,
    accept: AcceptQueue,
    entity_id: String,
    places: Vec<PlaceRow>,
    model: Model,
    held: Vec<(Claimed, i64)>,
}

fn exchange(arrives: bool) -> Exchange {
    let outcome = if arrives { OutcomeCode::Ok } else { OutcomeCode::Http5xx };
    Exchange { outcome, status: Some(if arrives { 200 } else { 503 }), ..Exchange::interrupted() }
}

fn draft(webhook: usize, revision: u32, webhook_id: &str) -> AutomationDraft {
    serde_json::from_value(json!({
        "name": "links", "scope": {"kind": "registry", "entity": "kestrel", "name": format!("models-{webhook}")},
        "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "webhook", "webhook_id": webhook_id, "template": template(revision)}
    }))
    .expect("draft")
}

fn template(revision: u32) -> String {
    format!("{{\"revision\": {revision}}}")
}

fn settings(webhook: usize, on: bool) -> WebhookDraft {
    let name = format!("hook-{webhook}");
    serde_json::from_value(json!({"name": name, "url": "https://example.com/", "enabled": on})).expect("draft")
}

impl World {
    async fn new(db: Db) -> Self {
        let wake = Arc::new(Notify::new());
        let accept = AcceptQueue::start(db.clone(), Arc::clone(&wake), Changes::new(None, &wake));
        let mut tx = db.begin().await.expect("begun");
        // Each case has a team of its own; the queue of the one before is empty.
        let name = format!("kestrel-{}", clock::new_id());
        let entity_id = accounts::ensure_entity(&mut tx, &name).await.expect("team");
        let mut model = Model { now: clock::now_ms() + 60_000, ..Model::default() };
        let mut places = Vec::new();
        for index in 0..WEBHOOKS {
            let name = format!("models-{index}");
            let (place, _) =
                catalogue::ensure_place(&mut tx, &entity_id, PlaceKind::Registry, &name).await.expect("place");
            let id = webhooks::create(&mut tx, &entity_id, &settings(index, true)).await.expect("webhook");
            places.push(PlaceRow { entity: "kestrel".to_owned(), ..place });
            model.webhooks.push(Webhook { id, ..Webhook::default() });
        }
        tx.commit().await.expect("committed");
        let mut world = Self { db, accept, entity_id, places, model, held: Vec::new() };
        for webhook in 0..WEBHOOKS {
            world.edit(webhook).await;
        }
        world
    }

    /// Makes the automation of a webhook, or changes its template.
    async fn edit(&mut self, index: usize) {
        let webhook = &mut self.model.webhooks[index];
        webhook.made += 1;
        let draft = draft(index, webhook.made, &webhook.id);
        let mut tx = self.db.begin().await.expect("begun");
        let place = &self.places[index].id;
        webhook.automation = Some(match webhook.automation.take() {
            None => (automations::create(&mut tx, &self.entity_id, place, &draft, "mira").await.expect("made"), 1),
            Some((id, revision)) => {
                automations::update(&mut tx, &id, place, revision + 1, &draft, "mira").await.expect("changed");
                (id, revision + 1)
            }
        });
        tx.commit().await.expect("committed");
    }

    async fn accept(&mut self, webhook: usize, count: u32) {
        let event = |index: u32| -> NewEvent {
            let subject = json!({"kind": "registry", "entity": "kestrel", "name": format!("models-{webhook}"), "collection": "fraud", "version": index});
            serde_json::from_value(json!({"type": "LINK_ARTIFACT", "subject": subject})).expect("event")
        };
        let events = (0..count).map(|index| (self.places[webhook].clone(), event(index))).collect();
        let news = News::Events { events, source: "api", user: "mira".to_owned() };
        let accepted = self.accept.take(news).await.expect("accepted");
        let expected = u32::from(self.model.webhooks[webhook].automation.is_some());
        for event in accepted {
            assert_eq!(event.matched, expected, "the automations of now judge");
            for id in self.deliveries_of(&event.id).await {
                let made = self.model.webhooks[webhook].made;
                let due = clock::now_ms();
                let delivery =
                    Delivery { webhook, state: State::Waiting, due, tries: 0, attempts: 0, template: template(made) };
                assert!(self.model.deliveries.insert(id, delivery).is_none(), "an id of its own");
            }
        }
    }

    async fn deliveries_of(&self, event: &str) -> Vec<String> {
        let mut conn = self.db.read().acquire().await.expect("connection");
        let made = hookboard_server::db::events::evaluations(&mut conn, event).await.expect("evaluations");
        made.into_iter().filter_map(|evaluation| evaluation.delivery_id).collect()
    }

    async fn claim(&mut self, room: usize, reserved: usize) {
        let now = self.model.now;
        let claimed = queue::claim(&self.db, now, LEASE_MS, room, reserved).await.expect("claimed");
        self.model.claim(&claimed, room, reserved);
        self.held.extend(claimed.into_iter().map(|one| (one, now + LEASE_MS)));
    }

    async fn finish(&mut self, at: usize, arrives: bool) {
        let (delivery, until) = self.held.swap_remove(at);
        let exchange = exchange(arrives);
        let next = schedule::next(&exchange, delivery.tries, self.model.now, 0.0);
        let expected = self.model.finish(&delivery, until, next);
        let finished = Finished { delivery, started_at: clock::text(self.model.now), exchange, next };
        let held = queue::finish(&self.db, self.model.now, &[finished]).await.expect("finished");
        assert_eq!(held, [expected], "a lease that ended fences its attempt off");
    }

    /// The delivery that a number chooses.
    fn chosen(&self, which: usize) -> Option<String> {
        let count = self.model.deliveries.len();
        self.model.deliveries.keys().nth(which.checked_rem(count)?).cloned()
    }

    async fn step(&mut self, step: &Step) {
        match *step {
            Step::Accept { webhook, count } => self.accept(webhook, count).await,
            Step::Claim { room, reserved } => self.claim(room, reserved).await,
            Step::Finish { which, arrives } => {
                if let Some(at) = which.checked_rem(self.held.len()) {
                    self.finish(at, arrives).await;
                }
            }
            Step::Release { which } => {
                if let Some(at) = which.checked_rem(self.held.len()) {
                    let (delivery, until) = self.held.swap_remove(at);
                    queue::release(&self.db, &delivery, self.model.now).await.expect("released");
                    if self.model.deliveries[&delivery.id].state == State::Sending(until) {
                        self.model.give_back(&delivery.id);
                        self.model.deliveries.get_mut(&delivery.id).expect("known").due = self.model.now;
                    }
                }
            }
            Step::Pass { ms } => self.model.now += ms,
            Step::Expire => {
                self.model.now += LEASE_MS + 1;
                let expected = self.model.expire();
                let ended = Reclaim::Ended { held: HashSet::new() };
                assert_eq!(queue::reclaim(&self.db, self.model.now, &ended).await.expect("reclaimed"), expected);
            }
            Step::Redeliver { which } => {
                let Some(id) = self.chosen(which) else { return };
                let mut tx = self.db.begin().await.expect("begun");
                let done = deliveries::redeliver(&mut tx, &self.entity_id, &id, false).await;
                tx.commit().await.expect("committed");
                let may = !matches!(self.model.deliveries[&id].state, State::Sending(_));
                assert_eq!(done.is_ok(), may);
                if may {
                    self.model.give_back(&id);
                    let delivery = self.model.deliveries.get_mut(&id).expect("known");
                    (delivery.tries, delivery.due) = (0, clock::now_ms());
                }
            }
            Step::Cancel { which } => {
                let Some(id) = self.chosen(which) else { return };
                let mut tx = self.db.begin().await.expect("begun");
                let done = deliveries::cancel(&mut tx, &self.entity_id, &id).await;
                tx.commit().await.expect("committed");
                let delivery = self.model.deliveries.get_mut(&id).expect("known");
                let may = matches!(delivery.state, State::Waiting | State::Retrying);
                assert_eq!(done.is_ok(), may);
                if may {
                    delivery.state = State::Ended(DeliveryState::Canceled);
                }
            }
            Step::Switch { webhook } => {
                let model = &mut self.model.webhooks[webhook];
                model.off = !model.off;
                let settings = settings(webhook, !model.off);
                let mut tx = self.db.begin().await.expect("begun");
                webhooks::update(&mut tx, &self.entity_id, &model.id, &settings).await.expect("changed");
                tx.commit().await.expect("committed");
            }
            Step::Resume { webhook } => self.resume(webhook).await,
            Step::Edit { webhook } => self.edit(webhook).await,
            Step::Delete { webhook } => {
                let Some((id, _)) = self.model.webhooks[webhook].automation.take() else { return };
                let mut tx = self.db.begin().await.expect("begun");
                assert!(automations::delete(&mut tx, &self.entity_id, &id).await.expect("deleted"));
                tx.commit().await.expect("committed");
                self.cancel_stored(webhook).await;
            }
        }
    }

    /// What a deleted automation leaves: those that wait are canceled, also of the ones deleted before.
    async fn cancel_stored(&mut self, webhook: usize) {
        let of_it: Vec<String> =
            self.model.deliveries.iter().filter(|(_, one)| one.webhook == webhook).map(|(id, _)| id.clone()).collect();
        let mut conn = self.db.read().acquire().await.expect("connection");
        for id in of_it {
            let stored = deliveries::get(&mut conn, &self.entity_id, &id).await.expect("stored");
            let delivery = self.model.deliveries.get_mut(&id).expect("known");
            if stored.state == DeliveryState::Canceled {
                assert!(
                    matches!(delivery.state, State::Waiting | State::Retrying | State::Ended(DeliveryState::Canceled)),
                    "{delivery:?}"
                );
                delivery.state = State::Ended(DeliveryState::Canceled);
            }
        }
    }

    async fn resume(&mut self, index: usize) {
        let webhook = &mut self.model.webhooks[index];
        (webhook.failures, webhook.paused, webhook.probe, webhook.wait) = (0, false, None, 0);
        let mut tx = self.db.begin().await.expect("begun");
        webhooks::resume(&mut tx, &self.entity_id, &webhook.id).await.expect("resumed");
        tx.commit().await.expect("committed");
        let now = clock::now_ms();
        let open = |one: &&mut Delivery| one.webhook == index && matches!(one.state, State::Waiting | State::Retrying);
        self.model.deliveries.values_mut().filter(open).for_each(|one| one.due = now);
    }

    /// Lets everything come to its end, and compares what is stored with the model.
    async fn end(mut self) {
        for webhook in 0..WEBHOOKS {
            if self.model.webhooks[webhook].off {
                self.step(&Step::Switch { webhook }).await;
            }
            self.resume(webhook).await;
        }
        let mut rounds = 0;
        while self.model.open() {
            self.model.now += 25 * HOUR_MS;
            self.step(&Step::Expire).await;
            self.claim(64, 8).await;
            while !self.held.is_empty() {
                self.finish(0, true).await;
            }
            rounds += 1;
            assert!(rounds < 1000, "something is stuck: {:?}", self.model);
        }
        let mut conn = self.db.read().acquire().await.expect("connection");
        for (id, expected) in &self.model.deliveries {
            let stored = deliveries::get(&mut conn, &self.entity_id, id).await.expect("stored");
            assert_eq!(State::Ended(stored.state), expected.state, "{stored:?}");
            assert_eq!(stored.attempts, expected.attempts, "{stored:?}");
            let detail = deliveries::detail(&self.db, &self.entity_id, id).await.expect("stored");
            let numbers: Vec<u32> = detail.attempts.iter().map(|attempt| attempt.number).collect();
            assert_eq!(numbers, (1..=expected.attempts).collect::<Vec<_>>(), "each attempt is kept");
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime")
}

#[test]
fn the_queue_does_what_its_model_does() {
    let folder = Folder::new();
    let runtime = runtime();
    let db = runtime.block_on(folder.db());
    let cases = std::env::var("HOOKBOARD_MODEL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let steps = prop::collection::vec(step(), 1..120);
    let done = runner.run(&steps, |steps| {
        runtime.block_on(async {
            let mut tx = db.begin().await.expect("begun");
            // Of a case that failed, what was left would stand in the way of the next.
            let rest = "UPDATE deliveries SET state = 'canceled' WHERE state IN ('waiting', 'retrying', 'sending')";
            hookboard_server::db::sql::query(rest).execute(&mut *tx).await.expect("cleared");
            tx.commit().await.expect("committed");
            let mut world = World::new(db.clone()).await;
            for step in &steps {
                world.step(step).await;
                let next = queue::next_due(&world.db, world.model.now).await.expect("looked");
                assert_eq!(next, world.model.next_due(), "after {step:?}");
            }
            world.end().await;
        });
        Ok(())
    });
    runtime.block_on(db.close());
    if let Err(error) = done {
        panic!("{error}");
    }
}

#[test]
fn a_clock_that_was_set_back_is_noticed_by_the_newest_event() {
    let folder = Folder::new();
    runtime().block_on(async {
        let mut world = World::new(folder.db().await).await;
        assert!(!queue::is_behind(&world.db).await.expect("looked"), "there is none yet");
        // One that nothing refers to.
        world.step(&Step::Delete { webhook: 0 }).await;
        world.accept(0, 1).await;
        for (ahead_ms, is_behind) in [(0, false), (55_000, false), (65_000, true), (HOUR_MS, true)] {
            let at = u64::try_from(clock::now_ms() + ahead_ms).expect("a time");
            let id = Uuid::new_v7(Timestamp::from_unix(NoContext, at / 1000, (at % 1000) as u32 * 1_000_000));
            let mut tx = world.db.begin().await.expect("begun");
            let moved = "UPDATE events SET id = ?";
            hookboard_server::db::sql::query(moved).bind(id.to_string()).execute(&mut *tx).await.expect("moved");
            tx.commit().await.expect("committed");
            assert_eq!(queue::is_behind(&world.db).await.expect("looked"), is_behind, "{ahead_ms} ms ahead");
        }
        world.db.close().await;
    });
}

#[test]
fn several_workers_at_once_never_hold_one_delivery_twice() {
    const WORKERS: usize = 4;
    const EVENTS: u32 = 150;
    let folder = Folder::new();
    runtime().block_on(async {
        let mut world = World::new(folder.db().await).await;
        for webhook in 0..WEBHOOKS {
            world.accept(webhook, EVENTS).await;
        }
        let total = world.model.deliveries.len();
        let held: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let done: Arc<Mutex<HashMap<String, u32>>> = Arc::default();
        let mut tasks = Vec::new();
        for worker in 0..WORKERS {
            // Processes of their own, as far as the database is concerned.
            let db = if folder.is_postgres() { folder.db().await } else { world.db.clone() };
            let (held, done) = (Arc::clone(&held), Arc::clone(&done));
            tasks.push(tokio::spawn(async move {
                let end = Instant::now() + PATIENCE;
                while done.lock().expect("done").len() < total {
                    assert!(Instant::now() < end, "deliveries are stuck");
                    let now = clock::now_ms() + HOUR_MS;
                    let claimed = queue::claim(&db, now, LEASE_MS, 12, 4).await.expect("claimed");
                    for one in &claimed {
                        let other = held.lock().expect("held").insert(one.id.clone(), worker);
                        assert_eq!(other, None, "held by two at once");
                    }
                    tokio::task::yield_now().await;
                    let mut finished = Vec::new();
                    for delivery in claimed {
                        // Every third first attempt fails, and is due again within the hour that claims look ahead.
                        let arrives = delivery.attempts > 0 || rand::random_ratio(2, 3);
                        let exchange = exchange(arrives);
                        let next = schedule::next(&exchange, delivery.tries, clock::now_ms(), 0.0);
                        held.lock().expect("held").remove(&delivery.id);
                        if next == Next::Delivered {
                            *done.lock().expect("done").entry(delivery.id.clone()).or_insert(0) += 1;
                        }
                        finished.push(Finished { delivery, started_at: clock::now(), exchange, next });
                    }
                    if finished.is_empty() {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                        continue;
                    }
                    let kept = queue::finish(&db, clock::now_ms(), &finished).await.expect("finished");
                    assert!(kept.iter().all(|kept| *kept), "no lease had ended");
                }
            }));
        }
        for task in tasks {
            task.await.expect("worker");
        }
        assert!(done.lock().expect("done").values().all(|times| *times == 1), "delivered once each");
        world.db.close().await;
    });
}
