/* SPDX-License-Identifier: MIT */
#include "compose/project/advice.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/project/diagnostic.h"
#include "compose/project/node.h"
#include "compose/project/schema.h"
#include "compose/project/trail.h"

/* --- keys */

/* What an attribute is called in older files, in other programs or by those who guess. */
static const struct {
	const char *what, *wrong, *right;
} names[] = {
	{"a service", "net", "network_mode"},
	{"a service", "mem", "mem_limit"},
	{"a service", "memory", "mem_limit"},
	{"a service", "cpu", "cpus"},
	{"a service", "memswap", "memswap_limit"},
	{"a service", "env", "environment"},
	{"a service", "cmd", "command"},
	{"a service", "name", "container_name"},
	{"a service", "workdir", "working_dir"},
	{"a service", "host", "hostname"},
	{"a service", "mounts", "volumes"},
	{"a service", "replicas", "deploy: {replicas: }"},
	{"a service", "log_driver", "logging: {driver: }"},
	{"a service", "log_opt", "logging: {options: }"},
	{"a service", "volume_driver",
	 "driver of a volume at the top: volumes: {NAME: {driver: }}"},
	{"a healthcheck", "command", "test"},
	{"a healthcheck", "cmd", "test"},
	{"a healthcheck", "retry", "retries"},
	{"a healthcheck", "period", "interval"},
	{"a service's network", "ip", "ipv4_address"},
	{"a service's network", "ipv4", "ipv4_address"},
	{"a service's network", "ipv6", "ipv6_address"},
	{"a service's network", "alias", "aliases"},
	{"a mount", "src", "source"},
	{"a mount", "dst", "target"},
	{"a mount", "destination", "target"},
	{"a mount", "ro", "read_only"},
	{"a mount", "readonly", "read_only"},
	{"a port", "container", "target"},
	{"a port", "container_port", "target"},
	{"a port", "port", "target"},
	{"a port", "host", "published"},
	{"a port", "host_port", "published"},
	{"build", "file", "dockerfile"},
	{"build", "path", "context"},
	{"build", "platform", "platforms"},
	{"build", "image", "image of the service, beside build"},
	{"the limits", "mem", "memory"},
	{"the limits", "mem_limit", "memory"},
	{"the limits", "cpu", "cpus"},
	{"the reservations", "mem", "memory"},
	{"the reservations", "cpu", "cpus"},
	{"the restart policy", "max_retries", "max_attempts"},
	{"a Compose file", "service", "services"},
};

static const char *name_of(const struct schema *schema, const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].what, schema->what) == 0 && strcmp(names[i].wrong, key) == 0)
			return names[i].right;
	return NULL;
}

/* The attribute of an object below that has this name: build for dockerfile. */
static const struct row *holder_of(const struct schema *schema, const char *key)
{
	for (size_t i = 0; i < schema->len; i++)
		if (schema->rows[i].shape == SHAPE_OBJECT && schema_row(schema->rows[i].of, key))
			return &schema->rows[i];
	return NULL;
}

static bool looks_like_service(const struct node *value)
{
	return node_get(value, "image") || node_get(value, "build");
}

/* At the top: what is indented too little. Gives whether there was something to say. */
static bool advise_top(struct diagnostic *diagnostic, const struct node_entry *entry)
{
	if (looks_like_service(entry->value))
		diagnostic_hint(diagnostic, "a service stands below services:, indented");
	else if (schema_row(&schema_service, entry->key))
		diagnostic_hint(diagnostic,
				"it is an attribute of a service: is it indented below one?");
	else
		return false;
	return true;
}

/* volumes: that is indented is taken for a service of that name. */
static bool advise_section(struct diagnostic *diagnostic, const struct trail *trail)
{
	const struct trail *service = trail->up;
	const struct row *row = service && service->key && service->up && service->up->key &&
						strcmp(service->up->key, "services") == 0
					? schema_row(&schema_project, service->key)
					: NULL;

	if (!row || row->shape != SHAPE_MAP)
		return false;
	diagnostic_hint(
		diagnostic,
		"is %s: indented too far? It is taken for a service of that name; at the top it "
		"begins in column 1",
		service->key);
	return true;
}

