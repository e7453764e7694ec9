// A proxy on loopback between a browser and a server, with faults on demand.

import { createServer, request as forward } from "node:http";

/**
 * Passes everything on to `origin`. `fault(method, path)` is asked about each call; it may answer with
 * `{ status }` (the proxy answers in the server's place), `{ cut: true }` (the connection ends without an
 * answer), `{ lost: true }` (the server answers, and nobody hears it), `{ until: promise }` (the answer is held back until
 * then), or nothing.
 */
export async function startProxy(origin) {
  const target = new URL(origin);
  const streams = new Set();
  const proxy = { fault: () => undefined, cutStreams: () => streams.forEach((stream) => stream.destroy()) };
  const server = createServer(async (request, response) => {
    const fault = proxy.fault(request.method, request.url) ?? {};
    if (fault.cut) {
      request.socket.destroy();
      return;
    }
    if (fault.status) {
      request.resume();
      await fault.until;
      response.writeHead(fault.status, { "content-type": "text/plain" });
      response.end("a gateway in between failed");
      return;
    }
    const onward = forward(
      { host: target.hostname, port: target.port, method: request.method, path: request.url, headers: { ...request.headers, host: target.host } },
      async (answer) => {
        if (fault.lost) {
          answer.resume();
          response.destroy();
          return;
        }
        if (answer.headers["content-type"]?.startsWith("text/event-stream")) streams.add(response);
        response.on("close", () => streams.delete(response));
        // Asked of the server at once, told to the browser later: answers may overtake one another.
        await fault.until;
        response.writeHead(answer.statusCode, answer.headers);
        response.flushHeaders();
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  proxy.origin = `http://127.0.0.1:${server.address().port}`;
  proxy.stop = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return proxy;
}
