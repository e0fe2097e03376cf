/* SPDX-License-Identifier: MIT */
/* The listening part of pipe.h.
 *
 * A thread of the system's pool waits for each instance's event and reports it (pipe.inside.h);
 * completions are not taken by the pool, as a handle is bound to who takes them for ever, and
 * accepted handles are for anyone. Every wait ends, also when it is cancelled, and what it needs is
 * freed after that; nothing here waits.
 */
#include <stdlib.h>

#include <windows.h>

/* windows.h first: sddl.h needs its types. */
#include <sddl.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/pipe.h"
#include "base/pipe.inside.h"

/* So many clients can connect between two turns of the loop; the next finds the pipe busy. */
enum { INSTANCES = 4, BUFFER = 64 << 10, AGAIN_MS = 100 };

struct instance {
	HANDLE handle; /* NULL: none listens here */
	HANDLE event;
	HANDLE wait; /* NULL: none */
	OVERLAPPED connect;
	struct pipe_report report;
};

struct pipe_server {
	wchar_t *name;
	PSECURITY_DESCRIPTOR descriptor;
	DWORD type;
	struct instance instances[INSTANCES];
	uv_async_t turn;
	uv_timer_t again; /* where an instance could not be made */
	unsigned handles;
	bool closing;
	void (*accepted)(HANDLE handle, void *payload);
	void *payload;
	void (*closed)(void *payload);
	void *closed_payload;
};

static void try_again(uv_timer_t *timer);

/* --- instances */

static DWORD instance_make(struct pipe_server *server, struct instance *instance, DWORD flags)
{
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes),
					  .lpSecurityDescriptor = server->descriptor};
	HANDLE handle = CreateNamedPipeW(
		server->name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | flags, server->type,
		PIPE_UNLIMITED_INSTANCES, BUFFER, BUFFER, 0, &attributes);

	if (handle == INVALID_HANDLE_VALUE)
		return GetLastError();
	instance->handle = handle;
	return 0;
}

static void CALLBACK signalled(void *payload, BOOLEAN timed_out)
{
	(void)timed_out;
	pipe_report_tell_(payload);
}

static DWORD instance_wait(struct instance *instance)
{
	ResetEvent(instance->event);
	instance->connect = (OVERLAPPED){.hEvent = instance->event};
	pipe_report_expect_(&instance->report);
	if (!RegisterWaitForSingleObject(&instance->wait, instance->event, signalled,
					 &instance->report, INFINITE, WT_EXECUTEONLYONCE)) {
		DWORD code = GetLastError();

		instance->wait = NULL;
		pipe_report_forget_(&instance->report);
		CloseHandle(steal(&instance->handle));
		return code;
	}
	/* A client that was faster, or has come and gone, is as good: who gets the handle reads what
	 * it left, and then the end. */
	if (!ConnectNamedPipe(instance->handle, &instance->connect) &&
	    GetLastError() != ERROR_IO_PENDING)
		SetEvent(instance->event);
	return 0;
}

static void instance_renew(struct pipe_server *server, struct instance *instance)
{
	DWORD code = instance_make(server, instance, 0);

	if (code == 0)
		code = instance_wait(instance);
	if (code == 0)
		return;
	log_info("pipe: no further instance (%lu)", code);
	uv_timer_start(&server->again, try_again, AGAIN_MS, 0);
}

/* Whether its wait is over, once. */
static bool instance_take(struct instance *instance)
{
	if (!pipe_report_take_(&instance->report))
		return false;
	/* Does not wait for the callback, which has nothing left to do. */
	UnregisterWaitEx(steal(&instance->wait), NULL);
	return true;
}

/* --- turns of the loop */

static void close_when_still(struct pipe_server *server);

static void turned(uv_async_t *turn)
{
	struct pipe_server *server = container_of(turn, struct pipe_server, turn);

	for (size_t i = 0; i < INSTANCES && !server->closing; i++) {
		struct instance *instance = &server->instances[i];

		if (!instance_take(instance))
			continue;
		HANDLE handle = steal(&instance->handle);

		instance_renew(server, instance);
		server->accepted(handle, server->payload);
	}
	if (server->closing)
		close_when_still(server);
}

static void try_again(uv_timer_t *timer)
{
	struct pipe_server *server = container_of(timer, struct pipe_server, again);

	for (size_t i = 0; i < INSTANCES; i++)
		if (!server->instances[i].handle)
			instance_renew(server, &server->instances[i]);
}

/* --- life */

