/* SPDX-License-Identifier: MIT */
/* The one way to the user: results to stdout, everything else to stderr. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/board.h"
#include "compose/cli/cli.h"
#include "compose/cli/display.h"
#include "compose/project/excerpt.h"

#define PIPE_CLOSED 141 /* 128 + SIGPIPE */

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define BOLD   "\033[1m"
#define RESET  "\033[0m"

/* What a file, an engine or a name says does not move the cursor. */
static char *made_safe(const char *bytes, size_t len)
{
	struct text safe = {0};

	excerpt_add_safe(&safe, bytes, len);
	return text_steal(&safe);
}

static void line(struct cli *cli, const char *colour, const char *word, const char *message)
{
	CLEANUP(memory_free) char *safe = made_safe(message, strlen(message));

	if (cli->display)
		display_pause(cli->display);
	fprintf(stderr, "%s%s%s%s\n", cli->colour_err ? colour : "", word,
		cli->colour_err ? RESET : "", safe);
	if (cli->display)
		display_resume(cli->display);
}

/* In JSON mode whatever is told is an object on a line of its own. */
static void json_line(const char *key, const char *message, const char *detail)
{
	CLEANUP(json_drop) cJSON *json = cJSON_CreateObject();

	json_set_bool(json, key, true);
	json_set_string(json, "message", message);
	json_set_string(json, "detail", detail);
	CLEANUP(memory_free) char *printed = json_print(json);
	fprintf(stderr, "%s\n", printed);
}

void cli_warn(struct cli *cli, const char *format, ...)
{
	CLEANUP(text_drop) struct text message = {0};
	va_list args;

	va_start(args, format);
	text_vprintf(&message, format, args);
	va_end(args);
	if (cli->mode == CLI_JSON)
		json_line("warning", text_string(&message), NULL);
	else
		line(cli, YELLOW, "warning: ", text_string(&message));
}

void cli_note(struct cli *cli, const char *format, ...)
{
	CLEANUP(text_drop) struct text message = {0};
	va_list args;

	if (cli->mode == CLI_QUIET)
		return;
	va_start(args, format);
	text_vprintf(&message, format, args);
	va_end(args);
	if (cli->mode == CLI_JSON)
		json_line("note", text_string(&message), NULL);
	else
		line(cli, "", "", text_string(&message));
}

static void show_progress(const struct progress *progress, void *payload)
{
	struct cli *cli = payload;
	CLEANUP(text_drop) struct text news = {0};

	if (cli->mode == CLI_QUIET || cli->mode == CLI_JSON)
		return;
	board_line(progress, cli->colour_err, &news);
	fputs(text_string(&news), stderr);
}

static void warn(const char *sentence, void *payload)
{
	cli_warn(payload, "%s", sentence);
}

const struct progress_sink *cli_sink(struct cli *cli)
{
	cli->sink = (struct progress_sink){show_progress, warn, cli};
	return &cli->sink;
}

void cli_error(struct cli *cli, const struct error *err)
{
	if (err->code == ERROR_CANCELLED && err->exit_code == PIPE_CLOSED)
		return;
	if (cli->mode == CLI_JSON) {
		json_line("error", err->message, err->detail);
		return;
	}
	/* A finding in a file says where it is, as compilers do, and needs no word before it. */
	const char *finding = err->code == ERROR_INVALID ? strstr(err->message, ": error: ") : NULL;
	if (finding && cli->colour_err) {
		CLEANUP(memory_free)
		char *where = made_safe(err->message, (size_t)(finding - err->message));
		CLEANUP(memory_free) char *word = memory_format("%s: " RED "error:", where);
		line(cli, BOLD, word, finding + strlen(": error:"));
	} else {
		bool is_told = finding || strncmp(err->message, "error: ", 7) == 0;
		line(cli, RED, is_told ? "" : "error: ", err->message);
	}
	if (err->detail)
		fprintf(stderr, "%s%s", err->detail, text_ends(err->detail, "\n") ? "" : "\n");
}

int cli_write_error(struct error **err, int number)
{
	if (number != EPIPE)
		return error_errno(err, number, "the result could not be written");
	error_set(err, ERROR_CANCELLED, "nobody reads the result any more");
	(*err)->exit_code = PIPE_CLOSED;
	return ERROR_CANCELLED;
}

int cli_print(struct cli *cli, const char *bytes, size_t len, struct error **err)
{
	(void)cli;
	if (len && fwrite(bytes, 1, len, stdout) != len)
		return cli_write_error(err, errno);
	if (fflush(stdout) != 0)
		return cli_write_error(err, errno);
	return 0;
}

int cli_exit_code(const struct error *err)
{
	static const int codes[] = {
		[-ERROR_INVALID] = 1,     [-ERROR_NOT_FOUND] = 1,   [-ERROR_CONFLICT] = 1,
		[-ERROR_UNAVAILABLE] = 1, [-ERROR_UNSUPPORTED] = 1, [-ERROR_CANCELLED] = 130,
		[-ERROR_TIMEOUT] = 1,     [-ERROR_SYSTEM] = 1,
	};

	return err->exit_code ? err->exit_code : codes[-err->code];
}

bool cli_confirm(struct cli *cli, const char *question)
{
	char answer[16] = "";

	(void)cli;
	if (uv_guess_handle(0) != UV_TTY)
		return false;
	fprintf(stderr, "%s [y/N] ", question);
	fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return answer[0] == 'y' || answer[0] == 'Y';
}
