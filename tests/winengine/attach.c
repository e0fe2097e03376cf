/* SPDX-License-Identifier: MIT */
#include "tests/winengine/attach.h"

#include "tests/winengine/container.h"
#include "tests/winengine/process.h"

/* The container may go before its client does: so it is found anew each time. call->name is its
 * name as it was asked for. */
static struct container *attached(const struct call *call)
{
	return container_find(call->world, call->name);
}

static void input(struct call *call, const char *bytes, size_t len)
{
	struct container *container = attached(call);
	bool end;

	if (!container)
		return;
	/* Only with StdinOnce is the end of one client's input that of the process's. */
	end = !bytes && json_bool(container->config, "StdinOnce");
	if (!container->process) {
		text_add_n(&container->early, bytes ? bytes : "", len);
		container->early_end = container->early_end || end;
	} else if (bytes) {
		process_write(container->process, bytes, len);
	} else if (end) {
		process_end_input(container->process);
	}
}

static void no_input(struct call *call, const char *bytes, size_t len)
{
	(void)call;
	(void)bytes;
	(void)len;
}

void attach_open(struct call *call)
{
	struct container *container = container_named(call);

	if (!container)
		return;
	struct scroll_options options = {
		.channels = {false, call_flag(call, "stdout"), call_flag(call, "stderr")},
		.framed = !container_tty(container),
		.tail = -1,
	};

	call->input = call_flag(call, "stdin") ? input : no_input;
	call_raw(call, options.framed);
	container_tell(container, "attach", NULL, NULL);
	if (call_flag(call, "logs"))
		scroll_show(&container->scroll, call, &options);
	if (call_flag(call, "stream"))
		scroll_follow(&container->scroll, call, &options);
	else
		call_end(call);
}

void attach_resize(struct call *call)
{
	struct container *container = container_named(call);

	if (!container)
		return;
	if (!container->process)
		call_error(call, 409, "container %s is not running", container->id);
	else
		call_empty(call, 200);
}
