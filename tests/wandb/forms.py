"""Every form of a filter that the SDK has, in and out: what it sent is what it gets back, also after a change of name.

Prints the automations' ids, with their events.
"""

import json

import wandb
from wandb.automations import (
    ArtifactEvent,
    DoNothing,
    OnAddArtifactAlias,
    OnCreateArtifact,
    OnLinkArtifact,
    OnRunMetric,
    RunEvent,
)

ENTITY = "kestrel"
api = wandb.Api()
project = api.project("training", entity=ENTITY)
collection = api.artifact_collection("model", f"{ENTITY}/wandb-registry-models/scorer")
own = api.artifact_collection("dataset", f"{ENTITY}/training/prices")

alias, name, loss = ArtifactEvent.alias, RunEvent.name, RunEvent.metric("loss")
events = [
    OnLinkArtifact(scope=collection),
    OnCreateArtifact(scope=own),
    *[
        OnAddArtifactAlias(scope=scope, filter=condition)
        for scope in (collection, own, project)
        for condition in [
            alias.eq("prod"),
            alias.ne("latest"),
            alias.matches_regex("^prod-\\d+$"),
            alias.contains("größe \"λ\""),
            alias.in_(["a", "b"]),
            alias.not_in(["a", "b"]),
            alias.gt("m"),
            alias.lte("m"),
            alias.matches_regex("^a") | alias.matches_regex("b$"),
            alias.matches_regex("^a") & ~alias.contains("b"),
            ~(alias.eq("a") | alias.contains("b")),
            ~alias.matches_regex("^a"),
            (alias.contains("a") | alias.contains("b")) & (alias.contains("c") | alias.contains("d")),
            {"$or": [{"$and": [{"alias": "bare"}]}]},
        ]
    ],
    *[
        OnRunMetric(scope=project, filter=condition)
        for condition in [
            loss > 10,
            loss >= 0.1 + 0.2,
            loss < -1e-9,
            loss <= 5,
            loss.avg(5).gt(0.5),
            loss.min(2).lt(3),
            loss.max(7).gte(1e30),
            loss.changes_by(diff=1),
            loss.avg(10).increases_by(frac=0.25),
            loss.avg(3).decreases_by(diff=2.5),
            loss.gt(1) & name.contains("train"),
            loss.gt(1) & name.matches_regex("^fine"),
            loss.gt(1) & (name.eq("a") | name.eq("b")),
            loss.gt(1) & ~name.contains("test"),
            RunEvent.metric("eval/größe [%]").gt(1),
        ]
    ],
]

if tuple(map(int, wandb.__version__.split(".")[:2])) >= (0, 28):
    from wandb.automations import (
        MetricZScoreFilter,
        OnAddArtifactTag,
        OnAddCollectionTag,
        OnRemoveArtifactTag,
        OnRemoveCollectionTag,
        OnRunState,
        OnUnlinkArtifact,
    )

    events += [
        OnUnlinkArtifact(scope=collection),
        *[
            kind(scope=api.registry("models", organization=ENTITY), filter=ArtifactEvent.tag.matches_regex("^ok$"))
            for kind in (OnAddArtifactTag, OnRemoveArtifactTag, OnAddCollectionTag, OnRemoveCollectionTag)
        ],
        OnRunMetric(scope=project, filter=MetricZScoreFilter(name="loss")),
        OnRunMetric(scope=project, filter=loss.zscore(30) > 2.5),
        OnRunMetric(scope=project, filter=(abs(loss.zscore(9)) > 3) & name.contains("a")),
        OnRunMetric(scope=project, filter=loss.zscore(12) < -3),
        OnRunState(scope=project, filter=RunEvent.state.eq("failed")),
        OnRunState(scope=project, filter=RunEvent.state.in_(["finished", "failed"]) & name.contains("nightly")),
    ]


def inner(filter_):
    """A filter without what answers are wrapped in."""
    return getattr(filter_, "filter", filter_)


def text(filter_):
    return filter_.model_dump_json(by_alias=True) if hasattr(filter_, "model_dump_json") else json.dumps(filter_)


def opened(condition):
    """A filter without groups of one and bare values: versions before 0.24 write some filters otherwise."""
    if isinstance(condition, str) and condition.startswith("{"):
        return opened(json.loads(condition))
    if isinstance(condition, dict):
        condition = {
            key: {"$eq": value} if key in ("alias", "display_name") and not isinstance(value, dict) else opened(value)
            for key, value in condition.items()
        }
        items = list(condition.values())
        if len(items) == 1 and set(condition) <= {"$or", "$and"} and len(items[0]) == 1:
            return items[0][0]
        return condition
    return [opened(item) for item in condition] if isinstance(condition, list) else condition


IS_OLD = tuple(map(int, wandb.__version__.split(".")[:2])) < (0, 24)
same = opened if IS_OLD else lambda condition: condition
made = []
for number, event in enumerate(events):
    automation = api.create_automation(event >> DoNothing(), name=f"form {number}")
    assert automation.event.event_type == event.event_type, (automation.event, event)
    got, sent = text(inner(automation.event.filter)), text(event.filter)
    assert same(json.loads(got)) == same(json.loads(sent)), f"{got} is not {sent}"
    made.append(automation)

listed = {one.id: one for one in api.automations(entity=ENTITY)}
for automation in made:
    assert listed[automation.id] == automation, f"{listed[automation.id]} is not {automation}"
    changed = api.update_automation(automation, name=automation.name + ", renamed")
    assert changed.event == automation.event, f"{changed.event} is not {automation.event}"

print(json.dumps([[one.id, one.event.event_type.value] for one in made]))
