/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine/credentials.h"
#include "tests/docker/harness.h"
#include "tests/folder.h"
#include "tests/test.h"

/* Its own path: the test is its own docker command where buildx is to be had. */
static char self[1024];

static void put(const char *folder, const char *path, const char *content)
{
	CLEANUP(memory_free) char *full = path_join(folder, path);
	CLEANUP(memory_free) char *parent = path_folder(full);
	CLEANUP(error_drop) struct error *err = NULL;

	assert_int_equal(file_make_folder(parent, &err), 0);
	assert_int_equal(file_write(full, content, strlen(content), false, &err), 0);
}

static void assert_has(const struct text *text, const char *part)
{
	if (!strstr(text_string(text), part))
		fail_msg("no \"%s\" in:\n%s", part, text_string(text));
}

static void assert_lacks(const struct text *text, const char *part)
{
	if (strstr(text_string(text), part))
		fail_msg("\"%s\" in:\n%s", part, text_string(text));
}

/* --- build. PATH is emptied, so that the engine's own builder is taken unless a test says
 * otherwise. */

static void begin_build(struct heard *heard, struct harness *h, const struct build_options *options)
{
	heard_begin(heard, h, engine_build(h->engine, options, &heard_reader, heard));
}

static void run_build(struct heard *heard, struct harness *h, const struct build_options *options)
{
	begin_build(heard, h, options);
	heard_wait_end(heard);
	if (heard->code)
		print_message("%s\n%s\n", heard->message, text_string(&heard->lines));
}

#define LIST "RUN cd /ctx && find . -type f -o -type l | sort\n"

static void a_context_is_built_without_what_is_ignored(void **state)
{
	static const char *const tags[] = {"wincompose/built:one", "wincompose/built:two", NULL};
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(heard_free) struct heard *heard = heard_new();
	struct label args[] = {{"WORD", "green"}}, labels[] = {{"made.by", "a test"}};
	const struct build_options options = {
		.context = folder,
		.tags = tags,
		.args = {args, 1, 1},
		.labels = {labels, 1, 1},
		.no_cache = true,
	};

	put(folder, "Dockerfile",
	    "FROM wincompose/tiny\nARG WORD\nCOPY . /ctx/\n" LIST
	    "RUN echo word $WORD; printf 'no end'\n");
	put(folder, ".dockerignore", "*.log\nDockerfile\n.dockerignore\nnode_modules\n!keep.log\n");
	put(folder, "a.txt", "a");
	put(folder, "b.log", "b");
	put(folder, "keep.log", "b");
	put(folder, "node_modules/x/y.js", "b");
	put(folder, "deep/er/c.txt", "c");
	run_build(heard, h, &options);
	assert_int_equal(heard->code, 0);
	assert_has(&heard->lines, "\n./a.txt\n./deep/er/c.txt\n./keep.log\n");
	assert_has(&heard->lines, "word green\n");
	assert_has(&heard->lines, "Successfully tagged wincompose/built:two\n");
	for (const char *const *tag = tags; *tag; tag++) {
		CLEANUP(told_drop) struct told removed = {0};

		engine_image_remove(h->engine, *tag, false, told_done, &removed);
		told_wait(&removed, h);
		assert_int_equal(removed.code, 0);
	}
}

static void a_dockerfile_given_as_text_or_from_outside_is_not_in_the_context(void **state)
{
	static const char dockerfile[] = "FROM wincompose/tiny\nCOPY . /ctx/\n" LIST;
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *context = path_join(folder, "ctx");

	put(folder, "Other.Dockerfile", dockerfile);
	put(folder, "ctx/a.txt", "a");
	for (int i = 0; i < 4; i++) {
		CLEANUP(heard_free) struct heard *heard = heard_new();
		const struct build_options options = {
			.context = context,
			.dockerfile = i % 2 ? "../Other.Dockerfile" : NULL,
			.dockerfile_inline = i % 2 ? NULL : dockerfile,
			.no_cache = true,
		};

		if (i == 2)
			put(folder, "ctx/.dockerignore", "b.txt");
		put(folder, "ctx/b.txt", "b");
		run_build(heard, h, &options);
		assert_int_equal(heard->code, 0);
		assert_has(&heard->lines,
			   i < 2 ? "\n./a.txt\n./b.txt\n" : "\n./.dockerignore\n./a.txt\n");
		assert_lacks(&heard->lines, "./.dockerfile");
	}
}

