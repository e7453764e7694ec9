//! What can be done with automations: each says how it went.

use std::sync::Arc;

use hookboard_api::automation::{Automation, AutomationPatch, Bulk, BulkChange};
use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use crate::{
    client::{ApiError, Client, calls, use_client},
    route::{Place, Route, Router, use_router},
    ui::{
        icon::Glyph,
        toast::{Toasts, use_toasts},
    },
};

/// The place an automation watches.
pub(super) fn place_of(automation: &Automation) -> Place {
    let scope = &automation.scope;
    Place { entity: scope.entity.clone(), kind: scope.kind, name: scope.name.clone() }
}

#[derive(Deserialize)]
struct Changed {
    changed: u32,
}

/// The ways to change automations of one team.
#[derive(Clone, Copy)]
pub(super) struct Actions {
    client: Client,
    router: Router,
    toasts: Toasts,
    entity: StoredValue<Arc<str>>,
}

impl Actions {
    /// For automations of `entity`.
    pub fn new(entity: &str) -> Self {
        Self {
            client: use_client(),
            router: use_router(),
            toasts: use_toasts(),
            entity: StoredValue::new(entity.into()),
        }
    }

    fn entity(self) -> Arc<str> {
        self.entity.get_value()
    }

    // Whoever is answered may be in another room by then: nothing kept by this one is read after a wait.
    fn changed(client: Client, entity: &str) {
        client.changed(&calls::team(entity, "automations"));
    }

    /// Switches one on or off. `shown` is what the switch says: it moves at once, and back where the
    /// server refuses.
    pub fn enable(self, automation: &Automation, enabled: bool, shown: RwSignal<Option<bool>>) {
        self.switch(self.entity(), automation, enabled, shown);
    }

    fn switch(self, entity: Arc<str>, automation: &Automation, enabled: bool, shown: RwSignal<Option<bool>>) {
        shown.set(Some(enabled));
        let path = calls::automation(&entity, &automation.id, "");
        let automation = automation.clone();
        spawn_local(async move {
            let answer = self
                .client
                .patch::<Automation>(&path, &AutomationPatch { enabled: Some(enabled), ..AutomationPatch::default() })
                .await;
            match answer {
                Ok(_) => {
                    Self::changed(self.client, &entity);
                    let (glyph, verb) = if enabled { (Glyph::Play, "Enabled") } else { (Glyph::Power, "Disabled") };
                    let words = format!("{verb} “{}”", automation.name);
                    self.toasts.say_with_undo(glyph, words, move || {
                        self.switch(Arc::clone(&entity), &automation, !enabled, shown);
                    });
                }
                Err(error) => {
                    shown.try_set(None);
                    self.toasts.fail(format!("“{}” was not changed. {}", automation.name, error.words()));
                }
            }
        });
    }

    /// Copies one.
    pub fn duplicate(self, automation: &Automation) {
        let entity = self.entity();
        let path = calls::automation(&entity, &automation.id, "/duplicate");
        spawn_local(async move {
            match self.client.post::<Automation>(&path, &()).await {
                Ok(copy) => {
                    Self::changed(self.client, &entity);
                    self.toasts.say(Glyph::Duplicate, format!("Made “{}”. It is disabled.", copy.name));
                }
                Err(error) => self.toasts.fail(error.words()),
            }
        });
    }

    /// Enables or disables several.
    pub fn enable_all(self, ids: Vec<String>, enabled: bool) {
        let change = if enabled { Bulk::Enable } else { Bulk::Disable };
        let answer = self.bulk(ids, change);
        spawn_local(async move {
            match answer.await {
                Ok(count) => {
                    let verb = if enabled { "Enabled" } else { "Disabled" };
                    let glyph = if enabled { Glyph::Play } else { Glyph::Power };
                    let words =
                        format!("{verb} {}", crate::ui::format::counted(count.into(), "automation", "automations"));
                    self.toasts.say(glyph, words);
                }
                Err(error) => self.toasts.fail(error.words()),
            }
        });
    }

    /// Changes several, all or none; answers how many.
    pub fn bulk(self, ids: Vec<String>, change: Bulk) -> impl Future<Output = Result<u32, ApiError>> {
        let entity = self.entity();
        async move {
            let path = calls::team(&entity, "automations/bulk");
            let Changed { changed } = self.client.post(&path, &BulkChange { ids, change }).await?;
            Self::changed(self.client, &entity);
            Ok(changed)
        }
    }

    /// Shows one by itself.
    pub fn view(self, automation: &Automation) {
        self.router.go(&Route::Automation(place_of(automation), automation.id.clone()));
    }

    /// Opens one for editing.
    pub fn edit(self, automation: &Automation) {
        self.router.go(&Route::EditAutomation(place_of(automation), automation.id.clone()));
    }

    /// Where toasts go.
    pub const fn toasts(self) -> Toasts {
        self.toasts
    }
}
