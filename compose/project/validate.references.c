/* SPDX-License-Identifier: MIT */
/* What a service refers to: it must be there. */
#include "compose/project/validate.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "compose/project/subject.h"

struct references {
	const struct node *root;
	const struct map *disabled;
	struct diagnostics *diagnostics;
	struct map services; /* key -> entry */
	struct map sections[5];
};

static const char *const sections[] = {"networks", "volumes", "secrets", "configs", "models"};
static const char *const kinds[] = {"network", "volume", "secret", "config", "model"};

static void index_keys(struct map *map, const struct node *section)
{
	for (size_t i = 0; section && i < section->mapping.len; i++)
		map_set(map, section->mapping.entries[i].key, &section->mapping.entries[i]);
}

static const char *nearest(const struct references *references, const struct map *map,
			   const char *word)
{
	if (diagnostics_full(references->diagnostics))
		return NULL;
	CLEANUP(memory_free) const char **keys = memory_alloc((map->len + 1) * sizeof(*keys));

	/* For a large project the search would cost more than it gives. */
	size_t len = map->len < 2000 ? map->len : 2000;
	for (size_t i = 0; i < len; i++)
		keys[i] = map->entries[i].key;
	return text_nearest(word, keys, len);
}

/* What there is, where it is not too much to read. */
static void add_known(struct diagnostic *d, const struct map *map, const char *what)
{
	CLEANUP(text_drop) struct text names = {0};

	if (map->len > 8)
		return;
	for (size_t i = 0; i < map->len; i++)
		text_printf(&names, "%s%s", i ? ", " : "", map->entries[i].key);
	diagnostic_hint(d, "the %s are %s", what, text_string(&names));
}

static void check_reference(struct references *references, const struct subject *subject,
			    unsigned section, const char *name, struct position at,
			    const char *below)
{
	const struct map *map = &references->sections[section];

	if (!name || map_has(map, name))
		return;
	struct diagnostic *d =
		subject_complain(subject, at, below, "there is no %s \"%s\"", kinds[section], name);
	const char *near = nearest(references, map, name);
	if (near)
		diagnostic_hint(d, "did you mean \"%s\"?", near);
	else
		diagnostic_hint(d, "%ss that a service uses are described at the top: %s: {%s: }",
				kinds[section], sections[section], name);
}

/* v:/data looks like the volume v, but one letter and a colon is a drive. */
static void warn_of_drive(struct references *references, const struct subject *subject,
			  const struct node *mount, const char *below)
{
	const char *target = node_text(node_get(mount, "target"));

	if (!target || node_get(mount, "source") || strlen(target) < 3 || target[1] != ':' ||
	    target[2] != '/')
		return;
	const char letter[2] = {target[0], '\0'};
	if (!map_has(&references->sections[1], letter))
		return;
	CLEANUP(memory_free)
	char *path = memory_format("%s.%s.%s", subject->section, subject->entry->key, below);
	diagnostic_hint(diagnostics_add(subject->diagnostics, SEVERITY_WARNING, mount->at, path,
					"\"%s\" is read as a path on drive %s, not as volume %s",
					target, letter, letter),
			"write the long form, or give the volume a longer name");
}

static void check_uses(struct references *references, const struct subject *subject)
{
	const struct node *networks = subject_get(subject, "networks");
	const struct node *mounts = subject_get(subject, "volumes");

	for (size_t i = 0; networks && i < networks->mapping.len; i++)
		if (strcmp(networks->mapping.entries[i].key, "default") != 0)
			check_reference(references, subject, 0, networks->mapping.entries[i].key,
					networks->mapping.entries[i].at, "networks");
	for (size_t i = 0; mounts && i < mounts->sequence.len; i++) {
		const struct node *mount = mounts->sequence.items[i];
		const struct node *source = node_get(mount, "source");
		char below[32];

		snprintf(below, sizeof(below), "volumes[%u]", mount->index);
		warn_of_drive(references, subject, mount, below);
		if (source && *source->text &&
		    text_same(node_text(node_get(mount, "type")), "volume"))
			check_reference(references, subject, 1, source->text, source->at, below);
	}
	for (unsigned i = 2; i < 4; i++) {
		const struct node *uses = subject_get(subject, sections[i]);

		for (size_t j = 0; uses && j < uses->sequence.len; j++) {
			const struct node *use = uses->sequence.items[j];
			const struct node *source = node_get(use, "source");
			CLEANUP(memory_free)
			char *below = memory_format("%s[%u]", sections[i], use->index);

			if (source)
				check_reference(references, subject, i, source->text, source->at,
						below);
		}
	}
}

