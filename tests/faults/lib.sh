# SPDX-License-Identifier: MIT
# lib.sh -- what the fault tests share: a private engine, the proxy before it, a project, and what must be there at the end.
# Every check asks the engine itself, never wincompose. Sourced by tests/faults/r*; they run with set -eu.
top=$(cd "$(dirname "$0")/../.." && pwd)
: "${WINCOMPOSE:=$top/wincompose}"
: "${PROXY:=$top/build/gcc/tests/proxy/proxy}"
: "${SEED:=$(date +%s)}"
: "${SHARE:=10}" # every SHARE-th point is tried, beginning at one that SEED gives; 1: all

passed=0
failed=0

# --- the engine, one for all tests that are run after one another (FAULTS_ENGINE), else one of our own

set_up() {
	work=$(mktemp -d)
	trap tear_down EXIT
	trap 'exit 130' INT TERM
	if [ -n "${FAULTS_ENGINE:-}" ]; then
		engine=$FAULTS_ENGINE
	else
		engine=$work/engine
		"$top/tests/dockerd" start "$engine" --live-restore >/dev/null
		DOCKER_HOST=unix://$engine/docker.sock "$top/tests/images" >/dev/null
	fi
	socket=$engine/docker.sock
	direct=unix://$socket
	mkdir "$work/shop"
	unset COMPOSE_FILE COMPOSE_PROJECT_NAME DOCKER_CONTEXT
	export WINCOMPOSE_HOME="$work/home"
}

tear_down() {
	status=$?
	trap - EXIT
	stop_proxy
	kill_supervisors
	if [ -z "${FAULTS_ENGINE:-}" ]; then
		"$top/tests/dockerd" stop "$engine" >/dev/null 2>&1 || true
	else
		DOCKER_HOST=$direct wipe || true
	fi
	rm -rf "$work"
	[ $status -ne 0 ] || finish
	exit $status
}

# The last line, and the status that says whether all passed.
finish() {
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] || exit 1
}

pass() {
	passed=$((passed + 1))
	[ -z "${VERBOSE:-}" ] || echo "  ok: $*"
}

fail() {
	failed=$((failed + 1))
	echo "  FAILED: $*"
	[ ! -s "$work/out" ] || sed 's/^/    | /' "$work/out" | tail -n 30
}

engine_docker() {
	docker -H "$direct" "$@"
}

# --- the proxy

start_proxy() {
	: >"$work/rules"
	: >"$work/journal"
	: >"$work/proxy.out" # here: the new proxy's shell may empty it after the last one's "ready" was read
	"$PROXY" --listen "$work/proxy.sock" --engine "$socket" --rules "$work/rules" \
		--journal "$work/journal" >"$work/proxy.out" 2>&1 &
	proxy_pid=$!
	eventually 50 grep -q ready "$work/proxy.out"
	through=unix://$work/proxy.sock
}

stop_proxy() {
	[ -n "${proxy_pid:-}" ] || return 0
	kill "$proxy_pid" 2>/dev/null || true
	wait "$proxy_pid" 2>/dev/null || true
	proxy_pid=
}

# rules LINE...: these and no others from now on. (They come by renaming, so none is read half.)
rules() {
	printf '%s\n' "$@" >"$work/rules.new"
	mv "$work/rules.new" "$work/rules"
}

changes() {
	grep -c '^[0-9]* begin \(POST\|PUT\|DELETE\)' "$work/journal" || true
}

# eventually TENTHS COMMAND...: until it is true, at most so many tenths of a second.
eventually() {
	tries=$1
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

now_ms() {
	date +%s%3N
}

# --- the project: four services, two networks, a volume, as in the measurements of docker compose

# project VALUE [WORKERS]: VALUE is an environment variable of every service, so another one is a change of each.
project() {
	cat >"$work/shop/compose.yaml" <<-END
		name: shop
		x-base: &base
		  image: wincompose/idle
		  environment: {GENERATION: "$1"}
		services:
		  db:
		    <<: *base
		    volumes: ["data:/data"]
		    networks: [back]
		  api:
		    <<: *base
		    depends_on: [db]
		    networks: [front, back]
		  worker:
		    <<: *base
		    depends_on: [db]
		    scale: ${2:-1}
		    networks: [back]
		  web:
		    <<: *base
		    depends_on: [api]
		    networks: [front]
		networks: {front: {}, back: {}}
		volumes: {data: {}}
	END
}

# A daemon that was restarted under its containers may find a mount busy for a moment.
wipe() {
	for id in $(docker -H "$direct" ps -aq --filter label=com.docker.compose.project=shop); do
		eventually 50 docker -H "$direct" rm -f -v "$id" >/dev/null 2>&1 || true
	done
	docker -H "$direct" network prune -f >/dev/null
	docker -H "$direct" volume prune -f >/dev/null
	rm -rf "$work/home"
}

# wincompose HOST ARGUMENT...: in the project's folder; what it prints is in $work/out. -e is the caller's matter.
wincompose() {
	host=$1
	shift
	(cd "$work/shop" && exec env DOCKER_HOST="$host" "$WINCOMPOSE" "$@") >"$work/out" 2>&1
}

# Ends the supervisors of this test's home, and nobody else's.
kill_supervisors() {
	for pid in $(pgrep -f "$WINCOMPOSE supervise" || true); do
		if tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx "WINCOMPOSE_HOME=$work/home"; then
			kill -9 "$pid" 2>/dev/null || true
		fi
	done
}

# exact_set VALUE [WORKERS]: exactly these containers, running, with this environment, on the engine.
exact_set() {
	want="shop-api-1 shop-db-1 shop-web-1"
	worker=1
	while [ $worker -le "${2:-1}" ]; do
		want="$want shop-worker-$worker"
		worker=$((worker + 1))
	done
	want=$(printf '%s\n' $want | sort | tr '\n' ' ')
	have=$(engine_docker ps -a --filter label=com.docker.compose.project=shop --format '{{.Names}}' | sort | tr '\n' ' ')
	if [ "$have" != "$want" ]; then
		problem="containers: $have (wanted: $want)"
		return 1
	fi
	for name in $want; do
		state=$(engine_docker inspect -f '{{.State.Running}} {{join .Config.Env ","}}' "$name")
		case $state in
		"true "*GENERATION="$1",* | "true "*GENERATION="$1") ;;
		*)
			problem="$name: $state"
			return 1
			;;
		esac
	done
	networks=$(engine_docker network ls --filter label=com.docker.compose.project=shop -q | wc -l)
	[ "$networks" -eq 2 ] || { problem="$networks networks" && return 1; }
}

nothing_left() {
	have=$(engine_docker ps -a --filter label=com.docker.compose.project=shop --format '{{.Names}}' | tr '\n' ' ')
	networks=$(engine_docker network ls --filter label=com.docker.compose.project=shop --format '{{.Name}}' | tr '\n' ' ')
	problem="left: $have$networks"
	[ -z "$have$networks" ]
}
