/* SPDX-License-Identifier: MIT */
/* pipe -- Windows' named pipes; only in the sources for Windows
 *
 * Three parts: pipe_dial makes a connection, pipe_listen takes them, both give a handle; and struct
 * pipe carries bytes over such a handle, with half-close. A handle is the caller's until it is given
 * to one of: pipe_open; pipe_give, which makes it libuv's; CloseHandle.
 *
 * Half-close is a message of no bytes on a pipe that carries messages, as Docker's engine and its
 * clients do it. libuv cannot: its shutdown sends nothing, and what it reads of such a message is
 * the same to its reader as nothing to read. On a pipe of bytes there is no half-close.
 *
 * It cannot lock: the loop waits for nothing. Operations are overlapped; each that is begun is told of
 * once by a thread of the system's pool, also one that is cancelled, and those threads hold no lock
 * and wait for nothing of ours. Closing cancels what is under way, and frees after the last was told
 * of. The one call that blocks, of a half-close whose bytes are not read yet, does so in the pool; it
 * is cancelled again and again until it has ended. (One thread a direction on blocking handles would
 * lock by itself: Windows takes one operation at a time of such a pipe, so that a write waits for the
 * read before it. Waiting for a cancelled operation or for a wait to be unregistered, in the loop's
 * thread, has been seen to hang under Wine.)
 *
 * Names are \\.\pipe\NAME of this host; slashes are as well.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

struct error;
struct pipe;
struct pipe_server;

/* Whether a name can be a pipe's. ERROR_INVALID. */
int pipe_check(const char *name, struct error **err);

/* --- dialling */

enum pipe_outcome {
	PIPE_CONNECTED,
	PIPE_BUSY,    /* all its instances serve others: try again after PIPE_RETRY_MS */
	PIPE_ABSENT,  /* nobody listens by this name */
	PIPE_DENIED,  /* who listens does not let us */
	PIPE_FOREIGN, /* whose pipe it is we do not trust; *owner says who it is */
};

enum { PIPE_RETRY_MS = 10 };

enum pipe_trust {
	PIPE_TRUST_SYSTEM, /* a pipe of the system, of administrators, or of this user */
	PIPE_TRUST_USER,   /* only of this user */
	PIPE_TRUST_ANYONE,
};

/* Connects, or says at once why not; never blocks. Anyone can listen by a name that is free, so
 * nothing has been sent when the owner is checked, and who listens cannot act as us (it is
 * connected to anonymously). *ret is set with PIPE_CONNECTED, *owner (a security identifier, yours)
 * with PIPE_FOREIGN. ERROR_INVALID: the name is none of a pipe of this host; ERROR_SYSTEM. */
int pipe_dial(const char *name, enum pipe_trust trust, HANDLE *ret, char **owner,
	      struct error **err);

/* Makes a handle libuv's, also where it fails (libuv's status; the handle is closed). */
int pipe_give(uv_pipe_t *pipe, HANDLE handle);

/* --- listening */

struct pipe_listen_options {
	const char *name;
	/* Owner and access in Windows' own notation (SDDL). NULL: this user's, and only for this
	 * user. */
	const char *descriptor;
	bool messages; /* so that both sides can half-close; else bytes */
	/* A connection, never from inside; the handle is the callee's. */
	void (*accepted)(HANDLE handle, void *payload);
	void *payload;
};

/* Refuses clients of other hosts. ERROR_CONFLICT: the name is taken; ERROR_INVALID: the name or the
 * descriptor; ERROR_SYSTEM. */
int pipe_listen(uv_loop_t *loop, const struct pipe_listen_options *options,
		struct pipe_server **ret, struct error **err);
/* accepted is not called any more; closed once, never from inside. Connections stay. */
void pipe_server_close(struct pipe_server *server, void (*closed)(void *payload), void *payload);

/* --- carrying */

/* Never called from inside a function of this header, and not after pipe_close. */
struct pipe_events {
	void (*received)(const char *bytes, size_t len, void *payload); /* at most 64 KiB */
	void (*written)(void *payload);
	/* The other side sends no more: half-closed or gone (err NULL); or the connection failed
	 * (ERROR_UNAVAILABLE). Once; what is written may still arrive after a half-close. */
	void (*ended)(const struct error *err, void *payload);
};

/* Takes the handle, which was opened for overlapped use. Nothing is received before pipe_read.
 * ERROR_SYSTEM. */
int pipe_open(uv_loop_t *loop, HANDLE handle, const struct pipe_events *events, void *payload,
	      struct pipe **ret, struct error **err);
void pipe_read(struct pipe *pipe, bool on);
/* Copies the bytes; one at a time, written follows. A failure is told by ended, but who is gone by
 * reading: what it sent before is received first. */
void pipe_write(struct pipe *pipe, const char *bytes, size_t len);
/* Of our side: after what was written has been read by the other side. written follows. Nothing may
 * be written afterwards. On a pipe of bytes nothing is sent. */
void pipe_shutdown(struct pipe *pipe);
/* At rest it does not keep the loop running. */
void pipe_rest(struct pipe *pipe, bool on);
/* What is not written yet is dropped. closed: once, never from inside; NULL is well. */
void pipe_close(struct pipe *pipe, void (*closed)(void *payload), void *payload);

/* --- the user */

/* The security identifier of this process's user as text (S-1-5-...); yours. ERROR_SYSTEM. */
int pipe_user(char **ret, struct error **err);
