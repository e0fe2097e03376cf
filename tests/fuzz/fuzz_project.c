/* SPDX-License-Identifier: MIT */
/* Any bytes as the files of a project: a project or findings. What was loaded is saved and restored
 * as it was, and what config prints of it is read as the same project.
 *
 * A line "%FILE name" begins another of the files that are known here; what is before the first is
 * compose.yaml.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/project/project.h"

static const char *const names[] = {"compose.yaml", "compose.override.yaml", ".env", "other.yaml",
				    "printed.yaml"};
static char folder[1100]; /* of this process; the files in it are written anew for each input */

static void remove_all(void)
{
	uv_fs_t request;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(memory_free) char *path = path_join(folder, names[i]);

		file_remove(path, &err);
	}
	uv_fs_rmdir(NULL, &request, folder, NULL);
	uv_fs_req_cleanup(&request);
}

static void make_folder(void)
{
	char base[1000];
	size_t size = sizeof(base);
	uv_fs_t request;

	if (uv_os_tmpdir(base, &size) < 0)
		abort();
	CLEANUP(memory_free) char *pattern = path_join(base, "wincompose-fuzz-XXXXXX");
	if (uv_fs_mkdtemp(NULL, &request, pattern, NULL) < 0)
		abort();
	strcpy(folder, request.path);
	uv_fs_req_cleanup(&request);
	atexit(remove_all);
}

static void put(const char *name, const char *bytes, size_t len)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(memory_free) char *path = path_join(folder, name);

	if (file_write(path, bytes, len, false, &err) < 0)
		abort();
}

static const char *known_name(const char *line, const char *end)
{
	static const char mark[] = "%FILE ";
	size_t len = (size_t)(end - line);

	if (len <= strlen(mark) || memcmp(line, mark, strlen(mark)) != 0)
		return NULL;
	for (size_t i = 1; i + 1 < ARRAY_LEN(names); i++)
		if (strlen(names[i]) == len - strlen(mark) &&
		    memcmp(names[i], line + strlen(mark), strlen(names[i])) == 0)
			return names[i];
	return NULL;
}

static void put_all(const char *bytes, size_t size)
{
	const char *name = names[0], *start = bytes, *stop = bytes + size;

	for (size_t i = 1; i < ARRAY_LEN(names); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(memory_free) char *path = path_join(folder, names[i]);

		file_remove(path, &err);
	}
	for (const char *line = bytes; line < stop;) {
		const char *end = memchr(line, '\n', (size_t)(stop - line));
		const char *other = known_name(line, end ? end : stop);

		if (other) {
			put(name, start, (size_t)(line - start));
			name = other;
			start = end ? end + 1 : stop;
		}
		line = end ? end + 1 : stop;
	}
	put(name, start, (size_t)(stop - start));
}

static void check_saved(const struct project *project)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(project_drop) struct project *again = NULL;
	CLEANUP(memory_free) char *first = project_save(project);

	if (project_restore(first, strlen(first), &again, &err) < 0)
		abort();
	CLEANUP(memory_free) char *second = project_save(again);
	if (strcmp(first, second) != 0 || !node_same(project->root, again->root))
		abort();
}

/* --- what is printed as docker compose prints it, though it is not read again (the cases of
 * tests/project with a file "once") */

static const struct node *child(const struct node *node, const char *key)
{
	struct node_entry *entry =
		node && node->kind == NODE_MAPPING ? node_entry((struct node *)node, key) : NULL;

	return entry ? entry->value : NULL;
}

/* Of something with an empty name the name is not shown. */
static bool has_nameless(const struct node *root)
{
	static const char *const kinds[] = {"networks", "volumes", "secrets", "configs"};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct node *all = child(root, kinds[i]);

		for (size_t j = 0; all && j < all->mapping.len; j++)
			if (!child(all->mapping.entries[j].value, "name"))
				return true;
	}
	return false;
}

/* An empty name is one in a list of pairs, and not in a mapping. */
static bool has_empty_key(const struct node *node)
{
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->sequence.len; i++)
		if (has_empty_key(node->sequence.items[i]))
			return true;
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->mapping.len; i++)
		if (!*node->mapping.entries[i].key || has_empty_key(node->mapping.entries[i].value))
			return true;
	return false;
}

/* A device without a source, a port of 0 or of an empty protocol, or a dependency that a profile
 * left out. */
static bool has_loose_end(const struct node *services, const struct node *service)
{
	const struct node *devices = child(service, "devices");
	const struct node *ports = child(service, "ports");
	const struct node *needs = child(service, "depends_on");

	for (size_t i = 0; ports && i < ports->sequence.len; i++)
		if (!child(ports->sequence.items[i], "target") ||
		    !child(ports->sequence.items[i], "protocol"))
			return true;
	for (size_t i = 0; devices && i < devices->sequence.len; i++)
		if (!child(devices->sequence.items[i], "source"))
			return true;
	for (size_t i = 0; needs && i < needs->mapping.len; i++)
		if (!child(services, needs->mapping.entries[i].key))
			return true;
	return false;
}

static bool is_read_again(const struct node *root)
{
	const struct node *services = child(root, "services");

	for (size_t i = 0; services && i < services->mapping.len; i++)
		if (has_loose_end(services, services->mapping.entries[i].value))
			return false;
	return !has_nameless(root) && !has_empty_key(root);
}

static void check_printed(const struct project *project, struct project_options options)
{
	static const char *const files[] = {"printed.yaml", NULL};
	static const char *const all[] = {"*", NULL};
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(project_drop) struct project *again = NULL;
	CLEANUP(text_drop) struct text yaml = {0};

	node_to_file(project->root, &yaml);
	put(files[0], text_string(&yaml), yaml.len);
	options.files = files;
	options.profiles = all;
	if (project_load(&options, &diagnostics, &again, &err) < 0 ||
	    !node_same(project->root, again->root)) {
		fprintf(stderr, "%s\n%s\n", err ? err->message : "not the same", yaml.data);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const environment[] = {"A=1", "EMPTY=", "TEXT=a b", NULL};
	CLEANUP(diagnostics_drop) struct diagnostics diagnostics = {0};
	CLEANUP(project_drop) struct project *project = NULL;
	CLEANUP(error_drop) struct error *err = NULL;

	if (!*folder)
		make_folder();
	const struct project_options options = {
		.start = folder, .name = "p", .environment = environment};
	put_all((const char *)data, size);
	int status = project_load(&options, &diagnostics, &project, &err);
	if ((status == 0) != (project != NULL) || (status < 0) != (err != NULL) ||
	    (status == 0 && diagnostics.errors > 0))
		abort();
	if (project) {
		check_saved(project);
		if (is_read_again(project->root))
			check_printed(project, options);
	}
	return 0;
}
