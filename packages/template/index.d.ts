/** The events an automation can watch. */
export type EventType =
  | "LINK_ARTIFACT"
  | "ADD_ARTIFACT_ALIAS"
  | "ADD_ARTIFACT_TAG"
  | "CREATE_ARTIFACT"
  | "RUN_METRIC_THRESHOLD"
  | "RUN_METRIC_CHANGE"
  | "RUN_METRIC_ZSCORE"
  | "RUN_STATE"
  | "UNLINK_ARTIFACT"
  | "REMOVE_ARTIFACT_TAG"
  | "ADD_COLLECTION_TAG"
  | "REMOVE_COLLECTION_TAG";

/** What a template may refer to besides the variables of events. */
export interface Names {
  /** The event chosen: what it does not carry is blank and warned about. Absent: every variable counts as carried. */
  event?: EventType | null;
  /** Names of the secrets that the webhook may use. */
  secrets?: readonly string[];
  /** The webhook has an access token. */
  accessToken?: boolean;
}

/**
 * What an event carries, by name; `artifact_metadata` is an object.
 *
 * As JSON text, numbers and the order of members come through as spelled; an object loses what `JSON.parse` loses:
 * `1.0` becomes `1`, and members named by numbers come first.
 */
export type Values = Record<string, unknown> | string;

/** Texts by the secrets' names, the access token under `ACCESS_TOKEN`; an object or its JSON text. */
export type SecretValues = Readonly<Record<string, string>> | string;

export type Severity = "error" | "warning";

export type Code =
  | "too_large"
  | "unterminated_placeholder"
  | "empty_placeholder"
  | "malformed_placeholder"
  | "unknown_variable"
  | "placeholder_as_key"
  | "invalid_json"
  | "too_deep"
  | "not_an_object"
  | "not_in_event"
  | "placeholder_in_key"
  | "duplicate_key";

/** A run of the template's UTF-16 code units, such that `template.slice(start, end)` is its text. */
export interface Span {
  start: number;
  /** One past the last. */
  end: number;
}

/** A text to put in place of a span. */
export interface Suggestion extends Span {
  replacement: string;
}

/** One thing said about a template. */
export interface Diagnostic extends Span {
  code: Code;
  severity: Severity;
  /** One line: what happened, then what to do. */
  message: string;
  /** A mend, where there is one. */
  suggestion?: Suggestion;
}

/** Where a value comes from. */
export type Group = "event" | "place" | "artifact" | "run" | "secret";

/** One name to offer. */
export interface Candidate {
  /** The name, with its metadata key. */
  name: string;
  /** The text to put in place of the completion's span. */
  insert: string;
  group: Group;
  /** What it holds. */
  description: string;
  /** Its value in the event looked at, cut short; without values a sample; `null`: blank. */
  value: string | null;
  /** The event chosen carries it. */
  fits: boolean;
  /** Why it does not fit. */
  reason: string | null;
}

/** What to offer at the cursor. Its span is the placeholder as far as it is written. */
export interface Completion extends Span {
  /** What has been typed of the name. */
  query: string;
  /** Those that fit first, each group together; then those that the event does not carry. */
  candidates: Candidate[];
}

/** A template has an error: it can be neither saved nor rendered. */
export class TemplateError extends Error {
  private constructor();
  /** Everything said about the template, warnings too, by where it starts. */
  readonly diagnostics: Diagnostic[];
}

/** A template without errors, to be rendered any number of times. */
export class Template {
  private constructor();
  /**
   * The body, byte for byte what the server sends. Without `secretValues`, dots stand for each secret.
   *
   * @throws {RangeError} The body would be larger than 1 MiB, or an argument is JSON text of another form.
   * @throws {TypeError} An argument is of another type, or a secret's value is no string.
   */
  render(values?: Values, secretValues?: SecretValues): string;
}

export interface RenderOptions extends Names {
  /** Without it, dots stand for each secret. */
  secretValues?: SecretValues;
}

/**
 * Compiles a template.
 *
 * @throws {TemplateError} The template has an error.
 * @throws {RangeError} There is no such event type.
 * @throws {TypeError} An argument is of another type.
 */
export function compile(template: string, names?: Names): Template;

/**
 * Renders a template. Of the options, a compiled one takes `secretValues` alone.
 *
 * @throws {TemplateError} The template has an error.
 * @throws {RangeError} As of `Template.render` and `compile`.
 * @throws {TypeError} As of those.
 */
export function render(template: string | Template, values?: Values, options?: RenderOptions): string;

/** What is said about a template, by where it starts: empty where all is well. */
export function diagnostics(template: string, names?: Names): Diagnostic[];

/**
 * What may be typed at `cursor`, a count of UTF-16 code units; `null` where no name is being typed, or none matches.
 * The keys of the values' `artifact_metadata` are offered too.
 */
export function complete(template: string, cursor: number, names?: Names, values?: Values): Completion | null;

/**
 * Loads the wasm. In a browser it must have been awaited before anything else is called; in Node it does nothing.
 *
 * @param source Where the wasm is, if not beside this module: an address, a response, its bytes or a module.
 */
export default function init(
  source?: string | URL | Request | Response | BufferSource | WebAssembly.Module | Promise<Response>,
): Promise<void>;
