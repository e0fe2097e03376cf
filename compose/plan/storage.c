/* SPDX-License-Identifier: MIT */
#include "compose/plan/storage.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"

#define DEFAULT_MODE 0444 /* of a secret or config, by the specification */

static const char *const mount_types[] = {
	[MOUNT_BIND] = "bind",   [MOUNT_VOLUME] = "volume",   [MOUNT_TMPFS] = "tmpfs",
	[MOUNT_NPIPE] = "npipe", [MOUNT_CLUSTER] = "cluster", [MOUNT_IMAGE] = "image",
};

bool spec_copies(const struct file_source *source, const struct engine_host *host)
{
	const uint64_t needs = ENGINE_LOCAL | ENGINE_FILE_BIND;
	if (source->kind == SOURCE_FILE)
		return !host || (host->capabilities & needs) != needs;
	return source->kind == SOURCE_CONTENT || source->kind == SOURCE_ENVIRONMENT;
}

static bool is_anonymous(const struct service_mount *mount)
{
	return mount->kind == MOUNT_VOLUME && !mount->source;
}

/* The name of the volume that the inherited container has at a target, or NULL. */
static const char *inherited(struct arena *arena, const struct container *from, const char *target)
{
	if (!from)
		return NULL;
	ARRAY_FOR_EACH (struct container_mount, m, &from->mounts)
		if (text_same(m->type, "volume") && text_same(m->target, target))
			return arena_copy(arena, m->name);
	return NULL;
}

/* The engine knows pipes by their backslashes alone. */
static const char *backslashed(struct arena *arena, const char *path)
{
	char *copy = path ? arena_copy(arena, path) : NULL;
	for (char *c = copy; c && *c; c++)
		*c = *c == '/' ? '\\' : *c;
	return copy;
}

static void fill_mount(struct arena *arena, const struct project *project,
		       const struct service_mount *from, const struct spec_options *options,
		       struct spec_mount *to)
{
	*to = (struct spec_mount){
		.type = mount_types[from->kind],
		.source = from->source,
		.target = from->target,
		.read_only = from->read_only,
		.create_host_path = from->create_host_path,
		.nocopy = from->nocopy,
		.propagation = from->propagation,
		.selinux = from->selinux,
		.subpath = from->subpath,
		.recursive = from->recursive,
		.consistency = from->consistency,
		.labels = spec_labels(arena, &from->labels),
		.tmpfs_size = from->tmpfs_size,
		.tmpfs_mode = from->tmpfs_mode,
	};
	if (from->kind == MOUNT_NPIPE) {
		to->source = backslashed(arena, from->source);
		to->target = backslashed(arena, from->target);
	}
	if (is_anonymous(from)) {
		to->source = inherited(arena, options->inherit, from->target);
	} else if (from->kind == MOUNT_VOLUME) {
		const struct volume *volume = project_volume(project, from->source);
		if (volume)
			to->source = volume->name;
	}
}

static bool target_is_taken(const struct container_spec *spec, const char *target)
{
	for (size_t i = 0; i < spec->mount_count; i++)
		if (text_same(spec->mounts[i].target, target))
			return true;
	return false;
}

/* A volume that nobody named: the engine's 64 hex digits. */
static bool name_is_anonymous(const char *name)
{
	return name && strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
}

static bool image_declares(const struct image *image, const char *target)
{
	for (char **v = image->volumes; v && *v; v++)
		if (strcmp(*v, target) == 0)
			return true;
	return false;
}

/* The volumes that only the image declares stay with the container's successor, as its data would
 * be lost otherwise. */
static void inherit_of_image(struct arena *arena, const struct spec_options *options,
			     struct container_spec *spec)
{
	ARRAY_FOR_EACH (struct container_mount, m, &options->inherit->mounts) {
		if (!text_same(m->type, "volume") || !m->name || target_is_taken(spec, m->target))
			continue;
		if (options->image ? !image_declares(options->image, m->target)
				   : !name_is_anonymous(m->name))
			continue;
		spec->mounts[spec->mount_count++] = (struct spec_mount){
			.type = "volume",
			.source = arena_copy(arena, m->name),
			.target = arena_copy(arena, m->target),
			.read_only = m->read_only,
		};
	}
}

