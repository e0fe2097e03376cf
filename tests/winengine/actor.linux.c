/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <time.h>

#include "tests/winengine/actor.h"

void actor_begin(void)
{
	signal(SIGTERM, SIG_DFL);
}

void actor_set_ignore(void)
{
	signal(SIGTERM, SIG_IGN);
}

void actor_wait(void)
{
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigwait(&set, &number);
}

void actor_sleep(unsigned ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&time, NULL);
}

void actor_crash(void)
{
	raise(SIGSEGV);
}