void advise_key(struct diagnostic *diagnostic, const struct schema *schema,
		const struct node_entry *entry, const struct trail *trail)
{
	const char *right = name_of(schema, entry->key);
	const struct row *holder = holder_of(schema, entry->key);

	if (schema == &schema_service && advise_section(diagnostic, trail))
		return;
	if (right) {
		diagnostic_hint(diagnostic,
				strchr(right, ' ') ? "it is called %s" : "did you mean \"%s\"?",
				right);
		return;
	}
	if (schema == &schema_project && advise_top(diagnostic, entry))
		return;
	if (holder) {
		diagnostic_hint(diagnostic, "it is an attribute of %s: %s: {%s: }", holder->name,
				holder->name, entry->key);
		return;
	}
	/* x-wincompose at the top has no attributes yet. */
	if (schema->len == 0) {
		diagnostic_hint(diagnostic,
				"it stands on a service: services: {NAME: {%s: {%s: }}}",
				trail->up && trail->up->key ? trail->up->key : "", entry->key);
		return;
	}
	const char *near = schema_nearest(schema, entry->key);
	if (near)
		diagnostic_hint(diagnostic, "did you mean \"%s\"?", near);
	else if (!schema->closed)
		diagnostic_hint(diagnostic, "what begins with x- is ignored and may hold anything");
}

/* --- kinds of values */

