"""Lists all automations in both ways, and sends each back with another name. Prints ids and what was refused."""

import json

import wandb

api = wandb.Api()
listed = list(api.automations())
assert {one.id for one in listed} == {one.id for one in api.automations(entity="kestrel", per_page=7)}
assert len(listed) == len({one.id for one in listed}), "each once"
refused = []
for automation in listed:
    try:
        changed = api.update_automation(automation, name=automation.name[:250] + " ✓", enabled=not automation.enabled)
    except wandb.errors.CommError as error:
        refused.append([automation.id, automation.event.event_type.value, str(error)])
    else:
        assert changed.event == automation.event and changed.action == automation.action, f"{changed} is not {automation}"
print(json.dumps({"ids": [one.id for one in listed], "refused": refused}))