static void what_fails_in_a_build_is_told_with_the_engines_sentence(void **state)
{
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(heard_free)
	struct heard *missing = heard_new(), *no_folder = heard_new(), *failing = heard_new(),
		     *syntax = heard_new(), *pattern = heard_new();
	struct build_options options = {.context = folder, .no_cache = true};

	begin_build(missing, h, &options);
	heard_wait_end(missing);
	assert_int_equal(missing->code, ERROR_NOT_FOUND);
	assert_non_null(strstr(missing->message, "Dockerfile"));
	begin_build(no_folder, h, &(struct build_options){.context = "/no/such"});
	heard_wait_end(no_folder);
	assert_int_equal(no_folder->code, ERROR_NOT_FOUND);
	put(folder, "Dockerfile", "FROM wincompose/tiny\nRUN echo almost; exit 5\n");
	begin_build(failing, h, &options);
	heard_wait_end(failing);
	assert_int_equal(failing->code, ERROR_INVALID);
	assert_non_null(strstr(failing->message, "non-zero code: 5"));
	assert_has(&failing->lines, "almost\n");
	put(folder, "Dockerfile", "FROM wincompose/tiny\nNONSENSE x\n");
	begin_build(syntax, h, &options);
	heard_wait_end(syntax);
	assert_int_equal(syntax->code, ERROR_INVALID);
	assert_non_null(strstr(syntax->message, "NONSENSE"));
	put(folder, ".dockerignore", "a\n[\n");
	begin_build(pattern, h, &options);
	heard_wait_end(pattern);
	assert_int_equal(pattern->code, ERROR_INVALID);
	assert_non_null(strstr(pattern->message, ".dockerignore:2: "));
}

/* 96 MiB of context: were it kept, the peak would show it. */
static void a_large_context_is_never_in_memory(void **state)
{
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(heard_free) struct heard *heard = heard_new();
	CLEANUP(memory_free) char *big = path_join(folder, "big");
	struct rusage before, after;
	FILE *file = fopen(big, "wb");

	put(folder, "Dockerfile",
	    "FROM wincompose/tiny\nCOPY big /big\nRUN stat -c 'size %s' /big\n");
	assert_non_null(file);
	for (int i = 0; i < 96; i++) {
		char block[4096];

		memset(block, i, sizeof(block));
		for (int k = 0; k < 256; k++)
			assert_int_equal(fwrite(block, 1, sizeof(block), file), sizeof(block));
	}
	fclose(file);
	getrusage(RUSAGE_SELF, &before);
	run_build(heard, h, &(struct build_options){.context = folder, .no_cache = true});
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(heard->code, 0);
	assert_has(&heard->lines, "size 100663296\n");
	assert_true(after.ru_maxrss - before.ru_maxrss < 32 << 10);
}

static void a_build_closed_at_any_turn_ends_once(void **state)
{
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *content = memory_alloc(300001);

	memset(content, 'x', 300000);
	content[300000] = '\0';
	put(folder, "Dockerfile", "FROM wincompose/tiny\nRUN sleep 1000\n");
	put(folder, "big", content);
	for (int turns = 0; turns < 30; turns++) {
		CLEANUP(heard_free) struct heard *heard = heard_new();

		begin_build(heard, h, &(struct build_options){.context = folder});
		harness_turns(h, turns);
		assert_int_equal(heard->ends, 0);
		engine_stream_close(heard->stream);
		heard_wait_end(heard);
		assert_int_equal(heard->code, ERROR_CANCELLED);
	}
}

/* --- buildx: this program, called docker, says what it was given */

static int act_as_docker(int argc, char **argv)
{
	const char *host = getenv("DOCKER_HOST"), *context = getenv("DOCKER_CONTEXT");
	char input[256] = "";
	bool fails = false;

	if (argc == 3 && !strcmp(argv[2], "version"))
		return getenv("NO_BUILDX") ? 1 : 0;
	input[fread(input, 1, sizeof(input) - 1, stdin)] = '\0';
	for (int i = 1; i < argc; i++) {
		fprintf(stderr, "argument %s\n", argv[i]);
		fails |= !strcmp(argv[i], "FAIL=1");
		if (!strcmp(argv[i], "SLEEP=1"))
			uv_sleep(100000);
	}
	printf("host %s\ncontext [%s]\ninput %s", host ? host : "", context ? context : "", input);
	fflush(stdout);
	if (fails)
		fprintf(stderr, "ERROR: failed to solve: it was to fail\n");
	return fails ? 1 : 0;
}

