/* SPDX-License-Identifier: MIT */
#include "compose/plan/isolation.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/release.h"
#include "compose/project/project.h"
#include "engine/model.h"

struct side {
	const char *name;
	bool can;  /* the engine has it */
	bool runs; /* the rule allows this image */
};

/* Why a kind of isolation is out of the question, with both builds and the tag that would work. */
static int refuse(const struct isolation_question *q, const struct side *side,
		  const struct side *other, const struct release_version *host, struct error **err)
{
	bool process = text_same(side->name, "process");
	const char *image = q->image ? q->image : "the image";
	if (!side->can)
		return error_set(err, ERROR_UNSUPPORTED,
				 "isolation %s is not to be had from this engine%s", side->name,
				 other->can && other->runs ? process ? "; write isolation: hyperv"
								     : "; write isolation: process"
							   : "");
	const char *tag = release_tag(host, process);
	CLEANUP(text_drop) struct text way = {0};
	if (tag)
		text_printf(&way, "use its tag for %s", tag);
	if (other->can && other->runs)
		text_printf(&way, "%sisolation: %s", way.len ? " or write " : "write ",
			    other->name);
	return error_set(err, ERROR_UNSUPPORTED,
			 "%s is of Windows build %s and cannot run with isolation %s on a host of "
			 "build %s%s%s",
			 image, q->image_version, side->name, q->host_version, way.len ? ": " : "",
			 text_string(&way));
}

static void reason(struct isolation_answer *answer, const char *format, ...) PRINTF_LIKE(2, 3);
static void reason(struct isolation_answer *answer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(answer->reason, sizeof(answer->reason), format, args);
	va_end(args);
}

/* A default that may not hold at start is said beforehand. */
static void tell_default(const struct isolation_question *q, const struct side *side,
			 const struct release_version *host, const struct release_version *image,
			 struct isolation_answer *answer)
{
	if (release_is_refused(host, image))
		reason(answer,
		       "the engine's default; hosts of build %s are known to refuse images of "
		       "build %s (0xC0370112): the tag for %s works",
		       q->host_version, q->image_version,
		       release_tag(host, text_same(side->name, "process")));
	else if (text_same(side->name, "process") && release_is_ahead(host, image))
		reason(answer,
		       "the engine's default; the image's revision %s is newer than the host's %s "
		       "and may need the host's updates",
		       q->image_version, q->host_version);
	else
		reason(answer, "the engine's default");
}

/* What the engine takes where nothing was asked for. */
static const char *default_of(const struct isolation_question *q)
{
	if (q->host_default && *q->host_default && !text_same_nocase(q->host_default, "default"))
		return q->host_default;
	return q->host_is_server ? "process" : "hyperv";
}

static bool keeps(const struct isolation_question *q, const struct side *side)
{
	return text_same_nocase(q->kept, side->name) && side->can && side->runs;
}

static void keep(const struct isolation_question *q, const struct side *side,
		 const struct side *first, struct isolation_answer *answer)
{
	answer->isolation = side->name;
	answer->differs = side != first;
	reason(answer, "%s",
	       q->kept_reason && *q->kept_reason ? q->kept_reason : "kept until the image changes");
}

static void take_other(const struct isolation_question *q, const struct side *first,
		       const struct side *second, struct isolation_answer *answer)
{
	answer->isolation = second->name;
	answer->differs = true;
	if (first->can)
		reason(answer, "image build %s does not run with the default, %s, on host build %s",
		       q->image_version, first->name, q->host_version);
	else
		reason(answer, "the engine has no isolation %s", first->name);
}

int isolation_decide(const struct isolation_question *q, struct isolation_answer *answer,
		     struct error **err)
{
	struct release_version host = release_parse(q->host_version);
	struct release_version image = release_parse(q->image_version);
	struct side process = {"process", q->can_process, release_runs_process(&host, &image)};
	struct side hyperv = {"hyperv", q->can_hyperv, release_runs_hyperv(&host, &image)};
	const char *asked = q->asked && *q->asked ? q->asked : "default";

	if (!text_same_nocase(asked, "default") && !text_same_nocase(asked, "process") &&
	    !text_same_nocase(asked, "hyperv"))
		return error_set(err, ERROR_INVALID,
				 "isolation \"%s\" is not known: write default, process or hyperv",
				 asked);
	bool by_default = text_same_nocase(asked, "default");
	const char *wanted = by_default ? default_of(q) : asked;
	const struct side *first = text_same_nocase(wanted, "hyperv") ? &hyperv : &process;
	const struct side *second = first == &hyperv ? &process : &hyperv;

	struct isolation_answer found = {.isolation = first->name};
	if (by_default && !q->strict && keeps(q, second))
		keep(q, second, first, &found);
	else if (by_default && first->can && first->runs)
		tell_default(q, first, &host, &image, &found);
	else if (first->can && first->runs)
		reason(&found, "asked for");
	else if (by_default && !q->strict && second->can && second->runs)
		take_other(q, first, second, &found);
	else
		return refuse(q, first, second, &host, err);
	*answer = found;
	return 0;
}

struct isolation_question isolation_ask(const struct service *service,
					const struct engine_host *host, const struct image *image)
{
	return (struct isolation_question){
		.asked = service->isolation,
		.strict = service->supervision.isolation_strict,
		.host_version = host->os_version,
		.host_is_server = host->is_server,
		.host_default = host->isolation,
		.can_process = host->capabilities & ENGINE_ISOLATION_PROCESS,
		.can_hyperv = host->capabilities & ENGINE_ISOLATION_HYPERV,
		.image = service->image,
		.image_version = image ? image->os_version : NULL,
		.service = service,
	};
}
