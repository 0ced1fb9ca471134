#!/bin/bash
# install_packages.sh PACKAGE...
# Installs the Debian packages that are missing. Touches nothing, and needs no root, when all are there.
# COMMAND/PACKAGE is needed only where there is no such command: Node.js, for one, often isn't Debian's.
set -euo pipefail

if ! command -v dpkg-query > /dev/null; then
  echo "This is not a Debian system: please install the counterparts of these packages yourself: ${*##*/}" >&2
  exit 0
fi
missing=()
for package in "$@"; do
  command=${package%%/*}
  if [ "$command" != "$package" ] && command -v "$command" > /dev/null; then continue; fi
  package=${package##*/}
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || {
    echo "Packages are missing, and there is no sudo. As root: apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}
echo "Installing: ${missing[*]}"
# The package lists may be absent (a fresh image) or old: fetch them only when the first try fails.
apt_get install --no-install-recommends "${missing[@]}" || {
  apt_get update
  apt_get install --no-install-recommends "${missing[@]}"
}
