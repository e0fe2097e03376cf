/* SPDX-License-Identifier: MIT */
#include "engine/image/manifest.h"

#include <string.h>

#include "tests/test.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#define D1             "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define D2             "sha256:1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DOCKER         "application/vnd.docker.distribution.manifest.v2+json"
#define LIST           "application/vnd.docker.distribution.manifest.list.v2+json"
#define CONFIG(type_)  "\"config\":{\"mediaType\":\"" type_ "\",\"digest\":\"" D1 "\",\"size\":7}"
#define LAYER(type_)   "{\"mediaType\":\"" type_ "\",\"digest\":\"" D2 "\",\"size\":9}"
#define GOOD_CONFIG    CONFIG(MANIFEST_TYPE_CONFIG)
#define GOOD_LAYER     LAYER(MANIFEST_TYPE_LAYER "+gzip")
#define IMAGE(inside_) "{\"schemaVersion\":2," inside_ "}"

static int parse(const char *text, const char *type, struct manifest *ret, struct error **err)
{
	return manifest_parse(text, strlen(text), type, ret, err);
}

static void an_image_is_its_config_and_its_layers(void **state)
{
	static const struct {
		const char *type;
		enum manifest_packing packing;
		bool foreign;
	} layers[] = {
		{MANIFEST_TYPE_LAYER, MANIFEST_PLAIN, false},
		{MANIFEST_TYPE_LAYER "+gzip", MANIFEST_GZIP, false},
		{MANIFEST_TYPE_LAYER "+zstd", MANIFEST_ZSTD, false},
		{"application/vnd.docker.image.rootfs.diff.tar.gzip", MANIFEST_GZIP, false},
		{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MANIFEST_GZIP, true},
		{"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", MANIFEST_ZSTD,
		 true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(layers); i++) {
		CLEANUP(manifest_drop) struct manifest manifest = {0};
		CLEANUP(error_drop) struct error *err = NULL;
		CLEANUP(memory_free)
		char *text = memory_format("{\"schemaVersion\":2," GOOD_CONFIG
					   ",\"layers\":[" GOOD_LAYER ",{\"mediaType\":\"%s\","
					   "\"digest\":\"" D2 "\",\"size\":0}]}",
					   layers[i].type);

		assert_int_equal(parse(text, NULL, &manifest, &err), 0);
		assert_int_equal(manifest.kind, MANIFEST_IMAGE);
		assert_string_equal(manifest.type, MANIFEST_TYPE_IMAGE);
		assert_string_equal(manifest.config.digest, D1);
		assert_int_equal(manifest.config.size, 7);
		assert_int_equal(manifest.items.len, 2);
		assert_string_equal(manifest.items.items[0].digest, D2);
		assert_int_equal(manifest.items.items[0].size, 9);
		assert_int_equal(manifest.items.items[1].packing, layers[i].packing);
		assert_true(manifest.items.items[1].foreign == layers[i].foreign);
	}
}

static void what_is_wrong_with_a_manifest_is_told(void **state)
{
	static const struct {
		const char *text, *type;
		int code;
		const char *part;
	} bad[] = {
		{"", NULL, ERROR_INVALID, "not JSON"},
		{"[]", NULL, ERROR_INVALID, "not a JSON object"},
		{"{} x", NULL, ERROR_INVALID, "follows"},
		{"{}", NULL, ERROR_INVALID, "schemaVersion"},
		{"{\"schemaVersion\":2}", NULL, ERROR_INVALID, "neither layers nor manifests"},
		{"{\"schemaVersion\":\"2\"," GOOD_CONFIG "}", NULL, ERROR_INVALID, "schemaVersion"},
		{"{\"schemaVersion\":1,\"fsLayers\":[]}", NULL, ERROR_UNSUPPORTED, "schema 1"},
		{IMAGE(GOOD_CONFIG ",\"layers\":[],\"manifests\":[]"), NULL, ERROR_INVALID,
		 "as an image and as an index"},
		{IMAGE("\"manifests\":[]," GOOD_CONFIG), MANIFEST_TYPE_INDEX, ERROR_INVALID,
		 "as an image and as an index"},
		{IMAGE("\"manifests\":[]"), MANIFEST_TYPE_IMAGE, ERROR_INVALID, "looks like"},
		{IMAGE(GOOD_CONFIG ",\"layers\":[]"), LIST, ERROR_INVALID, "looks like"},
		{IMAGE("\"mediaType\":\"" MANIFEST_TYPE_IMAGE "\"," GOOD_CONFIG ",\"layers\":[]"),
		 DOCKER, ERROR_INVALID, "itself says"},
		{IMAGE("\"mediaType\":\"text/x\"," GOOD_CONFIG ",\"layers\":[]"), NULL,
		 ERROR_INVALID, "looks like"},
		{IMAGE(GOOD_CONFIG), NULL, ERROR_INVALID, "layers is not a list"},
		{IMAGE(GOOD_CONFIG ",\"layers\":{}"), NULL, ERROR_INVALID, "layers is not a list"},
		{IMAGE(GOOD_CONFIG ",\"layers\":[7]"), NULL, ERROR_INVALID,
		 "layers[0] is not a descriptor"},
		{IMAGE(GOOD_CONFIG ",\"layers\":[{}]"), NULL, ERROR_INVALID,
		 "layers[0] has no digest"},
		{IMAGE(GOOD_CONFIG ",\"layers\":[" GOOD_LAYER "," LAYER("text/x") "]"), NULL,
		 ERROR_UNSUPPORTED, "layers[1] is of an unknown type"},
		{IMAGE("\"config\":{\"mediaType\":\"x\",\"digest\":\"sha256:../../etc\","
		       "\"size\":1},\"layers\":[]"),
		 NULL, ERROR_INVALID, "is not a digest"},
		{IMAGE("\"config\":{\"mediaType\":\"x\",\"digest\":\"" D1 "0\",\"size\":1},"
		       "\"layers\":[]"),
		 NULL, ERROR_INVALID, "is not a digest"},
		{IMAGE("\"config\":{\"mediaType\":\"" MANIFEST_TYPE_CONFIG "\",\"digest\":\"" D1
		       "\",\"size\":-1},\"layers\":[]"),
		 NULL, ERROR_INVALID, "size"},
		{IMAGE("\"config\":{\"mediaType\":\"" MANIFEST_TYPE_CONFIG "\",\"digest\":\"" D1
		       "\",\"size\":1.5},\"layers\":[]"),
		 NULL, ERROR_INVALID, "size"},
		{IMAGE("\"config\":{\"mediaType\":\"" MANIFEST_TYPE_CONFIG "\",\"digest\":\"" D1
		       "\",\"size\":1e300},\"layers\":[]"),
		 NULL, ERROR_INVALID, "size"},
		{IMAGE("\"config\":{\"mediaType\":\"" MANIFEST_TYPE_CONFIG "\",\"digest\":\"" D1
		       "\",\"size\":99999999},\"layers\":[]"),
		 NULL, ERROR_INVALID, "the most allowed"},
		{IMAGE(CONFIG("application/vnd.cncf.helm.config.v1+json") ",\"layers\":[]"), NULL,
		 ERROR_UNSUPPORTED, "not an image"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct manifest manifest = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(parse(bad[i].text, bad[i].type, &manifest, &err), bad[i].code);
		assert_non_null(strstr(err->message, bad[i].part));
		assert_null(manifest.type);
	}
}

static void digests_of_sha512_are_told_apart_from_nonsense(void **state)
{
	CLEANUP(text_drop) struct text text = {0};
	struct manifest manifest = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	text_add(&text,
		 "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"x\",\"digest\":\"sha512:");
	text_add_repeat(&text, 'a', 128);
	text_add(&text, "\",\"size\":1},\"layers\":[]}");
	assert_int_equal(parse(text.data, NULL, &manifest, &err), ERROR_UNSUPPORTED);
	assert_non_null(strstr(err->message, "sha512"));
}

static void more_layers_than_a_mount_takes_are_refused(void **state)
{
	CLEANUP(text_drop) struct text text = {0};
	struct manifest manifest = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	text_add(&text, "{\"schemaVersion\":2," GOOD_CONFIG ",\"layers\":[" GOOD_LAYER);
	for (int i = 0; i < MANIFEST_ITEMS_MAX; i++)
		text_add(&text, "," GOOD_LAYER);
	text_add(&text, "]}");
	assert_int_equal(parse(text.data, NULL, &manifest, &err), ERROR_INVALID);
	assert_non_null(strstr(err->message, "the most allowed is 500"));
}

/* --- indexes */

#define ENTRY(digit_, platform_)                                                                   \
	"{\"mediaType\":\"" MANIFEST_TYPE_IMAGE "\",\"size\":3,\"digest\":\"sha256:" digit_        \
	"123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"" platform_ "}"
#define FOR(words_) ",\"platform\":{" words_ "}"

static const char several[] =
	"{\"schemaVersion\":2,\"manifests\":[" ENTRY(
		"0", FOR("\"os\":\"linux\",\"architecture\":"
			 "\"386\"")) "," ENTRY("1",
					       FOR("\"os"
						   "\":"
						   "\"lin"
						   "ux\","
						   "\"arc"
						   "hitec"
						   "ture"
						   "\":"
						   "\"amd"
						   "64"
						   "\"")) "," ENTRY("2",
								    FOR("\"os\":\"linux\","
									"\"architecture\":"
									"\"arm64\",\"variant\":"
									"\"v8\"")) "," ENTRY("3",
											     FOR("\"os\":\"windows\",\"architecture\":\"amd64\",\"os.version\":"
												 "\"10.0.17763.1\"")) "," ENTRY("4",
																FOR("\"os\":\"windows\",\"architecture\":"
																    "\"amd64\",\"os.version\":"
																    "\"10.0.20348.5\"")) "," ENTRY("5",
																				   FOR("\"os\":"
																				       "\"unknow"
																				       "n\","
																				       "\"archit"
																				       "ecture\""
																				       ":\"unkno"
																				       "wn\"")) "," ENTRY("6",
																							  "") "]}";

static void of_an_index_the_image_that_suits_best_is_chosen(void **state)
{
	static const struct {
		struct platform wanted;
		char digit;
	} cases[] = {
		{{"linux", "amd64", NULL, NULL}, '1'},
		{{"linux", "386", NULL, NULL}, '0'},
		{{"linux", "arm64", NULL, NULL}, '2'},
		{{"windows", "amd64", NULL, "10.0.20348.99"}, '4'},
		{{"windows", "amd64", NULL, "10.0.17763.9"}, '3'},
		{{"windows", "amd64", NULL, "10.0.19041.9"}, '3'},
	};
	CLEANUP(manifest_drop) struct manifest index = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(parse(several, NULL, &index, &err), 0);
	assert_int_equal(index.kind, MANIFEST_INDEX);
	assert_int_equal(index.items.len, 7);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct manifest_blob *chosen = NULL;

		assert_int_equal(manifest_choose(&index, &cases[i].wanted, &chosen, &err), 0);
		assert_int_equal(chosen->digest[7], cases[i].digit);
	}
}

