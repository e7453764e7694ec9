//! The head of a list in the settings: what it is, how many there are, and what makes another one.

use leptos::prelude::*;

/// The head of a list.
#[component]
pub(super) fn ListHead(
    /// What the list is of.
    title: &'static str,
    /// How many there are; none while that is not known.
    #[prop(into)]
    count: Signal<Option<usize>>,
    /// What they are for.
    #[prop(optional)]
    about: Option<&'static str>,
    /// What makes another one.
    children: Children,
) -> impl IntoView {
    let counted = move || {
        count.get().map(|count| {
            view! {
                <span class="tab__count">
                    {count} <span class="visually-hidden">" in all"</span>
                </span>
            }
        })
    };
    view! {
        <div class="section-head">
            <h2>{title}</h2>
            {live(counted)}
            {about.map(|about| view! { <p>{about}</p> })}
            <div class="section-head__actions">{children()}</div>
        </div>
    }
}
