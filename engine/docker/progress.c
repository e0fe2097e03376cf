/* SPDX-License-Identifier: MIT */
#include "engine/docker/progress.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"

enum { LINE_MAX_LEN = 64 << 10 };

/* Parts of what daemons, registries and the Go runtime below them say; the first that is found
 * counts. */
static const struct {
	const char *part;
	enum error_code code;
} meanings[] = {
	{"connection refused", ERROR_UNAVAILABLE},
	{"connection reset", ERROR_UNAVAILABLE},
	{"no such host", ERROR_UNAVAILABLE},
	{"no route to host", ERROR_UNAVAILABLE},
	{"network is unreachable", ERROR_UNAVAILABLE},
	{"i/o timeout", ERROR_UNAVAILABLE},
	{"deadline exceeded", ERROR_UNAVAILABLE},
	{"request canceled", ERROR_UNAVAILABLE},
	{"TLS handshake timeout", ERROR_UNAVAILABLE},
	{"toomanyrequests", ERROR_UNAVAILABLE},
	{"unexpected EOF", ERROR_UNAVAILABLE},
	{"manifest unknown", ERROR_NOT_FOUND},
	{"no matching manifest", ERROR_NOT_FOUND},
	{"repository does not exist", ERROR_NOT_FOUND},
	{"does not exist locally", ERROR_NOT_FOUND},
	{"tag does not exist", ERROR_NOT_FOUND},
	{"not found", ERROR_NOT_FOUND},
	{"unauthorized", ERROR_INVALID},
	{"denied", ERROR_INVALID},
	{"no basic auth credentials", ERROR_INVALID},
	{"no space left on device", ERROR_SYSTEM},
	{"returned a non-zero code", ERROR_INVALID},
	{"parse error", ERROR_INVALID},
	{"COPY failed", ERROR_INVALID},
	{"ADD failed", ERROR_INVALID},
};

static enum error_code meaning(const char *sentence)
{
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
		if (strstr(sentence, meanings[i].part))
			return meanings[i].code;
	return ERROR_SYSTEM;
}

static int failed(const struct flow *flow, const char *sentence, struct error **err)
{
	size_t len = strlen(sentence);

	while (len && strchr(" .\r\n", sentence[len - 1]))
		len--;
	if (strcspn(sentence, "\r\n") < len) {
		/* What comes behind the first line is kept as detail. */
		size_t first = strcspn(sentence, "\r\n");

		error_set(err, meaning(sentence), "%.*s", (int)first, sentence);
		error_detail(err, "%.*s", (int)(len - first - 1), sentence + first + 1);
	} else {
		error_set(err, meaning(sentence), "%.*s", (int)len, sentence);
	}
	return error_wrap(err, "%s", flow->what);
}

static void tell_status(struct flow *flow, const cJSON *json)
{
	const cJSON *detail = json_get(json, "progressDetail");
	int64_t current = json_int(detail, "current", 0), total = json_int(detail, "total", 0);
	const struct engine_progress told = {
		.id = json_string(json, "id"),
		.text = json_string(json, "status"),
		.current = current > 0 ? (uint64_t)current : 0,
		.total = total > 0 ? (uint64_t)total : 0,
	};

	flow_tell_progress(flow, &told);
}

/* Tells the begun line, at most once a call, and keeps nothing of it. */
static void tell_line(struct progress *progress)
{
	CLEANUP(text_drop) struct text line = progress->line;

	progress->line = (struct text){0};
	while (line.len && line.data[line.len - 1] == '\r')
		text_remove(&line, line.len - 1, 1);
	if (line.len)
		flow_tell_progress(&progress->flow, &(struct engine_progress){.text = line.data});
}

/* The next line of the document's output. A line break is two bytes in JSON, so that one byte can
 * be taken for each line but the last, and the rest with the last. */
static int64_t next_line(struct progress *progress)
{
	const char *s = json_string(progress->json, "stream") + progress->at;
	size_t len = strcspn(s, "\n"), room = LINE_MAX_LEN - progress->line.len;
	int64_t taken = 1;
	bool is_whole = s[len] == '\n';

	if (len > room) {
		len = room;
		is_whole = true;
		progress->at += len;
	} else {
		progress->at += len + is_whole;
	}
	text_add_n(&progress->line, s, len);
	if (!json_string(progress->json, "stream")[progress->at] || progress->left == 1) {
		taken = progress->left;
		json_drop(&progress->json);
	}
	progress->left -= taken;
	if (is_whole)
		tell_line(progress);
	return taken;
}

static struct progress *progress_of(struct flow *flow)
{
	return container_of(flow, struct progress, flow);
}

int64_t progress_parse(struct flow *flow, const char *bytes, size_t len, struct error **err)
{
	struct progress *progress = progress_of(flow);
	CLEANUP(json_drop) cJSON *json = NULL;
	const char *sentence;
	int64_t taken;

	if (progress->json)
		return next_line(progress);
	taken = flow_json_line(bytes, len, &json, err);
	if (taken <= 0 || !json)
		return taken;
	sentence = json_string(json_get(json, "errorDetail"), "message");
	if (!sentence)
		sentence = json_string(json, "error");
	if (sentence)
		return failed(flow, sentence, err);
	if (json_string(json, "status")) {
		tell_status(flow, json);
	} else if (json_string(json, "stream")) {
		progress->json = steal(&json);
		progress->left = taken;
		progress->at = 0;
		return next_line(progress);
	}
	return taken;
}

/* What failed before the first line came with status 500, which says nothing of the kind. */
static void end(struct engine_stream *stream, const struct error *err, void *payload)
{
	struct progress *progress = progress_of(container_of(stream, struct flow, stream));
	CLEANUP(error_drop) struct error *own = error_copy(err);

	if (own && own->code == ERROR_SYSTEM)
		own->code = meaning(own->message);
	progress->end(stream, own, payload);
}

void *progress_new(struct engine *engine, size_t size, const struct flow_kind *kind,
		   const char *what, const struct engine_reader *reader, void *payload)
{
	struct engine_reader own = *reader;
	struct progress *progress;

	own.end = end;
	progress = flow_new(engine, size, kind, what, &own, payload);
	progress->end = reader->end;
	return progress;
}

void progress_drop(struct progress *progress)
{
	json_drop(&progress->json);
	text_drop(&progress->line);
}
