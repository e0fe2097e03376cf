/* SPDX-License-Identifier: MIT */
#include "compose/cli/row.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/ntstatus.h"
#include "base/own.h"
#include "compose/plan/spec.h"
#include "compose/project/excerpt.h"

#define ID_LEN      12
#define COMMAND_LEN 20
#define MOUNT_LEN   15
#define ELLIPSIS    "\342\200\246"

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* At most max characters, the last one an ellipsis where it is cut. */
static char *shorten(const char *string, size_t max)
{
	size_t width = 0;
	size_t cut = 0; /* bytes of the first max - 1 characters */

	for (size_t i = 0; string[i]; i++) {
		if (continues(string[i]))
			continue;
		if (width == max - 1)
			cut = i;
		if (++width > max)
			return memory_format("%.*s" ELLIPSIS, (int)cut, string);
	}
	return memory_copy(string);
}

void row_span(int64_t nanoseconds, struct text *out)
{
	int64_t seconds = nanoseconds / (int64_t)CLOCK_SECOND;
	int64_t minutes = seconds / 60;
	int64_t hours = (seconds + 1800) / 3600;

	if (seconds < 1)
		text_add(out, "Less than a second");
	else if (seconds == 1)
		text_add(out, "1 second");
	else if (seconds < 60)
		text_printf(out, "%d seconds", (int)seconds);
	else if (minutes == 1)
		text_add(out, "About a minute");
	else if (minutes < 60)
		text_printf(out, "%d minutes", (int)minutes);
	else if (hours == 1)
		text_add(out, "About an hour");
	else if (hours < 48)
		text_printf(out, "%d hours", (int)hours);
	else if (hours < 24 * 7 * 2)
		text_printf(out, "%d days", (int)(hours / 24));
	else if (hours < 24 * 30 * 2)
		text_printf(out, "%d weeks", (int)(hours / 24 / 7));
	else if (hours < 24 * 365 * 2)
		text_printf(out, "%d months", (int)(hours / 24 / 30));
	else
		text_printf(out, "%d years", (int)(hours / 24 / 365));
}

/* Quoted as Go does, so that a command of several lines stays in its cell. */
void row_command(const char *command, bool whole, struct text *out)
{
	CLEANUP(memory_free)
	char *shown = whole ? memory_copy(command) : shorten(command, COMMAND_LEN);
	CLEANUP(text_drop) struct text quoted = {0};

	text_add_char(&quoted, '"');
	for (const char *c = shown; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_printf(&quoted, "\\%c", *c);
		else if (*c == '\n')
			text_add(&quoted, "\\n");
		else if (*c == '\t')
			text_add(&quoted, "\\t");
		else if (*c == '\r')
			text_add(&quoted, "\\r");
		else if ((unsigned char)*c < 0x20 || *c == 0x7f)
			text_printf(&quoted, "\\x%02x", (unsigned)*c);
		else
			text_add_char(&quoted, *c);
	}
	text_add_char(&quoted, '"');
	excerpt_add_safe(out, text_string(&quoted), quoted.len);
}

/* --- ports */

static int compare_ports(const void *left, const void *right)
{
	const struct container_port *a = left;
	const struct container_port *b = right;
	int order = (int)a->target - (int)b->target;

	if (!order)
		order = strcmp(a->ip ? a->ip : "", b->ip ? b->ip : "");
	if (!order)
		order = (int)a->published - (int)b->published;
	return order ? order : strcmp(a->protocol, b->protocol);
}

static struct container_port *sorted_ports(const struct container *container)
{
	size_t count = container->ports.len;
	struct container_port *ports = memory_zero(count + 1, sizeof(*ports));

	if (!count)
		return ports;
	memcpy(ports, container->ports.items, count * sizeof(*ports));
	qsort(ports, count, sizeof(*ports), compare_ports);
	return ports;
}

static void add_address(struct text *out, const char *ip)
{
	text_printf(out, strchr(ip, ':') ? "[%s]:" : "%s:", ip);
}

/* Neighbouring ports that look alike are one range. */
struct range {
	const char *ip; /* NULL: not published */
	const char *protocol;
	unsigned first, last;
};

static void add_comma(struct text *out)
{
	if (out->len)
		text_add(out, ", ");
}

static void add_range(struct text *out, const struct range *range)
{
	CLEANUP(text_drop) struct text numbers = {0};

	text_printf(&numbers, "%u", range->first);
	if (range->last != range->first)
		text_printf(&numbers, "-%u", range->last);
	add_comma(out);
	if (range->ip) {
		add_address(out, range->ip);
		text_printf(out, "%s->", numbers.data);
	}
	text_printf(out, "%s/%s", numbers.data, range->protocol);
}

/* Adds to the range that it goes on; a gap ends that one and begins it anew. */
static void collect(struct range *ranges, size_t *count, const struct container_port *port,
		    struct text *out)
{
	const char *ip = port->published ? port->ip : NULL;

	for (size_t i = 0; i < *count; i++) {
		struct range *range = &ranges[i];
		if (!text_same(range->ip, ip) || !text_same(range->protocol, port->protocol))
			continue;
		if (port->target == range->last + 1) {
			range->last = port->target;
			return;
		}
		add_range(out, range);
		range->first = range->last = port->target;
		return;
	}
	ranges[(*count)++] = (struct range){ip, port->protocol, port->target, port->target};
}

