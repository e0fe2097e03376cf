/* SPDX-License-Identifier: MIT */
/* process -- a real process of a container: its own, a command's, a health check's
 *
 * It runs in the container's folder with the engine's environment and what is added. "actor" is the
 * engine's own, whatever PATH says. Frees itself after exited.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

struct error;
struct process;
struct world;

struct process_options {
	struct world *world;
	const char *const *arguments; /* the program first; NULL-ended */
	const char *folder;
	const char *const *env; /* K=V, NULL-ended, or NULL */
	bool input;             /* it has a standard input; else an empty one */
	void (*output)(int channel, const char *bytes, size_t len, void *payload);
	/* Once, when it has ended and its outputs are closed (or half a second later, where one
	 * that it left behind holds them). code is of 32 bits: windows.md 1.5. */
	void (*exited)(int64_t code, void *payload);
	void *payload;
};

/* ERROR_NOT_FOUND: there is no such program. */
int process_start(const struct process_options *options, struct process **ret, struct error **err);
int process_pid(const struct process *process);
void process_write(struct process *process, const char *bytes, size_t len);
void process_end_input(struct process *process);
void process_pause(struct process *process, bool on); /* its outputs are not read */
/* What HcsShutdown does to it: CTRL_SHUTDOWN_EVENT, which who does not handle it dies of; and
 * HcsTerminate. windows.md 1.5. */
void process_shut(struct process *process);
void process_terminate(struct process *process);

/* --- within process, by platform */

struct process_host_ {
	void *event;    /* Windows: rung to shut it */
	char *variable; /* K=V for its environment, or NULL */
};

/* What is run for arguments[0]: yours, or NULL. Platforms have other shells: *shell is then the
 * option that stands before the command line. */
char *process_find_(const char *program, const char *programs, const char **shell);
unsigned process_flags_(void);
void process_prepare_(struct process_host_ *host);
void process_shut_(struct process_host_ *host, uv_process_t *process);
void process_kill_(uv_process_t *process);
void process_release_(struct process_host_ *host);
int64_t process_code_(int64_t status, int signal);
