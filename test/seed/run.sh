#!/bin/bash
# The page of the air-gapped mode, executed: npm run test:seed, after a build of the program.
# Debian 12, root, loop mounts and a network for apt-get the first time; the tests themselves
# run where there is no network but loopback, so that the ports of the page are free.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
project=$(dirname "$(dirname "$here")")
"$project/test/snapd/prepare.sh"
cd "$project"
# shellcheck disable=SC2016 -- the inner shell expands its own arguments
exec unshare --net -- sh -c 'ip link set lo up && exec "$@"' sh \
  npx vitest run --config test/seed/vitest.config.ts "$@"
