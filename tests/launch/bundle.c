/* SPDX-License-Identifier: MIT */
/* bundle -- prints the config.json of a container as the embedded engine would have it
 *
 *	bundle [option ...] ROOT ARG ...	the object of Docker's defaults, and what the options say
 *
 * The same text is then run by our launcher and by another runtime (tests/launch/run).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/oci.h"

struct want {
	struct oci_want base;
	struct oci oci; /* what options say, put over the defaults */
	bool no_seccomp;
	uint64_t drop;
};

static void fail(const char *option) __attribute__((noreturn));

static void fail(const char *option)
{
	fprintf(stderr, "bundle: %s is no option, or its value is none\n", option);
	exit(2);
}

/* SOURCE:DESTINATION:option,option */
static void add_mount(struct oci *oci, const char *value)
{
	CLEANUP(memory_free) char *copy = memory_copy(value);
	char *rest = NULL, *source = strtok_r(copy, ":", &rest),
	     *where = strtok_r(NULL, ":", &rest);
	char *word = strtok_r(NULL, ":", &rest), *inner = NULL;
	struct oci_mount *mount = array_add(&oci->mounts);
	ARRAY(char *) options = {0};

	if (!source || !where)
		fail(value);
	mount->source = memory_copy(source);
	mount->destination = memory_copy(where);
	mount->type = memory_copy("bind");
	array_push(&options, memory_copy("rbind"));
	for (word = word ? strtok_r(word, ",", &inner) : NULL; word;
	     word = strtok_r(NULL, ",", &inner))
		array_push(&options, memory_copy(word));
	array_push(&options, NULL);
	mount->options = options.items;
}

static void add_pair(struct oci *oci, const char *value)
{
	struct oci_pair *pair = array_add(&oci->linux_.sysctl);

	pair->name = memory_copy_n(value, strcspn(value, "="));
	pair->value = memory_copy(strchr(value, '=') ? strchr(value, '=') + 1 : "");
}

static void add_namespace(struct oci *oci, const char *value)
{
	struct oci_namespace *it = array_add(&oci->linux_.namespaces);

	it->type = memory_copy_n(value, strcspn(value, "="));
	it->path = memory_copy(strchr(value, '=') ? strchr(value, '=') + 1 : "");
}

static void take_flag(struct want *want, const char *name)
{
	if (strcmp(name, "--privileged") == 0)
		want->base.privileged = true;
	else if (strcmp(name, "--no-seccomp") == 0)
		want->no_seccomp = true;
	else if (strcmp(name, "--no-new-privileges") == 0)
		want->oci.process.no_new_privileges = true;
	else if (strcmp(name, "--readonly") == 0)
		want->oci.root.readonly = true;
	else if (strcmp(name, "--terminal") == 0)
		want->oci.process.terminal = true;
	else if (strcmp(name, "--host-network") == 0)
		want->base.host_network = true;
	else
		fail(name);
}

