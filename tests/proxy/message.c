/* SPDX-License-Identifier: MIT */
#include "tests/proxy/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum { HEAD_MAX = 1 << 20 };

void message_begin(struct message *message, bool is_reply, bool bodiless)
{
	message_drop(message);
	message->is_reply = is_reply;
	message->bodiless = bodiless;
}

void message_drop(struct message *message)
{
	text_drop(&message->head);
	text_drop(&message->line);
	free(message->path);
	*message = (struct message){0};
}

/* The value of a header, where the head has it; lines end with CRLF. */
static const char *header(const struct message *message, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = strstr(message->head.data, "\r\n"); line && line[2] != '\r';
	     line = strstr(line + 2, "\r\n")) {
		if (!strncasecmp(line + 2, name, len) && line[2 + len] == ':')
			return line + 2 + len + 1 + strspn(line + 2 + len + 1, " \t");
	}
	return NULL;
}

static bool read_start_line(struct message *message)
{
	const char *head = message->head.data;

	if (message->is_reply)
		return sscanf(head, "HTTP/1.%*c %d", &message->status) == 1;

	size_t method = strcspn(head, " \r");
	size_t path = head[method] == ' ' ? strcspn(head + method + 1, " \r") : 0;
	if (!method || method >= sizeof(message->method) || !path)
		return false;
	memcpy(message->method, head, method);
	message->path = memory_copy_n(head + method + 1, path);
	return true;
}

/* What follows the head. */
static enum message_state body(struct message *message)
{
	const char *coding = header(message, "Transfer-Encoding");
	const char *length = header(message, "Content-Length");
	int status = message->status;

	if (message->bodiless ||
	    (message->is_reply && (status < 200 || status == 204 || status == 304)))
		return MESSAGE_DONE;
	if (coding && !strncasecmp(coding, "chunked", 7)) {
		message->chunked = true;
		return MESSAGE_CHUNK_SIZE;
	}
	if (length) {
		message->left = strtoull(length, NULL, 10);
		return message->left ? MESSAGE_LENGTH : MESSAGE_DONE;
	}
	return message->is_reply ? MESSAGE_UNTIL_CLOSE : MESSAGE_DONE;
}

static size_t feed_head(struct message *message, const char *bytes, size_t len, enum piece *piece)
{
	size_t start = 0;

	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n')
			continue;
		text_add_n(&message->head, bytes + start, i + 1 - start);
		start = i + 1;
		if (!text_ends(message->head.data, "\r\n\r\n"))
			continue;
		*piece = read_start_line(message) ? PIECE_HEAD : PIECE_BROKEN;
		message->upgrade = header(message, "Upgrade") != NULL;
		message->state = body(message);
		return start;
	}
	text_add_n(&message->head, bytes + start, len - start);
	*piece = message->head.len > HEAD_MAX ? PIECE_BROKEN : PIECE_MORE;
	return len;
}

/* A line of framing: the size of a chunk, what ends a chunk, a trailer. */
static size_t feed_line(struct message *message, const char *bytes, size_t len, enum piece *piece)
{
	const char *end = memchr(bytes, '\n', len);
	size_t used = end ? (size_t)(end - bytes) + 1 : len;

	*piece = PIECE_FRAME;
	text_add_n(&message->line, bytes, used);
	if (message->line.len > HEAD_MAX)
		*piece = PIECE_BROKEN;
	if (!end)
		return used;

	bool empty = message->line.len <= 2;
	if (message->state == MESSAGE_CHUNK_SIZE) {
		message->left = strtoull(message->line.data, NULL, 16);
		message->state = message->left ? MESSAGE_CHUNK_DATA : MESSAGE_TRAILER;
	} else if (message->state == MESSAGE_CHUNK_END) {
		message->state = MESSAGE_CHUNK_SIZE;
	} else if (empty) {
		message->state = MESSAGE_DONE;
	}
	text_clear(&message->line);
	return used;
}

static size_t feed_data(struct message *message, size_t len, enum piece *piece)
{
	size_t used = len < message->left ? len : (size_t)message->left;

	*piece = PIECE_DATA;
	message->left -= used;
	if (!message->left)
		message->state = message->chunked ? MESSAGE_CHUNK_END : MESSAGE_DONE;
	return used;
}

size_t message_feed(struct message *message, const char *bytes, size_t len, enum piece *piece)
{
	switch (message->state) {
	case MESSAGE_HEAD:
		return feed_head(message, bytes, len, piece);
	case MESSAGE_LENGTH:
	case MESSAGE_CHUNK_DATA:
		return feed_data(message, len, piece);
	case MESSAGE_CHUNK_SIZE:
	case MESSAGE_CHUNK_END:
	case MESSAGE_TRAILER:
		return feed_line(message, bytes, len, piece);
	case MESSAGE_UNTIL_CLOSE:
		*piece = PIECE_DATA;
		return len;
	case MESSAGE_DONE:
		break;
	}
	*piece = PIECE_BROKEN;
	return len;
}
