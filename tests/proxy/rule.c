/* SPDX-License-Identifier: MIT */
#include "tests/proxy/rule.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

enum argument { ARGUMENT_NONE, ARGUMENT_NUMBER, ARGUMENT_PID, ARGUMENT_REPLY };

static const struct {
	const char *name;
	enum argument argument;
} actions[] = {
	[ACTION_PASS] = {"pass", ARGUMENT_NONE},
	[ACTION_KILL_BEFORE] = {"kill-before", ARGUMENT_PID},
	[ACTION_KILL_AFTER] = {"kill-after", ARGUMENT_PID},
	[ACTION_DROP] = {"drop", ARGUMENT_NONE},
	[ACTION_DROP_AFTER] = {"drop-after", ARGUMENT_NONE},
	[ACTION_RESET] = {"reset", ARGUMENT_NONE},
	[ACTION_HANG] = {"hang", ARGUMENT_NONE},
	[ACTION_HANG_AFTER] = {"hang-after", ARGUMENT_NONE},
	[ACTION_DELAY] = {"delay", ARGUMENT_NUMBER},
	[ACTION_DELAY_REPLY] = {"delay-reply", ARGUMENT_NUMBER},
	[ACTION_REPLY] = {"reply", ARGUMENT_REPLY},
	[ACTION_REPLY_AFTER] = {"reply-after", ARGUMENT_REPLY},
	[ACTION_TRUNCATE] = {"truncate", ARGUMENT_NUMBER},
	[ACTION_SLICE] = {"slice", ARGUMENT_NUMBER},
	[ACTION_DUPLICATE] = {"duplicate", ARGUMENT_NUMBER},
	[ACTION_SWALLOW] = {"swallow", ARGUMENT_NUMBER},
	[ACTION_STALL] = {"stall", ARGUMENT_NUMBER},
};

struct rule {
	bool now;
	const char *method;
	const char *glob;
	uint64_t nth, from, change, times;
	uint64_t matched, applied;
	struct fault fault;
};

struct rules {
	char *path;
	char *text; /* the file; the rules point into it */
	struct timespec changed;
	ino_t inode;
	off_t size;
	uint64_t changes; /* requests so far that were a change */
	ARRAY(struct rule) list;
};

struct rules *rules_new(const char *path)
{
	struct rules *rules = memory_zero(1, sizeof(*rules));

	rules->path = memory_copy(path);
	return rules;
}

void rules_drop(struct rules **rules)
{
	if (!*rules)
		return;
	array_drop(&(*rules)->list);
	free((*rules)->text);
	free((*rules)->path);
	free(*rules);
	*rules = NULL;
}

static bool read_number(const char *word, uint64_t *ret)
{
	char *end;

	if (!word || *word < '0' || *word > '9')
		return false;
	*ret = strtoull(word, &end, 10);
	return !*end;
}

/* A word NAME=N. */
static bool read_option(struct rule *rule, const char *word)
{
	const struct {
		const char *name;
		uint64_t *value;
	} options[] = {
		{"nth=", &rule->nth},
		{"from=", &rule->from},
		{"change=", &rule->change},
		{"times=", &rule->times},
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (text_starts(word, options[i].name))
			return read_number(word + strlen(options[i].name), options[i].value);
	}
	return false;
}

static bool read_action(struct rule *rule, const char *name, char **rest)
{
	size_t action = 0;

	while (action < ARRAY_LEN(actions) && strcmp(actions[action].name, name) != 0)
		action++;
	if (action == ARRAY_LEN(actions))
		return false;
	rule->fault = (struct fault){.action = (enum action)action, .body = ""};
	if (actions[action].argument == ARGUMENT_NONE)
		return !strtok_r(NULL, " \t", rest);

	char *word = strtok_r(NULL, " \t", rest);
	if (!word && actions[action].argument == ARGUMENT_PID)
		return true;
	if (!read_number(word, &rule->fault.number))
		return false;
	if (actions[action].argument != ARGUMENT_REPLY)
		return !strtok_r(NULL, " \t", rest);
	if (*rest)
		rule->fault.body = *rest + strspn(*rest, " \t");
	return true;
}

