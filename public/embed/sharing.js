// What all mounts of a browser share that name the same thing: a turn that one of them has at a time, and a channel. Among
// tabs by Web Locks; where there are none, as on plain http, among the mounts of the document.

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

/**
 * Joins those who share `name`, until `signal` aborts. `hear` is given what others `tell`; `turn` promises a function
 * that ends the turn, or rejects where the signal aborts before it comes.
 */
export function share(name, signal, hear) {
  const channel = new BroadcastChannel(navigator.locks ? name : `${name} ${DOCUMENT}`);
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
      return queue(name, signal);
    },
  };
}
