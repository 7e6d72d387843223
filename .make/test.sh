#!/usr/bin/env bash
# Run the checks, quick ones first, all of them even if one fails. `test.sh check` leaves out what takes minutes.

what=${1:-test}
STAGES=5
[ "$what" = check ] || STAGES=6
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

UNITS=(tests/agent tests/kg tests/tools tests/prompts) # the others try whole commands, servers and attacks

failed=()

main() {
  stage "Python environment"
  bash .make/install.sh
  need virtuoso-t virtuoso-opensource-7-bin # the tests of remote graphs
  need chromium-headless-shell chromium-headless-shell # the tests of pages
  stage_done "ready"
  run "Lint and format" lint
  run "Types" python -m mypy
  run "Layers" lint-imports
  if [ "$what" = check ]; then
    run "Unit tests" side_by_side "not llm and not slow" "${UNITS[@]}"
  else
    run "Tests without a model" side_by_side "not llm"
    run "Tests with a model" tests llm
  fi
  if [ ${#failed[@]} -gt 0 ]; then
    fail "$what: not passed after $SECONDS s:$(printf ' [%s]' "${failed[@]}")"
  fi
  printf '\n%s: everything passed in %d s\n' "$what" "$SECONDS"
}

# need PROGRAM PACKAGE: tests start real programs; where one is missing and cannot be installed, its tests are skipped and
# say so.
need() {
  if command -v "$1" >/dev/null; then return; fi
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] && { apt-get update &&
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$2"; } >>"$LOG" 2>&1 </dev/null; then
    say "system package $2: installed"
  else
    say "without $1 its tests are skipped; Debian, Ubuntu: sudo apt-get install $2"
  fi
}

run() {
  stage "$1"
  if "${@:2}"; then stage_done; else failed+=("$1") && stage_done "not passed"; fi
}

# side_by_side EXPRESSION [FOLDER...]: the tests with these markers on two cores, a file at a time; libraries that would
# take both for every call take one.
side_by_side() {
  OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 tests "$@" -n 2 --dist loadfile
}

# tests EXPRESSION [OPTION...]: the tests with these markers. A shell in the background ignores Ctrl-C, and so would what the tests
# start and interrupt.
tests() {
  local reset=()
  ! env --default-signal=INT true 2>/dev/null || reset=(env --default-signal=INT)
  "${reset[@]}" python -m pytest -m "$@"
}

lint() {
  local status=0
  python -m ruff check || status=1
  python -m ruff format --check || status=1
  return $status
}

main
