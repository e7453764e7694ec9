// The panel in a frame, for pages that run no script but their own. The page around hands over one end of a
// MessageChannel; only the page itself, from an origin that config.json lists under `frames`, is listened to. Scope
// and view stand in the frame's address, the key never: it is asked for over the port. See docs/embed.md.

import { mount } from "./v1.js";

const CONNECT = "hookboard:connect";
const NAMES = ["view", "item", "theme", "density", "locale", "history"];
const SCOPE = ["entity", "registry", "project", "collection"];

const sheet = new CSSStyleSheet();
sheet.replaceSync("body { margin: 0 } hookboard-panel { min-block-size: 480px }");
document.adoptedStyleSheets = [sheet];

const config = fetch(new URL("../config.json", import.meta.url), { cache: "no-store" }).then((answer) => {
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return answer.json();
});
config.catch(() => say("Hookboard's settings did not load. Check the connection and reload."));

function say(words) {
  const said = document.createElement("p");
  said.setAttribute("role", "alert");
  said.textContent = words;
  document.body.replaceChildren(said);
}

async function connect(event) {
  const [port] = event.ports;
  if (event.source !== window.parent || event.data?.type !== CONNECT || !port) return;
  // The first port it is, while the settings load as well.
  removeEventListener("message", connect);
  let frames;
  try {
    ({ frames = [] } = await config);
  } catch {
    // That is said already.
    port.close();
    return;
  }
  if (frames.includes(event.origin)) {
    open(port);
    return;
  }
  port.close();
  say(`${event.origin} is not among the pages that may show Hookboard. Whoever runs Hookboard allows it by --allow-frame, or under frames in config.json.`);
}

function open(port) {
  const asked = new Map();
  let asks = 0;
  const query = new URLSearchParams(location.search);
  const named = (names) => Object.fromEntries(names.filter((name) => query.has(name)).map((name) => [name, query.get(name)]));
  const tell = (type) => ({ detail }) => port.postMessage({ type, detail });
  const panel = mount(document.body, {
    ...named(NAMES),
    scope: named(SCOPE),
    getToken: () =>
      new Promise((given, refused) => {
        asks += 1;
        asked.set(asks, { given, refused });
        port.postMessage({ type: "token", id: asks });
      }),
    onReady: tell("ready"),
    onNavigate: tell("navigate"),
    onSaved: tell("saved"),
    onError: tell("error"),
  });
  port.onmessage = ({ data }) => {
    if (data?.type === "token") {
      const one = asked.get(data.id);
      asked.delete(data.id);
      if (data.token) one?.given({ token: data.token, expires: data.expires });
      else one?.refused(new Error(data.error ?? "the page around gave no token"));
    } else if (data?.type === "navigate") panel.navigate(data.view, data.item);
    else if (data?.type === "update") panel.update(data.config ?? {});
  };
  new ResizeObserver(() => {
    port.postMessage({ type: "height", height: Math.ceil(panel.element.getBoundingClientRect().height) });
  }).observe(panel.element);
}

if (window.parent === window) say("This part of Hookboard is shown inside of other pages only.");
else addEventListener("message", connect);
