# SPDX-License-Identifier: MIT
# DNS, at the gateway.

dns() { c=$1; shift; in_ "$c" "$stream" name 172.31.240.1 "$@" | sort | tr '\n' ' '; }
is "a service's name is all of its containers" "A $two A $one " "$(dns c2 web a)"
is "a container's own name is it" "A $one " "$(dns c2 shop-web-1 a)"
is "with the network's name behind too" "A $one " "$(dns c2 shop-web-1.shop_default a)"
has "its IPv6 address" "AAAA fd11:1111:1100:a1b2:" "$(dns c2 shop-web-1 aaaa)"
is "backwards it is its own name" "PTR shop-web-2 " "$(dns c2 3.240.31.172.in-addr.arpa ptr)"
is "by TCP the same" "A $one " "$(dns c2 shop-web-1 a tcp)"
is "a name of the network's with nobody there is nobody" "code 3 " "$(dns c2 gone a)"
is "who is in another network asks for its names as well" "A $back " "$(dns c1 db a)"
is "who is not does not get them" "1" "$(dns c2 db a | grep -c code)"
is "until it is connected" "" "$(attach 22222222 c2 interface=eth1 name=shop-web-2 >/dev/null; ask 11111111 also id=c2 also=22222222)"
is "and then it does" "A $back " "$(dns c2 db a)"
is "an internal network refuses others' names" "code 2 " "$(in_ c4 "$stream" name 172.31.224.1 example.org a | tr '\n' ' ')"
