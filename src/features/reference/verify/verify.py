import base64, hashlib, hmac, time

def verify(headers, body: bytes, secret: str, tolerance: int = 300) -> bool:
    """Whether a delivery was signed with `secret`. `headers` have lower-case names."""
    sent = headers["webhook-timestamp"]
    if abs(time.time() - int(sent)) > tolerance:
        return False  # an old request, sent again by somebody else
    key = secret.encode()
    if secret.startswith("whsec_"):
        key = base64.b64decode(secret.removeprefix("whsec_") + "==")
    signed = f"{headers['webhook-id']}.{sent}.".encode() + body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split()  # several while a secret is replaced
    return any(hmac.compare_digest(f"v1,{digest}", one) for one in given)
