#!/bin/bash
# Compares the store's decoder with that of the newest snapd. The cases are valid assertions of every type with each
# header changed in about 50 ways, random confdb-schemas, and damaged files. It prints a table, and the differences
# that docs/decisions/0005-where-snapd-decides-otherwise.md does not explain.
#
# Usage: SNAPD_SOURCE=DIRECTORY differential.sh
# It needs root and Debian 12 the first time, like build-snapd.sh. It compares about 190,000 cases in 15 minutes.
# SNAPD_DIFFERENTIAL_SEED=N generates other confdb-schemas and files.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
: "${SNAPD_SOURCE:?is not set: name the source of a snapd, such as a checkout of its repository}"
ORACLE_ONLY=1 "$here/build-snapd.sh" "$here/../../.cache/snapd/bin"
cd "$here/../.."
SNAPD_DIFFERENTIAL=full exec npx vitest run --config test/snapd/vitest.config.ts differential.test
