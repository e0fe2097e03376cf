# SPDX-License-Identifier: MIT
# Networks, addresses, the way out and what may not come in.

is "a network starts" "" "$(network 11111111 'name=shop_default reserve=gone v6=1')"
is "to start it again is well" "" "$(net start "$root/11111111" 2>&1)"
is "a network that overlaps it is refused" "1" \
	"$(network 22222222 subnet=172.31.0.0/16 | grep -c 'overlaps 172.31.240.0/20')"
rm -rf "$root/22222222"
is "a network that overlaps a route of the host is refused" "1" \
	"$(network 22222222 subnet=192.0.2.128/25 | grep -c 'overlaps 192.0.2.0/24')"
rm -rf "$root/22222222"
is "an internal network starts" "" "$(network 22222222 'internal=1 name=shop_back')"

one=$(attach 11111111 c1 outlet=1 name=shop-web-1 name=web also=22222222)
two=$(attach 11111111 c2 outlet=1 name=shop-web-2 name=web)
is "the first container has the first free address" 172.31.240.2 "$one"
is "the next one the next" 172.31.240.3 "$two"
is "to attach it again is well" 172.31.240.3 "$(attach 11111111 c2)"
has "an address that is given is refused" "in use already" "$(attach 11111111 c3 ip=172.31.240.2)"
has "an address of elsewhere is refused" "no host of the network" "$(attach 11111111 c3 ip=10.0.0.1)"
is "a static address is as asked for" 172.31.250.9 \
	"$(attach 11111111 c3 ip=172.31.250.9 mac=02:00:00:00:00:09 interface=net0)"
has "so is its hardware's address and its link's name" "02:00:00:00:00:09" "$(ip -n $name-c3 link show net0)"

is "containers reach each other and see each other's address" "$one 0" "$(in_ c1 "$stream" send "$two" 80 0)"
six=$(ip -n $name-c2 -6 addr show eth0 scope global | sed -n 's/.*inet6 \([^/]*\).*/\1/p')
has "by IPv6 too" "fd11:1111:1100:a1b2:" "$(in_ c1 "$stream" send "$six" 80 0)"
is "the host reaches a container" "169.254.77.1 0" "$(in_ host "$stream" send "$one" 80 0)"
is "a container reaches what is outside, with the host's address" "192.0.2.1 0" \
	"$(in_ c1 "$stream" send 192.0.2.2 80 0)"
is "a container reaches a service of the host by the way out" "$one 0" \
	"$(in_ c1 "$stream" send 169.254.77.1 9000 0)"

back=$(attach 22222222 c4 outlet=1 name=db)
is "a second network takes a second link, while the container runs" 172.31.224.3 \
	"$(attach 22222222 c1 interface=eth1 name=shop-web-1)"
is "containers of an internal network reach each other" "172.31.224.3 0" "$(in_ c1 "$stream" send "$back" 80 0)"
is "an internal network has no way out" "connect: Network is unreachable" \
	"$(in_ c4 "$stream" send 192.0.2.2 80 0 | sed 's/Resource temporarily unavailable\|Operation now in progress\|No route to host/Network is unreachable/')"
is "one network does not reach another" "1" "$(in_ c2 "$stream" send "$back" 80 0 | grep -c connect:)"
in_ host iptables -F FORWARD
is "when another clears its chain the way out is open again" "192.0.2.1 0" \
	"$(eventually 2 sh -c "nsenter --net=/run/netns/$name-host iptables-save | grep -c 'A FORWARD'" >/dev/null; in_ c1 "$stream" send 192.0.2.2 80 0)"
# The machine outside may know the way; the network's rules do not let it in.
ip -n $name-outside route add 172.31.240.0/20 via 192.0.2.1
is "nothing comes in from outside that is not published" "1" "$(in_ outside "$stream" send "$one" 80 0 | grep -c connect:)"
# A bridge's own choice changes when a container comes, and those that are there send to nobody.
has "the gateway's hardware has one address for good" "02:77:ac:1f:f0:01" \
	"$(nsenter --net="$root/11111111/space" ip link show br0)"