/* One line, which is cut into its words; an empty one gives no rule. */
static bool read_line(struct rules *rules, char *line)
{
	char *rest = NULL;
	char *word = strtok_r(line, " \t", &rest);
	struct rule rule = {0};

	if (!word || *word == '#')
		return true;
	if (!strcmp(word, "now")) {
		rule.now = true;
		word = strtok_r(NULL, " \t", &rest);
	}
	rule.method = word;
	rule.glob = strtok_r(NULL, " \t", &rest);
	word = rule.glob ? strtok_r(NULL, " \t", &rest) : NULL;
	while (word && strchr(word, '=')) {
		if (!read_option(&rule, word))
			return false;
		word = strtok_r(NULL, " \t", &rest);
	}
	if (!word || !read_action(&rule, word, &rest))
		return false;
	array_push(&rules->list, rule);
	return true;
}

static int read_rules(struct rules *rules, struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};
	if (file_read(rules->path, 1 << 20, &text, err))
		return (*err)->code;
	free(rules->text);
	rules->text = text_steal(&text);
	rules->list.len = 0;
	rules->changes = 0;

	size_t number = 0;
	for (char *line = rules->text; line; number++) {
		char *next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!read_line(rules, line))
			return error_set(err, ERROR_INVALID, "%s:%zu: this is no rule", rules->path,
					 number + 1);
		line = next;
	}
	return 1;
}

int rules_refresh(struct rules *rules, struct error **err)
{
	struct stat now;

	if (!rules->path || stat(rules->path, &now)) {
		bool had = rules->list.len > 0;
		rules->list.len = 0;
		rules->size = -1;
		return had;
	}
	if (now.st_ino == rules->inode && now.st_size == rules->size &&
	    now.st_mtim.tv_sec == rules->changed.tv_sec &&
	    now.st_mtim.tv_nsec == rules->changed.tv_nsec)
		return 0;
	rules->inode = now.st_ino;
	rules->size = now.st_size;
	rules->changed = now.st_mtim;
	return read_rules(rules, err);
}

bool rule_is_change(const char *method)
{
	static const char *const methods[] = {"POST", "PUT", "DELETE", "PATCH"};

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (!strcmp(methods[i], method))
			return true;
	}
	return false;
}

static bool matches(const struct rule *rule, const char *method, const char *path)
{
	const char *slash = text_starts(path, "/v1.") ? strchr(path + 1, '/') : NULL;

	if (slash)
		path = slash;
	CLEANUP(memory_free) char *bare = memory_copy_n(path, strcspn(path, "?"));
	bool is = !strcmp(rule->method, "*") || !strcmp(rule->method, method) ||
		  (!strcmp(rule->method, "CHANGE") && rule_is_change(method));
	return is && !fnmatch(rule->glob, bare, 0);
}

struct fault rules_meet(struct rules *rules, const char *method, const char *path)
{
	struct fault met = {.body = ""};
	bool found = false;

	rules->changes += rule_is_change(method);
	/* Every rule counts what it matches, whichever of them wins. */
	ARRAY_FOR_EACH (struct rule, rule, &rules->list) {
		if (rule->now || !matches(rule, method, path))
			continue;
		rule->matched++;
		bool applies = (!rule->nth || rule->matched == rule->nth) &&
			       rule->matched >= rule->from &&
			       (!rule->change ||
				(rule_is_change(method) && rules->changes == rule->change)) &&
			       (!rule->times || rule->applied < rule->times);
		if (found || !applies)
			continue;
		found = true;
		rule->applied++;
		met = rule->fault;
	}
	return met;
}

struct fault rules_meet_now(const struct rules *rules, const char *method, const char *path)
{
	ARRAY_FOR_EACH (const struct rule, rule, &rules->list) {
		if (rule->now && matches(rule, method, path))
			return rule->fault;
	}
	return (struct fault){.body = ""};
}

const char *action_name(enum action action)
{
	return actions[action].name;
}
