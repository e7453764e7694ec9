//! What an automation was before, what each save changed, and going back to one of them.

use hookboard_api::{
    account::Role,
    automation::{Automation, AutomationDraft, Revision},
    list::List,
    webhook::Webhook,
};
use leptos::{prelude::*, task::spawn_local};

use super::differences::differences;
use crate::{
    client::{ApiError, calls, use_client, use_team},
    ui::{
        button::Button,
        conflict::Differences,
        feedback::SkeletonRows,
        format::with_team,
        icon::{Glyph, Icon},
        time::Ago,
        toast::use_toasts,
    },
};

/// The revisions, newest first.
#[component]
pub(super) fn Revisions(
    /// The automation as it is now.
    automation: Memo<Automation>,
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let (client, team, toasts) = (use_client(), use_team(), use_toasts());
    let refused = team.refusal(Role::Admin);
    let now = Memo::new(move |_| automation.with(|automation| automation.revision));
    let path = automation.with_untracked(|automation| calls::automation(&entity, &automation.id, ""));
    let list = client.query::<List<Revision>>({
        let path = format!("{path}/revisions");
        move || Some(path.clone())
    });
    let webhooks = client.query::<List<Webhook>>({
        let path = calls::webhooks(&entity);
        move || Some(path.clone())
    });
    let named = move |id: &str| {
        webhooks.with(|list| {
            let found = list.value.iter().flat_map(|list| &list.items).find(|webhook| webhook.id == id);
            match found {
                Some(webhook) => webhook.settings.name.clone(),
                // One of another team is not in the list.
                None => automation.with(|now| {
                    let own = now.webhook.as_ref().filter(|webhook| webhook.id == id);
                    own.map_or_else(|| id.to_owned(), |webhook| with_team(webhook.entity.as_deref(), &webhook.name))
                }),
            }
        })
    };
    let busy = RwSignal::new(None::<&'static str>);
    let changed = calls::team(&entity, "automations");
    let restore = Callback::new(move |revision: Revision| {
        let (path, changed, based_on) = (path.clone(), changed.clone(), now.get_untracked());
        // Whether it is on now is not the revision's to say.
        let enabled = automation.with_untracked(|automation| automation.enabled);
        busy.set(Some("Restoring…"));
        spawn_local(async move {
            let draft = AutomationDraft { enabled, ..revision.draft };
            let answer: Result<Automation, ApiError> = client.put(&path, &draft, Some(based_on)).await;
            busy.try_set(None);
            match answer {
                Ok(saved) => {
                    client.changed(&changed);
                    let words = format!("Version {} is again what version {} was", saved.revision, revision.revision);
                    toasts.say(Glyph::Retry, words);
                }
                Err(error) => toasts.fail(error.words()),
            }
        });
    });
    let there = Memo::new(move |_| list.with(|list| list.value.is_some()));
    let failed = Memo::new(move |_| list.with(|list| list.error.as_ref().map(ApiError::words)));
    // A revision never changes: one that is open stays open while newer ones come.
    let rows = move || {
        let all = list.with(|list| list.value.as_ref().map(|list| list.items.clone())).unwrap_or_default();
        let before: Vec<_> = all.iter().skip(1).cloned().map(Some).chain([None]).collect();
        all.into_iter().zip(before).collect::<Vec<_>>()
    };
    let item = move |(revision, before): (Revision, Option<Revision>)| {
        let number = revision.revision;
        let after = revision.draft.clone();
        let parts = move || before.as_ref().map(|before| differences(&before.draft, &after, named));
        let summary = match &untrack(&parts) {
            None if number == 1 => "Made".to_owned(),
            None => "–".to_owned(),
            Some(parts) if parts.is_empty() => "Saved without a change".to_owned(),
            Some(parts) => parts.iter().map(|part| part.what).collect::<Vec<_>>().join(", "),
        };
        let (author, at) = (revision.author.clone(), revision.at.clone());
        view! {
            <details class="disclosure verdict">
                <summary>
                    <Icon glyph=Glyph::ChevronRight />
                    <span class="row-title nowrap">{format!("Version {number}")}</span>
                    <span class="muted truncate">{summary}</span>
                    <span class="muted nowrap push">
                        {author} ", " <Ago at=at />
                    </span>
                </summary>
                <div class="board__note stack">
                    {live(move || {
                        parts()
                            .filter(|parts| !parts.is_empty())
                            .map(|parts| view! { <Differences differences=parts sides=("Before", "After") /> })
                    })}
                    {live(move || {
                        let revision = revision.clone();
                        (number != now.get())
                            .then(|| {
                                view! {
                                    <div>
                                        <Button
                                            small=true
                                            glyph=Glyph::Retry
                                            busy=busy
                                            refused=refused
                                            on_press=move || restore.run(revision.clone())
                                        >
                                            {format!("Restore version {number}")}
                                        </Button>
                                    </div>
                                }
                            })
                    })}
                </div>
            </details>
        }
    };
    view! {
        <section class="section" aria-label="Versions">
            <div class="section-head">
                <h2>"Versions"</h2>
                <p>"Each save, and what it changed. Restoring one saves it again; nothing is lost."</p>
            </div>
            <div class="board">
                {live(move || match (there.get(), failed.get()) {
                    (true, _) => ().into_any(),
                    (false, Some(words)) => view! { <p class="board__note">{words}</p> }.into_any(),
                    (false, None) => view! { <SkeletonRows label="Loading versions" /> }.into_any(),
                })}
                <For each=rows key=|(revision, before)| (revision.revision, before.is_some()) children=item />
            </div>
        </section>
    }
}
