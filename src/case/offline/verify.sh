#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks the record of a case, its signature and the files it names, with OpenSSL 3 and nothing else.
# VERIFY.txt says how to use it and what its answers mean. Only reads; needs nothing of exhibit.

set -u
LC_ALL=C
export LC_ALL
umask 077

usage() {
	cat >&2 <<'END'
usage: sh verify.sh [OPTION...] [DIR]

DIR is an export or a case directory; without it, the directory of this script.
  --key FILE            public key of the case, kept elsewhere
  --fingerprint HEX     its fingerprint, from paper or a mail
  --head FILE           signed head of the case, kept elsewhere
  --countersigner FILE  public key of whoever countersigned a head
  --tsa FILE            certificates of the authority that made time stamps
END
	exit 2
}

openssl=${OPENSSL:-openssl}
key='' fingerprint='' anchor='' countersigner='' tsa='' dir=''
while [ $# -gt 0 ]; do
	case $1 in
	--key | --fingerprint | --head | --countersigner | --tsa)
		[ $# -ge 2 ] || usage
		case $1 in
		--key) key=$2 ;;
		--fingerprint) fingerprint=$2 ;;
		--head) anchor=$2 ;;
		--countersigner) countersigner=$2 ;;
		--tsa) tsa=$2 ;;
		esac
		shift
		;;
	-*) usage ;;
	*)
		[ -z "$dir" ] || usage
		dir=$1
		;;
	esac
	shift
done
if [ -z "$dir" ]; then
	case $0 in
	*/*) dir=${0%/*} ;;
	*) dir=. ;;
	esac
fi

# ---- what is needed ----

version=$("$openssl" version 2>/dev/null) || version='no openssl at all'
case $version in
'OpenSSL '[3-9].* | 'OpenSSL '[1-9][0-9].*) ;;
*)
	echo "verify.sh: OpenSSL 3 or later is needed, and '$openssl' is: $version" >&2
	echo "verify.sh: nothing was checked; name another one: OPENSSL=/path/to/openssl sh verify.sh" >&2
	exit 3
	;;
esac
for file in "$key" "$anchor" "$countersigner" "$tsa"; do
	if [ -n "$file" ] && [ ! -f "$file" ]; then
		echo "verify.sh: $file: is not there; nothing was checked" >&2
		exit 2
	fi
done
work=${TMPDIR:-/tmp}/exhibit-verify.$$
if ! mkdir "$work" 2>/dev/null; then
	echo "verify.sh: $work: cannot be made; nothing was checked" >&2
	exit 3
fi
trap 'rm -rf "$work"' EXIT
trap 'exit 3' HUP INT TERM

# ---- findings ----

worst=0 # 0 intact, 1 unsealed, 2 unreadable, 3 truncated, 4 altered
finding() {
	[ "$2" -le "$worst" ] || worst=$2
	printf '%s: %s\n' "$1" "$3"
}
altered() { finding altered 4 "$1"; }
truncated() { finding truncated 3 "$1"; }
unreadable() { finding unreadable 2 "$1"; }
unsealed() { finding unsealed 1 "$1"; }
note() { printf 'note: %s\n' "$1"; }
holds() { printf 'holds: %s\n' "$1"; }

conclude() {
	case $worst in
	0) echo "verdict: intact" && exit 0 ;;
	1) echo "verdict: unsealed" && exit 3 ;;
	2) echo "verdict: unreadable" && exit 3 ;;
	3) echo "verdict: truncated" && exit 1 ;;
	*) echo "verdict: altered" && exit 1 ;;
	esac
}

# ---- small tools ----

sha256() { "$openssl" dgst -sha256 -r | cut -c 1-64; }
size_of() { wc -c <"$1" | tr -d ' '; }

# A file of the case that can be read as one: no link, nothing in the place of its folder.
is_plain() {
	case $1 in
	*/*) [ ! -h "$dir/${1%/*}" ] || return 1 ;;
	esac
	[ ! -h "$dir/$1" ] && [ -f "$dir/$1" ] && [ -r "$dir/$1" ]
}

# fingerprint_of PEM
fingerprint_of() {
	"$openssl" pkey -pubin -in "$1" -outform DER 2>/dev/null >"$work/der" || return 1
	sha256 <"$work/der"
}

