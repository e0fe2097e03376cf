/* SPDX-License-Identifier: MIT */
#include "compose/cli/recipe.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/spec.h"
#include "engine/reference.h"

enum { DOCKERFILE_MAX = 1 << 20 };

/* What begins an additional context that is no folder. */
#define RECIPE_SERVICE "service:"
#define RECIPE_IMAGE   "docker-image://"

/* --- build: */

/* labels_set keeps its items on the heap; what is asked for lives in the arena. */
static struct labels seal(struct arena *arena, struct labels *from)
{
	struct labels sealed = {.len = from->len, .cap = from->len};

	if (from->len) {
		sealed.items = arena_alloc(arena, from->len * sizeof(*from->items));
		memcpy(sealed.items, from->items, from->len * sizeof(*from->items));
	}
	array_drop(from);
	return sealed;
}

static struct labels make_labels(struct arena *arena, const struct project *project,
				 const struct service *service)
{
	const struct pairs *written = &service->build->labels;
	struct labels labels = {0};

	for (size_t i = 0; i < written->len; i++)
		labels_set(&labels, written->items[i].key,
			   written->items[i].value ? written->items[i].value : "");
	labels_set(&labels, LABEL_PROJECT, project->name);
	labels_set(&labels, LABEL_SERVICE, service->name);
	labels_set(&labels, LABEL_VERSION, WINCOMPOSE_VERSION);
	return seal(arena, &labels);
}

static struct labels make_args(struct arena *arena, const struct project *project,
			       const struct service *service, const char *const *given)
{
	const struct pairs *written = &service->build->args;
	struct labels args = {0};

	for (size_t i = 0; i < written->len; i++)
		labels_set(&args, written->items[i].key, written->items[i].value);
	for (; given && *given; given++) {
		const char *equals = strchr(*given, '=');
		const char *key =
			equals ? arena_copy_n(arena, *given, (size_t)(equals - *given)) : *given;

		labels_set(&args, key, equals ? equals + 1 : map_get(&project->environment, key));
	}
	return seal(arena, &args);
}

static const char *const *vector_of(struct arena *arena, const char *first,
				    const struct strings *strings)
{
	const char **vector = arena_alloc(arena, (strings->len + 2) * sizeof(*vector));
	size_t len = 0;

	if (first)
		vector[len++] = first;
	for (size_t i = 0; i < strings->len; i++) {
		if (!text_same(strings->items[i], first))
			vector[len++] = strings->items[i];
	}
	return vector;
}

/* --- what needs BuildKit */

static struct spec_ulimit *make_ulimits(struct arena *arena, const struct build *build)
{
	struct spec_ulimit *limits = arena_alloc(arena, (build->ulimits.len + 1) * sizeof(*limits));

	for (size_t i = 0; i < build->ulimits.len; i++)
		limits[i] = (struct spec_ulimit){
			.name = build->ulimits.items[i].name,
			.soft = build->ulimits.items[i].soft,
			.hard = build->ulimits.items[i].hard,
		};
	return limits;
}

static void make_secrets(struct arena *arena, const struct project *project,
			 const struct build *build, struct build_options *made)
{
	made->secrets = arena_alloc(arena, (build->secrets.len + 1) * sizeof(*made->secrets));
	for (size_t i = 0; i < build->secrets.len; i++) {
		const struct service_file *use = &build->secrets.items[i];
		const struct file_source *source = project_secret(project, use->source);

		if (!source || !source->value)
			continue;
		bool file = source->kind == SOURCE_FILE;
		made->secrets[made->secret_count++] = (struct build_secret){
			.id = use->target && *use->target ? use->target : use->source,
			.file = file ? source->value : NULL,
			.variable = file ? NULL : source->value,
			.value = file ? NULL : map_get(&project->environment, source->value),
		};
	}
}

/* service:X is the image that X builds. */
static struct labels make_contexts(struct arena *arena, const struct project *project,
				   const struct build *build)
{
	struct labels contexts = {0};

	for (size_t i = 0; i < build->additional_contexts.len; i++) {
		const struct pair *pair = &build->additional_contexts.items[i];
		const char *name = text_starts(pair->value, RECIPE_SERVICE)
					   ? pair->value + strlen(RECIPE_SERVICE)
					   : NULL;
		const struct service *other = name ? project_service(project, name) : NULL;

		labels_set(&contexts, pair->key,
			   other && other->image
				   ? arena_format(arena, RECIPE_IMAGE "%s", other->image)
				   : pair->value);
	}
	return seal(arena, &contexts);
}

static const char *const *make_allow(struct arena *arena, const struct build *build)
{
	static const char insecure[] = "security.insecure";

	return vector_of(arena, build->privileged ? insecure : NULL, &build->entitlements);
}

