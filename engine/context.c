/* SPDX-License-Identifier: MIT */
#include "engine/context.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/credentials.h"

#define META_MAX (1 << 20)
#define DEFAULT  "default"

static const char *const unix_defaults[] = {"unix:///var/run/docker.sock", NULL};
static const char *const windows_defaults[] = {
	"npipe:////./pipe/docker_engine",
	"npipe:////./pipe/dockerDesktopWindowsEngine",
	"npipe:////./pipe/dockerDesktopLinuxEngine",
	NULL,
};

static const char *const source_names[] = {
	[CONTEXT_FLAG] = "the command line",
	[CONTEXT_HOST] = "DOCKER_HOST",
	[CONTEXT_VARIABLE] = "DOCKER_CONTEXT",
	[CONTEXT_CURRENT] = "currentContext of docker's config.json",
	[CONTEXT_DEFAULT] = "the default",
};

const char *context_source_name(enum context_source source)
{
	return source_names[source];
}

const char *const *context_defaults(bool is_windows)
{
	return is_windows ? windows_defaults : unix_defaults;
}

bool context_is_named(const struct context *context)
{
	return context->source <= CONTEXT_VARIABLE;
}

void context_drop(struct context *context)
{
	memory_free(&context->name);
	memory_free(&context->address);
	memory_free(&context->tls_folder);
}

/* Not set and empty mean the same, as for docker. Yours. */
static char *environment(const char *name)
{
	char value[4096];
	size_t size = sizeof(value);

	return !uv_os_getenv(name, value, &size) && *value ? memory_copy(value) : NULL;
}

/* --- addresses */

static int tcp_address(const char *given, const char *rest, bool tls, char **ret,
		       struct error **err)
{
	size_t authority = strcspn(rest, "/"), host;
	const char *colon;
	char *end;
	unsigned long port;

	host = *rest == '[' ? strcspn(rest, "]") + 1 : strcspn(rest, ":/");
	colon = host < authority ? rest + host : NULL;
	if (host > authority || !host || (colon && *colon != ':'))
		return error_set(err, ERROR_INVALID, "\"%s\" is not an engine's address", given);
	if (!colon) {
		*ret = memory_format("tcp://%.*s:%d%s", (int)authority, rest, tls ? 2376 : 2375,
				     rest + authority);
		return 0;
	}
	port = strtoul(colon + 1, &end, 10);
	if (end != rest + authority || end == colon + 1 || port < 1 || port > 65535)
		return error_set(err, ERROR_INVALID, "\"%s\" has no port between 1 and 65535",
				 given);
	*ret = memory_format("tcp://%s", rest);
	return 0;
}

int context_address(const char *address, bool is_windows, bool tls, char **ret, struct error **err)
{
	const char *colon = strstr(address, "://");
	const char *rest = colon ? colon + 3 : address;

	if (!colon)
		return tcp_address(address, rest, tls, ret, err);
	if (text_starts(address, "tcp://") || text_starts(address, "http://") ||
	    text_starts(address, "https://"))
		return tcp_address(address, rest, tls, ret, err);
	if (text_starts(address, "unix://")) {
		*ret = memory_copy(*rest ? address : unix_defaults[0]);
	} else if (text_starts(address, "npipe://")) {
		*ret = memory_copy(*rest ? address : windows_defaults[0]);
		for (char *p = *ret; *p; p++)
			if (*p == '\\')
				*p = '/';
	} else if (text_starts(address, "ssh://") && *rest) {
		*ret = memory_copy(address);
	} else {
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is not an engine's address: it begins with %s", address,
				 is_windows ? "npipe://, tcp:// or ssh://"
					    : "unix://, tcp:// or ssh://");
	}
	return 0;
}

/* --- the default context, which the environment describes */

static int find_default(const struct context_options *options, const char *host,
			enum context_source source, struct context *ret, struct error **err)
{
	CLEANUP(memory_free) char *verify = environment("DOCKER_TLS_VERIFY");
	CLEANUP(memory_free) char *any = environment("DOCKER_TLS");
	CLEANUP(context_drop) struct context context = {.source = source};
	int status;

