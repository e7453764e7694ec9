//! Making a registry or project.

use hookboard_api::{account::Role, scope::PlaceKind};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    client::{calls, use_client, use_team},
    part::{Later, part},
    route::{Place, PlaceTab, Route, use_router},
    ui::{
        button::{Button, ButtonKind, IconButton},
        dialog::{Dialog, lost},
        field::{TextDraft, TextField},
        icon::Glyph,
        toast::use_toasts,
    },
};

/// A button that asks for the name of a new registry or project, makes it, and goes there.
#[component]
pub fn NewPlace(
    /// Which of the two.
    kind: PlaceKind,
    /// Only a plus, as beside a heading.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
    let admin = use_team().refusal(Role::Admin);
    let (label, _, glyph, _) = words(kind);
    let open = RwSignal::new(false);
    let ask = move || open.set(true);
    let button = if compact {
        view! { <IconButton glyph=Glyph::Plus label=label refused=admin on_press=ask /> }.into_any()
    } else {
        view! {
            <Button glyph=glyph refused=admin on_press=ask>
                {label}
            </Button>
        }
        .into_any()
    };
    view! {
        {button}
        <Later wanted=open ask=new_place(kind, open) on_missing=lost(open) />
    }
}

/// What the button says, what the dialog's does, the icon, and what such a place is for.
fn words(kind: PlaceKind) -> (&'static str, &'static str, Glyph, &'static str) {
    match kind {
        PlaceKind::Registry => {
            ("New registry", "Make registry", Glyph::Registry, "Gathers the versions that are meant for use.")
        }
        PlaceKind::Project => ("New project", "Make project", Glyph::Project, "Holds runs and what they make."),
    }
}

part! { extras: fn new_place(kind: PlaceKind, open: RwSignal<bool>) { view! { <NewPlaceDialog kind=kind open=open /> } } }

#[component]
fn NewPlaceDialog(
    /// Which of the two.
    kind: PlaceKind,
    /// Whether it asks now.
    open: RwSignal<bool>,
) -> impl IntoView {
    let (client, router, team, toasts) = (use_client(), use_router(), use_team(), use_toasts());
    let (label, make, glyph, hint) = words(kind);
    let name = TextDraft::new("");
    let busy = RwSignal::new(None::<&'static str>);
    let submit = move || {
        let place = Place { entity: team.entity().get_untracked(), kind, name: name.get_untracked().trim().to_owned() };
        if place.name.is_empty() {
            name.fail("Give it a name.");
            return;
        }
        let taken = team.places(kind).with_untracked(|places| {
            places.value.as_ref().is_some_and(|list| list.items.iter().any(|one| one.name == place.name))
        });
        if taken {
            name.fail(format!("There is a {} of this name already. Choose another name.", kind.as_str()));
            return;
        }
        busy.set(Some("Making…"));
        spawn_local(async move {
            let answer = client.put::<()>(&calls::place(&place), &(), None).await;
            busy.try_set(None);
            match answer {
                Ok(()) => {
                    client.changed(&calls::places(&place.entity, kind));
                    open.try_set(false);
                    toasts.say(glyph, format!("Made “{}”", place.name));
                    router.go(&Route::Place(place, PlaceTab::Automations));
                }
                Err(error) => name.fail(error.field("/name").unwrap_or_else(|| error.words())),
            }
        });
    };
    Effect::new(move || {
        if open.get() {
            name.set("");
        }
    });
    let body = move || view! { <TextField label="Name" hint=hint draft=name /> }.into_any();
    let foot = move || {
        view! {
            <Button on_press=move || open.set(false)>"Cancel"</Button>
            <Button kind=ButtonKind::Primary submit=true busy=busy>
                {make}
            </Button>
        }
        .into_any()
    };
    view! { <Dialog open=open title=move || label.into_any() glyph=glyph on_submit=submit body=body foot=foot /> }
}
