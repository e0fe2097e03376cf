/* SPDX-License-Identifier: MIT */
/* script -- a world's behaviour in words, for the address of the driver "fake"
 *
 * Statements are separated by newlines or semicolons; a # begins a comment. Words of a statement
 * are KEY or KEY=VALUE:
 *
 *	image REFERENCE [absent] [unknown] [denied] [pull=SECONDS] [layers=N] [os_version=V]
 *	behave [image=R] [service=S] [name=N] [isolation=I] [exit=CODE[@SECONDS]] [health=++-.]
 *[stop=SECONDS] [refuse=0xC0370101] [ignores_stop] fail [call=NAME] [subject=S] [nth=N] [count=N] [any] [late] [code=not-found]
 *	latency SECONDS [call=NAME]
 *	strict			images that are not named are not there
 *	windows VERSION [client] [isolation=DEFAULT] [no-hyperv]	the host, before any image
 *
 * An address may begin with "fake://", which is not part of it.
 */
#include "engine/fake/world.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 16

struct statement {
	char *words[WORDS_MAX + 1]; /* NULL-ended, within line */
	char *line;
};

/* The value of key; "" where it stands alone; NULL where it is absent. */
static const char *value(const struct statement *statement, const char *key)
{
	size_t len = strlen(key);

	for (char *const *word = statement->words + 1; *word; word++) {
		if (!strncmp(*word, key, len) && ((*word)[len] == '=' || !(*word)[len]))
			return *word + len + ((*word)[len] == '=');
	}
	return NULL;
}

static uint64_t seconds(const char *text)
{
	return text ? (uint64_t)(strtod(text, NULL) * CLOCK_SECOND) : 0;
}

static unsigned number(const char *text)
{
	return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static int run_image(struct fake_world *world, const struct statement *statement,
		     struct error **err)
{
	if (!statement->words[1])
		return error_set(err, ERROR_INVALID, "image: a reference is missing");
	fake_image(world, &(struct fake_image){
				  .reference = statement->words[1],
				  .absent = value(statement, "absent"),
				  .unknown = value(statement, "unknown"),
				  .denied = value(statement, "denied"),
				  .pull_time = seconds(value(statement, "pull")),
				  .layers = number(value(statement, "layers")),
				  .os_version = value(statement, "os_version"),
			  });
	return 0;
}

static int run_behave(struct fake_world *world, const struct statement *statement,
		      struct error **err)
{
	const char *code = value(statement, "exit");
	const char *at = code ? strchr(code, '@') : NULL;
	struct fake_run run = {.after = at ? seconds(at + 1) : 0, .code = (int)number(code)};
	const char *refuse = value(statement, "refuse");
	char *sentence = refuse ? memory_format("container encountered an error during start: "
						"failure in a Windows system call (%s)",
						refuse)
				: NULL;

	(void)err;
	fake_behave(world, &(struct fake_behaviour){
				   .image = value(statement, "image"),
				   .service = value(statement, "service"),
				   .name = value(statement, "name"),
				   .isolation = value(statement, "isolation"),
				   .start_error = sentence,
				   .runs = &run,
				   .run_count = code ? 1 : 0,
				   .health = value(statement, "health"),
				   .stop_time = seconds(value(statement, "stop")),
				   .ignores_stop = value(statement, "ignores_stop"),
			   });
	free(sentence);
	return 0;
}

static int run_fail(struct fake_world *world, const struct statement *statement, struct error **err)
{
	const char *code = value(statement, "code");
	const char *call = value(statement, "call");
	char *words = memory_copy(code);

	for (char *c = words; c && *c; c++)
		*c = *c == '-' ? ' ' : *c;
	int named = words ? error_code_named(words) : 0;
	free(words);
	if (code && !named)
		return error_set(err, ERROR_INVALID, "fail: there is no code %s", code);
	if (call && fake_call_named(call) < 0)
		return error_set(err, ERROR_INVALID, "fail: there is no call %s", call);
	fake_fail(world, &(struct fake_fault){
				 .call = call,
				 .subject = value(statement, "subject"),
				 .any = value(statement, "any"),
				 .nth = number(value(statement, "nth")),
				 .count = number(value(statement, "count")),
				 .code = named,
				 .late = value(statement, "late"),
			 });
	return 0;
}

static int run_latency(struct fake_world *world, const struct statement *statement,
		       struct error **err)
{
	const char *call = value(statement, "call");

	if (call && fake_call_named(call) < 0)
		return error_set(err, ERROR_INVALID, "latency: there is no call %s", call);
	if (call)
		fake_latency(world, call, seconds(statement->words[1]));
	else
		world->options.latency = seconds(statement->words[1]);
	return 0;
}

static int run_strict(struct fake_world *world, const struct statement *statement,
		      struct error **err)
{
	(void)statement;
	(void)err;
	world->options.any_image = false;
	return 0;
}

static int run_windows(struct fake_world *world, const struct statement *statement,
		       struct error **err)
{
	if (!statement->words[1])
		return error_set(err, ERROR_INVALID, "windows: the host's version is missing");
	free(world->os_type);
	free(world->os_version);
	free(world->isolation);
	world->os_type = memory_copy("windows");
	world->os_version = memory_copy(statement->words[1]);
	world->isolation = memory_copy(value(statement, "isolation"));
	world->options.is_client = value(statement, "client");
	world->options.capabilities = ENGINE_ISOLATION_PROCESS | ENGINE_PAUSE | ENGINE_BUILD |
				      ENGINE_MULTI_NETWORK | ENGINE_START_INTERVAL |
				      ENGINE_HEALTHCHECK;
	if (!value(statement, "no-hyperv"))
		world->options.capabilities |= ENGINE_ISOLATION_HYPERV;
	return 0;
}

static const struct verb {
	const char *name;
	int (*run)(struct fake_world *world, const struct statement *statement, struct error **err);
} verbs[] = {
	{"image", run_image},     {"behave", run_behave}, {"fail", run_fail},
	{"latency", run_latency}, {"strict", run_strict}, {"windows", run_windows},
};

static int run(struct fake_world *world, struct statement *statement, struct error **err)
{
	size_t count = 0;
	char *c = statement->line;

	while (*(c += strspn(c, " \t\r")) && *c != '#') {
		if (count == WORDS_MAX)
			return error_set(err, ERROR_INVALID, "more than %d words", WORDS_MAX);
		statement->words[count++] = c;
		c += strcspn(c, " \t\r");
		if (*c)
			*c++ = '\0';
	}
	statement->words[count] = NULL;
	if (!count)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (text_same(statement->words[0], verbs[i].name))
			return verbs[i].run(world, statement, err);
	}
	return error_set(err, ERROR_INVALID, "there is no statement \"%s\"", statement->words[0]);
}

int fake_script(struct fake_world *world, const char *text, struct error **err)
{
	int status = 0;

	if (text_starts(text, "fake://"))
		text += strlen("fake://");
	while (*text && !status) {
		size_t len = strcspn(text, ";\n");
		struct statement statement = {.line = memory_copy_n(text, len)};
		status = run(world, &statement, err);
		if (status)
			error_wrap(err, "the fake engine's script: %.*s", (int)len, text);
		free(statement.line);
		text += len;
		text += *text != '\0';
	}
	return status;
}