# first_bytes FILE COUNT
first_bytes() {
	dd if="$1" bs=65536 count=$(($2 / 65536)) 2>/dev/null
	dd if="$1" bs=1 skip=$(($2 / 65536 * 65536)) count=$(($2 % 65536)) 2>/dev/null
}

# holds_signature TEXT SIGNATURE PEM: Ed25519 over the bytes of a file
holds_signature() {
	"$openssl" pkeyutl -verify -pubin -inkey "$3" -rawin -in "$1" -sigfile "$2" >/dev/null 2>&1
}

# key_id NAME PEM: what a signed note calls the key
key_id() {
	"$openssl" pkey -pubin -in "$2" -outform DER 2>/dev/null | tail -c 32 >"$work/raw"
	{
		printf '%s\n\001' "$1"
		cat "$work/raw"
	} | sha256 | cut -c 1-8
}

# is_signed_note NOTE NAME PEM: is there a signature of this key under this name, and does it hold?
# Leaves the text in $work/text.
is_signed_note() {
	awk -v text="$work/text" -v lines="$work/lines" '
		{line[NR] = $0}
		/^$/ {last = NR}
		END {
			printf "" > text
			printf "" > lines
			if (!last || last == NR) exit 1
			for (i = 1; i < last; i++) print line[i] > text
			for (i = last + 1; i <= NR; i++) print line[i] > lines
		}' "$1" || return 1
	wanted=$(key_id "$2" "$3")
	found=1
	while read -r dash name value more; do
		if [ "$dash" != "$(printf '\342\200\224')" ] || [ "$name" != "$2" ] || [ -n "$more" ]; then
			continue
		fi
		printf '%s' "$value" | "$openssl" base64 -d -A >"$work/decoded" 2>/dev/null
		[ "$(size_of "$work/decoded")" = 68 ] || continue
		[ "$(od -A n -t x1 -N 4 "$work/decoded" | tr -d ' \n')" = "$wanted" ] || continue
		tail -c 64 "$work/decoded" >"$work/signature"
		holds_signature "$work/text" "$work/signature" "$3" || return 1
		found=0
	done <"$work/lines"
	return $found
}

# ---- the head ----

# read_head FILE: sets head_version, head_case, head_key, head_entries, head_bytes, head_time and head_sha256 (or
# head_last, in the first version); false where the file is no head.
read_head() {
	head_version='' head_case='' head_key='' head_entries='' head_bytes='' head_sha256='' head_last='' head_time=''
	case $(first_bytes "$1" 1 | tr -d '\000') in
	'{') read_head_1 "$1" ;;
	*) read_head_2 "$1" ;;
	esac
}

read_head_1() {
	awk '
		NR == 1 && /^\{"bytes":[1-9][0-9]*,"case":"[0-9a-f-]*","entries":[1-9][0-9]*,"key":"[0-9a-f]*","last":"[0-9a-f]*","signature":"[A-Za-z0-9+\/=]*","time":"[0-9TZ:.-]*","v":1\}$/ {
			gsub(/["{}]/, "")
			n = split($0, part, ",")
			for (i = 1; i <= n; i++) {
				colon = index(part[i], ":")
				print substr(part[i], 1, colon - 1) " " substr(part[i], colon + 1)
			}
			good = 1
		}
		END {exit !(good && NR == 1)}' "$1" >"$work/members" || return 1
	while read -r name value; do
		case $name in
		bytes) head_bytes=$value ;;
		case) head_case=$value ;;
		entries) head_entries=$value ;;
		key) head_key=$value ;;
		last) head_last=$value ;;
		time) head_time=$value ;;
		signature) head_signature=$value ;;
		esac
	done <"$work/members"
	head_version=1
}

