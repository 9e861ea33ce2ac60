#!/bin/sh
# SPDX-License-Identifier: ISC
# What `make run` shows: one drill scenario as routers would export it, read by the real path, and
# what to do next. Every command is printed before it runs, so that it can be run again by hand.
#   tools/show.sh PROGRAM SCENARIO SEED OUT
set -eu
program=$1 scenario=$2 seed=$3 out=$4
format=${FORMAT:-ipfix}
file=$out/$scenario.$format.pcap
store=$out/$scenario.$format.db

run()
{
	echo "\$ $*"
	"$@"
}

mkdir -p "$out"
# A store of an earlier run would be updated, not written anew; this directory is only ours.
rm -rf "$store"

echo "1. Traffic with its truth: scenario $scenario, as $format exports"
run "$program" drill write "$scenario" "$file" --format "$format" --seed "$seed" --yaml
echo
echo "2. The same file read as if a router had sent it"
run "$program" read --conf "$file.yaml" --db "$store" --drill "$file"
echo
echo "3. Held against the truth"
"$program" read --conf "$file.yaml" --json "$file" 2>/dev/null >"$file.incidents.json"
run "$program" drill score "$file.incidents.json" "$file.truth.json"
first=$("$program" incident list --json --db "$store" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' | head -n 1)
cat <<END

What to do next:
  the same list, from the store
      $program incident list --db $store
  all that is known of one incident
      $program incident show ${first:-ID} --db $store
  your own capture or flow export (pcap, pcapng, ERF, raw exports; compressed or not)
      $program read FILE --own 192.0.2.0/24
  live, with your routers in the configuration (README.md: how to point a router here)
      $program watch --conf data/noroshi.example.yaml --listen 0.0.0.0:2055
  the other drill scenarios, all verbs, and everything that is tested
      $program drill list
      $program help
      make test
END
