// A host that runs no script but its own shows the panel in a frame, and hands the key over a port.
const frame = document.querySelector("iframe");

frame.addEventListener("load", () => {
  const { port1: port, port2 } = new MessageChannel();
  port.onmessage = async ({ data }) => {
    if (data.type === "token") port.postMessage({ type: "token", id: data.id, token: await (await fetch("token")).text() });
    if (data.type === "height") frame.style.blockSize = `${data.height}px`;
  };
  frame.contentWindow.postMessage({ type: "hookboard:connect" }, new URL(frame.src).origin, [port2]);
});