read_head_2() {
	awk '
		NR == 1 && /^exhibit\/[0-9a-f-]+$/ && length($0) == 44 {print "case " substr($0, 9); good++}
		NR == 2 && /^[1-9][0-9]*$/ {print "entries " $0; good++}
		NR == 3 && /^[A-Za-z0-9+\/]+=$/ && length($0) == 44 {good++}
		NR == 4 && /^ledger [1-9][0-9]* [0-9a-f]+$/ && length($3) == 64 {print "bytes " $2; print "sha256 " $3; good++}
		NR == 5 && /^key [0-9a-f]+$/ && length($2) == 64 {print "key " $2; good++}
		NR == 6 && /^time [0-9TZ:.-]+$/ {print "time " $2; good++}
		NR == 7 && /^$/ {good++}
		NR > 7 && !/^\342\200\224 [^ ]+ [A-Za-z0-9+\/=]+$/ {bad = 1}
		END {exit !(good == 7 && !bad && NR > 7)}' "$1" >"$work/members" || return 1
	while read -r name value; do
		case $name in
		case) head_case=$value ;;
		entries) head_entries=$value ;;
		bytes) head_bytes=$value ;;
		sha256) head_sha256=$value ;;
		key) head_key=$value ;;
		time) head_time=$value ;;
		esac
	done <"$work/members"
	head_version=2
}

# is_signed_head FILE PEM, after read_head FILE
is_signed_head() {
	if [ "$head_version" = 2 ]; then
		is_signed_note "$1" "exhibit/$head_case" "$2"
		return
	fi
	printf 'exhibit-ledger-head-v1\ncase %s\nkey %s\nentries %s\nbytes %s\nlast %s\ntime %s\n' "$head_case" "$head_key" \
		"$head_entries" "$head_bytes" "$head_last" "$head_time" >"$work/text"
	printf '%s' "$head_signature" | "$openssl" base64 -d -A >"$work/signature" 2>/dev/null
	holds_signature "$work/text" "$work/signature" "$2"
}

# ---- the ledger ----

