/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "tests/test.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/ignore.h"
#include "engine/tar.h"

/* --- a small reader: "KIND MODE PATH[ -> TARGET][ = CONTENT]" for each entry */

static uint64_t octal_at(const char *p, size_t width)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width && p[i] >= '0' && p[i] <= '7'; i++)
		value = value * 8 + (uint64_t)(p[i] - '0');
	return value;
}

/* The value of a key in pax records, yours. NULL: absent. */
static char *record(const char *records, size_t len, const char *key)
{
	CLEANUP(memory_free) char *want = memory_format(" %s=", key);
	size_t at = 0;

	while (at < len) {
		size_t n = (size_t)strtoull(records + at, NULL, 10);
		const char *space = strchr(records + at, ' ');

		assert_true(n > 0 && at + n <= len && records[at + n - 1] == '\n');
		if (text_starts(space, want)) {
			const char *value = space + strlen(want);

			return memory_copy_n(value, (size_t)(records + at + n - 1 - value));
		}
		at += n;
	}
	return NULL;
}

static void read_back(const char *tar, size_t len, struct text *out)
{
	const char *pax = NULL;
	size_t pax_len = 0, at = 0;

	assert_int_equal(len % 512, 0);
	while (tar[at]) {
		const char *h = tar + at;
		uint64_t size = octal_at(h + 124, 12);
		unsigned sum = 0;
		CLEANUP(memory_free) char *path = pax ? record(pax, pax_len, "path") : NULL;
		CLEANUP(memory_free) char *target = pax ? record(pax, pax_len, "linkpath") : NULL;

		for (size_t i = 0; i < 512; i++)
			sum += i >= 148 && i < 156 ? ' ' : (unsigned char)h[i];
		assert_int_equal(octal_at(h + 148, 6), sum);
		assert_memory_equal(h + 257,
				    "ustar\0"
				    "00",
				    8);
		assert_true(at + 512 + size <= len);
		if (h[156] == 'x') {
			pax = h + 512;
			pax_len = (size_t)size;
		} else {
			pax = NULL;
			if (!path)
				path = memory_format("%.155s%s%.100s", h + 345, h[345] ? "/" : "",
						     h);
			if (!target)
				target = memory_copy_n(h + 157, strnlen(h + 157, 100));
			text_printf(out, "%c %03o %s", h[156], (unsigned)octal_at(h + 100, 8),
				    path);
			if (*target)
				text_printf(out, " -> %s", target);
			if (size && size < 100)
				text_printf(out, " = %.*s", (int)size, h + 512);
			text_add_char(out, '\n');
		}
		at += 512 + (size_t)((size + 511) / 512 * 512);
	}
	assert_int_equal(len - at, 1024);
}

/* --- a folder to read */

struct fixture {
	char *folder;
};

static char *under(const struct fixture *f, const char *path)
{
	return memory_format("%s/%s", f->folder, path);
}

static void put(const struct fixture *f, const char *path, const char *content, size_t len)
{
	CLEANUP(memory_free) char *full = under(f, path);
	FILE *file = fopen(full, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, len, file), len);
	fclose(file);
}

static void make_folder(const struct fixture *f, const char *path)
{
	CLEANUP(memory_free) char *full = under(f, path);
	uv_fs_t request;

	assert_int_equal(uv_fs_mkdir(NULL, &request, full, 0755, NULL), 0);
	uv_fs_req_cleanup(&request);
}

static void remove_tree(const char *path)
{
	uv_fs_t request;
	uv_dirent_t entry;

	if (uv_fs_scandir(NULL, &request, path, 0, NULL) >= 0)
		while (uv_fs_scandir_next(&request, &entry) != UV_EOF) {
			CLEANUP(memory_free) char *full = memory_format("%s/%s", path, entry.name);
			uv_fs_t each;

			if (entry.type == UV_DIRENT_DIR)
				remove_tree(full);
			else
				uv_fs_unlink(NULL, &each, full, NULL);
		}
	uv_fs_req_cleanup(&request);
	uv_fs_rmdir(NULL, &request, path, NULL);
	uv_fs_req_cleanup(&request);
}

static int set_up(void **state)
{
	struct fixture *f = memory_zero(1, sizeof(*f));
	char folder[1024];
	size_t size = sizeof(folder);
	uv_fs_t request;

	assert_int_equal(uv_os_tmpdir(folder, &size), 0);
	CLEANUP(memory_free) char *template = memory_format("%s/tar-XXXXXX", folder);
	assert_int_equal(uv_fs_mkdtemp(NULL, &request, template, NULL), 0);
	f->folder = memory_copy(request.path);
	uv_fs_req_cleanup(&request);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	remove_tree(f->folder);
	free(f->folder);
	free(f);
	return 0;
}

