#!/bin/sh
# What a container begins with: without words, or with "watch", it watches /watch; any other words
# are a command of voxmend. VOXMEND_RESTORE_PRESET names the preset for what lies at its root.
set -eu
if [ "${1:-watch}" != watch ] || [ $# -gt 1 ]; then exec voxmend "$@"; fi
folder=${VOXMEND_CONTAINER_WATCH:-/watch}
# Once: settings that were made later by "watch add" stay.
voxmend watch list | grep -q "^$folder  " || voxmend watch add "$folder" --poll
exec voxmend watch run --stay
