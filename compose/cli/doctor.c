/* SPDX-License-Identifier: MIT */
/* doctor -- whether this host, its engine and this project fit together, and what to do where not
 *
 * Gathers the facts; diagnosis.h says what they mean.
 */
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/below.h"
#include "compose/cli/choose.h"
#include "compose/cli/cli.h"
#include "compose/cli/diagnosis.h"
#include "compose/cli/verb.h"
#include "compose/plan/preflight.h"
#include "compose/supervise/facts.h"

#define UNIX      "unix://"
#define RANGE_MAX 1000 /* ports of one published range that are looked at */

struct values {
	const char *format, *service;
	bool fix;
};

#define AT(member) offsetof(struct values, member)

static const struct flag flags[] = {
	{0, "fix", FLAG_SET, AT(fix), NULL,
	 "Remove endpoints that were left over on this project's networks (Windows)"},
	{0, "format", FLAG_STRING, AT(format), "text|json", "Format of the output (default text)"},
	{0, "network-service", FLAG_STRING, AT(service), NULL, NULL}, /* below.h */
	{0},
};

/* All that the diagnosis borrows. */
struct gathered {
	struct diagnosis facts;
	struct host host;
	struct observed observed;
	struct netns_view below;
	struct error *below_err;
	struct ports_ranges ranges;
	struct error *ranges_err;
	struct project *project;
	struct error *project_err;
	struct error *engine_err;
	char *buildx;
	bool done; /* of what is asked now */
};

static void gathered_drop(struct gathered *all)
{
	ARRAY_FOR_EACH (struct diagnosis_try, try, &all->facts.tries) {
		free(try->address);
		free(try->source);
		error_drop(&try->err);
	}
	array_drop(&all->facts.tries);
	ARRAY_FOR_EACH (struct diagnosis_claim, claim, &all->facts.claims) {
		free(claim->service);
		free(claim->where);
		free(claim->ip);
		free(claim->holder);
	}
	array_drop(&all->facts.claims);
	host_drop(&all->host);
	observed_drop(&all->observed);
	netns_drop(&all->below);
	error_drop(&all->below_err);
	ports_drop_ranges(&all->ranges);
	error_drop(&all->ranges_err);
	project_drop(&all->project);
	error_drop(&all->project_err);
	error_drop(&all->engine_err);
	free(all->buildx);
}

/* --- the project: none is no matter, a wrong one is a finding */

static void find_project(struct cli *cli, struct gathered *all)
{
	CLEANUP(diagnostics_drop) struct diagnostics findings = {0};
	const struct project_options options = cli_project_options(cli, NULL);

	if (project_load(&options, &findings, &all->project, &all->project_err) == 0)
		all->facts.project = all->project->name;
	else if (all->project_err->code == ERROR_NOT_FOUND && !cli->globals.files.len)
		error_drop(&all->project_err);
	all->facts.project_err = all->project_err;
}

/* --- the engine */

static enum diagnosis_socket look_at(const char *address)
{
	uv_fs_t request;

	if (!text_starts(address, UNIX))
		return SOCKET_UNKNOWN;
	int status = uv_fs_access(NULL, &request, address + strlen(UNIX), W_OK | R_OK, NULL);
	uv_fs_req_cleanup(&request);
	return status == UV_ENOENT   ? SOCKET_ABSENT
	       : status == UV_EACCES ? SOCKET_DENIED
	       : status == 0         ? SOCKET_THERE
				     : SOCKET_UNKNOWN;
}

static int try_engines(struct cli *cli, struct gathered *all, struct error **err)
{
	CLEANUP(choices_drop) struct choices choices = {0};

	cli_home(cli);
	if (cli_loop(cli, err) < 0)
		return (*err)->code;
	choose(cli, all->facts.project, &choices, &all->engine_err);
	ARRAY_FOR_EACH (const struct choice, choice, &choices.list) {
		struct diagnosis_try *try = array_add(&all->facts.tries);

		try->address = memory_copy(choice->address);
		try->source = memory_copy(choice->source);
		try->socket = look_at(choice->address);
		if (cli_try(cli, choice, choices.is_default, &try->err) == 0) {
			all->facts.engine = engine_host_known(cli->engine);
			return 0;
		}
		if (try->err->code == ERROR_CANCELLED)
			return error_move(err, &try->err);
	}
	return 0;
}

/* --- programs */

static void on_buildx(const struct child_result *result, const struct error *err, void *payload)
{
	struct gathered *all = payload;

	if (!err && result->exit_code == 0)
		all->buildx = memory_copy_n(result->output, strcspn(result->output, "\r\n"));
	all->done = true;
}

static void find_buildx(struct cli *cli, struct gathered *all)
{
	const struct child_options options = {
		.arguments = (const char *const[]){"docker", "buildx", "version", NULL},
	};

	if (!all->facts.engine || !text_same(all->facts.engine->os_type, "linux"))
		return;
	all->done = false;
	child_start(cli->loop, &options, on_buildx, all);
	cli_run(cli, &all->done);
	all->facts.looks_for_buildx = true;
	all->facts.buildx = all->buildx;
}

static void on_ranges(const struct ports_ranges *ranges, const struct error *err, void *payload)
{
	struct gathered *all = payload;

	all->ranges_err = error_copy(err);
	for (size_t i = 0; ranges && i < ranges->len; i++)
		array_push(&all->ranges, ranges->items[i]);
	all->done = true;
}

static void find_ranges(struct cli *cli, struct gathered *all)
{
	if (!all->facts.claims.len)
		return;
	all->done = false;
	ports_ask_ranges(cli->loop, PORTS_TCP, on_ranges, all);
	cli_run(cli, &all->done);
	all->facts.ranges = all->ranges_err ? NULL : &all->ranges;
	all->facts.ranges_err = all->ranges_err;
}

