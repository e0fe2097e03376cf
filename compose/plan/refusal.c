/* SPDX-License-Identifier: MIT */
#include "compose/plan/refusal.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/plan/release.h"
#include "compose/project/project.h"

/* What is added to a row's words. */
enum {
	BUILDS = 1,    /* the image's and the host's version */
	REVISIONS = 2, /* which of them is the newer, where they are of one build */
	TAG = 4,       /* the tag that would work */
	OTHER = 8,     /* the other isolation, where the rule allows it */
	PORTS = 16,    /* those that the service publishes: the host does not say which it means */
};

/* Answers of the compute service are 0x803701NN; its first interface, which Docker uses, often says
 * 0xC03701NN for the same. A row without a code is known by its words; with both, both must be
 * there. The first that fits counts. */
static const struct row {
	uint32_t code;
	const char *words;
	const char *tried; /* the isolation that it is about; NULL: any */
	unsigned adds;
	const char *what;
	const char *way; /* NULL: what is added says it */
} rows[] = {
	{0x80370101, NULL, NULL, BUILDS | TAG | OTHER,
	 "the image's Windows is not one that this host runs", NULL},
	{0, "operating system of the container does not match", NULL, BUILDS | TAG | OTHER,
	 "the image's Windows is not one that this host runs", NULL},
	{0x80370106, NULL, "process", BUILDS | REVISIONS | OTHER,
	 "the container's Windows ended while it started",
	 "update the host, or pin a tag of the image that is not newer than the host"},
	{0x80370106, NULL, "hyperv", BUILDS | REVISIONS,
	 "the container's virtual machine ended while it started",
	 "give it more memory (mem_limit), and look into the host's Hyper-V event log"},
	{0x80370106, NULL, NULL, BUILDS | REVISIONS,
	 "the container's Windows ended while it started", "update the host"},
	{0x80370112, NULL, NULL, BUILDS | TAG,
	 "the host refuses a layer of the image, in either isolation", "pull the image anew"},
	{0x80370102, NULL, "process", 0, "the host has no Hyper-V", NULL},
	{0x80370102, NULL, NULL, OTHER, "the host's Hyper-V is not there or not on",
	 "enable the Windows feature Hyper-V; in a virtual machine, its nested virtualization"},
	{0, "a required feature is not installed", NULL, OTHER,
	 "the host's Hyper-V is not there or not on",
	 "enable the Windows feature Hyper-V; in a virtual machine, its nested virtualization"},
	{0xC0351000, NULL, NULL, OTHER, "no hypervisor runs on the host",
	 "switch virtualization on in the firmware and start the hypervisor (bcdedit /set "
	 "hypervisorlaunchtype auto); in a virtual machine, its nested virtualization"},
	{0, "No hypervisor is present", NULL, OTHER, "no hypervisor runs on the host",
	 "switch virtualization on in the firmware and start the hypervisor (bcdedit /set "
	 "hypervisorlaunchtype auto); in a virtual machine, its nested virtualization"},
	{0x80370100, NULL, NULL, BUILDS | REVISIONS, "the container was ended while it started",
	 "look into the host's Hyper-V-Compute event log"},
	{0x80370108, NULL, NULL, BUILDS, "the container's virtual machine could not be reached",
	 "give it more memory (mem_limit), and start again"},
	{0x80370109, NULL, NULL, BUILDS, "the container's virtual machine did not answer in time",
	 "give it more memory (mem_limit), or start fewer at once with --parallel"},
	{0x80370118, NULL, NULL, 0, "the host's compute service did not finish in time",
	 "start fewer at once with --parallel"},
	{0x80370113, NULL, NULL, BUILDS, "the host would have to be an Insider build", NULL},
	{0x80370114, NULL, NULL, 0, "the host's compute service does not run",
	 "start it: net start vmcompute"},
	{0x8037011E, NULL, NULL, 0, "the host's compute service was restarted meanwhile",
	 "run the command again"},
	{0x8037011B, NULL, NULL, 0, "the compute service refuses the engine's account",
	 "run the engine as a service of the system"},
	{0x8037010D, NULL, NULL, BUILDS, "the host does not understand what the engine asked for",
	 "use an engine that is made for this version of Windows"},
	{0x00000001, "PrepareLayer", NULL, 0,
	 "a file system filter of the host (a cloud drive, a virus scanner) holds the layer",
	 "exclude the engine's data folder there, or remove it"},
	{0x00000057, "PrepareLayer", NULL, 0,
	 "a file system filter of the host (a cloud drive, a virus scanner) holds the layer",
	 "exclude the engine's data folder there, or remove it"},
	{0x803B002F, NULL, NULL, 0,
	 "the host still has a network endpoint of a container that is gone",
	 "remove it: wincompose doctor --fix, or restart the service hns"},
	{0x803B0013, NULL, NULL, PORTS, "a published port is taken on the host",
	 "end what listens there, or publish another port"},
	{0, "cannot access the file because it is being used by another process", NULL, PORTS,
	 "a published port is taken on the host, or lies in a range that Windows has excluded",
	 "end what listens there, or publish another port (netsh int ipv4 show "
	 "excludedportrange protocol=tcp)"},
	{0, "The object already exists", NULL, PORTS, "a published port is taken on the host",
	 "end what listens there, or publish another port"},
};

