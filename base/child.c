/* SPDX-License-Identifier: MIT */
#include "base/child.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

enum { OUTPUT_MAX = 1024 * 1024, PIECE = 64 * 1024, QUIET_MS = 1000 };

#ifdef _WIN32
static bool (*const same_name)(const char *a, const char *b) = text_same_nocase;
#else
static bool (*const same_name)(const char *a, const char *b) = text_same;
#endif

struct channel {
	uv_pipe_t pipe;
	struct text text;
	bool open;
};

struct child {
	uv_process_t process;
	uv_timer_t timer;
	uv_pipe_t input;
	struct channel channels[2]; /* stdout, stderr */
	uv_write_t write;
	int handles; /* open in the loop; the last one's closing reports */
	bool running;
	char *program;
	char *given; /* what is written to its stdin */
	size_t output_max;
	void (*output)(int channel, const char *bytes, size_t len, void *payload);
	void (*done)(const struct child_result *result, const struct error *err, void *payload);
	void *payload;
	struct child_result result;
	struct error *err;
};

static void report(struct child *child)
{
	child->result.output = text_string(&child->channels[0].text);
	child->result.output_len = child->channels[0].text.len;
	child->result.errors = text_string(&child->channels[1].text);
	child->done(child->err ? NULL : &child->result, child->err, child->payload);
	text_drop(&child->channels[0].text);
	text_drop(&child->channels[1].text);
	error_drop(&child->err);
	free(child->program);
	free(child->given);
	free(child);
}

static void on_closed(uv_handle_t *handle)
{
	struct child *child = handle->data;

	if (--child->handles == 0)
		report(child);
}

static void adopt(struct child *child, void *handle)
{
	((uv_handle_t *)handle)->data = child;
	child->handles++;
}

/* Closes a handle of ours that was initialised (its data is set then) and is not closing yet. */
static void shut(void *handle)
{
	uv_handle_t *it = handle;

	if (it->data && !uv_is_closing(it))
		uv_close(it, on_closed);
}

static void shut_pipes(struct child *child)
{
	shut(&child->input);
	for (size_t i = 0; i < ARRAY_LEN(child->channels); i++) {
		shut(&child->channels[i].pipe);
		child->channels[i].open = false;
	}
}

static void finish(struct child *child)
{
	shut_pipes(child);
	shut(&child->process);
	shut(&child->timer);
}

static void on_timer(uv_timer_t *timer)
{
	finish(timer->data);
}

static bool is_reading(const struct child *child)
{
	return child->channels[0].open || child->channels[1].open;
}

/* After its end: what it wrote is read to the end. A grandchild (an agent that it started) may hold
 * its outputs open for ever; then it is over when nothing has come for a second. */
static void check_end(struct child *child)
{
	if (child->running)
		return;
	if (is_reading(child))
		uv_timer_start(&child->timer, on_timer, QUIET_MS, 0);
	else
		finish(child);
}

/* The reason is in child->err: ends what runs and waits for its end. */
static void stop(struct child *child)
{
	shut_pipes(child);
	if (child->running)
		uv_process_kill(&child->process, SIGKILL);
	else
		finish(child);
}

static void on_exit_of(uv_process_t *process, int64_t exit_status, int term_signal)
{
	struct child *child = process->data;

	child->running = false;
	child->result.exit_code = term_signal ? 128 + term_signal : (int)exit_status;
	check_end(child);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct channel *channel = container_of(handle, struct channel, pipe);

	(void)suggested;
	*buffer = uv_buf_init(text_reserve(&channel->text, PIECE), PIECE);
}

static void on_output(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
	struct child *child = stream->data;
	struct channel *channel = container_of(stream, struct channel, pipe);
	int number = channel == &child->channels[0] ? 1 : 2;

	if (count < 0) {
		shut(stream);
		channel->open = false;
		check_end(child);
		return;
	}
	if (child->output && count > 0)
		child->output(number, buffer->base, (size_t)count, child->payload);
	else if (count > 0)
		channel->text.len += (size_t)count;
	if (channel->text.data)
		channel->text.data[channel->text.len] = '\0';
	/* The callback may have cancelled it. */
	if (!channel->open)
		return;
	if (channel->text.len > child->output_max) {
		error_set(&child->err, ERROR_INVALID, "%s wrote more than %zu bytes to its %s",
			  child->program, child->output_max,
			  number == 1 ? "standard output" : "standard error");
		stop(child);
		return;
	}
	check_end(child);
}

/* Whether it took all of its input is its own affair. */
static void on_written(uv_write_t *write, int status)
{
	struct child *child = container_of(write, struct child, write);

	(void)status;
	shut(&child->input);
}

