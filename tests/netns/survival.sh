# SPDX-License-Identifier: MIT
# Ends: of containers, of the process, of the network.

process() { ask "$1" ping | sed -n 's/process=//p'; }
kill -9 "$(process 11111111)"
is "when the process is killed containers reach each other still" "$one 0" "$(in_ c1 "$stream" send "$two" 80 0)"
is "and ports that rules carry lead on" "192.0.2.2 0" "$(in_ outside "$stream" send 192.0.2.1 8080 0)"
is "it starts again" "" "$(net start "$root/11111111" 2>&1)"
is "with all its containers" "c1 c2 c3 " "$(ask 11111111 list | sed -n 's/^id=\([^ ]*\).*/\1/p' | sort | tr '\n' ' ')"
is "and their names" "A $one " "$(dns c2 shop-web-1 a)"
is "and their ports" "fd11:1111:1100:a1b2::1 0" "$(in_ host "$stream" send ::1 8080 0)"
is "and their other networks" "A $back " "$(dns c2 db a)"

kill "$(process 11111111)"
is "when it is told to end the network stays" "192.0.2.2 0" \
	"$(eventually "wincompose-net: no network process answers at $root/11111111/control" ask 11111111 ping >/dev/null; in_ outside "$stream" send 192.0.2.1 8080 0)"
is "and starts again" "" "$(net start "$root/11111111" 2>&1)"

# A container ends: its processes, and with them its namespace.
for process in $servers; do
	[ "$(readlink /proc/"$process"/ns/net)" != "net:[$(stat -L -c %i /run/netns/$name-c3)]" ] || kill "$process"
done
ip netns del $name-c3
is "a container that ends is forgotten by itself" "c1 c2 " \
	"$(eventually "c1 c2 " sh -c "nsenter --net=/run/netns/$name-host $program ask $root/11111111 list | sed -n 's/^id=\([^ ]*\).*/\1/p' | sort | tr '\n' ' '")"

# Killed at many of the calls by which it starts and puts a container in: the next start makes it whole.
container c5
if command -v strace >/dev/null; then
	bad=''
	for when in setns:1 setns:2 setns:4 setns:6 setns:8 setns:10 mount:1 rename:1 sendmsg:1 sendmsg:2 bind:1 bind:3 bind:5 bind:7 \
		write:1 write:3 write:5 write:7 unlink:1 socket:2 socket:6 socket:9 openat:20 openat:30 openat:40 openat:50 \
		sendto:1 sendto:4 sendto:7 sendto:10 sendto:13 sendto:16 sendto:19 sendto:22 sendto:25 sendto:28 sendto:31 sendto:34 \
		sendto:37 sendto:40 sendto:43 sendto:46 sendto:49 sendto:52 sendto:55; do
		kill -9 "$(process 11111111)"
		in_ host strace -f -o /dev/null -e inject="${when%:*}":signal=KILL:when="${when#*:}" \
			"$program" run "$root/11111111" >/dev/null 2>&1 &
		victim=$!
		eventually 0 sh -c "nsenter --net=/run/netns/$name-host $program ask $root/11111111 ping >/dev/null 2>&1 || ! kill -0 $victim 2>/dev/null; echo \$?" >/dev/null
		attach 11111111 c5 outlet=1 name=five port=tcp/*/8085/80 >/dev/null 2>&1
		kill -9 "$(process 11111111 2>/dev/null)" 2>/dev/null
		wait $victim 2>/dev/null
		said=$(net start "$root/11111111" 2>&1)
		address=$(attach 11111111 c5 outlet=1 name=five port=tcp/*/8085/80)
		reached=$(in_ c5 "$stream" send "$one" 80 0)
		[ "$said$reached" = "$address 0" ] || bad="$bad; at $when: $said $address $reached"
		ask 11111111 detach id=c5 >/dev/null
		[ -z "$(ip -n $name-c5 link show eth0 2>/dev/null)" ] || bad="$bad; at $when: a link is left"
	done
	is "killed at any call it is made whole by the next start" "" "$bad"
else
	echo "skipped: there is no strace to kill the process at a call"
fi

# What is left when nobody ends a network.
kill -9 "$(process 33333333)"
is "a prune takes what is not to be kept" "network 33333333 rules wincompose_0a1b233333333 pass wincompose_0a1b233333333 " \
	"$(net prune "$root" 0a1b2 11111111 22222222 | tr '\n' ' ')"
is "and the containers' links go with it" "" "$(ip -n $name-c4 link show eth1 2>/dev/null)"
ip -n $name-host link add wc0a1b299999999 type bridge
ip -n $name-host link add wcfffff99999999 type bridge
is "a link that a power cut left is known by its name" "link wc0a1b299999999" "$(net prune "$root" 0a1b2 11111111 22222222)"
is "another's stays" "1" "$(ip -n $name-host link show wcfffff99999999 | grep -c mtu)"
ip -n $name-host link del wcfffff99999999
has "what is to be kept works on" "$one 0" "$(in_ c1 "$stream" send "$two" 80 0)"
