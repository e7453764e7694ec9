#!/bin/sh
# Usage: verify.sh ID TIMESTAMP SIGNATURES < body      (the secret is in $HOOK_SECRET; needs openssl and xxd)
case $HOOK_SECRET in
  whsec_*) key=$(printf %s "${HOOK_SECRET#whsec_}" | openssl base64 -d -A | xxd -p -c 256) ;;
  *) key=$(printf %s "$HOOK_SECRET" | xxd -p -c 256) ;;
esac
digest=$({ printf '%s.%s.' "$1" "$2"; cat; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
for signature in $3; do
  [ "$signature" = "v1,$digest" ] && { echo "signed with this secret"; exit 0; }
done
echo "not signed with this secret" >&2
exit 1
