#!/bin/sh
# npm run package -- --try [ROOT]: the package on a Debian 13 that debootstrap makes (or on ROOT, which it made before and which stays as
# it is): install, self-test, first alert, upgrade over an older version, remove, purge; each with the minutes and seconds since the
# start. Needs root, debootstrap and Debian's mirror.
#   try.sh OLD.deb NEW.deb [ROOT]
set -eu
old=$1 new=$2 base=${3:-}
here=$(dirname "$0")
if [ -z "${APART:-}" ]; then APART=1 exec unshare --mount --pid --fork --kill-child "$0" "$@"; fi

place=$(mktemp -d)
trap 'umount -R -l "$place" 2>/dev/null; rm -rf "$place"' EXIT
mount --make-rprivate /
mount -t tmpfs tmpfs "$place"
mkdir "$place/upper" "$place/work" "$place/root"
begun=$(date +%s)
tell() {
  seconds=$(($(date +%s) - begun))
  printf '%d:%02d  %-5s %s\n' $((seconds / 60)) $((seconds % 60)) "$1" "$2"
}
if [ -z "$base" ]; then
  base=$place/base
  debootstrap --variant=minbase trixie "$base" "${MIRROR:-http://deb.debian.org/debian}" >"$place/debootstrap.log" || { tail "$place/debootstrap.log"; exit 1; }
  tell ok 'a Debian 13 by debootstrap'
fi
mount -t overlay overlay -o "lowerdir=$base,upperdir=$place/upper,workdir=$place/work" "$place/root"
mount -t proc proc "$place/root/proc"
mount --rbind /dev "$place/root/dev"
cp /etc/resolv.conf "$place/root/etc/resolv.conf"
cp "$old" "$place/root/tmp/old.deb"
cp "$new" "$place/root/tmp/new.deb"

failed=0
clean='env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8'
# What the unit gives its user.
as_service='setpriv --reuid=thingwatch --regid=thingwatch --clear-groups --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw --bounding-set=-all,+net_raw --no-new-privs'
inside() { chroot "$place/root" $clean sh -c "$1"; }
# check WHAT COMMAND: the command must succeed there.
check() {
  if inside "$2" >"$place/said" 2>&1; then tell ok "$1"; else tell FAIL "$1"; tail -n 15 "$place/said"; failed=1; fi
}
# alert DEVICE WHAT: the sensor in a network of its own, from its start to the first alert about DEVICE and its end.
alert() {
  if unshare --net --mount sh -c 'mount -t sysfs sysfs "$1/sys"; root=$1 device=$2; shift 2; exec node "$0" "$device" chroot "$root" "$@"' \
    "$here/../first-alert.mjs" "$place/root" "$1" $clean THINGWATCH_CAPTURE_INTERFACE=mirror $as_service thingwatch run >"$place/said" 2>&1
  then tell ok "$2"; cat "$place/said"; else tell FAIL "$2"; tail -n 40 "$place/said"; failed=1; fi
}
apt='apt-get -y -qq -o Dpkg::Use-Pty=0'

check 'the list of packages' 'apt-get update -qq'
inside 'mv /usr/sbin/policy-rc.d /tmp/ 2>/dev/null; true'
check 'install the older one with what it needs' "$apt install --no-install-recommends /tmp/old.deb"
check 'no compiler, no headers' '! command -v cc && ! command -v g++ && ! command -v make && ! dpkg -l | grep -E "^ii +\S+-dev[: ]"'
check "Debian's own Node" 'node --version | grep -E "^v20\." && dpkg -S "$(readlink -f /usr/bin/node)"'
check 'its version' 'test "$(thingwatch --version)" = "$(dpkg-query -W -f "\${Version}" thingwatch)"'
check 'the add-ons load' 'cd /usr/lib/thingwatch && node -e "new (require(\"better-sqlite3\"))(\":memory:\"); require(\"cap\")"'
check 'the self-test, as the user it made' 'cd / && setpriv --reuid=thingwatch --regid=thingwatch --clear-groups env HOME=/tmp thingwatch self-test'
sed -n '$s/^/      /p' "$place/said"
check 'settings for root and the service alone' 'test "$(stat -c "%a %U %G" /etc/thingwatch/thingwatch.yaml)" = "640 root thingwatch"'
check 'state for the service alone' 'test "$(stat -c "%a %U %G" /var/lib/thingwatch)" = "700 thingwatch thingwatch"'
check 'doctor takes the settings' 'cd / && thingwatch doctor --seconds 0 --json | grep -q thingwatch.doctor/1'
alert 240ac4100001 'run as its service does: page, broker, first alert'
check 'systemd, to look at the unit' "$apt install --no-install-recommends systemd"
check 'the unit is sound' 'systemd-analyze verify /usr/lib/systemd/system/thingwatch.service'
check 'the unit scores 1.5 or better' 'systemd-analyze security --offline=true --no-pager --threshold=15 /usr/lib/systemd/system/thingwatch.service'
check 'every file is as it was packed' 'dpkg --verify thingwatch | grep -v "thingwatch.yaml" | { ! grep . ; }'

inside 'echo "# mine" >>/etc/thingwatch/thingwatch.yaml; touch /var/lib/thingwatch/mine; chown thingwatch: /var/lib/thingwatch/mine'
check 'upgrade' "$apt install --no-install-recommends /tmp/new.deb"
check 'the newer one is there' 'test "$(thingwatch --version)" = "$(dpkg-deb -f /tmp/new.deb Version)"'
check 'my settings and what it knows stayed' 'grep -q "# mine" /etc/thingwatch/thingwatch.yaml && test -e /var/lib/thingwatch/mine'
check 'the self-test after the upgrade' 'cd / && setpriv --reuid=thingwatch --regid=thingwatch --clear-groups env HOME=/tmp thingwatch self-test'
sed -n '$s/^/      /p' "$place/said"

check 'it still knows of the alert' 'cd / && thingwatch evidence | grep -q "trying to reach mail servers"'
alert 240ac4100002 'run after the upgrade: the first alert of another device'

check 'another Node is refused in words' 'mv /usr/bin/node /usr/bin/node.was; printf "#!/bin/sh\necho 127\n" >/usr/bin/node; chmod 755 /usr/bin/node; said=$(dpkg-reconfigure thingwatch 2>&1 || /var/lib/dpkg/info/thingwatch.postinst configure 2>&1); code=$?; mv -f /usr/bin/node.was /usr/bin/node; echo "$said"; echo "$said" | grep -q "has ABI 127"'
check 'remove' "$apt remove thingwatch"
check 'the program is gone, settings and state are there' '! test -e /usr/lib/thingwatch && ! test -e /usr/bin/thingwatch && test -e /etc/thingwatch/thingwatch.yaml && test -e /var/lib/thingwatch/mine && getent passwd thingwatch'
check 'purge' "$apt purge thingwatch"
check 'nothing is left' '! test -e /etc/thingwatch && ! test -e /var/lib/thingwatch && ! getent passwd thingwatch && ! find /usr /etc /var/lib -name "*thingwatch*" ! -path "/var/lib/apt/*" | grep .'
exit $failed
