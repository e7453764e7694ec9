/** A registry or project of a team, or one of its collections; or the whole team. */
export interface Scope {
  entity: string;
  registry?: string;
  project?: string;
  collection?: string;
}

/** `history` shows what was sent; `wizard` creates an automation, or edits the one that `item` names. */
export type View = "automations" | "automation" | "wizard" | "history" | "collection";

/** A key of the reader's. `expires`: a date, milliseconds since 1970, or RFC 3339; it is asked for anew before that. */
export type Token = string | { token: string; expires?: Date | number | string };

export interface PanelProperties {
  /** Gives a key. Called at the start, before the key ends, and once after the server refused it. */
  getToken?: () => Token | Promise<Token>;
  scope?: Scope;
  /** A view, or an address such as `/kestrel/registry/Models/history?state=failed`. Default: `automations`. */
  view?: View | `/${string}`;
  /** Id of the automation for the views `automation` and `wizard`. */
  item?: string;
  /** Address of the REST interface. Default: what the installation's config.json says. */
  apiBase?: string;
  /** Default: as the reader's system. */
  theme?: "light" | "dark" | "auto";
  /** Default: `compact`. */
  density?: "compact" | "comfortable";
  /** The language in which dates are written, as a tag (BCP 47). The words are English so far. Default: the browser's. */
  locale?: string;
  /** `memory`: the panel keeps its own address. `host`: it goes only where `navigate` sends it. Default: `memory`. */
  history?: "memory" | "host";
  /** Folder of the installation's index.html. Default: the one above this module. */
  assets?: string;
}

export interface ReadyDetail {
  address: string;
}

export interface NavigateDetail {
  address: string;
  /** The view, where the address shows one of them. */
  view?: View;
  /** The address is outside of the scope. Unless cancelled, Hookboard itself opens it in a new tab. */
  outside: boolean;
  /** The address takes the place of the one before it, as a filter does. */
  replace: boolean;
}

export interface SavedDetail {
  kind: "automation" | "webhook" | "secret";
  change: "created" | "updated" | "deleted";
  entity: string;
  /** Absent where several were changed at once. */
  id?: string;
  name?: string;
}

export interface ErrorDetail {
  /** `load`: a file did not come, or is not what was made; where it is that of a part, the rest goes on. `token`: `getToken` failed, or did not answer within 15 s. `unauthorized`: the server refused two keys. Either is told once until a key works again. `panic`: the panel stopped. `config`: the properties do not fit together. */
  code: "load" | "token" | "unauthorized" | "panic" | "config";
  message: string;
}

export interface PanelEvents {
  "hookboard:ready": CustomEvent<ReadyDetail>;
  /** Cancelable: the panel then stays where it is. */
  "hookboard:navigate": CustomEvent<NavigateDetail>;
  "hookboard:saved": CustomEvent<SavedDetail>;
  "hookboard:error": CustomEvent<ErrorDetail>;
}

/** `<hookboard-panel>`. Attributes: `entity`, `registry`, `project`, `collection`, and each property but `getToken` and `scope` (`api-base` for `apiBase`). */
export class HookboardPanel extends HTMLElement {}
export interface HookboardPanel extends PanelProperties {
  /** Goes to a view of the scope, or to an address, without asking the host. */
  navigate(view: View | `/${string}`, item?: string): void;
  /** Begins anew, after an error. */
  reload(): void;
  addEventListener<K extends keyof PanelEvents>(type: K, listener: (event: PanelEvents[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

export interface PanelConfig extends PanelProperties {
  onReady?: (event: PanelEvents["hookboard:ready"]) => void;
  onNavigate?: (event: PanelEvents["hookboard:navigate"]) => void;
  onSaved?: (event: PanelEvents["hookboard:saved"]) => void;
  onError?: (event: PanelEvents["hookboard:error"]) => void;
}

export interface PanelHandle {
  readonly element: HookboardPanel;
  /** Changes properties. Another scope, interface, locale or history begins anew; the others change in place. */
  update(changes: Partial<PanelProperties>): void;
  navigate(view: View | `/${string}`, item?: string): void;
  unmount(): void;
}

/** Puts a panel into `element`. */
export function mount(element: Element, config?: PanelConfig): PanelHandle;

declare global {
  interface HTMLElementTagNameMap {
    "hookboard-panel": HookboardPanel;
  }
}
