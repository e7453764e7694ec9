"""The samples of W&B's guide to webhook automations, for a team `kestrel`.

    python samples.py NAME [ARGUMENT …]

Each prints what it made as JSON. Where the guide's own form does not exist in the SDK, the form here is the one that
does.
"""

import json
import sys

import wandb
from wandb.automations import (
    ArtifactEvent,
    DoNothing,
    OnAddArtifactAlias,
    OnCreateArtifact,
    OnLinkArtifact,
    OnRunMetric,
    RunEvent,
    SendWebhook,
)

ENTITY = "kestrel"


def list_webhooks(api):
    return [{"id": hook.id, "name": hook.name, "url": hook.url_endpoint} for hook in api.webhook_integrations(entity=ENTITY)]


def webhook(api, name):
    """The webhook of that name."""
    for hook in api.webhook_integrations(entity=ENTITY):
        if hook.name == name:
            return hook
    raise ValueError(f"no webhook {name!r} in {ENTITY}")


def notify(api, name, event, hook, payload, description=None):
    """Makes an automation that sends `payload` through the webhook `hook`."""
    action = SendWebhook.from_integration(webhook(api, hook), payload=payload)
    return api.create_automation(event >> action, name=name, description=description)


def made(automation):
    return {"id": automation.id, "name": automation.name, "created": automation.created_at.isoformat()}


def deploy(api):
    """A version of a registry's collection gets the alias `production`: a repository dispatch."""
    collection = api.artifact_collection("model", f"{ENTITY}/wandb-registry-models/scorer")
    event = OnAddArtifactAlias(scope=collection, filter=ArtifactEvent.alias.eq("production"))
    payload = {
        "event_type": "BUILD_AND_DEPLOY",
        "client_payload": {
            "event_author": "${event_author}",
            "artifact_version_string": "${artifact_version_string}",
            "artifact_collection_name": "${artifact_collection_name}",
            "project_name": "${project_name}",
            "entity_name": "${entity_name}",
        },
    }
    return made(notify(api, "deploy", event, "deploy-hook", payload, "Builds what is in production"))


def registry_scope(api, name):
    """A registry as a scope: by itself, or in versions before that as the project that it is."""
    registry = api.registry(name, organization=ENTITY)
    return registry if hasattr(registry, "id") else api.project(f"wandb-registry-{name}", entity=ENTITY)


def monitor(api):
    """Every version that is linked to any collection of a registry."""
    event = OnLinkArtifact(scope=registry_scope(api, "models"))
    payload = {"text": "${event_type}: ${artifact_collection_name} v${artifact_version_index} by ${event_author}"}
    return made(notify(api, "monitor", event, "chat-hook", payload))


def metric(api):
    """The mean of a run's last values rises above a limit."""
    project = api.project("training", entity=ENTITY)
    event = OnRunMetric(scope=project, filter=RunEvent.metric("loss").avg(3).gt(0.5) & RunEvent.name.contains("fine-tune"))
    payload = {"run": "${run_name}", "metric": "${metric_name}", "value": "${metric_value}", "limit": "${metric_threshold}"}
    return made(notify(api, "loss", event, "chat-hook", payload))


def created(api):
    """A new version of a project's collection."""
    collection = api.artifact_collection("dataset", f"{ENTITY}/training/prices")
    return made(notify(api, "prices", OnCreateArtifact(scope=collection), "chat-hook", {"new": "${artifact_version_string}"}))


def routing(api):
    """Which webhook is called depends on the alias."""
    collection = api.artifact_collection("model", f"{ENTITY}/wandb-registry-models/scorer")
    routes = {"^staging": "chat-hook", "^(production|canary)$": "deploy-hook"}
    automations = []
    for pattern, hook in routes.items():
        event = OnAddArtifactAlias(scope=collection, filter=ArtifactEvent.alias.matches_regex(pattern))
        automations.append(made(notify(api, f"route {pattern}", event, hook, {"alias": "${alias}", "route": pattern})))
    return automations


def secrets(api):
    """The access token and a secret of the webhook in a payload: their names, never their values."""
    event = OnLinkArtifact(scope=registry_scope(api, "models"))
    payload = {"token": "${ACCESS_TOKEN}", "password": "${DEPLOY_PASSWORD}", "short": "$DEPLOY_PASSWORD", "price": "$5"}
    return made(notify(api, "secrets", event, "secret-hook", payload))


