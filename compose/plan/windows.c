/* SPDX-License-Identifier: MIT */
#include "compose/plan/windows.h"

#include <ctype.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "compose/plan/finding.h"
#include "compose/plan/hosts.h"
#include "compose/plan/spec.h"
#include "compose/project/mount.h"

static struct diagnostic *say(const struct windows_check *c, enum severity severity,
			      const struct service *service, const char *attribute,
			      const char *sentence)
{
	return finding_service(c->diagnostics, severity, finding_at(service, attribute), service,
			       attribute, "%s", sentence);
}

/* --- words that Windows does not take */

static const char *value_at(const struct service *service, const char *path)
{
	if (text_same(path, "network_mode"))
		return service->network_mode;
	if (text_same(path, "stop_signal"))
		return service->stop_signal;
	return text_same(path, "logging.driver") ? service->logging_driver : NULL;
}

static const struct word {
	const char *path, *word;
	const char *sentence, *hint;
} words[] = {
	{"network_mode", "host", "Windows has no host network", "publish the ports"},
	{"network_mode", "bridge", "Windows has no network bridge", "use network_mode: nat"},
	{"logging.driver", "journald", "Windows has no logging driver journald", "use etwlogs"},
};

static void check_words(const struct windows_check *c, const struct service *service)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_same(value_at(service, words[i].path), words[i].word))
			diagnostic_hint(
				say(c, SEVERITY_ERROR, service, words[i].path, words[i].sentence),
				"%s", words[i].hint);
	const char *signal = service->stop_signal;
	if (signal && !text_same(signal, "SIGKILL") && !text_same(signal, "KILL") &&
	    !text_same(signal, "9"))
		say(c, SEVERITY_WARNING, service, "stop_signal",
		    "Windows has one way to stop: every signal but SIGKILL is a shutdown");
	for (size_t i = 0; i < service->storage_opt.len; i++)
		if (!text_same(service->storage_opt.items[i].key, "size"))
			diagnostic_hint(say(c, SEVERITY_ERROR, service, "storage_opt",
					    "Windows knows the storage option size alone"),
					"remove %s", service->storage_opt.items[i].key);
}

/* --- processors */

/* With process isolation the first that is written counts, in this order. */
static void check_precedence(const struct windows_check *c, const struct service *service)
{
	const struct resources *r = &service->resources;
	const struct {
		const char *name;
		bool written;
	} limits[] = {
		{"cpu_count", r->cpu_count != 0},
		{"cpu_shares", r->cpu_shares != 0},
		{"cpu_percent", r->cpu_percent != 0},
	};
	const char *first = NULL;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		if (!limits[i].written)
			continue;
		if (first)
			finding_service(c->diagnostics, SEVERITY_WARNING,
					finding_at(service, limits[i].name), service,
					limits[i].name,
					"with isolation process %s goes before it, and it is "
					"ignored",
					first);
		first = first ? first : limits[i].name;
	}
}

static void check_processors(const struct windows_check *c, const struct service *service,
			     const char *isolation)
{
	const struct resources *r = &service->resources;
	static const char conflict[] = "Windows takes either cpus or %s";
	if (r->cpus > 0 && r->cpu_percent != 0)
		diagnostic_hint(finding_service(c->diagnostics, SEVERITY_ERROR,
						finding_at(service, "cpu_percent"), service,
						"cpu_percent", conflict, "cpu_percent"),
				"remove one of them");
	if (r->cpus > 0 && r->cpu_shares != 0)
		diagnostic_hint(finding_service(c->diagnostics, SEVERITY_ERROR,
						finding_at(service, "cpu_shares"), service,
						"cpu_shares", conflict, "cpu_shares"),
				"remove one of them");
	if (r->cpu_percent != 0 && (r->cpu_percent < 1 || r->cpu_percent > 100))
		say(c, SEVERITY_ERROR, service, "cpu_percent",
		    "cpu_percent is a number from 1 to 100: per cent of all processors");
	if (r->cpu_shares != 0 && (r->cpu_shares < 1 || r->cpu_shares > 10000))
		say(c, SEVERITY_ERROR, service, "cpu_shares",
		    "on Windows cpu_shares is a weight from 1 to 10000");
	if (c->host->cpus > 0 && r->cpus > c->host->cpus)
		finding_service(c->diagnostics, SEVERITY_ERROR, finding_at(service, "cpus"),
				service, "cpus", "the host has %d processors", c->host->cpus);
	if (c->host->cpus > 0 && r->cpu_count > c->host->cpus)
		finding_service(c->diagnostics, SEVERITY_WARNING, finding_at(service, "cpu_count"),
				service, "cpu_count",
				"the host has %d processors, and the container gets no more",
				c->host->cpus);
	if (text_same(isolation, "process"))
		check_precedence(c, service);
}