/* Reads it all in pieces of that many bytes. */
static int read_all(struct tar_walk *walk, size_t piece, struct text *out, struct error **err)
{
	for (;;) {
		size_t len = 0;
		int status = tar_read(walk, text_reserve(out, piece), piece, &len, err);

		if (status < 0)
			return status;
		assert_true(len <= piece);
		out->len += len;
		if (!status)
			return 0;
	}
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Folders are read in no order: the lines are sorted before they are compared. */
static void assert_lines(struct text *lines, const char *expected)
{
	char *all[100];
	size_t count = 0;
	CLEANUP(text_drop) struct text sorted = {0};

	for (char *line = lines->data; line && *line && count < 100;) {
		char *end = strchr(line, '\n');

		*end = '\0';
		all[count++] = line;
		line = end + 1;
	}
	qsort(all, count, sizeof(*all), compare_lines);
	for (size_t i = 0; i < count; i++)
		text_printf(&sorted, "%s\n", all[i]);
	assert_string_equal(text_string(&sorted), expected);
}

static void entries_are_read_back_as_they_were_written(void **state)
{
	CLEANUP(text_drop)
	struct text tar = {0},
		    lines = {0}, deep = {0}, wanted = {0}, target = {0};

	(void)state;
	for (int i = 0; i < 12; i++)
		text_printf(&deep, "folder-number-%d/", i);
	text_add_repeat(&target, 't', 101);
	tar_file(&tar, &(struct tar_entry){.path = "a", .size = 5, .mode = 0640}, "hello");
	tar_header(&tar, &(struct tar_entry){.kind = TAR_FOLDER, .path = "b", .mode = 0755});
	tar_header(&tar, &(struct tar_entry){.kind = TAR_FOLDER, .path = "c/", .mode = 01777});
	tar_header(&tar, &(struct tar_entry){.kind = TAR_LINK, .path = "l", .target = "a"});
	tar_header(&tar, &(struct tar_entry){
				 .kind = TAR_LINK, .path = "m", .target = text_string(&target)});
	tar_file(&tar, &(struct tar_entry){.path = "\xc3\xa9", .size = 1, .mode = 0600}, "x");
	tar_header(&tar, &(struct tar_entry){.kind = TAR_FOLDER, .path = deep.data, .mode = 0700});
	text_add_repeat(&deep, 'n', 120);
	tar_file(&tar, &(struct tar_entry){.path = deep.data, .size = 1, .mode = 0600}, "y");
	tar_file(&tar, &(struct tar_entry){.path = "empty", .mode = 0600}, "");
	tar_end(&tar);
	read_back(tar.data, tar.len, &lines);
	text_add(&wanted, "0 640 a = hello\n5 755 b/\n5 1777 c/\n2 000 l -> a\n2 000 m -> ");
	text_printf(&wanted, "%s\n0 600 \xc3\xa9 = x\n5 700 %.*s\n0 600 %s = y\n0 600 empty\n",
		    target.data, (int)(deep.len - 120), deep.data, deep.data);
	assert_string_equal(lines.data, wanted.data);
}

static void what_octal_cannot_hold_is_told_by_pax(void **state)
{
	CLEANUP(text_drop) struct text tar = {0};

	(void)state;
	tar_header(&tar, &(struct tar_entry){.path = "big",
					     .size = UINT64_C(9) << 30,
					     .uid = 3000000,
					     .gid = 7,
					     .modified = INT64_C(1) << 34});
	assert_int_equal(tar.data[156], 'x');
	size_t len = (size_t)octal_at(tar.data + 124, 12);
	CLEANUP(memory_free) char *size = record(tar.data + 512, len, "size");
	CLEANUP(memory_free) char *uid = record(tar.data + 512, len, "uid");
	CLEANUP(memory_free) char *gid = record(tar.data + 512, len, "gid");
	CLEANUP(memory_free) char *mtime = record(tar.data + 512, len, "mtime");
	assert_string_equal(size, "9663676416");
	assert_string_equal(uid, "3000000");
	assert_null(gid);
	assert_string_equal(mtime, "17179869184");
}

static void a_folder_is_read_in_pieces_of_any_size(void **state)
{
	static const size_t pieces[] = {1, 7, 511, 512, 513, 4096, 65536, 1 << 22};
	struct fixture *f = *state;
	CLEANUP(memory_free) char *big = memory_zero(1, 100000);

	put(f, "one", "1", 1);
	put(f, "empty", "", 0);
	make_folder(f, "sub");
	make_folder(f, "sub/hollow");
	put(f, "sub/big", big, 100000);
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(tar_drop) struct tar_walk *walk = NULL;
		CLEANUP(text_drop) struct text tar = {0}, lines = {0}, first = {0};
		const struct tar_options options = {.is_windows = true};

		assert_int_equal(tar_open(f->folder, &options, &walk, &err), 0);
		tar_file(&first, &(struct tar_entry){.path = "before", .size = 2, .mode = 0755},
			 "ok");
		tar_prepend(walk, &first);
		assert_int_equal(read_all(walk, pieces[i], &tar, &err), 0);
		read_back(tar.data, tar.len, &lines);
		assert_true(text_starts(lines.data, "0 755 before = ok\n"));
		assert_lines(&lines, "0 755 before = ok\n0 755 empty\n0 755 one = 1\n"
				     "0 755 sub/big\n5 755 sub/\n5 755 sub/hollow/\n");
	}
}

