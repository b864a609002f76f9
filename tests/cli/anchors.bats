#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # stderr is set by exhibit()
# What is kept outside a case shows what cannot be seen from inside: to case verify, and to who has a shell and openssl only.

load common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export EXHIBIT_KEY_DIR=$BATS_TEST_TMPDIR/keys
	openssl genpkey -algorithm ed25519 -out second.pem
	openssl pkey -in second.pem -pubout -out second.pub
	exhibit_json case init case --case-number 1
	exhibit_json case add case EX-1
}

# authority NAME DAYS: an authority for time stamps of its own
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.crt" -days "$2" -subj "/CN=$1" \
		-addext extendedKeyUsage=critical,timeStamping -addext basicConstraints=critical,CA:true 2>/dev/null
	echo 01 >"$1.serial"
	cat >"$1.cnf" <<-END
		[tsa]
		serial = $PWD/$1.serial
		signer_cert = $PWD/$1.crt
		certs = $PWD/$1.crt
		signer_key = $PWD/$1.key
		default_policy = 1.2.3.4.1
		digests = sha256
		signer_digest = sha256
		ordering = no
		tsa_name = yes
		ess_cert_id_chain = no
	END
}

# stamp NAME REQUEST ANSWER
stamp() {
	openssl ts -reply -config "$1.cnf" -section tsa -queryfile "$2" -out "$3" 2>/dev/null
}

# offline VERDICT TEXT OPTIONS...: what the verifier of exports says of the case, by two shells
offline() {
	local verdict=$1 text=$2 shell
	shift 2
	for shell in dash bash; do
		"$shell" "$EXHIBIT_SOURCE/src/case/offline/verify.sh" "$@" case >said 2>&1 || true
		grep -qx "verdict: $verdict" said || fail "$shell: $(<said)"
		grep -qF -- "$text" said || fail "$shell: no '$text' in $(<said)"
	done
}

# both VERDICT TEXT OFFLINE-TEXT OPTIONS...: what both verifiers say
both() {
	local verdict=$1 text=$2 offline_text=$3
	shift 3
	exhibit_json case verify case "$@"
	[[ $(jq -r .verdict <<<"$output") == "$verdict" ]] || fail "$output"
	expect_text "$output" "$text"
	offline "$verdict" "$offline_text" "$@"
}

@test "without an anchor the result says so" {
	both intact not-anchored not-anchored
	exhibit_json case verify case --key case/public.pem
	expect_true '.problems == []'
	offline intact "holds: the case has the key given" --key case/public.pem
	fingerprint=$(jq -r .key.fingerprint case/case.json)
	offline intact "holds: the case has the key given" --fingerprint "${fingerprint^^}"
	offline altered "not the key given" --fingerprint "${fingerprint/[0-8]/9}"
}

@test "an old record with its old head, put back whole" {
	cp -a case old
	exhibit_json case add case EX-2
	cp case/ledger.head kept.head
	both intact "goes on from the head given" "goes on from the head given" --head kept.head
	rm -r case
	mv old case
	both intact not-anchored not-anchored
	both truncated "anchor-head states 3 entries" "the head given states 3 entries" --head kept.head
}

@test "a new record with a new key, in the place of the old one" {
	cp case/public.pem kept.pem
	cp case/ledger.head kept.head
	rm -r case
	exhibit_json case init case --case-number 1
	exhibit_json case add case EX-1
	both intact not-anchored not-anchored
	both altered "not the key given" "not the key given" --key kept.pem
	both altered "is the head of another case" "is the head of another case" --head kept.head
}

