/* SPDX-License-Identifier: MIT */
#include "engine/image/untar.h"

#include <string.h>

#include "tests/test.h"

#include "base/error.h"
#include "base/memory.h"
#include "tests/tarball.h"

/* An archive in memory, given out in pieces of one size. */
struct source {
	const char *bytes;
	size_t len, piece;
};

static int give(void *payload, char *bytes, size_t max, size_t *len, struct error **err)
{
	struct source *source = payload;
	size_t piece = source->piece < max ? source->piece : max;

	(void)err;
	*len = piece < source->len ? piece : source->len;
	memcpy(bytes, source->bytes, *len);
	source->bytes += *len;
	source->len -= *len;
	return 0;
}

static char letter(enum untar_kind kind)
{
	return "fdshcbp"[kind];
}

/* What is in an archive, a line each; the code where it ends wrongly. */
static int list(const struct text *archive, size_t piece, struct text *out, struct error **err)
{
	struct source source = {text_string(archive), archive->len, piece};
	CLEANUP(untar_drop) struct untar *untar = untar_new(give, &source);
	const struct untar_entry *entry;
	const char *bytes;
	size_t len;
	int status;

	while ((status = untar_next(untar, &entry, err)) > 0) {
		text_printf(out, "%c %s", letter(entry->kind), entry->path);
		if (*entry->target)
			text_printf(out, " -> %s", entry->target);
		if (entry->kind == UNTAR_CHARACTER || entry->kind == UNTAR_BLOCK)
			text_printf(out, " %u,%u", entry->major, entry->minor);
		for (size_t i = 0; i < entry->xattrs.len; i++)
			text_printf(out, " [%s=%s]", entry->xattrs.items[i].name,
				    entry->xattrs.items[i].value);
		/* Every other file is passed over. */
		if (entry->size && strstr(entry->path, "skip"))
			text_add(out, " skipped");
		else if (entry->size) {
			text_add(out, " =");
			while ((status = untar_data(untar, &bytes, &len, err)) == 0 && len)
				text_add_n(out, bytes, len);
			if (status < 0)
				return status;
		}
		text_add(out, "\n");
	}
	return status;
}

static void archives_are_read_entry_by_entry(void **state)
{
	static const struct {
		const char *lines, *expected;
	} good[] = {
		{"", ""},
		{"f|a|hello\nd|b/\nf|b/c|\n", "f a =hello\nd b/\nf b/c\n"},
		{"f|skip|hello\nf|b|x\n", "f skip skipped\nf b =x\n"},
		{"s|l|../x\nh|h|a\nc|n|1,3\nb|m|8,0\np|p\n",
		 "s l -> ../x\nh h -> a\nc n 1,3\nb m 8,0\np p\n"},
		{"f|name|x|prefix=some/folder\n", "f some/folder/name =x\n"},
		{"X|path|a/{10y}\nf|short|x\nf|b|y\n", "f a/yyyyyyyyyy =x\nf b =y\n"},
		{"X|linkpath|to\ns|l|x\n", "s l -> to\n"},
		{"L|long/{5n}\nf|x|1\nK|target\ns|l|x\n", "f long/nnnnn =1\ns l -> target\n"},
		{"X|SCHILY.xattr.user.a|b\nf|x|1\nf|y|2\n", "f x [user.a=b] =1\nf y =2\n"},
		{"X|size|3\nf|x|abc|size=0\n", "f x =abc\n"},
		{"X|comment|nothing\nX|mtime|-1.5\nf|x|1\n", "f x =1\n"},
		{"G|path|zz\nf|x|1\n", "f x =1\n"},
		/* A hard link has no content, whatever size it says. */
		{"f|a|hello\nh|b|a|size=5\nf|c|z\n", "f a =hello\nh b -> a\nf c =z\n"},
		{"f|folder/|\n", "d folder/\n"},
		{"7|x|contiguous\n", "f x =contiguous\n"},
	};
	static const size_t pieces[] = {1, 7, 512, 100000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good) * ARRAY_LEN(pieces); i++) {
		CLEANUP(text_drop) struct text archive = {0}, out = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		tarball(&archive, good[i / ARRAY_LEN(pieces)].lines);
		assert_int_equal(list(&archive, pieces[i % ARRAY_LEN(pieces)], &out, &err), 0);
		assert_string_equal(text_string(&out), good[i / ARRAY_LEN(pieces)].expected);
	}
}

static void a_large_file_is_given_in_pieces(void **state)
{
	CLEANUP(text_drop) struct text archive = {0}, out = {0}, expected = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	tarball(&archive, "f|big|{1000001z}\nf|after|x\n");
	assert_int_equal(list(&archive, 1 << 20, &out, &err), 0);
	text_add(&expected, "f big =");
	text_add_repeat(&expected, 'z', 1000001);
	text_add(&expected, "\nf after =x\n");
	assert_string_equal(text_string(&out), text_string(&expected));
}

