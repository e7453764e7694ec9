// The interface of the package, over the generated bindings. Structures cross into the wasm as JSON text.

import { Compiled, complete as completeAt, diagnostics as diagnose } from "./template.js";

let isReady = false;

/** Says that the wasm is in place: from here on everything is synchronous. */
export function ready() {
  isReady = true;
}

export class TemplateError extends Error {
  constructor(diagnostics) {
    super(diagnostics.find(({ severity }) => severity === "error")?.message);
    this.name = "TemplateError";
    this.diagnostics = diagnostics;
  }
}

/** Calls the wasm, whose errors are texts: a list of diagnostics, or a message. */
function call(what) {
  if (!isReady) throw new Error("@hookboard/template is not loaded. Await init() first.");
  try {
    return what();
  } catch (error) {
    if (typeof error !== "string") throw error;
    throw error.startsWith("[") ? new TemplateError(JSON.parse(error)) : new RangeError(error);
  }
}

/** What `value` is, for a refusal. */
function kind(value) {
  if (value === null || value === undefined || typeof value === "number") return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** `value`, if it fits; what a caller without types may get wrong is told before the wasm would misread it. */
function fit(fits, name, form, value) {
  if (!fits) throw new TypeError(`${name} is to be ${form}, and is ${kind(value)}`);
  return value;
}

const isAbsent = (value) => value === undefined || value === null;
const text = (name, value) => fit(typeof value === "string", name, "a string", value);
const object = (name, form, value) => fit(typeof value === "object" && !Array.isArray(value), name, form, value);

/** What a template may refer to, as the wasm takes it. No name holds a blank. */
function spread(given) {
  const { event, secrets, accessToken } = object("names", "an object", given ?? {});
  const list = secrets ?? [];
  const names = fit(Array.isArray(list), "secrets", "an array of names", list).map((name, index) => `${text(`secrets[${index}]`, name)} `);
  return [text("event", event ?? ""), names.join(""), Boolean(accessToken)];
}

const json = (name, value) => (typeof value === "string" ? value : JSON.stringify(object(name, "an object or its JSON", value)));
const values = (value) => (isAbsent(value) ? value : json("values", value));

/** Secrets by name, as JSON. Text that is none is the wasm's to refuse. */
function secrets(value) {
  if (isAbsent(value)) return undefined;
  const found = json("secretValues", value);
  let read = value;
  try {
    if (typeof value === "string") read = JSON.parse(value);
  } catch {
    return found;
  }
  for (const [name, secret] of Object.entries(read ?? {})) text(`secretValues.${name}`, secret);
  return found;
}

export class Template {
  #compiled;

  constructor(template, names) {
    const given = [text("template", template), ...spread(names)];
    this.#compiled = call(() => new Compiled(...given));
  }

  render(given, secretValues) {
    const [read, hidden] = [values(given) ?? "{}", secrets(secretValues)];
    return call(() => this.#compiled.render(read, hidden));
  }
}

export function compile(template, names) {
  return new Template(template, names);
}

export function render(template, given, options) {
  const { secretValues, ...names } = object("options", "an object", options ?? {});
  return (template instanceof Template ? template : compile(template, names)).render(given, secretValues);
}

export function diagnostics(template, names) {
  const given = [text("template", template), ...spread(names)];
  return JSON.parse(call(() => diagnose(...given)));
}

export function complete(template, cursor, names, looked) {
  const at = fit(Number.isInteger(cursor) && cursor >= 0, "cursor", "a count of code units", cursor);
  const given = [text("template", template), ...spread(names), at, values(looked)];
  return JSON.parse(call(() => completeAt(...given)));
}
