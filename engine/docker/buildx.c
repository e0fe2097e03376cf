/* SPDX-License-Identifier: MIT */
#include "engine/docker/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

enum { OUTPUT_MAX = 1 << 20, TAIL_MAX = 2 << 10 };

/* Lives on without its build until a command that was killed has ended. */
struct buildx {
	struct build *build; /* NULL: dropped */
	uv_loop_t *loop;
	char **arguments;
	char **environment; /* values of secrets */
	char *input;        /* the Dockerfile's text, or NULL */
	struct child *child;
	struct text output; /* lines that wait for their reader; told of them are gone */
	size_t told;
	struct text tail; /* the last lines, for an error's detail */
	uv_timer_t *soon;
	bool is_finished; /* the command has ended, err says how */
	struct error *err;
};

/* --- the command line */

struct arguments {
	ARRAY(char *) list;
};

static void add(struct arguments *arguments, const char *option, const char *value)
{
	if (!value)
		return;
	if (option)
		array_push(&arguments->list, memory_copy(option));
	array_push(&arguments->list, memory_copy(value));
}

static void add_each(struct arguments *arguments, const char *option, const char *const *values)
{
	for (; values && *values; values++)
		add(arguments, option, *values);
}

static void add_labels(struct arguments *arguments, const char *option, const struct labels *labels)
{
	for (size_t i = 0; i < labels->len; i++) {
		const struct label *label = &labels->items[i];
		CLEANUP(memory_free)
		char *pair = label->value ? memory_format("%s=%s", label->key, label->value) : NULL;

		add(arguments, option, pair ? pair : label->key);
	}
}

/* Every value in one word: --name key=value. */
static void add_pair(struct arguments *arguments, const char *option, const char *key,
		     const char *value)
{
	CLEANUP(memory_free) char *pair = memory_format("%s=%s", key, value);

	add(arguments, option, pair);
}

static void add_secrets(struct arguments *a, const struct build_options *options)
{
	for (size_t i = 0; i < options->secret_count; i++) {
		const struct build_secret *secret = &options->secrets[i];
		CLEANUP(memory_free)
		char *word = secret->file ? memory_format("id=%s,type=file,src=%s", secret->id,
							  secret->file)
					  : memory_format("id=%s,type=env,env=%s", secret->id,
							  secret->variable);

		add(a, "--secret", word);
	}
}

static void add_ulimits(struct arguments *a, const struct build_options *options)
{
	for (size_t i = 0; i < options->ulimit_count; i++) {
		const struct spec_ulimit *limit = &options->ulimits[i];
		CLEANUP(memory_free)
		char *value =
			memory_format("%lld:%lld", (long long)limit->soft, (long long)limit->hard);

		add_pair(a, "--ulimit", limit->name, value);
	}
}

static void add_platforms(struct arguments *a, const struct build_options *options)
{
	CLEANUP(text_drop) struct text list = {0};

	for (const char *const *p = options->platforms; p && *p; p++)
		text_printf(&list, "%s%s", list.len ? "," : "", *p);
	add(a, "--platform", list.len ? text_string(&list) : options->platform);
}

static void add_buildkit(struct arguments *a, const struct build_options *options)
{
	add_each(a, "--ssh", options->ssh);
	add_secrets(a, options);
	for (size_t i = 0; i < options->contexts.len; i++)
		add_pair(a, "--build-context", options->contexts.items[i].key,
			 options->contexts.items[i].value);
	add_each(a, "--cache-to", options->cache_to);
	add_each(a, "--no-cache-filter", options->no_cache_filter);
	add_each(a, "--allow", options->allow);
	add(a, "--provenance", options->provenance);
	add(a, "--sbom", options->sbom);
}

