//! What can be done from a collection: the same in its row and on its page.

use hookboard_api::{account::Role, automation::Automation};

use crate::{
    client::Team,
    route::{Place, PlaceTab, Query, Route, Router},
    ui::{clipboard, icon::Glyph, menu::MenuItem, toast::Toasts},
};

/// A collection of a place.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Whole {
    /// The place.
    pub place: Place,
    /// The collection's name.
    pub name: String,
}

impl Whole {
    /// Where an automation for it is made.
    pub fn create(&self) -> String {
        self.at(&Route::NewAutomation(self.place.clone()))
    }

    /// Where its deliveries are listed.
    pub fn history(&self) -> String {
        self.at(&Route::Place(self.place.clone(), PlaceTab::History))
    }

    fn at(&self, route: &Route) -> String {
        route.path() + &Query::default().with("collection", Some(&self.name)).suffix()
    }

    /// `team/place/collection`, as scripts name it.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.place.entity, self.place.name, self.name)
    }

    /// Whether `automation` watches it: it alone, or with all of its place.
    pub fn is_watched_by(&self, automation: &Automation) -> bool {
        automation.scope.collection.as_ref().is_none_or(|own| *own == self.name) && !automation.trigger.event.is_run()
    }

    /// The items of its menu.
    pub fn items(&self, router: Router, team: Team, toasts: Toasts) -> Vec<MenuItem> {
        let (create, view, history, copied) = (self.create(), self.clone(), self.history(), self.path());
        vec![
            MenuItem::new(Glyph::Plus, "Create automation", move || router.go_to(&create))
                .refused(team.refusal(Role::Admin).get_untracked()),
            MenuItem::new(Glyph::Eye, "View automations", move || {
                router.go(&Route::Collection(view.place.clone(), view.name.clone()));
            }),
            MenuItem::new(Glyph::History, "View history", move || router.go_to(&history)),
            MenuItem::new(Glyph::Copy, "Copy path", move || {
                clipboard::copy(toasts, copied.clone(), format!("Copied {copied}"));
            }),
        ]
    }
}