static bool same_place(const struct node *node, struct position at)
{
	return node->at.line == at.line && node->at.column == at.column &&
	       text_same(node->at.file, at.file);
}

/* Which attribute a dependency is written in: others than depends_on imply some. */
static const char *where_needed(const struct subject *subject, struct position at)
{
	static const char *const implying[] = {"network_mode", "ipc", "pid", "links",
					       "volumes_from"};

	for (size_t i = 0; i < ARRAY_LEN(implying); i++) {
		const struct node *node = subject_get(subject, implying[i]);
		size_t len = node && node->kind == NODE_SEQUENCE ? node->sequence.len : 0;

		if (node && same_place(node, at))
			return implying[i];
		for (size_t j = 0; j < len; j++)
			if (same_place(node->sequence.items[j], at))
				return implying[i];
	}
	return "depends_on";
}

/* What a build takes from elsewhere in the project. */
static void check_build_uses(struct references *references, const struct subject *subject)
{
	const struct node *secrets = subject_get_in(subject, "build", "secrets", NULL);
	const struct node *contexts = subject_get_in(subject, "build", "additional_contexts", NULL);
	const struct node *models = subject_get(subject, "models");

	for (size_t i = 0; secrets && i < secrets->sequence.len; i++) {
		const struct node *source = node_get(secrets->sequence.items[i], "source");

		if (source)
			check_reference(references, subject, 2, source->text, source->at,
					"build.secrets");
		const struct node_entry *secret =
			source ? map_get(&references->sections[2], source->text) : NULL;
		if (secret && node_is_true(node_get(secret->value, "external")))
			diagnostic_hint(
				subject_warn(subject, source->at, "build.secrets",
					     "secret %s is external: a build is not given it",
					     source->text),
				"use file or environment");
	}
	for (size_t i = 0; contexts && i < contexts->mapping.len; i++) {
		const struct node *value = contexts->mapping.entries[i].value;
		const char *name = text_starts(value->text, "service:")
					   ? value->text + strlen("service:")
					   : NULL;
		const struct node_entry *entry = name ? map_get(&references->services, name) : NULL;

		if (name && !entry)
			subject_complain(subject, value->at, "build.additional_contexts",
					 "there is no service \"%s\"", name);
		else if (name && !node_get(entry->value, "build"))
			diagnostic_hint(subject_complain(subject, value->at,
							 "build.additional_contexts",
							 "service \"%s\" has no build", name),
					"an image is named by docker-image://");
	}
	for (size_t i = 0; models && i < models->mapping.len; i++)
		check_reference(references, subject, 4, models->mapping.entries[i].key,
				models->mapping.entries[i].at, "models");
}

static void check_needs(struct references *references, const struct subject *subject)
{
	const struct node *needs = subject_get(subject, "depends_on");

	for (size_t i = 0; needs && i < needs->mapping.len; i++) {
		const struct node_entry *need = &needs->mapping.entries[i];
		const struct node *required = node_get(need->value, "required");

		if (map_has(&references->services, need->key))
			continue;
		if (map_has(references->disabled, need->key)) {
			if (required && required->kind == NODE_BOOL && !required->boolean)
				continue;
			diagnostic_hint(
				subject_complain(subject, need->at, where_needed(subject, need->at),
						 "it needs \"%s\", which no active profile enables",
						 need->key),
				"name a profile of it with --profile, or say required: false");
			continue;
		}
		struct diagnostic *d =
			subject_complain(subject, need->at, where_needed(subject, need->at),
					 "there is no service \"%s\"", need->key);
		const char *near = nearest(references, &references->services, need->key);
		if (near)
			diagnostic_hint(d, "did you mean \"%s\"?", near);
		else if (references->services.len > 1)
			add_known(d, &references->services, "services");
	}
}

void validate_references(const struct node *root, const struct map *disabled,
			 struct diagnostics *diagnostics)
{
	const struct node *services = node_get(root, "services");
	struct references references = {
		.root = root, .disabled = disabled, .diagnostics = diagnostics};

	index_keys(&references.services, services);
	for (unsigned i = 0; i < ARRAY_LEN(sections); i++)
		index_keys(&references.sections[i], node_get(root, sections[i]));
	for (size_t i = 0; services && i < services->mapping.len; i++) {
		const struct subject subject = {"services", &services->mapping.entries[i],
						diagnostics};

		check_uses(&references, &subject);
		check_build_uses(&references, &subject);
		check_needs(&references, &subject);
	}
	map_drop(&references.services);
	for (unsigned i = 0; i < ARRAY_LEN(sections); i++)
		map_drop(&references.sections[i]);
}