/* The variables of ours that added does not replace, then those of added. NULL-ended. */
static char **environment_with(const char *const *added)
{
	ARRAY(char *) all = {0};
	uv_env_item_t *items = NULL;
	int count = 0;

	uv_os_environ(&items, &count);
	for (int i = 0; i < count; i++) {
		bool replaced = false;

		for (size_t j = 0; added[j] && !replaced; j++) {
			size_t len = strcspn(added[j], "=");
			CLEANUP(memory_free) char *name = memory_copy_n(added[j], len);

			replaced = same_name(name, items[i].name);
		}
		if (!replaced)
			array_push(&all, memory_format("%s=%s", items[i].name, items[i].value));
	}
	uv_os_free_environ(items, count);
	for (; *added; added++)
		array_push(&all, memory_copy(*added));
	array_push(&all, NULL);
	return all.items;
}

/* The three standard descriptors. No input is the null device. */
static void make_pipes(struct child *child, uv_loop_t *loop, const struct child_options *options,
		       uv_stdio_container_t stdio[3])
{
	stdio[0].flags = UV_IGNORE;
	if (options->input) {
		uv_pipe_init(loop, &child->input, 0);
		adopt(child, &child->input);
		stdio[0].flags = UV_CREATE_PIPE | UV_READABLE_PIPE;
		stdio[0].data.stream = (uv_stream_t *)&child->input;
	}
	for (int i = 0; i < 2; i++) {
		struct channel *channel = &child->channels[i];

		uv_pipe_init(loop, &channel->pipe, 0);
		adopt(child, &channel->pipe);
		stdio[i + 1].flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
		stdio[i + 1].data.stream = (uv_stream_t *)&channel->pipe;
	}
}

static void give_input(struct child *child, const struct child_options *options)
{
	/* The options are borrowed for the call only, the input is written later. */
	child->given = memory_copy_n(options->input, options->input_len);
	uv_buf_t buffer = uv_buf_init(child->given, (unsigned int)options->input_len);

	if (uv_write(&child->write, (uv_stream_t *)&child->input, &buffer, 1, on_written) < 0)
		shut(&child->input);
}

static int spawn(struct child *child, uv_loop_t *loop, const struct child_options *options,
		 struct error **err)
{
	CLEANUP(memory_free) char *path = child_find(child->program);
	CLEANUP(memory_free_vector) char **environment = NULL;
	uv_stdio_container_t stdio[3];

	if (!path)
		return error_set(err, ERROR_NOT_FOUND, "%s is not in PATH", child->program);
	/* Asked before, since a missing folder and a missing program are one number afterwards. */
	if (options->folder && file_kind(options->folder) != FILE_FOLDER)
		return error_set(err, ERROR_NOT_FOUND, "cannot run %s in %s: no such folder",
				 child->program, options->folder);
	if (options->environment)
		environment = environment_with(options->environment);
	make_pipes(child, loop, options, stdio);
	uv_process_options_t how = {
		.exit_cb = on_exit_of,
		.file = path,
		.args = (char **)options->arguments,
		.env = environment,
		.cwd = options->folder,
		.flags = UV_PROCESS_WINDOWS_HIDE,
		.stdio = stdio,
		.stdio_count = ARRAY_LEN(stdio),
	};

	child_seal_();
	int status = uv_spawn(loop, &child->process, &how);

	/* Also where it failed, the handle is in the loop. */
	adopt(child, &child->process);
	if (status < 0)
		return error_uv(err, status, "cannot run %s", path);
	child->running = true;
	if (options->input)
		give_input(child, options);
	for (size_t i = 0; i < ARRAY_LEN(child->channels); i++) {
		child->channels[i].open = true;
		uv_read_start((uv_stream_t *)&child->channels[i].pipe, on_room, on_output);
	}
	return 0;
}

struct child *child_start(uv_loop_t *loop, const struct child_options *options,
			  void (*done)(const struct child_result *result, const struct error *err,
				       void *payload),
			  void *payload)
{
	struct child *child = memory_zero(1, sizeof(*child));

	child->program = memory_copy(options->arguments[0]);
	child->output_max = options->output_max ? options->output_max : OUTPUT_MAX;
	child->output = options->output;
	child->done = done;
	child->payload = payload;
	uv_timer_init(loop, &child->timer);
	adopt(child, &child->timer);
	/* The timer tells a failure from the loop, not from inside. */
	if (spawn(child, loop, options, &child->err) < 0)
		uv_timer_start(&child->timer, on_timer, 0, 0);
	return child;
}

void child_cancel(struct child *child)
{
	error_drop(&child->err);
	error_set(&child->err, ERROR_CANCELLED, "%s was stopped", child->program);
	stop(child);
}
