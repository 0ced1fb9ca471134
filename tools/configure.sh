#!/bin/bash
# configure.sh DIR [OPTION]...
# Sets the Meson build directory DIR up with the options, or adds those that it was not given before. Does
# nothing when all are there, so that an up-to-date directory costs no reconfiguration.
set -euo pipefail
dir=$1
shift
given=$dir/given-options.txt

if [ ! -f "$dir/build.ninja" ]; then
  meson setup "$dir" "$@"
  printf '%s\n' "$@" > "$given"
  exit 0
fi
new=()
for option in "$@"; do
  grep -qxF -e "$option" "$given" || new+=("$option")
done
if [ ${#new[@]} -gt 0 ]; then
  meson configure "$dir" "${new[@]}"
  printf '%s\n' "${new[@]}" >> "$given"
fi
