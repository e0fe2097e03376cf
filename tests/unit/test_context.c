/* SPDX-License-Identifier: MIT */
#include "engine/context.h"

#include <string.h>

#include <uv.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "tests/folder.h"
#include "tests/test.h"

static const char *const variables[] = {
	"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH",
};

static void set(const char *variable, const char *value)
{
	if (value)
		uv_os_setenv(variable, value);
	else
		uv_os_unsetenv(variable);
}

static void write_under(const char *folder, const char *path, const char *content)
{
	CLEANUP(memory_free) char *full = path_join(folder, path);
	CLEANUP(memory_free) char *parent = path_folder(full);
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(file_make_folder(parent, &err), 0);
	assert_int_equal(file_write(full, content, strlen(content), true, &err), 0);
}

static void add_context(const char *folder, const char *name, const char *endpoint, bool tls)
{
	char id[DIGEST_HEX];

	digest_hex(name, strlen(name), id);
	CLEANUP(memory_free) char *meta = memory_format("contexts/meta/%s/meta.json", id);
	CLEANUP(memory_free) char *ca = memory_format("contexts/tls/%s/docker/ca.pem", id);
	CLEANUP(memory_free)
	char *content =
		memory_format("{\"Name\":\"%s\",\"Endpoints\":{\"docker\":%s}}", name, endpoint);
	write_under(folder, meta, content);
	if (tls)
		write_under(folder, ca, "");
}

/* A docker folder with contexts: remote (TLS), lab (TLS, not verified), none (no engine), bad (a
 * wrong address). */
static char *docker_folder(const char *config)
{
	char *folder = folder_new();

	add_context(folder, "remote", "{\"Host\":\"tcp://192.0.2.1:2376\"}", true);
	add_context(folder, "lab", "{\"Host\":\"tcp://lab\",\"SkipTLSVerify\":true}", true);
	add_context(folder, "plain", "{\"Host\":\"unix:///run/other.sock\"}", false);
	add_context(folder, "none", "{}", false);
	add_context(folder, "bad", "{\"Host\":\"gopher://x\"}", false);
	if (config)
		write_under(folder, "config.json", config);
	set("DOCKER_CONFIG", folder);
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		set(variables[i], NULL);
	return folder;
}

static const struct {
	const char *flag_host, *flag_context, *host, *context, *current;
	bool is_windows;
	/* expected */
	enum context_source source;
	const char *name, *address;
	bool tls, skip;
} cases[] = {
	{.source = CONTEXT_DEFAULT, .name = "default", .address = "unix:///var/run/docker.sock"},
	{.is_windows = true,
	 .source = CONTEXT_DEFAULT,
	 .name = "default",
	 .address = "npipe:////./pipe/docker_engine"},
	{.current = "remote",
	 .source = CONTEXT_CURRENT,
	 .name = "remote",
	 .address = "tcp://192.0.2.1:2376",
	 .tls = true},
	{.current = "default",
	 .source = CONTEXT_DEFAULT,
	 .name = "default",
	 .address = "unix:///var/run/docker.sock"},
	{.current = "remote",
	 .context = "plain",
	 .source = CONTEXT_VARIABLE,
	 .name = "plain",
	 .address = "unix:///run/other.sock"},
	{.current = "remote",
	 .context = "plain",
	 .host = "unix:///h.sock",
	 .source = CONTEXT_HOST,
	 .name = "default",
	 .address = "unix:///h.sock"},
	{.host = "unix:///h.sock",
	 .flag_context = "lab",
	 .source = CONTEXT_FLAG,
	 .name = "lab",
	 .address = "tcp://lab:2376",
	 .tls = true,
	 .skip = true},
	{.host = "unix:///h.sock",
	 .flag_host = "tcp://x",
	 .source = CONTEXT_FLAG,
	 .name = "default",
	 .address = "tcp://x:2375"},
	{.host = "unix:///h.sock",
	 .flag_context = "default",
	 .source = CONTEXT_FLAG,
	 .name = "default",
	 .address = "unix:///h.sock"},
};

static void the_strongest_setting_names_the_engine(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(context_drop) struct context context = {0};
		CLEANUP(memory_free)
		char *config = memory_format("{\"currentContext\":\"%s\"}",
					     cases[i].current ? cases[i].current : "");
		CLEANUP(folder_drop) char *folder = docker_folder(config);
		const struct context_options options = {.host = cases[i].flag_host,
							.context = cases[i].flag_context,
							.is_windows = cases[i].is_windows};

		set("DOCKER_HOST", cases[i].host);
		set("DOCKER_CONTEXT", cases[i].context);
		if (context_find(&options, &context, &err))
			fail_msg("case %zu: %s", i, err->message);
		assert_string_equal(context.address, cases[i].address);
		assert_string_equal(context.name, cases[i].name);
		assert_int_equal(context.source, cases[i].source);
		assert_int_equal(context_is_named(&context), cases[i].source <= CONTEXT_VARIABLE);
		assert_int_equal(!!context.tls_folder, cases[i].tls);
		assert_int_equal(context.tls_skip_verify, cases[i].skip);
	}
}

