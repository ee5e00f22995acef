#!/bin/bash
# npm run package -- --boot [ROOT]: a Debian 13 that debootstrap makes (or on ROOT, which it made before and which stays as it is) is booted
# with systemd as its first process, in namespaces of its own and without a network: the package becomes a service, an alert comes, what
# hangs or is killed is started again, an upgrade, the removal; then the same from this checkout, by `install`, `update` and `uninstall`.
# Needs root, debootstrap, systemd-container, tcpreplay and Debian's mirror.
#   boot.sh OLD.deb NEW.deb [ROOT]
set -eu
old=$1 new=$2 base=${3:-}
if [ -z "${APART:-}" ]; then APART=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"; fi
for tool in debootstrap systemd-nspawn tcpreplay; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install debootstrap systemd-container tcpreplay"; exit 1; }
done

checkout=$(cd "$(dirname "$0")/../../.." && pwd)
place=$(mktemp -d)
machine=
# What a control group holds cannot be removed with it; its processes end with this one's namespace.
trap 'if [ -n "$machine" ]; then kill "$machine" 2>/dev/null; wait "$machine" 2>/dev/null; fi; umount -R -l "$place" 2>/dev/null; rm -rf "$place"' EXIT
mount --make-rprivate /
mount -t tmpfs tmpfs "$place"
mkdir "$place/upper" "$place/work" "$place/root"
begun=$SECONDS
failed=0
ok() { printf 'ok    %4d s  %s\n' $((SECONDS - begun)) "$1"; }
fail() { printf 'FAIL  %4d s  %s\n' $((SECONDS - begun)) "$1"; tail -n 20 "$place/said"; failed=1; }
clean="env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8"

if [ -z "$base" ]; then
  base=$place/base
  debootstrap --variant=minbase trixie "$base" "${MIRROR:-http://deb.debian.org/debian}" >"$place/said" 2>&1 || { fail 'a Debian 13 by debootstrap'; exit 1; }
  ok 'a Debian 13 by debootstrap'
fi
mount -t overlay overlay -o "lowerdir=$base,upperdir=$place/upper,workdir=$place/work" "$place/root"
cp "$old" "$place/root/root/old.deb"
cp "$new" "$place/root/root/new.deb"

# Before it boots it has a network, for what comes from Debian.
outside() { $clean chroot "$place/root" sh -c "$1" >"$place/said" 2>&1; }
mount -t proc proc "$place/root/proc"
mount --rbind /dev "$place/root/dev"
cp /etc/resolv.conf "$place/root/etc/resolv.conf"
apt='apt-get -y -qq -o Dpkg::Use-Pty=0 install --no-install-recommends'
if outside "apt-get update -qq && $apt systemd systemd-sysv iproute2 ethtool procps curl mosquitto-clients"; then ok 'systemd, and what looks on'; else fail 'systemd, and what looks on'; exit 1; fi
if outside "$apt /root/old.deb"; then ok 'the older package, by apt-get install'; else fail 'the older package, by apt-get install'; exit 1; fi
umount -R -l "$place/root/dev" "$place/root/proc"
# The checkout as somebody cloned it and set it up.
mkdir -p "$place/root/srv/thingwatch"
tar -C "$checkout" --exclude=.git --exclude=./packages -chf - . | tar -C "$place/root/srv/thingwatch" -xf -

# systemd's own hierarchy of control groups alone, whatever else this machine has.
umount -l /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --boot --directory "$place/root" --private-network --register=no --keep-unit \
  --console=pipe --link-journal=no --capability=all >"$place/console" 2>&1 </dev/null &
machine=$!
for _ in $(seq 100); do first=$(pgrep -P "$machine" -x systemd || true); [ -n "$first" ] && break; sleep 0.1; done
inside() { nsenter -t "$first" -m -u -i -n -p -C -- $clean bash -c "cd /root; $1"; }
# check WHAT COMMAND: the command must succeed there.
check() { if inside "$2" >"$place/said" 2>&1; then ok "$1"; else fail "$1"; fi; }
# comes WHAT SECONDS COMMAND: within that time.
comes() {
  local until=$((SECONDS + $2))
  while ! inside "$3" >"$place/said" 2>&1; do
    if [ $SECONDS -ge $until ]; then fail "$1"; return; fi
    sleep 1
  done
  ok "$1"
}
main='$(systemctl show thingwatch -p MainPID --value)'
sensor="\$(pgrep -P $main -f kept)"
capture="\$(pgrep -P $main -f cap-child)"
restarts='systemctl show thingwatch -p NRestarts --value'
is_up='systemctl is-active --quiet thingwatch && test "$(curl -s -o /dev/null -w "%{http_code}" http://127.0.0.1:8080/)" = 200'
# What it said, but for the QR code.
show() { grep -v -e '[▀▄█]' -e '^ *$' "$place/said" | sed 's/^/          | /'; }
mail() { nsenter -t "$first" -n tcpreplay -q -i switch0 --mbps=10 "$checkout/test/captures/three-mailers.pcap" >/dev/null 2>&1; }