static void what_does_not_suit_lists_what_there_is(void **state)
{
	const struct platform wanted = {"linux", "riscv64", NULL, NULL};
	CLEANUP(manifest_drop) struct manifest index = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	const struct manifest_blob *chosen = NULL;

	(void)state;
	assert_int_equal(parse(several, NULL, &index, &err), 0);
	assert_int_equal(manifest_choose(&index, &wanted, &chosen, &err), ERROR_NOT_FOUND);
	assert_string_equal(err->message,
			    "there is no image for linux/riscv64; there is: linux/386, "
			    "linux/amd64, linux/arm64, windows/amd64 (10.0.17763.1), "
			    "windows/amd64 (10.0.20348.5)");
}

static void a_manifest_without_a_platform_is_taken_where_it_is_the_only_one(void **state)
{
	const struct platform wanted = {"linux", "amd64", NULL, NULL};
	CLEANUP(manifest_drop) struct manifest index = {0};
	CLEANUP(error_drop) struct error *err = NULL;
	const struct manifest_blob *chosen = NULL;

	(void)state;
	assert_int_equal(parse("{\"schemaVersion\":2,\"manifests\":[" ENTRY("6", "") "]}", NULL,
			       &index, &err),
			 0);
	assert_int_equal(manifest_choose(&index, &wanted, &chosen, &err), 0);
	assert_int_equal(chosen->digest[7], '6');
}

