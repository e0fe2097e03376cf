/* SPDX-License-Identifier: MIT */
/* Layers, right and hostile. Each is unpacked beside a canary that must stay as it is, and what is
 * there afterwards is compared name by name. */
#include "engine/image/layer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/folder.h"
#include "tests/image.h"
#include "tests/tarball.h"

struct world {
	char *folder, *blob, *layer, *canary, *secret;
	struct text archive, tree;
	struct layer_result result;
	struct error *err;
};

static int set_up(void **state)
{
	struct world *world = memory_zero(1, sizeof(*world));

	world->folder = folder_new();
	world->blob = path_join(world->folder, "blob");
	world->layer = path_join(world->folder, "layer");
	world->canary = path_join(world->folder, "canary");
	world->secret = path_join(world->canary, "secret");
	assert_int_equal(file_make_folder(world->canary, &world->err), 0);
	assert_int_equal(file_write(world->secret, "untouched", 9, false, &world->err), 0);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	text_drop(&world->archive);
	text_drop(&world->tree);
	error_drop(&world->err);
	folder_drop(&world->folder);
	free(world->blob);
	free(world->layer);
	free(world->canary);
	free(world->secret);
	free(world);
	return 0;
}

/* --- what is there */

struct listing {
	const char *folder, *path;
	struct text *out;
};

static void list_entry(const char *name, void *payload);

static void list_folder(const char *folder, const char *path, struct text *out)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct listing listing = {folder, path, out};

	assert_int_equal(file_list(folder, list_entry, &listing, &err), 0);
}

static void add_content(const char *path, struct text *out)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text text = {0};

	assert_int_equal(file_read(path, 100000, &text, &err), 0);
	text_printf(out, "=%s", text_string(&text));
}

/* "d etc", "f etc/x=content", "s l -> target", "w hidden", "p fifo"; an opaque folder is "o". */
static void list_entry(const char *name, void *payload)
{
	const struct listing *listing = payload;
	CLEANUP(memory_free) char *whole = path_join(listing->folder, name);
	CLEANUP(memory_free)
	char *path = memory_format("%s%s%s", listing->path, *listing->path ? "/" : "", name);
	char target[5000] = "", opaque = 0;
	struct stat there;

	assert_int_equal(lstat(whole, &there), 0);
	if (S_ISDIR(there.st_mode)) {
		bool is_opaque = getxattr(whole, "trusted.overlay.opaque", &opaque, 1) == 1 ||
				 getxattr(whole, "user.overlay.opaque", &opaque, 1) == 1;

		text_printf(listing->out, "%c %s\n", is_opaque ? 'o' : 'd', path);
		list_folder(whole, path, listing->out);
		return;
	}
	if (S_ISLNK(there.st_mode)) {
		assert_true(readlink(whole, target, sizeof(target) - 1) > 0);
		text_printf(listing->out, "s %s -> %s\n", path, target);
		return;
	}
	text_printf(listing->out, "%c %s",
		    S_ISREG(there.st_mode)                         ? 'f'
		    : S_ISFIFO(there.st_mode)                      ? 'p'
		    : there.st_rdev == 0 && S_ISCHR(there.st_mode) ? 'w'
								   : '?',
		    path);
	if (S_ISREG(there.st_mode) && there.st_size < 1000)
		add_content(whole, listing->out);
	text_add(listing->out, "\n");
}

/* The canary is as it was, and there is nothing else. */
static void assert_untouched(struct world *world, bool unpacked)
{
	CLEANUP(text_drop) struct text out = {0};
	struct stat there;

	list_folder(world->canary, "", &out);
	assert_string_equal(text_string(&out), "f secret=untouched\n");
	assert_int_equal(lstat(world->secret, &there), 0);
	assert_int_equal(there.st_nlink, 1);
	assert_int_equal(there.st_mode & 07777, 0644);
	assert_int_equal(file_kind(world->layer), unpacked ? FILE_FOLDER : FILE_ABSENT);
	text_clear(&out);
	list_folder(world->folder, "", &out);
	assert_true(text_starts(text_string(&out), "f blob"));
	const char *top = text_string(&out);

	for (; top; top = strchr(top, '\n') ? strchr(top, '\n') + 1 : NULL)
		if (*top)
			assert_true(text_starts(top + 2, "blob") ||
				    text_starts(top + 2, "canary") ||
				    text_starts(top + 2, "layer"));
}