struct subject {
	const struct isolation_question *question;
	const char *tried;
	struct release_version host, image;
};

static bool has_words(const char *sentence, const char *words)
{
	size_t len = strlen(words);
	for (; *sentence; sentence++) {
		size_t i = 0;
		while (i < len &&
		       tolower((unsigned char)sentence[i]) == tolower((unsigned char)words[i]))
			i++;
		if (i == len)
			return true;
	}
	return false;
}

static uint32_t same_code(uint32_t code)
{
	return (code & 0xffffff00u) == 0xC0370100u ? (code & 0xffu) | 0x80370100u : code;
}

/* Whether one of the numbers in the sentence is the code; *at is where it stands. */
static bool has_code(const char *sentence, uint32_t code, const char **at)
{
	for (const char *c = sentence; (c = strchr(c, '0')) != NULL; c++) {
		if ((c[1] != 'x' && c[1] != 'X') || !isxdigit((unsigned char)c[2]))
			continue;
		if (same_code((uint32_t)strtoull(c, NULL, 16)) != code)
			continue;
		*at = c;
		return true;
	}
	return false;
}

static const struct row *find(const struct subject *s, const char *sentence, const char **at)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		*at = NULL;
		if ((!row->tried || text_same(row->tried, s->tried)) &&
		    (!row->code || has_code(sentence, row->code, at)) &&
		    (!row->words || has_words(sentence, row->words)))
			return row;
	}
	return NULL;
}

static void add_ports(const struct service *service, struct text *out)
{
	const char *before = ": ";

	ARRAY_FOR_EACH (const struct service_port, port, &service->ports) {
		if (!port->published)
			continue;
		text_printf(out, "%s%s/%s", before, port->published,
			    port->protocol ? port->protocol : "tcp");
		before = " or ";
	}
}

static void add_facts(const struct subject *s, unsigned adds, struct text *out)
{
	const struct isolation_question *q = s->question;
	const char *image = q->image ? q->image : "the image";
	if ((adds & BUILDS) && s->host.known && s->image.known)
		text_printf(out, "; %s is of Windows build %s, the host of build %s", image,
			    q->image_version, q->host_version);
	if (adds & REVISIONS) {
		if (release_is_ahead(&s->host, &s->image))
			text_add(out, ": the image has the newer revision");
		else if (s->image.known && s->host.known && s->host.part[RELEASE_REVISION] < 0)
			text_add(out, ", its revision is not known");
	}
	if ((adds & PORTS) && q->service)
		add_ports(q->service, out);
}

static void add_way(struct text *ways, const char *format, const char *word)
{
	text_add(ways, ways->len ? ", or " : "");
	text_printf(ways, format, word);
}

/* The other isolation, where the engine has it and the rule lets it run the image. */
static const char *other(const struct subject *s)
{
	bool to_process = text_same(s->tried, "hyperv");
	if (to_process)
		return s->question->can_process && release_runs_process(&s->host, &s->image)
			       ? "process"
			       : NULL;
	return s->question->can_hyperv && release_runs_hyperv(&s->host, &s->image) ? "hyperv"
										   : NULL;
}

static bool may_change(const struct isolation_question *q)
{
	return !q->strict && (!q->asked || !*q->asked || text_same_nocase(q->asked, "default"));
}

bool refusal_explain(const struct isolation_question *question, const char *tried,
		     const char *sentence, struct refusal *refusal)
{
	struct subject s = {question, tried, release_parse(question->host_version),
			    release_parse(question->image_version)};
	const char *at;
	const struct row *row = find(&s, sentence, &at);
	CLEANUP(text_drop) struct text out = {0};
	CLEANUP(text_drop) struct text ways = {0};
	if (!row)
		return false;
	text_add(&out, row->what);
	add_facts(&s, row->adds, &out);
	const char *instead = row->adds & OTHER ? other(&s) : NULL;
	const char *tag =
		row->adds & TAG ? release_tag(&s.host, !text_same(tried, "hyperv")) : NULL;
	if (tag)
		add_way(&ways, "use its tag for %s", tag);
	if (instead)
		add_way(&ways, "write isolation: %s", instead);
	if (row->way)
		add_way(&ways, "%s", row->way);
	if (ways.len)
		text_printf(&out, ": %s", ways.data);
	*refusal = (struct refusal){.cure = may_change(question) ? instead : NULL};
	snprintf(refusal->text, sizeof(refusal->text), "%s", text_string(&out));
	if (at)
		snprintf(refusal->code, sizeof(refusal->code), "%.*s",
			 2 + (int)strspn(at + 2, "0123456789abcdefABCDEF"), at);
	return true;
}
