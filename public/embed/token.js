// The host's keys: asked for when they are needed, and kept in memory only.

/** A key is asked for anew so long before it ends, in milliseconds. */
const AHEAD_MS = 30_000;
/** So long is a key waited for, in milliseconds. */
const PATIENCE_MS = 15_000;

/** What `promise` gives, if it does so in time. Where `signal` aborts first, nothing ever comes of it. */
function inTime(promise, signal) {
  return new Promise((given, refused) => {
    const late = () => refused(new DOMException(`getToken gave no key within ${PATIENCE_MS / 1000} s`, "TimeoutError"));
    const timer = setTimeout(late, PATIENCE_MS);
    signal.onabort = () => clearTimeout(timer);
    promise.then(given, refused).finally(() => clearTimeout(timer));
  });
}

/** Gives the host's key, kept until it is refused or about to end. Calls at once ask once. `tell(kind, detail)` is told what fails; `signal` aborts when nobody waits any more. */
export function keeper(panel, tell, signal) {
  let key;
  let ends = Infinity;
  let coming;
  const ask = async () => {
    try {
      const given = await inTime((async () => panel.getToken())(), signal);
      const { token, expires } = typeof given === "string" ? { token: given } : (given ?? {});
      if (typeof token !== "string" || !token) throw new TypeError("getToken gave no token");
      const end = expires === undefined ? Infinity : new Date(expires).getTime();
      const left = end - Date.now();
      // A key that lives shorter than that is asked for when half its time is over.
      ends = Number.isFinite(left) ? end - Math.min(AHEAD_MS, left / 2) : Infinity;
      key = token;
      return key;
    } catch (error) {
      tell("error", { code: "token", message: error?.message ?? String(error) });
      throw error;
    } finally {
      coming = undefined;
    }
  };
  return (refused, isFinal) => {
    if (isFinal) {
      tell("error", { code: "unauthorized", message: "The server takes neither the token nor the one asked for after it." });
      return undefined;
    }
    if (refused !== undefined && refused === key) key = undefined;
    if (key !== undefined && Date.now() < ends) return Promise.resolve(key);
    return (coming ??= ask());
  };
}