/* CANARY stands for the canary's path. */
static int unpack(struct world *world, const char *lines, const struct layer_order *more)
{
	CLEANUP(text_drop) struct text filled = {0};
	struct layer_order order = more ? *more : (struct layer_order){0};

	for (const char *at = lines; *at;) {
		if (text_starts(at, "CANARY")) {
			text_add(&filled, world->canary);
			at += strlen("CANARY");
		} else {
			text_add_char(&filled, *at++);
		}
	}
	text_clear(&world->archive);
	tarball(&world->archive, text_string(&filled));
	error_drop(&world->err);
	assert_int_equal(file_write(world->blob, world->archive.data, world->archive.len, false,
				    &world->err),
			 0);
	order.blob = world->blob;
	order.folder = world->layer;
	return layer_unpack(&order, &world->result, &world->err);
}

static void forget(struct world *world)
{
	CLEANUP(memory_free) char *copy = memory_copy(world->layer);

	folder_drop(&copy);
}

/* --- layers that are right */

static void layers_become_folders(void **state)
{
	static const struct {
		const char *lines, *expected;
	} good[] = {
		{"", ""},
		{"d|.\nd|etc\nf|etc/a|hello\n", "d etc\nf etc/a=hello\n"},
		{"f|a/b/c|x\n", "d a\nd a/b\nf a/b/c=x\n"},
		{"f|./a|x\nf|/b|y\n", "f a=x\nf b=y\n"},
		{"f|a|x\nh|b|a\nh|c/d|/a\n", "f a=x\nf b=x\nd c\nf c/d=x\n"},
		{"s|l|../../etc/passwd\ns|m|/etc\n", "s l -> ../../etc/passwd\ns m -> /etc\n"},
		{"s|l|to\nh|k|l\n", "s k -> to\ns l -> to\n"},
		{"p|fifo\n", "p fifo\n"},
		/* the last of two of one name counts, whatever the first was */
		{"f|a|x\nf|a|y\n", "f a=y\n"},
		{"f|a|x\nd|a\nf|a/b|y\n", "d a\nf a/b=y\n"},
		{"d|a\nf|a/b|y\nf|a|x\n", "f a=x\n"},
		{"d|a\nf|a/b|y\nd|a\n", "d a\nf a/b=y\n"},
		{"d|a\nf|a/b|y\ns|a|x\n", "s a -> x\n"},
		{"s|a|x\nf|a|y\n", "f a=y\n"},
		{"s|a|x\nd|a\nf|a/b|y\n", "d a\nf a/b=y\n"},
		/* whiteouts */
		{"f|.wh.gone|\n", "w gone\n"},
		{"f|a/.wh.gone|\nf|a/b|x\n", "d a\nf a/b=x\nw a/gone\n"},
		{"f|a|x\nf|.wh.a|\n", "w a\n"},
		{"f|.wh.a|\nf|a|x\n", "f a=x\n"},
		{"d|a\nf|a/b|x\nf|.wh.a|\n", "w a\n"},
		{"d|a\nf|a/.wh..wh..opq|\nf|a/b|x\n", "o a\nf a/b=x\n"},
		{"f|.wh..wh.plnk|\nf|.wh..wh.aufs|\nf|a|x\n", "f a=x\n"},
		/* what only a host may give is left out */
		{"c|null|1,3\nb|sda|8,0\nc|whiteout|0,0\nf|a|x\n", "f a=x\n"},
		{"X|SCHILY.xattr.security.selinux|x\nf|a|x\n", "f a=x\n"},
		{"X|SCHILY.xattr.trusted.other|x\nf|a|x\n", "f a=x\n"},
		{"X|path|{255n}\nf|a|x\n", NULL},
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		int status = unpack(world, good[i].lines, NULL);

		if (status)
			print_error("%zu: %s\n", i, world->err->message);
		assert_int_equal(status, 0);
		assert_untouched(world, true);
		text_clear(&world->tree);
		list_folder(world->layer, "", &world->tree);
		if (good[i].expected)
			assert_string_equal(text_string(&world->tree), good[i].expected);
		forget(world);
	}
}

