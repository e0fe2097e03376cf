/* SPDX-License-Identifier: MIT */
/* The YAML of node.h: block style, two spaces, sequences set in, as docker compose writes it. */
#include "compose/project/node.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "compose/project/scalar.h"

/* What a string allows. */
struct looks {
	bool plain;   /* needs no quotes */
	bool block;   /* may stand as a block of lines */
	bool special; /* needs the escapes of double quotes */
	bool lines;   /* has a line break */
};

static bool is_control(const unsigned char *c)
{
	/* C0 but tab and line feed, DEL, C1, the byte order mark and the two Unicode separators. */
	if ((*c < 0x20 && *c != '\n') || *c == 0x7f)
		return true;
	return (c[0] == 0xc2 && c[1] < 0xa0) ||
	       (c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9)) ||
	       (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\0';
}

/* Whether the first characters of a plain scalar would be read as something else. */
static bool has_plain_start(const char *text)
{
	if (strchr("#,[]{}&*!|>'\"%@`", text[0]))
		return false;
	if (strchr("-?:", text[0]) && is_blank(text[1]))
		return false;
	return strncmp(text, "---", 3) != 0 && strncmp(text, "...", 3) != 0;
}

static struct looks look(const char *text)
{
	struct looks looks = {.plain = true, .block = true};
	size_t len = strlen(text);

	if (len == 0 || text[0] == ' ' || text[len - 1] == ' ' || !has_plain_start(text))
		looks.plain = false;
	if (len > 0 && (text[0] == ' ' || text[0] == '\n' || text[len - 1] == ' '))
		looks.block = false;
	bool tabs = false;
	for (size_t i = 0; i < len; i++) {
		if (is_control((const unsigned char *)text + i))
			looks.special = true;
		tabs |= text[i] == '\t';
		if (text[i] == '\n')
			looks.lines = true;
		if (text[i] == ' ' && text[i + 1] == '\n')
			looks.block = false;
		if ((text[i] == ':' && is_blank(text[i + 1])) ||
		    (text[i] == '#' && i > 0 && is_blank(text[i - 1])))
			looks.plain = false;
	}
	if (tabs && !looks.lines)
		looks.special = true;
	return looks;
}

static void add_single(struct text *out, const char *text)
{
	text_add_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			text_add_char(out, '\'');
		text_add_char(out, *text);
	}
	text_add_char(out, '\'');
}

static void add_double(struct text *out, const char *text)
{
	static const char plain[] = "abtnvfre";
	static const char escaped[] = "\a\b\t\n\v\f\r\033";

	text_add_char(out, '"');
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		const char *known = strchr(escaped, *c);

		if (known)
			text_printf(out, "\\%c", plain[known - escaped]);
		else if (*c == '"' || *c == '\\')
			text_printf(out, "\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			text_printf(out, "\\x%02X", *c);
		else if (*c == 0xc2 && c[1] < 0xa0)
			text_printf(out, "\\x%02X", *++c);
		else if (*c == 0xe2 && is_control(c))
			text_printf(out, "\\u20%02X", c[2] - 0x80), c += 2;
		else if (*c == 0xef && is_control(c))
			text_add(out, "\\uFEFF"), c += 2;
		else
			text_add_char(out, (char)*c);
	}
	text_add_char(out, '"');
}

static void add_block(struct text *out, const char *text, size_t depth)
{
	size_t len = strlen(text), last = 0;

	/* Even a document that is one text stands one step in. */
	depth += depth == 0;
	while (last < len && text[len - 1 - last] == '\n')
		last++;
	text_add(out, last == 0 ? "|-" : last == 1 ? "|" : "|+");
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");

		text_add_char(out, '\n');
		if (n > 0)
			text_add_repeat(out, ' ', depth * 2);
		text_add_n(out, line, n);
		line += n + (line[n] == '\n');
	}
}

static void add_string(struct text *out, const char *text, size_t depth, bool key)
{
	struct looks looks = look(text);

	if (looks.special || (looks.lines && (key || !looks.block)))
		add_double(out, text);
	else if (looks.lines)
		add_block(out, text, depth);
	else if (scalar_is_ambiguous(text))
		add_double(out, text);
	else if (!looks.plain)
		add_single(out, text);
	else
		text_add(out, text);
}

static void add_value(struct text *out, const char *text, size_t depth, bool doubled)
{
	CLEANUP(text_drop) struct text twice = {0};

	for (const char *c = text; doubled && *c; c++) {
		text_add_char(&twice, *c);
		if (*c == '$')
			text_add_char(&twice, '$');
	}
	add_string(out, doubled ? text_string(&twice) : text, depth, false);
}

static void add_scalar(struct text *out, const struct node *node, size_t depth, bool doubled)
{
	switch (node->kind) {
	case NODE_NULL:
		text_add(out, "null");
		break;
	case NODE_BOOL:
		text_add(out, node->boolean ? "true" : "false");
		break;
	case NODE_INT:
		text_printf(out, "%lld", (long long)node->integer);
		break;
	case NODE_FLOAT:
		if (scalar_is_large(node->text))
			text_add(out, node->text);
		else
			scalar_add_real(out, node->real);
		break;
	default:
		add_value(out, node->text, depth, doubled && strchr(node->text, '$'));
	}
}

/* A key that is too long to be recognised by its colon (1024 characters) is announced. */
static void add_key(struct text *out, const char *key, size_t depth)
{
	bool announced = strlen(key) > 500;

	text_add(out, announced ? "? " : "");
	add_string(out, key, depth, true);
	if (announced) {
		text_add_char(out, '\n');
		text_add_repeat(out, ' ', depth * 2);
	}
	text_add_char(out, ':');
}

static bool is_empty(const struct node *node)
{
	return node->kind == NODE_SEQUENCE ? node->sequence.len == 0 : node->mapping.len == 0;
}

/* Writes a value behind "key:" or "-". A collection in a sequence begins on the dash's own line. */
static void add_node(struct text *out, const struct node *node, size_t depth, bool same_line,
		     bool doubled)
{
	if (node->kind < NODE_SEQUENCE || is_empty(node)) {
		if (out->len > 0)
			text_add_char(out, ' ');
		if (node->kind < NODE_SEQUENCE)
			add_scalar(out, node, depth, doubled);
		else
			text_add(out, node->kind == NODE_SEQUENCE ? "[]" : "{}");
		text_add_char(out, '\n');
		return;
	}
	size_t len = node->kind == NODE_SEQUENCE ? node->sequence.len : node->mapping.len;
	if (same_line)
		text_add_char(out, ' ');
	else if (out->len > 0)
		text_add_char(out, '\n');
	for (size_t i = 0; i < len; i++) {
		if (i > 0 || !same_line)
			text_add_repeat(out, ' ', depth * 2);
		if (node->kind == NODE_SEQUENCE) {
			text_add_char(out, '-');
			add_node(out, node->sequence.items[i], depth + 1, true, doubled);
		} else {
			add_key(out, node->mapping.entries[i].key, depth);
			add_node(out, node->mapping.entries[i].value, depth + 1, false, doubled);
		}
	}
}

static void render(const struct node *node, bool doubled, struct text *out)
{
	CLEANUP(text_drop) struct text own = {0};

	add_node(&own, node, 0, false, doubled);
	text_add_n(out, own.data, own.len);
}

void node_to_yaml(const struct node *node, struct text *out)
{
	render(node, false, out);
}

void node_to_file(const struct node *node, struct text *out)
{
	render(node, true, out);
}
