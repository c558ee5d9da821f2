#!/bin/bash
# Makes the snaps that the demo serves, which are kept beside this script:
#
#   demo-base_1.snap     base with nothing in it but the folders snapd mounts over
#   demo-hello_1.snap    1.0, one app on demo-base
#   demo-hello_2.snap    2.0, the same, to refresh to
#
# Real enough to be pushed, found, downloaded and installed; to run the app one
# would need a base with a shell. The same mksquashfs makes the same bytes again
# (no clock, no owner, no extended attributes). Needs squashfs-tools.
# Usage: assets/demo/make-demo-snaps.sh [OUT]
set -euo pipefail

out=$(realpath "${1:-$(dirname "$0")}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# pack FOLDER FILE
pack() {
  chmod -R u=rwX,go=rX "$work/$1"
  env -u SOURCE_DATE_EPOCH mksquashfs "$work/$1" "$out/$2" -noappend -comp xz -b 131072 -no-xattrs -no-fragments \
    -all-root -mkfs-time 0 -all-time 0 -quiet -no-progress >/dev/null
}

make_base() {
  mkdir -p "$work/base/meta" "$work"/base/{bin,dev,etc,home,media,mnt,proc,root,run,snap,sys,tmp} \
    "$work"/base/lib/{firmware,modules} "$work"/base/usr/{bin,lib/snapd,src} "$work"/base/var/{lib,log,snap,tmp}
  cat > "$work/base/meta/snap.yaml" <<'YAML'
name: demo-base
version: "1.0"
type: base
title: Demo base
summary: Empty base of the demo
description: Holds the folders that snapd mounts over, and nothing to run.
license: Apache-2.0
architectures: [all]
YAML
  pack base demo-base_1.snap
}

# make_hello VERSION FILE
make_hello() {
  rm -rf "$work/hello"
  mkdir -p "$work"/hello/{meta,bin}
  cat > "$work/hello/meta/snap.yaml" <<YAML
name: demo-hello
version: "$1"
base: demo-base
confinement: strict
grade: stable
title: Demo hello
summary: Says hello from a store without internet
description: |
  One shell script that says hello, and which version it is.
license: Apache-2.0
architectures: [all]
apps:
  demo-hello:
    command: bin/hello
YAML
  printf '#!/bin/sh\necho "hello from demo-hello %s"\n' "$1" > "$work/hello/bin/hello"
  chmod 755 "$work/hello/bin/hello"
  pack hello "$2"
}

make_base
make_hello 1.0 demo-hello_1.snap
make_hello 2.0 demo-hello_2.snap