# walk FILE VERSION CASE FINGERPRINT: follows the links from entry to entry. Prints "END entries bytes digest" and, before
# that, the first thing that does not follow.
walk() {
	seed=$(printf 'exhibit-ledger-v%s\n%s\n%s\n' "$2" "$3" "$4" | sha256)
	mkdir -p "$work/walk"
	awk -v openssl="$openssl" -v work="$work/walk" -v seed="$seed" '
		function member(text, name, pattern,   at) {
			at = match(text, "[{,]\"" name "\":" pattern)
			return at ? substr(text, RSTART + length(name) + 4, RLENGTH - length(name) - 4) : ""
		}
		function say(text) {
			if (!broken) print text
			broken = 1
		}
		function take(text, digest,   prev, seq) {
			prev = member(text, "prev", "\"[0-9a-f]+\"")
			seq = member(text, "seq", "[0-9]+")
			if (text !~ /^\{.*\}$/ || prev == "" || seq == "" || text !~ /"event":"/ || text !~ /"time":"/) {
				if (!torn) torn_at = entries
				torn = 1
				offset += length(text) + 1
				return
			}
			if (torn && text !~ /"torn":\{/) say("entry " torn_at " is not readable as an entry")
			torn = 0
			if (closed != "" && text !~ /"event":"found-unsealed"/) say("entry " entries " was added behind the closing entry, " closed)
			if (digest == last) say("entry " entries " is a copy of the entry before it")
			else if (seq + 0 < entries) say("entry " entries " says it is entry " seq ": a copy, or out of its order")
			else if (seq + 0 > entries) say("entry " entries " says it is entry " seq ": the entries before it are not there")
			else if (prev != "\"" last "\"" && !entries) say("entry 0 is not the first entry of this case with this key")
			else if (prev != "\"" last "\"") say("entry " entries " names another digest than that of the entry before it: one of the two was changed")
			if (text ~ /"event":"close"/) closed = seq
			last = digest
			entries = seq + 1
			offset += length(text) + 1
			end = offset
		}
		function flush(   command, i, answer) {
			if (!n) return
			command = openssl " dgst -sha256 -r"
			for (i = 1; i <= n; i++) command = command " " work "/" i
			for (i = 1; i <= n; i++) {
				if ((command | getline answer) <= 0) answer = ""
				take(line[i], substr(answer, 1, 64))
			}
			close(command)
			n = 0
		}
		BEGIN {last = seed; entries = 0; offset = 0; end = 0}
		{
			line[++n] = $0
			print $0 > (work "/" n)
			close(work "/" n)
			if (n == 200) flush()
		}
		END {
			flush()
			print "END " entries " " end " " last
		}' "$1"
}

# name_files: "path sha256 kind" of every file that the ledger names, the newest record of each path. Strings in JSON have
# no bare quote, so that what looks like a member is one.
name_files() {
	awk '
		{
			rest = $0
			kind = $0 ~ /"event":"report"/ ? "report" : "file"
			while (match(rest, /\{"bytes":[0-9]+,"path":"[A-Za-z0-9._\/-]+",("rows":\{[^{}]*\},)?"sha256":"[0-9a-f]+"\}/)) {
				one = substr(rest, RSTART, RLENGTH)
				rest = substr(rest, RSTART + RLENGTH)
				path = one
				sub(/^.*"path":"/, "", path)
				sub(/".*$/, "", path)
				digest = one
				sub(/^.*"sha256":"/, "", digest)
				sub(/".*$/, "", digest)
				if (path == "case.json" || path ~ /^\// || path ~ /\.\./ || $0 ~ /"outside":/) continue
				if (!(path in named)) order[++n] = path
				named[path] = digest " " kind
			}
		}
		END {for (i = 1; i <= n; i++) print order[i] " " named[order[i]]}' "$1"
}

check_files() {
	name_files "$dir/ledger.jsonl" >"$work/files"
	count=0
	while read -r path digest kind; do
		if [ ! -e "$dir/$path" ] && [ ! -h "$dir/$path" ]; then
			if [ "$kind" = report ]; then
				note "$path: the report that the record names is not there"
			else
				altered "$path: is not there, though the record names it"
			fi
		elif ! is_plain "$path"; then
			altered "$path: is not a file of this case any more, but leads elsewhere, or cannot be read"
		else
			found=$(sha256 <"$dir/$path")
			if [ "$found" = "$digest" ]; then
				count=$((count + 1))
			else
				altered "$path: was changed: the record names SHA-256 $digest, found $found"
			fi
		fi
	done <"$work/files"
	holds "files as the record names them: $count"
}

# The first entry binds case, key and case.json.
check_first() {
	sed -n 1p "$dir/ledger.jsonl" >"$work/first"
	if ! grep -q '"event":"genesis"' "$work/first"; then
		altered "entry 0 is not the first entry of a ledger"
		return
	fi
	if ! grep -q "[{,]\"case\":\"$case_id\"" "$work/first"; then
		other=$(sed -n 's/.*[{,]"case":"\([0-9a-f-]*\)".*/\1/p' "$work/first")
		altered "the ledger is that of case $other, not of $case_id"
	elif ! grep -q "[{,]\"key\":\"$case_key\"" "$work/first"; then
		altered "the ledger began with another key than case.json and public.pem have"
	fi
}

# What the ledger has behind the part that the head covers.
check_tail() {
	[ "$ledger_size" -gt "$head_bytes" ] || return 0
	tail -c $((ledger_size - head_bytes)) "$dir/ledger.jsonl" >"$work/tail"
	walk "$dir/ledger.jsonl" "$head_version" "$case_id" "$case_key" >"$work/walked"
	read -r first_word entries end _ <"$work/walked"
	if [ "$first_word" != END ]; then
		altered "$(sed -n 1p "$work/walked")"
		return
	fi
	if [ "$entries" -gt "$head_entries" ]; then
		unsealed "entries $head_entries to $((entries - 1)) are not covered by the head: a command was cut off, its key was missing, they were added by somebody else, or an older head was put back"
	fi
	if [ "$end" -lt "$ledger_size" ]; then
		unsealed "$((ledger_size - end)) bytes behind the last entry are no entry"
	fi
}

# The head does not fit: where is the break?
find_break() {
	walk "$dir/ledger.jsonl" "$head_version" "$case_id" "$case_key" >"$work/walked"
	read -r first_word entries _ <"$work/walked"
	whole=yes
	[ "$(tail -c 1 "$dir/ledger.jsonl" | od -A n -t x1 | tr -d ' \n')" = 0a ] || whole=no
	if [ "$first_word" != END ]; then
		altered "$(sed -n 1p "$work/walked")"
	elif [ "$whole" = no ] && [ "$entries" -ge "$head_entries" ]; then
		entries=$((head_entries - 1))
		truncated "the head states $head_entries entries in $head_bytes bytes; the ledger ends after $entries entries, at $ledger_size bytes"
	elif [ "$entries" -lt "$head_entries" ] && [ "$ledger_size" -lt "$head_bytes" ]; then
		truncated "the head states $head_entries entries in $head_bytes bytes; the ledger ends after $entries entries, at $ledger_size bytes"
	elif [ "$entries" -lt "$head_entries" ]; then
		altered "the head states $head_entries entries; entry $entries and what follows it is not readable"
	else
		altered "the head names other entries than the ledger has: entry $((head_entries - 1)), the last one it covers, was changed, or one before it together with all links behind it"
	fi
}

# fits_ledger: does the ledger begin as the head that was read last says?
fits_ledger() {
	[ "$ledger_size" -ge "$head_bytes" ] || return 1
	first_bytes "$dir/ledger.jsonl" "$head_bytes" >"$work/covered"
	if [ "$head_version" = 2 ]; then
		[ "$(sha256 <"$work/covered")" = "$head_sha256" ]
		return
	fi
	walk "$work/covered" 1 "$case_id" "$case_key" >"$work/walked"
	[ "$(cat "$work/walked")" = "END $head_entries $head_bytes $head_last" ]
}

ledger_version() {
	case $(sed -n 1p "$dir/ledger.jsonl" | tr -d '\000') in
	*'"event":"genesis"'*'"v":1}') echo 1 ;;
	*'"event":"genesis"'*'"v":2}') echo 2 ;;
	*) echo 0 ;;
	esac
}

check_head() {
	if [ ! -e "$dir/ledger.head" ]; then
		unsealed "ledger.head: is not there; nothing seals the entries"
		walk "$dir/ledger.jsonl" 2 "$case_id" "$case_key" >"$work/walked"
		grep -q '^END' "$work/walked" || altered "$(sed -n 1p "$work/walked")"
		return
	fi
	if ! is_plain ledger.head; then
		unreadable "ledger.head: cannot be read"
		return
	fi
	if [ ! -s "$dir/ledger.head" ]; then
		altered "ledger.head: is empty"
	elif ! read_head "$dir/ledger.head"; then
		altered "ledger.head: is no head of a ledger"
	elif [ "$head_case" != "$case_id" ]; then
		altered "ledger.head: is the head of another case, $head_case"
	elif [ "$head_key" != "$case_key" ]; then
		altered "ledger.head: is signed with another key, $head_key"
	elif ! is_signed_head "$dir/ledger.head" "$dir/public.pem"; then
		altered "ledger.head: its signature does not hold"
	elif [ "$head_version" = 2 ] && [ "$(wc -l <"$work/lines" | tr -d ' ')" != 1 ]; then
		altered "ledger.head: has more signatures than the one it was written with"
	else
		holds "the head is signed with key $case_key, at $head_time"
		check_covered
	fi
}

check_covered() {
	if [ -s "$dir/ledger.jsonl" ] && [ "$(ledger_version)" != 0 ] && [ "$(ledger_version)" != "$head_version" ]; then
		altered "ledger.head: is the head of a ledger of version $head_version; this one has version $(ledger_version)"
	elif fits_ledger; then
		holds "the ledger is as the head names it: $head_entries entries, $head_bytes bytes"
		check_closed
		check_tail
	else
		find_break
	fi
}

check_closed() {
	if grep -q '"event":"close"' "$work/covered"; then
		closed=yes
		note "the record was closed by its people: nothing was to be added"
	fi
}

# ---- who the case is ----

check_identity() {
	if [ ! -e "$dir/ledger.jsonl" ] && [ ! -e "$dir/case.json" ]; then
		unreadable "there is no case in $dir"
		conclude
	fi
	if ! is_plain case.json; then
		altered "case.json: is not there, or cannot be read"
		conclude
	fi
	case_id=$(sed -n 's/^ *"case": "\([0-9a-f-]*\)",*$/\1/p' "$dir/case.json" | sed -n 1p)
	case_key=$(sed -n 's/^ *"fingerprint": "\([0-9a-f]*\)",*$/\1/p' "$dir/case.json" | sed -n 1p)
	if [ -z "$case_id" ] || [ -z "$case_key" ]; then
		altered "case.json: is not the description of a case"
		conclude
	fi
	if ! is_plain public.pem; then
		unreadable "public.pem: is not there; no signature can be checked"
		conclude
	fi
	found=$(fingerprint_of "$dir/public.pem") || found='no key'
	if [ "$found" != "$case_key" ]; then
		altered "public.pem: is not the key of the case, $case_key, but $found"
	fi
	if ! is_plain ledger.jsonl; then
		stated='an unknown number of'
		if is_plain ledger.head && read_head "$dir/ledger.head"; then
			stated=$head_entries
		fi
		truncated "ledger.jsonl: is not there; its head states $stated entries"
		conclude
	fi
	ledger_size=$(size_of "$dir/ledger.jsonl")
}

# ---- what was kept elsewhere ----

check_key() {
	anchored=yes
	if [ "$1" = "$case_key" ]; then
		holds "the case has the key given, $1"
	else
		altered "the case has key $case_key, not the key given, $1"
	fi
}

check_anchor() {
	anchored=yes
	if ! read_head "$anchor"; then
		altered "$anchor: is no head of a ledger"
	elif [ "$head_case" != "$case_id" ]; then
		altered "$anchor: is the head of another case, $head_case"
	elif [ "$head_key" != "$case_key" ]; then
		altered "$anchor: is signed with another key, $head_key"
	elif ! is_signed_head "$anchor" "$dir/public.pem"; then
		altered "$anchor: its signature does not hold"
	elif fits_ledger; then
		holds "the ledger goes on from the head given, entry $((head_entries - 1))"
	elif [ "$ledger_size" -lt "$head_bytes" ]; then
		truncated "the head given states $head_entries entries in $head_bytes bytes; the ledger has $ledger_size bytes"
	else
		altered "the head given names other entries than the ledger has"
	fi
}

# check_countersigned NOTE PEM: is this head of the case countersigned with the key, and does the ledger go on from it?
check_countersigned() {
	shown=${1#"$dir"/}
	id=$(fingerprint_of "$2" | cut -c 1-16)
	if ! read_head "$1" || [ "$head_case" != "$case_id" ] || ! is_signed_head "$1" "$dir/public.pem"; then
		altered "$shown: is no head of this case"
	elif ! is_signed_note "$1" "exhibit-countersigner/$id" "$2"; then
		altered "$shown: the countersignature does not hold"
	elif fits_ledger; then
		holds "$shown: countersigned with key $(fingerprint_of "$2"), and the ledger goes on from it"
		return 0
	elif [ "$ledger_size" -lt "$head_bytes" ]; then
		truncated "$shown: was countersigned when the ledger had $head_entries entries; it has fewer now"
	else
		altered "$shown: was countersigned for other entries than the ledger has"
	fi
	return 1
}

check_countersignatures() {
	given=''
	[ -z "$countersigner" ] || given=$(fingerprint_of "$countersigner")
	met=no
	for file in "$dir"/countersigned/*.note; do
		[ -f "$file" ] || continue
		pem=${file%.note}.pem
		[ -f "$pem" ] || continue
		if check_countersigned "$file" "$pem" && [ "$(fingerprint_of "$pem")" = "$given" ]; then
			met=yes
		fi
	done
	[ -n "$countersigner" ] || return 0
	anchored=yes
	if [ "$met" = no ]; then
		altered "no head of this case is countersigned with the key given, $given"
	else
		holds "the countersigner's key given is the one that countersigned"
	fi
}

# seconds_of "Nov 24 14:05:54 2026 GMT": since 1970
seconds_of() {
	echo "$1" | awk '{
		m = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $1) + 2) / 3
		split($3, t, ":")
		y = m > 2 ? $4 : $4 - 1
		era = int(y / 400)
		of_era = y - era * 400
		of_year = int((153 * (m > 2 ? m - 3 : m + 9) + 2) / 5) + $2 - 1
		days = era * 146097 + of_era * 365 + int(of_era / 4) - int(of_era / 100) + of_year - 719468
		printf "%d\n", ((days * 24 + t[1]) * 60 + t[2]) * 60 + int(t[3])
	}'
}

# The certificate of a time stamp is judged at the time it states, not now.
check_timestamp() {
	shown=${1#"$dir"/}
	base=${1%.tsr}
	if ! read_head "$base.note" || [ "$head_case" != "$case_id" ] || ! is_signed_head "$base.note" "$dir/public.pem"; then
		altered "${base#"$dir"/}.note: is no head of this case"
		return
	fi
	if ! fits_ledger; then
		altered "${base#"$dir"/}.note: names other entries than the ledger has"
		return
	fi
	stamped=$("$openssl" ts -reply -in "$1" -text 2>/dev/null | sed -n 's/^Time stamp: //p')
	if [ -z "$tsa" ]; then
		note "$shown: a time stamp of $stamped; give --tsa to check who made it"
	elif "$openssl" ts -verify -data "$base.note" -in "$1" -CAfile "$tsa" -attime "$(seconds_of "$stamped")" >/dev/null 2>&1; then
		holds "$shown: the record up to entry $((head_entries - 1)) existed at $stamped"
		stamps=$((stamps + 1))
	else
		altered "$shown: is no time stamp of this head by the authority given"
	fi
}

check_timestamps() {
	stamps=0
	for file in "$dir"/timestamps/*.tsr; do
		[ ! -f "$file" ] || check_timestamp "$file"
	done
	[ -n "$tsa" ] || return 0
	anchored=yes
	[ "$stamps" -gt 0 ] || altered "there is no time stamp by the authority given"
}

check_case_file() {
	digest=$(sed -n '1s/.*"case_file":{[^{}]*"sha256":"\([0-9a-f]*\)".*/\1/p' "$dir/ledger.jsonl" | tr -d '\000')
	[ -z "$digest" ] || [ "$digest" = "$(sha256 <"$dir/case.json")" ] || altered "case.json: was changed: entry 0 names SHA-256 $digest"
}

# What was exported, counted: nothing may be left out of it without a word.
check_manifest() {
	[ -f "$dir/SHA256SUMS" ] || return 0
	stated=$(awk '/"event":"export"/ {
		if (match($0, /"manifest":\{"bytes":[0-9]+,"sha256":"[0-9a-f]+"/)) {
			last = substr($0, RSTART, RLENGTH)
			sub(/^.*"sha256":"/, "", last)
			sub(/"$/, "", last)
		}
	} END {print last}' "$dir/ledger.jsonl")
	found=$(sha256 <"$dir/SHA256SUMS")
	if [ "$stated" = "$found" ]; then
		:
	elif [ "$closed" = yes ]; then
		note "SHA256SUMS: the record was closed before this export and does not name it; the files that it names were compared with the record"
	else
		altered "SHA256SUMS: is not the list that the record names, $stated"
		return
	fi
	count=0
	while read -r digest path; do
		if [ ! -f "$dir/$path" ] || [ -h "$dir/$path" ]; then
			altered "$path: was exported and is not there"
		elif [ "$(sha256 <"$dir/$path")" != "$digest" ]; then
			altered "$path: is not as it was exported"
		else
			count=$((count + 1))
		fi
	done <"$dir/SHA256SUMS"
	holds "files as they were exported: $count"
}

# ---- all of it ----

anchored=no closed=no
check_identity
if [ -s "$dir/ledger.jsonl" ]; then
	check_first
	check_case_file
fi
check_head
check_files
check_countersignatures
check_timestamps
check_manifest
if [ -n "$key" ]; then
	found=$(fingerprint_of "$key") || found='no key at all'
	check_key "$found"
fi
[ -z "$fingerprint" ] || check_key "$(printf '%s' "$fingerprint" | tr -d ' :' | tr 'A-F' 'a-f')"
[ -z "$anchor" ] || check_anchor
[ "$anchored" = yes ] || note "compared only with what is here itself; give --key, --fingerprint, --head, --countersigner or --tsa, kept elsewhere, to notice an exchange of the whole record (not-anchored)"
conclude