static void what_is_ignored_is_neither_read_nor_entered(void **state)
{
	static const char patterns[] = "*.log\nskip\n!skip/not/this\n**/deep\n!keep.log\n";
	struct fixture *f = *state;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(ignore_drop) struct ignore *ignore = NULL;
	CLEANUP(tar_drop) struct tar_walk *walk = NULL;
	CLEANUP(text_drop) struct text tar = {0}, lines = {0};

	put(f, "a.log", "", 0);
	put(f, "keep.log", "", 0);
	put(f, "Dockerfile", "", 0);
	make_folder(f, "skip");
	make_folder(f, "skip/not");
	make_folder(f, "skip/other");
	put(f, "skip/x", "", 0);
	put(f, "skip/not/this", "", 0);
	put(f, "skip/not/that", "", 0);
	make_folder(f, "sub");
	make_folder(f, "sub/deep");
	put(f, "sub/deep/x", "", 0);
	put(f, "sub/b.log", "", 0);
	assert_int_equal(ignore_parse(patterns, strlen(patterns), "x", false, &ignore, &err), 0);
	const struct tar_options options = {
		.ignore = ignore, .is_windows = true, .skip = "Dockerfile"};
	assert_int_equal(tar_open(f->folder, &options, &walk, &err), 0);
	assert_int_equal(read_all(walk, 65536, &tar, &err), 0);
	read_back(tar.data, tar.len, &lines);
	assert_lines(&lines, "0 755 keep.log\n0 755 skip/not/this\n0 755 sub/b.log\n5 755 sub/\n");
}

static void a_file_that_shrinks_while_it_is_read_is_an_error(void **state)
{
	struct fixture *f = *state;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(tar_drop) struct tar_walk *walk = NULL;
	CLEANUP(memory_free) char *big = memory_zero(1, 100000);
	const struct tar_options options = {0};
	char some[1024];
	size_t total = 0;

	put(f, "big", big, 100000);
	assert_int_equal(tar_open(f->folder, &options, &walk, &err), 0);
	/* A call may give less where it took its time. */
	for (size_t len; total < sizeof(some); total += len)
		assert_int_equal(tar_read(walk, some, sizeof(some) - total, &len, &err), 1);
	put(f, "big", big, 600);
	CLEANUP(text_drop) struct text rest = {0};
	assert_int_equal(read_all(walk, 65536, &rest, &err), ERROR_CONFLICT);
	assert_non_null(strstr(err->message, "big became shorter"));
}

static void what_is_no_folder_is_told(void **state)
{
	struct fixture *f = *state;
	CLEANUP(memory_free) char *absent = under(f, "absent");
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(tar_drop) struct tar_walk *walk = NULL;
	const struct tar_options options = {0};

	assert_int_equal(tar_open(absent, &options, &walk, &err), ERROR_NOT_FOUND);
	assert_non_null(strstr(err->message, "absent"));
}

static void many_names_are_read_to_the_last(void **state)
{
	struct fixture *f = *state;
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(tar_drop) struct tar_walk *walk = NULL;
	CLEANUP(text_drop) struct text tar = {0}, lines = {0};
	const struct tar_options options = {0};
	size_t count = 0;

	for (int i = 0; i < 300; i++) {
		CLEANUP(memory_free) char *name = memory_format("n%d", i);

		put(f, name, "", 0);
	}
	assert_int_equal(tar_open(f->folder, &options, &walk, &err), 0);
	assert_int_equal(read_all(walk, 65536, &tar, &err), 0);
	read_back(tar.data, tar.len, &lines);
	for (const char *p = lines.data; (p = strchr(p, '\n')); p++)
		count++;
	assert_int_equal(count, 300);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_read_back_as_they_were_written),
		cmocka_unit_test(what_octal_cannot_hold_is_told_by_pax),
		WITH_FOLDER(a_folder_is_read_in_pieces_of_any_size),
		WITH_FOLDER(what_is_ignored_is_neither_read_nor_entered),
		WITH_FOLDER(a_file_that_shrinks_while_it_is_read_is_an_error),
		WITH_FOLDER(what_is_no_folder_is_told),
		WITH_FOLDER(many_names_are_read_to_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
