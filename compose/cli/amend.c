/* SPDX-License-Identifier: MIT */
#include "compose/cli/amend.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/dotenv.h"
#include "compose/project/mount.h"
#include "compose/project/port.h"
#include "compose/project/shape.h"
#include "compose/project/value.h"
#include "compose/project/words.h"

enum { ENV_FILE_MAX = 1 << 20 };

/* --- values in the arena, whose arrays do not grow in place */

static void append(struct arena *arena, struct strings *to, const char *const *from)
{
	size_t count = 0;

	while (from && from[count])
		count++;
	if (!count)
		return;
	const char **items = arena_alloc(arena, (to->len + count + 1) * sizeof(*items));
	for (size_t i = 0; i < to->len; i++)
		items[i] = to->items[i];
	for (size_t i = 0; i < count; i++)
		items[to->len + i] = from[i];
	*to = (struct strings){items, to->len + count, to->len + count};
}

static void set_pair(struct arena *arena, struct pairs *pairs, const char *key, const char *value)
{
	for (size_t i = 0; i < pairs->len; i++) {
		if (strcmp(pairs->items[i].key, key) != 0)
			continue;
		pairs->items[i].value = value;
		return;
	}
	struct pair *items = arena_alloc(arena, (pairs->len + 1) * sizeof(*items));
	for (size_t i = 0; i < pairs->len; i++)
		items[i] = pairs->items[i];
	items[pairs->len] = (struct pair){key, value};
	*pairs = (struct pairs){items, pairs->len + 1, pairs->len + 1};
}

/* --- environment and labels */

static int check_key(const char *flag, const char *item, struct error **err)
{
	if (*item && *item != '=')
		return 0;
	return error_set(err, ERROR_INVALID, "--%s: \"%s\" has no name", flag, item);
}

static int set_env(struct project *project, struct service *service, const char *const *given,
		   struct error **err)
{
	for (; given && *given; given++) {
		const char *equals = strchr(*given, '=');

		if (check_key("env", *given, err) < 0)
			return (*err)->code;
		const char *key =
			equals ? arena_copy_n(&project->arena, *given, (size_t)(equals - *given))
			       : *given;
		set_pair(&project->arena, &service->environment, key,
			 equals ? equals + 1 : map_get(&project->environment, key));
	}
	return 0;
}

static int set_labels(struct project *project, struct service *service, const char *const *given,
		      struct error **err)
{
	for (; given && *given; given++) {
		const char *equals = strchr(*given, '=');
		size_t len = equals ? (size_t)(equals - *given) : strlen(*given);

		if (check_key("label", *given, err) < 0)
			return (*err)->code;
		set_pair(&project->arena, &service->labels,
			 arena_copy_n(&project->arena, *given, len), equals ? equals + 1 : "");
	}
	return 0;
}

struct env_file {
	struct project *project;
	struct service *service;
};

static const char *look_up(const char *name, void *payload)
{
	struct env_file *file = payload;

	return map_get(&file->project->environment, name);
}

static void set_from_file(const char *name, const char *value, struct position at, void *payload)
{
	struct env_file *file = payload;
	struct arena *arena = &file->project->arena;

	(void)at;
	if (value)
		set_pair(arena, &file->service->environment, arena_copy(arena, name),
			 arena_copy(arena, value));
}

static int read_env_file(struct project *project, struct service *service, const char *path,
			 struct error **err)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};
	struct env_file file = {project, service};
	size_t budget = ENV_FILE_MAX;
	const struct dotenv how = {
		.file = path,
		.lookup = look_up,
		.set = set_from_file,
		.payload = &file,
		.budget = &budget,
	};

	if (file_read(path, ENV_FILE_MAX, &text, err) < 0)
		return error_wrap(err, "--env-from-file");
	dotenv_read(&how, text_string(&text), text.len, &findings);
	return diagnostics_fail(&findings, err);
}

/* --- short forms */

typedef bool expand(struct shaper *shaper, const struct node *brief, const struct trail *trail,
		    struct node *items);

/* A list of long forms, as a file would have given it. */
static struct node *expand_all(struct project *project, const char *flag, const char *const *given,
			       expand *form, struct error **err)
{
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};
	struct shaper shaper = {.arena = &project->arena, .diagnostics = &findings};
	const struct position nowhere = {0};
	struct node *items = node_new(&project->arena, NODE_SEQUENCE, nowhere);
	const struct trail trail = {.key = flag};

	for (; *given; given++)
		form(&shaper, node_string(&project->arena, *given, nowhere), &trail, items);
	if (!findings.errors)
		return items;
	const struct diagnostic *first = findings.list.items;
	error_set(err, ERROR_INVALID, "%s: %s", first->path, first->message);
	if (first->hint)
		error_detail(err, "   %s", first->hint);
	return NULL;
}

static int set_ports(struct project *project, struct service *service, const char *const *given,
		     struct error **err)
{
	const struct node *items = expand_all(project, "--publish", given, port_expand, err);

