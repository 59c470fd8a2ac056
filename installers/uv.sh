# Sourced by run.sh, test.sh and the Makefile: find uv, make the environment, run things in it.
#
# The caller sets `root` to the checkout. Everything lands in there and in uv's cache; the system
# is left alone. Exit code 4 means that the environment could not be made.
# shellcheck shell=sh disable=SC2154

own_uv=${own_uv:-$root/.venv-uv}
# An installed one of these first; where there is none, uv brings the second.
pythons='>=3.11,<3.14'
brought_python=3.13
no_python='No Python from 3.11 to 3.13 is installed, and none could be fetched. Install one of them, then run the same command again.'
# Without HOME all programs ask the system; with an empty one some would write into /.
[ -n "${HOME:-}" ] || unset HOME

say() { printf 'voxmend: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 4
}

# uv -----------------------------------------------------------------------------------------

# 0.9.17 is the oldest uv that knows the span in [tool.uv]; an older one would leave all of that
# table out with a warning.
new_enough() {
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#uv }
  major=${version%%.*}
  minor=${version#*.}
  patch=${minor#*.}
  minor=${minor%%.*}
  patch=${patch%%[!0-9]*}
  case $major.$minor.$patch in .* | *..* | *. | *[!0-9.]*) return 1 ;; esac
  [ "$major" -gt 0 ] || [ "$minor" -gt 9 ] || { [ "$minor" -eq 9 ] && [ "$patch" -ge 17 ]; }
}

# Sets `uv`: the one in a prepared folder or on PATH, else one of our own, else the reason why not.
find_uv() {
  for uv in "${bundled_uv:-}" "$(command -v uv || true)" "$own_uv/bin/uv"; do
    if [ -n "$uv" ] && new_enough "$uv"; then return; fi
  done
  [ -z "${bundled_uv:-}" ] || die "$bundled_uv does not run on this system. Make the folder anew here: voxmend bundle FOLDER"
  # Debian splits ensurepip off; without it a venv has no pip.
  if python3 -c 'import ensurepip, venv' >/dev/null 2>&1; then
    say 'fetching uv (about 25 MB) ...'
    uv_from_python
  elif command -v curl >/dev/null || command -v wget >/dev/null; then
    say 'fetching uv (about 25 MB) from its makers ...'
    uv_from_its_makers
  elif command -v python3 >/dev/null; then
    die 'Python cannot make a virtual environment. On Debian and Ubuntu: sudo apt install python3-venv'
  else
    die 'Python 3 is missing. On Debian and Ubuntu: sudo apt install python3 python3-venv'
  fi
  uv=$own_uv/bin/uv
  new_enough "$uv" || die "uv was installed in $own_uv but does not run on this system."
}

# Made beside and moved into place, so that a stopped run leaves no half of one. uv is a plain
# executable: it does not mind the move. pip goes by its own settings but for PIP_USER, which has
# no meaning inside a venv and stops pip there.
uv_from_python() {
  fresh=$own_uv.$$
  trap 'rm -rf "$fresh"' EXIT
  if ! report=$(python3 -m venv "$fresh" 2>&1); then
    printf '%s\n' "$report" | tail -n 5 >&2
    die "Python could not make a virtual environment in $root. The reason stands above."
  fi
  if ! report=$(PIP_USER=0 "$fresh/bin/python" -m pip --disable-pip-version-check --no-input \
    install --quiet --no-cache-dir --only-binary :all: 'uv>=0.9.17' 2>&1); then
    printf '%s\n' "$report" | tail -n 5 >&2
    explain "$report"
  fi
  rm -rf "$own_uv"
  mv "$fresh" "$own_uv"
  trap - EXIT
}

# Where there is no Python: uv's own installer, told to touch nothing but one folder.
uv_from_its_makers() {
  fresh=$own_uv.$$
  trap 'rm -rf "$fresh"' EXIT
  mkdir -p "$fresh/bin"
  fetch='curl -LsSf'
  command -v curl >/dev/null || fetch='wget -qO-'
  $fetch https://astral.sh/uv/install.sh >"$fresh/install" ||
    die 'uv could not be fetched. Check the network and run the same command again, or install Python 3 first.'
  if ! report=$(UV_UNMANAGED_INSTALL="$fresh/bin" sh "$fresh/install" 2>&1); then
    printf '%s\n' "$report" | tail -n 5 >&2
    explain "$report"
  fi
  rm -rf "$own_uv" "$fresh/install"
  mv "$fresh" "$own_uv"
  trap - EXIT
}

# The environment ----------------------------------------------------------------------------

# One sentence on a failed installation, judged by what the installer printed.
explain() {
  case $1 in
  *'No space left'* | *'os error 28'* | *'Errno 28'* | *'os error 122'*)
    die 'The disk is full. voxmend needs about 7 GB; make room and run the same command again.'
    ;;
  *'ermission denied'* | *'ead-only file system'*)
    die "A folder cannot be written. voxmend writes to $root and to uv's cache; the folder is named above."
    ;;
  *'No interpreter found'* | *'python-build-standalone'* | *'o download found for request'*)
    die "$no_python"
    ;;
  *'rror sending request'* | *'dns error'* | *'imed out'* | *'ailed to fetch'* | \
    *'ailed to download'* | *'ailed to establish a new connection'* | *'onnection reset'* | \
    *'onnection refused'* | *'onnection broken'* | *'etwork is unreachable'* | \
    *'No matching distribution found for uv'*)
    die 'The download failed. Check the network and run the same command again; finished downloads are kept.'
    ;;
  esac
  die 'The installation failed, and not for want of a network. The reason stands above.'
}

# prepare [OPTION...]: bring the environment up to date; says something only when there is work.
# `--inexact` lets run.sh and test.sh share it: neither takes away what the other brought.
prepare() {
  # An activated environment is not ours, and uv would warn about it.
  unset VIRTUAL_ENV
  # Containers often set it. Each process would compile torch anew: 15 s instead of 4.
  unset PYTHONDONTWRITEBYTECODE
  # An installed Python first; uv's own order would be its own Python first.
  export UV_PYTHON_PREFERENCE="${UV_PYTHON_PREFERENCE:-system}"
  find_uv
  set -- sync --project "$root" --inexact --extra worker "$@"
  if "$uv" --quiet --offline "$@" --locked --check </dev/null >/dev/null 2>&1; then return; fi
  if [ ! -e "$root/.venv/bin/voxmend" ]; then
    say 'the first run downloads about 3.4 GB and needs about 6.6 GB on disk ...'
    "$uv" python find --quiet "$pythons" >/dev/null 2>&1 ||
      say 'no Python from 3.11 to 3.13 is installed; uv fetches one into its own folder.'
  fi
  # First with uv's own progress on the terminal. The second try carries on where the first one
  # stopped and trusts the system's certificates, which some networks need; it keeps a log, so
  # that a failure can be told in a sentence.
  if "$uv" "$@" </dev/null >&2; then return; fi
  say 'trying once more ...'
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  { UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 "$uv" "$@" </dev/null 2>&1 || echo 'voxmend: stopped'; } |
    tee "$log" >&2
  report=$(cat "$log")
  case $report in *'voxmend: stopped') explain "$report" ;; esac
  rm -f "$log"
  trap - EXIT
}

# in_env COMMAND [ARGUMENT...]: run it in the environment, in the caller's folder.
in_env() { "$uv" run --project "$root" --no-sync "$@"; }
