#!/bin/sh
# Runs every generator; what is given to this script is given to each.
set -e
node scripts/gen-actions.mjs "$@"
node scripts/gen-tables.mjs "$@"
node scripts/gen-simulation.mjs "$@"
node scripts/gen-action-list.mjs "$@"
node scripts/gen-performance.mjs "$@"
node scripts/gen-scale.mjs "$@"
node scripts/gen-exports.mjs "$@"
node scripts/gen-metrics.mjs "$@"
node scripts/gen-comparison.mjs "$@"
node scripts/gen-reliability.mjs "$@"
