//! What the owner of a webhook is told where another team's automations send through it.

use hookboard_api::audit::AuditKind;
use hookboard_api::automation::{Action, AutomationDraft};
use hookboard_api::stream::Topic;
use serde_json::json;

use super::auth::Team;
use crate::app::App;
use crate::db::audit::{self, Change};
use crate::db::{Conn, lent, webhooks};
use crate::failure::Failure;

/// Tells the other teams whose webhooks `actions` send through, or did, that they are used by other automations now.
pub(super) async fn tell_owners(app: &App, team: &Team, actions: &[&Action]) {
    let ids: Vec<&str> = actions.iter().filter_map(|action| action.webhook_id()).collect();
    let owners = async { lent::of_others(&mut *app.db().read().acquire().await?, &team.id, &ids).await };
    match owners.await {
        Ok(owners) => owners.iter().for_each(|(id, owner)| app.changed(Topic::Webhook, owner, Some(id))),
        Err(error) => tracing::warn!(%error, team = team.name, "owners of webhooks were not told of the change"),
    }
}

/// Writes into the log of a webhook's owner that another team takes it into use, by an automation that sent through the
/// webhook `before`.
pub(super) async fn audit_use(
    conn: &mut Conn,
    team: &Team,
    before: Option<&str>,
    draft: &AutomationDraft,
) -> Result<(), Failure> {
    let Some(id) = draft.action.webhook_id().filter(|id| Some(*id) != before) else { return Ok(()) };
    let webhook = webhooks::any(conn, id).await?;
    if webhook.entity_id == team.id {
        return Ok(());
    }
    let name = webhook.settings()?.name;
    let change = Change::changed(AuditKind::Webhook, id, &name);
    let used_by = format!("{}/{}", team.name, draft.name);
    audit::write(conn, &webhook.entity_id, &team.user, change.after(&json!({ "used_by": used_by }))?).await
}
