// What a first visit transfers, as the browser counts it.

/** The limit of docs: bytes of a first load with brotli, headers included. */
export const LIMIT_BYTES = 200_000;

/** Opens `address` on a page that has cached nothing, and weighs the files of the page until `settled`. */
export async function weigh(page, context, origin, address, settled) {
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  const files = new Map();
  session.on("Network.responseReceived", ({ requestId, response }) => {
    const url = new URL(response.url);
    if (url.origin === origin && !url.pathname.startsWith("/api/")) {
      files.set(requestId, { name: url.pathname, coding: response.headers["content-encoding"] ?? "none", bytes: 0 });
    }
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const file = files.get(requestId);
    if (file) file.bytes = encodedDataLength;
  });
  await page.goto(address, { waitUntil: "commit" });
  await settled(page);
  await session.detach();
  const all = [...files.values()];
  return { files: all, total: all.reduce((sum, { bytes }) => sum + bytes, 0) };
}
