# What the scripts of the Makefile share: where things are, and how they tell what they do.
# shellcheck shell=bash disable=SC2034

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=$PWD/.venv
LOG=$VENV/install.log
PYTHON_BIN=$VENV/bin/python
export PATH="$VENV/bin:$PATH"
# Packages are installed uncompiled (install.sh): with this set, every start would compile them again.
unset PYTHONDONTWRITEBYTECODE

STAGES=${STAGES:-1}
stage_number=0

# stage TEXT: begin the next stage.
stage() {
  stage_number=$((stage_number + 1))
  printf '[%d/%d] %s\n' "$stage_number" "$STAGES" "$1"
  stage_began=$SECONDS
}

# stage_done [TEXT]: say that the stage is over, and how long it took.
stage_done() {
  say "${1:-done}, $((SECONDS - stage_began)) s"
}

say() {
  printf '      %s\n' "$*"
}

# fail TEXT...: print an error, one line an argument, and end.
fail() {
  printf '\nerror: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
  exit 1
}

# One installation at a time; the right to it ends with this process and its children.
lock() {
  command -v flock >/dev/null || return 0
  exec 9<Makefile
  flock -n 9 && return 0
  say "another make is installing here: waiting for it"
  flock 9
}

# Ctrl-C reaches the command in the foreground as well; what it leaves is taken up again by the next run. The message
# goes to the screen also where standard error is redirected.
exec 3>&2
trap 'printf "\nstopped by Ctrl-C; the same command goes on from here\n" >&3; exit 130' INT
