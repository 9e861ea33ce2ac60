#!/bin/sh
# SPDX-License-Identifier: ISC
# Puts the program's companions where Debian looks for them: manual pages, completion, the example
# configuration, the law files and the units of the roles. Called by `make install` after the program.
#   tools/install.sh PROGRAM DESTDIR PREFIX
#   tools/install.sh --remove DESTDIR PREFIX
set -eu
program=$1 dest=$2 prefix=$3
base=$dest$prefix
here=$(dirname "$0")/..

put()
{
	install -d "$(dirname "$2")"
	install -m 644 "$1" "$2"
	echo "installed $2"
}

completion_path()
{
	case $1 in
	bash) echo "$base/share/bash-completion/completions/noroshi" ;;
	zsh) echo "$base/share/zsh/site-functions/_noroshi" ;;
	fish) echo "$base/share/fish/vendor_completions.d/noroshi.fish" ;;
	esac
}

if [ "$program" = --remove ]; then
	rm -f "$base/bin/noroshi" "$base/lib/systemd/system/noroshi-watch.service" \
		"$base/lib/systemd/system/noroshi-courier.service" \
		"$base/lib/systemd/system/noroshi-act.service" \
		"$base/lib/sysusers.d/noroshi.conf" "$base/lib/tmpfiles.d/noroshi.conf" \
		"$base/share/doc/noroshi/noroshi.example.yaml"
	for law in "$here"/data/legal/*.yaml; do
		rm -f "$base/share/noroshi/legal/$(basename "$law")"
	done
	for page in "$here"/man/*.[1-9]; do
		rm -f "$base/share/man/man${page##*.}/$(basename "$page")"
	done
	for shell in bash zsh fish; do
		rm -f "$(completion_path $shell)"
	done
	exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for page in "$here"/man/*.[1-9]; do
	[ -e "$page" ] || continue
	put "$page" "$base/share/man/man${page##*.}/$(basename "$page")"
done
for shell in bash zsh fish; do
	"$program" completion $shell >"$scratch/$shell"
	put "$scratch/$shell" "$(completion_path $shell)"
done
if [ -e "$here/data/noroshi.example.yaml" ]; then
	put "$here/data/noroshi.example.yaml" "$base/share/doc/noroshi/noroshi.example.yaml"
fi
for law in "$here"/data/legal/*.yaml; do
	to=$base/share/noroshi/legal/$(basename "$law")
	# What counsel has signed is not put back to unsigned.
	if [ -e "$to" ] && ! grep -q '^  by: nobody yet$' "$to"; then
		echo "kept      $to: it is signed"
	else
		put "$law" "$to"
	fi
done
for role in watch courier act; do
	sed "s|@BINDIR@|$prefix/bin|g" "$here/contrib/noroshi-$role.service" >"$scratch/unit"
	put "$scratch/unit" "$base/lib/systemd/system/noroshi-$role.service"
done
put "$here/contrib/noroshi.sysusers" "$base/lib/sysusers.d/noroshi.conf"
put "$here/contrib/noroshi.tmpfiles" "$base/lib/tmpfiles.d/noroshi.conf"