/* A folder that PATH consists of, with docker in it. */
static char *docker_folder(void)
{
	char *folder = folder_new();
	CLEANUP(memory_free) char *docker = path_join(folder, "docker");
	uv_fs_t request;

	assert_int_equal(uv_fs_copyfile(NULL, &request, self, docker, 0, NULL), 0);
	uv_fs_req_cleanup(&request);
	setenv("PATH", folder, 1);
	return folder;
}

static void buildx_builds_where_the_command_has_it(void **state)
{
	static const char *const tags[] = {"x:1", NULL};
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(folder_drop) char *programs = docker_folder();
	CLEANUP(heard_free) struct heard *heard = heard_new(), *failing = heard_new();
	struct label args[] = {{"A", "b c"}, {"UNSET", NULL}}, fail[] = {{"FAIL", "1"}};
	CLEANUP(memory_free) char *host = memory_format("host %s\ncontext []\n", harness_host());
	CLEANUP(memory_free) char *last = memory_format("argument --\nargument %s\n", folder);

	begin_build(heard, h,
		    &(struct build_options){.context = folder,
					    .dockerfile_inline = "FROM x\n",
					    .tags = tags,
					    .target = "t",
					    .args = {args, 2, 2}});
	heard_wait_end(heard);
	assert_int_equal(heard->code, 0);
	assert_has(&heard->lines, "argument buildx\nargument build\n");
	assert_has(&heard->lines, "argument --file\nargument -\nargument --tag\nargument x:1\n");
	assert_has(&heard->lines, "argument --target\nargument t\n");
	assert_has(&heard->lines, "argument A=b c\nargument --build-arg\nargument UNSET\n");
	assert_has(&heard->lines, last);
	assert_has(&heard->lines, host);
	assert_has(&heard->lines, "input FROM x\n");
	put(folder, "Dockerfile", "FROM x\n");
	begin_build(failing, h, &(struct build_options){.context = folder, .args = {fail, 1, 1}});
	heard_wait_end(failing);
	assert_int_equal(failing->code, ERROR_INVALID);
	assert_true(text_ends(failing->message, ": failed to solve: it was to fail"));
	assert_non_null(strstr(failing->detail, "FAIL=1"));
	setenv("PATH", "", 1);
}

static void what_needs_buildkit_is_refused_where_there_is_none(void **state)
{
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(folder_drop) char *programs = docker_folder();
	CLEANUP(heard_free) struct heard *without = heard_new(), *old = heard_new();
	const struct build_options options = {
		.context = folder,
		.needs_buildkit = "compose.yaml:3:7: services.a.build.ssh",
	};

	put(folder, "Dockerfile", "FROM wincompose/tiny\n");
	setenv("NO_BUILDX", "1", 1);
	run_build(old, h, &options);
	unsetenv("NO_BUILDX");
	assert_int_equal(old->code, ERROR_UNSUPPORTED);
	assert_string_equal(old->message, "compose.yaml:3:7: services.a.build.ssh needs BuildKit, "
					  "and the docker command here has no buildx");
	setenv("PATH", "", 1);
	run_build(without, h, &options);
	assert_int_equal(without->code, ERROR_UNSUPPORTED);
	assert_true(text_ends(without->message, "and there is no docker command here"));
}

static void a_docker_command_without_buildx_leaves_it_to_the_engine(void **state)
{
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(folder_drop) char *programs = docker_folder();
	CLEANUP(heard_free) struct heard *heard = heard_new();

	put(folder, "Dockerfile", "FROM wincompose/tiny\nRUN echo classic\n");
	setenv("NO_BUILDX", "1", 1);
	run_build(heard, h, &(struct build_options){.context = folder, .no_cache = true});
	unsetenv("NO_BUILDX");
	assert_int_equal(heard->code, 0);
	assert_has(&heard->lines, "\nclassic\n");
	setenv("PATH", "", 1);
}

