import { createHmac, timingSafeEqual } from "node:crypto";

/** Whether a delivery was signed with `secret`. `headers` have lower-case names; `body` is the raw text. */
export function verify(headers, body, secret, tolerance = 300) {
  const sent = headers["webhook-timestamp"];
  // An old request, sent again by somebody else.
  if (Math.abs(Date.now() / 1000 - Number(sent)) > tolerance) return false;
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret);
  const digest = createHmac("sha256", key).update(`${headers["webhook-id"]}.${sent}.${body}`).digest("base64");
  const expected = Buffer.from(`v1,${digest}`);
  // Several while a secret is replaced.
  return headers["webhook-signature"].split(" ").some((one) => {
    const given = Buffer.from(one);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
