/* SPDX-License-Identifier: MIT */
#include "compose/cli/board.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/project/excerpt.h"

#define BAR_WIDTH 20

/* A thing of which something was told: a container, a network, an image, or a layer of one. */
struct thing {
	char *id;
	struct thing *parent; /* of a layer */
	enum progress_status status;
	char *text;
	char *details;
	uint64_t loaded; /* bytes */
	uint64_t total;
	int64_t percent;
	uint64_t began; /* monotonic ns */
	uint64_t ended; /* 0: under way */
};

struct board {
	char *title;
	uint64_t began;
	ARRAY(struct thing *) things; /* without layers, in the order they were told */
	ARRAY(struct thing *) layers;
	struct map known; /* both, by parent and id */
};

enum colour { DIM, RED, GREEN, YELLOW, BLUE, PLAIN };

static const char *const colours[] = {
	[DIM] = "\033[2m",     [RED] = "\033[31m",  [GREEN] = "\033[32m",
	[YELLOW] = "\033[33m", [BLUE] = "\033[34m", [PLAIN] = "",
};

static const struct {
	const char *mark;  /* UTF-8 */
	const char *plain; /* ASCII */
	enum colour colour;
} looks[] = {
	[PROGRESS_WORKING] = {"-", "-", BLUE},
	[PROGRESS_DONE] = {"\342\234\224", "*", GREEN},
	[PROGRESS_WARNING] = {"!", "!", YELLOW},
	[PROGRESS_ERROR] = {"\342\234\230", "x", RED},
};

static const char *const turning[] = {
	"\342\240\213", "\342\240\231", "\342\240\271", "\342\240\270", "\342\240\274",
	"\342\240\264", "\342\240\246", "\342\240\247", "\342\240\207", "\342\240\217",
};
static const char *const turning_plain[] = {"|", "/", "-", "\\"};

struct board *board_new(const char *title, uint64_t now)
{
	struct board *board = memory_zero(1, sizeof(*board));

	board->title = memory_copy(title);
	board->began = now;
	return board;
}

static void thing_drop(void *value)
{
	struct thing *thing = value;

	free(thing->id);
	free(thing->text);
	free(thing->details);
	free(thing);
}

void board_drop(struct board **board)
{
	if (!*board)
		return;
	map_drop_with(&(*board)->known, thing_drop);
	array_drop(&(*board)->things);
	array_drop(&(*board)->layers);
	free((*board)->title);
	memory_free(board);
}

/* --- text that others wrote */

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t width_of(const char *string)
{
	size_t width = 0;

	for (; *string; string++)
		width += !continues(*string);
	return width;
}

/* The end of an escape sequence that begins at string. */
static const char *skip_escape(const char *string)
{
	string++;
	if (*string != '[')
		return *string ? string + 1 : string;
	string++;
	while (*string && !(*string >= '@' && *string <= '~'))
		string++;
	return *string ? string + 1 : string;
}

/* Without control characters and escape sequences; gives how many characters were added, at most
 * max. */
static size_t add_clean(struct text *out, const char *string, size_t max)
{
	CLEANUP(text_drop) struct text plain = {0};
	CLEANUP(text_drop) struct text safe = {0};
	size_t width = 0;

	while (*string) {
		const unsigned char *bytes = (const unsigned char *)string;

		if (*string == '\033') {
			string = skip_escape(string);
			continue;
		}
		/* C1 controls are U+0080 to U+009F. */
		if (bytes[0] == 0xc2 && bytes[1] >= 0x80 && bytes[1] < 0xa0) {
			string += 2;
			continue;
		}
		char c = *string++;
		if (c == '\t')
			c = ' ';
		if ((unsigned char)c >= 0x20 && c != 0x7f)
			text_add_char(&plain, c);
	}
	excerpt_add_safe(&safe, text_string(&plain), plain.len);
	for (const char *c = text_string(&safe); *c; c++) {
		if (!continues(*c) && ++width > max)
			return max;
		text_add_char(out, *c);
	}
	return width;
}

/* The same, with an ellipsis where it is cut. */
static size_t add_cut(struct text *out, const char *string, size_t max, bool utf8)
{
	CLEANUP(text_drop) struct text clean = {0};
	const char *ellipsis = utf8 ? "\342\200\246" : "...";
	size_t room = width_of(ellipsis);

	if (max == 0)
		return 0;
	size_t width = add_clean(&clean, string, max + 1);
	if (width <= max) {
		text_add(out, text_string(&clean));
		return width;
	}
	if (max < room)
		return add_clean(out, string, max);
	width = add_clean(out, string, max - room);
	text_add(out, ellipsis);
	return width + room;
}

