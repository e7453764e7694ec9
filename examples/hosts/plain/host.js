// The host knows who is signed in, and gives the panel a key of theirs.
const panel = document.querySelector("hookboard-panel");

panel.getToken = async () => (await fetch("token")).text();

panel.addEventListener("hookboard:saved", ({ detail }) => {
  document.title = `${detail.change} ${detail.name ?? detail.kind}`;
});
