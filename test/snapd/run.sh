#!/bin/bash
# Runs the tests with a real snapd: npm run test:snapd, which also builds the program.
# If something is missing, it fails and names it. No test is skipped.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
"$here/prepare.sh"
cd "$here/../.."
exec npx vitest run --config test/snapd/vitest.config.ts "$@"
