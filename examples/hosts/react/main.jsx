// React 19 gives custom elements their properties as they are. The package is bundled with the host, and loads the rest
// from the installation.
import "@hookboard/panel";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import "./host.css";

const scope = { entity: "kestrel", registry: "Models" };
const getToken = async () => (await fetch("token")).text();

function Host() {
  const [saved, setSaved] = useState("Nothing changed yet");
  const [isShown, show] = useState(true);
  const told = { "onhookboard:saved": ({ detail }) => setSaved(`${detail.kind} ${detail.change}`) };
  return (
    <>
      <nav aria-label="Ferryline">
        <a href="#claims">Claims</a>
      </nav>
      <main>
        <h1>Claims fraud scoring</h1>
        <button type="button" onClick={() => show(!isShown)}>
          {isShown ? "Hide automations" : "Show automations"}
        </button>
        <p role="status">{saved}</p>
        <div className="aside">
          {isShown && <hookboard-panel assets="https://hookboard.example/" scope={scope} getToken={getToken} {...told} />}
        </div>
      </main>
    </>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Host />
  </StrictMode>,
);