@test "a record that was written anew with the stolen key, behind a countersigned head" {
	exhibit_json case sign case --signing-key second.pem --name "S. Second" --role supervisor
	expect_status 0
	expect_true '.countersignature.name == "S. Second" and .countersignature.entries == 2'
	both intact "is countersigned with the key given" "is the one that countersigned" --countersigner second.pub
	openssl genpkey -algorithm ed25519 -out third.pem
	openssl pkey -in third.pem -pubout -out third.pub
	both altered "no head of this record is countersigned with the key given" \
		"no head of this case is countersigned with the key given" --countersigner third.pub
	# the same case and key, another history
	cp -a case kept
	id=$(jq -r .case case/case.json)
	sed -n 1p case/ledger.jsonl >first
	rm -r case
	cp -a kept case
	sed -i 2,\$d case/ledger.jsonl
	rm -r case/countersigned case/ledger.head
	cat >forge.py <<-'END'
		import base64, hashlib, subprocess, sys
		case, key, fingerprint = sys.argv[1:4]
		line = open("case/ledger.jsonl", "rb").read()
		root = hashlib.sha256(b"\0" + line).digest()
		text = "exhibit/%s\n1\n%s\nledger %d %s\nkey %s\ntime 2026-01-01T00:00:00.000000Z\n" % (
		    case, base64.b64encode(root).decode(), len(line), hashlib.sha256(line).hexdigest(), fingerprint)
		open("text", "w").write(text)
		subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", "text", "-out", "signature"], check=True)
		der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
		ident = hashlib.sha256(b"exhibit/%s\n\x01" % case.encode() + der[-32:]).digest()[:4]
		signed = base64.b64encode(ident + open("signature", "rb").read()).decode()
		open("case/ledger.head", "wb").write((text + "\n\u2014 exhibit/%s %s\n" % (case, signed)).encode())
	END
	python3 forge.py "$id" "keys/$id.pem" "$(jq -r .key.fingerprint case/case.json)"
	exhibit_json case add case EX-forged
	expect_status 0
	both intact not-anchored not-anchored
	both altered "no head of this record is countersigned" "no head of this case is countersigned" --countersigner second.pub
	cp -a kept/countersigned case/
	both altered "names other entries than the ledger has" "was countersigned for other entries" --countersigner second.pub
}

