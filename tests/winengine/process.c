/* SPDX-License-Identifier: MIT */
#include "tests/winengine/process.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "tests/winengine/delay.h"
#include "tests/winengine/host.h"
#include "tests/winengine/world.h"

enum { STREAMS = 3, PIECE = 64 << 10, OUTPUT_WAIT = 500 };

struct process {
	struct world *world;
	struct list link;
	uv_process_t handle;
	uv_pipe_t pipes[STREAMS];
	bool open[STREAMS];
	bool ended;
	bool paused;
	bool told;
	unsigned handles;
	int64_t code;
	struct process_host_ host;
	struct delay *patience;
	struct process_options options;
};

struct output {
	uv_write_t write;
	char bytes[];
};

static void on_closed(uv_handle_t *handle)
{
	struct process *process = handle->data;

	if (--process->handles)
		return;
	process_release_(&process->host);
	free(process);
}

static void close_stream(struct process *process, int stream)
{
	if (!process->open[stream])
		return;
	process->open[stream] = false;
	uv_close((uv_handle_t *)&process->pipes[stream], on_closed);
}

static void report(struct process *process)
{
	if (process->told)
		return;
	process->told = true;
	delay_cancel(&process->patience);
	list_unlink(&process->link);
	for (int i = 0; i < STREAMS; i++)
		close_stream(process, i);
	uv_close((uv_handle_t *)&process->handle, on_closed);
	process->options.exited(process->code, process->options.payload);
}

static void impatient(void *payload)
{
	report(payload);
}

static void settle(struct process *process)
{
	if (process->ended && !process->open[1] && !process->open[2])
		report(process);
}

static void on_exit_(uv_process_t *handle, int64_t status, int signal)
{
	struct process *process = handle->data;

	process->ended = true;
	process->code = process_code_(status, signal);
	delay_start(&process->patience, process->world->loop, OUTPUT_WAIT, impatient, process);
	settle(process);
}

static void buffer_for(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	(void)handle;
	(void)wanted;
	*buffer = uv_buf_init(memory_alloc(PIECE), PIECE);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
	struct process *process = stream->data;
	int channel = stream == (uv_stream_t *)&process->pipes[1] ? 1 : 2;

	if (len > 0)
		process->options.output(channel, buffer->base, (size_t)len,
					process->options.payload);
	free(buffer->base);
	if (len >= 0)
		return;
	close_stream(process, channel);
	settle(process);
}

/* --- its environment: the engine's, then what is added; names are of any case, windows.md 1.3 */

static void add_variable(struct map *map, const char *variable)
{
	size_t len = strcspn(variable + 1, "=") + 1;
	CLEANUP(memory_free) char *name = memory_copy_n(variable, len);

	MAP_FOR_EACH (entry, map) {
		if (!text_same_nocase(entry->key, name))
			continue;
		free(entry->value);
		entry->value = memory_copy(variable + len + 1);
		return;
	}
	if (variable[len])
		map_set(map, name, memory_copy(variable + len + 1));
}

static char **environment(const struct process_options *options, const char *further)
{
	struct map map = {0};
	uv_env_item_t *items = NULL;
	int count = 0;

	uv_os_environ(&items, &count);
	for (int i = 0; i < count; i++)
		map_set(&map, items[i].name, memory_copy(items[i].value));
	uv_os_free_environ(items, count);
	for (const char *const *variable = options->env; variable && *variable; variable++)
		add_variable(&map, *variable);
	if (further)
		add_variable(&map, further);
	char **vector = memory_zero(map.len + 1, sizeof(*vector));

	for (size_t i = 0; i < map.len; i++)
		vector[i] =
			memory_format("%s=%s", map.entries[i].key, (char *)map.entries[i].value);
	map_drop_with(&map, free);
	return vector;
}

/* --- life */

