# SPDX-License-Identifier: MIT
# Bars, as ratios, and of our own time.

# rates -- the best of five rounds for each of three ways in Mbit/s: other work on this machine only takes away.
rates() {
	for round in 1 2 3 4 5; do
		for way in "direct $one 80" "rules 127.0.0.1 8080" "proxy 127.0.0.1 8090"; do
			echo "${way%% *} $(in_ host "$stream" send ${way#* } 0.3)"
		done
	done | awk '$3 > best[$1] { best[$1] = $3 } END { print best["direct"], best["rules"], best["proxy"] }'
}
network 33333333 'proxied=1' >/dev/null
four=$(attach 33333333 c4 interface=eth1 port=tcp/*/8090/80)
read -r direct rules proxy <<-EOF
	$(rates)
EOF
echo "direct $direct Mbit/s, by rules $rules, by the proxy $proxy"
is "rules carry at least 0.75 of direct" 1 "$(awk "BEGIN { print ($rules >= 0.75 * $direct) }")"
is "the proxy carries at least 0.4 of direct" 1 "$(awk "BEGIN { print ($proxy >= 0.4 * $direct) }")"

# Fifty containers in and out, the best of five; each with two names and a port.
up='' down='' waited=''
for round in 1 2 3 4 5; do
	for i in $(seq 50); do ip netns add $name-m$i; done
	[ $round = 1 ] || network 33333333 '' >/dev/null
	owner=$(ask 33333333 ping | sed -n 's/process=//p')
	read -r used _ </proc/"$owner"/schedstat
	came=$("$stream" ask "$root/33333333/control" 50 \
		"attach id=m@ space=/run/netns/$name-m@ outlet=1 name=m@ name=many port=tcp/127.0.0.1/0/80")
	[ "${came% *}" = 50 ] || is "fifty containers come into a network" 50 "$came"
	sleep 0.05 # the rules are set in the next turn
	read -r now _ </proc/"$owner"/schedstat
	went=$("$stream" ask "$root/33333333/control" 1 end)
	[ "${went% *}" = 1 ] || is "a network ends with fifty containers in it" 1 "$went"
	up="$up $(((now - used) / 1000000))" waited="$waited ${came#* }" down="$down ${went#* }"
	for i in $(seq 50); do ip netns del $name-m$i; done
done
least() { printf '%s\n' "$@" | sort -n | head -n 1; }
# shellcheck disable=SC2086 # a word for each
up=$(least $up) down=$(least $down) waited=$(least $waited)
echo "fifty containers: in $waited ms, of these $up of the processor's; the network's end $down ms"
is "fifty come in with 60 ms of our own time" 1 "$(awk "BEGIN { print ($up <= 60) }")"
is "fifty go with their network within 100 ms" 1 "$(awk "BEGIN { print ($down <= 100) }")"

ask 11111111 end >/dev/null
ask 22222222 end >/dev/null
is "nothing is left in the end but what was there" "$before" \
	"$(in_ host iptables-save | grep -c '^[-:]'; ip -n $name-host link | grep -c '^[0-9]')"
is "no folder either" "lock" "$(ls "$root")"
