#!/usr/bin/env bash
# Remove what the Makefile made: the environment, caches, build outputs, and a model server of this checkout.

STAGES=2
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

main() {
  lock
  stage "Model server"
  if [ -x "$VENV/bin/thence" ]; then clean_server; else say "none: Thence is not installed here"; fi
  stage "Environment, caches and build outputs"
  rm -rf .venv build dist ./*.egg-info .coverage
  rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
  find agent tools kg prompts eval tests -name __pycache__ -type d -prune -exec rm -rf {} +
  say "removed"
  echo "Imported domains, fitted artefacts and conversations are left alone: ${THENCE_HOME:-~/.local/share/thence}"
}

clean_server() {
  local owner
  owner=$(owner_of_server)
  case $owner in
    "$VENV"/*) say "$(thence model stop)" ;;
    "") say "none" ;;
    *) say "left alone, with the converted model: another checkout started it ($owner)" && return ;;
  esac
  clean_cache
}

# Says which Python runs the model server; nothing if there is none.
owner_of_server() {
  python - <<'PYTHON'
import psutil

from agent import server
from agent.settings import load_settings

for pid in server.status(load_settings()).pids:
    print(psutil.Process(pid).cmdline()[0])
    break
PYTHON
}

# Only the folders that Thence makes: the cache may have been set to one that holds more.
clean_cache() {
  local cache
  cache=$(python -c 'from agent.settings import load_settings; print(load_settings().cache)')
  rm -rf "$cache/models" "$cache/server" "$cache/vllm"
  say "converted models and server logs: removed"
}

main
