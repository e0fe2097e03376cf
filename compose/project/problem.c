/* SPDX-License-Identifier: MIT */
#include "compose/project/problem.h"

#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/project/diagnostic.h"
#include "compose/project/excerpt.h"

struct line {
	const char *text;
	size_t len;
	size_t number; /* from 0 */
	size_t indent; /* blanks before its first character */
};

/* A complaint, and what is made of it. */
struct problem {
	const yaml_parser_t *parser;
	const char *bytes;
	size_t len;
	struct line line; /* where the parser stopped */
	size_t at;        /* the byte in it */
	bool earlier;     /* the thing that it was reading begins in a line above */
	yaml_mark_t mark; /* where the finding stands */
	struct text message;
	struct text hint;
};

/* --- lines */

static struct line line_at(const char *bytes, size_t len, size_t number)
{
	const char *text = bytes, *end = bytes + len;

	for (size_t i = 0; i < number && text < end; i++) {
		const char *next = memchr(text, '\n', (size_t)(end - text));

		text = next ? next + 1 : end;
	}
	const char *stop = text < end ? memchr(text, '\n', (size_t)(end - text)) : NULL;
	struct line line = {text, (size_t)((stop ? stop : end) - text), number, 0};
	while (line.indent < line.len && line.text[line.indent] == ' ')
		line.indent++;
	return line;
}

static bool is_content(const struct line *line)
{
	return line->indent < line->len && !strchr("#\r", line->text[line->indent]);
}

/* The last line before this one that says something. */
static bool line_above(const struct problem *problem, struct line below, struct line *ret)
{
	const char *at = below.text;

	while (at > problem->bytes) {
		const char *end = at - 1;

		for (at = end; at > problem->bytes && at[-1] != '\n';)
			at--;
		struct line line = {at, (size_t)(end - at), --below.number, 0};
		while (line.indent < line.len && line.text[line.indent] == ' ')
			line.indent++;
		if (is_content(&line)) {
			*ret = line;
			return true;
		}
	}
	return false;
}

/* The byte of a column that counts characters from 0. */
static size_t byte_of(const struct line *line, size_t column)
{
	size_t at = 0;

	for (; column > 0 && at < line->len; column--)
		do
			at++;
		while (at < line->len && ((unsigned char)line->text[at] & 0xc0) == 0x80);
	return at;
}

static size_t count(const struct line *line, size_t end, char what)
{
	size_t found = 0;

	for (size_t i = 0; i < end && i < line->len; i++)
		found += line->text[i] == what && (i == 0 || line->text[i - 1] != '\\');
	return found;
}

/* The colon that ends a key, in the first end bytes; end: there is none. A colon with no blank behind it
 * is given by loose. */
static size_t key_end(const struct line *line, size_t end, bool loose)
{
	for (size_t i = line->indent; i < end && i < line->len; i++)
		if (line->text[i] == ':' &&
		    (loose || i + 1 >= line->len || strchr(" \t\r", line->text[i + 1])))
			return i;
	return end;
}

static void stand_at(struct problem *problem, const struct line *line)
{
	problem->mark.line = line->number;
	problem->mark.column = line->indent;
}

/* --- what each complaint means */

/* NAME: VALUE: OTHER in one line, or a line above that is no NAME: or has its value already. */
static void tell_second_colon(struct problem *problem)
{
	const struct line *line = &problem->line;
	struct line above = {0};

	if (key_end(line, problem->at, false) < problem->at ||
	    !line_above(problem, *line, &above)) {
		text_add(&problem->message, "a second \": \" in one line");
		text_add(&problem->hint,
			 "a text with \": \" in it, or a colon at its end, needs quotes");
		return;
	}
	if (key_end(&above, above.len, false) < above.len) {
		text_printf(
			&problem->hint,
			"line %zu has its value already: is this line indented too far, or a quote "
			"missing?",
			above.number + 1);
		return;
	}
	size_t colon = key_end(&above, above.len, true);
	size_t len = above.len - above.indent;
	stand_at(problem, &above);
	if (colon < above.len)
		text_printf(&problem->message, "a blank is missing behind the colon");
	else
		text_printf(&problem->message, "a colon is missing");
	if (colon < above.len)
		text_printf(&problem->hint, "write %.*s: %.*s", (int)(colon - above.indent),
			    above.text + above.indent, (int)(above.len - colon - 1),
			    above.text + colon + 1);
	else if (len < 60 && !memchr(above.text + above.indent, ' ', len))
		text_printf(&problem->hint, "write %.*s:", (int)len, above.text + above.indent);
	else
		text_add(&problem->hint, "a key is followed by a colon and a space");
}

