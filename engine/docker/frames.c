/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

enum { FRAME_HEAD = 8, CHUNK_MAX = 64 << 10, SYSTEM_ERROR = 3 };

/* A frame is a byte for the channel (0 stdin, 1, 2, 3: an error of the engine's own), three zero
 * bytes, the length in network order, the bytes: docs.docker.com/engine/api, ContainerAttach. */
int64_t frames_parse(struct frames *frames, struct flow *flow, const char *bytes, size_t len,
		     struct error **err)
{
	const unsigned char *head = (const unsigned char *)bytes;
	size_t start = 0;

	if (frames->left == 0) {
		if (len < FRAME_HEAD)
			return 0;
		if (head[0] > SYSTEM_ERROR || head[1] || head[2] || head[3])
			return error_set(err, ERROR_SYSTEM,
					 "the engine's stream is not in frames: the container has "
					 "a terminal");
		frames->channel = head[0] >= STREAM_ERRORS ? STREAM_ERRORS : STREAM_OUTPUT;
		frames->left = (size_t)head[4] << 24 | (size_t)head[5] << 16 |
			       (size_t)head[6] << 8 | head[7];
		start = FRAME_HEAD;
	}
	size_t part = len - start;

	if (part > frames->left)
		part = frames->left;
	if (part > CHUNK_MAX)
		part = CHUNK_MAX;
	frames->left -= part;
	if (part)
		flow_tell_data(flow, frames->channel, bytes + start, part);
	return (int64_t)(start + part);
}

int64_t flow_json_line(const char *bytes, size_t len, cJSON **ret, struct error **err)
{
	const char *end = memchr(bytes, '\n', len);
	size_t line = end ? (size_t)(end - bytes) : 0;
	int code = 0;

	*ret = NULL;
	if (!end)
		return 0;
	if (line > 0 && !(line == 1 && bytes[0] == '\r'))
		code = json_parse(bytes, line, "the engine's stream", ret, err);
	return code < 0 ? code : (int64_t)line + 1;
}
