//! Sending many deliveries again: those that are chosen, or all that failed since a time.

use hookboard_api::delivery::{DeliveryFilter, RedeliverMany, RedeliveredMany, WebhookCount};
use leptos::{prelude::*, task::spawn_local};

use super::list::{SPANS, start_of};
use crate::{
    client::{calls, use_client},
    ui::{
        button::{Button, ButtonKind, LinkButton},
        dialog::Dialog,
        format::{count, counted},
        icon::{Glyph, Icon},
        time::now,
        toast::use_toasts,
        toggle::Segmented,
    },
};

/// What is to be sent again.
#[derive(Clone, PartialEq)]
pub(super) enum Again {
    /// Those of these ids.
    Chosen(Vec<String>),
    /// Those that failed.
    Failed {
        /// What the list is narrowed to.
        filter: DeliveryFilter,
        /// The span of time at first, by its word in the URL.
        since: String,
    },
}

/// What a try would do.
#[derive(Clone, PartialEq)]
enum Outlook {
    Asking,
    Refused(String),
    Known(RedeliveredMany),
}

/// Says how many and where to, and sends them again.
#[component]
pub(super) fn AgainDialog(
    /// What is to be sent again, while the dialog is there.
    of: RwSignal<Option<Again>>,
    /// The team's name.
    entity: String,
    /// Is told when they are on their way.
    #[prop(into)]
    on_done: Callback<()>,
) -> impl IntoView {
    let (client, toasts) = (use_client(), use_toasts());
    let open = RwSignal::new(false);
    let since = RwSignal::new(String::new());
    let anew = RwSignal::new(false);
    let outlook = RwSignal::new(Outlook::Asking);
    let busy = RwSignal::new(None::<&'static str>);
    let path = StoredValue::new(calls::team(&entity, "deliveries/redeliver"));
    let list = StoredValue::new(calls::team(&entity, "deliveries"));
    Effect::new(move || {
        let Some(again) = of.get() else { return };
        if let Again::Failed { since: own, .. } = again {
            // A span that there is not would mean all that ever failed.
            since.set(if SPANS.iter().any(|(word, ..)| *word == own) { own } else { "1d".to_owned() });
        }
        anew.set(false);
        open.set(true);
    });
    Effect::new(move || {
        if !open.get() {
            of.set(None);
        }
    });
    let request = move |dry_run: bool| {
        let (ids, filter) = match of.get()? {
            Again::Chosen(ids) => (Some(ids), None),
            Again::Failed { filter, .. } => {
                (None, Some(DeliveryFilter { since: since.with(|since| start_of(since, now())), ..filter }))
            }
        };
        Some(RedeliverMany { ids, filter, render: anew.get(), dry_run })
    };
    let again_asked = RwSignal::new(0_u32);
    // Answers of older questions are dropped.
    let turn = StoredValue::new(0_u32);
    Effect::new(move || {
        again_asked.track();
        let Some(request) = request(true) else { return };
        let own = turn.get_value() + 1;
        turn.set_value(own);
        outlook.set(Outlook::Asking);
        let path = path.get_value();
        spawn_local(async move {
            let answer = client.post::<RedeliveredMany>(&path, &request).await;
            if turn.try_get_value() == Some(own) {
                outlook.try_set(match answer {
                    Ok(known) => Outlook::Known(known),
                    Err(error) => Outlook::Refused(error.words()),
                });
            }
        });
    });
    let send = move || {
        let Some(request) = untrack(|| request(false)) else { return };
        busy.set(Some("Sending…"));
        // Whoever leaves meanwhile takes none of this along.
        let (path, list) = (path.get_value(), list.get_value());
        spawn_local(async move {
            let answer = client.post::<RedeliveredMany>(&path, &request).await;
            busy.try_set(None);
            match answer {
                Ok(sent) => {
                    open.try_set(false);
                    on_done.try_run(());
                    client.changed(&list);
                    toasts
                        .say(Glyph::Retry, format!("Sending {} again", counted(sent.count, "delivery", "deliveries")));
                }
                Err(error) => drop(outlook.try_set(Outlook::Refused(error.words()))),
            }
        });
    };
    let spans = SPANS.map(|(word, words, _)| (word.to_owned(), words.to_owned())).to_vec();
    let body = move || {
        let is_failed = of.with_untracked(|of| matches!(of, Some(Again::Failed { .. })));
        let spans = spans.clone();
        view! {
            {is_failed
                .then(|| {
                    view! {
                        <div class="field">
                            <span class="field__label">"Failed in the"</span>
                            <Segmented
                                label="Failed in the"
                                value=since
                                choices=spans
                                on_choose=move |span: String| since.set(span)
                            />
                        </div>
                    }
                })}
            <div class="field">
                <span class="field__label">"Body"</span>
                <Segmented
                    label="Body"
                    value=Signal::derive(move || if anew.get() { "anew" } else { "same" }.to_owned())
                    choices=vec![
                        ("same".to_owned(), "The same bytes".to_owned()),
                        ("anew".to_owned(), "Rendered anew".to_owned()),
                    ]
                    on_choose=move |which: String| anew.set(which == "anew")
                />
                <p class="field__hint">
                    {live(move || {
                        if anew.get() {
                            "By each automation’s payload of today, with the values of then."
                        } else {
                            "With the same id, so that receivers can tell a repeat."
                        }
                    })}
                </p>
            </div>
            <div role="status">{live(move || outlook.with(outlook_words))}</div>
            {live(move || {
                outlook
                    .with(|outlook| matches!(outlook, Outlook::Refused(_)))
                    .then(|| {
                        view! {
                            <LinkButton on_press=move || again_asked.update(|asked| *asked += 1)>"Try again"</LinkButton>
                        }
                    })
            })}
        }
        .into_any()
    };
    let foot = move || {
        let none = move || match outlook.get() {
            Outlook::Known(known) if known.count > 0 => None,
            Outlook::Known(_) => Some("There is nothing to send again.".to_owned()),
            Outlook::Refused(_) => Some("It is not known what would be sent. Try again above.".to_owned()),
            Outlook::Asking => Some("Wait until it is known how many there are.".to_owned()),
        };
        view! {
            <Button on_press=move || open.set(false)>"Cancel"</Button>
            <Button kind=ButtonKind::Primary busy=busy refused=Signal::derive(none) on_press=send>
                {live(move || match outlook.get() {
                    Outlook::Known(known) if known.count > 0 => format!("Redeliver {}", count(known.count)),
                    _ => "Redeliver".to_owned(),
                })}
            </Button>
        }
        .into_any()
    };
    let title = move || {
        let words = match of.get_untracked() {
            Some(Again::Chosen(ids)) => {
                format!("Redeliver {}?", counted(ids.len() as u64, "delivery", "deliveries"))
            }
            _ => "Redeliver what failed?".to_owned(),
        };
        view! { {words} }.into_any()
    };
    view! { <Dialog open=open title=title glyph=Glyph::Retry body=body foot=foot /> }
}

fn outlook_words(outlook: &Outlook) -> AnyView {
    let known = match outlook {
        Outlook::Asking => return view! { <p class="muted">"Counting…"</p> }.into_any(),
        Outlook::Refused(why) => return view! { <p class="field__error">{why.clone()}</p> }.into_any(),
        Outlook::Known(known) => known,
    };
    let line = |webhook: &WebhookCount| {
        view! {
            <li>
                <Icon glyph=Glyph::Endpoint />
                <span>{webhook.name.clone()} " " <span class="muted">{count(webhook.count)}</span></span>
            </li>
        }
    };
    let left = (known.left_out > 0).then(|| {
        let words = format!(
            "{} cannot be sent again: they were only recorded, are being sent already, or lost their webhook.",
            count(known.left_out)
        );
        view! { <p class="muted small">{words}</p> }
    });
    let words = match known.count {
        0 => "There is nothing to send again.".to_owned(),
        1 => "One delivery goes out again, to".to_owned(),
        many => format!("{} deliveries go out again, one after another, to", count(many)),
    };
    view! {
        <p>{words}</p>
        {(!known.webhooks.is_empty())
            .then(|| {
                view! {
                    <ul class="impact" role="list">
                        {known.webhooks.iter().map(line).collect_view()}
                    </ul>
                }
            })}
        {left}
    }
    .into_any()
}
