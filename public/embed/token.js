// The host's keys: asked for when they are needed, and kept in memory only.

import { upon } from "./sharing.js";

/** A key is asked for anew so long before it ends, in milliseconds. */
const AHEAD_MS = 30_000;
/** So long is a key waited for, in milliseconds. */
const PATIENCE_MS = 15_000;
/** Without a key that works, the first pause before the next try, and the longest, in milliseconds: each is twice the last. */
const FIRST_PAUSE_MS = 4_000;
const LONGEST_PAUSE_MS = 300_000;

const REFUSED = "The server takes neither the token nor the one asked for after it.";

/** What `promise` gives, if it does so in time. Where `signal` aborts first, nothing ever comes of it. */
function inTime(promise, signal) {
  return new Promise((given, refused) => {
    const late = () => refused(new DOMException(`getToken gave no key within ${PATIENCE_MS / 1000} s`, "TimeoutError"));
    const timer = setTimeout(late, PATIENCE_MS);
    signal.onabort = () => clearTimeout(timer);
    promise.then(given, refused).finally(() => clearTimeout(timer));
  });
}

/** The host's keys for one mount. */
export class Keeper {
  #panel;
  #tell;
  #again;
  #signal;
  #key;
  #ends = Infinity;
  #coming;
  /** Since no key works: why, how many tries have failed, and the timer while no other try is made. */
  #failing;

  /** `tell(kind, detail)` is told once that no key works, `again()` when what is shown is worth asking for again. `signal` aborts when nobody waits any more. */
  constructor(panel, tell, again, signal) {
    this.#panel = panel;
    this.#tell = tell;
    this.#again = again;
    this.#signal = signal;
    upon(signal, () => clearTimeout(this.#failing?.timer));
  }

  /** Promises a key, in place of one that was `refused`: kept until it is that or about to end. Calls at once ask once. */
  get(refused) {
    if (refused !== undefined && refused === this.#key) {
      this.#key = undefined;
      // While no key works, each try takes one.
      if (this.#failing) this.#fail("unauthorized");
    }
    if (this.#failing?.timer) return Promise.reject(this.#failing.error);
    if (this.#key !== undefined && Date.now() < this.#ends) return Promise.resolve(this.#key);
    return (this.#coming ??= this.#ask(refused));
  }

  /** Says what came of a call with `key`, and with the one before where it was refused. */
  judge(key, isRefused) {
    if (key !== this.#key) return;
    if (isRefused) {
      this.#key = undefined;
      this.#fail("unauthorized");
    } else if (this.#failing) {
      this.#failing = undefined;
      // What was refused meanwhile comes now.
      queueMicrotask(this.#again);
    }
  }

  /** Allows the next try at once. Whether there was a pause. */
  wake() {
    if (!this.#failing?.timer) return false;
    clearTimeout(this.#failing.timer);
    this.#failing.timer = undefined;
    return true;
  }

  async #ask(refused) {
    let code = "token";
    try {
      const given = await inTime((async () => this.#panel.getToken())(), this.#signal);
      const { token, expires } = typeof given === "string" ? { token: given } : (given ?? {});
      // A host's answer may end with a new line.
      const key = typeof token === "string" ? token.trim() : "";
      if (!key) throw new TypeError("getToken gave no token");
      if (key === refused && !this.#failing) {
        code = "unauthorized";
        throw new Error(REFUSED);
      }
      const end = expires === undefined ? Infinity : new Date(expires).getTime();
      const left = end - Date.now();
      // A key that lives shorter than that is asked for when half its time is over.
      this.#ends = Number.isFinite(left) ? end - Math.min(AHEAD_MS, left / 2) : Infinity;
      this.#key = key;
      return key;
    } catch (error) {
      this.#fail(code, error);
      throw error;
    } finally {
      this.#coming = undefined;
    }
  }

  #fail(code, error = new Error(REFUSED)) {
    if (!this.#failing) this.#tell("error", { code, message: error?.message ?? String(error) });
    const tries = this.#failing?.tries ?? 0;
    clearTimeout(this.#failing?.timer);
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries);
    // A document behind another tries when it comes to the front.
    const timer = setTimeout(() => this.wake() && !document.hidden && this.#again(), pause);
    this.#failing = { error, tries: tries + 1, timer };
  }
}
