//! The head the pages of the settings share, and the dialog that refuses to delete what is used.

use hookboard_api::problem::UsedBy;
use leptos::prelude::*;

use crate::{
    client::use_team,
    route::{Query, Room, use_router},
    ui::{
        button::{Button, ButtonKind},
        dialog::Dialog,
        focus::Heading,
        format::with_team,
        icon::{Glyph, Icon},
        tabs::{TabLink, TabLinks},
    },
};

/// Title and tabs, and one page below.
#[component]
pub(super) fn SettingsFrame(
    /// The team's name.
    entity: String,
    /// The page that shows.
    room: Room,
    /// The page's content.
    children: Children,
) -> impl IntoView {
    let router = use_router();
    let note = format!("What {entity} sends and takes in, and who may do what. Admins change it; members may test.");
    let tab = move |label, own: Room| TabLink {
        label,
        count: None,
        href: router.href(&own.of(entity.clone())),
        current: own == room,
    };
    let tabs = vec![
        tab("Webhooks and secrets", Room::Webhooks),
        tab("Sources", Room::Sources),
        tab("Members", Room::Members),
        tab("Access keys", Room::Keys),
        tab("Audit log", Room::Audit),
    ];
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-head__text">
                    <Heading>"Team settings"</Heading>
                    <p class="page-head__note">{note}</p>
                </div>
            </div>
            <TabLinks label="Team settings" tabs=tabs />
            {children()}
        </div>
    }
}

/// Something that is still used, and by what.
#[derive(Clone)]
pub(super) struct InUse {
    /// Its name.
    pub name: String,
    /// What it would take to go on.
    pub text: &'static str,
    /// What uses it.
    pub used_by: Vec<UsedBy>,
}

/// Says why something cannot be deleted.
#[component]
pub(super) fn RefusedDialog(
    /// What cannot be deleted, while the dialog is there.
    of: RwSignal<Option<InUse>>,
) -> impl IntoView {
    let (router, team) = (use_router(), use_team());
    let open = RwSignal::new(false);
    Effect::new(move || {
        if of.with(Option::is_some) {
            open.set(true);
        }
    });
    Effect::new(move || {
        if !open.get() && of.with_untracked(Option::is_some) {
            of.set(None);
        }
    });
    let title = move || {
        let name = of.with_untracked(|of| of.as_ref().map(|of| of.name.clone()));
        view! { <code>{name}</code> " is still used" }.into_any()
    };
    let body = move || {
        let Some(of) = of.get_untracked() else { return ().into_any() };
        let line = |user: UsedBy| {
            let of = user.entity.clone().unwrap_or_else(|| team.entity().get_untracked());
            let words = with_team(user.entity.as_deref(), &user.name);
            let (glyph, name) = if user.kind == "webhook" {
                (Glyph::Endpoint, words.into_any())
            } else if untrack(|| team.role_in(&of)).is_none() {
                (Glyph::Hook, words.into_any())
            } else {
                let sought = Query::default().with("q", Some(&user.name));
                let list = Room::Automations.of(of).path() + &sought.suffix();
                (Glyph::Hook, view! { <a href=router.href_to(&list)>{words}</a> }.into_any())
            };
            view! {
                <li>
                    <Icon glyph=glyph />
                    <span>{name} " " <span class="muted">{user.role}</span></span>
                </li>
            }
        };
        view! {
            <p>{of.text}</p>
            <ul class="impact" role="list">
                {of.used_by.into_iter().map(line).collect_view()}
            </ul>
        }
        .into_any()
    };
    let foot = move || {
        view! {
            <Button kind=ButtonKind::Primary on_press=move || open.set(false)>
                "Close"
            </Button>
        }
        .into_any()
    };
    view! { <Dialog open=open title=title glyph=Glyph::Lock body=body foot=foot /> }
}
