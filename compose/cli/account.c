/* SPDX-License-Identifier: MIT */
#include "compose/cli/account.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"

#define SPEC_MAX (64u << 10)

/* The path on this host, or NULL where the engine is meant. Yours. */
static char *path_of(const struct project *project, const char *file)
{
	if (text_starts(file, "file://"))
		file += strlen("file://");
	return path_is_absolute(file) ? memory_copy(file) : path_join(project->folder, file);
}

static int send(struct project *project, struct service *service, const char *path,
		struct error **err)
{
	CLEANUP(text_drop) struct text content = {0};
	CLEANUP(json_drop) cJSON *json = NULL;

	if (file_read(path, SPEC_MAX, &content, err) < 0)
		return (*err)->code;
	const char *text = text_string(&content);
	size_t mark = text_starts(text, "\xef\xbb\xbf") ? 3 : 0;
	if (json_parse(text + mark, content.len - mark, path, &json, err) < 0)
		return (*err)->code;
	if (!json_get(json, "CmsPlugins"))
		return error_set(err, ERROR_INVALID,
				 "%s is no credential spec: it has no CmsPlugins (make one with "
				 "New-CredentialSpec of the PowerShell module CredentialSpec)",
				 path);
	CLEANUP(memory_free) char *compact = json_print(json);
	project_set_credentials(project, service, compact);
	return 0;
}

static int read_file(struct project *project, struct service *service, const char *file,
		     struct error **err)
{
	if (text_starts(file, "raw://"))
		return 0;
	CLEANUP(memory_free) char *path = path_of(project, file);
	const char *written = text_starts(file, "file://") ? file + strlen("file://") : file;
	if (file_kind(path) == FILE_REGULAR)
		return send(project, service, path, err);
	if (path_is_absolute(written))
		return error_set(err, ERROR_NOT_FOUND,
				 "%s is not there; a name alone is looked for in the engine's "
				 "CredentialSpecs folder",
				 path);
	return 0;
}

static int read_one(struct project *project, struct service *service, struct error **err)
{
	const struct node *spec = service->credential_spec;
	const char *file = node_text(node_get(spec, "file"));
	const char *key = node_text(node_get(spec, "config"));
	const struct file_source *config = key ? project_config(project, key) : NULL;

	if (file)
		return read_file(project, service, file, err);
	if (config && config->kind == SOURCE_FILE)
		return send(project, service, config->value, err);
	return 0;
}

int account_read(struct project *project, struct error **err)
{
	ARRAY_FOR_EACH (struct service, service, &project->services) {
		struct position at =
			service->credential_spec ? service->credential_spec->at : service->at;
		if (service->credential_spec && read_one(project, service, err) < 0)
			return error_wrap(err, "%s:%u:%u: services.%s.credential_spec",
					  at.file ? at.file : "", at.line, at.column,
					  service->name);
	}
	return 0;
}
