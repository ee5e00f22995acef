#!/bin/sh
# npm run container -- --try [ROOT]: the image and the add-on's, built by buildah on a Debian 13 that debootstrap makes (or on ROOT,
# which it made before), and run by crun as compose.yaml and config.yaml say, in networks of their own. Needs root, buildah, crun,
# debootstrap and Debian's mirror.
#   try.sh CONTAINER ADD-ON [ROOT]: the folders that `npm run container` lays out
set -eu
container=$1 addon=$2 base=${3:-}
here=$(dirname "$0")
for tool in buildah crun debootstrap unshare; do
  command -v "$tool" >/dev/null || { echo "there is no $tool here: apt-get install buildah crun debootstrap" >&2; exit 2; }
done
if [ -z "${APART:-}" ]; then APART=1 exec unshare --mount --mount-proc --pid --fork --kill-child "$0" "$@"; fi

# Not /tmp: the images' layers are overlays, and that may be one.
place=$(mktemp -d /var/tmp/thingwatch-container-XXXXXX)
trap 'umount -R -l "$place" 2>/dev/null; rm -rf "$place"' EXIT
trap 'exit 130' INT TERM HUP
mount --make-rprivate /
# So that all that is mounted below goes with it.
mount --bind "$place" "$place"
export TMPDIR="$place/tmp"
mkdir "$TMPDIR"
# Its own store, so that nothing of it stays.
buildah() { command buildah --root "$place/storage" --runroot "$place/run" "$@"; }

if [ -z "$base" ]; then
  base=$place/base
  debootstrap --variant=minbase trixie "$base" "${MIRROR:-http://deb.debian.org/debian}" >"$place/debootstrap.log" || { tail "$place/debootstrap.log"; exit 1; }
fi
first=$(buildah from scratch)
buildah add -q "$first" "$base" / >/dev/null
buildah commit -q --rm "$first" localhost/debian >/dev/null

failed=0
# try NAME CONTAINERFILE FOLDER HOW
try() {
  if buildah build --isolation chroot --format docker --build-arg BASE=localhost/debian -f "$3/$2" -t "localhost/$1" "$3" >"$place/said" 2>&1; then
    echo "ok    $1: built"
  else
    echo "FAIL  $1: built"; tail -n 30 "$place/said"; failed=1; return
  fi
  made=$(buildah from "localhost/$1")
  if buildah run --isolation chroot "$made" -- thingwatch --version >/dev/null && ! buildah run --isolation chroot "$made" -- sh -c 'command -v cc || command -v npm || command -v setcap' >/dev/null 2>&1; then
    echo "ok    $1: runs, without compiler and tools of the build"
  else
    echo "FAIL  $1: runs, without compiler and tools of the build"; failed=1
  fi
  buildah inspect --type image "localhost/$1" >"$place/$1.json"
  mkdir "$place/$1"
  # A network and control groups of its own: crun has none to manage here.
  unshare --net --mount sh -c 'mount -t tmpfs none /sys/fs/cgroup; exec "$@"' sh \
    node "$here/run.mjs" "$place/$1.json" "$(buildah mount "$made")" "$3" "$place/$1" "$4" || failed=1
  buildah rm "$made" >/dev/null
}
try thingwatch Containerfile "$container" compose
try thingwatch-add-on Dockerfile "$addon" add-on
exit $failed