def manage(api):
    """Lists, changes and deletes."""
    collection = api.artifact_collection("model", f"{ENTITY}/wandb-registry-models/scorer")
    event = OnAddArtifactAlias(scope=collection, filter=ArtifactEvent.alias.eq("x"))
    first = notify(api, "to be changed", event, "chat-hook", {"a": 1}, "first")
    listed = {one.name: one for one in api.automations(entity=ENTITY)}
    assert listed["to be changed"] == first, (listed["to be changed"], first)
    assert api.automation(name="to be changed", entity=ENTITY) == first
    assert any(one == first for one in api.automations()), "without a team, all are listed"

    first.enabled = False
    first.description = "second"
    second = api.update_automation(first, name="changed")
    assert (second.id, second.name, second.enabled, second.description) == (first.id, "changed", False, "second"), second
    third = api.update_automation(second, action=DoNothing())
    assert third.action.action_type.value == "NO_OP", third
    fourth = api.update_automation(third, action=SendWebhook.from_integration(webhook(api, "deploy-hook"), payload={"b": [2]}))
    assert fourth.action.request_payload == {"b": [2]}, fourth
    event = OnAddArtifactAlias(scope=api.project("training", entity=ENTITY), filter=ArtifactEvent.alias.eq("y"))
    try:
        fifth = api.update_automation(fourth, event=event, scope=event.scope)
        assert fifth.scope.name == "training" and fifth.event.filter.filter == event.filter, fifth
    except wandb.errors.CommError as error:
        # Before 0.24 or so, the SDK loses the filter of a new event: nothing is changed then.
        assert "Say which alias counts" in str(error), error
        fifth = fourth
    assert api.automation(name="changed", entity=ENTITY) == fifth

    assert api.delete_automation(fifth) is True
    assert all(one.id != first.id for one in api.automations(entity=ENTITY)), "it is gone"
    return made(first)


def told(call):
    """What kind of error a call ends in, and its words."""
    try:
        call()
    except Exception as error:
        return [type(error).__name__, str(error)]
    return ["nothing", ""]


def errors(api):
    """What the SDK says of what the server refuses."""
    collection = api.artifact_collection("model", f"{ENTITY}/wandb-registry-models/scorer")
    event = OnAddArtifactAlias(scope=collection, filter=ArtifactEvent.alias.eq("x"))
    broken = OnAddArtifactAlias(scope=collection, filter=ArtifactEvent.alias.matches_regex("("))
    hook = webhook(api, "chat-hook")
    first = api.create_automation(event >> DoNothing(), name="once")
    again = api.create_automation(event >> DoNothing(), name="once", fetch_existing=True)
    assert again == first, "the one there is"
    gone = api.create_automation(event >> DoNothing(), name="gone")
    api.delete_automation(gone)
    return {
        "duplicate": told(lambda: api.create_automation(event >> DoNothing(), name="once")),
        "update of a missing one": told(lambda: api.update_automation(gone)),
        "delete of a missing one": told(lambda: api.delete_automation(gone)),
        "pattern": told(lambda: api.create_automation(broken >> DoNothing(), name="pattern")),
        "variable": told(lambda: notify(api, "variable", event, "chat-hook", {"a": "${artifact_nme}"})),
        "webhook": told(lambda: api.create_automation(event >> SendWebhook(integration_id="none"), name="webhook")),
        "event": told(lambda: notify(api, "alias of a link", OnLinkArtifact(scope=collection, filter=ArtifactEvent.alias.eq("x")), "chat-hook", {})),
        "team": told(lambda: list(api.automations(entity="rival"))),
        "name": told(lambda: api.create_automation(event >> SendWebhook.from_integration(hook), name="a\u202eb")),
    }


def not_in_the_sdk(api):
    """What the guide prints and no version of the SDK has."""
    project = api.project("training", entity=ENTITY)
    registry = api.registry("models", organization=ENTITY)
    event = OnLinkArtifact(scope=registry_scope(api, "models"))
    automation = api.create_automation(event >> DoNothing(), name="not saved")
    return {
        "api.registry(entity=)": told(lambda: api.registry("models", entity=ENTITY))[0],
        "registry.collection()": told(lambda: registry.collection("scorer"))[0],
        "project.automations()": told(lambda: project.automations())[0],
        "automation.save()": told(lambda: automation.save())[0],
        "metric & metric": told(lambda: RunEvent.metric("a").gt(1) & RunEvent.metric("b").lt(1))[0],
    }


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](wandb.Api(), *sys.argv[2:])))
