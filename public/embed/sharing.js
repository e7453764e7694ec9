// What all mounts of a browser share that name the same thing: a turn that one of them has at a time, and a channel. Among
// tabs by Web Locks; where there are none, as on plain http, by an entry of the storage, and where nothing may be stored,
// among the mounts of the document.

/** Tells documents apart that do not share. */
const DOCUMENT = Math.random().toString(36).slice(2);
/** Who waits for a turn, behind whoever has it, by name. */
const queues = new Map();

/** Calls `call` when `signal` aborts: by a signal of its own, which keeps nothing alive. */
export function upon(signal, call) {
  AbortSignal.any([signal]).onabort = call;
}

/** A turn among those of this document. */
function queue(name, signal) {
  return new Promise((granted, refused) => {
    const all = queues.get(name) ?? [];
    queues.set(name, all);
    const leave = () => {
      const at = all.indexOf(enter);
      if (at >= 0) all.splice(at, 1);
      if (at === 0) all[0]?.();
    };
    const enter = () => granted(leave);
    upon(signal, () => {
      leave();
      refused(signal.reason);
    });
    all.push(enter);
    if (all[0] === enter) enter();
  });
}

/** A turn among those of the browser. */
function lock(name, signal) {
  return new Promise((granted, refused) => {
    const hold = () =>
      new Promise((release) => {
        upon(signal, release);
        granted(release);
      });
    navigator.locks.request(name, { signal }, hold).catch(refused);
  });
}

/** How long an entry holds a turn, and how often it is renewed or looked at, in milliseconds. */
const HELD_MS = 6_000;
const LOOK_MS = 2_000;

/** Where tabs of an origin without locks leave word; none where nothing may be stored. */
function storage() {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

/**
 * A turn among the tabs of a browser without locks: whoever an entry names has it. Tabs that were asleep may find out late
 * that it names another; until they end theirs, both have it.
 */
function entry(name, signal, store) {
  const own = Math.random().toString(36).slice(2);
  let timer;
  let has = false;
  const read = () => store.getItem(name)?.split(" ") ?? [];
  return new Promise((granted, refused) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("storage", hear);
      if (read()[0] === own) store.removeItem(name);
    };
    const look = () => {
      const [holder, until] = read();
      const isOwn = holder === own;
      if (isOwn && !has) {
        has = true;
        granted(end);
      }
      const isFree = !isOwn && !(Number(until) > Date.now());
      if (isOwn || (isFree && !has)) {
        try {
          store.setItem(name, `${own} ${Date.now() + HELD_MS}`);
        } catch (error) {
          end();
          refused(error);
          return;
        }
      }
      // What two have written is one's a moment later.
      timer = setTimeout(look, isFree && !has ? 50 + 50 * Math.random() : LOOK_MS);
    };
    const hear = (event) => {
      if (has || event.key !== name || event.newValue) return;
      clearTimeout(timer);
      look();
    };
    addEventListener("storage", hear);
    upon(signal, () => {
      end();
      refused(signal.reason);
    });
    look();
  });
}

/** A turn without locks: among the mounts of the document, then among the tabs. */
async function plain(name, signal) {
  const leave = await queue(name, signal);
  const store = storage();
  if (!store) return leave;
  try {
    const end = await entry(name, signal, store);
    return () => {
      end();
      leave();
    };
  } catch (error) {
    // What may not be stored is shared by this document alone.
    if (!signal.aborted) return leave;
    leave();
    throw error;
  }
}

/**
 * Joins those who share `name`, until `signal` aborts. `hear` is given what others `tell`; `turn` promises a function
 * that ends the turn, or rejects where the signal aborts before it comes.
 */
export function share(name, signal, hear) {
  const channel = new BroadcastChannel(navigator.locks || storage() ? name : `${name} ${DOCUMENT}`);
  channel.onmessage = ({ data }) => hear(data);
  upon(signal, () => channel.close());
  return {
    tell: (message) => signal.aborted || channel.postMessage(message),
    turn: async () => {
      try {
        if (navigator.locks) return await lock(name, signal);
      } catch {
        // Documents without an origin of their own are refused locks.
        signal.throwIfAborted();
      }
      return plain(name, signal);
    },
  };
}
