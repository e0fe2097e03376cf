/* SPDX-License-Identifier: MIT */
/* message -- the boundaries of one HTTP/1.1 request or reply in a stream of bytes
 *
 * Bytes are fed as they come; each call consumes some and says what they were. RFC 9112, sections 6
 * and 7: a reply to HEAD, 1xx, 204 and 304 have no body; chunked wins over a length; a reply with
 * neither lasts until its connection ends, a request with neither has no body.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum piece {
	PIECE_MORE,   /* an unfinished head: nothing to pass on yet */
	PIECE_HEAD,   /* the head is whole, in message.head */
	PIECE_DATA,   /* the consumed bytes are a piece of the body */
	PIECE_FRAME,  /* the consumed bytes are framing of a chunked body */
	PIECE_BROKEN, /* not HTTP, or a head over 1 MiB */
};

enum message_state {
	MESSAGE_HEAD,
	MESSAGE_LENGTH,
	MESSAGE_CHUNK_SIZE,
	MESSAGE_CHUNK_DATA,
	MESSAGE_CHUNK_END,
	MESSAGE_TRAILER,
	MESSAGE_UNTIL_CLOSE,
	MESSAGE_DONE,
};

struct message {
	bool is_reply;
	bool bodiless; /* the reply to a HEAD request */
	enum message_state state;
	struct text head; /* with the empty line that ends it */
	struct text line; /* an unfinished line of framing */
	uint64_t left;    /* bytes of the length or the chunk that are still to come */
	bool chunked;
	bool upgrade;   /* the head asks for another protocol, or grants it */
	int status;     /* of a reply */
	char method[8]; /* of a request */
	char *path;     /* of a request, with its query */
};

/* Forgets what was, and awaits a head. */
void message_begin(struct message *message, bool is_reply, bool bodiless);
void message_drop(struct message *message);

/* Consumes 1..len of the bytes (len > 0, state not done) and says in *piece what they were. */
size_t message_feed(struct message *message, const char *bytes, size_t len, enum piece *piece);