static void modes_times_and_owners_are_kept(void **state)
{
	struct world *world = *state;
	CLEANUP(memory_free) char *file = path_join(world->layer, "d/f");
	CLEANUP(memory_free) char *folder = path_join(world->layer, "d");
	struct stat there;

	assert_int_equal(
		unpack(world,
		       "d|d||mode=500\nX|uid|1234\nX|mtime|1000000000.5\nf|d/f|x|mode=4751\n",
		       NULL),
		0);
	assert_int_equal(stat(folder, &there), 0);
	assert_int_equal(there.st_mode & 07777, 0500);
	assert_int_equal(there.st_mtim.tv_sec, 1700000000);
	assert_int_equal(stat(file, &there), 0);
	assert_int_equal(there.st_mode & 07777, 04751);
	assert_int_equal(there.st_mtim.tv_sec, 1000000000);
	assert_int_equal(there.st_mtim.tv_nsec, 500000000);
	if (geteuid() == 0)
		assert_int_equal(there.st_uid, 1234);
}

/* --- layers that attack */

static void hostile_layers_write_nothing_and_are_told(void **state)
{
	static const struct {
		const char *lines;
		int code;
		const char *part;
	} bad[] = {
		/* paths that lead outside */
		{"f|..|x\n", ERROR_INVALID, "leads outside"},
		{"f|../canary/secret|x\n", ERROR_INVALID, "leads outside"},
		{"f|../../../../../../../tmp/x|x\n", ERROR_INVALID, "leads outside"},
		{"f|a/../../canary/secret|x\n", ERROR_INVALID, "leads outside"},
		{"f|a/../b|x\n", ERROR_INVALID, "leads outside"},
		{"f|/../canary/secret|x\n", ERROR_INVALID, "leads outside"},
		{"f|./../canary/secret|x\n", ERROR_INVALID, "leads outside"},
		{"d|../canary/new\n", ERROR_INVALID, "leads outside"},
		{"d|..\n", ERROR_INVALID, "leads outside"},
		{"s|../canary/link|x\n", ERROR_INVALID, "leads outside"},
		{"p|../canary/fifo\n", ERROR_INVALID, "leads outside"},
		{"c|../canary/device|1,3\n", ERROR_INVALID, "leads outside"},
		{"X|path|../canary/secret\nf|innocent|x\n", ERROR_INVALID, "leads outside"},
		{"L|../canary/secret\nf|innocent|x\n", ERROR_INVALID, "leads outside"},
		{"f|secret|x|prefix=../canary\n", ERROR_INVALID, "leads outside"},
		/* links that are written through */
		{"s|a|CANARY\nf|a/secret|x\n", ERROR_INVALID, "below, a link"},
		{"s|a|../canary\nf|a/secret|x\n", ERROR_INVALID, "below, a link"},
		{"s|a|..\nf|a/canary/secret|x\n", ERROR_INVALID, "below, a link"},
		{"s|a|CANARY\nd|a/new\n", ERROR_INVALID, "below, a link"},
		{"s|a|CANARY\ns|a/new|x\n", ERROR_INVALID, "below, a link"},
		{"s|a|CANARY\np|a/new\n", ERROR_INVALID, "below, a link"},
		{"s|a|CANARY\nf|a/.wh.secret|\n", ERROR_INVALID, "below, a link"},
		{"s|a|CANARY\nf|a/.wh..wh..opq|\n", ERROR_INVALID, "below, a link"},
		{"s|a|CANARY\nh|b|a/secret\n", ERROR_INVALID, "below, a link"},
		{"s|a|b\ns|b|CANARY\nf|a/secret|x\n", ERROR_INVALID, "below, a link"},
		{"s|a|.\nf|a/b|x\n", ERROR_INVALID, "below, a link"},
		{"d|d\ns|d/a|CANARY\nf|d/a/secret|x\n", ERROR_INVALID, "below, a link"},
		{"s|a|/proc/self/root\nf|a/tmp/x|x\n", ERROR_INVALID, "below, a link"},
		{"s|a|/proc/self/cwd\nf|a/x|x\n", ERROR_INVALID, "below, a link"},
		/* ... after a swap */
		{"d|a\nf|a/b|x\ns|a|CANARY\nf|a/secret|x\n", ERROR_INVALID, "below, a link"},
		{"d|a/b\ns|a|CANARY\nf|a/b/secret|x\n", ERROR_INVALID, "below, a link"},
		{"d|a\ns|b|CANARY\nh|c|b\nf|c/secret|x\n", ERROR_INVALID, "below, a link"},
		{"f|a|x\ns|a|CANARY/secret\nf|a/b|y\n", ERROR_INVALID, "below, a link"},
		/* a file that is a folder */
		{"f|a|x\nf|a/b|y\n", ERROR_INVALID, "no folder"},
		{"p|a\nf|a/b|y\n", ERROR_INVALID, "no folder"},
		{"f|.wh.a|\nf|a/b|y\n", ERROR_INVALID, "no folder"},
		/* hard links to elsewhere */
		{"h|a|../canary/secret\n", ERROR_INVALID, "leads outside"},
		{"h|a|CANARY/secret\n", ERROR_INVALID, "the layer does not have"},
		{"h|a|/etc/passwd\n", ERROR_INVALID, "the layer does not have"},
		{"h|a|nosuch\n", ERROR_INVALID, "the layer does not have"},
		{"h|a|no/such\n", ERROR_INVALID, "the layer does not have"},
		{"h|a|\n", ERROR_INVALID, "to itself or to nothing"},
		{"h|a|.\n", ERROR_INVALID, "to itself or to nothing"},
		{"f|a|x\nh|a|a\n", ERROR_INVALID, "to itself or to nothing"},
		{"f|a|x\nh|a|./a\n", ERROR_INVALID, "to itself or to nothing"},
		{"d|a\nh|b|a\n", ERROR_INVALID, "to a folder"},
		{"d|a\nf|a/b|x\nh|a|a/b\n", ERROR_INVALID, "what it replaces"},
		{"K|../canary/secret\nh|a|x\n", ERROR_INVALID, "leads outside"},
		{"X|linkpath|../canary/secret\nh|a|x\n", ERROR_INVALID, "leads outside"},
		/* whiteouts of what is no name */
		{"f|.wh.|\n", ERROR_INVALID, "hides what is no name"},
		{"f|.wh..|\n", ERROR_INVALID, "hides what is no name"},
		{"f|.wh...|\n", ERROR_INVALID, "hides what is no name"},
		{"f|a/.wh...|\n", ERROR_INVALID, "hides what is no name"},
		/* the root itself */
		{"f|.|x\n", ERROR_INVALID, "its own root"},
		{"f|/|x\n", ERROR_INVALID, "checksum"},
		{"s|.|CANARY\n", ERROR_INVALID, "its own root"},
		{"h|/|x\n", ERROR_INVALID, "its own root"},
		/* attributes that overlayfs reads */
		{"X|SCHILY.xattr.trusted.overlay.opaque|y\nd|a\n", ERROR_INVALID,
		 "for the host alone"},
		{"X|SCHILY.xattr.trusted.overlay.redirect|/etc\nd|a\n", ERROR_INVALID,
		 "for the host alone"},
		{"X|SCHILY.xattr.trusted.overlay.metacopy|y\nf|a|x\n", ERROR_INVALID,
		 "for the host alone"},
		{"X|SCHILY.xattr.user.overlay.redirect|/etc\nf|a|x\n", ERROR_INVALID,
		 "for the host alone"},
		/* names and numbers */
		{"X|path|{256n}\nf|a|x\n", ERROR_INVALID, "is too long"},
		{"X|path|{4000n}\nf|a|x\n", ERROR_INVALID, "is too long"},
		{"X|path|{100000n}\nf|a|x\n", ERROR_INVALID, "a value that is none"},
		{"L|{100000n}\nf|a|x\n", ERROR_INVALID, "too long a name"},
		{"X|uid|4294967295\nf|a|x\n", ERROR_INVALID, "nobody's number"},
		{"X|gid|4294967296\nf|a|x\n", ERROR_INVALID, "nobody's number"},
		{"X|uid|99999999999999999\nf|a|x\n", ERROR_INVALID, "nobody's number"},
		/* sizes that lie */
		{"f|a|x|size=100000\n", ERROR_INVALID, "in the middle"},
		{"f|a|x|size=8589934591\n", ERROR_INVALID, "in the middle"},
		{"X|size|999999999999999\nf|a|x\n", ERROR_INVALID, "in the middle"},
		{"f|a|{2000x}|size=3\nf|b|x\n", ERROR_INVALID, "checksum"},
		{"f|a|x|cut\n", ERROR_INVALID, "in the middle"},
		{"f|a|x|sum\n", ERROR_INVALID, "checksum"},
		{"S|a|x\n", ERROR_UNSUPPORTED, "sparse"},
		{"X|GNU.sparse.realsize|99999999999\nf|a|x\n", ERROR_UNSUPPORTED, "sparse"},
		{"Q|a|x\n", ERROR_UNSUPPORTED, "unknown kind"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int code = unpack(world, bad[i].lines, NULL);

		if (code != bad[i].code || !strstr(world->err->message, bad[i].part))
			print_error("%zu: %s\n", i, world->err ? world->err->message : "unpacked");
		assert_int_equal(code, bad[i].code);
		assert_non_null(strstr(world->err->message, bad[i].part));
		assert_untouched(world, false);
	}
}

static void what_unpacks_without_end_is_stopped(void **state)
{
	struct world *world = *state;
	const struct layer_order few = {.entries_max = 3}, small = {.bytes_max = 4096};

	assert_int_equal(unpack(world, "f|a|\nf|b|\nf|c|\nf|d|\n", &few), ERROR_INVALID);
	assert_non_null(strstr(world->err->message, "more than the 3 entries"));
	assert_untouched(world, false);
	assert_int_equal(unpack(world, "f|a|{20000x}\n", &small), ERROR_INVALID);
	assert_non_null(strstr(world->err->message, "more than the 4096 bytes"));
	assert_untouched(world, false);
}

/* Packs the archive that was made last. */
static void pack(struct world *world, const char *program)
{
	CLEANUP(memory_free)
	char *line = memory_format("%s -c <%s >%s.packed && mv %s.packed %s", program, world->blob,
				   world->blob, world->blob, world->blob);

	assert_int_equal(system(line), 0);
}

static void packed_layers_are_unpacked_and_bombs_are_stopped(void **state)
{
	static const char *const programs[] = {"gzip", "xz -0", "bzip2"};
	struct world *world = *state;

	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		struct layer_order order = {.blob = world->blob, .folder = world->layer};

		assert_int_equal(unpack(world, "f|a|hello\n", NULL), 0);
		forget(world);
		pack(world, programs[i]);
		assert_int_equal(layer_unpack(&order, &world->result, &world->err), 0);
		text_clear(&world->tree);
		list_folder(world->layer, "", &world->tree);
		assert_string_equal(text_string(&world->tree), "f a=hello\n");
		forget(world);
	}
	struct layer_order bomb = {
		.blob = world->blob, .folder = world->layer, .bytes_max = 1 << 20};

	assert_int_equal(unpack(world, "f|a|{20000000x}\n", NULL), 0);
	forget(world);
	pack(world, "gzip");
	assert_int_equal(layer_unpack(&bomb, &world->result, &world->err), ERROR_INVALID);
	assert_non_null(strstr(world->err->message, "more than the 1048576 bytes"));
	assert_untouched(world, false);
}

