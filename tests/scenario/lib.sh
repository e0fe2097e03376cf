# SPDX-License-Identifier: MIT
# lib.sh -- what scenarios are written with. Sourced by tests/scenario/<name>/run, whose first lines are
#
#	#!/bin/sh
#	# SPDX-License-Identifier: MIT
#	# <name> -- the obligation that it proves, in a sentence.
#	. "$SCENARIO_LIB"
#
# The runner (tests/scenario/run) gives it an engine of its own to talk to (DOCKER_HOST), with the images of tests/images; a
# fresh WINCOMPOSE_HOME; and as its working folder a copy of its own, which goes away. It ends with 0, or with 77 after
# `skip`. What it leaves on the engine the runner removes. State is asked of the engine, not of wincompose; nothing sleeps:
# `eventually` waits for what must come.
set -eu

# w ARGUMENT...: wincompose, with its output in $out and its messages in $err; a failure is the scenario's.
out=
err=
w() {
	status_of "$@"
	[ "$status" -eq 0 ] || die "wincompose $* ended with $status"
}

# status_of ARGUMENT...: the same, and the exit code is in $status.
status_of() {
	status=0
	"$WINCOMPOSE" "$@" >"$SCENARIO_TMP/out" 2>"$SCENARIO_TMP/err" || status=$?
	out=$(cat "$SCENARIO_TMP/out")
	err=$(cat "$SCENARIO_TMP/err")
}

die() {
	echo "FAILED: $*" >&2
	[ -z "$out" ] || printf '%s\n' "$out" | sed 's/^/  stdout | /' >&2
	[ -z "$err" ] || printf '%s\n' "$err" | sed 's/^/  stderr | /' >&2
	exit 1
}

skip() {
	echo "skipped: $*" >&2
	exit 77
}

# same WHAT GOT WANTED
same() {
	[ "$2" = "$3" ] || die "$1: \"$2\" is not \"$3\""
}

# has WHAT TEXT PART: the text holds the part (a shell pattern may stand in it).
has() {
	# shellcheck disable=SC2254
	case $2 in *$3*) ;; *) die "$1: no \"$3\" in \"$2\"" ;; esac
}

has_not() {
	# shellcheck disable=SC2254
	case $2 in *$3*) die "$1: \"$3\" in \"$2\"" ;; *) ;; esac
}

# eventually SECONDS COMMAND...: until it is true, looked at ten times a second.
eventually() {
	tries=$(($1 * 10))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || die "not within the time: $*"
		sleep 0.1
	done
}

# --- the engine's own word

# api METHOD PATH: the body; an error status is a failure of the command.
api() {
	curl -sf -X "$1" --unix-socket "${DOCKER_HOST#unix://}" "http://engine$2"
}

# state NAME: running, exited, ... or absent.
state() {
	api GET "/containers/$1/json" >"$SCENARIO_TMP/state" || {
		echo absent
		return
	}
	sed 's/.*"State":{"Status":"\([a-z]*\)".*/\1/' "$SCENARIO_TMP/state"
}

# health NAME: starting, healthy, unhealthy or nothing.
health() {
	api GET "/containers/$1/json" | sed -n 's/.*"Health":{"Status":"\([a-z]*\)".*/\1/p'
}

# id NAME: of a container, or nothing.
id() {
	api GET "/containers/$1/json" | sed -n 's/^{"Id":"\([0-9a-f]*\)".*/\1/p'
}

is() { # is state NAME VALUE; is health NAME VALUE: for eventually
	[ "$("$1" "$2")" = "$3" ]
}

# containers PROJECT: the names of all, sorted, on one line.
containers() {
	api GET "/containers/json?all=1&filters=%7B%22label%22%3A%5B%22com.docker.compose.project%3D$1%22%5D%7D" |
		tr '{' '\n' | sed -n 's/.*"Names":\["\/\([^"]*\)".*/\1/p' | sort | tr '\n' ' ' | sed 's/ $//'
}