static uint32_t id_of(const char *text)
{
	return text ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

/* Where the specification puts files on Linux, and Docker's own places on Windows. */
static const struct {
	const char *from, *to;
} places[] = {
	{"/run/secrets/", "C:\\ProgramData\\Docker\\secrets\\"},
	{"/", "C:\\"},
	{"\\", "C:\\"},
};

const char *spec_file_target(struct arena *arena, const char *target,
			     const struct engine_host *host)
{
	if (!host || !text_same(host->os_type, "windows"))
		return target;
	const char *drive = "";
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!text_starts(target, places[i].from))
			continue;
		drive = places[i].to;
		target += strlen(places[i].from);
		break;
	}
	return backslashed(arena, arena_format(arena, "%s%s", drive, target));
}

static void fill_file(struct arena *arena, const struct project *project,
		      const struct service_file *use, const struct file_source *source,
		      const struct engine_host *host, struct container_spec *spec)
{
	if (source->kind == SOURCE_EXTERNAL)
		return;
	if (!spec_copies(source, host)) {
		spec->mounts[spec->mount_count++] = (struct spec_mount){
			.type = "bind",
			.source = source->value,
			.target = use->target,
			.read_only = true,
		};
		return;
	}
	struct spec_file *file = &spec->files[spec->file_count++];
	*file = (struct spec_file){
		.target = spec_file_target(arena, use->target, host),
		.uid = id_of(use->uid),
		.gid = id_of(use->gid),
		.mode = use->mode ? use->mode : DEFAULT_MODE,
	};
	if (source->kind == SOURCE_FILE) {
		file->source = source->value;
		return;
	}
	const char *bytes = source->kind == SOURCE_ENVIRONMENT
				    ? map_get(&project->environment, source->value)
				    : source->value;
	file->bytes = bytes ? bytes : "";
	file->len = strlen(file->bytes);
}

/* use_api_socket: the engine's own socket, at the place where clients look for it. */
static void fill_socket(struct arena *arena, const struct engine_host *host,
			struct container_spec *spec)
{
	static const char usual[] = "/var/run/docker.sock", scheme[] = "unix://";
	const char *address = host && host->address ? host->address : "";
	bool here = host && (host->capabilities & ENGINE_LOCAL) && text_starts(address, scheme);

	if (target_is_taken(spec, usual))
		return;
	spec->mounts[spec->mount_count++] = (struct spec_mount){
		.type = "bind",
		.source = here ? arena_copy(arena, address + strlen(scheme)) : usual,
		.target = usual,
	};
}

void storage_fill(struct arena *arena, const struct project *project, const struct service *service,
		  const struct engine_host *host, const struct spec_options *options,
		  struct container_spec *spec)
{
	size_t files = service->secrets.len + service->configs.len;
	size_t mounts = service->mounts.len + files + 1 +
			(options->inherit ? options->inherit->mounts.len : 0);

	spec->mounts = arena_alloc(arena, (mounts + 1) * sizeof(*spec->mounts));
	spec->files = arena_alloc(arena, (files + 1) * sizeof(*spec->files));
	ARRAY_FOR_EACH (struct service_mount, m, &service->mounts)
		fill_mount(arena, project, m, options, &spec->mounts[spec->mount_count++]);
	if (service->use_api_socket)
		fill_socket(arena, host, spec);
	ARRAY_FOR_EACH (struct service_file, use, &service->secrets) {
		const struct file_source *source = project_secret(project, use->source);
		if (source)
			fill_file(arena, project, use, source, host, spec);
	}
	ARRAY_FOR_EACH (struct service_file, use, &service->configs) {
		const struct file_source *source = project_config(project, use->source);
		if (source)
			fill_file(arena, project, use, source, host, spec);
	}
	if (options->inherit)
		inherit_of_image(arena, options, spec);
}