	if (!host)
		host = context_defaults(options->is_windows)[0];
	status = context_address(host, options->is_windows, verify || any, &context.address, err);
	if (status)
		return error_wrap(err, "%s", context_source_name(source));
	context.name = memory_copy(DEFAULT);
	/* Sockets and pipes of this host have no TLS, whatever the variables say. */
	if ((verify || any || text_starts(host, "https://")) &&
	    text_starts(context.address, "tcp://")) {
		context.tls_folder = environment("DOCKER_CERT_PATH");
		if (!context.tls_folder)
			context.tls_folder = credentials_folder();
		context.tls_skip_verify = !verify && !text_starts(host, "https://");
	}
	*ret = context;
	context = (struct context){0};
	return 0;
}

/* --- contexts that are kept in files */

static bool name_is_valid(const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	if (!*name || !strchr(letters, *name))
		return false;
	for (; *name; name++)
		if (!strchr(letters, *name) && !strchr("_.+-", *name))
			return false;
	return true;
}

static int read_meta(const char *folder, const char *id, const char *name, cJSON **ret,
		     struct error **err)
{
	CLEANUP(memory_free)
	char *path = memory_format("%s/contexts/meta/%s/meta.json", folder, id);
	CLEANUP(text_drop) struct text text = {0};
	int status;

	if (file_kind(path) == FILE_ABSENT)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no docker context \"%s\" in %s/contexts", name, folder);
	status = file_read(path, META_MAX, &text, err);
	return status ? status : json_parse(text_string(&text), text.len, path, ret, err);
}

static int find_stored(const struct context_options *options, const char *name, struct context *ret,
		       struct error **err)
{
	CLEANUP(memory_free) char *folder = credentials_folder();
	CLEANUP(memory_free) char *tls = NULL;
	CLEANUP(json_drop) cJSON *meta = NULL;
	CLEANUP(context_drop) struct context context = {.source = ret->source};
	char id[DIGEST_HEX];
	const cJSON *endpoint;
	int status;

	if (!name_is_valid(name))
		return error_set(err, ERROR_INVALID, "\"%s\" is not a docker context's name", name);
	digest_hex(name, strlen(name), id);
	status = read_meta(folder, id, name, &meta, err);
	if (status)
		return status;
	endpoint = json_path(meta, "Endpoints.docker");
	if (!json_string(endpoint, "Host"))
		return error_set(err, ERROR_INVALID,
				 "the docker context \"%s\" names no docker engine", name);
	tls = memory_format("%s/contexts/tls/%s/docker", folder, id);
	if (file_kind(tls) == FILE_FOLDER)
		context.tls_folder = steal(&tls);
	context.tls_skip_verify = json_bool(endpoint, "SkipTLSVerify");
	status = context_address(json_string(endpoint, "Host"), options->is_windows,
				 context.tls_folder, &context.address, err);
	if (status)
		return error_wrap(err, "docker context \"%s\"", name);
	context.name = memory_copy(name);
	*ret = context;
	context = (struct context){0};
	return 0;
}

/* currentContext, yours; NULL: none. */
static int current(char **ret, struct error **err)
{
	CLEANUP(memory_free) char *folder = credentials_folder();
	CLEANUP(json_drop) cJSON *config = NULL;
	int status = credentials_config(folder, &config, err);

	if (status)
		return status;
	*ret = memory_copy(json_string(config, "currentContext"));
	if (*ret && !**ret)
		memory_free(ret);
	return 0;
}

int context_find(const struct context_options *options, struct context *ret, struct error **err)
{
	CLEANUP(memory_free) char *host = environment("DOCKER_HOST");
	CLEANUP(memory_free) char *name = NULL;
	struct context found = {.source = CONTEXT_FLAG};
	int status;

	if (options->host && options->context)
		return error_set(err, ERROR_INVALID, "--host and --context exclude each other");
	if (options->host)
		return find_default(options, options->host, CONTEXT_FLAG, ret, err);
	name = memory_copy(options->context);
	if (!name && host)
		return find_default(options, host, CONTEXT_HOST, ret, err);
	if (!name) {
		name = environment("DOCKER_CONTEXT");
		found.source = CONTEXT_VARIABLE;
	}
	if (!name) {
		status = current(&name, err);
		if (status)
			return status;
		found.source = CONTEXT_CURRENT;
	}
	if (!name)
		return find_default(options, NULL, CONTEXT_DEFAULT, ret, err);
	if (text_same(name, DEFAULT))
		return find_default(
			options, host,
			found.source == CONTEXT_CURRENT ? CONTEXT_DEFAULT : found.source, ret, err);
	status = find_stored(options, name, &found, err);
	if (status)
		return error_wrap(err, "%s", context_source_name(found.source));
	*ret = found;
	return 0;
}