/* --- configs */

#define ROOTFS "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D1 "\"]}"
#define WHOLE(runtime_)                                                                            \
	"{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v7\",\"created\":"               \
	"\"2024-01-02T03:04:05Z\",\"config\":" runtime_ "," ROOTFS "}"

static int config(const char *text, struct manifest_config *ret, struct error **err)
{
	return manifest_config_parse(text, strlen(text), 1, ret, err);
}

static void a_config_says_how_an_image_runs(void **state)
{
	CLEANUP(manifest_config_drop) struct manifest_config ret = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(
		config(WHOLE("{\"Env\":[\"A=b\"],\"Cmd\":[\"sh\",\"-c\"],\"Entrypoint\":[\"/e\"],"
			     "\"Volumes\":{\"/data\":{}},\"ExposedPorts\":{\"80/tcp\":{}},"
			     "\"User\":\"1000:50\",\"WorkingDir\":\"/"
			     "w\",\"StopSignal\":\"SIGQUIT\","
			     "\"Labels\":{\"b\":\"2\",\"a\":\"1\"},"
			     "\"Healthcheck\":{\"Test\":[\"CMD\",\"true\"]}}"),
		       &ret, &err),
		0);
	assert_string_equal(ret.image.os, "linux");
	assert_string_equal(ret.image.architecture, "arm");
	assert_string_equal(ret.variant, "v7");
	assert_true(ret.image.created == INT64_C(1704164645) * 1000000000);
	assert_string_equal(ret.env[0], "A=b");
	assert_string_equal(ret.image.command[1], "-c");
	assert_string_equal(ret.image.entrypoint[0], "/e");
	assert_string_equal(ret.image.volumes[0], "/data");
	assert_string_equal(ret.ports[0], "80/tcp");
	assert_string_equal(ret.user, "1000:50");
	assert_string_equal(ret.working_dir, "/w");
	assert_string_equal(ret.stop_signal, "SIGQUIT");
	assert_string_equal(labels_get(&ret.image.labels, "a"), "1");
	assert_true(ret.image.has_healthcheck);
	assert_string_equal(ret.diff_ids[0], D1);
	assert_null(ret.diff_ids[1]);
}