/* Where the first attribute stands that BuildKit alone can do, or NULL. */
static const char *needs_buildkit(struct arena *arena, const struct service *service,
				  const struct recipe_options *options,
				  const struct build_options *made)
{
	static const char *const keys[] = {
		"additional_contexts", "cache_to",  "entitlements", "no_cache_filter",
		"privileged",          "sbom",      "secrets",      "ssh",
		"provenance",          "platforms",
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct node_entry *entry = node_entry(service->build->node, keys[i]);
		bool several = made->platforms != NULL;

		if (!entry || (strcmp(keys[i], "platforms") == 0 && !several) ||
		    (strcmp(keys[i], "provenance") == 0 &&
		     text_same(service->build->provenance, "false")))
			continue;
		return arena_format(arena, "%s:%u:%u: services.%s.build.%s", entry->at.file,
				    entry->at.line, entry->at.column, service->name, keys[i]);
	}
	return options->builder ? "--builder" : options->ssh ? "--ssh" : NULL;
}

/* Those of the command line come first, so that they are what an id means. */
static const char *const *make_ssh(struct arena *arena, const struct build *build,
				   const char *const *given)
{
	struct strings all = {0};

	for (; given && *given; given++)
		array_push(&all, arena_copy(arena, *given));
	ARRAY_FOR_EACH (const char *, item, &build->ssh)
		array_push(&all, *item);
	const char *const *vector = vector_of(arena, NULL, &all);
	array_drop(&all);
	return vector;
}

static void add_buildkit(struct arena *arena, const struct project *project,
			 const struct service *service, const struct recipe_options *options,
			 struct build_options *made)
{
	const struct build *build = service->build;

	if (!made->platform && build->platforms.len == 1)
		made->platform = build->platforms.items[0];
	if (options->platforms && build->platforms.len > 1)
		made->platforms = vector_of(arena, NULL, &build->platforms);
	made->ulimits = make_ulimits(arena, build);
	made->ulimit_count = build->ulimits.len;
	made->builder = options->builder;
	made->ssh = make_ssh(arena, build, options->ssh);
	made->contexts = make_contexts(arena, project, build);
	made->cache_to = vector_of(arena, NULL, &build->cache_to);
	made->no_cache_filter = vector_of(arena, NULL, &build->no_cache_filter);
	made->allow = make_allow(arena, build);
	made->provenance = build->provenance;
	made->sbom = build->sbom;
	make_secrets(arena, project, build, made);
	made->needs_buildkit = needs_buildkit(arena, service, options, made);
}

const struct build_options *recipe_make(struct arena *arena, const struct project *project,
					const struct service *service,
					const struct recipe_options *options)
{
	static const struct recipe_options none;
	const struct build *build = service->build;
	struct build_options *made = arena_alloc(arena, sizeof(*made));

	if (!options)
		options = &none;
	*made = (struct build_options){
		.context = build->context,
		.dockerfile = build->dockerfile,
		.dockerfile_inline = build->dockerfile_inline,
		.tags = vector_of(arena, service->image, &build->tags),
		.target = build->target,
		.network = build->network,
		.platform = build->platform ? build->platform : service->platform,
		.isolation = build->isolation,
		.args = make_args(arena, project, service, options->args),
		.labels = make_labels(arena, project, service),
		.cache_from = vector_of(arena, NULL, &build->cache_from),
		.extra_hosts = vector_of(arena, NULL, &build->extra_hosts),
		.pull = build->pull || options->pull,
		.no_cache = build->no_cache || options->no_cache,
		.shm_size = build->shm_size,
		.memory = options->memory,
	};
	add_buildkit(arena, project, service, options, made);
	return made;
}

/* --- what a Dockerfile begins from */

struct reading {
	struct arena *arena;
	struct labels args; /* heap items; strings in the arena */
	const struct labels *given;
	struct map stages; /* names of earlier ones */
	ARRAY(const char *) bases;
	bool began; /* the first FROM was seen */
};

const char *recipe_full_name(struct arena *arena, const char *image)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(reference_drop) struct reference reference = {0};

	if (reference_parse(image, &reference, &err) < 0)
		return arena_copy(arena, image);
	CLEANUP(memory_free) char *full = reference_canonical(&reference);
	return arena_copy(arena, full);
}

static const char *arg_of(const struct reading *reading, const char *name)
{
	const char *given = labels_get(reading->given, name);

	return given ? given : labels_get(&reading->args, name);
}

/* With ${NAME}, ${NAME:-default} and $NAME replaced. */
static const char *substitute(const struct reading *reading, const char *word)
{
	static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789_";
	CLEANUP(text_drop) struct text out = {0};

	while (*word) {
		if (*word != '$') {
			text_add_char(&out, *word++);
			continue;
		}
		bool braced = word[1] == '{';
		const char *name = word + (braced ? 2 : 1);
		size_t len = strspn(name, name_chars);
		const char *fallback =
			braced && text_starts(name + len, ":-") ? name + len + 2 : NULL;
		CLEANUP(memory_free) char *key = memory_copy_n(name, len);
		const char *value = arg_of(reading, key);

		word = name + len;
		if (!braced) {
			text_add(&out, value ? value : "");
			continue;
		}
		size_t rest = strcspn(word, "}");
		if (value && *value)
			text_add(&out, value);
		else if (fallback)
			text_add_n(&out, fallback, (size_t)(word + rest - fallback));
		word += rest + (word[rest] == '}');
	}
	return arena_copy(reading->arena, text_string(&out));
}

