#!/bin/sh
# Install voxmend for this user on Linux or macOS; run again, it repairs or upgrades.
#
#   sh installers/install.sh [--yes] [--no-models] [--no-reaper] [--no-autostart]
#                            [--device cpu|cuda|rocm|mps] [--offline DIR]
#   sh installers/install.sh uninstall [--yes] [--keep-data]
#
# No admin rights. Everything lands in one folder (VOXMEND_PROGRAM names another) and in a link in
# ~/.local/bin; docs/install.md says what is where. This script brings uv and a Python and
# leaves the rest to voxmend.installation. Exit codes: 0 done, 2 an option, 4 this machine.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

# The same folder as in worker/voxmend/installation/program.py.
program_folder() {
  [ -n "${HOME:-}" ] || HOME=$(CDPATH='' cd ~ 2>/dev/null && pwd -P) || exit 4
  if [ -n "${VOXMEND_PROGRAM:-}" ]; then
    echo "$VOXMEND_PROGRAM"
  elif [ "$(uname -s)" = Darwin ]; then
    echo "$HOME/Library/Application Support/voxmend-program"
  else
    case ${XDG_DATA_HOME:-} in
    /*) echo "$XDG_DATA_HOME/voxmend" ;;
    *) echo "$HOME/.local/share/voxmend" ;;
    esac
  fi
}

# make_folder FOLDER: with its parents; those that were not there go into the manifest, first.
make_folder() {
  missing=
  folder=$1
  while [ ! -d "$folder" ]; do
    missing="dir	$folder
$missing"
    folder=$(dirname -- "$folder")
  done
  mkdir -p "$1" || exit 4
  [ -z "$missing" ] || printf '%s' "$missing" >>"$1/manifest"
}

# What make_folder made goes again where nothing came of it.
unmake_folder() {
  [ "$(ls -A "$root" 2>/dev/null)" = manifest ] || return 0
  made=$(sed -n 's/^dir	//p' "$root/manifest" | sort -r)
  rm -f "$root/manifest"
  printf '%s\n' "$made" | while IFS= read -r folder; do rmdir "$folder" 2>/dev/null || true; done
}

bundle=
previous=
for word in "$@"; do
  case $previous in --offline) bundle=$word ;; esac
  case $word in
  --offline=*) bundle=${word#--offline=} ;;
  -h | --help) help=yes ;;
  esac
  previous=$word
done
if [ -z "$bundle" ] && [ -f "$here/bundle.json" ]; then
  bundle=$here
  set -- "$@" --offline "$bundle"
fi

# A prepared folder is opened by its own installer, which knows what its packages are called: this
# one may be of another version.
if [ -n "$bundle" ] && [ -f "$bundle/install.sh" ] &&
  [ "$(CDPATH='' cd -- "$bundle" && pwd -P)" != "$here" ]; then
  exec sh "$bundle/install.sh" "$@"
fi

root=$(program_folder)
own_uv=$root/uv
# shellcheck source=installers/uv.sh
. "$here/uv.sh"
die() {
  say "$*"
  unmake_folder
  exit 4
}

if [ -n "$bundle" ]; then
  bundle=$(CDPATH='' cd -- "$bundle" 2>/dev/null && pwd -P) ||
    die 'The folder after --offline is not there. On a machine with a network: voxmend bundle FOLDER'
  for code in "$bundle"/wheels/voxmend-*.whl; do :; done
  bundled_uv=$bundle/uv
  source=$bundle
  export UV_OFFLINE=1 UV_PYTHON_DOWNLOADS=never
  [ ! -d "$bundle/python" ] || export UV_PYTHON_INSTALL_DIR="$bundle/python"
  # Its packages are for one Python.
  pythons=$(sed -n 's/.*"python": *"\([0-9.]*\)".*/\1/p' "$bundle/bundle.json" 2>/dev/null) || pythons=
  [ -n "$pythons" ] || die "$bundle/bundle.json cannot be read. Make the folder anew: voxmend bundle FOLDER"
else
  source=$(CDPATH='' cd -- "$here/.." && pwd -P)
  code=$source/worker:$source/protocol
fi

if [ "${1:-}" = uninstall ] && [ ! -f "$root/manifest" ]; then
  die "There is no installation in $root. A checkout is removed by deleting its folder."
fi
[ -n "${help:-}" ] || make_folder "$root"
export UV_CACHE_DIR="${UV_CACHE_DIR:-$root/cache}"
export UV_PYTHON_INSTALL_DIR="${UV_PYTHON_INSTALL_DIR:-$root/python}"
export UV_PYTHON_PREFERENCE="${UV_PYTHON_PREFERENCE:-system}"
find_uv
find_python() { "$uv" python find --no-project --system "$pythons" 2>/dev/null; }
if ! python=$(find_python); then
  [ -z "$bundle" ] || die "Python $pythons is missing, and the folder has none. Install Python $pythons, then run the same command again."
  say "fetching Python $brought_python (about 30 MB) ..."
  report=$("$uv" python install --no-bin "$brought_python" 2>&1) || {
    printf '%s\n' "$report" | tail -n 5 >&2
    explain "$report"
  }
  python=$(find_python) || die "Python $brought_python was fetched and does not run on this system. Install a Python from 3.11 to 3.13 yourself."
fi

# Nothing is compiled into the sources, and nothing of the user's own Python takes part.
PYTHONPATH=$code PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1 VOXMEND_PROGRAM=$root \
  exec "$python" -m voxmend.installation "$@" --source "$source" --uv "$uv"