static void server_free(struct pipe_server *server)
{
	for (size_t i = 0; i < INSTANCES; i++) {
		if (server->instances[i].handle)
			CloseHandle(server->instances[i].handle);
		if (server->instances[i].event)
			CloseHandle(server->instances[i].event);
	}
	LocalFree(server->descriptor);
	free(server->name);
	free(server);
}

static void handle_closed(uv_handle_t *handle)
{
	struct pipe_server *server = handle->data;
	void (*closed)(void *payload) = server->closed;
	void *payload = server->closed_payload;

	if (--server->handles > 0)
		return;
	server_free(server);
	if (closed)
		closed(payload);
}

static void close_when_still(struct pipe_server *server)
{
	if (uv_is_closing((uv_handle_t *)&server->turn))
		return;
	for (size_t i = 0; i < INSTANCES; i++) {
		instance_take(&server->instances[i]);
		if (pipe_report_awaited_(&server->instances[i].report))
			return;
	}
	/* The name is free when closed is called. */
	for (size_t i = 0; i < INSTANCES; i++)
		if (server->instances[i].handle)
			CloseHandle(steal(&server->instances[i].handle));
	uv_close((uv_handle_t *)&server->turn, handle_closed);
	uv_close((uv_handle_t *)&server->again, handle_closed);
}

void pipe_server_close(struct pipe_server *server, void (*closed)(void *payload), void *payload)
{
	server->closing = true;
	server->closed = closed;
	server->closed_payload = payload;
	uv_timer_stop(&server->again);
	for (size_t i = 0; i < INSTANCES; i++)
		if (pipe_report_awaited_(&server->instances[i].report))
			CancelIoEx(server->instances[i].handle, &server->instances[i].connect);
	close_when_still(server);
}

static int describe(const struct pipe_listen_options *options, struct pipe_server *server,
		    struct error **err)
{
	CLEANUP(memory_free) char *user = NULL;
	CLEANUP(memory_free) char *own = NULL;
	const char *descriptor = options->descriptor;

	if (!descriptor) {
		if (pipe_user(&user, err) < 0)
			return (*err)->code;
		/* P: nothing is inherited. GA: everything, a further instance too. */
		own = memory_format("O:%sD:P(A;;GA;;;%s)", user, user);
		descriptor = own;
	}
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(descriptor, SDDL_REVISION_1,
								  &server->descriptor, NULL))
		return error_set(err, ERROR_INVALID, "the pipe %s: \"%s\" describes no security",
				 options->name, descriptor);
	return 0;
}

static int prepare(const struct pipe_listen_options *options, struct pipe_server *server,
		   struct error **err)
{
	server->type = (options->messages ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE) |
		       PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
	server->accepted = options->accepted;
	server->payload = options->payload;
	if (pipe_name_(options->name, &server->name, err) < 0 || describe(options, server, err) < 0)
		return (*err)->code;
	DWORD code = instance_make(server, &server->instances[0], FILE_FLAG_FIRST_PIPE_INSTANCE);

	/* Windows says "denied" and Wine "busy" of a name that somebody has. */
	if (code == ERROR_ACCESS_DENIED || code == ERROR_PIPE_BUSY || code == ERROR_ALREADY_EXISTS)
		return error_set(err, ERROR_CONFLICT, "somebody else listens at %s", options->name);
	return code ? pipe_error_(err, code, "cannot listen at", options->name) : 0;
}

int pipe_listen(uv_loop_t *loop, const struct pipe_listen_options *options,
		struct pipe_server **ret, struct error **err)
{
	struct pipe_server *server = memory_zero(1, sizeof(*server));
	DWORD code = 0;

	if (prepare(options, server, err) < 0) {
		server_free(server);
		return (*err)->code;
	}
	server->handles = 2;
	uv_async_init(loop, &server->turn, turned);
	uv_timer_init(loop, &server->again);
	server->turn.data = server;
	server->again.data = server;
	for (size_t i = 0; i < INSTANCES && code == 0; i++) {
		server->instances[i].report.turn = &server->turn;
		server->instances[i].event = CreateEventW(NULL, TRUE, FALSE, NULL);
		if (!server->instances[i].event)
			code = GetLastError();
	}
	if (code == 0)
		code = instance_wait(&server->instances[0]);
	if (code) {
		pipe_server_close(server, NULL, NULL);
		return pipe_error_(err, code, "cannot listen at", options->name);
	}
	for (size_t i = 1; i < INSTANCES; i++)
		instance_renew(server, &server->instances[i]);
	*ret = server;
	return 0;
}
