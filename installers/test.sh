#!/bin/sh
# Install all the tests need, then run them: lint, types, Lua, pytest last.
#
#   sh installers/test.sh [pytest arguments]
#
# The tests run in one process more than there are cores, four at most, each file in one of them;
# `-n 0` runs them in one. What each test took is kept in .test-times/tests.xml.
#
# Every step runs, whatever became of the one before; the exit code is pytest's, or 1 if another
# step failed. With CI=true and as root it also brings Lua, Chromium, ffmpeg and strace from apt;
# elsewhere nothing on the system is touched. Exit code 4: the environment could not be made.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
# shellcheck source=installers/uv.sh
. "$root/installers/uv.sh"
cd "$root"

summary=
failed=0
times=.test-times/tests.xml
note() { summary="$summary
  $1"; }

# step NAME COMMAND [ARGUMENT...]
step() {
  name=$1
  shift
  printf '== %s\n' "$name"
  if "$@" </dev/null; then
    note "$name: ok"
  else
    note "$name: FAILED"
    failed=1
  fi
}

lua_is_complete() {
  command -v lua5.3 && command -v lua5.4 && command -v luacheck &&
    lua5.3 -e 'require "socket.core"' && lua5.4 -e 'require "socket.core"'
}

# from_apt PACKAGE...: an index that fails to refresh may still do: the installation is what decides.
# shellcheck disable=SC2317 # called through step
from_apt() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || true
  apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# bring WHAT CONSEQUENCE PACKAGE...: from apt where that is ours to do, else say what is skipped.
bring() {
  what=$1
  consequence=$2
  shift 2
  if [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    step "$what from apt" from_apt "$@"
  else
    note "$what: not installed; $consequence (Debian: $*)"
  fi
}

has_lua_files() { [ -n "$(find daw_scripts tests -name '*.lua' 2>/dev/null | head -n 1)" ]; }

prepare --group test

lua_is_complete >/dev/null 2>&1 ||
  bring 'Lua' 'what needs 5.3, 5.4 or LuaSocket is skipped, lupa runs the rest' \
    lua5.3 lua5.4 lua-socket lua-check
# Sound that libsndfile does not read, and the measure of what it does. As Debian has it: 55 MB to
# fetch and 162 MB on disk where none of it is there, ten seconds.
command -v ffmpeg >/dev/null || bring ffmpeg 'tests of what only it reads are skipped' ffmpeg
# It records what sqlite writes, and makes its calls fail.
command -v strace >/dev/null || bring strace 'tests of power cuts and failing disks are skipped' strace
# A browser for the report's page.
command -v chromium >/dev/null || bring Chromium 'tests of the page in a browser are skipped' chromium

# An accessibility checker for the same page.
axe=.venv/share/axe-core
bring_axe() {
  mkdir -p "$axe" &&
    (cd "$axe" && npm pack --silent axe-core@4.14.1 >/dev/null &&
      tar xzf axe-core-*.tgz --strip-components=1 package/axe.min.js)
}

if [ "${CI:-}" = true ] && [ ! -f "$axe/axe.min.js" ]; then
  if ! command -v npm >/dev/null || ! bring_axe; then
    note 'axe-core: not here; the test of accessibility is skipped (npm: axe-core)'
  fi
fi

step 'ruff check' in_env ruff check .
step 'ruff format' in_env ruff format --check .
step mypy in_env mypy
if ! has_lua_files; then
  note 'luacheck: skipped, there are no Lua files yet'
elif ! command -v luacheck >/dev/null; then
  note 'luacheck: skipped, not installed (Debian: lua-check)'
else
  step luacheck luacheck --quiet daw_scripts tests
fi
printf '== summary before the tests%s\n== pytest\n' "$summary"

# One process more than there are cores, since many tests wait for a program to start; more than
# four would want more memory than time, for each loads torch of its own. A later -m or -n among the
# arguments wins over these.
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
in_env python -m pytest -m 'not slow' -n $((cores < 3 ? cores + 1 : 4)) --dist loadfile \
  --junitxml "$times" "$@" || failed=$?
printf '== time by folder\n'
in_env python tests/times.py "$times" || true
exit "$failed"