/* --- the networks below, and what was left over there */

static void look_below(struct cli *cli, struct gathered *all)
{
	netns_drop(&all->below);
	error_drop(&all->below_err);
	all->facts.looks_below = true;
	all->facts.below = NULL;
	if (below_look(cli, &all->below, &all->below_err) == 0)
		all->facts.below = &all->below;
	all->facts.below_err = all->below_err;
}

static void fix(struct cli *cli, struct gathered *all)
{
	size_t removed = 0;

	if (!all->facts.below)
		return;
	ARRAY_FOR_EACH (const struct netns_endpoint, endpoint, &all->below.endpoints) {
		CLEANUP(error_drop) struct error *err = NULL;

		if (!diagnosis_is_stale(&all->facts, endpoint))
			continue;
		if (below_remove(cli, endpoint->id, &err) < 0) {
			cli_warn(cli, "%s", err->message);
			continue;
		}
		cli_note(cli, "Removed endpoint %s (%s)", endpoint->id,
			 endpoint->address ? endpoint->address : "no address");
		removed++;
	}
	if (removed)
		look_below(cli, all);
}

/* --- ports */

static void add_claim(struct gathered *all, const struct service *service,
		      const struct service_port *port, unsigned number,
		      const struct ports_sockets *sockets)
{
	struct diagnosis_claim *claim = array_add(&all->facts.claims);
	const char *protocol = port->protocol ? port->protocol : "tcp";
	struct facts_own own = {.project = all->facts.project, .observed = &all->observed};
	struct preflight_obstacle ignored = {0};

	claim->service = memory_copy(service->name);
	claim->where = port->at.line ? memory_format("%s:%u:%u", port->at.file, port->at.line,
						     port->at.column)
				     : memory_format("services.%s.ports", service->name);
	claim->ip = memory_copy(port->host_ip);
	claim->port = number;
	claim->protocol = strcmp(protocol, "udp") == 0 ? PORTS_UDP : PORTS_TCP;
	claim->is_taken = facts_port_taken(port->host_ip, number, protocol, &ignored, &own);
	if (!claim->is_taken)
		return;
	const struct ports_socket *socket =
		ports_find(sockets, port->host_ip, number, claim->protocol);
	claim->holder = socket ? ports_holder(socket) : NULL;
}

static void find_claims(struct gathered *all)
{
	CLEANUP(ports_drop_sockets) struct ports_sockets sockets = {0};
	CLEANUP(error_drop) struct error *ignored = NULL;
	const struct engine_host *engine = all->facts.engine;

	/* The ports of another host cannot be looked at from here. */
	if (!all->project || (engine && !(engine->capabilities & ENGINE_LOCAL)))
		return;
	ports_read(&sockets, &ignored);
	ARRAY_FOR_EACH (const struct service, service, &all->project->services) {
		ARRAY_FOR_EACH (const struct service_port, port, &service->ports) {
			char *end = NULL;
			unsigned first =
				port->published ? (unsigned)strtoul(port->published, &end, 10) : 0;
			unsigned last =
				first && *end == '-' ? (unsigned)strtoul(end + 1, NULL, 10) : first;
			for (unsigned i = first; i && i <= last && i - first < RANGE_MAX; i++)
				add_claim(all, service, port, i, &sockets);
		}
	}
}

/* --- the verb */

static int gather(struct cli *cli, const struct values *values, struct gathered *all,
		  struct error **err)
{
	const struct engine_filter filter = {.containers = true, .networks = true};

	host_find(&all->host);
	all->facts.host = &all->host;
	find_project(cli, all);
	if (try_engines(cli, all, err) < 0)
		return (*err)->code;
	if (all->facts.engine && cli_observe(cli, &filter, &all->observed, &all->engine_err) == 0)
		all->facts.observed = &all->observed;
	all->facts.engine_err = all->engine_err;
	find_buildx(cli, all);
	find_claims(all);
	if (!all->host.is_windows)
		return 0;
	find_ranges(cli, all);
	look_below(cli, all);
	if (values->fix)
		fix(cli, all);
	return 0;
}

static int run(struct cli *cli, const void *given, char **arguments, int *exit_code,
	       struct error **err)
{
	const struct values *values = given;
	CLEANUP(gathered_drop) struct gathered all = {0};
	CLEANUP(findings_drop) struct findings findings = {0};
	CLEANUP(text_drop) struct text out = {0};
	bool as_json = values->format && strcmp(values->format, "json") == 0;

	if (values->service)
		return below_serve(cli, values->service, err);
	if (arguments[0])
		return error_set(err, ERROR_INVALID, "doctor takes no arguments");
	if (values->format && !as_json && strcmp(values->format, "text") != 0)
		return error_set(err, ERROR_INVALID, "--format: \"%s\" is neither text nor json",
				 values->format);
	if (gather(cli, values, &all, err) < 0)
		return (*err)->code;
	diagnose(&all.facts, &findings);
	if (as_json)
		findings_json(&findings, &out);
	else
		findings_print(&findings, cli->colour_out, &out);
	*exit_code = findings.wrong ? 1 : 0;
	return cli_print(cli, out.data, out.len, err);
}

const struct verb verb_doctor = {
	.name = "doctor",
	.arguments = "",
	.summary = "Look whether host, engine and project fit together",
	.help = "Each line has a mark: ok, warning or wrong; what to do follows it. Ends with 1 "
		"where\n"
		"something is wrong.\n",
	.flags = flags,
	.values_size = sizeof(struct values),
	.run = run,
};
