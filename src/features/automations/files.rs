//! The menu of automations as files: written out here, taken in by [`super::import`].

use leptos::{prelude::*, task::spawn_local};

use super::import::import;
use crate::{
    client::{calls, use_client},
    part::Later,
    route::{Place, Query},
    ui::{
        dialog::lost,
        download,
        icon::Glyph,
        menu::{Menu, MenuItem},
        toast::use_toasts,
    },
};

/// A menu of what can be done with files, beside a list.
#[component]
pub(super) fn Files(
    /// The team's name.
    entity: String,
    /// The place whose automations are written out; none for all of the team's.
    within: Option<Place>,
) -> impl IntoView {
    let (client, toasts) = (use_client(), use_toasts());
    let importing = RwSignal::new(false);
    let (asked, place) = (entity.clone(), within.clone());
    let export = move |format: &'static str| {
        let place = within.as_ref().map(|place| calls::within(place, &Query::default())).unwrap_or_default();
        let path = calls::automation(&asked, "export", &place.with("format", Some(format)).suffix());
        spawn_local(async move {
            let name = format!("automations.{format}");
            match client.get_text(&path).await {
                Ok(text) if download::save(&name, &format!("application/{format}"), &text) => {
                    toasts.say(Glyph::Check, format!("Exported {name}"));
                }
                Ok(_) => toasts.fail("The browser did not allow the download. Allow it, then try again."),
                Err(error) => toasts.fail(error.words()),
            }
        });
    };
    let items = move |()| {
        let (as_yaml, as_json) = (export.clone(), export.clone());
        vec![
            MenuItem::new(Glyph::Download, "Export as YAML", move || as_yaml("yaml"))
                .note("All that are here, whatever the filters"),
            MenuItem::new(Glyph::Download, "Export as JSON", move || as_json("json")),
            MenuItem::new(Glyph::Upload, "Import a file…", move || importing.set(true))
                .note("Shows what would change first"),
        ]
    };
    view! {
        <Menu label="Files" title="Automations as files" glyph=Glyph::More wide=true items=Callback::new(items) />
        <Later wanted=importing ask=import(entity, place, importing) on_missing=lost(importing) />
    }
}
