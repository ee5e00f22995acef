#!/bin/sh
# The container's first process: becomes user thingwatch with the right to a raw socket and no other, can get none any more from there
# on (no_new_privs), and is the program then, whose arguments these are.
set -eu

rights='--inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw --no-new-privs'
with_net_raw=/usr/lib/thingwatch/with-net-raw

# As root, as Home Assistant starts it: the state becomes the user's, and what may hold passwords is read by that user alone.
if [ "$(id -u)" = 0 ]; then
    install -d -m 0700 -o thingwatch -g thingwatch "${THINGWATCH_STATE_DIR:-/var/lib/thingwatch}"
    for settings in /config/thingwatch.yaml /data/options.json; do
        if [ -e "$settings" ]; then
            install -m 0640 -o root -g thingwatch "$settings" /etc/thingwatch/thingwatch.yaml
            break
        fi
    done
    # shellcheck disable=SC2086
    exec setpriv --reuid=thingwatch --regid=thingwatch --clear-groups --bounding-set=-all,+net_raw $rights thingwatch "$@"
fi

# Podman hands a user the rights that it is to have. Docker gives them to root alone; a user can take them with a file that has the
# capability, which no_new_privs would forbid: so it is set here, and not before.
if ! grep -q '^CapAmb:.*[2367abef]...$' /proc/self/status; then
    # shellcheck disable=SC2086
    if "$with_net_raw" $rights true 2>/dev/null; then
        # shellcheck disable=SC2086
        exec "$with_net_raw" $rights thingwatch "$@"
    fi
    # Some commands need none; the sensor's page and `doctor` say what is missing.
    if [ "${1:-}" = run ]; then
        echo 'thingwatch: this container may not open a raw socket, so nothing can be captured: give it the capability NET_RAW, and with Docker leave no-new-privileges out (it is set in the container)' >&2
    fi
fi
exec setpriv --no-new-privs thingwatch "$@"
