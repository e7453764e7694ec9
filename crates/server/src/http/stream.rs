//! Server-sent events: which things of a team changed.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use hookboard_api::account::Role;
use hookboard_api::problem::Problem;
use hookboard_api::stream::{Change, Topic};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::auth::Caller;
use super::extract::Segments;
use crate::app::App;
use crate::db::accounts;
use crate::failure::Failure;

/// Changes of a team as they happen. The data of each message is a `Change`; ask for what you show. It ends
/// when the caller leaves the team or the key is revoked; the next call says which (`no_longer_member` where
/// it was the last team).
#[utoipa::path(get, path = "/entities/{entity}/stream", tag = "stream", params(("entity" = String, Path)),
    responses((status = 200, content_type = "text/event-stream", body = Change), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn stream(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let changes = BroadcastStream::new(app.changes())
        .then(move |change| {
            let (app, key_id, team_id, name) = (app.clone(), team.key_id.clone(), team.id.clone(), team.name.clone());
            async move {
                let (members_changed, changes) = match change {
                    Ok(change) => (change.topic == Topic::Member, vec![change]),
                    // A reader that fell behind is told that anything may have changed.
                    Err(BroadcastStreamRecvError::Lagged(_)) => {
                        let all = Topic::ALL.into_iter();
                        (true, all.map(|topic| Change { topic, entity: name.clone(), id: None }).collect())
                    }
                };
                // Who is no longer a member, or whose key was revoked, by whatever team, is told no more.
                if members_changed && !may_read_on(&app, &key_id, &team_id).await {
                    return None;
                }
                Some(changes.into_iter().filter(|change| change.entity == name).collect::<Vec<_>>())
            }
        })
        .take_while(|changes| std::future::ready(changes.is_some()))
        .map(Option::unwrap_or_default)
        .flat_map(|changes| {
            futures_util::stream::iter(changes)
                .filter_map(|change| async { Event::default().json_data(change).ok().map(Ok) })
        });
    Ok(Sse::new(changes).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

async fn may_read_on(app: &App, key_id: &str, team_id: &str) -> bool {
    accounts::is_key_of_member(app.db(), key_id, team_id).await.unwrap_or_default()
}