/* How the form that is wanted is written. */
static const char *form_of(const char *wanted)
{
	static const struct {
		const char *end, *hint;
	} forms[] = {
		{"a list of KEY=VALUE", "KEY: VALUE, one below the other, or each as - KEY=VALUE"},
		{"a list of host=address", "HOST: ADDRESS, one below the other"},
		{"a list of names", "- NAME, one below the other"},
		{"a list of strings", "one string, or each word behind a dash: - WORD"},
		{"a list", "each behind a dash, one below the other: - VALUE"},
		{"a mapping", "each with its name and a colon, one below the other: NAME: VALUE"},
		{"an amount of memory", "a number of bytes or one with a unit: 512m, 1.5g, 64kb"},
		{"true or false", "without quotes or brackets"},
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (text_ends(wanted, forms[i].end))
			return forms[i].hint;
	return NULL;
}

static bool is_blankless_dash(const char *text)
{
	return text[0] == '-' && text[1] && !strchr(" \t\n", text[1]);
}

/* An item of a list that is KEY: VALUE. */
static void advise_item(struct diagnostic *diagnostic, const struct node *in,
			const struct trail *trail, const char *wanted)
{
	const struct node_entry *first = in->mapping.len > 0 ? in->mapping.entries : NULL;
	const char *key = first ? first->key : "KEY";
	const char *value = first ? node_text(first->value) : NULL;
	bool named =
		trail->up && trail->up->key &&
		(strcmp(trail->up->key, "depends_on") == 0 ||
		 strcmp(trail->up->key, "networks") == 0 || strcmp(trail->up->key, "models") == 0);

	if (text_ends(wanted, "KEY=VALUE"))
		diagnostic_hint(diagnostic, "write - %s=%s, or all of them without dashes: %s: %s",
				key, value ? value : "", key, value ? value : "");
	else if (text_ends(wanted, "host=address"))
		diagnostic_hint(diagnostic, "write - %s=%s, or all of them without dashes", key,
				value ? value : "");
	else if (named)
		diagnostic_hint(
			diagnostic,
			"what has more to it than its name is written without dashes, and so are "
			"the others then: %s:",
			key);
	else
		diagnostic_hint(diagnostic, "a text with a colon and a blank in it needs quotes");
}

/* Where quotes, brackets or a dash are missing or too many. Gives whether it was that. */
static bool advise_scalar(struct diagnostic *diagnostic, const struct node *in,
			  const struct trail *trail, const char *wanted)
{
	bool list = strcmp(wanted, "a list") == 0 || text_ends(wanted, "a list of names");

	if (in->kind == NODE_NULL)
		diagnostic_hint(diagnostic, "give it a value, or remove the line");
	else if (in->kind == NODE_STRING && list && is_blankless_dash(in->text))
		diagnostic_hint(diagnostic, "a blank is missing behind the dash: - VALUE");
	else if (in->kind < NODE_SEQUENCE && list)
		diagnostic_hint(diagnostic, "a list of one: [%s]", in->text);
	else if (in->kind == NODE_BOOL && trail->key && strcmp(trail->key, "restart") == 0)
		diagnostic_hint(diagnostic,
				"\"no\" in quotes, always, unless-stopped or on-failure");
	else if (in->kind < NODE_STRING && text_starts(wanted, "a string"))
		diagnostic_hint(diagnostic, "quotes make it one: \"%s\"", in->text);
	else
		return false;
	return true;
}

void advise_kind(struct diagnostic *diagnostic, const struct node *in, const struct trail *trail,
		 const char *wanted)
{
	if (!trail)
		diagnostic_hint(diagnostic, "it begins with services:");
	else if (advise_scalar(diagnostic, in, trail, wanted))
		return;
	else if (in->kind == NODE_MAPPING && !trail->key && text_starts(wanted, "a string"))
		advise_item(diagnostic, in, trail, wanted);
	else if (in->kind == NODE_SEQUENCE && strcmp(wanted, "a string") == 0)
		diagnostic_hint(diagnostic, "one value, without brackets or dashes");
	else if (form_of(wanted))
		diagnostic_hint(diagnostic, "%s", form_of(wanted));
}

/* A text where a mapping is wanted: mostly a blank is missing. */
static bool advise_text(struct diagnostic *diagnostic, const struct node *in)
{
	const char *colon = in->kind == NODE_STRING ? strchr(in->text, ':') : NULL;

	if (in->kind == NODE_STRING && text_starts(in->text, "<<"))
		diagnostic_hint(diagnostic, "to merge: <<: *NAME");
	else if (colon && colon > in->text && colon[1] && colon[1] != '/' &&
		 strcspn(in->text, " \t") > (size_t)(colon - in->text))
		diagnostic_hint(diagnostic, "a blank is missing behind the colon: %.*s: %s",
				(int)(colon - in->text), in->text, colon + 1);
	else
		return false;
	return true;
}

void advise_object(struct diagnostic *diagnostic, const struct schema *schema,
		   const struct node *in, const struct trail *trail)
{
	enum { NAMED = 5 };
	CLEANUP(text_drop) struct text known = {0};

	for (size_t i = 0; i < schema->len && i < NAMED; i++)
		text_printf(&known, "%s%s", i > 0 ? ", " : "", schema->rows[i].name);
	if (schema->len > NAMED)
		text_add(&known, ", ...");
	if (in->kind == NODE_NULL)
		diagnostic_hint(diagnostic, "give it a value, or remove the line");
	else if (advise_text(diagnostic, in))
		return;
	else if (in->kind == NODE_SEQUENCE && in->sequence.len > 0 &&
		 in->sequence.items[0]->kind == NODE_MAPPING)
		diagnostic_hint(diagnostic, "without the dashes");
	else if (schema == &schema_service && schema_row(&schema_service, trail->key))
		diagnostic_hint(diagnostic,
				"%s is an attribute of a service: is it indented too little?",
				trail->key);
	else if (schema == &schema_service)
		diagnostic_hint(diagnostic,
				"what it is, below its name: image:, build:, ports:, ...");
	else if (known.len > 0)
		diagnostic_hint(diagnostic, "it may have %s below it, each with a colon",
				text_string(&known));
}

void advise_names(struct diagnostic *diagnostic, const struct schema *schema, const struct node *in)
{
	const struct node *first =
		in->kind == NODE_SEQUENCE && in->sequence.len > 0 ? in->sequence.items[0] : NULL;
	const char *name = node_text(first);

	if (first && first->kind == NODE_MAPPING && first->mapping.len > 0)
		name = first->mapping.entries[0].key;
	if (in->kind == NODE_NULL)
		diagnostic_hint(diagnostic, "give it a value, or remove the line");
	else if (name)
		diagnostic_hint(diagnostic, "each with a colon and without a dash: %s:", name);
	else if (!advise_text(diagnostic, in))
		diagnostic_hint(diagnostic,
				"the name of %s and a colon, for each: NAME:", schema->what);
}

/* --- texts */

void advise_duration(struct diagnostic *diagnostic, const char *text)
{
	static const char units[] = "numbers with units: 90s, 1m30s, 500ms, 1h";
	size_t digits = strspn(text, "0123456789.");
	size_t blanks = strspn(text + digits, " ");

	if (digits > 0 && !text[digits])
		diagnostic_hint(diagnostic, "with its unit: %ss; %s", text, units);
	else if (digits > 0 && blanks > 0)
		diagnostic_hint(diagnostic, "%s; no blank between them", units);
	else
		diagnostic_hint(diagnostic, "%s", units);
}

void advise_number(struct diagnostic *diagnostic, const char *text)
{
	if (*text && strspn(text, "0123456789,") == strlen(text) && strchr(text, ','))
		diagnostic_hint(diagnostic, "with a point: 0.5");
	else
		diagnostic_hint(diagnostic, "a number such as 2 or 0.5");
}
