# SPDX-License-Identifier: MIT
# lib.sh -- what scenarios are written with. Sourced by tests/scenario/<name>/run, whose first lines are
#
#	#!/bin/sh
#	# SPDX-License-Identifier: MIT
#	# <name> -- the obligation that it proves, in a sentence.
#	. "$SCENARIO_LIB"
#
# and, where it is not for every engine, "# for: linux windows wine" with those that it is for: a real Docker Engine of Linux;
# the Windows engine of the tests (tests/winengine) at its socket; the same at its pipe, with wincompose.exe under Wine.
# Commands of containers that are for all of them are actor's (tests/winengine/actor.h); $DRIVE is what stands before the
# path of a mount there.
#
# The runner (tests/scenario/run, or tests/winengine/run) gives it a private engine to talk to (DOCKER_HOST), with the images of tests/images; a
# fresh WINCOMPOSE_HOME; and as its working folder a copy of its own, which goes away. It ends with 0, or with 77 after
# `skip`. What it leaves on the engine the runner removes, by its names: <name> or <name>-*, which also keep scenarios apart
# that run at the same time. State is asked of the engine, not of wincompose; nothing sleeps: `eventually` waits for what
# must come. That something does not happen is shown by what the same supervisor is seen to do after it.
set -eu

SCENARIO_FOR=${SCENARIO_FOR:-linux}
SCENARIO_HOME=${SCENARIO_HOME:-$WINCOMPOSE_HOME} # WINCOMPOSE_HOME as this shell sees it
case $SCENARIO_FOR in
linux) DRIVE='' KILLED=137 ;;
*) DRIVE=C: KILLED=1067 ;; # what ends a process that is terminated: tests/winengine/process.linux.c
esac
export DRIVE SCENARIO_HOME

# plain: what Windows' programs write, without the CR of their lines.
plain() {
	if [ "$SCENARIO_FOR" = linux ]; then cat; else tr -d '\r'; fi
}

# shows FILE PATTERN: a line of it fits.
shows() {
	plain <"$1" | grep -q "$2"
}

# shown FILE PATTERN: how many.
shown() {
	plain <"$1" | grep -c "$2" || :
}

# seen PATH: as wincompose sees it; told PATH: as its JSON tells it.
seen() {
	if [ "$SCENARIO_FOR" = wine ]; then printf 'Z:%s' "$1" | tr / '\\'; else printf %s "$1"; fi
}
told() {
	seen "$1" | sed 's/\\/\\\\/g'
}

# w ARGUMENT...: wincompose, with its output in $out and its messages in $err; a failure is the scenario's.
out=
err=
w() {
	status_of "$@"
	[ "$status" -eq 0 ] || die "wincompose $* ended with $status"
}

# status_of ARGUMENT...: the same, and the exit code is in $status. A machine under load makes the engine slow: that it
# has not answered yet is no message of the command's own.
status_of() {
	status=0
	"$WINCOMPOSE" "$@" >"$SCENARIO_TMP/out" 2>"$SCENARIO_TMP/err" || status=$?
	out=$(plain <"$SCENARIO_TMP/out")
	err=$(plain <"$SCENARIO_TMP/err" | calm)
}

