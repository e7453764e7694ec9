"""Writes a team's W&B automations as a file for `hookboard import`.

    pip install wandb
    python from_wandb.py TEAM > automations.yaml

Reads by the wandb SDK from where `WANDB_BASE_URL` and `WANDB_API_KEY` point (or `wandb login` did), and writes nothing
there. What has no place in Hookboard is named on stderr and left out: messages to Slack, launch jobs, and automations of
a whole team. The registries, projects and webhooks that the file names are to be there before it is imported; the
latter are listed on stderr with their addresses. Secrets do not leave W&B: create those again by the same names.
"""

import argparse
import json
import sys

import wandb

REGISTRY = "wandb-registry-"
EVENTS = {"LINK_MODEL": "LINK_ARTIFACT", "RUN_METRIC": "RUN_METRIC_THRESHOLD"}
COMPARISONS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
STATES = {"RUNNING": "running", "FINISHED": "finished", "FAILED": "failed", "CRASHED": "failed"}
DIRECTIONS = {"INCREASE": "up", "DECREASE": "down", "ANY": "either"}
# Which project an automation belongs to: that of a collection is not in the SDK's own answer.
PLACES = """
query Places($entity: String!, $after: String) {
  entity(name: $entity) {
    projects(first: 50, after: $after) {
      pageInfo { endCursor hasNextPage }
      edges { node { name triggers { id } } }
    }
  }
}
"""


class LeftOut(Exception):
    """Why an automation cannot be taken over."""


def ask(api, query, variables):
    """Sends a document the way this version of the SDK does."""
    if hasattr(api, "_service_api"):
        return api._service_api.execute_graphql(query, variables)
    from wandb_gql import gql

    return api.client.execute(gql(query), variable_values=variables)


def places(api, entity):
    """The project of each automation."""
    found, after = {}, None
    while True:
        page = ask(api, PLACES, {"entity": entity, "after": after})["entity"]["projects"]
        for edge in page["edges"]:
            found |= {trigger["id"]: edge["node"]["name"] for trigger in edge["node"]["triggers"]}
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def plain(value):
    """What the SDK parsed, as JSON has it."""
    if hasattr(value, "model_dump_json"):
        value = json.loads(value.model_dump_json(by_alias=True))
    return json.loads(value) if isinstance(value, str) else value


