/* SPDX-License-Identifier: MIT */
#include "compose/project/excerpt.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"

enum { SHOWN = 160 }; /* bytes of a line */

/* --- characters */

struct span {
	uint32_t first;
	uint32_t last;
};

static bool is_in(uint32_t c, const struct span *spans, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (c >= spans[i].first && c <= spans[i].last)
			return true;
	return false;
}

/* The bytes of the character at the start of bytes; 0: they are none of UTF-8. */
static size_t decode(const char *bytes, size_t len, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *b = (const unsigned char *)bytes;
	size_t n = b[0] < 0x80             ? 1
		   : (b[0] & 0xe0) == 0xc0 ? 2
		   : (b[0] & 0xf0) == 0xe0 ? 3
		   : (b[0] & 0xf8) == 0xf0 ? 4
					   : 0;

	if (n == 0 || n > len)
		return 0;
	*c = n == 1 ? b[0] : b[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (b[i] & 0x3f);
	}
	return *c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : n;
}

static bool is_harmful(uint32_t c)
{
	static const struct span spans[] = {
		{0x7f, 0x9f},     /* DEL, C1 */
		{0x061c, 0x061c}, /* what turns the direction of writing */
		{0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff},
	};

	return is_in(c, spans, ARRAY_LEN(spans));
}

/* Columns on a terminal; what is not in these spans takes one (Unicode's East Asian Width W and F,
 * and the marks that stand on what is before them). */
static size_t width_of(uint32_t c)
{
	static const struct span wide[] = {
		{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97f},
		{0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
		{0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
		{0x20000, 0x3fffd},
	};
	static const struct span none[] = {
		{0x0300, 0x036f}, {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};

	if (c < 0x300)
		return 1;
	if (is_in(c, none, ARRAY_LEN(none)))
		return 0;
	return is_in(c, wide, ARRAY_LEN(wide)) ? 2 : 1;
}

/* Adds one character as it is shown and gives its bytes; *width counts its columns. */
static size_t add_character(struct text *out, const char *bytes, size_t len, size_t *width)
{
	uint32_t c = 0;
	size_t n = decode(bytes, len, &c);

	if (n == 0 || c < 0x20 || is_harmful(c)) {
		text_add_char(out, n == 1 && c <= 0x7f ? ' ' : '?');
		*width += 1;
		return n > 0 ? n : 1;
	}
	text_add_n(out, bytes, n);
	*width += width_of(c);
	return n;
}

void excerpt_add_safe(struct text *out, const char *bytes, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len;)
		i += add_character(out, bytes + i, len - i, &width);
}

/* --- UTF-16 */

static void encode(struct text *out, uint32_t c)
{
	if (c < 0x80) {
		text_add_char(out, (char)c);
		return;
	}
	unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};

	text_add_char(out, (char)(leads[more] | c >> (6 * more)));
	while (more-- > 0)
		text_add_char(out, (char)(0x80 | (c >> (6 * more) & 0x3f)));
}

bool excerpt_decode(struct text *out, const char *bytes, size_t len)
{
	const unsigned char *b = (const unsigned char *)bytes;
	bool little = len >= 2 && b[0] == 0xff && b[1] == 0xfe;
	uint32_t high = 0;

	if (!little && !(len >= 2 && b[0] == 0xfe && b[1] == 0xff))
		return false;
	for (size_t i = 2; i + 1 < len; i += 2) {
		uint32_t unit =
			little ? b[i] | (uint32_t)b[i + 1] << 8 : b[i + 1] | (uint32_t)b[i] << 8;

		if (unit >= 0xd800 && unit < 0xdc00) {
			high = unit;
			continue;
		}
		if (unit >= 0xdc00 && unit < 0xe000)
			unit = high ? 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00) : 0xfffd;
		high = 0;
		encode(out, unit);
	}
	return true;
}

/* --- lines */

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) ==
	       0x80; /* the second to fourth byte of a UTF-8 character */
}

/* The offset of a column: characters are counted as the reader of the file counts them. */
static size_t offset_of(const char *line, size_t len, unsigned column)
{
	size_t at = 0;

	for (; column > 1 && at < len; column--)
		do
			at++;
		while (at < len && is_tail(line[at]));
	return at;
}

size_t excerpt_add(struct text *out, const char *line, size_t len, unsigned column)
{
	size_t at = offset_of(line, len, column);
	size_t start = 0, width = 0, caret = 0;

	if (at > SHOWN / 2 && len > SHOWN)
		start = at - SHOWN / 2;
	while (start > 0 && is_tail(line[start]))
		start--;
	size_t end = len - start > SHOWN ? start + SHOWN : len;
	while (end < len && is_tail(line[end]))
		end++;
	if (start > 0) {
		text_add(out, "...");
		width = 3;
	}
	for (size_t i = start; i < end;) {
		if (i <= at)
			caret = width;
		i += add_character(out, line + i, end - i, &width);
	}
	if (end < len)
		text_add(out, "...");
	return at >= end ? width : caret;
}

/* --- where what is meant ends */

/* The offset behind a quoted text that begins at at. */
static size_t quoted(const char *line, size_t len, size_t at)
{
	char quote = line[at++];

	for (; at < len; at++) {
		if (line[at] == '\\' && quote == '"')
			at++;
		else if (line[at] == quote && quote == '\'' && at + 1 < len && line[at + 1] == '\'')
			at++;
		else if (line[at] == quote)
			return at + 1;
	}
	return len;
}

static size_t variable(const char *line, size_t len, size_t at)
{
	size_t open = 0;

	at++;
	if (at >= len || line[at] != '{') {
		while (at < len && (isalnum((unsigned char)line[at]) || line[at] == '_'))
			at++;
		return at;
	}
	for (; at < len; at++) {
		open += line[at] == '{';
		if (line[at] == '}' && --open == 0)
			return at + 1;
	}
	return len;
}

static bool is_blank(const char *line, size_t len, size_t at)
{
	return at >= len || line[at] == ' ' || line[at] == '\t';
}

/* In brackets, a comma and their end end a word too. */
static size_t word(const char *line, size_t len, size_t at)
{
	size_t end = at;
	bool flow = false;

	for (size_t i = 0; i < at; i++)
		flow |= line[i] == '[' || line[i] == '{';
	for (; end < len; end++) {
		if (line[end] == ':' && is_blank(line, len, end + 1))
			break;
		if (line[end] == '#' && end > at && is_blank(line, len, end - 1))
			break;
		if (flow && strchr(",[]{}", line[end]))
			break;
	}
	while (end > at && is_blank(line, len, end - 1))
		end--;
	return end > at ? end : at + 1;
}

unsigned excerpt_end(const char *line, size_t len, unsigned column)
{
	size_t at = offset_of(line, len, column);
	size_t end = at;

	if (at >= len)
		return column;
	if (line[at] == '"' || line[at] == '\'')
		end = quoted(line, len, at);
	else
		end = line[at] == '$' ? variable(line, len, at) : word(line, len, at);
	for (; at < end && at < len; at++)
		column += !is_tail(line[at]);
	return column;
}