calm() {
	sed '/^warning: the engine at .* has not answered for/d'
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

# api METHOD PATH [CURL-OPTION...]: the body; an error status is a failure of the command. ENGINE_URL is where the engine
# listens as well, for a host that curl does not know.
api() {
	api_method=$1
	api_path=$2
	shift 2
	if [ -n "${ENGINE_URL:-}" ]; then
		curl -sf -X "$api_method" "$@" "$ENGINE_URL$api_path"
	else
		curl -sf -X "$api_method" --unix-socket "${DOCKER_HOST#unix://}" "$@" "http://engine$api_path"
	fi
}

# look NAME: what the engine says of a container, in $SCENARIO_TMP/look; fails where there is none.
look() {
	api GET "/containers/$1/json" >"$SCENARIO_TMP/look"
}

# state NAME: running, exited, ... or absent.
state() {
	look "$1" || {
		echo absent
		return
	}
	sed 's/.*"State":{"Status":"\([a-z]*\)".*/\1/' "$SCENARIO_TMP/look"
}

# health NAME: starting, healthy, unhealthy or nothing.
health() {
	look "$1" || return 0
	sed -n 's/.*"Health":{"Status":"\([a-z]*\)".*/\1/p' "$SCENARIO_TMP/look"
}

# id NAME: of a container, or nothing.
id() {
	look "$1" || return 0
	sed -n 's/^{"Id":"\([0-9a-f]*\)".*/\1/p' "$SCENARIO_TMP/look"
}

# started NAME: when it was last started.
started() {
	look "$1" || return 0
	sed -n 's/.*"StartedAt":"\([^"]*\)".*/\1/p' "$SCENARIO_TMP/look"
}

# exit_of NAME: its exit code.
exit_of() {
	look "$1" || return 0
	sed -n 's/.*"ExitCode":\([0-9]*\),"Error".*/\1/p' "$SCENARIO_TMP/look"
}

# label NAME KEY
label() {
	look "$1" || return 0
	sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" "$SCENARIO_TMP/look"
}

is() { # is state NAME VALUE; is health NAME VALUE: for eventually
	[ "$("$1" "$2")" = "$3" ]
}

is_not() { # is_not id NAME VALUE: it is something, and something else
	value=$("$1" "$2")
	[ -n "$value" ] && [ "$value" != "$3" ]
}

# listed PROJECT [ENCODED-FILTER]: the names of its containers, sorted, on one line.
listed() {
	api GET "/containers/json?all=1&filters=%7B%22label%22%3A%5B%22com.docker.compose.project%3D$1%22%5D${2:-}%7D" |
		sed 's/{"Id":/\n/g' | sed -n 's/.*"Names":\["\/\([^"]*\)".*/\1/p' | sort | tr '\n' ' ' | sed 's/ $//'
}

# containers PROJECT: all; running PROJECT: those that run.
containers() {
	listed "$1"
}

running() {
	listed "$1" '%2C%22status%22%3A%5B%22running%22%5D'
}

# networks and volumes PROJECT: the names, sorted, on one line.
networks() {
	api GET "/networks?filters=%7B%22label%22%3A%5B%22com.docker.compose.project%3D$1%22%5D%7D" |
		tr ',' '\n' | sed -n 's/^\[*{"Name":"\([^"]*\)"$/\1/p' | sort | tr '\n' ' ' | sed 's/ $//'
}

volumes() {
	api GET "/volumes?filters=%7B%22label%22%3A%5B%22com.docker.compose.project%3D$1%22%5D%7D" |
		tr ',{}' '\n\n\n' | sed -n 's/^"Name":"\([^"]*\)"$/\1/p' | sort | tr '\n' ' ' | sed 's/ $//'
}

# text_of NAME: its log, both channels, without the engine's frames (each line begins with what of its frame is printable).
text_of() {
	api GET "/containers/$1/logs?stdout=1&stderr=1" | tr -d '\000-\010\r'
}

# inside NAME COMMAND...: run in the container, its output on stdout. (Words have no quotes and no spaces in them.)
inside() {
	name=$1
	shift
	words=$(printf '"%s",' "$@")
	exec=$(post "/containers/$name/exec" "{\"AttachStdout\":true,\"AttachStderr\":true,\"Tty\":true,\"Cmd\":[${words%,}]}" |
		sed -n 's/.*"Id":"\([0-9a-f]*\)".*/\1/p')
	post "/exec/$exec/start" '{"Tty":true}' | tr -d '\r'
}

# post PATH JSON
post() {
	api POST "$1" -H 'Content-Type: application/json' -d "$2"
}

# --- another client: what `docker stop`, `start`, `kill`, `rm` and `rm -f` ask of the engine

docker_stop() {
	api POST "/containers/$1/stop"
}

docker_start() {
	api POST "/containers/$1/start"
}

docker_kill() {
	api POST "/containers/$1/kill?signal=KILL"
}

docker_rm() {
	api DELETE "/containers/$1"
}

docker_rm_force() {
	api DELETE "/containers/$1?force=1"
}

# docker-compose 2.26.1, or the scenario is skipped: need_peer first, then peer ARGUMENT...
need_peer() {
	[ -n "${PEER_COMPOSE:-}" ] || skip "there is no docker-compose (PEER_COMPOSE names one)"
	"$PEER_COMPOSE" version >/dev/null 2>&1 || skip "$PEER_COMPOSE does not run"
}

peer() {
	"$PEER_COMPOSE" "$@" >"$SCENARIO_TMP/peer" 2>&1 || {
		out=$(cat "$SCENARIO_TMP/peer")
		err=
		die "docker-compose $* failed"
	}
}

# --- supervisors of this scenario

# supervisor [PROJECT]: the process, or nothing.
supervisor() {
	for file in $(grep -lsF "WINCOMPOSE_HOME=$WINCOMPOSE_HOME" /proc/[0-9]*/environ); do
		case $(cat "${file%environ}cmdline" 2>/dev/null | tr '\0' ' ') in
		*wincompose*" supervise "*"${1:+--project-name $1 }"*)
			file=${file#/proc/}
			echo "${file%/environ}"
			;;
		esac
	done
}

supervised() {
	[ -n "$(supervisor "$@")" ]
}

unsupervised() {
	! supervised "$@"
}

# journal: what the supervisors of this scenario wrote.
journal() {
	cat "$SCENARIO_HOME"/projects/*/supervisor.log
}

in_journal() {
	journal 2>/dev/null | grep -q "$1"
}

in_text() { # in_text NAME PATTERN: a line of the container's log
	text_of "$1" 2>/dev/null | grep -q "$2"
}
