#!/bin/bash
# Runs tests with a real snapd of another release: the given test files, or the one whose steps every release supports.
#
#   SNAPD_SOURCE=DIRECTORY test/snapd/release.sh [FILE...]
#
# DIRECTORY is a checkout of snapd's repository, at any release since 2.32. It needs root and Debian 12, and a built
# program (npm run build).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
: "${SNAPD_SOURCE:?is not set: name the source of a snapd, such as a checkout of its repository}"
out=$here/../../.cache/snapd/releases/$(basename "$SNAPD_SOURCE")
SNAPD_SOURCE='' "$here/prepare.sh"
"$here/build-release.sh" "$SNAPD_SOURCE" "$out"
cd "$here/../.."
[ $# -gt 0 ] || set -- test/snapd/every-release.test.ts
TEST_SNAPD_PROGRAMS=$(realpath "$out") exec npx vitest run --config test/snapd/vitest.config.ts "$@"