static void a_layer_that_is_not_what_its_image_says_is_refused(void **state)
{
	struct world *world = *state;
	CLEANUP(memory_free) char *wrong = image_digest("x", 1);
	struct layer_order order = {.diff_id = wrong};

	assert_int_equal(unpack(world, "f|a|x\n", &order), ERROR_INVALID);
	assert_non_null(strstr(world->err->message, "another digest"));
	assert_untouched(world, false);
	CLEANUP(memory_free)
	char *right = image_digest(world->archive.data, world->archive.len);

	order.diff_id = right;
	assert_int_equal(unpack(world, "f|a|x\n", &order), 0);
}

static void a_folder_that_is_there_is_not_touched(void **state)
{
	struct world *world = *state;
	struct layer_order order = {.blob = world->blob, .folder = world->canary};

	assert_int_equal(unpack(world, "f|secret|x\n", NULL), 0);
	assert_int_equal(layer_unpack(&order, &world->result, &world->err), ERROR_CONFLICT);
	assert_untouched(world, true);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(layers_become_folders),
		TEST(modes_times_and_owners_are_kept),
		TEST(hostile_layers_write_nothing_and_are_told),
		TEST(what_unpacks_without_end_is_stopped),
		TEST(packed_layers_are_unpacked_and_bombs_are_stopped),
		TEST(a_layer_that_is_not_what_its_image_says_is_refused),
		TEST(a_folder_that_is_there_is_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
