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
use crate::failure::Failure;

const TOPICS: [Topic; 6] =
    [Topic::Delivery, Topic::Event, Topic::Automation, Topic::Webhook, Topic::Secret, Topic::Catalogue];

/// Changes of a team as they happen. The data of each message is a `Change`; ask for what you show.
#[utoipa::path(get, path = "/entities/{entity}/stream", tag = "stream", params(("entity" = String, Path)),
    responses((status = 200, content_type = "text/event-stream", body = Change), (status = 404, body = Problem)))]
pub(super) async fn stream(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let changes = BroadcastStream::new(app.changes())
        .map(move |change| match change {
            Ok(change) if change.entity == team.name => vec![change],
            Ok(_) => Vec::new(),
            // A reader that fell behind is told that anything may have changed.
            Err(BroadcastStreamRecvError::Lagged(_)) => {
                TOPICS.iter().map(|topic| Change { topic: *topic, entity: team.name.clone(), id: None }).collect()
            }
        })
        .flat_map(|changes| {
            futures_util::stream::iter(changes)
                .filter_map(|change| async { Event::default().json_data(change).ok().map(Ok) })
        });
    Ok(Sse::new(changes).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}