static void add_padded(struct text *out, const char *string, size_t width, bool utf8)
{
	text_add_repeat(out, ' ', width - add_cut(out, string, width, utf8));
}

/* --- what is told */

static bool replace(char **at, const char *value)
{
	if (text_same(*at, value))
		return false;
	free(*at);
	*at = memory_copy(value);
	return true;
}

static struct thing *find(struct board *board, const char *parent, const char *id, uint64_t now)
{
	CLEANUP(memory_free)
	char *key = parent ? memory_format("%s\n%s", parent, id) : memory_copy(id);
	struct thing *thing = map_get(&board->known, key);

	if (thing)
		return thing;
	thing = memory_zero(1, sizeof(*thing));
	thing->id = memory_copy(id);
	thing->began = now;
	thing->percent = -1;
	map_set(&board->known, key, thing);
	if (parent) {
		thing->parent = find(board, NULL, parent, now);
		array_push(&board->layers, thing);
	} else {
		array_push(&board->things, thing);
	}
	return thing;
}

bool board_tell(struct board *board, const struct progress *progress, uint64_t now)
{
	struct thing *thing = find(board, progress->parent, progress->id, now);
	bool changed = thing->status != progress->status;

	thing->status = progress->status;
	changed |= replace(&thing->text, progress->text);
	changed |= replace(&thing->details, progress->details);
	thing->percent = progress->percent;
	/* An image's layer is counted by what was loaded of it; unpacking begins at zero again. */
	if (text_same(progress->text, "Downloading") || !progress->parent) {
		thing->loaded = progress->current;
		thing->total = progress->total;
	} else if (progress->status != PROGRESS_WORKING ||
		   text_same(progress->text, "Extracting")) {
		if (!thing->total)
			thing->total = progress->total;
		thing->loaded = thing->total;
	}
	thing->ended = progress->status == PROGRESS_WORKING ? 0 : now;
	return changed && (!progress->parent || progress->status == PROGRESS_ERROR);
}

bool board_busy(const struct board *board)
{
	ARRAY_FOR_EACH (struct thing *, thing, &board->things) {
		if (!(*thing)->ended)
			return true;
	}
	return false;
}

/* --- the lines */

struct render {
	const struct board *board;
	const struct board_view *view;
	struct text *out;
	size_t id_width, text_width; /* columns */
};

static void add_colour(struct render *render, enum colour colour)
{
	if (render->view->colour)
		text_add(render->out, colours[colour]);
}

static void end_colour(struct render *render)
{
	if (render->view->colour)
		text_add(render->out, "\033[0m");
}

void board_bytes(struct text *out, uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double amount = (double)bytes;
	size_t unit = 0;

	while (amount >= 999.5 && unit + 1 < ARRAY_LEN(units)) {
		amount /= 1000;
		unit++;
	}
	text_printf(out, "%.*f%s", unit && amount < 99.95 ? 1 : 0, amount, units[unit]);
}

static void add_bar(struct text *out, uint64_t loaded, uint64_t total)
{
	double part = loaded < total ? (double)loaded / (double)total : 1.0;
	size_t filled = (size_t)(part * BAR_WIDTH);

	text_add_char(out, '[');
	text_add_repeat(out, '=', filled);
	if (filled < BAR_WIDTH) {
		text_add_char(out, '>');
		text_add_repeat(out, ' ', BAR_WIDTH - filled - 1);
	}
	text_add_char(out, ']');
}

/* A bar and how much of it: of the thing itself or of all its layers. */
static void add_amount(const struct board *board, const struct thing *thing, struct text *out)
{
	uint64_t loaded = thing->loaded;
	uint64_t total = thing->total;

	ARRAY_FOR_EACH (struct thing *, layer, &board->layers) {
		if ((*layer)->parent != thing)
			continue;
		loaded += (*layer)->loaded;
		total += (*layer)->total;
	}
	if (total) {
		add_bar(out, loaded, total);
		text_add_char(out, ' ');
		board_bytes(out, loaded);
		text_add_char(out, '/');
		board_bytes(out, total);
	} else if (thing->percent >= 0) {
		add_bar(out, (uint64_t)thing->percent, 100);
		text_printf(out, " %d%%", (int)thing->percent);
	}
}

static const char *mark_of(const struct render *render, const struct thing *thing)
{
	const struct board_view *view = render->view;
	uint64_t tenth = (view->now - render->board->began) / (100 * CLOCK_MS);

	if (thing->status != PROGRESS_WORKING || view->last)
		return view->utf8 ? looks[thing->status].mark : looks[thing->status].plain;
	return view->utf8 ? turning[tenth % ARRAY_LEN(turning)]
			  : turning_plain[tenth % ARRAY_LEN(turning_plain)];
}

