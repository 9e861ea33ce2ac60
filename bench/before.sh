#!/bin/sh
# SPDX-License-Identifier: ISC
# Builds noroshi as it was at a commit, to be measured beside what it is now.
#
#	bench/before.sh COMMIT DIR	leaves DIR/noroshi; nothing is done where that is there
set -eu
commit=$1 dir=$2
[ -x "$dir/noroshi" ] && exit 0
mkdir -p "$dir"
git -C "$(dirname "$0")/.." archive "$commit" >"$dir/source.tar"
mkdir -p "$dir/source"
tar -xf "$dir/source.tar" -C "$dir/source"
rm -f "$dir/source.tar"
meson setup "$dir/build" "$dir/source" --buildtype=release -Db_lto=true -Dtests=false
ninja -C "$dir/build" src/cli/noroshi
ln -f "$dir/build/src/cli/noroshi" "$dir/noroshi"
