/* SPDX-License-Identifier: MIT */
#include "netns/linux/journal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "netns/linux/kin.h"
#include "tests/folder.h"
#include "tests/test.h"

static struct endpoint of(const char *line)
{
	struct endpoint endpoint;
	struct error *err = NULL;

	assert_int_equal(endpoint_parse(line, &endpoint, &err), 0);
	return endpoint;
}

static void add(int journal, const char *line)
{
	CLEANUP(endpoint_drop) struct endpoint endpoint = of(line);
	struct error *err = NULL;

	assert_int_equal(journal_add(journal, &endpoint, &err), 0);
}

static int begin(const char *path)
{
	const struct endpoints none = {0};
	struct error *err = NULL;
	int journal = -1;

	assert_int_equal(journal_open(path, &none, &journal, &err), 0);
	return journal;
}

/* "c1:10.0.0.2 c2:10.0.0.3" */
static void assert_loaded(const char *path, const char *expected)
{
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(endpoints_drop) struct endpoints endpoints = {0};
	struct error *err = NULL;
	char address[CIDR_TEXT];

	assert_int_equal(journal_load(path, &endpoints, &err), 0);
	ARRAY_FOR_EACH (struct endpoint, it, &endpoints.list) {
		cidr_format_address(&it->v4, address);
		text_printf(&text, "%s%s:%s", text.len ? " " : "", it->id, address);
	}
	assert_string_equal(text_string(&text), expected);
}

static void what_was_added_and_not_removed_is_in_force(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "journal");
	struct error *err = NULL;

	(void)state;
	assert_loaded(path, "");
	int journal = begin(path);

	add(journal, "id=c1 space=/a ip=10.0.0.2");
	add(journal, "id=c2 space=/b ip=10.0.0.3");
	add(journal, "id=c3 space=/c ip=10.0.0.4");
	assert_int_equal(journal_remove(journal, "c2", &err), 0);
	/* Told again: the later word counts. */
	add(journal, "id=c1 space=/a ip=10.0.0.9");
	assert_loaded(path, "c3:10.0.0.4 c1:10.0.0.9");
	close(journal);
}

static void a_line_without_its_end_or_its_sense_is_not_there(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "journal");

	(void)state;
	int journal = begin(path);

	add(journal, "id=c1 space=/a ip=10.0.0.2");
	assert_int_equal(write(journal, "+id=c2 space=/b ip=10.0.0.3 future=1\n", 37), 37);
	assert_int_equal(write(journal, "noise\n-nobody\n\n", 15), 15);
	assert_int_equal(write(journal, "-c1", 3), 3);
	assert_loaded(path, "c1:10.0.0.2");
	close(journal);
}

static void what_is_in_force_is_all_that_a_new_one_has(void **state)
{
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *path = path_join(folder, "journal");
	CLEANUP(endpoints_drop) struct endpoints now = {0};
	struct error *err = NULL;

	(void)state;
	int journal = begin(path);

	add(journal, "id=c1 space=/a ip=10.0.0.2");
	close(journal);
	array_push(&now.list, of("id=c2 space=/b ip=10.0.0.3"));
	assert_int_equal(journal_open(path, &now, &journal, &err), 0);
	assert_loaded(path, "c2:10.0.0.3");
	add(journal, "id=c4 space=/b ip=10.0.0.5");
	assert_loaded(path, "c2:10.0.0.3 c4:10.0.0.5");
	close(journal);
}

static void assert_kin(struct kin *kin, const char *name, int result, const char *address)
{
	struct cidrs found = {0};
	char text[CIDR_TEXT] = "";

	assert_int_equal(kin_find(kin, "89abcdef", name, false, &found), result);
	if (found.list.len)
		cidr_format_address(&found.list.items[0], text);
	assert_string_equal(text, address);
	cidrs_drop(&found);
}

static void another_networks_names_are_followed_as_they_change(void **state)
{
	CLEANUP(folder_drop) char *root = folder_new();
	CLEANUP(memory_free) char *folder = path_join(root, "89abcdef");
	CLEANUP(memory_free) char *path = path_join(folder, "journal");
	CLEANUP(memory_free) char *settled = path_join(folder, "settled");
	CLEANUP(kin_drop) struct kin *kin = kin_new(root);
	static const char line[] = "owner=0a1b2 id=89abcdef name=shop_back subnet=10.0.0.0/24 "
				   "internal=1 reserve=db\n";
	struct error *err = NULL;
	const char *name;
	struct cidr address;

	(void)state;
	assert_kin(kin, "web", NAMES_FOREIGN, "");
	assert_true(kin_is_internal(kin, "89abcdef"));
	assert_int_equal(file_make_folder(folder, &err), 0);
	assert_int_equal(file_write(settled, line, sizeof(line) - 1, true, &err), 0);
	int journal = begin(path);

	assert_kin(kin, "db", NAMES_NOBODY, "");
	add(journal, "id=c1 space=/a ip=10.0.0.2 name=db");
	assert_kin(kin, "db", NAMES_FOUND, "10.0.0.2");
	assert_kin(kin, "db.shop_back", NAMES_FOUND, "10.0.0.2");
	assert_true(cidr_parse("10.0.0.2", &address));
	assert_int_equal(kin_reverse(kin, "89abcdef", &address, &name), NAMES_FOUND);
	assert_string_equal(name, "db");
	assert_int_equal(journal_remove(journal, "c1", &err), 0);
	assert_kin(kin, "db", NAMES_NOBODY, "");
	assert_int_equal(kin_reverse(kin, "89abcdef", &address, &name), NAMES_NOBODY);
	/* The network ends. */
	close(journal);
	assert_int_equal(file_remove(path, &err), 0);
	assert_kin(kin, "db", NAMES_FOREIGN, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_and_not_removed_is_in_force),
		cmocka_unit_test(a_line_without_its_end_or_its_sense_is_not_there),
		cmocka_unit_test(what_is_in_force_is_all_that_a_new_one_has),
		cmocka_unit_test(another_networks_names_are_followed_as_they_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