/* --- security and devices */

static void check_security(const struct windows_check *c, const struct service *service)
{
	size_t specs = service->credential_spec ? 1 : 0;
	for (size_t i = 0; i < service->security_opt.len; i++) {
		bool known = text_starts(service->security_opt.items[i], "credentialspec=");
		specs += known;
		if (!known)
			finding_service(c->diagnostics, SEVERITY_ERROR,
					finding_at(service, "security_opt"), service,
					"security_opt",
					"Windows knows only credentialspec=, not \"%s\"",
					service->security_opt.items[i]);
	}
	if (specs > 1)
		diagnostic_hint(say(c, SEVERITY_ERROR, service, "security_opt",
				    "a container has one credential spec"),
				"leave one of credential_spec and security_opt");
}

static void check_devices(const struct windows_check *c, const struct service *service,
			  const char *isolation)
{
	for (size_t i = 0; i < service->devices.len; i++) {
		const char *device = service->devices.items[i];
		if (!text_starts(device, "class/") && !strstr(device, "://"))
			diagnostic_hint(finding_service(c->diagnostics, SEVERITY_ERROR,
							finding_at(service, "devices"), service,
							"devices", "Windows knows no device \"%s\"",
							device),
					"name its class, class/GUID, or its id, IDTYPE://ID");
	}
	if (service->devices.len && text_same(isolation, "hyperv"))
		diagnostic_hint(say(c, SEVERITY_ERROR, service, "devices",
				    "devices can be given with isolation process only"),
				"write isolation: process, or remove them");
}

/* --- networks of a service */

static void check_endpoints(const struct windows_check *c, const struct service *service,
			    const char *isolation)
{
	const char *mode = service->network_mode;
	if (mode && text_same(isolation, "hyperv") &&
	    (text_starts(mode, "container:") || text_starts(mode, "service:")))
		diagnostic_hint(
			finding_service(c->diagnostics, SEVERITY_ERROR, service->network_mode_at,
					service, "network_mode",
					"a container with isolation hyperv cannot share a network"),
			"use isolation: process");
	ARRAY_FOR_EACH (struct service_network, n, &service->networks) {
		if (n->ipv6_address)
			finding_service(c->diagnostics, SEVERITY_ERROR, n->at, service, "networks",
					"%s: Windows container networks have no IPv6", n->network);
		if (n->link_local_ips.len)
			finding_service(c->diagnostics, SEVERITY_WARNING, n->at, service,
					"networks", "%s: Windows ignores link_local_ips",
					n->network);
		if (n->interface_name)
			finding_service(c->diagnostics, SEVERITY_WARNING, n->at, service,
					"networks", "%s: Windows ignores interface_name",
					n->network);
	}
}

/* --- mounts */

/* Behind \\?\, which Windows allows before a path. */
static const char *path_of(const char *target)
{
	return text_starts(target, "\\\\?\\") || text_starts(target, "//?/") ? target + 4 : target;
}

static bool has_drive(const char *target)
{
	const char *path = path_of(target);
	return isalpha((unsigned char)path[0]) && path[1] == ':';
}

static bool is_tmpfs(const struct service_mount *m)
{
	return m->kind == MOUNT_TMPFS;
}

static bool is_image(const struct service_mount *m)
{
	return m->kind == MOUNT_IMAGE;
}

static bool is_propagated(const struct service_mount *m)
{
	return m->propagation || m->recursive;
}

static bool is_on_root(const struct service_mount *m)
{
	const char *path = path_of(m->target);
	return m->kind != MOUNT_NPIPE && has_drive(m->target) &&
	       tolower((unsigned char)*path) == 'c' && strspn(path + 2, "\\/") == strlen(path + 2);
}

static bool is_no_path(const struct service_mount *m)
{
	return m->kind != MOUNT_NPIPE && m->kind != MOUNT_TMPFS && !has_drive(m->target);
}