static void labels_that_are_ours_do_not_come_from_images(void **state)
{
	CLEANUP(manifest_config_drop) struct manifest_config ret = {0};
	CLEANUP(error_drop) struct error *err = NULL;

	(void)state;
	assert_int_equal(config(WHOLE("{\"Labels\":{\"com.docker.compose.project\":\"victim\","
				      "\"wincompose.supervise\":\"1\",\"mine\":\"x\"}}"),
				&ret, &err),
			 0);
	assert_int_equal(ret.image.labels.len, 1);
	assert_string_equal(ret.image.labels.items[0].key, "mine");
}

static void configs_that_attack_are_refused(void **state)
{
	static const struct {
		const char *text, *part;
	} bad[] = {
		{"", "not JSON"},
		{"[]", "not a JSON object"},
		{"{}", "rootfs"},
		{"{\"rootfs\":{\"type\":\"layers\"}}", "of 0 layers, its manifest of 1"},
		{"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D1 "\",\"" D1 "\"]}}",
		 "of 2 layers, its manifest of 1"},
		{"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"../../../etc/passwd\"]}}",
		 "not a digest"},
		{"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[7]}}", "not a string"},
		{"{" ROOTFS "}", "no os and architecture"},
		{WHOLE("[]"), "config is not an object"},
		{WHOLE("{\"Env\":\"A=b\"}"), "Env is not a list"},
		{WHOLE("{\"Env\":[7]}"), "Env: an item is not a string"},
		{WHOLE("{\"Cmd\":{}}"), "Cmd is not a list"},
		{WHOLE("{\"Volumes\":[\"/x\"]}"), "Volumes is not an object"},
		{WHOLE("{\"User\":7}"), "User is not a string"},
		{WHOLE("{\"User\":\"4294967295\"}"), "not a user's or a group's number"},
		{WHOLE("{\"User\":\"4294967296\"}"), "not a user's or a group's number"},
		{WHOLE("{\"User\":\"99999999999999999999\"}"), "not a user's or a group's number"},
		{WHOLE("{\"User\":\"0:4294967297\"}"), "not a user's or a group's number"},
		{WHOLE("{\"Labels\":{\"a\":7}}"), "Labels: a value is not a string"},
		{WHOLE("{\"Labels\":{\"a\":\"1\",\"a\":\"2\"}}"), "a key twice"},
		{WHOLE("{\"Labels\":[\"a=1\"]}"), "Labels is not an object"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct manifest_config ret = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		assert_int_equal(config(bad[i].text, &ret, &err), ERROR_INVALID);
		assert_non_null(strstr(err->message, bad[i].part));
		assert_null(ret.image.os);
	}
}

static void lists_and_strings_without_end_are_refused(void **state)
{
	CLEANUP(text_drop) struct text many = {0}, lengthy = {0};
	CLEANUP(error_drop) struct error *err = NULL, *other = NULL;
	struct manifest_config ret = {0};

	(void)state;
	text_add(&many, "{\"os\":\"linux\",\"architecture\":\"amd64\"," ROOTFS
			",\"config\":{\"Env\":[\"A=1\"");
	for (int i = 0; i < 5000; i++)
		text_add(&many, ",\"A=1\"");
	text_add(&many, "]}}");
	assert_int_equal(config(many.data, &ret, &err), ERROR_INVALID);
	assert_non_null(strstr(err->message, "more than 4096 items"));
	text_add(&lengthy, "{\"os\":\"linux\",\"architecture\":\"amd64\"," ROOTFS
			   ",\"config\":{\"WorkingDir\":\"/");
	text_add_repeat(&lengthy, 'x', 200000);
	text_add(&lengthy, "\"}}");
	assert_int_equal(config(lengthy.data, &ret, &other), ERROR_INVALID);
	assert_non_null(strstr(other->message, "longer than"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_is_its_config_and_its_layers),
		cmocka_unit_test(what_is_wrong_with_a_manifest_is_told),
		cmocka_unit_test(digests_of_sha512_are_told_apart_from_nonsense),
		cmocka_unit_test(more_layers_than_a_mount_takes_are_refused),
		cmocka_unit_test(of_an_index_the_image_that_suits_best_is_chosen),
		cmocka_unit_test(what_does_not_suit_lists_what_there_is),
		cmocka_unit_test(a_manifest_without_a_platform_is_taken_where_it_is_the_only_one),
		cmocka_unit_test(a_config_says_how_an_image_runs),
		cmocka_unit_test(labels_that_are_ours_do_not_come_from_images),
		cmocka_unit_test(configs_that_attack_are_refused),
		cmocka_unit_test(lists_and_strings_without_end_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