char **buildx_command(const struct build_options *options, const char *folder)
{
	struct arguments a = {0};
	CLEANUP(memory_free) char *file = NULL;
	CLEANUP(memory_free)
	char *shm = options->shm_size ? memory_format("%lld", (long long)options->shm_size) : NULL;

	if (options->dockerfile_inline)
		file = memory_copy("-");
	else if (folder)
		file = path_join(folder, options->dockerfile ? options->dockerfile : "Dockerfile");
	else
		file = memory_copy(options->dockerfile);
	add(&a, "docker", "buildx");
	add(&a, NULL, "build");
	add(&a, "--builder", options->builder);
	add(&a, NULL, "--progress=plain");
	/* A builder in a container of its own would keep the image to itself. */
	add(&a, NULL, "--load");
	add(&a, "--file", file);
	add_each(&a, "--tag", options->tags);
	add(&a, "--target", options->target);
	add(&a, "--network", options->network);
	add_platforms(&a, options);
	add(&a, NULL, options->pull ? "--pull" : NULL);
	add(&a, NULL, options->no_cache ? "--no-cache" : NULL);
	add(&a, "--shm-size", shm);
	add_labels(&a, "--build-arg", &options->args);
	add_labels(&a, "--label", &options->labels);
	add_each(&a, "--add-host", options->extra_hosts);
	add_each(&a, "--cache-from", options->cache_from);
	add_ulimits(&a, options);
	add_buildkit(&a, options);
	add(&a, "--", folder ? folder : options->context);
	array_push(&a.list, NULL);
	return a.list.items;
}

/* The values of secrets that come from variables, which need not be this process's own. */
static char **secrets_of(const struct build_options *options)
{
	struct arguments a = {0};

	for (size_t i = 0; i < options->secret_count; i++)
		if (!options->secrets[i].file && options->secrets[i].value)
			array_push(&a.list, memory_format("%s=%s", options->secrets[i].variable,
							  options->secrets[i].value));
	array_push(&a.list, NULL);
	return a.list.items;
}

/* --- its output */

/* Tells one line, or ends the flow when there is none left and the command has ended. */
static void tell_next(uv_timer_t *timer)
{
	struct buildx *buildx = timer->data;
	struct flow *flow = &buildx->build->progress.flow;
	const char *line = text_string(&buildx->output) + buildx->told;
	const char *end = memchr(line, '\n', buildx->output.len - buildx->told);

	if (flow->ending)
		return;
	if (end && flow->permitted) {
		CLEANUP(memory_free) char *copy = memory_copy_n(line, (size_t)(end - line));

		buildx->told += (size_t)(end - line) + 1;
		flow_tell_progress(flow, &(struct engine_progress){.text = copy});
		/* The end needs no permission; until then, whoever reads on starts the timer. */
		if (buildx->is_finished)
			buildx_wanted(buildx);
	} else if (!end && buildx->is_finished) {
		flow_end(flow, &buildx->err);
	}
}

void buildx_wanted(struct buildx *buildx)
{
	uv_timer_start(buildx->soon, tell_next, 0, 0);
}

/* Leaves half of max, from a line's begin. */
static void cut_front(struct text *text, size_t max)
{
	size_t cut = text->len > max ? text->len - max / 2 : 0;
	const char *line = cut ? memchr(text->data + cut, '\n', text->len - cut) : NULL;

	text_remove(text, 0, line ? (size_t)(line + 1 - text->data) : cut);
}

static void take_output(int channel, const char *bytes, size_t len, void *payload)
{
	struct buildx *buildx = payload;

	(void)channel;
	if (!buildx->build)
		return;
	text_remove(&buildx->output, 0, buildx->told);
	buildx->told = 0;
	text_add_n(&buildx->output, bytes, len);
	/* A child cannot be made to wait, so what a slow reader has not taken is bounded here. */
	cut_front(&buildx->output, OUTPUT_MAX);
	text_add_n(&buildx->tail, bytes, len);
	cut_front(&buildx->tail, TAIL_MAX);
	buildx_wanted(buildx);
}

/* The sentence behind the last "ERROR: ", or the last line. Yours. */
static char *last_words(const struct text *tail)
{
	const char *s = text_string(tail), *error = NULL, *last = s;
	size_t len;

	for (const char *p = s; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		if (text_starts(p, "ERROR: "))
			error = p + strlen("ERROR: ");
		if (strcspn(p, "\r\n"))
			last = p;
	}
	last = error ? error : last;
	len = strcspn(last, "\r\n");
	return memory_copy_n(last, len);
}

static void drop_now(struct buildx *buildx);

static void ended(const struct child_result *result, const struct error *err, void *payload)
{
	struct buildx *buildx = payload;

	buildx->child = NULL;
	if (!buildx->build) {
		drop_now(buildx);
		return;
	}
	const char *what = buildx->build->progress.flow.what;

	buildx->is_finished = true;
	if (err) {
		buildx->err = error_copy(err);
		error_wrap(&buildx->err, "%s", what);
	} else if (result->exit_code) {
		CLEANUP(memory_free) char *words = last_words(&buildx->tail);

		error_set(&buildx->err, ERROR_INVALID, "%s: %s", what,
			  *words ? words : "docker buildx failed");
		if (buildx->tail.len)
			error_detail(&buildx->err, "%s", text_string(&buildx->tail));
	}
	if (buildx->output.len && !text_ends(buildx->output.data, "\n"))
		text_add_char(&buildx->output, '\n');
	buildx_wanted(buildx);
}

