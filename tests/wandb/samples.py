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


def pick_webhook(api, entity, name=None, url=None):
    """The webhook whose name and address hold these texts, or the first there is."""
    hooks = list(api.webhook_integrations(entity=entity))
    if not hooks:
        raise ValueError(f"{entity} has no webhook")
    fits = [hook for hook in hooks if (name or "") in hook.name and (url or "") in hook.url_endpoint]
    return (fits or hooks)[0]


def picking(api):
    """Which webhook is picked by what; whether it has a token is nothing that the SDK tells."""
    first = pick_webhook(api, ENTITY)
    return {
        "name": pick_webhook(api, ENTITY, name="chat").name,
        "url": pick_webhook(api, ENTITY, url="/deploy-").name,
        "both": pick_webhook(api, ENTITY, name="hook", url="secret").name,
        "neither": pick_webhook(api, ENTITY, name="nobody's").id == first.id,
        "has a token": hasattr(first, "has_access_token"),
    }


def nothing_to_pick(api):
    """A team without webhooks: the list is empty, and says so, and there is none to pick."""
    found = list(api.webhook_integrations(entity=ENTITY))
    if not found:
        print(f"No webhook yet: make one at {api.settings['base_url']}/{ENTITY}/settings")
    return [len(found), *told(lambda: pick_webhook(api, ENTITY, name="chat"))]


def plain(api):
    """A filter that is written out, of the alias alone."""
    collection = api.artifact_collection("model", f"{ENTITY}/wandb-registry-models/scorer")
    event = OnAddArtifactAlias(scope=collection, filter={"alias": "production"})
    return made(notify(api, "plain", event, "deploy-hook", {"alias": "${alias}", "version": "${artifact_version_string}"}))


def below(api):
    """A metric that falls under a limit, by an operator."""
    project = api.project("training", entity=ENTITY)
    event = OnRunMetric(scope=project, filter=RunEvent.metric("accuracy") < 0.85)
    return made(notify(api, "below", event, "chat-hook", {"run": "${run_name}", "value": "${metric_value}"}))


def state(api):
    """A run that fails; versions before have no such event."""
    from wandb.automations import OnRunState

    event = OnRunState(scope=api.project("training", entity=ENTITY), filter=RunEvent.state.in_(["failed"]))
    return made(notify(api, "state", event, "chat-hook", {"run": "${run_name}", "state": "${run_status}"}))


def by_name(api):
    """Looked up by name, changed by attributes and by keywords, deleted by itself and by id."""
    event = OnLinkArtifact(scope=registry_scope(api, "models"))
    for name in ("kept", "gone"):
        notify(api, name, event, "chat-hook", {"name": name})
    [found] = api.automations(entity=ENTITY, name="kept")
    found.enabled = False
    found.description = "off for now"
    changed = api.update_automation(found)
    assert (changed.enabled, changed.description) == (False, "off for now"), changed
    again = api.update_automation(changed, enabled=True, description="on again")
    assert api.automation(name="kept") == again and again.enabled, again
    assert list(api.automations(entity=ENTITY, name="nobody's")) == []
    assert api.delete_automation(again) is True
    assert api.delete_automation(api.automation(name="gone").id) is True
    return [told(lambda: api.automation(name=name))[0] for name in ("kept", "gone")]


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
    own = api.artifact_collection("dataset", f"{ENTITY}/training/prices")

    def filtered(written):
        return lambda: api.create_automation(OnAddArtifactAlias(scope=collection, filter=written) >> DoNothing(), name="written")

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
        "type": told(lambda: api.create_automation(OnCreateArtifact(scope=own, filter={"artifact_type": "model"}) >> DoNothing(), name="type")),
        "registry": told(lambda: api.create_automation(OnCreateArtifact(scope=collection) >> DoNothing(), name="registry")),
        "list": told(filtered({"alias": ["a", "b"]})),
        "null": told(filtered({"alias": None})),
        "plural": told(filtered({"aliases": "production"})),
        "no dollar": told(filtered({"alias": {"in": ["a"]}})),
        "wrapped": told(filtered({"filter": {"alias": "production"}})),
        "empty": told(filtered({})),
    }


def not_in_the_sdk(api):
    """What the guides print and no version of the SDK has: how it ends, and what comes of the form that there is."""
    project = api.project("training", entity=ENTITY)
    registry = api.registry("models", organization=ENTITY)
    event = OnLinkArtifact(scope=registry_scope(api, "models"))
    automation = api.create_automation(event >> DoNothing(), name="not saved")
    high, low = RunEvent.metric("val_accuracy") > 0.95, RunEvent.metric("val_loss") < 0.05

    def to_state():
        from wandb.automations import OnRunStateChange, RunState

        return OnRunStateChange(scope=project, to_state=RunState.finished)

    def of_state():
        try:
            from wandb.automations import OnRunState
        except ImportError:
            return "no such event"
        return OnRunState(scope=project, filter=RunEvent.state.eq("finished")).event_type.value

    def save():
        automation.description = "saved"
        return api.update_automation(automation).description

    def each():
        events = {"high": OnRunMetric(scope=project, filter=high), "low": OnRunMetric(scope=project, filter=low)}
        return [api.create_automation(event >> DoNothing(), name=name).name for name, event in events.items()]

    forms = {
        "api.registry(entity=)": (lambda: api.registry("models", entity=ENTITY), lambda: registry.name),
        "registry.collection()": (
            lambda: registry.collection("scorer"),
            lambda: api.artifact_collection("model", f"{ENTITY}/wandb-registry-models/scorer").name,
        ),
        "project.automations()": (
            lambda: project.automations(),
            lambda: [one.name for one in api.automations(entity=ENTITY) if one.scope.name == "wandb-registry-models"],
        ),
        "automation.save()": (lambda: automation.save(), save),
        "metric & metric": (lambda: high & low, each),
        "OnRunStateChange(to_state=)": (to_state, of_state),
        "OnCreateArtifact(scope=registry)": (
            lambda: OnCreateArtifact(scope=registry_scope(api, "models"), filter={"artifact_type": "model"}),
            lambda: api.create_automation(event >> DoNothing(), name="linked").name,
        ),
    }
    return {form: [told(printed)[0], mended()] for form, (printed, mended) in forms.items()}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](wandb.Api(), *sys.argv[2:])))