static void add_thing(struct render *render, const struct thing *thing)
{
	const struct board_view *view = render->view;
	CLEANUP(text_drop) struct text rest = {0};
	uint64_t until = thing->ended ? thing->ended : view->now;
	size_t used = 3 + render->id_width + 2 + render->text_width + 1 + 8;

	text_add_char(render->out, ' ');
	add_colour(render, looks[thing->status].colour);
	text_add(render->out, mark_of(render, thing));
	end_colour(render);
	text_add_char(render->out, ' ');
	add_padded(render->out, thing->id, render->id_width, view->utf8);
	text_add(render->out, "  ");
	add_colour(render, looks[thing->status].colour);
	add_padded(render->out, thing->text ? thing->text : "", render->text_width, view->utf8);
	end_colour(render);
	text_printf(render->out, " %7.1fs", (double)(until - thing->began) / (double)CLOCK_SECOND);
	if (!thing->ended)
		add_amount(render->board, thing, &rest);
	if (thing->details && (!thing->ended || thing->status != PROGRESS_DONE))
		text_printf(&rest, "%s%s", rest.len ? "  " : "", thing->details);
	if (rest.len && used + 3 < view->width) {
		text_add(render->out, "  ");
		add_colour(render, thing->status == PROGRESS_ERROR ? RED : DIM);
		add_cut(render->out, text_string(&rest), view->width - used - 3, view->utf8);
		end_colour(render);
	}
	text_add_char(render->out, '\n');
}

static void measure(struct render *render)
{
	size_t width = render->view->width;

	ARRAY_FOR_EACH (struct thing *, thing, &render->board->things) {
		size_t id = width_of((*thing)->id);
		size_t text = (*thing)->text ? width_of((*thing)->text) : 0;

		render->id_width = id > render->id_width ? id : render->id_width;
		render->text_width = text > render->text_width ? text : render->text_width;
	}
	/* Mark, gaps and time need 15. */
	size_t room = width > 25 ? width - 15 : 10;
	if (render->text_width > room / 3)
		render->text_width = room / 3;
	if (render->id_width > room - render->text_width)
		render->id_width = room - render->text_width;
}

/* Marks the room things that matter most: what failed, what is under way, what was told last. */
static void choose(const struct board *board, bool *shown, size_t room)
{
	static const enum progress_status order[] = {PROGRESS_ERROR, PROGRESS_WORKING,
						     PROGRESS_WARNING, PROGRESS_DONE};

	for (size_t k = 0; k < ARRAY_LEN(order); k++) {
		for (size_t i = 0; i < board->things.len && room; i++) {
			if (board->things.items[i]->status != order[k])
				continue;
			shown[i] = true;
			room--;
		}
	}
}

size_t board_render(const struct board *board, const struct board_view *view, struct text *out)
{
	struct render render = {.board = board, .view = view, .out = out};
	size_t count = board->things.len;
	size_t room = view->height > 4 ? view->height - 2 : 2;
	size_t done = 0;
	size_t hidden[PROGRESS_ERROR + 1] = {0};
	bool folds = !view->last && count > room;

	if (!count)
		return 0;
	CLEANUP(memory_free) bool *shown = memory_zero(count, sizeof(*shown));
	choose(board, shown, folds ? room - 1 : count);
	measure(&render);
	ARRAY_FOR_EACH (struct thing *, thing, &board->things)
		done += (*thing)->status != PROGRESS_WORKING && (*thing)->status != PROGRESS_ERROR;
	text_printf(out, "[+] %s %zu/%zu\n", board->title, done, count);
	for (size_t i = 0; i < count; i++) {
		if (shown[i])
			add_thing(&render, board->things.items[i]);
		else
			hidden[board->things.items[i]->status]++;
	}
	if (!folds)
		return 1 + count;
	size_t working = hidden[PROGRESS_WORKING];
	text_printf(out, "   %s %zu more: %zu done, %zu under way\n",
		    view->utf8 ? "\342\200\246" : "...", count - (room - 1),
		    count - (room - 1) - working, working);
	return 1 + room;
}

void board_line(const struct progress *progress, bool colour, struct text *out)
{
	enum colour of = looks[progress->status].colour;
	bool tinted = colour && progress->status >= PROGRESS_WARNING;

	text_add_char(out, ' ');
	add_clean(out, progress->id, SIZE_MAX);
	text_add(out, "  ");
	if (tinted)
		text_add(out, colours[of]);
	add_clean(out, progress->text ? progress->text : "", SIZE_MAX);
	if (tinted)
		text_add(out, "\033[0m");
	if (progress->details && progress->status != PROGRESS_DONE) {
		text_add(out, "  ");
		add_clean(out, progress->details, SIZE_MAX);
	}
	text_add_char(out, '\n');
}