comes 'it boots' 60 'systemctl is-system-running | grep -E "running|degraded"'
check 'a port at a mirror, made up' 'ip link add mirror0 type veth peer name switch0 && ip link set mirror0 up && ip link set switch0 up && ip address add 192.168.77.2/24 dev mirror0'

check 'thingwatch install --interface mirror0 --yes' 'thingwatch install --interface mirror0 --yes --seconds 3'
show
check 'the service is ready, and its page answers phones' "$is_up && test \"\$(curl -s -o /dev/null -w '%{http_code}' http://192.168.77.2:8080/)\" = 200"
check 'the unit scores 1.5' 'systemd-analyze security --no-pager --threshold=15 thingwatch'
check 'the sensor has no right at all' "grep -x 'CapEff:.0000000000000000' /proc/$sensor/status && grep -E '^Seccomp:.2' /proc/$sensor/status && test \"\$(stat -c %U /proc/$sensor)\" = thingwatch"
check 'its capture has CAP_NET_RAW alone, and goes before other work' "grep -x 'CapEff:.0000000000002000' /proc/$capture/status && test \"\$(ps -o ni= -p $capture)\" -eq -14"
check 'no pairing link is in the journal; thingwatch pair prints one' '! journalctl -u thingwatch | grep "#/pair/" && journalctl -t thingwatch | grep -q "Capturing on mirror0" && thingwatch pair | grep -q "http://192.168.77.2:8080/#/pair/"'
check 'the offloads of its port are off, and off again after a restart' 'ethtool -K mirror0 gro on tso on && systemctl restart thingwatch && ! ethtool -k mirror0 | grep -E "^(generic-receive|tcp-segmentation)-offload: on"'

inside 'timeout 30 mosquitto_sub -h 127.0.0.1 -t "thingwatch/+/alert" -C 1 >/root/alert' &
sleep 1
mail
if wait $! && inside 'grep -o "\"event_type\":\"mail_started\"" /root/alert' >"$place/said" 2>&1; then ok 'the first alert: a device sends mail'; else fail 'the first alert: a device sends mail'; fi
inside 'grep -o "\"summary\":\"[^\"]*\"" /root/alert' | sed 's/^/          | /'

check 'the sensor hangs' "$restarts >/root/before; kill -STOP $sensor"
comes 'systemd ends it for want of a word and starts it anew' 90 "test \"\$($restarts)\" -gt \"\$(cat /root/before)\" && $is_up"
check 'because of the watchdog' 'journalctl -u thingwatch | grep "Failed with result .watchdog"'
check 'its keeper is killed' "$restarts >/root/before; kill -KILL $main"
comes 'systemd starts it anew' 30 "test \"\$($restarts)\" -gt \"\$(cat /root/before)\" && $is_up"
check 'its capture is killed' "$restarts >/root/before; echo $capture >/root/child; kill -KILL $capture"
comes 'the sensor starts that anew by itself' 30 "test \"$capture\" != \"\$(cat /root/child)\" && test \"\$($restarts)\" = \"\$(cat /root/before)\" && $is_up"
check 'what happened is still known' 'thingwatch status | grep -E "^incident" | grep -v none'

check 'upgrade by dpkg' 'dpkg -i /root/new.deb'
comes 'the newer one runs' 30 "$is_up && test \"\$(thingwatch --version)\" = \"\$(dpkg-deb -f /root/new.deb Version)\""
check 'with what was known' 'thingwatch status | grep -E "^incident" | grep -v none'
check 'thingwatch uninstall says what to do with a package' 'thingwatch uninstall --yes 2>&1 | grep "apt-get remove thingwatch"'
check 'remove' 'dpkg -r thingwatch && ! systemctl is-active thingwatch && test -e /var/lib/thingwatch/thingwatch.db'
check 'purge' 'dpkg -P thingwatch && ! test -e /var/lib/thingwatch && ! test -e /etc/thingwatch && ! getent passwd thingwatch'

from='cd /srv/thingwatch && node dist/sensor/main.js'
check 'from a checkout: install' "$from install --interface mirror0 --yes --seconds 0"
show
comes 'the service runs' 30 "$is_up"
check 'update, with nothing new' "$from update --no-pull"
check 'a newer build' "cd /srv/thingwatch && sed -i 's/\"version\": \"0.1.0\"/\"version\": \"0.2.0\"/' package.json && node sensor/deploy/set-up.mjs && node dist/sensor/main.js update --no-pull"
comes 'is what runs' 30 "$is_up && thingwatch status | grep -E '^version +0.2.0'"
check 'uninstall --purge' "$from uninstall --purge --yes"
check 'nothing is left' '! systemctl is-active thingwatch && ! test -e /var/lib/thingwatch && ! test -e /etc/thingwatch && ! test -e /opt/thingwatch && ! getent passwd thingwatch'
exit $failed