static void add_base(struct reading *reading, const char *word)
{
	const char *name = substitute(reading, word);

	if (!*name || strcmp(name, "scratch") == 0 || map_has(&reading->stages, name) ||
	    strspn(name, "0123456789") == strlen(name))
		return;
	array_push(&reading->bases, recipe_full_name(reading->arena, name));
}

static void read_from(struct reading *reading, char **words, size_t count)
{
	size_t at = 1;

	reading->began = true;
	while (at < count && text_starts(words[at], "--"))
		at++;
	if (at >= count)
		return;
	add_base(reading, words[at]);
	if (at + 2 < count && strcasecmp(words[at + 1], "as") == 0)
		map_set(&reading->stages, words[at + 2], reading);
}

static void read_copy(struct reading *reading, char **words, size_t count)
{
	for (size_t i = 1; i < count && text_starts(words[i], "--"); i++) {
		if (text_starts(words[i], "--from="))
			add_base(reading, words[i] + strlen("--from="));
	}
}

/* Only those before the first FROM are known to FROM lines. */
static void read_arg(struct reading *reading, char **words, size_t count)
{
	char *equals = count > 1 ? strchr(words[1], '=') : NULL;

	if (reading->began || !equals)
		return;
	*equals = '\0';
	char *value = equals + 1;
	size_t len = strlen(value);
	if (len > 1 && (*value == '"' || *value == '\'') && value[len - 1] == *value) {
		value[len - 1] = '\0';
		value++;
	}
	labels_set(&reading->args, words[1], substitute(reading, value));
}

static void read_line(struct reading *reading, const char *line, size_t len)
{
	static const struct {
		const char *word;
		void (*read)(struct reading *reading, char **words, size_t count);
	} instructions[] = {{"FROM", read_from}, {"COPY", read_copy}, {"ARG", read_arg}};
	enum { WORDS_MAX = 16 };
	char *words[WORDS_MAX];
	size_t count = 0;
	char *rest = arena_copy_n(reading->arena, line, len);

	while (count < WORDS_MAX) {
		rest += strspn(rest, " \t\r");
		if (!*rest)
			break;
		words[count++] = rest;
		rest += strcspn(rest, " \t\r");
		if (*rest)
			*rest++ = '\0';
	}
	for (size_t i = 0; count && i < ARRAY_LEN(instructions); i++) {
		if (strcasecmp(words[0], instructions[i].word) == 0)
			instructions[i].read(reading, words, count);
	}
}

const char *const *recipe_bases_of(struct arena *arena, const char *dockerfile,
				   const struct labels *args)
{
	struct reading reading = {.arena = arena, .given = args};

	for (const char *line = dockerfile; *line;) {
		size_t len = strcspn(line, "\n");

		read_line(&reading, line, len);
		line += len + (line[len] == '\n');
	}
	const char **bases = arena_alloc(arena, (reading.bases.len + 1) * sizeof(*bases));
	for (size_t i = 0; i < reading.bases.len; i++)
		bases[i] = reading.bases.items[i];
	array_drop(&reading.bases);
	array_drop(&reading.args);
	map_drop(&reading.stages);
	return bases;
}

/* Images that a build takes as further contexts. */
static size_t add_contexts(struct arena *arena, const struct build_options *build,
			   const char **bases)
{
	size_t len = 0;

	for (size_t i = 0; i < build->contexts.len; i++)
		if (text_starts(build->contexts.items[i].value, RECIPE_IMAGE))
			bases[len++] = recipe_full_name(arena, build->contexts.items[i].value +
								       strlen(RECIPE_IMAGE));
	return len;
}

static const char *const *dockerfile_bases(struct arena *arena, const struct build_options *build)
{
	static const char *const none[] = {NULL};
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text text = {0};

	if (build->dockerfile_inline)
		return recipe_bases_of(arena, build->dockerfile_inline, &build->args);
	if (!build->context || file_kind(build->context) != FILE_FOLDER)
		return none;
	CLEANUP(memory_free)
	char *path =
		path_join(build->context, build->dockerfile ? build->dockerfile : "Dockerfile");
	if (file_read(path, DOCKERFILE_MAX, &text, &err) < 0)
		return none;
	return recipe_bases_of(arena, text_string(&text), &build->args);
}

const char *const *recipe_bases(struct arena *arena, const struct build_options *build)
{
	const char *const *from = dockerfile_bases(arena, build);
	size_t count = 0, len = 0;

	if (!build->contexts.len)
		return from;
	while (from[count])
		count++;
	const char **all = arena_alloc(arena, (count + build->contexts.len + 1) * sizeof(*all));
	len = add_contexts(arena, build, all);
	memcpy(all + len, from, count * sizeof(*all));
	return all;
}
