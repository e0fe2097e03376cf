/* SPDX-License-Identifier: MIT */
/* Reports of pipe.inside.h. */
#include <windows.h>

#include "base/pipe.inside.h"

void pipe_report_expect_(struct pipe_report *report)
{
	InterlockedExchange(&report->state, PIPE_REPORT_PENDING);
}

void pipe_report_forget_(struct pipe_report *report)
{
	InterlockedExchange(&report->state, PIPE_REPORT_NONE);
}

/* A loop that is woken before the state changes would miss it, and one that is woken after the last
 * change might have freed what wakes it; so the state changes before and after. */
void pipe_report_tell_(struct pipe_report *report)
{
	InterlockedExchange(&report->state, PIPE_REPORT_TELLING);
	uv_async_send(report->turn);
	InterlockedExchange(&report->state, PIPE_REPORT_TOLD);
}

bool pipe_report_take_(struct pipe_report *report)
{
	switch (InterlockedCompareExchange(&report->state, PIPE_REPORT_NONE, PIPE_REPORT_TOLD)) {
	case PIPE_REPORT_TOLD:
		return true;
	case PIPE_REPORT_TELLING:
		/* The thread is a few instructions from its end: the next turn looks again. */
		uv_async_send(report->turn);
		return false;
	default:
		return false;
	}
}

bool pipe_report_awaited_(const struct pipe_report *report)
{
	return report->state != PIPE_REPORT_NONE;
}
