/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/cgroup.h"
#include "engine/linux/filter.h"
#include "engine/linux/oci.h"
#include "engine/linux/option.h"
#include "engine/linux/profile.h"

static int parse(const char *text, struct oci *oci, struct error **err)
{
	CLEANUP(json_drop) cJSON *json = NULL;

	if (json_parse(text, strlen(text), "config.json", &json, err))
		return (*err)->code;
	return oci_parse(json, "config.json", oci, err);
}

static char *printed(const struct oci *oci)
{
	CLEANUP(json_drop) cJSON *json = oci_write(oci);

	return json_print(json);
}

static void what_is_written_is_read_as_the_same_object(void **state)
{
	(void)state;
	CLEANUP(oci_drop) struct oci first = {0}, second = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	struct oci_want want = {.range = {100000, 65536}};
	struct oci_rlimit rlimit = {memory_copy("RLIMIT_CORE"), 0, UINT64_MAX};

	oci_default(&want, &first);
	array_push(&first.process.rlimits, rlimit);
	array_push(&first.process.user.additional_gids, 7);
	CLEANUP(memory_free) char *a = printed(&first);

	assert_int_equal(parse(a, &second, &err), 0);
	CLEANUP(memory_free) char *b = printed(&second);

	assert_string_equal(a, b);
	assert_true(second.process.rlimits.items[0].hard == UINT64_MAX);
	assert_non_null(strstr(a, "\"hard\":18446744073709551615"));
	assert_true(second.process.capabilities.bounding == OCI_DEFAULT_CAPABILITIES);
}

static void a_wrong_value_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"{\"process\":{\"rlimits\":[{\"type\":5}]}}",
		 "config.json: process.rlimits[0].type is no string"},
		{"{\"process\":{\"user\":{\"uid\":4294967295}}}",
		 "config.json: process.user.uid is no whole number of 0 to 4294967294"},
		{"{\"process\":{\"user\":{\"uid\":-1}}}",
		 "config.json: process.user.uid is no whole number of 0 to 4294967294"},
		{"{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_ALL\"]}}}",
		 "config.json: process.capabilities.bounding: CAP_ALL is no capability"},
		{"{\"hooks\":{\"prestart\":[{\"path\":\"/bin/sh\"}]}}",
		 "config.json: hooks: this launcher cannot do it; name another runtime"},
		{"{\"process\":{\"apparmorProfile\":\"docker-default\"}}",
		 "config.json: process.apparmorProfile: this launcher cannot do it; name another "
		 "runtime"},
		{"{\"mounts\":{}}", "config.json: mounts is no list"},
		{"[]", "config.json is no object"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(oci_drop) struct oci oci = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_not_equal(parse(cases[i].text, &oci, &err), 0);
		assert_string_equal(err->message, cases[i].message);
		assert_null(oci.oci_version);
	}
}

static void what_is_refused_may_be_there_and_empty(void **state)
{
	(void)state;
	CLEANUP(oci_drop) struct oci oci = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(
		parse("{\"hooks\":{},\"linux\":{\"mountLabel\":\"\"},\"unknown\":1}", &oci, &err),
		0);
}

static void a_user_namespace_is_the_default_but_where_it_would_take_rights_away(void **state)
{
	struct oci_want want = {.range = {100000, 65536}};

	(void)state;
	assert_true(oci_has_user_namespace(&want));
	want.privileged = true;
	assert_false(oci_has_user_namespace(&want));
	want = (struct oci_want){.range = {100000, 65536}, .host_pid = true};
	assert_false(oci_has_user_namespace(&want));
	want = (struct oci_want){.range = {100000, 65536}, .host_network = true};
	assert_false(oci_has_user_namespace(&want));
	want = (struct oci_want){.range = {100000, 65536}, .host_users = true};
	assert_false(oci_has_user_namespace(&want));
	want = (struct oci_want){.range = {0, 0}};
	assert_false(oci_has_user_namespace(&want));
}

static void options_of_a_mount_are_taken_apart(void **state)
{
	char *words[] = {
		(char[]){"ro"},       (char[]){"nosuid"},  (char[]){"rbind"}, (char[]){"rslave"},
		(char[]){"mode=755"}, (char[]){"rnoexec"}, (char[]){"rw"},    NULL};
	char *copy_up[] = {(char[]){"tmpcopyup"}, NULL};
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(option_drop) struct option_set set = {0};

	(void)state;
	assert_int_equal(option_parse(words, &set, &err), 0);
	assert_true(set.bind && set.recursive && set.propagation_all);
	/* The last word counts. */
	assert_int_equal(set.set, 2);
	assert_int_equal(set.clear, 1);
	assert_int_equal(set.set_all, 8);
	assert_string_equal(set.data.data, "mode=755");
	struct option_set other;

	assert_int_equal(option_parse(copy_up, &other, &err), ERROR_UNSUPPORTED);
}