static int spawn(struct process *process, const char *file, const char *shell)
{
	const struct process_options *options = &process->options;
	ARRAY(char *) arguments = {0};
	CLEANUP(memory_free_vector)
	char **env = environment(options, process->host.variable);
	uv_stdio_container_t streams[STREAMS] = {{.flags = UV_IGNORE}};

	for (size_t i = 0; options->arguments[i]; i++) {
		/* A shell of this host has another option than cmd's /S /C. */
		bool slash = shell && options->arguments[i][0] == '/' &&
			     strlen(options->arguments[i]) == 2;

		if (!slash)
			array_push(&arguments, (char *)options->arguments[i]);
		else if (text_same_nocase(options->arguments[i], "/c"))
			array_push(&arguments, (char *)shell);
	}
	array_push(&arguments, NULL);
	for (int i = options->input ? 0 : 1; i < STREAMS; i++) {
		uv_pipe_init(process->world->loop, &process->pipes[i], 0);
		process->pipes[i].data = process;
		process->open[i] = true;
		process->handles++;
		streams[i].flags = UV_CREATE_PIPE | (i ? UV_WRITABLE_PIPE : UV_READABLE_PIPE);
		streams[i].data.stream = (uv_stream_t *)&process->pipes[i];
	}
	process->handles++;
	process->handle.data = process;
	int status = uv_spawn(process->world->loop, &process->handle,
			      &(uv_process_options_t){
				      .file = file,
				      .args = arguments.items,
				      .env = env,
				      .cwd = options->folder,
				      .stdio = streams,
				      .stdio_count = STREAMS,
				      .flags = process_flags_(),
				      .exit_cb = on_exit_,
			      });
	array_drop(&arguments);
	return status;
}

int process_start(const struct process_options *options, struct process **ret, struct error **err)
{
	const char *shell = NULL;
	CLEANUP(memory_free)
	char *file = process_find_(options->arguments[0], options->world->programs, &shell);

	if (!file)
		return error_set(err, ERROR_NOT_FOUND, "%s", host_words(0x2));
	struct process *process = memory_zero(1, sizeof(*process));

	process->world = options->world;
	process->options = *options;
	list_init(&process->link);
	process_prepare_(&process->host);
	int status = spawn(process, file, shell);

	if (status < 0) {
		for (int i = 0; i < STREAMS; i++)
			close_stream(process, i);
		uv_close((uv_handle_t *)&process->handle, on_closed);
		return error_uv(err, status, "%s", options->arguments[0]);
	}
	list_append(&process->world->processes, &process->link);
	for (int i = 1; i < STREAMS; i++)
		uv_read_start((uv_stream_t *)&process->pipes[i], buffer_for, on_read);
	*ret = process;
	return 0;
}

int process_pid(const struct process *process)
{
	return process->handle.pid;
}

static void on_written(uv_write_t *write, int status)
{
	(void)status;
	free(write);
}

void process_write(struct process *process, const char *bytes, size_t len)
{
	struct output *output;
	uv_buf_t buffer;

	if (!process->open[0])
		return;
	output = memory_alloc(sizeof(*output) + len);
	memcpy(output->bytes, bytes, len);
	buffer = uv_buf_init(output->bytes, (unsigned)len);
	if (uv_write(&output->write, (uv_stream_t *)&process->pipes[0], &buffer, 1, on_written) < 0)
		free(output);
}

static void on_shut(uv_shutdown_t *shutdown, int status)
{
	struct process *process = shutdown->data;

	free(shutdown);
	/* Cancelled by a close that is on its way, or whole. */
	if (status != UV_ECANCELED)
		close_stream(process, 0);
}

void process_end_input(struct process *process)
{
	uv_shutdown_t *shutdown;

	if (!process->open[0])
		return;
	shutdown = memory_zero(1, sizeof(*shutdown));
	shutdown->data = process;
	if (uv_shutdown(shutdown, (uv_stream_t *)&process->pipes[0], on_shut) < 0)
		free(shutdown);
}

void process_pause(struct process *process, bool on)
{
	if (process->paused == on)
		return;
	process->paused = on;
	for (int i = 1; i < STREAMS; i++) {
		if (!process->open[i])
			continue;
		if (on)
			uv_read_stop((uv_stream_t *)&process->pipes[i]);
		else
			uv_read_start((uv_stream_t *)&process->pipes[i], buffer_for, on_read);
	}
}

void process_shut(struct process *process)
{
	if (!process->ended)
		process_shut_(&process->host, &process->handle);
}

void process_terminate(struct process *process)
{
	if (!process->ended)
		process_kill_(&process->handle);
}