static bool take_value(struct want *want, const char *name, const char *value)
{
	struct oci_resources *limits = &want->oci.linux_.resources;
	struct oci_rlimit files = {memory_copy("RLIMIT_NOFILE"), strtoull(value, NULL, 10),
				   strtoull(value, NULL, 10)};
	long long number = strtoll(value, NULL, 10);
	bool is_rlimit = strcmp(name, "--nofile") == 0;

	if (is_rlimit)
		array_push(&want->oci.process.rlimits, files);
	else
		free(files.type);
	if (is_rlimit)
		return true;
	if (strcmp(name, "--users") == 0)
		want->base.range = (struct oci_range){number, 65536};
	else if (strcmp(name, "--memory") == 0)
		limits->memory.limit = number;
	else if (strcmp(name, "--swap") == 0)
		limits->memory.swap = number;
	else if (strcmp(name, "--pids") == 0)
		limits->pids.limit = number;
	else if (strcmp(name, "--cpu-quota") == 0)
		limits->cpu.quota = number;
	else if (strcmp(name, "--cpu-shares") == 0)
		limits->cpu.shares = number;
	else if (strcmp(name, "--cpuset") == 0)
		limits->cpu.cpus = memory_copy(value);
	else if (strcmp(name, "--user") == 0)
		want->oci.process.user.uid = want->oci.process.user.gid = number;
	else if (strcmp(name, "--group") == 0)
		array_push(&want->oci.process.user.additional_gids, number);
	else if (strcmp(name, "--cwd") == 0)
		want->oci.process.cwd = memory_copy(value);
	else if (strcmp(name, "--hostname") == 0)
		want->oci.hostname = memory_copy(value);
	else if (strcmp(name, "--mount") == 0)
		add_mount(&want->oci, value);
	else if (strcmp(name, "--sysctl") == 0)
		add_pair(&want->oci, value);
	else if (strcmp(name, "--join") == 0)
		add_namespace(&want->oci, value);
	else if (strcmp(name, "--drop") == 0)
		want->drop |= UINT64_C(1) << oci_capability_named(value);
	else if (strcmp(name, "--cgroup") == 0)
		want->oci.linux_.cgroups_path = memory_copy(value);
	else if (strcmp(name, "--mask") == 0)
		want->oci.linux_.masked_paths =
			(char **)memory_copy_vector((const char *const[]){value, NULL});
	else
		return false;
	return true;
}

/* The defaults go into the object first, and what was said takes their place. */
static void merge(struct want *want, const char *root, char **args)
{
	struct oci *to = &want->oci, base = {0};

	oci_default(&want->base, &base);
	to->oci_version = base.oci_version;
	to->process.env = base.process.env;
	to->process.cwd = to->process.cwd ? to->process.cwd : base.process.cwd;
	/* What this machine's root has not itself, runc refuses to give. */
	for (int n = 0; oci_capability_name(n); n++)
		want->drop |= prctl(PR_CAPBSET_READ, n, 0, 0, 0) > 0 ? 0 : UINT64_C(1) << n;
	to->process.capabilities = base.process.capabilities;
	to->process.capabilities.bounding &= ~want->drop;
	to->process.capabilities.effective &= ~want->drop;
	to->process.capabilities.permitted &= ~want->drop;
	to->process.args = memory_copy_vector((const char *const *)args);
	to->root.path = memory_copy(root);
	for (size_t i = 0; i < to->mounts.len; i++)
		array_push(&base.mounts, to->mounts.items[i]);
	free(to->mounts.items);
	memcpy(&to->mounts, &base.mounts, sizeof(to->mounts));
	for (size_t i = 0; i < to->linux_.namespaces.len; i++)
		for (size_t j = 0; j < base.linux_.namespaces.len; j++)
			if (text_same(base.linux_.namespaces.items[j].type,
				      to->linux_.namespaces.items[i].type))
				base.linux_.namespaces.items[j].path =
					to->linux_.namespaces.items[i].path;
	memcpy(&to->linux_.namespaces, &base.linux_.namespaces, sizeof(to->linux_.namespaces));
	memcpy(&to->linux_.resources.devices, &base.linux_.resources.devices,
	       sizeof(base.linux_.resources.devices));
	memcpy(&to->linux_.uid_mappings, &base.linux_.uid_mappings,
	       sizeof(base.linux_.uid_mappings));
	memcpy(&to->linux_.gid_mappings, &base.linux_.gid_mappings,
	       sizeof(base.linux_.gid_mappings));
	if (!to->linux_.masked_paths)
		to->linux_.masked_paths = base.linux_.masked_paths;
	to->linux_.readonly_paths = base.linux_.readonly_paths;
	if (!want->no_seccomp)
		to->linux_.seccomp = base.linux_.seccomp;
}

int main(int argc, char **argv)
{
	struct want want = {0};
	int i = 1;

	for (; i < argc && text_starts(argv[i], "--"); i++) {
		if (i + 1 < argc && take_value(&want, argv[i], argv[i + 1]))
			i++;
		else
			take_flag(&want, argv[i]);
	}
	if (argc - i < 2)
		fail("too few words:");
	merge(&want, argv[i], argv + i + 1);
	cJSON *json = oci_write(&want.oci);

	puts(json_print_pretty(json));
	return 0;
}