static void buildx_closed_at_any_turn_ends_once(void **state)
{
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(folder_drop) char *programs = docker_folder();
	struct label args[] = {{"SLEEP", "1"}};

	put(folder, "Dockerfile", "FROM x\n");
	for (int turns = 0; turns < 12; turns++) {
		CLEANUP(heard_free) struct heard *heard = heard_new();

		begin_build(heard, h,
			    &(struct build_options){.context = folder, .args = {args, 1, 1}});
		harness_turns(h, turns);
		engine_stream_close(heard->stream);
		heard_wait_end(heard);
		assert_int_equal(heard->code, ERROR_CANCELLED);
	}
	setenv("PATH", "", 1);
}

/* --- pull */

static const char *registry(void)
{
	const char *address = getenv("WINCOMPOSE_TEST_REGISTRY");

	if (!address) {
		print_message("skipped: no registry (packages docker-registry, apache2-utils)\n");
		skip();
	}
	return address;
}

static void forget(struct harness *h, const char *reference)
{
	CLEANUP(told_drop) struct told removed = {0};

	engine_image_remove(h->engine, reference, true, told_done, &removed);
	told_wait(&removed, h);
	assert_int_equal(removed.code, 0);
}

static void configure(const char *folder, const char *server, const char *auth)
{
	CLEANUP(memory_free)
	char *config = memory_format("{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}", server, auth);

	put(folder, "config.json", config);
	setenv("DOCKER_CONFIG", folder, 1);
}

#define AUTH_RIGHT "d2luY29tcG9zZTpzZWNyZXQ=" /* wincompose:secret */
#define AUTH_WRONG "d2luY29tcG9zZTp3cm9uZw==" /* wincompose:wrong */

static void pull(struct heard *heard, struct harness *h, const char *reference,
		 const struct credentials *credentials)
{
	const struct pull_options options = {.credentials = credentials};

	heard_begin(heard, h, engine_pull(h->engine, reference, &options, &heard_reader, heard));
	heard_wait_end(heard);
}

static void pull_takes_credentials_from_the_config_file(void **state)
{
	const char *address = registry();
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *pulled = memory_format("%s/pulled", address);
	CLEANUP(heard_free) struct heard *heard = heard_new();

	configure(folder, address, AUTH_RIGHT);
	forget(h, pulled);
	pull(heard, h, pulled, NULL);
	if (heard->code)
		fail_msg("%s", heard->message);
	assert_has(&heard->lines, "latest: Pulling from pulled\n");
	assert_has(&heard->lines, ": Pull complete\n");
	assert_has(&heard->lines, "Status: Downloaded newer image for ");
	assert_true(heard->largest_total > 100000);
}

static void pull_without_the_right_credentials_is_refused(void **state)
{
	const char *address = registry();
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *pulled = memory_format("%s/pulled", address);
	CLEANUP(heard_free)
	struct heard *wrong = heard_new(), *none = heard_new(), *given = heard_new();
	const struct credentials right = {
		.user = "wincompose", .secret = "secret", .server = address};

	configure(folder, address, AUTH_WRONG);
	pull(wrong, h, pulled, NULL);
	assert_int_not_equal(wrong->code, 0);
	assert_non_null(strstr(wrong->message, "unauthorized"));
	configure(folder, "other.test", AUTH_WRONG);
	pull(none, h, pulled, NULL);
	assert_int_not_equal(none->code, 0);
	assert_non_null(strstr(none->message, "no basic auth credentials"));
	pull(given, h, pulled, &right);
	assert_int_equal(given->code, 0);
}

static void a_pull_that_cannot_be_says_why(void **state)
{
	const char *address = registry();
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *tag = memory_format("%s/pulled:no-such", address);
	CLEANUP(heard_free)
	struct heard *absent = heard_new(), *name = heard_new(), *nobody = heard_new();

	configure(folder, address, AUTH_RIGHT);
	pull(absent, h, tag, NULL);
	assert_int_equal(absent->code, ERROR_NOT_FOUND);
	assert_non_null(strstr(absent->message, tag));
	pull(name, h, "UPPER", NULL);
	assert_int_equal(name->code, ERROR_INVALID);
	pull(nobody, h, "127.0.0.1:1/x", NULL);
	assert_int_equal(nobody->code, ERROR_UNAVAILABLE);
}

