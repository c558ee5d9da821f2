#!/bin/bash
# Makes the snaps that the tests in this folder push and install. They are real snaps, and as small as snapd accepts.
#
#   acme-base 1            base with a shell (busybox)
#   acme-hello 1.0 to 3.0  one app on acme-base
#   acme-data 1            without a base, compressed with gzip instead of xz
#   snapd, core            stand-ins, which snapd installs before other snaps
#
# Usage: make-snaps.sh OUT      Files: OUT/NAME_VERSION.snap
set -euo pipefail

out=${1:?usage: make-snaps.sh OUT}
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# tree NAME: creates an empty folder, sets $tree to it, and reads its meta/snap.yaml from the standard input.
tree() {
  tree=$work/$1
  rm -rf "$tree"
  mkdir -p "$tree/meta"
  cat > "$tree/meta/snap.yaml"
}

# pack FILE [COMPRESSION]: packs $tree as `snap pack` does, but without timestamps.
pack() {
  chmod -R u=rwX,go=rX "$tree"
  env -u SOURCE_DATE_EPOCH mksquashfs "$tree" "$out/$1" -noappend -comp "${2:-xz}" -no-xattrs -no-fragments -all-root \
    -mkfs-time 0 -all-time 0 -quiet -no-progress >/dev/null
}

make_base() {
  tree base <<'YAML'
name: acme-base
version: "1"
type: base
summary: Smallest base for tests
description: A shell and the folders that snapd mounts over.
architectures: [all]
YAML
  mkdir -p "$tree"/{bin,dev,etc,home,lib/firmware,lib/modules,media,mnt,proc,root,run,snap,sys,tmp,writable} \
    "$tree"/usr/{bin,lib/snapd,src} "$tree"/var/{lib,log,snap,tmp}
  cp "$(command -v busybox)" "$tree/bin/busybox"
  ln -s busybox "$tree/bin/sh"
  touch "$tree"/etc/{hosts,hostname,localtime,machine-id,nsswitch.conf,resolv.conf}
  pack acme-base_1.snap
}

make_hello() {
  tree hello <<YAML
name: acme-hello
version: "$1"
base: acme-base
confinement: strict
grade: stable
summary: Hello from acme
description: |
  Says hello, and which version it is.
architectures: [all]
apps:
  acme-hello:
    command: bin/hello
YAML
  mkdir "$tree/bin"
  printf '#!/bin/sh\necho hello %s\n' "$1" > "$tree/bin/hello"
  chmod 755 "$tree/bin/hello"
  pack "acme-hello_$1.snap"
}

make_data() {
  tree data <<'YAML'
name: acme-data
version: "1"
base: none
summary: Only data
description: No app, no base.
architectures: [all]
YAML
  echo data > "$tree/data.txt"
  pack acme-data_1.snap gzip
}

# make_stand_in NAME TYPE VERSION: snapd accepts it as installed, and finds xdelta3 in it.
make_stand_in() {
  tree "$1" <<YAML
name: $1
version: "$3"
type: $2
summary: Stand-in for $1
description: Contains only xdelta3. snapd requires that this snap is installed.
architectures: [all]
YAML
  mkdir -p "$tree"/usr/{bin,lib/snapd}
  echo "VERSION=$3" > "$tree/usr/lib/snapd/info"
  cp "$(command -v xdelta3)" "$tree/usr/bin/xdelta3"
  pack "$1_$3.snap"
}

make_base
make_hello 1.0
make_hello 2.0
make_hello 3.0
make_data
for version in 2.57.6 2.99; do
  make_stand_in snapd snapd "$version"
  make_stand_in core os "$version"
done
