# SPDX-License-Identifier: MIT
# lib.sh -- what the cases of the Windows engine are written with, beyond tests/scenario/lib.sh.
. "$(dirname "$SCENARIO_LIB")/../scenario/lib.sh"

# fault WHAT CODE [COUNT]: the next start or endpoint fails with the code.
fault() {
	api POST "/test/fault?what=$1&code=$2&count=${3:-1}"
}

# answer METHOD PATH [JSON]: the status and the body, whatever they are.
answer() {
	if [ -n "${ENGINE_URL:-}" ]; then
		set -- "$1" "$ENGINE_URL$2" "${3:-}"
	else
		set -- "$1" "http://engine$2" "${3:-}" --unix-socket "${DOCKER_HOST#unix://}"
	fi
	answer_method=$1 answer_url=$2 answer_body=$3
	shift 3
	curl -s -w '%{http_code} ' -o "$SCENARIO_TMP/answer" -X "$answer_method" "$@" \
		${answer_body:+-H 'Content-Type: application/json' -d "$answer_body"} "$answer_url"
	cat "$SCENARIO_TMP/answer"
}

# events PATTERN: how many lines of the engine's journal fit.
asked() {
	grep -c "$1" "$CASE_JOURNAL" || :
}
