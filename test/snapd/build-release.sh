#!/bin/bash
# Builds the programs of another release of snapd than Debian 12's, for the
# tests with a real daemon. It does with Debian's compiler and libraries; what
# those lack is laid over the source, nothing is written there. Tried with
# 2.32.5, 2.37, 2.44.3, 2.49.2, 2.68.5 and what came after 2.77.
#
# Usage: build-release.sh SOURCE OUT
# SOURCE: a checkout of snapd's repository. Root and Debian 12, as
# build-snapd.sh, which must have run. One to three minutes.
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

# Libraries that releases import under names, or in versions, that Debian does not have.
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

// Match tells whether a path has the form of a pattern.
func Match(pattern, path string) (bool, error) { return older.Match(pattern, path) }
GO

# replaced FILE SED: lays a changed copy over a file of the source, where it has that file.
replaced=()
lay_over() {
  replaced+=("$(printf '"%s": "%s"' "$source/$1" "$2")" "$(printf '"%s": "%s"' "$hub/snapcore/snapd/$1" "$2")")
}
change() {
  local copy=$root/${1//\//_}
  [ -f "$source/$1" ] || return 0
  sed "$2" "$source/$1" > "$copy"
  lay_over "$1" "$copy"
}
lay_over asserts/sysdb/zz_extra_trusted.go "$here/extra-trusted.go"
lay_over i18n/i18n.go "$here/oracle-i18n.go"
# go-systemd of Debian has no argument there; x/sys of Debian does not know these two calls of Linux.
change daemon/daemon.go 's/activation\.Listeners(false)/activation.Listeners()/'
change sandbox/lsm/lsm_linux.go 's/unix\.SYS_LSM_LIST_MODULES/461/; s/unix\.SYS_LSM_GET_SELF_ATTR/459/; \|golang.org/x/sys/unix|d'
overlay=$root/overlay.json
(IFS=,; printf '{"Replace": {%s}}\n' "${replaced[*]}") > "$overlay"

export GO111MODULE=off GOFLAGS='' GOPATH=$root:$debian
# The place of the version moved; the linker passes over what is not there.
version="-X github.com/snapcore/snapd/cmd.Version=$(basename "$out") -X github.com/snapcore/snapd/snapdtool.Version=$(basename "$out")"
rm -f "$out/snap"
for program in snapd snap snapctl snap-seccomp snap-exec snap-update-ns; do
  if [ -d "$source/cmd/$program" ]; then
    go build -overlay "$overlay" -tags nosecboot -ldflags "$version" -o "$out/$program" "github.com/snapcore/snapd/cmd/$program"
  else
    # Newer releases have snap and snap-exec in the daemon's own file.
    ln -sf snapd "$out/$program"
  fi
done
# Hooks are run as they are: newer releases run none that systemd cannot track for them. This one's first name is snap.
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
# Before 4.5, unsquashfs wrote some lines and an empty one before a list, which these releases wait for.
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
