//! What lists are narrowed by. The URL holds it.

use hookboard_api::{automation::WebhookRef, list::List};
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    client::{calls, use_client},
    route::{Query, use_router},
    ui::{
        button::{Button, ButtonKind},
        filter::FilterButton,
        format::with_team,
        icon::{Glyph, Icon},
    },
};

/// What is set beside the filters: the search and the states, which always show, and the order, which leaves nothing out.
const NO_FILTERS: [&str; 3] = ["q", "state", "sort"];

/// The search and filters of a list, and what clears them. In a narrow column one button shows the filters.
#[component]
pub fn Toolbar(
    /// What it is called: "Find automations".
    label: &'static str,
    /// What always stands at the start.
    #[prop(optional, into)]
    lead: Option<ViewFn>,
    /// Filters.
    children: Children,
    /// What stands at the end.
    #[prop(optional, into)]
    end: Option<ViewFn>,
) -> impl IntoView {
    let router = use_router();
    let is_set = Memo::new(move |_| router.query().with(|query| query.names().any(|name| name != "sort")));
    let filters = Memo::new(move |_| {
        router.query().with(|query| query.names().filter(|name| !NO_FILTERS.contains(name)).count())
    });
    let open = RwSignal::new(false);
    let counted = move || {
        let filters = filters.get();
        (filters > 0).then(|| view! { " " <span class="toolbar__count">{filters}</span> })
    };
    view! {
        <form
            class="toolbar"
            role="search"
            aria-label=label
            data-open=bound(move || open.get().then_some(""))
            on:submit=|event| event.prevent_default()
        >
            {lead.map(|lead| lead.run())}
            <button
                class="button toolbar__filter"
                type="button"
                aria-expanded=bound(move || open.get().to_string())
                on:click=handler(move |_| open.update(|open| *open = !*open))
            >
                <Icon glyph=Glyph::Filter />
                <span>"Filter" {live(counted)}</span>
            </button>
            {children()}
            {live(move || {
                is_set
                    .get()
                    .then(|| {
                        view! {
                            <Button kind=ButtonKind::Quiet on_press=move || clear(router)>
                                "Clear filters"
                            </Button>
                        }
                    })
            })}
            {end.map(|end| view! { <span class="push">{end.run()}</span> })}
        </form>
    }
}

/// Clears all that the URL narrows the list by; its order stays.
pub fn clear(router: crate::route::Router) {
    let order = router.query().with_untracked(|query| query.get("sort").map(str::to_owned));
    router.set_query(&Query::default().with("sort", order.as_deref()));
}

/// Takes a parameter out of the URL where it has none of the known words: what does not narrow the list must
/// not look as if it did.
pub fn drop_unknown(param: &'static str, is_known: fn(&str) -> bool) {
    let router = use_router();
    let value = router.param(param);
    Effect::new(move || {
        if value.get().is_some_and(|word| !is_known(&word)) {
            router.set_param(param, None);
        }
    });
}

/// A filter that a parameter of the URL holds.
#[component]
pub fn ParamFilter(
    /// What it filters by.
    label: &'static str,
    /// Name of the parameter.
    param: &'static str,
    /// Values and their words.
    #[prop(into)]
    choices: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let router = use_router();
    view! {
        <FilterButton
            label=label
            value=router.param(param)
            choices=choices
            on_choose={move |value: Option<String>| router.set_param(param, value.as_deref())}
        />
    }
}

/// Of a webhook, what a filter needs.
#[derive(Deserialize)]
struct Webhook {
    id: String,
    settings: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The webhooks that a team sends through, for a filter.
pub fn webhook_choices(entity: &str) -> Signal<Vec<(String, String)>> {
    let (path, lent_path) = (calls::webhooks(entity), calls::lent_webhooks(entity));
    let webhooks = use_client().query::<List<Webhook>>(move || Some(path.clone()));
    let lent = use_client().query::<List<WebhookRef>>(move || Some(lent_path.clone()));
    Signal::derive(move || {
        let own = webhooks.with(|list| {
            let list = list.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            list.iter().map(|one| (one.id.clone(), one.settings.name.clone())).collect::<Vec<_>>()
        });
        let lent = lent.with(|list| {
            let list = list.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            list.iter().map(|one| (one.id.clone(), with_team(one.entity.as_deref(), &one.name))).collect::<Vec<_>>()
        });
        own.into_iter().chain(lent).collect()
    })
}
