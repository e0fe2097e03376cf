/* SPDX-License-Identifier: MIT */
#include "compose/supervise/home.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

#define KEY_LEN 16

/* A supervisor works in another folder than the command that starts it, and both mean the same. */
static void make_absolute(char **path)
{
	CLEANUP(memory_free) char *current = path_current();
	char *whole = path_join(current, *path);

	free(*path);
	*path = whole;
}

void home_find(struct home *home)
{
	home_folders(home);
	make_absolute(&home->data);
	make_absolute(&home->runtime);
}

int home_make(const struct home *home, const struct home_project *project, struct error **err)
{
	const char *const folders[] = {home->data, home->runtime, project->folder};

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		if (file_make_folder(folders[i], err) < 0)
			return error_wrap(err, "the folder where wincompose keeps its records (set "
					       "WINCOMPOSE_HOME to another)");
	}
	return 0;
}

void home_drop(struct home *home)
{
	free(home->data);
	free(home->runtime);
	*home = (struct home){0};
}

/* What a file name can hold on every system, and short enough for a socket's path. */
static void add_plain(struct text *text, const char *name)
{
	for (size_t i = 0; name[i] && i < 32; i++) {
		char c = name[i];
		bool plain =
			(c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
		text_add_char(text, plain ? c : '_');
	}
}

int home_project(const struct home *home, const char *engine_id, const char *project,
		 struct home_project *ret, struct error **err)
{
	CLEANUP(home_project_drop) struct home_project made = {0};
	CLEANUP(text_drop) struct text identity = {0};
	CLEANUP(text_drop) struct text folder = {0};
	char hex[DIGEST_HEX];

	text_add(&identity, engine_id);
	text_add_char(&identity, '\n');
	text_add(&identity, project);
	digest_hex(identity.data, identity.len, hex);
	made.key = memory_copy_n(hex, KEY_LEN);

	text_printf(&folder, "%s/projects/", home->data);
	add_plain(&folder, project);
	text_printf(&folder, "-%s", made.key);
	made.folder = memory_copy(text_string(&folder));
	made.lock = memory_format("%s/lock", made.folder);
	made.log = memory_format("%s/supervisor.log", made.folder);
	made.record = memory_format("%s/%s.json", home->runtime, made.key);
	if (home_socket(home, made.key, &made.socket, err) < 0)
		return (*err)->code;
	*ret = made;
	made = (struct home_project){0};
	return 0;
}

void home_project_drop(struct home_project *project)
{
	free(project->key);
	free(project->folder);
	free(project->lock);
	free(project->record);
	free(project->socket);
	free(project->log);
	*project = (struct home_project){0};
}