/* --- running it */

static void start(struct buildx *buildx)
{
	const struct docker *docker = buildx->build->progress.flow.docker;
	CLEANUP(memory_free) char *host = memory_format("DOCKER_HOST=%s", docker->engine.address);
	CLEANUP(memory_free) char *folder = docker->ca_file ? path_folder(docker->ca_file) : NULL;
	CLEANUP(memory_free)
	char *certificates = folder ? memory_format("DOCKER_CERT_PATH=%s", folder) : NULL;
	struct {
		ARRAY(const char *) list;
	} environment = {0};

	array_push(&environment.list, host);
	array_push(&environment.list, "DOCKER_CONTEXT=");
	array_push(&environment.list, "BUILDX_NO_DEFAULT_ATTESTATIONS=1");
	if (certificates) {
		array_push(&environment.list, certificates);
		array_push(&environment.list,
			   docker->host.skip_verify ? "DOCKER_TLS_VERIFY=" : "DOCKER_TLS_VERIFY=1");
		array_push(&environment.list, "DOCKER_TLS=1");
	}
	for (char **value = buildx->environment; *value; value++)
		array_push(&environment.list, *value);
	array_push(&environment.list, NULL);
	const struct child_options options = {
		.arguments = (const char *const *)buildx->arguments,
		.environment = environment.list.items,
		.input = buildx->input,
		.input_len = buildx->input ? strlen(buildx->input) : 0,
		.output = take_output,
	};
	buildx->child = child_start(buildx->loop, &options, ended, buildx);
	array_drop(&environment.list);
}

static void found(const struct child_result *result, const struct error *err, void *payload)
{
	struct buildx *buildx = payload;

	buildx->child = NULL;
	if (!buildx->build)
		drop_now(buildx);
	else if (buildx->build->progress.flow.ending)
		return;
	else if (err || result->exit_code)
		build_classic(buildx->build, "the docker command here has no buildx");
	else
		start(buildx);
}

/* The daemon's kind is known from here on. */
static void pinged(const struct answer *answer, void *payload)
{
	static const char *const version[] = {"docker", "buildx", "version", NULL};
	struct build *build = payload;
	struct buildx *buildx = build->buildx;
	CLEANUP(error_drop) struct error *err = error_copy(answer->err);

	if (err)
		flow_end(&build->progress.flow, &err);
	else if (text_same(build->progress.flow.docker->os_type, "windows"))
		build_classic(build, "Windows engines build without it");
	else
		buildx->child = child_start(
			buildx->loop, &(struct child_options){.arguments = version}, found, buildx);
}

struct buildx *buildx_new(struct build *build, const struct build_options *options)
{
	CLEANUP(memory_free) char *program = child_find("docker");
	struct buildx *buildx;

	if (!program)
		return NULL;
	buildx = memory_zero(1, sizeof(*buildx));
	buildx->build = build;
	buildx->loop = build->progress.flow.docker->engine.loop;
	buildx->arguments =
		buildx_command(options, build->upload ? upload_folder(build->upload) : NULL);
	buildx->environment = secrets_of(options);
	buildx->input = memory_copy(options->dockerfile_inline);
	buildx->soon = memory_zero(1, sizeof(*buildx->soon));
	uv_timer_init(buildx->loop, buildx->soon);
	buildx->soon->data = buildx;
	return buildx;
}

void buildx_try(struct buildx *buildx)
{
	struct flow *flow = &buildx->build->progress.flow;

	flow_ask(flow, &(struct ask_options){.path = "/_ping", .what = flow->what}, pinged);
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void drop_now(struct buildx *buildx)
{
	memory_free_vector(&buildx->arguments);
	memory_free_vector(&buildx->environment);
	text_drop(&buildx->output);
	text_drop(&buildx->tail);
	error_drop(&buildx->err);
	free(buildx->input);
	free(buildx);
}

void buildx_drop(struct buildx **buildx)
{
	struct buildx *old = steal(buildx);

	if (!old)
		return;
	uv_close((uv_handle_t *)steal(&old->soon), free_handle);
	old->build = NULL;
	if (old->child)
		child_cancel(old->child);
	else
		drop_now(old);
}
