/* SPDX-License-Identifier: MIT */
#include "netns/netns.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/endpoint.h"
#include "netns/linux/hatch.h"
#include "netns/linux/settle.h"
#include "netns/network.h"

int netns_look(struct netns_view *ret, struct error **err)
{
	(void)ret;
	return error_set(err, ERROR_UNSUPPORTED, "only Windows has a network service to ask");
}

int netns_remove(const char *endpoint, struct error **err)
{
	(void)endpoint;
	return error_set(err, ERROR_UNSUPPORTED, "only Windows has a network service to ask");
}

int netns_create(const char *root, const struct network *network, struct error **err)
{
	CLEANUP(memory_free) char *folder = path_join(root, network->id);
	CLEANUP(memory_free) char *path = path_join(folder, "network");
	CLEANUP(text_drop) struct text line = {0};
	int status = file_make_folder(folder, err);

	if (status == 0 && file_kind(path) != FILE_ABSENT)
		return error_set(err, ERROR_CONFLICT, "there is a network %s already", network->id);
	network_write(network, &line);
	text_add_char(&line, '\n');
	return status < 0 ? status : file_write(path, line.data, line.len, true, err);
}

char **netns_start_arguments(const char *program, const char *root, const char *id)
{
	CLEANUP(memory_free) char *folder = path_join(root, id);

	return memory_copy_vector((const char *const[]){program, "start", folder, NULL});
}

int netns_network(const char *root, const char *id, struct network *ret, struct error **err)
{
	CLEANUP(memory_free) char *folder = path_join(root, id);

	return settle_read(folder, ret, err);
}

static int ask(const char *root, const char *id, const char *line, struct text *answer,
	       struct error **err)
{
	CLEANUP(memory_free) char *folder = path_join(root, id);
	CLEANUP(memory_free) char *control = path_join(folder, "control");

	return hatch_ask(control, line, answer, err);
}

int netns_attach(const char *root, const char *id, const struct endpoint *endpoint,
		 struct endpoint *ret, struct error **err)
{
	CLEANUP(text_drop) struct text line = {0};
	CLEANUP(text_drop) struct text fields = {0};
	CLEANUP(text_drop) struct text answer = {0};

	endpoint_write(endpoint, &fields);
	text_printf(&line, "attach %s", text_string(&fields));
	int status = ask(root, id, text_string(&line), &answer, err);

	if (status < 0)
		return status;
	if (answer.len && answer.data[answer.len - 1] == '\n')
		answer.data[answer.len - 1] = '\0';
	return endpoint_parse(text_string(&answer), ret, err);
}

int netns_detach(const char *root, const char *id, const char *endpoint, bool is_gone,
		 struct error **err)
{
	CLEANUP(text_drop) struct text line = {0};
	CLEANUP(text_drop) struct text answer = {0};

	text_printf(&line, "detach id=%s gone=%d", endpoint, is_gone);
	return ask(root, id, text_string(&line), &answer, err);
}

int netns_also(const char *root, const char *id, const char *endpoint, const char *const *others,
	       struct error **err)
{
	CLEANUP(text_drop) struct text line = {0};
	CLEANUP(text_drop) struct text answer = {0};

	text_printf(&line, "also id=%s also=", endpoint);
	for (size_t i = 0; others[i]; i++)
		text_printf(&line, "%s%s", i ? "," : "", others[i]);
	return ask(root, id, text_string(&line), &answer, err);
}

int netns_end(const char *root, const char *id, struct error **err)
{
	CLEANUP(memory_free) char *folder = path_join(root, id);
	CLEANUP(text_drop) struct text answer = {0};

	/* Never started, or ended before. */
	CLEANUP(memory_free) char *settled = path_join(folder, "settled");

	if (file_kind(settled) == FILE_ABSENT)
		return settle_remove(folder, err);
	return ask(root, id, "end", &answer, err);
}
