# Fills in the configurations from the environment and runs nginx: what the image `page` starts.
set -eu

names='$HOOKBOARD_LISTEN $HOOKBOARD_ROOT $HOOKBOARD_BASE $HOOKBOARD_API $HOOKBOARD_HOSTS'
envsubst "$names" < /etc/nginx/hookboard.conf.template > /etc/nginx/conf.d/hookboard.conf
frames=$(printf '%s' "$HOOKBOARD_HOSTS" | tr ' ' '\n' | grep '^http' | sed 's/.*/"&"/' | paste -sd, - || true)
printf '{"api": "%s/api/v1", "history": "browser", "frames": [%s]}\n' "$HOOKBOARD_API" "$frames" > "$HOOKBOARD_ROOT/config.json"

exec nginx -g 'daemon off; error_log /dev/stderr;'
