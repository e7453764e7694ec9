"""A Streamlit app with a panel: HOOKBOARD_URL=https://hookboard.example HOOKBOARD_KEY=… streamlit run app.py"""

import os

import streamlit as st

hookboard = st.components.v2.component(
    "hookboard",
    js="""
    export default function ({ parentElement, data, setTriggerValue }) {
      import(`${data.url}/embed/v1.js`);
      let panel = parentElement.querySelector("hookboard-panel");
      if (!panel) {
        panel = document.createElement("hookboard-panel");
        panel.addEventListener("hookboard:saved", ({ detail }) => setTriggerValue("saved", detail));
        parentElement.append(panel);
      }
      panel.getToken = () => data.token;
      panel.scope = data.scope;
    }
    """,
)

st.title("Claims fraud scoring")
changed = hookboard(
    data={
        "url": os.environ["HOOKBOARD_URL"],
        "token": os.environ["HOOKBOARD_KEY"],
        "scope": {"entity": "kestrel", "registry": "Models"},
    },
    on_saved_change=lambda: None,
)
if changed.saved:
    st.info(f"{changed.saved['kind']} {changed.saved['change']}")
