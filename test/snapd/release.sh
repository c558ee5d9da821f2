#!/bin/bash
# The tests with a real snapd of another release: a life that every release can
# live, or the test files that are named.
#
#   SNAPD_SOURCE=DIRECTORY test/snapd/release.sh [FILE...]
#
# DIRECTORY is a checkout of snapd's repository, at any release since 2.32. Root
# and Debian 12, after a build of the program (npm run build).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
: "${SNAPD_SOURCE:?is not set: name the source of a snapd, such as a checkout of its repository}"
out=$here/../../.cache/snapd/releases/$(basename "$SNAPD_SOURCE")
SNAPD_SOURCE='' "$here/prepare.sh"
"$here/build-release.sh" "$SNAPD_SOURCE" "$out"
cd "$here/../.."
[ $# -gt 0 ] || set -- test/snapd/every-release.test.ts
TEST_SNAPD_PROGRAMS=$(realpath "$out") exec npx vitest run --config test/snapd/vitest.config.ts "$@"