static void tls_variables_hold_for_addresses_but_not_for_contexts(void **state)
{
	static const struct {
		const char *host, *context, *verify, *any, *certificates;
		const char *address, *folder; /* folder "": the docker folder */
		bool skip;
	} rows[] = {
		{"tcp://h", NULL, "1", NULL, "/certs", "tcp://h:2376", "/certs", false},
		{"tcp://h", NULL, "1", NULL, NULL, "tcp://h:2376", "", false},
		{"tcp://h", NULL, NULL, "1", "/certs", "tcp://h:2376", "/certs", true},
		{"tcp://h", NULL, NULL, NULL, "/certs", "tcp://h:2375", NULL, false},
		{"unix:///x", NULL, "1", NULL, "/certs", "unix:///x", NULL, false},
		{NULL, "plain", "1", NULL, "/certs", "unix:///run/other.sock", NULL, false},
	};
	CLEANUP(folder_drop) char *folder = docker_folder(NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(context_drop) struct context context = {0};
		const struct context_options options = {0};

		set("DOCKER_HOST", rows[i].host);
		set("DOCKER_CONTEXT", rows[i].context);
		set("DOCKER_TLS_VERIFY", rows[i].verify);
		set("DOCKER_TLS", rows[i].any);
		set("DOCKER_CERT_PATH", rows[i].certificates);
		if (context_find(&options, &context, &err))
			fail_msg("case %zu: %s", i, err->message);
		const char *wanted = text_same(rows[i].folder, "") ? folder : rows[i].folder;
		assert_string_equal(context.address, rows[i].address);
		assert_true(text_same(context.tls_folder, wanted));
		assert_int_equal(context.tls_skip_verify, rows[i].skip);
	}
}

static void what_cannot_be_used_is_told_with_who_named_it(void **state)
{
	static const struct {
		const char *host, *context, *config;
		int code;
		const char *part;
	} rows[] = {
		{"gopher://x", NULL, NULL, ERROR_INVALID, "DOCKER_HOST: \"gopher://x\""},
		{"tcp://x:0", NULL, NULL, ERROR_INVALID, "port"},
		{"tcp://x:80a", NULL, NULL, ERROR_INVALID, "port"},
		{"tcp://", NULL, NULL, ERROR_INVALID, "address"},
		{"ssh://", NULL, NULL, ERROR_INVALID, "address"},
		{NULL, "absent", NULL, ERROR_NOT_FOUND,
		 "DOCKER_CONTEXT: there is no docker context"},
		{NULL, "../x", NULL, ERROR_INVALID, "name"},
		{NULL, "none", NULL, ERROR_INVALID, "no docker engine"},
		{NULL, "bad", NULL, ERROR_INVALID, "docker context \"bad\": \"gopher://x\""},
		{NULL, NULL, "{\"currentContext\":\"gone\"}", ERROR_NOT_FOUND, "currentContext"},
		{NULL, NULL, "nonsense", ERROR_INVALID, "config.json"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(folder_drop) char *folder = docker_folder(rows[i].config);
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(context_drop) struct context context = {0};
		const struct context_options options = {0};

		set("DOCKER_HOST", rows[i].host);
		set("DOCKER_CONTEXT", rows[i].context);
		assert_int_equal(context_find(&options, &context, &err), rows[i].code);
		if (!strstr(err->message, rows[i].part))
			fail_msg("no \"%s\" in: %s", rows[i].part, err->message);
		assert_null(context.address);
	}
}

static void both_flags_are_refused(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(context_drop) struct context context = {0};
	const struct context_options options = {.host = "unix:///x", .context = "y"};

	(void)state;
	assert_int_equal(context_find(&options, &context, &err), ERROR_INVALID);
}

static void addresses_are_completed(void **state)
{
	static const struct {
		const char *address;
		bool tls;
		const char *full;
	} rows[] = {
		{"unix://", false, "unix:///var/run/docker.sock"},
		{"unix:///a/b", false, "unix:///a/b"},
		{"npipe://", false, "npipe:////./pipe/docker_engine"},
		{"npipe:\\\\.\\pipe\\x", false, NULL},
		{"npipe:////./pipe/x", false, "npipe:////./pipe/x"},
		{"npipe://\\\\.\\pipe\\x", false, "npipe:////./pipe/x"},
		{"h", false, "tcp://h:2375"},
		{"h:1", false, "tcp://h:1"},
		{"tcp://h", true, "tcp://h:2376"},
		{"tcp://h/p", false, "tcp://h:2375/p"},
		{"tcp://[::1]", false, "tcp://[::1]:2375"},
		{"tcp://[::1]:9", false, "tcp://[::1]:9"},
		{"tcp://[::1", false, NULL},
		{"tcp://h:65536", false, NULL},
		{"tcp://:1", false, NULL},
		{"https://h", true, "tcp://h:2376"},
		{"ssh://me@h", false, "ssh://me@h"},
		{"", false, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(memory_free) char *full = NULL;
		int status = context_address(rows[i].address, false, rows[i].tls, &full, &err);

		if (!text_same(full, rows[i].full))
			fail_msg("\"%s\" became \"%s\"", rows[i].address,
				 full ? full : err->message);
		assert_int_equal(status, rows[i].full ? 0 : ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_strongest_setting_names_the_engine),
		cmocka_unit_test(tls_variables_hold_for_addresses_but_not_for_contexts),
		cmocka_unit_test(what_cannot_be_used_is_told_with_who_named_it),
		cmocka_unit_test(both_flags_are_refused),
		cmocka_unit_test(addresses_are_completed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
