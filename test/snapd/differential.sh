#!/bin/bash
# Compares the store's decoder with that of the newest snapd: every header of
# good assertions of every type changed in some 50 ways, confdb-schemas that
# nobody wrote, and spoilt files. Prints a table, and what differs without a
# reason (docs/decisions/0005-where-snapd-decides-otherwise.md).
#
# Usage: SNAPD_SOURCE=DIRECTORY differential.sh
# Root and Debian 12 the first time, as build-snapd.sh. Some 190,000 cases, 15
# minutes. SNAPD_DIFFERENTIAL_SEED=N makes other confdb-schemas and files.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
: "${SNAPD_SOURCE:?is not set: name the source of a snapd, such as a checkout of its repository}"
ORACLE_ONLY=1 "$here/build-snapd.sh" "$here/../../.cache/snapd/bin"
cd "$here/../.."
SNAPD_DIFFERENTIAL=full exec npx vitest run --config test/snapd/vitest.config.ts differential.test