static bool has_odd_letters(const struct service_mount *m)
{
	return m->kind != MOUNT_NPIPE && has_drive(m->target) &&
	       strpbrk(path_of(m->target) + 2, ":*?\"<>|");
}

static bool is_half_a_pipe(const struct service_mount *m)
{
	return m->kind == MOUNT_NPIPE && (!mount_is_pipe(m->source) || !mount_is_pipe(m->target));
}

static const struct mount_rule {
	bool (*holds)(const struct service_mount *m);
	const char *sentence, *hint;
} mount_rules[] = {
	{is_tmpfs, "Windows containers have no tmpfs", "use an anonymous volume"},
	{is_image, "Windows containers cannot mount an image", "use a volume"},
	{is_propagated, "Windows binds know neither propagation nor recursive", "remove it"},
	{is_on_root, "nothing can be mounted on C:\\ itself", "mount it on a folder, C:\\data"},
	{is_no_path, "a target of a Windows container begins with a drive",
	 "write it as C:\\folder, or D: for a drive of its own"},
	{has_odd_letters, "a path of Windows has none of : * ? \" < > |", "choose another folder"},
	{is_half_a_pipe, "source and target of an npipe are \\\\.\\pipe\\NAME",
	 "write it as type: npipe with both"},
};

void windows_check_mounts(const struct windows_check *c, const struct service *service)
{
	ARRAY_FOR_EACH (struct service_mount, m, &service->mounts)
		for (size_t i = 0; i < ARRAY_LEN(mount_rules); i++)
			if (m->target && mount_rules[i].holds(m))
				diagnostic_hint(finding_service(c->diagnostics, SEVERITY_ERROR,
								m->at, service, "volumes", "%s",
								mount_rules[i].sentence),
						"%s", mount_rules[i].hint);
}

/* --- files that are copied in, and names in the hosts file */

/* Whether path lies below folder, as Windows compares. */
static bool is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);
	while (len && (folder[len - 1] == '\\' || folder[len - 1] == '/'))
		len--;
	for (size_t i = 0; i < len; i++) {
		char a = path[i] == '/' ? '\\' : (char)tolower((unsigned char)path[i]);
		char b = folder[i] == '/' ? '\\' : (char)tolower((unsigned char)folder[i]);
		if (a != b)
			return false;
	}
	return len && (path[len] == '\\' || path[len] == '/');
}

static void check_copies(const struct windows_check *c, const struct service *service,
			 const struct service_files *files, const char *attribute)
{
	CLEANUP(arena_drop) struct arena arena = {0};
	ARRAY_FOR_EACH (struct service_file, use, files) {
		const char *target = spec_file_target(&arena, use->target, c->host);
		if (tolower((unsigned char)target[0]) != 'c')
			diagnostic_hint(finding_service(c->diagnostics, SEVERITY_ERROR, use->at,
							service, attribute,
							"%s is copied in before the start, when "
							"the container has C: alone",
							target),
					"choose a target on C:");
		ARRAY_FOR_EACH (struct service_mount, m, &service->mounts)
			if (m->target && is_below(target, m->target))
				diagnostic_hint(
					finding_service(c->diagnostics, SEVERITY_ERROR, use->at,
							service, attribute,
							"%s is copied into the container, where "
							"the mount on %s hides it",
							target, m->target),
					"choose another target");
	}
}

static void check_hosts(const struct windows_check *c, const struct service *service)
{
	for (size_t i = 0; i < service->extra_hosts.len; i++) {
		const char *line = service->extra_hosts.items[i];
		const char *why = hosts_check(line);
		if (why)
			diagnostic_hint(finding_service(c->diagnostics, SEVERITY_ERROR,
							finding_at(service, "extra_hosts"), service,
							"extra_hosts", "\"%s\": %s", line, why),
					"write name=address");
	}
}

void windows_check_service(const struct windows_check *c, const struct service *service,
			   const char *isolation)
{
	check_words(c, service);
	check_processors(c, service, isolation);
	check_security(c, service);
	check_devices(c, service, isolation);
	check_endpoints(c, service, isolation);
	check_copies(c, service, &service->secrets, "secrets");
	check_copies(c, service, &service->configs, "configs");
	check_hosts(c, service);
}
