#!/usr/bin/env bash
# Builds the shim with the address and undefined-behaviour sanitizers and runs its tests and the decoder fuzz on it.
# Usage: scripts/test-native.sh [--fuzz-only]   (container tests need root; without it only the decoder is tested)
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d "${TMPDIR:-/tmp}/tcompose-native.XXXXXX")
trap 'rm -rf "$out"' EXIT
chmod 755 "$out"
mkdir -m 1777 "$out/reports"
flags=(-std=gnu11 -O1 -g -Wall -Wextra -Werror -D_GNU_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
cc=${CC:-cc}
native=src/runtime/native
"$cc" "${flags[@]}" -o "$out/tcompose-shim" "$native"/*.c
"$cc" "${flags[@]}" -o "$out/plan-fuzz" "$native"/test/plan-fuzz.c "$native"/{bytes,plan-fields,plan-decode,plan-print}.c

export TCOMPOSE_TEST_SHIM="$out/tcompose-shim" TCOMPOSE_TEST_FUZZ="$out/plan-fuzz"
tests=(test/engine/shim)
if [ "${1:-}" = --fuzz-only ] || [ "$(id -u)" != 0 ]; then
  echo 'container tests are left out: only the decoder is tested'
  tests=(test/engine/shim/plan-print.test.ts)
fi
# reports go to files: a shim's stderr is /dev/null, and it ends by _exit, so leaks are looked for in plan-fuzz only
ASAN_OPTIONS="log_path=$out/reports/asan:allocator_may_return_null=1" UBSAN_OPTIONS="log_path=$out/reports/ubsan:print_stacktrace=1" \
  npx vitest run --project engine "${tests[@]}"
if [ -n "$(ls -A "$out/reports")" ]; then
  cat "$out"/reports/*
  exit 1
fi
echo 'no sanitizer report'
