/* SPDX-License-Identifier: MIT */
#include "compose/project/dotenv.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compose/project/interpolate.h"

struct reader {
	const struct dotenv *how;
	const char *at; /* the text is ended by a NUL */
	const char *line_start;
	unsigned line;
	bool spent; /* the budget is */
	struct diagnostics *diagnostics;
};

/* Columns are characters. */
static unsigned columns(const char *from, const char *to)
{
	unsigned count = 0;

	for (; from < to; from++)
		count += ((unsigned char)*from & 0xc0) != 0x80;
	return count;
}

static struct position place(const struct reader *reader)
{
	return (struct position){reader->how->file, reader->line,
				 columns(reader->line_start, reader->at) + 1};
}

static void next_line(struct reader *reader)
{
	reader->at += strcspn(reader->at, "\n");
	if (*reader->at) {
		reader->line_start = ++reader->at;
		reader->line++;
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* How many bytes a blank takes, the no-break space and the next-line character among them; 0: it is none. */
static size_t blank_len(const char *at)
{
	if (is_blank(*at))
		return 1;
	return strncmp(at, "\xc2\xa0", 2) == 0 || strncmp(at, "\xc2\x85", 2) == 0 ? 2 : 0;
}

static void skip_blanks(struct reader *reader)
{
	while (blank_len(reader->at) > 0)
		reader->at += blank_len(reader->at);
}

static bool is_key(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_.-[]", c)) || (unsigned char)c >= 0x80;
}

/* Variables that are made of variables grow fast, and a file is read for each service that names it. */
static bool spend(struct reader *reader, size_t bytes)
{
	if (bytes <= *reader->how->budget) {
		*reader->how->budget -= bytes;
		return true;
	}
	reader->spent = true;
	diagnostics_add(reader->diagnostics, SEVERITY_ERROR, place(reader), NULL,
			"the variables of the project are too large");
	return false;
}

/* What a variable takes where it is kept, besides its text. */
enum { VARIABLE = 128 };

static bool give(struct reader *reader, const char *name, const char *value, struct position at)
{
	if (!spend(reader, VARIABLE + (value ? strlen(value) : 0)))
		return false;
	reader->how->set(name, value, at, reader->how->payload);
	return true;
}

/* A value with variables in it, whose text begins at a place. */
struct value {
	struct reader *reader;
	const char *name;
	const char *text;
	struct reader begin;
	char quote;          /* 0: none */
	struct reader there; /* between quotes: the last place that was asked for, and */
	struct text before;  /* the text before it */
};

static const char *look(const char *name, void *payload)
{
	const struct dotenv *how = ((struct value *)payload)->reader->how;

	return how->lookup(name, how->payload);
}

static struct position place_within(struct value *value, size_t offset);

static void wrong(const char *problem, size_t offset, void *payload)
{
	struct value *value = payload;
	struct diagnostics *diagnostics = value->reader->diagnostics;
	struct position at = {value->begin.how->file, 0, 0};

	/* Finding it may mean to read the value once more. */
	if (!diagnostics_full(diagnostics))
		at = place_within(value, offset);
	diagnostic_hint(
		diagnostics_add(diagnostics, SEVERITY_ERROR, at, value->name, "%s", problem),
		"single quotes keep a value as it is: %s='...'", value->name);
}

static bool set_expanded(struct value *value, struct position at)
{
	const struct interpolate how = {.lookup = look, .wrong = wrong, .payload = value};
	CLEANUP(text_drop) struct text out = {0};

	return interpolate(&how, value->text, &out) &&
	       give(value->reader, value->name, text_string(&out), at);
}

/* To the end of the line or " #", without the blanks at the end. Where the value would begin, # is
 * part of it. */
static bool read_plain(struct reader *reader, const char *name, struct position at)
{
	size_t len = strcspn(reader->at, "\n");
	CLEANUP(memory_free) char *text = memory_copy_n(reader->at, len);
	struct value value = {reader, name, text, *reader, '\0', {0}, {0}};

	const char *comment = strstr(text, " #");
	if (comment)
		len = (size_t)(comment - text);
	for (;;) {
		text[len] = '\0';
		if (len > 0 && blank_len(text + len - 1) == 1)
			len--;
		else if (len > 1 && blank_len(text + len - 2) == 2)
			len -= 2;
		else
			break;
	}
	next_line(reader);
	return set_expanded(&value, at);
}

/* An escape of double quotes, at the character behind the backslash. What has no meaning keeps its
 * backslash;
 * \$ becomes $$, which interpolation makes a dollar. */
static void add_escape(struct reader *reader, struct text *out)
{
	static const char names[] = "abcfnrtv\\\"";
	static const char meanings[] = "\a\b\0\f\n\r\t\v\\\"";
	char c = *reader->at;
	const char *known = c ? strchr(names, c) : NULL;

	if (c == '$') {
		text_add(out, "$$");
	} else if (c == '0' && isdigit((unsigned char)reader->at[1])) {
		unsigned value = 0;

		for (int i = 0; i < 3 && reader->at[1] >= '0' && reader->at[1] <= '7'; i++)
			value = value * 8 + (unsigned)(*++reader->at - '0');
		if (value > 0)
			text_add_char(out, (char)value);
	} else if (known && meanings[known - names]) {
		text_add_char(out, meanings[known - names]);
	} else if (c) {
		text_add_char(out, '\\');
		text_add_char(out, c);
	}
}

/* The text between quotes up to the closing one, or as soon as it is longer than most. */
static void unquote(struct reader *reader, char quote, struct text *value, size_t most)
{
	for (; *reader->at && *reader->at != quote && value->len <= most; reader->at++) {
		if (*reader->at == '\n') {
			reader->line++;
			reader->line_start = reader->at + 1;
		}
		if (*reader->at != '\\' || !reader->at[1]) {
			text_add_char(value, *reader->at);
		} else if (quote == '"') {
			reader->at++;
			add_escape(reader, value);
		} else if (reader->at[1] == '\'') {
			text_add_char(value, *++reader->at);
		} else {
			/* Two backslashes stay two, and the second does not open an escape. */
			text_add_char(value, '\\');
			if (reader->at[1] == '\\')
				text_add_char(value, *++reader->at);
		}
	}
}

/* Where the character at an offset of the value is written. */
static struct position place_within(struct value *value, size_t offset)
{
	struct reader reader = value->begin;

	if (!value->quote) {
		reader.at += offset;
		return place(&reader);
	}
	if (!value->there.at || offset < value->before.len) {
		value->there = value->begin;
		text_remove(&value->before, 0, value->before.len);
	}
	if (offset > 0)
		unquote(&value->there, value->quote, &value->before, offset - 1);
	return place(&value->there);
}

/* Between quotes; what follows the closing quote is read as the next statement. */
static bool read_quoted(struct reader *reader, const char *name, struct position at)
{
	CLEANUP(text_drop) struct text text = {0};
	struct position start = place(reader);
	char quote = *reader->at++;
	struct value value = {reader, name, NULL, *reader, quote, {0}, {0}};

	unquote(reader, quote, &text, SIZE_MAX);
	if (!*reader->at) {
		diagnostic_hint(diagnostics_add(reader->diagnostics, SEVERITY_ERROR, start, name,
						"the quote %c is not closed", quote),
				"the value goes to the next %c, over several lines too", quote);
		return false;
	}
	reader->at++;
	if (quote != '"')
		return give(reader, name, text_string(&text), at);
	value.text = text_string(&text);
	bool well = set_expanded(&value, at);
	text_drop(&value.before);
	return well;
}

static bool set_inherited(struct reader *reader, const char *name, struct position at)
{
	return give(reader, name, reader->how->lookup(name, reader->how->payload), at);
}

static bool bad_name(struct reader *reader, const char *start, struct position at)
{
	size_t len = strcspn(start, "=:\n");

	diagnostic_hint(diagnostics_add(reader->diagnostics, SEVERITY_ERROR, at, NULL,
					"\"%.*s\" is not a variable's name",
					(int)(len > 60 ? 60 : len), start),
			"a name is made of letters, digits, _ . - [ and ]; then comes =");
	return false;
}

static bool read_statement(struct reader *reader)
{
	if (strncmp(reader->at, "export", 6) == 0 && is_blank(reader->at[6])) {
		reader->at += 6;
		skip_blanks(reader);
	}
	if (*reader->at == '\n')
		return true;
	struct position at = place(reader);
	const char *start = reader->at;
	while (is_key(*reader->at))
		reader->at++;
	size_t len = (size_t)(reader->at - start);
	skip_blanks(reader);
	if (len == 0)
		return bad_name(reader, start, at);
	CLEANUP(memory_free) char *name = memory_copy_n(start, len);
	if (*reader->at == '\n' || !*reader->at)
		return set_inherited(reader, name, at);
	if (*reader->at != '=' && *reader->at != ':')
		return bad_name(reader, start, at);
	reader->at++;
	skip_blanks(reader);
	if (*reader->at == '"' || *reader->at == '\'')
		return read_quoted(reader, name, at);
	return read_plain(reader, name, at);
}

static bool read_raw_line(struct reader *reader)
{
	size_t len = strcspn(reader->at, "\n");
	struct position at = place(reader);

	if (len > 0 && reader->at[len - 1] == '\r')
		len--;
	CLEANUP(memory_free) char *line = memory_copy_n(reader->at, len);
	char *equals = strchr(line, '=');
	if (equals)
		*equals = '\0';
	if (!*line || strpbrk(line, " \t"))
		return bad_name(reader, reader->at, at);
	if (equals ? !give(reader, line, equals + 1, at) : !set_inherited(reader, line, at))
		return false;
	next_line(reader);
	return true;
}

/* Notepad and PowerShell's > write it. */
static bool is_utf16(const char *bytes, size_t len)
{
	return len >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
}

/* False: a finding says why it is none. text is the reader's copy of the bytes. */
static bool check_text(struct reader *reader, const char *text, const char *bytes, size_t len)
{
	if (is_utf16(bytes, len)) {
		diagnostic_hint(diagnostics_add(reader->diagnostics, SEVERITY_ERROR,
						(struct position){reader->how->file, 0, 0}, NULL,
						"the file is UTF-16, not UTF-8"),
				"save it as UTF-8; in PowerShell: | Out-File -Encoding utf8");
		return false;
	}
	const char *zero = memchr(bytes, '\0', len);
	if (!zero)
		return true;
	zero = text + (zero - bytes);
	for (; reader->at < zero; reader->at++)
		if (*reader->at == '\n') {
			reader->line++;
			reader->line_start = reader->at + 1;
		}
	diagnostics_add(reader->diagnostics, SEVERITY_ERROR, place(reader), NULL,
			"a NUL character: the file is not text");
	return false;
}

/* An error is told and the next line read: but not behind a quote that is not closed. */
static bool read_line(struct reader *reader)
{
	unsigned line = reader->line;

	if (reader->how->raw ? read_raw_line(reader) : read_statement(reader))
		return true;
	if (*reader->at && reader->line == line)
		next_line(reader);
	return false;
}

bool dotenv_read(const struct dotenv *how, const char *bytes, size_t len,
		 struct diagnostics *diagnostics)
{
	CLEANUP(memory_free) char *text = memory_copy_n(bytes, len);
	struct reader reader = {
		.how = how, .at = text, .line_start = text, .line = 1, .diagnostics = diagnostics};

	if (!spend(&reader, len))
		return false;
	if (text_starts(text, "\xef\xbb\xbf"))
		reader.at += 3;
	reader.line_start = reader.at;
	if (!check_text(&reader, text, bytes, len))
		return false;
	bool well = true;
	for (;;) {
		skip_blanks(&reader);
		if (!*reader.at || reader.spent)
			return well && !reader.spent;
		if (*reader.at == '\n' || *reader.at == '#')
			next_line(&reader);
		else
			well &= read_line(&reader);
	}
}