static void the_layout_of_control_groups_is_read_from_the_mounts(void **state)
{
	static const char one[] =
		"1 2 0:1 / /sys/fs/cgroup/cpu\\040x rw,relatime shared:1 - cgroup cgroup "
		"rw,cpu,cpuacct\n"
		"1 2 0:2 / /sys/fs/cgroup/systemd rw - cgroup systemd rw,xattr,name=systemd\n";
	static const char two[] = "1 2 0:3 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";
	CLEANUP(cgroup_host_drop) struct cgroup_host host = {0};

	(void)state;
	cgroup_host_parse(one, &host);
	assert_int_equal(host.layout, CGROUP_V1);
	assert_string_equal(cgroup_hierarchy(&host, "cpuacct")->mount, "/sys/fs/cgroup/cpu x");
	assert_non_null(cgroup_hierarchy(&host, "name=systemd"));
	assert_null(cgroup_hierarchy(&host, "cpua"));
	assert_null(cgroup_hierarchy(&host, ""));
	cgroup_host_drop(&host);
	cgroup_host_parse(two, &host);
	assert_int_equal(host.layout, CGROUP_V2);
	assert_non_null(cgroup_hierarchy(&host, ""));
	cgroup_host_drop(&host);
	CLEANUP(memory_free) char *both = memory_format("%s%s", one, two);

	cgroup_host_parse(both, &host);
	assert_int_equal(host.layout, CGROUP_HYBRID);
	cgroup_host_drop(&host);
	cgroup_host_parse("", &host);
	assert_int_equal(host.layout, CGROUP_NONE);
}

static void a_path_that_leaves_its_place_is_no_control_group(void **state)
{
	static const char *const paths[] = {"", "/", "a", "/a/../b", "/..", "/a//b", "/a/", "/./a"};
	CLEANUP(cgroup_host_drop) struct cgroup_host host = {0};
	struct oci_resources none = {0};

	(void)state;
	cgroup_host_parse("1 2 0:3 / /nowhere rw - cgroup2 cgroup2 rw\n", &host);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		struct cgroup *group = NULL;

		assert_int_equal(cgroup_make(&host, paths[i], &none, &group, &err), ERROR_INVALID);
		assert_null(group);
	}
}

static void the_default_profile_compiles_and_depends_on_capabilities(void **state)
{
	CLEANUP(oci_seccomp_drop) struct oci_seccomp plain = {0}, admin = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	struct filter a, b, again;

	(void)state;
	profile_default(OCI_DEFAULT_CAPABILITIES, &plain);
	profile_default(OCI_DEFAULT_CAPABILITIES | UINT64_C(1) << 21, &admin);
	assert_int_equal(filter_compile(&plain, NULL, &a, &err), 0);
	assert_true(a.count > 100);
	size_t count = a.count;

	/* The same again is what is kept. */
	assert_int_equal(filter_compile(&plain, NULL, &again, &err), 0);
	assert_ptr_equal(again.code, a.code);
	assert_int_equal(filter_compile(&admin, NULL, &b, &err), 0);
	assert_true(b.count != count);
}

static void a_profile_that_is_none_is_told(void **state)
{
	CLEANUP(oci_seccomp_drop) struct oci_seccomp profile = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	struct filter filter;

	(void)state;
	assert_int_equal(filter_compile(&profile, NULL, &filter, &err), 0);
	assert_int_equal(filter.count, 0);
	profile_default(0, &profile);
	free(profile.syscalls.items[0].action);
	profile.syscalls.items[0].action = memory_copy("SCMP_ACT_PERHAPS");
	assert_int_equal(filter_compile(&profile, NULL, &filter, &err), ERROR_INVALID);
	assert_string_equal(err->message, "seccomp: \"SCMP_ACT_PERHAPS\" is no action");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_as_the_same_object),
		cmocka_unit_test(a_wrong_value_is_told_with_its_place),
		cmocka_unit_test(what_is_refused_may_be_there_and_empty),
		cmocka_unit_test(
			a_user_namespace_is_the_default_but_where_it_would_take_rights_away),
		cmocka_unit_test(options_of_a_mount_are_taken_apart),
		cmocka_unit_test(the_layout_of_control_groups_is_read_from_the_mounts),
		cmocka_unit_test(a_path_that_leaves_its_place_is_no_control_group),
		cmocka_unit_test(the_default_profile_compiles_and_depends_on_capabilities),
		cmocka_unit_test(a_profile_that_is_none_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