void row_ports(const struct container *container, struct text *out)
{
	CLEANUP(memory_free) struct container_port *ports = sorted_ports(container);
	CLEANUP(memory_free)
	struct range *ranges = memory_zero(container->ports.len + 1, sizeof(*ranges));
	CLEANUP(text_drop) struct text list = {0};
	CLEANUP(text_drop) struct text mapped = {0};
	size_t count = 0;

	for (size_t i = 0; i < container->ports.len; i++) {
		const struct container_port *port = &ports[i];
		if (!port->published || !port->ip || port->published == port->target) {
			collect(ranges, &count, port, &list);
			continue;
		}
		add_comma(&mapped);
		add_address(&mapped, port->ip);
		text_printf(&mapped, "%u->%u/%s", port->published, port->target, port->protocol);
	}
	for (size_t i = 0; i < count; i++)
		add_range(&list, &ranges[i]);
	if (mapped.len) {
		add_comma(&list);
		text_add(&list, mapped.data);
	}
	text_add(out, text_string(&list));
}

static cJSON *publishers(const struct container *container)
{
	CLEANUP(memory_free) struct container_port *ports = sorted_ports(container);

	if (!container->ports.len)
		return cJSON_CreateNull();
	cJSON *array = cJSON_CreateArray();
	for (size_t i = 0; i < container->ports.len; i++) {
		cJSON *port = cJSON_CreateObject();
		json_set_string(port, "URL", ports[i].ip ? ports[i].ip : "");
		json_set_int(port, "TargetPort", ports[i].target);
		json_set_int(port, "PublishedPort", ports[i].published);
		json_set_string(port, "Protocol", ports[i].protocol);
		cJSON_AddItemToArray(array, port);
	}
	return array;
}

/* --- the row */

static void set_text(cJSON *row, const char *key, struct text *text)
{
	json_set_string(row, key, text_string(text));
	text_clear(text);
}

static void add_lists(cJSON *row, const struct container *container, bool whole)
{
	CLEANUP(text_drop) struct text text = {0};
	int volumes = 0;

	for (size_t i = 0; i < container->labels.len; i++)
		text_printf(&text, "%s%s=%s", i ? "," : "", container->labels.items[i].key,
			    container->labels.items[i].value);
	set_text(row, "Labels", &text);
	ARRAY_FOR_EACH (const struct container_mount, mount, &container->mounts) {
		const char *name = mount->name ? mount->name : mount->source;
		CLEANUP(memory_free)
		char *shown = whole ? memory_copy(name) : shorten(name ? name : "", MOUNT_LEN);
		text_printf(&text, "%s%s", text.len ? "," : "", shown ? shown : "");
		volumes += text_same(mount->type, "volume");
	}
	set_text(row, "Mounts", &text);
	text_printf(&text, "%d", volumes);
	set_text(row, "LocalVolumes", &text);
	ARRAY_FOR_EACH (const struct container_network, network, &container->networks)
		text_printf(&text, "%s%s", text.len ? "," : "", network->name);
	set_text(row, "Networks", &text);
}

static void add_times(cJSON *row, const struct container *container, int64_t now)
{
	CLEANUP(text_drop) struct text text = {0};
	time_t seconds = (time_t)(container->created / (int64_t)CLOCK_SECOND);
	struct tm *local = localtime(&seconds);
	char written[64] = "";

	if (local)
		strftime(written, sizeof(written), "%Y-%m-%d %H:%M:%S %z %Z", local);
	json_set_string(row, "CreatedAt", written);
	row_span(now - container->created, &text);
	text_add(&text, " ago");
	set_text(row, "RunningFor", &text);
}

/* Only Windows containers that we made have it. */
static void add_isolation(cJSON *row, const struct labels *labels)
{
	const char *isolation = labels_get(labels, LABEL_ISOLATION);
	const char *reason = labels_get(labels, LABEL_ISOLATION_REASON);

	if (!isolation)
		return;
	json_set_string(row, "Isolation", isolation);
	json_set_string(row, "IsolationReason", reason ? reason : "");
}

cJSON *row_container(const struct container *container, int64_t now, bool whole)
{
	const struct labels *labels = &container->labels;
	const char *project = labels_get(labels, "com.docker.compose.project");
	const char *service = labels_get(labels, "com.docker.compose.service");
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(memory_free) char *id = memory_format("%.*s", whole ? 64 : ID_LEN, container->id);
	cJSON *row = cJSON_CreateObject();

	row_command(container->command ? container->command : "", whole, &text);
	set_text(row, "Command", &text);
	add_times(row, container, now);
	json_set_int(row, "ExitCode", ntstatus_code(container->exit_code));
	json_set_string(row, "Health", container_health_name(container->health));
	json_set_string(row, "ID", id);
	json_set_string(row, "Image", container->image);
	add_isolation(row, labels);
	add_lists(row, container, whole);
	json_set_string(row, "Name", container->name);
	json_set_string(row, "Names", container->name);
	row_ports(container, &text);
	set_text(row, "Ports", &text);
	json_set_string(row, "Project", project ? project : "");
	cJSON_AddItemToObject(row, "Publishers", publishers(container));
	json_set_string(row, "Service", service ? service : "");
	json_set_string(row, "Size", "0B");
	json_set_string(row, "State", container_state_name(container->state));
	json_set_string(row, "Status", container->status ? container->status : "");
	return row;
}
