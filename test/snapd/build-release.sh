#!/bin/bash
# Builds the programs of a release of snapd other than Debian 12's, for the tests with a real daemon. It uses
# Debian's compiler and libraries. Files that need changes are replaced with an overlay; the source is not changed.
# Tested with 2.32.5, 2.37, 2.44.3, 2.49.2, 2.68.5 and a version after 2.77.
#
# Usage: build-release.sh SOURCE OUT
# SOURCE is a checkout of snapd's repository. It needs root and Debian 12, and build-snapd.sh must have run before.
# It takes one to three minutes.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
[ $# = 2 ] || { echo 'usage: build-release.sh SOURCE OUT' >&2; exit 1; }
source=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
debian=/usr/share/gocode

fail() { echo "cannot build this snapd: $*" >&2; exit 1; }
[ -d "$source/cmd/snapd" ] || fail "$source has no folder cmd/snapd; name the source of a snapd"

stamp=$(
  { dpkg-query -W golang-go; sha256sum "$0" "$here"/*.go | sed 's| .*/| |'
    find "$source" -path "$source/tests" -prune -o -name '*.go' -not -name '*_test.go' -print0 | sort -z | xargs -0 sha256sum; } | sha256sum
)
if [ -f "$out/built-from" ] && [ "$(cat "$out/built-from")" = "$stamp" ]; then
  echo "snapd in $out is up to date"
  exit 0
fi
rm -f "$out/built-from"

if ! dpkg-query -W golang-github-bmatcuk-doublestar-dev >/dev/null 2>&1; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends golang-github-bmatcuk-doublestar-dev >/dev/null
fi

# Libraries that releases import under other names, or in other versions, than Debian has.
root=$out/gopath
hub=$root/src/github.com
rm -rf "$root"
mkdir -p "$hub"/{snapcore/squashfuse,mvo5,bmatcuk/doublestar/v4}
ln -s "$source" "$hub/snapcore/snapd"
ln -s "$debian/src/github.com/boltdb/bolt" "$hub/snapcore/bolt"
ln -s "$debian/src/github.com/seccomp/libseccomp-golang" "$hub/mvo5/libseccomp-golang"
echo 'package squashfuse' > "$hub/snapcore/squashfuse/squashfuse.go"
cp "$debian/src/github.com/bmatcuk/doublestar/doublestar.go" "$hub/bmatcuk/doublestar/"
cat > "$hub/bmatcuk/doublestar/v4/doublestar.go" <<'GO'
package doublestar

import older "github.com/bmatcuk/doublestar"

// Match tells whether a path matches a pattern.
func Match(pattern, path string) (bool, error) { return older.Match(pattern, path) }
GO

# lay_over FILE COPY: builds with COPY instead of FILE of the source.
replaced=()
lay_over() {
  replaced+=("$(printf '"%s": "%s"' "$source/$1" "$2")" "$(printf '"%s": "%s"' "$hub/snapcore/snapd/$1" "$2")")
}
# change FILE SED: builds with a copy of FILE that sed has changed, if the source has that file.
change() {
  local copy=$root/${1//\//_}
  [ -f "$source/$1" ] || return 0
  sed "$2" "$source/$1" > "$copy"
  lay_over "$1" "$copy"
}
lay_over asserts/sysdb/zz_extra_trusted.go "$here/extra-trusted.go"
lay_over i18n/i18n.go "$here/oracle-i18n.go"
# Debian's go-systemd has no argument here. Debian's x/sys lacks these two system calls of Linux.
change daemon/daemon.go 's/activation\.Listeners(false)/activation.Listeners()/'
change sandbox/lsm/lsm_linux.go 's/unix\.SYS_LSM_LIST_MODULES/461/; s/unix\.SYS_LSM_GET_SELF_ATTR/459/; \|golang.org/x/sys/unix|d'
overlay=$root/overlay.json
(IFS=,; printf '{"Replace": {%s}}\n' "${replaced[*]}") > "$overlay"

export GO111MODULE=off GOFLAGS='' GOPATH=$root:$debian
# The variable of the version has moved. The linker ignores names that do not exist.
version="-X github.com/snapcore/snapd/cmd.Version=$(basename "$out") -X github.com/snapcore/snapd/snapdtool.Version=$(basename "$out")"
rm -f "$out/snap"
for program in snapd snap snapctl snap-seccomp snap-exec snap-update-ns; do
  if [ -d "$source/cmd/$program" ]; then
    go build -overlay "$overlay" -tags nosecboot -ldflags "$version" -o "$out/$program" "github.com/snapcore/snapd/cmd/$program"
  else
    # In newer releases, the daemon's file also contains snap and snap-exec.
    ln -sf snapd "$out/$program"
  fi
done
# Runs hooks directly, because newer releases refuse to run hooks that systemd cannot track. argv[0] stays snap.
mv "$out/snap" "$out/snap-client"
cat > "$out/snap" <<'SH'
#!/bin/bash
if [ "${1:-} ${2:-} ${4:-}" = 'run --hook -r' ]; then
  export SNAP=$SNAPPY_GLOBAL_ROOT/snap/$6/${5/unset/current}
  exec "$SNAP/meta/hooks/$3"
fi
exec -a snap "$(dirname "$0")/snap-client" "$@"
SH
chmod 755 "$out/snap"
# Before 4.5, unsquashfs printed a header and an empty line before a list. These releases wait for them.
rm -f "$out/unsquashfs"
if grep -q 'skip the header' "$source/snap/squashfs/squashfs.go"; then
  cat > "$out/unsquashfs" <<'SH'
#!/bin/sh
case " $* " in *' -ll '*) echo ;; esac
exec /usr/bin/unsquashfs "$@"
SH
  chmod 755 "$out/unsquashfs"
fi
echo "$stamp" > "$out/built-from"
echo "snapd of $source built in $out"