@test "a countersignature that was changed, or whose key was exchanged" {
	exhibit_json case sign case --signing-key second.pem --name "S. Second"
	note=$(echo case/countersigned/*.note)
	cp "$note" kept.note
	both intact "goes on from the head given" "goes on from the head given" --head kept.note
	head -n -1 kept.note >"$note"
	both altered "the countersignature does not hold" "the countersignature does not hold"
	cp kept.note "$note"
	cp case/public.pem "${note%.note}.pem"
	both altered "the countersignature does not hold" "the countersignature does not hold"
	rm "$note" "${note%.note}.pem"
	both altered "is not there, though entry 2 names it" "is not there, though the record names it"
}

@test "who countersigns needs a key of their own" {
	exhibit_json case sign case --signing-key "$(echo keys/*.pem)" --name X
	expect_status 2
	expect_text "$stderr" "is the key of the case itself"
	exhibit_json case sign case --signing-key second.pub --name X
	expect_status 3
	exhibit_json case sign case --signing-key nowhere.pem --name X
	expect_status 3
	expect_text "$stderr" "nowhere.pem"
}

@test "a time stamp is asked for, attached, and checked against its authority" {
	authority one 2
	authority two 2
	exhibit_json case timestamp case
	expect_status 0
	request=case/$(jq -r '.request.files[] | select(.path | endswith(".tsq")).path' <<<"$output")
	stamp one "$request" answer.tsr
	exhibit_json case timestamp case --attach answer.tsr --tsa two.crt
	expect_status 3
	exhibit_json case timestamp case --attach answer.tsr --tsa one.crt
	expect_status 0
	expect_true '.timestamp.entries == 2 and .timestamp.serial == "02" and .timestamp.authority == "CN = one"'
	openssl ts -verify -data case/timestamps/2.note -in case/timestamps/2.tsr -CAfile one.crt 2>&1 | grep -q OK
	openssl ts -verify -queryfile case/timestamps/2.tsq -in case/timestamps/2.tsr -CAfile one.crt 2>&1 | grep -q OK
	both intact "is stamped by the authority given" "existed at" --tsa one.crt
	both altered "no head of this record is stamped by the authority given" "no time stamp of this head by the authority given" --tsa two.crt
	cp case/timestamps/2.tsr kept.tsr
	printf x | dd of=case/timestamps/2.tsr bs=1 seek=200 conv=notrunc status=none
	both altered "timestamps/2.tsr: was changed" "timestamps/2.tsr: was changed" --tsa one.crt
	cp kept.tsr case/timestamps/2.tsr
	cp case/ledger.head case/timestamps/2.note
	both altered "is not a time stamp on this head" "is no time stamp of this head" --tsa one.crt
}

@test "an answer to another request is refused, and so is one that is none" {
	authority one 2
	exhibit_json case timestamp case
	openssl ts -query -data case/timestamps/2.note -sha256 -cert -out other.tsq 2>/dev/null
	stamp one other.tsq other.tsr
	exhibit_json case timestamp case --attach other.tsr --tsa one.crt
	expect_status 3
	expect_text "$stderr" "its nonce differs"
	head -c 1000 /dev/zero >none.tsr
	exhibit_json case timestamp case --attach none.tsr
	expect_status 3
	expect_text "$stderr" "no answer of a time stamping authority"
	exhibit_json case verify case
	expect_true '.verdict == "intact"'
}

@test "an export is whole, is checked without exhibit, and what is done to it is found" {
	exhibit_json report case
	exhibit_json case export case out
	expect_status 0
	expect_true '.totals.files == (.files | length)'
	[[ $(sha256sum out/SHA256SUMS | cut -c 1-64) == "$(jq -r .manifest.sha256 <<<"$output")" ]]
	(cd out && sha256sum --quiet -c SHA256SUMS)
	exhibit_json case verify out
	expect_true '.verdict == "intact"'
	env -i PATH="$PATH" dash out/verify.sh >said
	grep -qx 'verdict: intact' said
	(cd out && sh ./verify.sh) >said
	grep -qx 'verdict: intact' said
	mv out "with space"
	sh "with space/verify.sh" >said
	grep -qx 'verdict: intact' said
	rm "with space/report/report.json"
	sh "with space/verify.sh" >said || true
	grep -qx 'altered: report/report.json: was exported and is not there' said
	cp case/report/report.json "with space/report/"
	echo >>"with space/VERIFY.txt"
	sh "with space/verify.sh" >said || true
	grep -qx 'altered: VERIFY.txt: is not as it was exported' said
	exhibit_json case export case case/inside
	expect_status 2
	exhibit_json case export case keys
	expect_status 3
	[[ ! -e case/inside ]]
}

@test "what a report says is bound to the record, and to its signature" {
	exhibit_json report case
	exhibit_json case export case out
	sed -i 's/not/NOT/' out/report/report.html
	sh out/verify.sh >said || true
	grep -q '^altered: report/report.html: was changed' said
}

@test "without OpenSSL 3 the verifier says so and checks nothing" {
	for said in "OpenSSL 1.1.1w  11 Sep 2023" "LibreSSL 3.3.6" ""; do
		printf '#!/bin/sh\necho "%s"\n' "$said" >openssl-old
		chmod +x openssl-old
		run -3 env OPENSSL="$PWD/openssl-old" sh "$EXHIBIT_SOURCE/src/case/offline/verify.sh" case
		expect_text "$output" "OpenSSL 3 or later is needed"
		expect_text "$output" "nothing was checked"
		expect_no_match 'verdict|holds' "$output"
	done
	run -3 env OPENSSL=/nowhere/openssl sh "$EXHIBIT_SOURCE/src/case/offline/verify.sh" case
	run -2 sh "$EXHIBIT_SOURCE/src/case/offline/verify.sh" --head /nowhere case
}

@test "a case of the first version is checked by the verifier too" {
	rm -r case
	cp -r "$EXHIBIT_SOURCE/tests/fixtures/case-v1" case
	chmod -R u+w case
	offline intact "6 entries"
	sed -i 's/"step":"scan"/"step":"scam"/' case/ledger.jsonl
	offline altered "names another digest"
	exhibit_json case sign case --signing-key second.pem --name X
	expect_status 3
}

@test "a declared unfinished write is no alteration, an undeclared one is" {
	printf '{"clock":{"boot' >>case/ledger.jsonl
	both unsealed "15 bytes behind the last entry" "15 bytes behind the last entry are no entry"
	exhibit_json case add case EX-2
	expect_status 0
	both intact torn-entry "verdict: intact"
}
