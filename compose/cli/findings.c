/* SPDX-License-Identifier: MIT */
#include "compose/cli/findings.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/excerpt.h"

#define RESET "\033[0m"

static const struct {
	const char *word, *colour;
} marks[] = {
	[FINDING_OK] = {"ok", "\033[32m"},
	[FINDING_WARNING] = {"warning", "\033[33m"},
	[FINDING_WRONG] = {"wrong", "\033[31m"},
};

void findings_add(struct findings *findings, enum finding_mark mark, const char *topic,
		  const char *format, ...)
{
	CLEANUP(text_drop) struct text what = {0};
	va_list args;

	va_start(args, format);
	text_vprintf(&what, format, args);
	va_end(args);
	findings->warnings += mark == FINDING_WARNING;
	findings->wrong += mark == FINDING_WRONG;
	array_push(findings, ((struct finding){mark, topic, text_steal(&what), NULL}));
}

void findings_advise(struct findings *findings, const char *format, ...)
{
	CLEANUP(text_drop) struct text advice = {0};
	va_list args;

	va_start(args, format);
	text_vprintf(&advice, format, args);
	va_end(args);
	free(findings->items[findings->len - 1].advice);
	findings->items[findings->len - 1].advice = text_steal(&advice);
}

void findings_print(const struct findings *findings, bool colour, struct text *out)
{
	const char *topic = NULL;

	ARRAY_FOR_EACH (const struct finding, finding, findings) {
		if (!text_same(topic, finding->topic))
			text_printf(out, "%s\n", finding->topic);
		topic = finding->topic;
		text_printf(out, "  %s%-8s%s ", colour ? marks[finding->mark].colour : "",
			    marks[finding->mark].word, colour ? RESET : "");
		excerpt_add_safe(out, finding->what, strlen(finding->what));
		text_add_char(out, '\n');
		if (!finding->advice)
			continue;
		text_add(out, "           -> ");
		excerpt_add_safe(out, finding->advice, strlen(finding->advice));
		text_add_char(out, '\n');
	}
	if (findings->wrong || findings->warnings)
		text_printf(out, "\n%zu wrong, warnings: %zu\n", findings->wrong,
			    findings->warnings);
	else
		text_add(out, "\nall well\n");
}

void findings_json(const struct findings *findings, struct text *out)
{
	CLEANUP(json_drop) cJSON *array = cJSON_CreateArray();

	ARRAY_FOR_EACH (const struct finding, finding, findings) {
		cJSON *item = cJSON_CreateObject();

		json_set_string(item, "mark", marks[finding->mark].word);
		json_set_string(item, "topic", finding->topic);
		json_set_string(item, "message", finding->what);
		json_set_string(item, "advice", finding->advice);
		cJSON_AddItemToArray(array, item);
	}
	CLEANUP(memory_free) char *printed = json_print_pretty(array);
	text_printf(out, "%s\n", printed);
}

void findings_drop(struct findings *findings)
{
	ARRAY_FOR_EACH (struct finding, finding, findings) {
		free(finding->what);
		free(finding->advice);
	}
	array_drop(findings);
	findings->warnings = findings->wrong = 0;
}