static void what_is_wrong_with_an_archive_is_told(void **state)
{
	static const struct {
		const char *lines;
		int code;
		const char *part;
	} bad[] = {
		{"f|a|x|sum\n", ERROR_INVALID, "checksum"},
		{"f|a|x|size=5000\n", ERROR_INVALID, "ends in the middle"},
		{"f|a|x|cut\n", ERROR_INVALID, "ends in the middle"},
		{"f|a|x|size=8589934591\n", ERROR_INVALID, "ends in the middle"},
		{"X|size|99999999999999999999\nf|a|x\n", ERROR_INVALID,
		 "a value that is none: size"},
		{"X|size|-1\nf|a|x\n", ERROR_INVALID, "a value that is none: size"},
		{"X|uid|x\nf|a|x\n", ERROR_INVALID, "a value that is none: uid"},
		{"X|mtime|soon\nf|a|x\n", ERROR_INVALID, "a value that is none: mtime"},
		{"X|path|{5000y}\nf|a|x\n", ERROR_INVALID, "a value that is none: path"},
		{"X|path|y|size=2000000\nf|a|x\n", ERROR_INVALID, "the most allowed is 1048576"},
		{"L|{100000y}\nf|a|x\n", ERROR_INVALID, "too long a name"},
		{"L|y|z|size=999999999\nf|a|x\n", ERROR_INVALID, "the most allowed is 1048576"},
		{"x|a|99 path=x\n", ERROR_INVALID, "a pax header that is none"},
		{"x|a|path=x\n", ERROR_INVALID, "a pax header that is none"},
		{"x|a|0 path=x\n", ERROR_INVALID, "a pax header that is none"},
		{"x|a|8 path=xy\n", ERROR_INVALID, "a pax header that is none"},
		{"X|GNU.sparse.major|1\nf|a|x\n", ERROR_UNSUPPORTED, "sparse"},
		{"S|a|x\n", ERROR_UNSUPPORTED, "sparse"},
		{"V|a\n", ERROR_UNSUPPORTED, "unknown kind"},
		{"L|only-a-name\n", ERROR_INVALID, "ends in the middle"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(text_drop) struct text archive = {0}, out = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		tarball(&archive, bad[i].lines);
		int code = list(&archive, 4096, &out, &err);

		if (code != bad[i].code)
			print_error("%zu: %s\n", i, err ? err->message : "no error");
		assert_int_equal(code, bad[i].code);
		assert_non_null(strstr(err->message, bad[i].part));
	}
}

static void what_is_no_archive_says_so(void **state)
{
	CLEANUP(text_drop) struct text text = {0}, out = {0};
	CLEANUP(error_drop) struct error *err = NULL, *other = NULL;

	(void)state;
	text_add_repeat(&text, 'x', 2000);
	assert_int_equal(list(&text, 100, &out, &err), ERROR_INVALID);
	assert_non_null(strstr(err->message, "no tar archive"));
	text_clear(&text);
	text_add(&text, "short");
	assert_int_equal(list(&text, 100, &out, &other), ERROR_INVALID);
}

static void numbers_of_gnu_may_be_binary(void **state)
{
	CLEANUP(text_drop) struct text archive = {0}, out = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	unsigned sum = 0;

	(void)state;
	tarball(&archive, "f|a|hello\n");
	memset(archive.data + 124, 0, 12);
	archive.data[124] = (char)0x80;
	archive.data[135] = 5;
	memset(archive.data + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)archive.data[i];
	snprintf(archive.data + 148, 8, "%06o", sum);
	assert_int_equal(list(&archive, 100, &out, &err), 0);
	assert_string_equal(text_string(&out), "f a =hello\n");
}

static void paths_stay_inside(void **state)
{
	static const struct {
		const char *path, *clean;
	} good[] = {
		{"a/b", "a/b"},
		{"./a//b/", "a/b"},
		{"/etc/passwd", "etc/passwd"},
		{".", ""},
		{"", ""},
		{"//", ""},
		{"a/./b", "a/b"},
		{"..a/b..", "..a/b.."},
		{".../x", ".../x"},
	};
	static const char *const bad[] = {"..", "a/..", "../a", "a/../../b", "/..", "a/../b"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CLEANUP(memory_free) char *clean = NULL;
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(untar_path(good[i].path, &clean, &err), 0);
		assert_string_equal(clean, good[i].clean);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char *clean = NULL;
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(untar_path(bad[i], &clean, &err), ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(archives_are_read_entry_by_entry),
		cmocka_unit_test(a_large_file_is_given_in_pieces),
		cmocka_unit_test(what_is_wrong_with_an_archive_is_told),
		cmocka_unit_test(what_is_no_archive_says_so),
		cmocka_unit_test(numbers_of_gnu_may_be_binary),
		cmocka_unit_test(paths_stay_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
