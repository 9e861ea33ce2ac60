#!/bin/sh
# SPDX-License-Identifier: ISC
# Installs the Debian packages of the given sections of packages.txt that are missing.
#   tools/packages.sh SECTION...          say what is missing and install it
#   tools/packages.sh --list SECTION...   only print the missing names; exit 1 if there are any
# Nothing is asked of the network when nothing is missing. sudo is used only by who is not root.
set -eu
list=$(dirname "$0")/../packages.txt
only_list=no
if [ "${1:-}" = --list ]; then
	only_list=yes
	shift
fi
if [ $# -eq 0 ]; then
	echo "usage: tools/packages.sh [--list] SECTION..." >&2
	exit 2
fi

wanted=
for section in "$@"; do
	if ! grep -q "^\[$section\]\$" "$list"; then
		echo "packages.sh: packages.txt has no section [$section]" >&2
		exit 2
	fi
	wanted="$wanted $(awk -v want="[$section]" '
		/^\[/ { in_it = ($0 == want); next }
		in_it && NF && $1 !~ /^#/ { print $1 }' "$list")"
done

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
	echo "packages.sh: this is not Debian; noroshi needs what these packages hold:" $wanted >&2
	exit 0
fi

missing=
for package in $wanted; do
	status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
missing=${missing# }
if [ "$only_list" = yes ]; then
	[ -z "$missing" ] && exit 0
	echo "$missing"
	exit 1
fi
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "packages.sh: missing and not installable without root or sudo: $missing" >&2
		echo "packages.sh: as root, run: apt-get install --no-install-recommends $missing" >&2
		exit 1
	fi
	as_root=sudo
fi

# A mail server is wanted for tests only: the system shall not begin to run one.
no_mail_server()
{
	case " $missing " in
	*" postfix "*)
		echo "postfix postfix/main_mailer_type select No configuration" |
			$as_root debconf-set-selections ;;
	esac
}

install()
{
	no_mail_server
	# shellcheck disable=SC2086 # the names are meant to be split
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends \
		$missing </dev/null
}

# The lists are fetched only when they are missing, or so old that a package is no longer there.
known()
{
	# shellcheck disable=SC2086
	apt-cache show $missing >/dev/null 2>&1
}

echo "packages.sh: installing: $missing"
if ! known || ! install; then
	$as_root apt-get -q update </dev/null
	install
fi
