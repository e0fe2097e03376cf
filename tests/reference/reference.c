/* SPDX-License-Identifier: MIT */
/* reference write|check ROOT -- docs/compose.schema.json and the tables of docs/project-file.md, from
 * the tables of compose/project/schema.c; check compares, and has the schema judge FILE...
 *
 *	reference write ROOT
 *	reference check ROOT
 *	reference judge FILE...: whether each is right by the schema
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/document.h"
#include "tests/reference/judge.h"
#include "tests/reference/outline.h"

static const char begin[] = "<!-- attributes: make reference writes what follows -->\n";
static const char end[] = "<!-- end of attributes -->\n";

static char *schema_text(void)
{
	CLEANUP(text_drop) struct text missing = {0};
	CLEANUP(json_drop) cJSON *schema = outline_schema(&missing);

	if (missing.len > 0)
		fprintf(stderr, "tests/reference/words.c has no line for:\n%s", missing.data);
	CLEANUP(memory_free) char *printed = json_print_pretty(schema);
	return missing.len > 0 ? NULL : memory_format("%s\n", printed);
}

/* The document with its section made anew; NULL: it has no marks. */
static char *document_text(const char *old)
{
	CLEANUP(text_drop) struct text out = {0};
	const char *from = strstr(old, begin);
	const char *to = from ? strstr(from, end) : NULL;

	if (!to)
		return NULL;
	from += strlen(begin);
	text_add_n(&out, old, (size_t)(from - old));
	text_add_char(&out, '\n');
	outline_tables(&out);
	text_add_char(&out, '\n');
	text_add(&out, to);
	return text_steal(&out);
}

static int settle(const char *path, const char *old, const char *wanted, bool write)
{
	CLEANUP(error_drop) struct error *err = NULL;

	if (!wanted) {
		fprintf(stderr, "%s cannot be made\n", path);
		return 1;
	}
	if (strcmp(old, wanted) == 0)
		return 0;
	if (!write) {
		fprintf(stderr, "%s is not what the tables say: make reference\n", path);
		return 1;
	}
	if (file_write(path, wanted, strlen(wanted), false, &err) == 0)
		return 0;
	fprintf(stderr, "%s\n", err->message);
	return 1;
}

static int make(const char *root, bool write)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(error_drop) struct error *missing = NULL;
	CLEANUP(text_drop) struct text schema = {0};
	CLEANUP(text_drop) struct text document = {0};
	CLEANUP(memory_free) char *schema_path = path_join(root, "docs/compose.schema.json");
	CLEANUP(memory_free) char *document_path = path_join(root, "docs/project-file.md");
	const size_t max = 4 * 1024 * 1024;

	if (file_read(document_path, max, &document, &err) < 0) {
		fprintf(stderr, "%s\n", err->message);
		return 1;
	}
	file_read(schema_path, max, &schema, &missing);
	CLEANUP(memory_free) char *wanted = schema_text();
	CLEANUP(memory_free) char *text = document_text(text_string(&document));
	int status = settle(schema_path, text_string(&schema), wanted, write);
	return settle(document_path, text_string(&document), text, write) | status;
}

static int judge_files(char **files)
{
	CLEANUP(text_drop) struct text missing = {0};
	CLEANUP(text_drop) struct text why = {0};
	CLEANUP(json_drop) cJSON *schema = outline_schema(&missing);
	size_t count = 0;

	for (; *files; files++) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
		CLEANUP(text_drop) struct text text = {0};
		struct arena arena = {0};
		struct documents documents = {0};

		if (file_read(*files, DOCUMENT_MAX, &text, &err) < 0) {
			text_printf(&why, "%s\n", err->message);
			continue;
		}
		document_read(&arena, *files, text_string(&text), text.len, &documents,
			      &diagnostics);
		ARRAY_FOR_EACH (struct node *, it, &documents.list)
			judge(schema, *it, &why);
		count++;
		array_drop(&documents.list);
		arena_drop(&arena);
	}
	fputs(text_string(&why), stdout);
	printf("%zu files judged by the schema\n", count);
	return why.len > 0;
}

int main(int argc, char **argv)
{
	memory_install();
	if (argc > 2 && strcmp(argv[1], "judge") == 0)
		return judge_files(argv + 2);
	if (argc == 3 && (strcmp(argv[1], "write") == 0 || strcmp(argv[1], "check") == 0))
		return make(argv[2], strcmp(argv[1], "write") == 0);
	fputs("usage: reference write|check ROOT, reference judge FILE...\n", stderr);
	return 2;
}
