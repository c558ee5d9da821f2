#!/bin/bash
# Runs the commands of the page on air-gapped mode: npm run test:seed, which also builds the program. It needs Debian
# 12, root, loop mounts and, the first time, a network for apt-get. The tests run in a network namespace that has only
# loopback, so the ports of the page are free.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
project=$(dirname "$(dirname "$here")")
"$project/test/snapd/prepare.sh"
cd "$project"
# shellcheck disable=SC2016 -- the inner shell expands its own arguments
exec unshare --net -- sh -c 'ip link set lo up && exec "$@"' sh \
  npx vitest run --config test/seed/vitest.config.ts "$@"