def condition(value):
    """A filter without the wrappings that the SDK writes, by Hookboard's names."""
    if isinstance(value, list):
        return [condition(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and set(value) <= {"$and", "$or"} and len(next(iter(value.values()))) == 1:
        return condition(next(iter(value.values()))[0])
    renamed = {"display_name": "run_name"}
    return {renamed.get(key, key): condition(inner) if key.startswith("$") else inner for key, inner in value.items()}


def names(filter_):
    """Names of the values that a filter looks at."""
    if isinstance(filter_, list):
        return {name for item in filter_ for name in names(item)}
    if not isinstance(filter_, dict):
        return set()
    own = {key for key in filter_ if not key.startswith("$")}
    return own.union(*(names(inner) for key, inner in filter_.items() if key.startswith("$")))


def rule(choice):
    """One condition on a metric."""
    choice = {kind: inner for kind, inner in choice.items() if inner}
    if inner := choice.get("threshold_filter"):
        return {
            "kind": "threshold",
            "metric": inner["name"],
            "window": inner["window_size"] if inner.get("agg_op") else 1,
            "aggregate": (inner.get("agg_op") or "AVERAGE").lower(),
            "comparison": COMPARISONS[inner["cmp_op"]],
            "threshold": inner["threshold"],
        }
    if inner := choice.get("change_filter"):
        if inner.get("agg_op") in ("MIN", "MAX"):
            raise LeftOut("it watches a change of smallest or largest values, and Hookboard compares averages")
        return {
            "kind": "change",
            "metric": inner["name"],
            "window": inner["current_window_size"] if inner.get("agg_op") else 1,
            "prior_window": inner["prior_window_size"] if inner.get("agg_op") else 1,
            "change": inner["change_type"].lower(),
            "direction": DIRECTIONS[inner["change_dir"]],
            "amount": inner["change_amount"],
        }
    inner = choice["zscore_filter"]
    return {
        "kind": "z_score",
        "metric": inner["name"],
        "window": inner["window_size"],
        "zscore": inner["threshold"],
        "direction": DIRECTIONS[inner["change_dir"]],
    }


def run_states(told):
    """States of a run in Hookboard's order, each once; one alone may be a text."""
    told = [state.upper() for state in ([told] if isinstance(told, str) else told)]
    if unknown := [state for state in told if state not in STATES]:
        raise LeftOut(f"it watches for the state {unknown[0]}, which Hookboard's runs do not have")
    found = {STATES[state] for state in told}
    return [state for state in dict.fromkeys(STATES.values()) if state in found]


def trigger(event):
    name = event.event_type.value
    if name == "UPDATE_ARTIFACT_ALIAS":
        raise LeftOut("its event is one that this version of wandb has no name for; use a newer one")
    written = {"event": EVENTS.get(name, name)}
    told = plain(event.filter)
    filter_ = condition(plain(told["run_filter"] if "run_filter" in told else told["filter"]))
    if "hookboard" in names(filter_):
        raise LeftOut("it has several metrics; use `hookboard export` there")
    if filter_ not in ({}, {"$and": []}):
        written["filter"] = filter_
    if metric := told.get("run_metric_filter"):
        written["metrics"] = {"rules": [rule(metric)]}
    if states := told.get("run_state_filter"):
        written["states"] = run_states(states["states"])
    return written


def scope(automation, project):
    if automation.scope.scope_type.value == "ENTITY":
        raise LeftOut("it watches a whole team; make one for each registry or project")
    if project is None:
        raise LeftOut("its registry or project is not one that you can read")
    is_registry = project.startswith(REGISTRY)
    written = {"registry": project[len(REGISTRY) :]} if is_registry else {"project": project}
    if automation.scope.scope_type.value == "ARTIFACT_COLLECTION":
        written["collection"] = automation.scope.name
    return written


def action(automation, hooks):
    kind = automation.action.action_type.value
    if kind == "NO_OP":
        return {"type": "record"}
    if kind != "GENERIC_WEBHOOK":
        raise LeftOut(f"its action is {kind}, and Hookboard sends through webhooks")
    hook = hooks.get(automation.action.integration.id)
    if hook is None:
        raise LeftOut("its webhook is deleted, or is another team's")
    written = {"type": "webhook", "webhook": hook.name}
    if automation.action.request_payload is not None:
        written["template"] = json.dumps(automation.action.request_payload, indent=2, ensure_ascii=False) + "\n"
    return written


def main(entity):
    api = wandb.Api()
    hooks = {hook.id: hook for hook in api.webhook_integrations(entity=entity)}
    found, taken, used = places(api, entity), [], {}
    for automation in api.automations(entity=entity):
        try:
            written = {
                "name": automation.name,
                "description": automation.description or "",
                "scope": scope(automation, found.get(automation.id)),
                "trigger": trigger(automation.event),
                "action": action(automation, hooks),
                "enabled": automation.enabled,
            }
        except LeftOut as why:
            print(f"left out: {automation.name!r}: {why}", file=sys.stderr)
            continue
        taken.append(written)
        if name := written["action"].get("webhook"):
            used[name] = hooks[automation.action.integration.id].url_endpoint
    for name, url in sorted(used.items()):
        print(f"webhook {name!r} sends to {url}", file=sys.stderr)
    print(f"{len(taken)} automations", file=sys.stderr)
    # Every JSON text is YAML.
    print(json.dumps({"version": 1, "automations": taken}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes a team's W&B automations as a file for `hookboard import`.")
    parser.add_argument("team", help="its name in W&B")
    main(parser.parse_args().team)
