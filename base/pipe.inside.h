/* SPDX-License-Identifier: MIT */
/* pipe.inside -- what the sources of pipe.h share */
#pragma once

#include <stdbool.h>
#include <wchar.h>

#include <uv.h>

struct error;

/* The name as Windows takes it, yours; or ERROR_INVALID. */
int pipe_name_(const char *name, wchar_t **ret, struct error **err);
/* "what name: the system's text" */
int pipe_error_(struct error **err, DWORD code, const char *what, const char *name);

enum pipe_report_state {
	PIPE_REPORT_NONE,
	PIPE_REPORT_PENDING, /* the system has an operation of ours */
	PIPE_REPORT_TELLING, /* one of its threads tells the loop that it is over */
	PIPE_REPORT_TOLD,    /* and touches nothing of ours any more */
};

/* What a thread of the system tells the loop, once for each operation. It holds no lock, and the
 * loop neither waits for it nor frees what it touches before it is told; so no order of the two can
 * lock. */
struct pipe_report {
	volatile LONG state;
	uv_async_t *turn; /* the loop looks at its reports in it */
};

/* Before the operation is begun. */
void pipe_report_expect_(struct pipe_report *report);
/* It failed at once: nobody will tell. */
void pipe_report_forget_(struct pipe_report *report);
/* By the system's thread, as the last that it does. */
void pipe_report_tell_(struct pipe_report *report);
/* By the loop. Whether the operation is over, once. */
bool pipe_report_take_(struct pipe_report *report);
bool pipe_report_awaited_(const struct pipe_report *report);
