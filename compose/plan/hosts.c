/* SPDX-License-Identifier: MIT */
#include "compose/plan/hosts.h"

#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/plan/finding.h"

#define HOSTS_FILE "C:\\Windows\\System32\\drivers\\etc\\hosts"
#define ADMIN      "ContainerAdministrator"
#define SCRIPT_MAX 6000 /* cmd takes lines of 8191 */
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
#define ADDR_CHARS "0123456789abcdefABCDEF.:"

struct entry {
	const char *name, *address;
	size_t name_len, address_len;
};

static struct entry entry_of(const char *line)
{
	const char *colon = strchr(line, ':');
	struct entry entry = {.name = line, .name_len = colon ? (size_t)(colon - line) : 0};
	const char *address = colon ? colon + 1 : "";
	size_t len = strlen(address);
	bool bracketed = len > 1 && address[0] == '[' && address[len - 1] == ']';
	entry.address = bracketed ? address + 1 : address;
	entry.address_len = bracketed ? len - 2 : len;
	return entry;
}

const char *hosts_check(const char *line)
{
	struct entry entry = entry_of(line);
	if (text_same(entry.address, "host-gateway"))
		return "Windows does not know the address of host-gateway";
	if (!entry.name_len || strspn(entry.name, NAME_CHARS) < entry.name_len)
		return "a name in the hosts file has letters, digits, dots and hyphens alone";
	if (!entry.address_len || strspn(entry.address, ADDR_CHARS) < entry.address_len)
		return "an address in the hosts file is one of IPv4 or IPv6";
	return NULL;
}

/* Without quotes, which the engine would escape in a way that cmd does not know: in findstr's
 * pattern a dot stands for the blank. The file may end without a newline. */
static void add_entry(struct text *script, const char *line)
{
	struct entry entry = entry_of(line);
	int name = (int)entry.name_len, address = (int)entry.address_len;
	text_printf(script,
		    "%sfindstr /X %.*s.%.*s " HOSTS_FILE
		    " >nul 2>nul || (echo.&echo %.*s %.*s)>>" HOSTS_FILE,
		    script->len ? " & " : "", address, entry.address, name, entry.name, address,
		    entry.address, name, entry.name);
}

static const struct hook *hook_of(struct plan *plan, const struct service *service,
				  const char *script)
{
	struct arena *arena = &plan->arena;
	struct hook *hook = arena_alloc(arena, sizeof(*hook));
	char **command = arena_alloc(arena, 5 * sizeof(*command));
	command[0] = arena_copy(arena, "cmd");
	command[1] = arena_copy(arena, "/S");
	command[2] = arena_copy(arena, "/C");
	command[3] = arena_copy(arena, script);
	*hook = (struct hook){
		.command = command, .user = ADMIN, .at = finding_at(service, "extra_hosts")};
	return hook;
}

static size_t add_step(struct plan *plan, const struct service *service, size_t base, size_t after,
		       struct text *script)
{
	const struct step about = *draft_step(plan, base);
	const struct position at = finding_at(service, "extra_hosts");
	const char *cause =
		at.line ? arena_format(&plan->arena, "extra_hosts, line %u: into the hosts file",
				       at.line)
			: "extra_hosts: into the hosts file";
	size_t index = draft_add(plan, STEP_HOOK, about.subject, about.target, cause);
	struct step *step = draft_step(plan, index);
	step->service = service->name;
	step->number = about.number;
	step->hook = hook_of(plan, service, text_string(script));
	draft_after(plan, index, after);
	text_clear(script);
	return index;
}

size_t hosts_after_start(struct plan *plan, const struct service *service, size_t start)
{
	CLEANUP(text_drop) struct text script = {0};
	size_t last = start;
	for (size_t i = 0; start != NO_STEP && i < service->extra_hosts.len; i++) {
		const char *line = service->extra_hosts.items[i];
		if (hosts_check(line))
			continue;
		add_entry(&script, line);
		if (script.len > SCRIPT_MAX)
			last = add_step(plan, service, start, last, &script);
	}
	return script.len ? add_step(plan, service, start, last, &script) : last;
}
