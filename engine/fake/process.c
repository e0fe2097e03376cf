/* SPDX-License-Identifier: MIT */
/* process -- runs the little programs that tests give to containers and execs
 *
 *	echo WORDS [>&2] | sleep SECONDS | exit [CODE] | cat [FILE] | true | false | : | while :; do
 *...; done trap 'exit CODE' TERM | trap '' TERM | trap : TERM
 *
 * separated by ; && or newlines, in sh -c SCRIPT; the first five also as a command of their own.
 *$NAME is the environment's. What it does not know it takes for a command that ends at once with 0.
 */
#include "engine/fake/world.h"

#include <stdlib.h>
#include <string.h>

static void on_turn(struct timer *timer);

static void add_op(struct process *process, enum op_kind kind, const char *text, int code)
{
	struct op *op = array_add(&process->ops);

	op->kind = kind;
	op->text = memory_copy(text);
	op->code = code;
	op->channel = STREAM_OUTPUT;
}

static const char *in(char *const *env, const char *name, size_t len)
{
	for (; env && *env; env++) {
		if (!strncmp(*env, name, len) && (*env)[len] == '=')
			return *env + len + 1;
	}
	return NULL;
}

static const char *environment(const struct process *process, const char *name, size_t len)
{
	const char *own = in(process->env, name, len);
	const char *of_box = in(process->box->env, name, len);

	return own ? own : of_box ? of_box : "";
}

/* A word with its quotes taken off and its variables filled in; *at is moved behind it. False: no
 * more. */
