// Random automations of every kind that REST takes, also of those that the wandb SDK has no form for.

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const EVENTS = [
  "LINK_ARTIFACT", "UNLINK_ARTIFACT", "CREATE_ARTIFACT", "ADD_ARTIFACT_ALIAS", "ADD_ARTIFACT_TAG", "REMOVE_ARTIFACT_TAG",
  "ADD_COLLECTION_TAG", "REMOVE_COLLECTION_TAG", "RUN_METRIC_THRESHOLD", "RUN_METRIC_CHANGE", "RUN_METRIC_ZSCORE", "RUN_STATE",
];
const WORDS = ["prod", "größe", "λ-\"quoted\"", "v1.0", "名前", "😀", "a b", "\\d+"];
const TEMPLATES = [
  undefined,
  "{}",
  "{ \"spaced\" :  [1, 2.50, 1e3],\n  \"text\": \"${event_author} \\\"said\\\" ${project_name}\" }",
  "{\"typed\": ${event_author}, \"list\": [${entity_name}, \"${entity_name}\"], \"default\": ${project_name:-0}}",
  "{\"größe\": {\"名前\": \"${automation_name}\", \"price\": \"$5 $${kept}\"}}",
  "{\"twice\": 1, \"twice\": 2}",
];

/** The automation number `number`, through one of `webhooks`. */
export function randomAutomation(next, number, webhooks) {
  const pick = (list) => list[Math.floor(next() * list.length)];
  const event = EVENTS[number % EVENTS.length];
  const isRun = event.startsWith("RUN_");
  const inRegistry = !isRun && event !== "CREATE_ARTIFACT" && (event.endsWith("LINK_ARTIFACT") || next() < 0.5);
  const scope = { kind: inRegistry ? "registry" : "project", entity: "kestrel", name: inRegistry ? "models" : "training" };
  if (!isRun && next() < 0.5) scope.collection = inRegistry ? pick(["scorer", "not there yet"]) : "prices";

  const own = event.endsWith("ALIAS") ? "alias" : event.endsWith("_TAG") ? "tag" : undefined;
  const paths = ["event_author", "project_name"];
  if (own) paths.push(own, own);
  if (isRun) paths.push("run_name", "run_name");
  else if (!event.includes("COLLECTION_TAG")) paths.push("artifact_collection_name", "artifact_metadata.accuracy", "artifact_metadata");
  const leaf = (path = pick(paths)) => {
    const word = pick(WORDS);
    return pick([
      { [path]: word },
      { [path]: { $eq: word } },
      { [path]: { $ne: next() < 0.5 ? 3 : null } },
      { [path]: { $in: [word, 7, true, null] } },
      { [path]: { $nin: [] } },
      { [path]: { $exists: next() < 0.5 } },
      { [path]: { $gte: 0.25, $lt: 1e21 } },
      { [path]: { $contains: next() < 0.5 ? word : 4 } },
      { [path]: { $not: { $regex: "^x" } } },
      { [path]: { $regex: "^prod|b$" } },
    ]);
  };
  const tree = (depth) => {
    if (depth === 0 || next() < 0.3) return leaf();
    const some = () => Array.from({ length: Math.floor(next() * 4) }, () => tree(depth - 1));
    return pick([
      () => ({ $and: some() }),
      () => ({ $or: some() }),
      () => ({ $nor: some() }),
      () => ({ $not: tree(depth - 1) }),
      () => ({ ...leaf(), ...leaf() }),
      () => ({}),
    ])();
  };
  const trigger = { event };
  if (own) trigger.filter = pick([leaf(own), { $and: [leaf(own), tree(3)] }, { $or: [tree(2), { $not: leaf(own) }] }]);
  else if (next() < 0.7) trigger.filter = tree(3);
  if (event.startsWith("RUN_METRIC")) {
    const metric = pick(["loss", "eval/größe [%]", "名前"]);
    const rule = {
      RUN_METRIC_THRESHOLD: () => ({ kind: "threshold", metric, window: 1 + Math.floor(next() * 4), aggregate: pick(["average", "min", "max"]), comparison: pick([">", ">=", "<", "<="]), threshold: pick([0, -3, 0.1 + 0.2, 1e-30, 1e300]) }),
      RUN_METRIC_CHANGE: () => ({ kind: "change", metric, window: 1 + Math.floor(next() * 3), prior_window: 1 + Math.floor(next() * 3), change: pick(["absolute", "relative"]), direction: pick(["up", "down", "either"]), amount: pick([1, 0.1, 2.5]) }),
      RUN_METRIC_ZSCORE: () => ({ kind: "z_score", metric, window: 2 + Math.floor(next() * 40), zscore: pick([3, 2.5]), direction: pick(["up", "down", "either"]) }),
    }[event];
    trigger.metrics = { join: pick(["all", "any"]), rules: Array.from({ length: next() < 0.3 ? 3 : 1 }, rule) };
  }
  if (event === "RUN_STATE") trigger.states = pick([["running"], ["failed", "finished"], ["running", "finished", "failed"]]);

  const template = pick(TEMPLATES);
  return {
    name: `${pick(WORDS)} ${number}`,
    description: next() < 0.5 ? "" : `Says ${pick(WORDS)}.\nIn two lines.`,
    scope,
    trigger,
    action: next() < 0.25 ? { type: "record" } : { type: "webhook", webhook_id: pick(webhooks), ...(template && { template }) },
    ...(next() < 0.3 && { cooldown_s: 60 * (1 + Math.floor(next() * 100)) }),
    enabled: next() < 0.7,
  };
}
