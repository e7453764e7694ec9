//! Who changed what.

use hookboard_api::{
    account::Member,
    audit::{AuditAction, AuditEntry, AuditKind},
    list::List,
};
use leptos::{html, prelude::*};
use serde_json::{Map, Value};

use super::frame::SettingsFrame;
use crate::{
    client::{calls, use_client},
    features::lists::{Pages, ParamFilter, Toolbar, clear, drop_unknown},
    route::{Query, Room, use_router},
    ui::{
        board::{Board, Column, is_read},
        button::Button,
        feedback::Empty,
        icon::{Glyph, Icon},
        time::Ago,
        toast::use_toasts,
    },
};

const COLUMNS: [Column; 4] = [("What", "col-name"), ("Change", "col-subject"), ("By", "col-who"), ("Time", "col-time")];

/// The audit log.
#[component]
pub fn AuditPage(
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let (client, router, toasts) = (use_client(), use_router(), use_toasts());
    let query = router.query();
    drop_unknown("kind", |word| AuditKind::parse(word).is_some());
    let address = calls::team(&entity, "audit");
    let board: NodeRef<html::Section> = NodeRef::new();
    let pages = Pages::<AuditEntry>::new(
        client,
        move || {
            let asked = query.with(|query| {
                ["actor", "kind", "target"]
                    .into_iter()
                    .fold(Query::default(), |asked, name| asked.with(name, query.get(name)))
            });
            format!("{address}{}", asked.with("limit", Some("50")).suffix())
        },
        |row| &row.id,
        move || is_read(board),
        move |error| toasts.fail(error.words()),
    );
    let rows = Memo::new(move |_| pages.rows());
    let path = calls::team(&entity, "members");
    let members = client.query::<List<Member>>(move || Some(path.clone()));
    let people = Signal::derive(move || {
        members.with(|list| {
            let list = list.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            list.iter().map(|member| (member.user.clone(), member.user.clone())).collect::<Vec<_>>()
        })
    });
    let kinds = AuditKind::ALL.map(|kind| (kind.as_str().to_owned(), kind_look(kind).1.to_owned())).to_vec();
    let empty = move || {
        if query.with(Query::is_empty) {
            view! { <Empty title="Nothing was changed yet" text="Each change appears here, with who made it." /> }
                .into_any()
        } else {
            view! {
                <Empty title="No change matches" text="Filters are set. Clear them to see all changes.">
                    <Button on_press=move || clear(router)>"Clear filters"</Button>
                </Empty>
            }
            .into_any()
        }
    };
    view! {
        <SettingsFrame entity=entity room=Room::Audit>
            <div class="section section--first">
                <Toolbar label="Find changes">
                    <ParamFilter label="Kind" param="kind" choices=kinds />
                    <ParamFilter label="By" param="actor" choices=people />
                </Toolbar>
                <Board
                    node_ref=board
                    label="Changes"
                    listing=pages.listing()
                    class="table--cards table--audit"
                    columns=&COLUMNS
                    empty=empty
                    foot=|| view! { <span>"Values of secrets are in none of them."</span> }.into_any()
                >
                    <For
                        each=move || rows.get()
                        key=|row| row.id.clone()
                        children=|row| view! { <ChangeRow entry=row /> }
                    />
                </Board>
            </div>
        </SettingsFrame>
    }
}

const fn kind_look(kind: AuditKind) -> (Glyph, &'static str) {
    match kind {
        AuditKind::Automation => (Glyph::Hook, "Automation"),
        AuditKind::Webhook => (Glyph::Endpoint, "Webhook"),
        AuditKind::Secret => (Glyph::Key, "Secret"),
        AuditKind::Key => (Glyph::Lock, "Access key"),
        AuditKind::Member => (Glyph::Users, "Member"),
        AuditKind::Source => (Glyph::Download, "Source"),
        AuditKind::Place => (Glyph::Registry, "Registry or project"),
        AuditKind::Delivery => (Glyph::Delivery, "Delivery"),
    }
}

const fn action_words(action: AuditAction) -> &'static str {
    match action {
        AuditAction::Created => "created",
        AuditAction::Changed => "changed",
        AuditAction::Deleted => "deleted",
        AuditAction::Redelivered => "sent again",
        AuditAction::Canceled => "stopped",
        AuditAction::Resumed => "resumed",
        AuditAction::Linked => "given a sign-in link",
    }
}

#[component]
fn ChangeRow(entry: AuditEntry) -> impl IntoView {
    let (glyph, kind) = kind_look(entry.kind);
    let fields = changes(entry.before.as_ref(), entry.after.as_ref());
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="col-name">
                <span class="cell-stack">
                    <span class="status" data-tone="none">
                        <Icon glyph=glyph />
                        <b class="row-title truncate">{entry.target_name}</b>
                    </span>
                    <span class="cell-sub">{kind} " " {action_words(entry.action)}</span>
                </span>
            </th>
            <td role="cell" class="col-subject">
                {change_view(fields)}
            </td>
            <td role="cell" class="col-who">
                {entry.actor}
            </td>
            <td role="cell" class="col-time nowrap">
                <Ago at=entry.at />
            </td>
        </tr>
    }
}

/// One field, as it was and as it is.
struct Change {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

/// The fields of both sides, in their order.
fn changes(before: Option<&Map<String, Value>>, after: Option<&Map<String, Value>>) -> Vec<Change> {
    let words = |side: Option<&Map<String, Value>>, field: &str| {
        side.and_then(|side| side.get(field)).filter(|value| !value.is_null()).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    let mut fields: Vec<&String> = before.into_iter().chain(after).flat_map(Map::keys).collect();
    fields.sort();
    fields.dedup();
    let change =
        |field: &String| Change { field: field.clone(), before: words(before, field), after: words(after, field) };
    fields.into_iter().map(change).collect()
}

/// At most this many changes show without being asked for.
const SHORT: usize = 2;

fn change_view(fields: Vec<Change>) -> AnyView {
    if fields.is_empty() {
        return view! { <span class="muted">"–"</span> }.into_any();
    }
    let line = |change: Change| {
        let arrow = change.before.is_some() && change.after.is_some();
        view! {
            <li>
                <span class="muted">{change.field}</span>
                " "
                {change.before.map(|before| view! { <code class="change__before">{before}</code> })}
                {arrow.then(|| view! { <span class="visually-hidden">" became "</span> <Icon glyph=Glyph::ArrowRight /> })}
                {change.after.map(|after| view! { <code>{after}</code> })}
            </li>
        }
    };
    if fields.len() <= SHORT {
        return view! { <ul class="changes" role="list">{fields.into_iter().map(line).collect_view()}</ul> }.into_any();
    }
    let names = fields.iter().map(|change| change.field.as_str()).collect::<Vec<_>>().join(", ");
    view! {
        <details class="disclosure">
            <summary>{format!("{} fields: {names}", fields.len())}</summary>
            <ul class="changes" role="list">
                {fields.into_iter().map(line).collect_view()}
            </ul>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_names_what_was_and_what_is() {
        let (before, after) = (json!({"enabled": true, "name": "a"}), json!({"enabled": false, "url": null}));
        let found = changes(before.as_object(), after.as_object());
        let found: Vec<_> =
            found.iter().map(|one| (one.field.as_str(), one.before.as_deref(), one.after.as_deref())).collect();
        assert_eq!(found, [("enabled", Some("true"), Some("false")), ("name", Some("a"), None), ("url", None, None)]);
    }
}