/* A quote that was open in the lines above, where the one before the place closes it. */
static bool tell_open_quote(struct problem *problem, char quote)
{
	struct line line = problem->line;

	if (count(&line, problem->at, quote) % 2 == 0)
		return false;
	while (line_above(problem, line, &line))
		if (count(&line, line.len, quote) % 2 == 1) {
			problem->mark.line = line.number;
			problem->mark.column =
				(size_t)((const char *)memchr(line.text, quote, line.len) -
					 line.text);
			text_add(&problem->message, "a quote is not closed");
			text_printf(&problem->hint, "the next %c is in line %zu", quote,
				    problem->line.number + 1);
			return true;
		}
	return false;
}

static void tell_indent(struct problem *problem)
{
	struct line line = problem->line;
	size_t indent = SIZE_MAX;

	text_printf(&problem->hint,
		    "is it indented as its neighbours are? %zu blank%s before it, above it",
		    line.indent, line.indent == 1 ? "" : "s");
	for (int i = 0; indent > 0 && line_above(problem, line, &line);)
		if (line.indent < indent) {
			text_printf(&problem->hint, "%s %zu", i++ ? "," : "", line.indent);
			indent = line.indent;
		}
}

/* Behind a quoted text, or at the beginning of a line. */
static void tell_no_key(struct problem *problem)
{
	char before = problem->at > 0 ? problem->line.text[problem->at - 1] : '\0';

	if (problem->at <= problem->line.indent)
		tell_indent(problem);
	else if (before != '"' && before != '\'')
		text_add(&problem->hint, "nothing may follow what stands before it in its line");
	else if (!tell_open_quote(problem, before))
		text_printf(&problem->hint,
			    "the text ends at the quote before it: write %s inside, or use the "
			    "other quotes "
			    "around it",
			    before == '"' ? "\\\"" : "''");
}

static void tell_no_dash(struct problem *problem)
{
	if (problem->parser->context_mark.column != problem->parser->problem_mark.column) {
		tell_indent(problem);
		return;
	}
	text_add(&problem->message, "a dash is missing");
	text_printf(
		&problem->hint,
		"the list that begins in line %zu goes on here; or is the line indented too far?",
		problem->parser->context_mark.line + 1);
}

/* How far a line is indented, with tabs too, which JSON may have. */
static size_t blanks(const struct line *line)
{
	size_t i = 0;

	while (i < line->len && (line->text[i] == ' ' || line->text[i] == '\t'))
		i++;
	return i;
}

/* A [ or a {, mostly of a line above: what stands deeper than that line still belongs to it. */
static void tell_open_bracket(struct problem *problem)
{
	char bracket = strstr(problem->parser->problem, "']'") ? '[' : '{';
	struct line above = {0};
	struct line begin =
		line_at(problem->bytes, problem->len, problem->parser->context_mark.line);

	if (!problem->earlier) {
		text_printf(&problem->message, "a comma is missing, or the %c is not closed",
			    bracket);
		text_printf(&problem->hint, "a text with a comma, %s in it needs quotes",
			    bracket == '[' ? "[ or ]" : "{ or }");
	} else if (blanks(&problem->line) > blanks(&begin) &&
		   line_above(problem, problem->line, &above)) {
		problem->mark = (yaml_mark_t){.line = above.number, .column = blanks(&above)};
		text_add(&problem->message, "a comma is missing at the end of this line");
		text_printf(&problem->hint, "or the %c of line %zu is not closed", bracket,
			    begin.number + 1);
	} else {
		problem->mark = problem->parser->context_mark;
		text_printf(&problem->message, "the %c is not closed", bracket);
		if (problem->line.text + problem->line.len >= problem->bytes + problem->len)
			text_add(&problem->hint, "it is open at the end of the file");
		else
			text_printf(&problem->hint, "a %c is missing before line %zu",
				    bracket == '[' ? ']' : '}',
				    problem->parser->problem_mark.line + 1);
	}
}

static void tell_end(struct problem *problem)
{
	problem->mark = problem->parser->context_mark;
	text_add(&problem->message, "a quote is not closed");
	text_add(&problem->hint, "the text goes on to the end of the file");
}

static void tell_no_colon(struct problem *problem)
{
	if (problem->parser->context)
		problem->mark = problem->parser->context_mark;
	text_add(&problem->message, "a colon is missing");
	text_add(&problem->hint, "a key is followed by a colon and a space");
}

static void tell_sign(struct problem *problem)
{
	struct line line = problem->line;

	if (problem->parser->context)
		problem->mark = problem->parser->context_mark;
	if (problem->mark.line == line.number && problem->mark.column < line.len)
		text_printf(&problem->hint, "a text that begins with %c needs quotes",
			    line.text[byte_of(&line, problem->mark.column)]);
}

