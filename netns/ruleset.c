/* SPDX-License-Identifier: MIT */
#include "netns/ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"

/* Where a word of ours stands for the network's own: $T the table, $L the link, $4 and $6 the
 * subnets. A line that names $6 is left off where there is none. Old versions of the parser want
 * each brace on a line of its own. */
static const char table[] =
	"add table inet $T\n"
	"delete table inet $T\n"
	"table inet $T {\n"
	"	map one {\n"
	"		type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service\n"
	"	}\n"
	"	map any {\n"
	"		type inet_proto . inet_service : ipv4_addr . inet_service\n"
	"	}\n"
	/* The host's own loopback is reached through this link, for published ports only: what
	 * comes from it must neither go there nor have another's address. */
	"	chain first {\n"
	"		type filter hook prerouting priority raw; policy accept;\n"
	"		iifname \"$L\" ip daddr 127.0.0.0/8 drop\n"
	"		iifname \"$L\" ip saddr != { $4, " RULESET_ROUTER " } drop\n"
	"		iifname \"$L\" ip6 saddr != { $6, fe80::/10 } drop\n"
	"	}\n"
	"	chain before {\n"
	"		type nat hook prerouting priority dstnat; policy accept;\n"
	"		fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map "
	"@one\n"
	"		fib daddr type local dnat ip to meta l4proto . th dport map @any\n"
	"	}\n"
	/* -100 is dstnat; nft before 1.0.8 knows that word where packets come in only. */
	"	chain own {\n"
	"		type nat hook output priority -100; policy accept;\n"
	"		fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map "
	"@one\n"
	"		fib daddr type local dnat ip to meta l4proto . th dport map @any\n"
	"	}\n"
	"	chain through {\n"
	"		type filter hook forward priority filter; policy accept;\n"
	"		oifname \"$L\" ct state established,related accept\n"
	"		oifname \"$L\" ct status dnat accept\n"
	"		oifname \"$L\" drop\n"
	"	}\n"
	"	chain after {\n"
	"		type nat hook postrouting priority srcnat; policy accept;\n"
	"		oifname \"$L\" ip saddr 127.0.0.0/8 masquerade\n"
	"		ip saddr $4 masquerade\n"
	"		ip6 saddr $6 masquerade\n"
	"	}\n"
	"}\n";

static const char pass[] =
	"insert rule ip filter FORWARD oifname \"$L\" counter accept comment \"$T\"\n"
	"insert rule ip filter FORWARD iifname \"$L\" counter accept comment \"$T\"\n";

/* The text for a letter behind $; NULL: none. */
static const char *word(const struct network *network, char letter, char out[static CIDR_TEXT])
{
	switch (letter) {
	case 'T':
		network_table(network, out);
		return out;
	case 'L':
		network_link(network, out);
		return out;
	case '4':
		cidr_format(&network->v4, out);
		return out;
	default:
		if (!network->v6.prefix)
			return NULL;
		cidr_format(&network->v6, out);
		return out;
	}
}

static void fill(struct text *text, const char *template, const struct network *network)
{
	char out[CIDR_TEXT];
	size_t line = text->len;

	for (const char *c = template; *c; c++) {
		if (*c != '$') {
			text_add_char(text, *c);
			if (*c == '\n')
				line = text->len;
			continue;
		}
		const char *value = word(network, *++c, out);

		if (value) {
			text_add(text, value);
			continue;
		}
		text_remove(text, line, text->len - line);
		c += strcspn(c, "\n");
	}
}

void ruleset_network(struct text *text, const struct network *network)
{
	fill(text, table, network);
}

void ruleset_remove(struct text *text, const struct network *network)
{
	/* Added before, as to delete what is not there is an error. */
	fill(text, "add table inet $T\ndelete table inet $T\n", network);
}

static void element(struct text *text, const char *verb, const struct network *network,
		    const struct ruleset_port *port, bool with_value)
{
	char name[NETWORK_NAME], address[CIDR_TEXT];

	network_table(network, name);
	text_printf(text, "%s element inet %s %s { ", verb, name, port->host ? "one" : "any");
	if (port->host) {
		cidr_format_address(port->host, address);
		text_printf(text, "%s . ", address);
	}
	text_printf(text, "%s . %u", port->is_udp ? "udp" : "tcp", port->port);
	if (with_value) {
		cidr_format_address(port->to, address);
		text_printf(text, " : %s . %u", address, port->inner);
	}
	text_add(text, " }\n");
}

void ruleset_publish(struct text *text, const struct network *network,
		     const struct ruleset_port *port)
{
	element(text, "add", network, port, true);
}

void ruleset_withdraw(struct text *text, const struct network *network,
		      const struct ruleset_port *port)
{
	element(text, "delete", network, port, false);
}

void ruleset_pass(struct text *text, const struct network *network)
{
	fill(text, pass, network);
}

unsigned ruleset_unpass(struct text *text, const char *listing, const char *comment)
{
	char quoted[CIDR_TEXT];
	unsigned count = 0;

	snprintf(quoted, sizeof(quoted), "comment \"%.40s\" # handle ", comment);
	for (const char *at = listing; (at = strstr(at, quoted));) {
		at += strlen(quoted);
		text_printf(text, "delete rule ip filter FORWARD handle %lu\n",
			    strtoul(at, NULL, 10));
		count++;
	}
	return count;
}
