# SPDX-License-Identifier: MIT
# Published ports: by rules, and by the proxy alone.

is "a port is taken out and in again with its container" "" "$(ask 11111111 detach id=c1)"
one=$(attach 11111111 c1 outlet=1 name=shop-web-1 name=web also=22222222 port=tcp/*/8080/80 port=udp/*/8080/80 port=tcp/127.0.0.1/8081/80)
is "loopback leads to the container" "169.254.77.1 0" "$(in_ host "$stream" send 127.0.0.1 8080 0)"
is "the host's own address too" "192.0.2.1 0" "$(in_ host "$stream" send 192.0.2.1 8080 0)"
is "from outside the container sees the client's address" "192.0.2.2 0" "$(in_ outside "$stream" send 192.0.2.1 8080 0)"
is "IPv6's loopback leads there by the proxy" "fd11:1111:1100:a1b2::1 0" "$(in_ host "$stream" send ::1 8080 0)"
is "datagrams come and go from outside" 192.0.2.2 "$(in_ outside "$stream" datagram 192.0.2.1 8080)"
is "datagrams come and go on loopback" 169.254.77.1 "$(in_ host "$stream" datagram 127.0.0.1 8080)"
is "a port of loopback is there" "169.254.77.1 0" "$(in_ host "$stream" send 127.0.0.1 8081 0)"
is "and from outside it is not" "connect: Connection refused" "$(in_ outside "$stream" send 192.0.2.1 8081 0)"
is "another container reaches the published port" "169.254.77.1 0" "$(in_ c2 "$stream" send 192.0.2.1 8080 0)"
is "so does the container itself" "169.254.77.1 0" "$(in_ c1 "$stream" send 192.0.2.1 8080 0)"
has "the port is taken for others" "Address already in use" "$(in_ host "$stream" serve 8080)"
has "a port that is taken is a conflict" "tcp/*/9000/80: the host's port is in use" "$(attach 11111111 c4 interface=x0 port=tcp/*/9000/80)"
is "and nothing of the container is left then" "" "$(ip -n $name-c4 link show x0 2>/dev/null)$(ask 11111111 list | grep id=c4)"
range=$(ask 11111111 attach id=c4 space=/run/netns/$name-c4 interface=x0 port=tcp/*/8080-8089/80)
has "a range takes the first port that is free" "port=tcp/*/8082/80" "$(echo "$range" | sed 's,/8081/,/8082/,')"
is "a detached container's port is refused" "connect: Connection refused" \
	"$(ask 11111111 detach id=c4; in_ host "$stream" send 127.0.0.1 8082 0)"

is "a network without rules of its own starts" "" "$(network 33333333 'proxied=1')"
four=$(attach 33333333 c4 interface=eth1 port=tcp/*/8090/80 port=udp/*/8090/80)
is "through the proxy the container sees the gateway" "${four%.*}.1 0" "$(in_ outside "$stream" send 192.0.2.1 8090 0)"
is "loopback too" "${four%.*}.1 0" "$(in_ host "$stream" send 127.0.0.1 8090 0)"
is "and datagrams" "${four%.*}.1" "$(in_ outside "$stream" datagram 192.0.2.1 8090)"
is "and another network's container" "${four%.*}.1 0" "$(in_ c2 "$stream" send 192.0.2.1 8090 0)"
