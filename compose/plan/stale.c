/* SPDX-License-Identifier: MIT */
#include "compose/plan/stale.h"

#include <ctype.h>
#include <string.h>

#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/plan.h"
#include "compose/plan/spec.h"

#define OWN_PREFIX SPEC_HASH_ALGORITHM ":"

/* --- the reasons, each NULL where it does not hold */

static const char *forced(struct arena *arena, const struct stale_question *q)
{
	const struct plan_options *o = q->options;
	(void)arena;
	if (q->named && o->force_recreate)
		return "forced";
	if (q->named && o->renew_volumes)
		return "anonymous volumes are renewed";
	return !q->named && o->always_recreate_deps ? "forced for dependencies" : NULL;
}

/* Nothing on the container says which container of the parent it was joined to, but it is always
 * made after it. */
static const char *parent_changed(struct arena *arena, const struct stale_question *q)
{
	if (q->parent)
		return arena_format(arena, "shares with %s, which is re-created", q->parent);
	if (q->container->created && q->container->created < q->parent_created)
		return "older than the container that it shares with";
	return NULL;
}

static const char *config_changed(struct arena *arena, const struct stale_question *q)
{
	const struct container *c = q->container;
	const char *hash = labels_get(&c->labels, LABEL_HASH);
	if (!hash || !text_starts(hash, OWN_PREFIX)) {
		if (q->options->quick)
			return NULL;
		return hash ? "made by another version of wincompose" : "made by docker compose";
	}
	if (text_same(hash + strlen(OWN_PREFIX), q->service->hash))
		return NULL;
	if (c->image && q->service->image && !text_starts(c->image, "sha256:") &&
	    !text_same(c->image, q->service->image))
		return arena_format(arena, "config changed: image \"%s\" -> \"%s\"", c->image,
				    q->service->image);
	return "config changed";
}

static const char *image_changed(struct arena *arena, const struct stale_question *q)
{
	(void)arena;
	const struct image *image = census_image(q->census, q->service->image);
	const char *made_of = labels_get(&q->container->labels, LABEL_IMAGE);
	if (!made_of)
		made_of = q->container->image_id;
	if (!image || !image->id || !made_of || q->options->quick)
		return NULL;
	return text_same(made_of, image->id) ? NULL : "image updated";
}

static const char *network_missing(struct arena *arena, const struct stale_question *q)
{
	if (!census_is_up(q->container))
		return NULL;
	ARRAY_FOR_EACH (struct service_network, n, &q->service->networks) {
		const struct network *network = project_network(q->census->project, n->network);
		if (network && !census_attached(q->container, network->name))
			return arena_format(arena, "not attached to network %s", network->name);
	}
	return NULL;
}

/* Windows takes either slash and any case. */
static bool same_target(const char *a, const char *b)
{
	if (!a || !b || !path_is_windows(b))
		return text_same(a, b);
	for (; *a && *b; a++, b++) {
		char x = *a == '/' ? '\\' : (char)tolower((unsigned char)*a);
		char y = *b == '/' ? '\\' : (char)tolower((unsigned char)*b);
		if (x != y)
			return false;
	}
	return !*a && !*b;
}

static bool mounts_volume(const struct container *container, const char *name, const char *target)
{
	ARRAY_FOR_EACH (struct container_mount, m, &container->mounts)
		if (text_same(m->type, "volume") && text_same(m->name, name) &&
		    same_target(m->target, target))
			return true;
	return false;
}

static const char *volume_missing(struct arena *arena, const struct stale_question *q)
{
	ARRAY_FOR_EACH (struct service_mount, m, &q->service->mounts) {
		if (m->kind != MOUNT_VOLUME || !m->source)
			continue;
		const struct volume *volume = project_volume(q->census->project, m->source);
		if (volume && !mounts_volume(q->container, volume->name, m->target))
			return arena_format(arena, "volume %s is not mounted", volume->name);
	}
	return NULL;
}

/* The container that was refused at its start is of no use; one that runs is not touched. */
static const char *isolation_refused(struct arena *arena, const struct stale_question *q)
{
	const struct plan_isolation *found = plan_isolation(q->options, q->service->name);
	const char *has = labels_get(&q->container->labels, LABEL_ISOLATION);
	if (!found || census_is_up(q->container) || text_same(has, found->isolation))
		return NULL;
	return arena_format(arena, "isolation %s was refused", has ? has : "default");
}

/* What is copied in between create and start may be missing where whoever created it was
 * killed between. */
static const char *unfinished(struct arena *arena, const struct stale_question *q)
{
	const struct project *project = q->census->project;
	(void)arena;
	if (q->container->state != CONTAINER_CREATED)
		return NULL;
	ARRAY_FOR_EACH (struct service_file, use, &q->service->secrets) {
		const struct file_source *source = project_secret(project, use->source);
		if (source && spec_copies(source, q->host))
			return "its files may not have been copied in";
	}
	ARRAY_FOR_EACH (struct service_file, use, &q->service->configs) {
		const struct file_source *source = project_config(project, use->source);
		if (source && spec_copies(source, q->host))
			return "its files may not have been copied in";
	}
	return NULL;
}

const char *stale_why(struct arena *arena, const struct stale_question *q)
{
	static const char *(*const reasons[])(struct arena *, const struct stale_question *) = {
		forced,          parent_changed, config_changed,    image_changed,
		network_missing, volume_missing, isolation_refused, unfinished,
	};

	if (q->options->no_recreate)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		const char *why = reasons[i](arena, q);
		if (why)
			return why;
	}
	return NULL;
}
