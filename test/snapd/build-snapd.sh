#!/bin/bash
# Builds the programs of a real snapd that the tests in this folder need, from Debian 12's source package of release
# 2.57.6: the daemon, its client, the helpers that it calls, asserts-oracle (oracle/) and snap-yaml-oracle
# (snap-oracle/). One file is added to that source: with extra-trusted.go, the daemon also trusts the root of the tests.
#
# Usage: [SNAPD_SOURCE=DIRECTORY] build-snapd.sh OUT
# It needs root and Debian 12, and takes up to 3 minutes the first time. Later it builds again only if the source
# package, the compiler or a file in inputs() has changed.
#
# SNAPD_SOURCE names the source of a newer snapd, such as a checkout of its repository. asserts-oracle-newer and
# snap-yaml-oracle-newer are built from it, for the tests that compare with the newest release. The source is not
# changed. It must compile with Debian's compiler and libraries: the source of 2.78 does, if oracle-i18n.go replaces
# its translations. ORACLE_ONLY=1 builds nothing else.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build-snapd.sh OUT}
release=2.57.6
gopath=/usr/share/gocode
snapd=$gopath/src/github.com/snapcore/snapd
programs=(snapd snap snapctl snap-seccomp snap-exec snap-update-ns)

# The source package only recommends the libraries that its programs need to compile.
packages=(
  golang-go gcc pkg-config libseccomp-dev libcap-dev libudev-dev xfslibs-dev
  golang-github-snapcore-snapd-dev
  golang-dbus-dev
  golang-github-boltdb-bolt-dev
  golang-github-chai2010-gettext-go-dev
  golang-github-cilium-ebpf-dev
  golang-github-coreos-bbolt-dev
  golang-github-coreos-go-systemd-dev
  golang-github-creack-pty-dev
  golang-github-gorilla-mux-dev
  golang-github-gosexy-gettext-dev
  golang-github-jessevdk-go-flags-dev
  golang-github-juju-ratelimit-dev
  golang-github-lunixbochs-vtclean-dev
  golang-github-mattn-go-runewidth-dev
  golang-github-mvo5-goconfigparser-dev
  golang-github-seccomp-libseccomp-golang-dev
  golang-golang-x-crypto-dev
  golang-golang-x-net-dev
  golang-golang-x-sync-dev
  golang-golang-x-sys-dev
  golang-golang-x-text-dev
  golang-golang-x-time-dev
  golang-golang-x-xerrors-dev
  golang-gopkg-check.v1-dev
  golang-gopkg-macaroon.v1-dev
  golang-gopkg-mgo.v2-dev
  golang-gopkg-retry.v1-dev
  golang-gopkg-tomb.v2-dev
  golang-gopkg-tylerb-graceful.v1-dev
  golang-gopkg-yaml.v2-dev
  golang-gopkg-yaml.v3-dev
  squashfs-tools busybox-static xdelta3
)

fail() { echo "cannot build snapd: $*" >&2; exit 1; }

install_missing() {
  local missing=() package
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] || fail "not root, and these packages are missing: ${missing[*]}"
  echo "installing ${#missing[@]} Debian packages"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Everything that the result depends on. Its digest is stored next to the programs.
inputs() {
  dpkg-query -W golang-github-snapcore-snapd-dev golang-go gcc
  sha256sum "$here/build-snapd.sh" "$here/extra-trusted.go" "$here"/oracle/*.go "$here"/snap-oracle/*.go | sed 's| .*/| |'
}

build_all() {
  local overlay=$out/overlay.json program
  printf '{"Replace": {"%s": "%s"}}\n' "$snapd/asserts/sysdb/zz_extra_trusted.go" "$here/extra-trusted.go" > "$overlay"
  export GO111MODULE=off GOFLAGS='' GOPATH=$gopath
  for program in "${programs[@]}"; do
    go build -overlay "$overlay" -tags nosecboot -o "$out/$program" "github.com/snapcore/snapd/cmd/$program"
  done
  go build -o "$out/asserts-oracle" "$here"/oracle/*.go
  go build -o "$out/snap-yaml-oracle" "$here"/snap-oracle/*.go
}

newer_inputs() {
  dpkg-query -W golang-go
  sha256sum "$here/build-snapd.sh" "$here/oracle-i18n.go" "$here"/oracle/*.go "$here"/snap-oracle/*.go | sed 's| .*/| |'
  find -L "$1" -name '*.go' -not -name '*_test.go' -print0 | sort -z | xargs -0 sha256sum
}

build_newer() {
  local source=$1 root=$out/newer stamp place
  [ -d "$source/asserts" ] || fail "SNAPD_SOURCE=$source has no folder asserts; name the source of a snapd"
  stamp=$(newer_inputs "$source" | sha256sum)
  if [ -f "$out/newer-built-from" ] && [ "$(cat "$out/newer-built-from")" = "$stamp" ]; then
    echo "asserts-oracle-newer in $out is up to date"
    return
  fi
  rm -f "$out/newer-built-from" "$out/asserts-oracle-newer" "$out/snap-yaml-oracle-newer"
  place=$root/src/github.com/snapcore/snapd
  mkdir -p "$(dirname "$place")"
  ln -sfn "$source" "$place"
  # The compiler may use either path of a file.
  printf '{"Replace": {"%s": "%s", "%s": "%s"}}\n' "$place/i18n/i18n.go" "$here/oracle-i18n.go" \
    "$source/i18n/i18n.go" "$here/oracle-i18n.go" > "$root/overlay.json"
  GO111MODULE=off GOFLAGS='' GOPATH=$root:$gopath \
    go build -overlay "$root/overlay.json" -o "$out/asserts-oracle-newer" "$here"/oracle/*.go
  GO111MODULE=off GOFLAGS='' GOPATH=$root:$gopath \
    go build -overlay "$root/overlay.json" -o "$out/snap-yaml-oracle-newer" "$here"/snap-oracle/*.go
  echo "$stamp" > "$out/newer-built-from"
  echo "asserts-oracle-newer built from $source in $out"
}

[ -r /etc/debian_version ] && command -v dpkg-query >/dev/null || fail "this is not Debian, whose packages are required"
install_missing
mkdir -p "$out"
out=$(realpath "$out")
[ -z "${SNAPD_SOURCE:-}" ] || build_newer "$(realpath "$SNAPD_SOURCE")"
[ "${ORACLE_ONLY:-}" != 1 ] || exit 0
stamp=$(inputs | sha256sum)
if [ -f "$out/built-from" ] && [ "$(cat "$out/built-from")" = "$stamp" ]; then
  echo "snapd $release in $out is up to date"
  exit 0
fi
rm -f "$out/built-from"
build_all
echo "$stamp" > "$out/built-from"
echo "snapd $release built in $out"
