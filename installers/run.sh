#!/bin/sh
# Run voxmend from a checkout; the first run installs all it needs, later ones start at once.
#
#   sh installers/run.sh demo
#   sh installers/run.sh restore FILE
#
# Arguments go to voxmend as they are. Exit code 4: the environment could not be made.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
# shellcheck source=installers/uv.sh
. "$root/installers/uv.sh"

prepare
# Hints name the command as it is typed here.
case $0 in
*[!A-Za-z0-9_./-]*) export VOXMEND_TYPED="sh '$0'" ;;
*) export VOXMEND_TYPED="sh $0" ;;
esac
[ $# -gt 0 ] || set -- --help
exec "$uv" run --project "$root" --no-sync voxmend "$@"
