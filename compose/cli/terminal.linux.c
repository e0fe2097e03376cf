/* SPDX-License-Identifier: MIT */
#include "compose/cli/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

const int terminal_interrupts[TERMINAL_INTERRUPTS] = {SIGINT, SIGTERM};

void terminal_prepare(void)
{
	signal(SIGPIPE, SIG_IGN);
	/* Whoever started us with a standard handle closed would have a socket of ours get its
	 * number, and libuv refuses to close one of those. */
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return;
	}
}

/* The mode of the input is that of the output, and the inlet's. */
void terminal_raw(int descriptor)
{
	(void)descriptor;
}

void terminal_cooked(int descriptor)
{
	(void)descriptor;
}

void terminal_size(int descriptor, unsigned *width, unsigned *height)
{
	struct winsize size = {0};
	bool known = ioctl(descriptor, TIOCGWINSZ, &size) == 0;

	*width = known && size.ws_col ? size.ws_col : 80;
	*height = known && size.ws_row ? size.ws_row : 24;
}

/* The first of the three that is set decides, as for setlocale. */
bool terminal_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

bool terminal_moves(void)
{
	const char *kind = getenv("TERM");

	return kind && *kind && strcmp(kind, "dumb") != 0;
}