	if (!items)
		return (*err)->code;
	VALUE_ROOM(&project->arena, &service->ports, value_items(items));
	for (size_t i = 0; i < value_items(items); i++) {
		const struct node *item = items->sequence.items[i];

		service->ports.items[service->ports.len++] = (struct service_port){
			.host_ip = node_text(node_get(item, "host_ip")),
			.published = node_text(node_get(item, "published")),
			.target = (unsigned)value_int(node_get(item, "target"), 0),
			.protocol = node_text(node_get(item, "protocol")),
			.mode = node_text(node_get(item, "mode")),
		};
	}
	return 0;
}

/* A path is seen from where the user stands. */
static const char *host_path(struct arena *arena, const char *source)
{
	CLEANUP(memory_free) char *home = path_expand_home(source);
	CLEANUP(memory_free) char *folder = path_current();
	CLEANUP(memory_free) char *joined = path_join(folder, home);
	CLEANUP(memory_free) char *clean = path_clean(joined);

	return arena_copy(arena, clean);
}

static struct service_mount mount_of(struct arena *arena, const struct node *item)
{
	const struct node *bind = node_get(item, "bind");
	const char *source = node_text(node_get(item, "source"));
	bool pipe = source && text_starts(source, "\\\\.\\pipe\\");
	struct service_mount mount = {
		.kind = MOUNT_VOLUME,
		.source = source,
		.target = node_text(node_get(item, "target")),
		.read_only = value_bool(node_get(item, "read_only"), false),
		.create_host_path = value_bool(node_get(bind, "create_host_path"), false),
		.nocopy = value_bool(node_get(node_get(item, "volume"), "nocopy"), false),
		.propagation = node_text(node_get(bind, "propagation")),
		.selinux = node_text(node_get(bind, "selinux")),
	};

	if (!bind)
		return mount;
	mount.kind = pipe ? MOUNT_NPIPE : MOUNT_BIND;
	if (!pipe)
		mount.source = host_path(arena, source);
	return mount;
}

static int add_mounts(struct project *project, struct service *service, const char *const *given,
		      struct error **err)
{
	struct arena *arena = &project->arena;
	const struct node *items = expand_all(project, "--volume", given, mount_expand, err);
	size_t count = service->mounts.len;
	struct service_mount *before = service->mounts.items;

	if (!items)
		return (*err)->code;
	VALUE_ROOM(arena, &service->mounts, count + value_items(items));
	for (size_t i = 0; i < count; i++)
		service->mounts.items[service->mounts.len++] = before[i];
	for (size_t i = 0; i < value_items(items); i++) {
		struct service_mount mount = mount_of(arena, items->sequence.items[i]);
		struct service_mount *place = &service->mounts.items[service->mounts.len];

		/* One that has its target already gives way. */
		ARRAY_FOR_EACH (struct service_mount, known, &service->mounts) {
			if (text_same(known->target, mount.target))
				place = known;
		}
		service->mounts.len += place == service->mounts.items + service->mounts.len;
		*place = mount;
	}
	return 0;
}

/* --- the command line */

static char **vector_in(struct arena *arena, const char *const *from, size_t len)
{
	char **vector = arena_alloc(arena, (len + 1) * sizeof(*vector));

	for (size_t i = 0; i < len; i++)
		vector[i] = arena_copy(arena, from[i]);
	return vector;
}

static int set_entrypoint(struct project *project, struct service *service, const char *line,
			  struct error **err)
{
	CLEANUP(words_drop) struct words words = {0};

	if (!words_split(line, &words))
		return error_set(err, ERROR_INVALID, "--entrypoint: a quote is open in \"%s\"",
				 line);
	service->entrypoint =
		vector_in(&project->arena, (const char *const *)words.list.items, words.list.len);
	service->command = vector_in(&project->arena, NULL, 0);
	return 0;
}

static void set_command(struct project *project, struct service *service,
			const char *const *command)
{
	size_t len = 0;

	while (command[len])
		len++;
	service->command = vector_in(&project->arena, command, len);
}

int amend_service(struct project *project, struct service *service,
		  const struct amend_options *options, struct error **err)
{
	for (const char *const *path = options->env_files; path && *path; path++) {
		if (read_env_file(project, service, *path, err) < 0)
			return (*err)->code;
	}
	if (set_env(project, service, options->env, err) < 0 ||
	    set_labels(project, service, options->labels, err) < 0 ||
	    (options->publish && set_ports(project, service, options->publish, err) < 0) ||
	    (options->volumes && add_mounts(project, service, options->volumes, err) < 0) ||
	    (options->entrypoint && set_entrypoint(project, service, options->entrypoint, err) < 0))
		return (*err)->code;
	if (options->command)
		set_command(project, service, options->command);
	append(&project->arena, &service->cap_add, options->cap_add);
	append(&project->arena, &service->cap_drop, options->cap_drop);
	if (options->user)
		service->user = options->user;
	if (options->folder)
		service->working_dir = options->folder;
	return 0;
}
