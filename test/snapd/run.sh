#!/bin/bash
# The tests with a real snapd: npm run test:snapd, after a build of the program.
# What is missing fails by name; nothing is skipped.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
"$here/prepare.sh"
cd "$here/../.."
exec npx vitest run --config test/snapd/vitest.config.ts "$@"
