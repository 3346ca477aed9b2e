#!/usr/bin/env bash
# The C code under static analysis and the address and undefined-behaviour sanitizers.
#   scripts/test-native.sh               all of it: static analysis, then its tests (test/engine/shim) on a shim built with them, and damaged plans and frames
#   scripts/test-native.sh FILE...       these test files instead, e.g. any of test/engine
#   scripts/test-native.sh --static      only the compilers' own look at it: gcc -fanalyzer and clang-tidy (.clang-tidy)
#   scripts/test-native.sh --sanitized   all but that
#   scripts/test-native.sh --fuzz-only   no containers (so without root): only the decoders
#   scripts/test-native.sh --libfuzzer [SECONDS]   coverage-guided, each target for SECONDS (60); needs clang (or CC=clang-14)
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d "${TMPDIR:-/tmp}/tcompose-native.XXXXXX")
trap 'rm -rf "$out"' EXIT
chmod 755 "$out"
mkdir -m 1777 "$out/reports"
flags=(-std=gnu11 -O1 -g -Wall -Wextra -Werror -D_GNU_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
native=src/runtime/native
includes=(-I"$native" -I"$native"/{keeper,monitor,foreign,init,options,plan,plan/generated,probe,watch,forward,rootless})
flags+=("${includes[@]}")
sources=("$native"/*.c "$native"/{keeper,monitor,foreign,init,options,plan,plan/generated,probe,watch,forward,rootless}/*.c)
plan_sources=("$native"/test/plan-fuzz.c "$native"/plan/*.c "$native"/plan/generated/*.c)
# all but the programs: the target has a harmless shims.c of its own
protocol_sources=("$native"/test/protocol-fuzz.c)
for source in "${sources[@]}"; do
  case ${source##*/} in main.c | shims.c) ;; *) protocol_sources+=("$source") ;; esac
done

static_analysis() {
  local gcc=${CC:-cc} source
  if echo 'int main;' | "$gcc" -fanalyzer -x c -c -o /dev/null - 2>/dev/null; then
    for source in "${sources[@]}"; do
      "$gcc" -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -fanalyzer "${includes[@]}" -c -o /dev/null "$source"
    done
    echo '-fanalyzer: nothing found'
  else
    echo "skipped: $gcc has no -fanalyzer (gcc 10 and later do)"
  fi
  if command -v clang-tidy >/dev/null; then
    clang-tidy --quiet "${sources[@]}" -- -std=gnu11 -D_GNU_SOURCE "${includes[@]}" 2>"$out/tidy" || { cat "$out/tidy" && return 1; }
    echo 'clang-tidy: nothing found'
  else
    echo 'skipped: clang-tidy is not installed (Debian: clang-tidy)'
  fi
}

if [ "${1:-}" = --static ]; then
  static_analysis
  exit
fi

if [ "${1:-}" = --libfuzzer ]; then
  cc=${CC:-clang}
  "$cc" "${flags[@]}" -fsanitize=fuzzer -o "$out/plan" "${plan_sources[@]}"
  "$cc" "${flags[@]}" -fsanitize=fuzzer -o "$out/protocol" "${protocol_sources[@]}"
  for target in plan protocol; do
    mkdir "$out/corpus-$target"
    node scripts/fuzz-seeds.mjs "$target" "$out/corpus-$target"
    cp fixtures/fuzz/"$target"/* "$out/corpus-$target"
    "$out/$target" -max_total_time="${2:-60}" -max_len=20000 -print_final_stats=1 -artifact_prefix="${TMPDIR:-/tmp}/tcompose-fuzz-$target-" "$out/corpus-$target"
  done
  exit
fi

if [ "${1:-}" = --sanitized ]; then shift; elif [ $# = 0 ]; then static_analysis; fi

cc=${CC:-cc}
"$cc" "${flags[@]}" -Wl,--wrap=_exit -o "$out/tcompose-shim" "${sources[@]}" "$native"/test/leak-check.c
"$cc" "${flags[@]}" -o "$out/plan-fuzz" "$native"/test/replay.c "${plan_sources[@]}"
"$cc" "${flags[@]}" -o "$out/protocol-fuzz" "$native"/test/replay.c "${protocol_sources[@]}"

export TCOMPOSE_TEST_SHIM="$out/tcompose-shim" TCOMPOSE_TEST_FUZZ="$out"
decoders=(test/engine/shim/plan-print.test.ts test/engine/shim/frame-fuzz.test.ts)
tests=(test/engine/shim)
if [ "${1:-}" = --fuzz-only ]; then
  tests=("${decoders[@]}")
elif [ "$(id -u)" != 0 ]; then
  echo 'container tests need root and are left out: only the decoders are tested'
  tests=("${decoders[@]}")
elif [ $# -gt 0 ]; then
  tests=("$@")
fi
# reports go to files: a shim's stderr is /dev/null
ASAN_OPTIONS="log_path=$out/reports/asan:allocator_may_return_null=1" UBSAN_OPTIONS="log_path=$out/reports/ubsan:print_stacktrace=1" \
  # What grows under the sanitizers is the sanitizers' own: the engine tier asks that of the plain shim.
  npx vitest run --project engine --exclude test/engine/shim/growth.test.ts "${tests[@]}"
sleep 1 # the last shims are looking for leaks
if [ -n "$(ls -A "$out/reports")" ]; then
  cat "$out"/reports/*
  exit 1
fi
echo 'no sanitizer report'
