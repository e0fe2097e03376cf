/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/winengine/actor.h"

const char *const actor_line_end = "\n";

static void die(int number)
{
	_exit(128 + number);
}

/* The first process of a container of Linux gets no signal that it has no handler for. */
void actor_begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, getpid() == 1 ? die : SIG_DFL);
	signal(SIGINT, getpid() == 1 ? die : SIG_DFL);
}

void actor_set_ignore(void)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
}

void actor_wait(void)
{
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
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

size_t actor_input(char *bytes, size_t size)
{
	ssize_t len = read(0, bytes, size);

	return len > 0 ? (size_t)len : 0;
}

bool actor_list(const char *folder, void (*each)(const char *name))
{
	DIR *open = opendir(folder);
	struct dirent *entry;

	if (!open)
		return false;
	while ((entry = readdir(open)))
		if (entry->d_name[0] != '.')
			each(entry->d_name);
	closedir(open);
	return true;
}

bool actor_where(char *folder, size_t size)
{
	return getcwd(folder, size) != NULL;
}

intptr_t actor_listen(const char *address, unsigned port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, address, &at.sin_addr);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 16)
		       ? -1
		       : listener;
}

intptr_t actor_accept(intptr_t listener)
{
	return accept((int)listener, NULL, NULL);
}

size_t actor_receive(intptr_t socket, char *bytes, size_t size)
{
	ssize_t len = recv((int)socket, bytes, size, 0);

	return len > 0 ? (size_t)len : 0;
}

void actor_send(intptr_t socket, const char *bytes, size_t len)
{
	while (len) {
		ssize_t sent = send((int)socket, bytes, len, 0);

		if (sent <= 0)
			return;
		bytes += sent;
		len -= (size_t)sent;
	}
}

void actor_close(intptr_t socket)
{
	close((int)socket);
}

static void *run_thread(void *payload)
{
	sigset_t all;

	/* Signals are the first thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	(*(void (**)(void))payload)();
	return NULL;
}

bool actor_thread(void (*run)(void))
{
	static void (*kept)(void);
	pthread_t thread;

	kept = run;
	return pthread_create(&thread, NULL, run_thread, &kept) == 0;
}
