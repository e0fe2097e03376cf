# SPDX-License-Identifier: MIT
# Bars, as ratios, and of our own time.

# Other work on this machine only takes away: the best of some rounds counts, and there are more of them while a bar is
# not reached.
holds() { awk "BEGIN { exit !($1) }"; }
# best NAME ADDRESS PORT -- sets NAME to the most Mbit/s so far
best() {
	rate=$(in_ host "$stream" send "$2" "$3" 0.3 | awk '{ print $2 + 0 }')
	eval "[ $rate -le \$$1 ] || $1=$rate"
}
network 33333333 'proxied=1' >/dev/null
four=$(attach 33333333 c4 interface=eth1 port=tcp/*/8090/80)
direct=0 rules=0 proxy=0 rounds=0
while [ $rounds -lt 3 ] || { [ $rounds -lt 25 ] && ! holds "$rules >= 0.75 * $direct && $proxy >= 0.4 * $direct"; }; do
	best direct "$one" 80
	best rules 127.0.0.1 8080
	best proxy 127.0.0.1 8090
	rounds=$((rounds + 1))
done
echo "direct $direct Mbit/s, by rules $rules, by the proxy $proxy"
is "rules carry at least 0.75 of direct" 0 "$(holds "$rules >= 0.75 * $direct"; echo $?)"
is "the proxy carries at least 0.4 of direct" 0 "$(holds "$proxy >= 0.4 * $direct"; echo $?)"

# Fifty containers in and out; each with two names and a port.
up=9999 down=9999 waited=9999 rounds=0
while [ $rounds -lt 3 ] || { [ $rounds -lt 12 ] && ! holds "$up <= 60 && $down <= 100"; }; do
	rounds=$((rounds + 1))
	for i in $(seq 50); do ip netns add $name-m$i; done
	[ $rounds = 1 ] || network 33333333 '' >/dev/null
	owner=$(ask 33333333 ping | sed -n 's/process=//p')
	read -r used _ </proc/"$owner"/schedstat
	came=$("$stream" ask "$root/33333333/control" 50 \
		"attach id=m@ space=/run/netns/$name-m@ outlet=1 name=m@ name=many port=tcp/127.0.0.1/0/80")
	[ "${came% *}" = 50 ] || is "fifty containers come into a network" 50 "$came"
	sleep 0.05 # the rules are set in the next turn
	read -r now _ </proc/"$owner"/schedstat
	went=$("$stream" ask "$root/33333333/control" 1 end)
	[ "${went% *}" = 1 ] || is "a network ends with fifty containers in it" 1 "$went"
	used=$(((now - used) / 1000000))
	holds "$up <= $used" || up=$used
	holds "$waited <= ${came#* }" || waited=${came#* }
	holds "$down <= ${went#* }" || down=${went#* }
	for i in $(seq 50); do ip netns del $name-m$i; done
done
echo "fifty containers: in $waited ms, of these $up of the processor's; the network's end $down ms"
is "fifty come in with 60 ms of our own time" 0 "$(holds "$up <= 60"; echo $?)"
is "fifty go with their network within 100 ms" 0 "$(holds "$down <= 100"; echo $?)"

is "a network ends" "" "$(ask 11111111 end)$(ask 22222222 end)"
is "nothing is left in the end but what was there" "$before" \
	"$(in_ host iptables-save | grep -c '^[-:]'; ip -n $name-host link | grep -c '^[0-9]')"
is "no folder either" "lock" "$(ls "$root")"
