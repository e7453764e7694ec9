//! One delivery as a row.

use hookboard_api::{
    EventType,
    delivery::{Delivery, DeliveryState, Redeliver},
    sentence::subject_words,
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    client::{Client, calls, use_client},
    route::{Route, use_router},
    ui::{
        button::{Button, ButtonKind},
        chip::Chip,
        dates::{Style, use_dates},
        format::{duration, parse_time},
        icon::Glyph,
        outcome::{look, short_code},
        rows::Row,
        selection::{ChooseRow, Selection, is_chosen},
        status::Status,
        time::use_clock,
        toast::use_toasts,
    },
};

/// Whether it can be sent again at all.
pub(super) const fn can_go_again(state: DeliveryState) -> bool {
    matches!(state, DeliveryState::Retrying | DeliveryState::Failed | DeliveryState::Canceled)
}

/// A row of the list.
#[component]
pub(super) fn DeliveryRow(
    /// The delivery as it is now.
    delivery: Memo<Row<Delivery>>,
    /// The team's name.
    entity: String,
    /// The rows that are chosen.
    selection: Selection,
    /// Why the reader may not send it again.
    refused: Signal<Option<String>>,
) -> impl IntoView {
    let (client, router, clock, dates) = (use_client(), use_router(), use_clock(), use_dates());
    let busy = RwSignal::new(None::<&'static str>);
    let (id, name) = delivery.with_untracked(|delivery| (delivery.id.clone(), delivery.automation_name.clone()));
    let selected = is_chosen(selection, id.clone());
    let choose_label =
        format!("Select {name}, {}", delivery.with_untracked(|delivery| subject_words(&delivery.subject)));
    let href = router.href(&Route::Delivery { entity: entity.clone(), id: id.clone() });
    let toasts = use_toasts();
    let again = StoredValue::new(entity);
    let send = move || {
        let (entity, delivery) = (again.get_value(), delivery.get_untracked());
        busy.set(Some("Sending…"));
        spawn_local(async move {
            let answer = redeliver(client, &entity, &delivery.id, false).await;
            busy.try_set(None);
            if let Err(error) = answer {
                toasts.fail(error.words());
            }
        });
    };
    view! {
        <tr role="row" aria-selected=bound(move || selected.get().to_string())>
            <td role="cell" class="col-check">
                <ChooseRow selection=selection id=id label=choose_label />
            </td>
            <td role="cell" class="col-state">
                {live(move || {
                    delivery
                        .with(|delivery| {
                            let (tone, glyph, word) = look(delivery.state);
                            let code = short_code(delivery.status, delivery.outcome).unwrap_or_default();
                            let title = delivery.reason.clone();
                            view! {
                                <span title=title>
                                    <Status tone=tone glyph=glyph text=word code=code />
                                </span>
                            }
                        })
                })}
            </td>
            <th role="rowheader" scope="row" class="col-name">
                <a class="row-title" href=href>
                    {name}
                </a>
            </th>
            <td role="cell" class="col-subject">
                {live(move || delivery.with(|delivery| subject(delivery)))}
            </td>
            <td role="cell" class="col-who muted">
                {live(move || delivery.with(|delivery| delivery.event_author.clone()))}
            </td>
            <td role="cell" class="col-time nowrap">
                {live(move || {
                    let at = delivery.with(|delivery| delivery.created_at.clone());
                    let time = parse_time(&at).unwrap_or_default();
                    let now = clock.coarse().get();
                    view! {
                        <time datetime=at lang=dates.lang() title=dates.write(time, Style::Full)>
                            {dates.short(time, now)}
                        </time>
                        " "
                        <span class="faint" lang=dates.lang()>
                            {dates.ago(time, now)}
                        </span>
                    }
                })}
            </td>
            <td role="cell" class="col-att table__num nowrap">
                {live(move || {
                    delivery
                        .with(|delivery| match delivery.state {
                            DeliveryState::Retrying | DeliveryState::Failed => {
                                format!("{} of {}", delivery.attempts, delivery.max_attempts)
                            }
                            _ => delivery.attempts.to_string(),
                        })
                })}
            </td>
            <td role="cell" class="col-dur table__num nowrap">
                {live(move || delivery.with(|delivery| delivery.duration_ms.map_or_else(|| "–".to_owned(), duration)))}
            </td>
            <td role="cell" class="col-act">
                {live(move || {
                    let state = delivery.with(|delivery| delivery.state);
                    can_go_again(state)
                        .then(|| {
                            view! {
                                <Button
                                    kind=ButtonKind::Quiet
                                    small=true
                                    glyph=Glyph::Retry
                                    busy=busy
                                    refused=refused
                                    on_press=send
                                >
                                    "Redeliver"
                                </Button>
                            }
                        })
                })}
            </td>
        </tr>
    }
}

/// Sends a delivery again.
pub(super) async fn redeliver(
    client: Client,
    entity: &str,
    id: &str,
    render: bool,
) -> Result<(), crate::client::ApiError> {
    let path = calls::delivery(entity, id, "/redeliver");
    client.post::<Option<serde::de::IgnoredAny>>(&path, &Redeliver { render }).await?;
    client.changed(&calls::team(entity, "deliveries"));
    Ok(())
}

fn subject(delivery: &Delivery) -> AnyView {
    let words = subject_words(&delivery.subject);
    let (name, version) = match words.rsplit_once(' ') {
        Some((name, version)) => (name.to_owned(), version.to_owned()),
        None => (words, String::new()),
    };
    view! {
        <span class="row row-wrap">
            <span class="subject">{name} " " <span class="muted nowrap">{version}</span></span>
            {detail_chip(delivery)}
        </span>
    }
    .into_any()
}

/// What the event was about, with the sign of its kind.
pub(super) fn detail_chip(delivery: &Delivery) -> AnyView {
    let glyph = match delivery.event_type {
        EventType::AddArtifactAlias => Glyph::Alias,
        event if event.is_tag() => Glyph::Tag,
        event if event.is_run() => Glyph::Pulse,
        _ => Glyph::Collection,
    };
    let words = match delivery.event_type {
        _ if !delivery.subject_detail.is_empty() => delivery.subject_detail.clone(),
        EventType::LinkArtifact => "linked".to_owned(),
        EventType::UnlinkArtifact => "unlinked".to_owned(),
        EventType::CreateArtifact => "created".to_owned(),
        _ => return ().into_any(),
    };
    view! { <Chip glyph=glyph words=words /> }.into_any()
}