static void tell_tab(struct problem *problem)
{
	text_add(&problem->message, "a tab in the indentation");
	text_add(&problem->hint, "YAML does not allow tabs for indentation: use spaces");
}

static const struct {
	const char *problem;
	const char *hint;
	void (*tell)(struct problem *problem);
} meanings[] = {
	{"mapping values are not allowed", NULL, tell_second_colon},
	{"did not find expected key", NULL, tell_no_key},
	{"did not find expected '-'", NULL, tell_no_dash},
	{"could not find expected ':'", NULL, tell_no_colon},
	{"exceeded 1024", NULL, tell_no_colon},
	{"did not find expected ',' or", NULL, tell_open_bracket},
	{"unexpected end of stream", NULL, tell_end},
	{"found character that cannot start", NULL, tell_sign},
	{"did not find expected alphabetic", NULL, tell_sign},
	{"tab character", NULL, tell_tab},
	{"block sequence entries are not allowed",
	 "a list begins in the line below its key, each item with its dash", NULL},
	{"expected comment or line break", "the text of | or > begins in the line below it", NULL},
	{"expected <document start>",
	 "what stood above is complete: a key is missing there, or --- before a further document",
	 NULL},
	{"unknown escape character",
	 "inside double quotes a backslash begins an escape: write \\\\ or use single quotes",
	 NULL},
	{"control characters are not allowed",
	 "remove it, or write it as an escape inside double quotes: \"\\x1B\"", NULL},
	{"expected node content", "a value, or the ] or } that closes it, is missing", NULL},
	{"UTF-8", "save the file as UTF-8", NULL},
};

/* What git leaves in a file where it could not merge. */
static bool find_conflict(struct problem *problem)
{
	for (struct line line = line_at(problem->bytes, problem->len, 0);
	     line.text < problem->bytes + problem->len;
	     line = line_at(line.text, problem->len - (size_t)(line.text - problem->bytes), 1)) {
		if (line.len > 8 && (memcmp(line.text, "<<<<<<< ", 8) == 0 ||
				     memcmp(line.text, ">>>>>>> ", 8) == 0)) {
			problem->mark = (yaml_mark_t){0};
			for (const char *at = problem->bytes; at < line.text; at++)
				problem->mark.line += *at == '\n';
			text_add(&problem->message, "git could not merge the file");
			text_add(&problem->hint,
				 "choose between the two parts, and remove the lines of "
				 "<<<<<<<, ======= and >>>>>>>");
			return true;
		}
	}
	return false;
}

/* The reader of characters gives an offset and no mark. */
static yaml_mark_t mark_of(const yaml_parser_t *parser, const char *bytes, size_t len)
{
	yaml_mark_t mark = {0};

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark;
	for (size_t i = 0; i < parser->problem_offset && i < len; i++) {
		mark.column += ((unsigned char)bytes[i] & 0xc0) != 0x80;
		if (bytes[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

static void understand(struct problem *problem)
{
	const yaml_parser_t *parser = problem->parser;

	if (find_conflict(problem))
		return;
	if (parser->error != YAML_READER_ERROR && problem->at < problem->line.len &&
	    problem->line.text[problem->at] == '\t') {
		tell_tab(problem);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		if (!strstr(parser->problem, meanings[i].problem))
			continue;
		if (meanings[i].tell)
			meanings[i].tell(problem);
		else
			text_add(&problem->hint, meanings[i].hint);
		return;
	}
}

void problem_tell(const yaml_parser_t *parser, const char *file, const char *bytes, size_t len,
		  const char *path, struct diagnostics *diagnostics)
{
	CLEANUP(text_drop) struct text decoded = {0};
	bool wide = excerpt_decode(&decoded, bytes, len);
	struct problem problem = {
		.parser = parser,
		.bytes = wide ? text_string(&decoded) : bytes,
		.len = wide ? decoded.len : len,
	};

	problem.mark = mark_of(parser, bytes, len);
	problem.line = line_at(problem.bytes, problem.len, problem.mark.line);
	problem.at = byte_of(&problem.line, problem.mark.column);
	problem.earlier = parser->context && parser->context_mark.line < problem.mark.line;
	understand(&problem);
	const struct position at = {file, (unsigned)problem.mark.line + 1,
				    (unsigned)problem.mark.column + 1};
	/* The characters are read ahead of the tree. */
	if (parser->error == YAML_READER_ERROR)
		path = NULL;
	struct diagnostic *d = diagnostics_add(
		diagnostics, SEVERITY_ERROR, at, path, "this is not YAML: %s",
		problem.message.len > 0 ? text_string(&problem.message) : parser->problem);
	if (problem.hint.len > 0)
		diagnostic_hint(d, "%s", text_string(&problem.hint));
	text_drop(&problem.message);
	text_drop(&problem.hint);
}
