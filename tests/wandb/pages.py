"""Lists a team's automations page by page; prints the ids in the order they came."""

import json
import sys

import wandb

ways = {
    "team": lambda api: api.automations(entity="kestrel", per_page=int(sys.argv[2])),
    "all": lambda api: api.automations(per_page=int(sys.argv[2])),
}
print(json.dumps([one.id for one in ways[sys.argv[1]](wandb.Api())]))
