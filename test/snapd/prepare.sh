#!/bin/bash
# Prepares the tests with a real snapd: builds snapd's programs and small snaps in .cache/snapd. It needs Debian 12,
# root, loop mounts and, the first time, a network for apt-get. If something is missing, it fails and names it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
project=$(dirname "$(dirname "$here")")
cache=$project/.cache/snapd

fail() { echo "cannot test with a real snapd: $*" >&2; exit 1; }

# A container often has root but no loop devices. This message is clearer than that of snapd.
check_loop_mounts() {
  local work
  work=$(mktemp -d)
  mkdir "$work/tree" "$work/mounted"
  mksquashfs "$work/tree" "$work/image" -quiet -no-progress >/dev/null
  unshare --mount mount -t squashfs -o loop,ro "$work/image" "$work/mounted" ||
    fail "mount -o loop is refused here (in a container: run it privileged, with /dev/loop*)"
  rm -r "$work"
}

[ "$(id -u)" = 0 ] || fail "not root"
[ -f "$project/dist/snap-store-proxy.js" ] || fail "dist/snap-store-proxy.js is missing: npm run build"
"$here/build-snapd.sh" "$cache/bin"
check_loop_mounts
"$here/make-snaps.sh" "$cache/snaps"
