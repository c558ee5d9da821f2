#!/bin/bash
# Makes the snaps that the sandbox serves, which are kept beside this script:
#
#   sandbox-base        base with the folders that snapd mounts over
#   sandbox-greetings   content that sandbox-hello takes
#   sandbox-hello       an app for amd64 and arm64, 1.0 to 2.0, on sandbox-base
#   jq                  stand-in for the snap that the documentation fetches, for amd64 and arm64
#   sandbox-notes       files without an app, of another publisher; its second revision has a component
#   snapd               stand-in: snapd installs it before anything else
#
# Each file is NAME_REVISION.snap, or NAME+COMPONENT_REVISION.comp. The same mksquashfs makes the same bytes again
# (no clock, no owner, no extended attributes). Needs squashfs-tools and node.
# Usage: assets/sandbox/make-sandbox-snaps.sh [OUT]
set -euo pipefail

here=$(realpath "$(dirname "$0")")
out=$(realpath "${1:-$here}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# tree: a fresh folder in $tree; its meta/snap.yaml is read from stdin.
tree() {
  tree=$work/tree
  rm -rf "$tree"
  mkdir -p "$tree/meta"
  cat > "$tree/meta/snap.yaml"
}

# pack FILE
pack() {
  chmod -R u=rwX,go=rX "$tree"
  env -u SOURCE_DATE_EPOCH mksquashfs "$tree" "$out/$1" -noappend -comp xz -b 131072 -no-xattrs -no-fragments \
    -all-root -mkfs-time 0 -all-time 0 -quiet -no-progress >/dev/null
}

make_base() {
  tree <<'YAML'
name: sandbox-base
version: "1"
type: base
title: Sandbox base
summary: Smallest base of the sandbox
description: Holds the folders that snapd mounts over, and no program.
license: Apache-2.0
architectures: [all]
YAML
  mkdir -p "$tree"/{bin,dev,etc,home,lib/firmware,lib/modules,media,mnt,proc,root,run,snap,sys,tmp,writable} \
    "$tree"/usr/{bin,lib/snapd,src} "$tree"/var/{lib,log,snap,tmp}
  touch "$tree"/etc/{hosts,hostname,localtime,machine-id,nsswitch.conf,resolv.conf}
  pack sandbox-base_1.snap
}

make_greetings() {
  tree <<'YAML'
name: sandbox-greetings
version: "1"
base: none
title: Sandbox greetings
summary: Words for sandbox-hello
description: A text that sandbox-hello takes over the content interface.
license: Apache-2.0
architectures: [all]
slots:
  greetings:
    interface: content
    content: greetings
    read: [$SNAP/greetings]
YAML
  mkdir "$tree/greetings"
  echo hello > "$tree/greetings/en.txt"
  pack sandbox-greetings_1.snap
}

# make_hello REVISION VERSION ARCHITECTURE
make_hello() {
  tree <<YAML
name: sandbox-hello
version: "$2"
base: sandbox-base
confinement: strict
grade: stable
title: Sandbox hello
summary: Says hello from the sandbox
description: |
  One small program that says hello, and which version it is.
license: Apache-2.0
architectures: [$3]
apps:
  sandbox-hello:
    command: bin/hello
plugs:
  greetings:
    interface: content
    content: greetings
    target: \$SNAP/greetings
    default-provider: sandbox-greetings
YAML
  mkdir "$tree"/{bin,greetings}
  node "$here/make-greeter.mjs" "$3" "hello from sandbox-hello $2" "$tree/bin/hello"
  pack "sandbox-hello_$1.snap"
}

# make_jq REVISION ARCHITECTURE
make_jq() {
  tree <<YAML
name: jq
version: "1.6"
base: sandbox-base
confinement: strict
grade: stable
title: jq of the sandbox
summary: Stand-in for jq
description: One small program that says what it stands in for.
license: Apache-2.0
architectures: [$2]
apps:
  jq:
    command: bin/jq
YAML
  mkdir "$tree/bin"
  node "$here/make-greeter.mjs" "$2" "jq of the sandbox 1.6" "$tree/bin/jq"
  pack "jq_$1.snap"
}

make_notes() {
  tree <<'YAML'
name: sandbox-notes
version: "1"
base: none
title: Sandbox notes
summary: A few notes of another publisher
description: No app; it is there to be fetched and pushed.
license: Apache-2.0
architectures: [all]
YAML
  echo "Made by the sandbox's second publisher." > "$tree/notes.txt"
  pack sandbox-notes_1.snap
}

make_notes_with_sketches() {
  tree <<'YAML'
name: sandbox-notes
version: "2"
base: none
title: Sandbox notes
summary: A few notes of another publisher
description: No app; it is there to be fetched and pushed.
license: Apache-2.0
architectures: [all]
components:
  sketches:
    type: standard
    summary: Drawings to the notes
    description: Fetched, pushed and installed apart from the snap.
YAML
  echo "Made by the sandbox's second publisher, with sketches." > "$tree/notes.txt"
  pack sandbox-notes_2.snap
  rm -r "$tree"
  mkdir -p "$tree/meta"
  cat > "$tree/meta/component.yaml" <<'YAML'
component: sandbox-notes+sketches
type: standard
version: "2"
summary: Drawings to the notes
description: Fetched, pushed and installed apart from the snap.
YAML
  echo 'o-o' > "$tree/sketch.txt"
  pack sandbox-notes+sketches_1.comp
}

make_snapd() {
  tree <<'YAML'
name: snapd
version: "2.57.6"
type: snapd
title: snapd of the sandbox
summary: Stand-in for snapd
description: Holds no program; it only lets a device go on that installs snapd first.
license: Apache-2.0
architectures: [all]
YAML
  mkdir -p "$tree/usr/lib/snapd"
  echo VERSION=2.57.6 > "$tree/usr/lib/snapd/info"
  pack snapd_1.snap
}

make_base
make_greetings
make_hello 1 1.0 amd64
make_hello 2 1.0 arm64
make_hello 3 1.1 amd64
make_hello 4 1.1 arm64
make_hello 5 2.0 amd64
make_hello 6 2.0 arm64
make_jq 1 amd64
make_jq 2 arm64
make_notes
make_notes_with_sketches
make_snapd
