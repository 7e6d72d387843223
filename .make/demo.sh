#!/usr/bin/env bash
# From nothing to five recommendations and one answer; everything that is there already is used again.

STAGES=6
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

WISH="something like Alien but funnier, no horror"
QUESTION="who directed films with Harrison Ford?"

main() {
  stage "Python environment"
  bash .make/install.sh
  stage_done "ready"
  stage "Model weights"
  if has_own_server; then run model prepare | indented; else say "none: THENCE_BASE_URL is set"; fi
  stage_done
  stage "Model server"
  run model start | indented
  stage_done
  stage "Domain"
  run domain show films | grep -E '^(items|users|graph) ' | indented
  stage_done
  stage "Five recommendations"
  show recommend --domain films --user u01 --query "$WISH" -k 5 --evidence
  stage_done
  stage "A question"
  show ask "$QUESTION"
  stage_done
  printf '\nDone in %d s.\n' "$SECONDS"
  has_own_server || return 0
  echo "The model server stays up and stops by itself after 30 minutes without a request."
  echo "To stop it now: .venv/bin/thence model stop"
}

has_own_server() {
  [ -z "${THENCE_BASE_URL:-}" ]
}

# run ARGUMENTS...: one command of Thence; its error is on the screen when it fails.
run() {
  local status=0
  thence "$@" || status=$?
  case $status in
    0) ;;
    130) exit 130 ;;
    *) fail "thence $1 $2: failed" "What the model server said: .venv/bin/thence model logs" \
      "The same command goes on from here." ;;
  esac
}

# show ARGUMENTS...: the same, with the command as one would type it.
show() {
  local word
  printf '\n$ thence'
  for word in "$@"; do
    [[ $word != *" "* ]] || word="\"$word\""
    printf ' %s' "$word"
  done
  printf '\n\n'
  run "$@"
  echo
}

indented() {
  sed 's/^/      /; s/ *$//'
}

main
