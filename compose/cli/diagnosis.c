/* SPDX-License-Identifier: MIT */
#include "compose/cli/diagnosis.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"

/* Builds that containers came with (docs/windows.md, 2). */
#define FIRST_CLIENT 17763
#define FIRST_ELEVEN 22000

#define ok(...)     findings_add(findings, FINDING_OK, __VA_ARGS__)
#define warn(...)   findings_add(findings, FINDING_WARNING, __VA_ARGS__)
#define wrong(...)  findings_add(findings, FINDING_WRONG, __VA_ARGS__)
#define advise(...) findings_advise(findings, __VA_ARGS__)

static const char *or_unknown(const char *word)
{
	return word ? word : "unknown";
}

/* --- the host */

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; at && (at = strstr(at, word)); at += len) {
		if ((at == words || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	}
	return false;
}

static void diagnose_linux(const struct host *host, struct findings *findings)
{
	ok("host", "%s, kernel %s, %s", or_unknown(host->name), or_unknown(host->version),
	   or_unknown(host->architecture));
	if (!host->cgroups) {
		warn("host", "no cgroups are mounted: limits of memory and processors do not hold");
		return;
	}
	if (!has_word(host->controllers, "memory")) {
		warn("host",
		     "cgroup %s without the controller memory: limits of memory do not hold",
		     host->cgroups);
		advise("boot with cgroup_enable=memory");
		return;
	}
	ok("host", "cgroup %s: %s", host->cgroups, host->controllers);
}

/* Why the host's own kernel cannot be shared; NULL: it can. */
static const char *no_process(const struct host *host)
{
	if (host->vmcompute == HOST_ABSENT || host->hns == HOST_ABSENT)
		return "the feature Containers is off";
	if (!host->is_server && host->build < FIRST_CLIENT)
		return "a client has it from build 17763 on";
	return NULL;
}

static const char *no_hyperv(const struct host *host)
{
	if (host_is_home(host))
		return "the Home edition has no Hyper-V";
	if (host->vmcompute == HOST_ABSENT || host->vmms == HOST_ABSENT)
		return "the feature Hyper-V is off";
	if (!host->has_hypervisor)
		return "no hypervisor runs (0xC0351000): virtualization is off in the firmware, or "
		       "this virtual machine is not given it";
	return NULL;
}

/* Windows containers are not to run here: the engine is elsewhere, or has Linux ones. */
static bool runs_elsewhere(const struct diagnosis *facts)
{
	const struct engine_host *engine = facts->engine;

	return engine &&
	       (!(engine->capabilities & ENGINE_LOCAL) || !text_same(engine->os_type, "windows"));
}

static void diagnose_isolation(const struct diagnosis *facts, struct findings *findings)
{
	const struct host *host = facts->host;
	const char *process = no_process(host), *hyperv = no_hyperv(host);
	enum finding_mark mark =
		process && hyperv && !runs_elsewhere(facts) ? FINDING_WRONG : FINDING_OK;

	if (process)
		findings_add(findings, mark, "host", "isolation process: no, %s", process);
	else
		ok("host", "isolation process: yes%s%s",
		   host->is_server ? "" : ", for development and tests",
		   !host->is_server && host->build < FIRST_ELEVEN
			   ? ", images of this very build only"
			   : "");
	if (hyperv)
		findings_add(findings, mark, "host", "isolation hyperv: no, %s", hyperv);
	else
		ok("host", "isolation hyperv: yes");
	if (mark == FINDING_WRONG)
		advise("%s",
		       host->is_server
			       ? "as Administrator: Install-WindowsFeature Containers, then restart"
			       : "as Administrator: Enable-WindowsOptionalFeature -Online "
				 "-FeatureName Containers, Microsoft-Hyper-V -All, then restart");
}

static void diagnose_windows(const struct diagnosis *facts, struct findings *findings)
{
	const struct host *host = facts->host;

	ok("host", "%s (%s), %s, %s", or_unknown(host->name), or_unknown(host->edition),
	   or_unknown(host->version), or_unknown(host->architecture));
	diagnose_isolation(facts, findings);
	if (runs_elsewhere(facts))
		return;
	if (host->hns == HOST_STOPPED) {
		wrong("host", "the service hns does not run: containers get no network");
		advise("as Administrator: net start hns");
	}
	if (host->vmcompute == HOST_STOPPED) {
		wrong("host", "the service vmcompute does not run: no container starts");
		advise("as Administrator: net start vmcompute");
	}
}

/* --- the engine */

/* The message without the address, which stands before it already. */
static const char *reason_of(const char *message, const char *address)
{
	size_t len = strlen(address);

	return text_starts(message, address) && text_starts(message + len, ": ") ? message + len + 2
										 : message;
}

static void diagnose_try(const struct diagnosis *facts, const struct diagnosis_try *try,
			 struct findings *findings)
{
	bool is_windows = facts->host->is_windows;

	/* Several defaults are tried in turn: one that is not there is no matter where another
	 * answers. */
	if (facts->engine) {
		ok("engine", "%s (%s) does not answer; another does", try->address, try->source);
		return;
	}
	if (try->socket == SOCKET_ABSENT) {
		wrong("engine", "%s (%s): there is no such socket, so no Docker Engine runs there",
		      try->address, try->source);
		advise("start it (systemctl start docker), or name another: --host, --context, "
		       "DOCKER_HOST");
	} else if (try->socket == SOCKET_DENIED) {
		wrong("engine", "%s (%s): this user may not use the socket", try->address,
		      try->source);
		advise("usermod -aG docker $USER as root, then log in anew; who is in that group "
		       "is "
		       "as good as root");
	} else {
		wrong("engine", "%s (%s): %s", try->address, try->source,
		      reason_of(try->err->message, try->address));
		if (try->err->detail)
			advise("%s", try->err->detail);
		else if (is_windows && text_starts(try->address, "npipe:"))
			advise("start Docker Desktop, or as Administrator: Start-Service docker");
	}
}

/* A client's engine in the other mode is the commonest of all mistakes there. */
static void diagnose_kind(const struct diagnosis *facts, struct findings *findings)
{
	const struct engine_host *engine = facts->engine;

	if (!facts->host->is_windows || !(engine->capabilities & ENGINE_LOCAL) ||
	    text_same(engine->os_type, "windows"))
		return;
	ok("engine",
	   "it runs Linux containers; Windows images need its other mode (Docker Desktop: "
	   "\"Switch to Windows containers\")");
}

static void diagnose_answer(const struct diagnosis *facts, const struct diagnosis_try *try,
			    struct findings *findings)
{
	const struct engine_host *engine = facts->engine;
	bool is_windows = text_same(engine->os_type, "windows");

	ok("engine", "%s (%s): %s %s, API %s, %s/%s%s%s", try->address, try->source, engine->driver,
	   or_unknown(engine->version), or_unknown(engine->api_version),
	   or_unknown(engine->os_type), or_unknown(engine->architecture), is_windows ? " " : "",
	   is_windows ? or_unknown(engine->os_version) : "");
	if (is_windows)
		ok("engine", "isolation where none is asked for: %s",
		   engine->isolation   ? engine->isolation
		   : engine->is_server ? "process"
				       : "hyperv");
	diagnose_kind(facts, findings);
	if (!facts->looks_for_buildx)
		return;
	if (facts->buildx) {
		ok("build", "docker buildx: %s", facts->buildx);
		return;
	}
	warn("build",
	     "docker buildx is not there: \"build:\" goes to the classic builder, and what "
	     "only BuildKit can do is refused");
	advise("install docker-buildx-plugin (Debian: docker-buildx)");
}

static void diagnose_engine(const struct diagnosis *facts, struct findings *findings)
{
	if (facts->engine_err)
		wrong("engine", "%s", facts->engine_err->message);
	ARRAY_FOR_EACH (const struct diagnosis_try, try, &facts->tries) {
		if (try->err)
			diagnose_try(facts, try, findings);
		else if (facts->engine)
			diagnose_answer(facts, try, findings);
	}
}

/* --- the project */

static void diagnose_project(const struct diagnosis *facts, struct findings *findings)
{
	if (facts->project_err) {
		wrong("project", "%s", facts->project_err->message);
		advise("wincompose config -q shows all that is wrong");
	} else if (facts->project) {
		ok("project", "%s: its file is well", facts->project);
	}
}

void diagnose(const struct diagnosis *facts, struct findings *findings)
{
	if (facts->host->is_windows)
		diagnose_windows(facts, findings);
	else
		diagnose_linux(facts->host, findings);
	diagnose_engine(facts, findings);
	diagnose_networks_(facts, findings);
	diagnose_project(facts, findings);
	diagnose_ports_(facts, findings);
}