static bool word(const struct process *process, const char **at, struct text *out)
{
	const char *c = *at + strspn(*at, " \t");
	bool some = false;
	char quote = 0;

	text_clear(out);
	for (; *c && (quote || !strchr(" \t", *c)); c++) {
		some = true;
		if (quote ? *c == quote : *c == '\'' || *c == '"') {
			quote = quote ? 0 : *c;
		} else if (*c == '$' && quote != '\'' && c[1] && !strchr(" $!?", c[1])) {
			size_t len = strspn(c + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
			text_add(out, environment(process, c + 1, len));
			c += len;
		} else {
			text_add_char(out, *c);
		}
	}
	*at = c;
	return some;
}

static void add_echo(struct process *process, const char *rest)
{
	CLEANUP(text_drop) struct text line = {0};
	CLEANUP(text_drop) struct text one = {0};
	enum stream_channel channel = STREAM_OUTPUT;
	bool newline = true;

	for (bool first = true; word(process, &rest, &one);) {
		if (text_same(text_string(&one), ">&2") || text_same(text_string(&one), "1>&2")) {
			channel = STREAM_ERRORS;
			continue;
		}
		if (first && text_same(text_string(&one), "-n")) {
			newline = false;
			continue;
		}
		text_printf(&line, "%s%s", first ? "" : " ", text_string(&one));
		first = false;
	}
	if (newline)
		text_add_char(&line, '\n');
	add_op(process, OP_PRINT, text_string(&line), 0);
	process->ops.items[process->ops.len - 1].channel = channel;
}

static void add_trap(struct process *process, const char *rest)
{
	CLEANUP(text_drop) struct text what = {0};

	if (!word(process, &rest, &what))
		return;
	const char *code = strstr(text_string(&what), "exit");
	process->traps = code != NULL;
	process->ignores = !code;
	process->trap_code = code ? (int)strtol(code + 4, NULL, 10) : 0;
}

static void add_done(struct process *process)
{
	for (size_t i = process->ops.len; i-- > 0;) {
		struct op *begin = &process->ops.items[i];
		if (begin->kind != OP_WHILE || begin->back)
			continue;
		begin->back = 1;
		add_op(process, OP_DONE, NULL, 0);
		process->ops.items[process->ops.len - 1].back = i;
		return;
	}
}

static void add_command(struct process *process, const char *text)
{
	CLEANUP(text_drop) struct text name = {0};
	CLEANUP(text_drop) struct text argument = {0};
	const char *rest = text;

	if (!word(process, &rest, &name))
		return;
	const char *is = text_string(&name);
	if (text_same(is, "do")) {
		add_command(process, rest);
		return;
	}
	if (text_same(is, "echo")) {
		add_echo(process, rest);
		return;
	}
	if (text_same(is, "trap")) {
		add_trap(process, rest);
		return;
	}
	const char *after = rest;
	bool has_argument = word(process, &rest, &argument);
	const char *first = has_argument ? text_string(&argument) : NULL;
	if (text_same(is, "exec") && has_argument) {
		add_command(process, after);
	} else if (text_same(is, "sleep")) {
		add_op(process, OP_SLEEP, NULL, 0);
		process->ops.items[process->ops.len - 1].time =
			text_same(first, "infinity")
				? CLOCK_NEVER
				: (uint64_t)(strtod(first ? first : "0", NULL) * CLOCK_SECOND);
	} else if (text_same(is, "exit")) {
		add_op(process, OP_EXIT, NULL, first ? (int)strtol(first, NULL, 10) : -1);
	} else if (text_same(is, "cat")) {
		add_op(process, OP_CAT, first, 0);
	} else if (text_same(is, "while")) {
		add_op(process, OP_WHILE, NULL, 0);
	} else if (text_same(is, "done")) {
		add_done(process);
	} else {
		add_op(process, OP_STATUS, NULL, text_same(is, "false"));
	}
}

/* Splits at ; & and newline outside quotes; && is two of them with nothing between. */
static void add_script(struct process *process, const char *script)
{
	CLEANUP(text_drop) struct text one = {0};
	char quote = 0;

	for (const char *c = script;; c++) {
		bool redirects = *c == '&' && c > script && c[-1] == '>';
		if (!*c || (!quote && !redirects && strchr(";&\n", *c))) {
			add_command(process, text_string(&one));
			text_clear(&one);
			if (!*c)
				return;
			continue;
		}
		if (quote ? *c == quote : *c == '\'' || *c == '"')
			quote = quote ? 0 : *c;
		text_add_char(&one, *c);
	}
}

void fake_process_load(struct process *process, char *const *command)
{
	static const char *const plain[] = {"echo", "sleep", "cat", "true", "false", "cmd"};
	CLEANUP(text_drop) struct text line = {0};

	if (!command || !command[0])
		return;
	if ((text_same(command[0], "sh") || text_same(command[0], "/bin/sh")) &&
	    text_same(command[1], "-c") && command[2]) {
		process->known = true;
		add_script(process, command[2]);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		if (!text_same(command[0], plain[i]))
			continue;
		process->known = true;
		for (char *const *each = command; *each; each++)
			text_printf(&line, each == command ? "%s" : " '%s'", *each);
		add_command(process, text_string(&line));
	}
}

static void ended(struct process *process, int code)
{
	fake_process_stop(process);
	process->owner->exit(process, code);
}

static void later(struct process *process, uint64_t wait)
{
	if (wait != CLOCK_NEVER)
		fake_timer_set(process->world, &process->timer, process->world->now + wait,
			       on_turn);
}

void fake_process_run(struct process *process)
{
	process->runs = true;
	later(process, 0);
}

static void cat(struct process *process, const struct op *op)
{
	if (!op->text) {
		process->reads = process->has_input && !process->input_ended;
		if (!process->reads)
			later(process, 0);
		return;
	}
	struct text *file = map_get(&process->box->files, op->text);
	process->status = !file;
	if (file) {
		process->owner->print(process, STREAM_OUTPUT, text_string(file), file->len);
	} else {
		CLEANUP(text_drop) struct text sentence = {0};
		text_printf(&sentence, "cat: can't open '%s': No such file or directory\n",
			    op->text);
		process->owner->print(process, STREAM_ERRORS, sentence.data, sentence.len);
	}
	later(process, 0);
}

static void on_turn(struct timer *timer)
{
	struct process *process = container_of(timer, struct process, timer);

	if (process->at >= process->ops.len) {
		ended(process, process->status);
		return;
	}
	const struct op *op = &process->ops.items[process->at++];
	uint64_t wait = 0;
	switch (op->kind) {
	case OP_PRINT:
		process->owner->print(process, op->channel, op->text, strlen(op->text));
		process->status = 0;
		break;
	case OP_SLEEP:
		wait = op->time;
		break;
	case OP_EXIT:
		ended(process, op->code < 0 ? process->status : op->code);
		return;
	case OP_CAT:
		cat(process, op);
		return;
	case OP_STATUS:
		process->status = op->code;
		break;
	case OP_WHILE:
		break;
	case OP_DONE:
		/* A loop without a sleep takes time too, else the clock would stand still. */
		process->at = op->back;
		wait = CLOCK_MS;
		break;
	}
	later(process, wait);
}

void fake_process_input(struct process *process, const char *bytes, size_t len)
{
	if (process->runs && process->reads && len)
		process->owner->print(process, STREAM_OUTPUT, bytes, len);
}

void fake_process_input_end(struct process *process)
{
	process->input_ended = true;
	if (process->runs && process->reads) {
		process->reads = false;
		later(process, 0);
	}
}

void fake_process_stop(struct process *process)
{
	if (process->world)
		fake_timer_stop(process->world, &process->timer);
	process->runs = process->reads = false;
}

void fake_process_drop(struct process *process)
{
	fake_process_stop(process);
	ARRAY_FOR_EACH (struct op, op, &process->ops)
		free(op->text);
	array_drop(&process->ops);
	*process = (struct process){0};
}

int fake_process_try(struct box *box, char *const *command)
{
	struct process process = {.world = box->world, .box = box};
	int status = 0;

	fake_process_load(&process, command);
	ARRAY_FOR_EACH (struct op, op, &process.ops) {
		if (op->kind == OP_STATUS)
			status = op->code;
		else if (op->kind == OP_CAT)
			status = op->text && !map_get(&box->files, op->text);
		else if (op->kind == OP_PRINT)
			status = 0;
		if (op->kind != OP_EXIT)
			continue;
		if (op->code >= 0)
			status = op->code;
		break;
	}
	fake_process_drop(&process);
	return status;
}