static void a_pull_closed_at_any_turn_ends_once(void **state)
{
	const char *address = registry();
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *pulled = memory_format("%s/pulled", address);

	configure(folder, address, AUTH_RIGHT);
	for (int turns = 0; turns < 12; turns++) {
		CLEANUP(heard_free) struct heard *heard = heard_new();
		const struct pull_options options = {0};

		forget(h, pulled);
		heard_begin(heard, h,
			    engine_pull(h->engine, pulled, &options, &heard_reader, heard));
		harness_turns(h, turns);
		if (!heard->ends)
			engine_stream_close(heard->stream);
		heard_wait_end(heard);
		assert_true(!heard->code || heard->code == ERROR_CANCELLED);
	}
}

static void push(struct heard *heard, struct harness *h, const char *reference)
{
	heard_begin(heard, h, engine_push(h->engine, reference, &heard_reader, heard));
	heard_wait_end(heard);
}

static void a_push_takes_credentials_from_the_config_file(void **state)
{
	const char *address = registry();
	struct harness *h = *state;
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(memory_free) char *pulled = memory_format("%s/pulled", address);
	CLEANUP(memory_free) char *absent = memory_format("%s/pulled:no-such", address);
	CLEANUP(heard_free)
	struct heard *first = heard_new(), *heard = heard_new(), *wrong = heard_new(),
		     *none = heard_new(), *tag = heard_new();

	configure(folder, address, AUTH_RIGHT);
	pull(first, h, pulled, NULL);
	assert_int_equal(first->code, 0);
	push(heard, h, pulled);
	if (heard->code)
		fail_msg("%s", heard->message);
	assert_has(&heard->lines, "Layer already exists\n");
	push(tag, h, absent);
	assert_int_equal(tag->code, ERROR_NOT_FOUND);
	assert_non_null(strstr(tag->message, absent));
	configure(folder, address, AUTH_WRONG);
	push(wrong, h, pulled);
	assert_int_not_equal(wrong->code, 0);
	assert_non_null(strstr(wrong->message, "unauthorized"));
	configure(folder, "other.test", AUTH_WRONG);
	push(none, h, pulled);
	assert_int_not_equal(none->code, 0);
	assert_non_null(strstr(none->message, "no basic auth credentials"));
}

static void a_registry_tells_the_digest_to_whom_it_knows(void **state)
{
	struct harness *h = *state;
	CLEANUP(memory_free) char *reference = memory_format("%s/pulled", registry());
	CLEANUP(folder_drop) char *folder = folder_new();
	CLEANUP(told_drop) struct told right = {0}, wrong = {0};

	configure(folder, registry(), AUTH_RIGHT);
	engine_image_digest(h->engine, reference, told_id, &right);
	told_wait(&right, h);
	if (right.code)
		fail_msg("%s", right.message);
	assert_true(text_starts(right.id, "sha256:"));
	assert_int_equal(strlen(right.id), strlen("sha256:") + 64);
	configure(folder, registry(), AUTH_WRONG);
	engine_image_digest(h->engine, reference, told_id, &wrong);
	told_wait(&wrong, h);
	assert_true(wrong.code < 0);
	unsetenv("DOCKER_CONFIG");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_ENGINE(a_context_is_built_without_what_is_ignored),
		WITH_ENGINE(a_dockerfile_given_as_text_or_from_outside_is_not_in_the_context),
		WITH_ENGINE(what_fails_in_a_build_is_told_with_the_engines_sentence),
		WITH_ENGINE(a_large_context_is_never_in_memory),
		WITH_ENGINE(a_build_closed_at_any_turn_ends_once),
		WITH_ENGINE(buildx_builds_where_the_command_has_it),
		WITH_ENGINE(what_needs_buildkit_is_refused_where_there_is_none),
		WITH_ENGINE(a_docker_command_without_buildx_leaves_it_to_the_engine),
		WITH_ENGINE(buildx_closed_at_any_turn_ends_once),
		WITH_ENGINE(pull_takes_credentials_from_the_config_file),
		WITH_ENGINE(pull_without_the_right_credentials_is_refused),
		WITH_ENGINE(a_push_takes_credentials_from_the_config_file),
		WITH_ENGINE(a_registry_tells_the_digest_to_whom_it_knows),
		WITH_ENGINE(a_pull_that_cannot_be_says_why),
		WITH_ENGINE(a_pull_closed_at_any_turn_ends_once),
	};
	size_t size = sizeof(self);

	if (argc > 1 && !strcmp(argv[1], "buildx"))
		return act_as_docker(argc, argv);
	if (!harness_begin(argc, argv))
		return 0;
	uv_exepath(self, &size);
	setenv("PATH", "", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
