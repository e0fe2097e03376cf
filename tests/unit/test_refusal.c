/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/own.h"
#include "compose/plan/refusal.h"
#include "compose/project/project.h"

/* Sentences are the engine's and Windows' own (docs/windows.md, "What the host answers"). */
static const struct vector {
	const char *tried, *sentence;
	const char *host, *image;
	const char *says; /* what our text has */
	const char *cure;
} vectors[] = {
	{"process",
	 "hcs::CreateComputeSystem abc: The container operating system does not match the host "
	 "operating system. (0xc0370101)",
	 "10.0.20348.1", "10.0.17763.9",
	 "not one that this host runs; core:1 is of Windows build 10.0.17763.9, the host of build "
	 "10.0.20348.1: use its tag for ltsc2022, or write isolation: hyperv",
	 "hyperv"},
	{"process", "failure in a Windows system call (0x80370101)", "10.0.26200.1", "10.0.20348.9",
	 "or write isolation: hyperv", "hyperv"},
	{"process",
	 "The operating system of the container does not match the operating system of the host.",
	 "10.0.20348.1", "10.0.20348.9", "use its tag for ltsc2022", "hyperv"},
	{"hyperv", "... (0xc0370101)", "10.0.20348.1", "10.0.26100.9", "use its tag for ltsc2022",
	 NULL},
	{"process",
	 "hcs::System::Start: The virtual machine or container exited unexpectedly. (0xc0370106)",
	 "10.0.26100.2605", "10.0.26100.3194",
	 "ended while it started; core:1 is of Windows build 10.0.26100.3194, the host of build "
	 "10.0.26100.2605: the image has the newer revision: write isolation: hyperv, or update "
	 "the host, or pin a tag",
	 "hyperv"},
	{"hyperv", "(0xc0370106)", "10.0.26100.1", "10.0.26100.1", "mem_limit", NULL},
	{"process", "hcsshim::PrepareLayer failed in Win32: (0xc0370112)", "10.0.26200.1",
	 "10.0.26100.1742",
	 "in either isolation; core:1 is of Windows build 10.0.26100.1742, the "
	 "host of build 10.0.26200.1: use its tag for ltsc2022",
	 NULL},
	{"hyperv",
	 "The virtual machine could not be started because a required feature is not installed. "
	 "(0x80370102)",
	 "10.0.20348.1", "10.0.20348.1",
	 "write isolation: process, or enable the Windows feature "
	 "Hyper-V",
	 "process"},
	{"hyperv", "(0x80370102)", "10.0.20348.1", "10.0.17763.1", "enable the Windows feature",
	 NULL},
	{"hyperv", "No hypervisor is present on this system. (0xC0351000)", "10.0.22631.1",
	 "10.0.20348.1", "no hypervisor runs on the host: write isolation: process", "process"},
	{"hyperv", "(0xc0370108)", "10.0.20348.1", "10.0.20348.1", "could not be reached", NULL},
	{"hyperv", "(0xc0370109)", "10.0.20348.1", "10.0.20348.1", "did not answer in time", NULL},
	{"process", "(0xc0370100)", "10.0.20348.1", "10.0.20348.1", "ended while it started", NULL},
	{"process", "(0x80370118)", "10.0.20348.1", "10.0.20348.1", "--parallel", NULL},
	{"process", "(0x80370113)", "10.0.20348.1", "10.0.20348.1", "Insider", NULL},
	{"process", "(0x80370114)", "10.0.20348.1", "10.0.20348.1", "net start vmcompute", NULL},
	{"process", "(0x8037011e)", "10.0.20348.1", "10.0.20348.1", "restarted meanwhile", NULL},
	{"process", "(0x8037011b)", "10.0.20348.1", "10.0.20348.1", "engine's account", NULL},
	{"process", "(0xc037010d)", "10.0.20348.1", "10.0.20348.1", "does not understand", NULL},
	{"process", "hcsshim::PrepareLayer failed in Win32: Incorrect function. (0x1)",
	 "10.0.20348.1", "10.0.20348.1", "file system filter", NULL},
	{"process", "hcsshim::PrepareLayer: The parameter is incorrect. (0x57)", "10.0.20348.1",
	 "10.0.20348.1", "file system filter", NULL},
	{"process", "HNS failed with error : (0x803b002f)", "10.0.20348.1", "10.0.20348.1",
	 "doctor --fix", NULL},
	{"process", "HNS failed with error : (0x803b0013)", "10.0.20348.1", "10.0.20348.1",
	 "a published port is taken", NULL},
	{"process",
	 "HNS failed with error : The process cannot access the file because it is being used by "
	 "another process. (0x20)",
	 "10.0.20348.1", "10.0.20348.1", "excludedportrange", NULL},
	{"process", "HNS failed with error : The object already exists.", "10.0.20348.1",
	 "10.0.20348.1", "a published port is taken", NULL},
};

static struct isolation_question question_of(const struct vector *v)
{
	return (struct isolation_question){.host_version = v->host,
					   .host_is_server = true,
					   .can_process = true,
					   .can_hyperv = true,
					   .image = "core:1",
					   .image_version = v->image};
}

static void the_ports_that_the_host_can_mean_are_named(void **state)
{
	struct service_port ports[] = {{.published = "8080", .target = 80, .protocol = "tcp"},
				       {.target = 81, .protocol = "tcp"},
				       {.published = "53", .target = 53, .protocol = "udp"}};
	struct service service = {.name = "web"};
	struct isolation_question question = {.host_version = "10.0.20348.1", .service = &service};
	struct refusal refusal;

	(void)state;
	service.ports.items = ports;
	service.ports.len = ARRAY_LEN(ports);
	assert_true(refusal_explain(&question, "process", "HNS failed with error : (0x803b0013)",
				    &refusal));
	assert_non_null(strstr(refusal.text, "taken on the host: 8080/tcp or 53/udp: end what"));
	service.ports.len = 0;
	assert_true(refusal_explain(&question, "process", "HNS failed with error : (0x803b0013)",
				    &refusal));
	assert_non_null(strstr(refusal.text, "taken on the host: end what"));
}

static void each_answer_of_the_host_is_explained_with_what_would_work(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const struct vector *v = &vectors[i];
		const struct isolation_question q = question_of(v);
		struct refusal refusal;
		if (!refusal_explain(&q, v->tried, v->sentence, &refusal))
			fail_msg("%s is not known", v->sentence);
		if (!strstr(refusal.text, v->says))
			fail_msg("\"%s\" has no \"%s\"", refusal.text, v->says);
		if (!v->cure != !refusal.cure || (v->cure && strcmp(v->cure, refusal.cure) != 0))
			fail_msg("%s: cure %s", v->sentence, refusal.cure ? refusal.cure : "none");
	}
}

static void what_was_asked_for_or_is_strict_has_no_cure_but_is_explained(void **state)
{
	(void)state;
	struct isolation_question q = question_of(&vectors[0]);
	struct refusal refusal;
	q.asked = "process";
	assert_true(refusal_explain(&q, "process", vectors[0].sentence, &refusal));
	assert_null(refusal.cure);
	assert_non_null(strstr(refusal.text, "write isolation: hyperv"));
	q.asked = "default";
	q.strict = true;
	assert_true(refusal_explain(&q, "process", vectors[0].sentence, &refusal));
	assert_null(refusal.cure);
}

static void an_engine_without_the_other_isolation_is_not_sent_there(void **state)
{
	(void)state;
	struct isolation_question q = question_of(&vectors[0]);
	struct refusal refusal;
	q.can_hyperv = false;
	assert_true(refusal_explain(&q, "process", vectors[0].sentence, &refusal));
	assert_null(refusal.cure);
	assert_null(strstr(refusal.text, "hyperv"));
}

static void the_code_is_told_as_it_was_said(void **state)
{
	(void)state;
	const struct isolation_question q = question_of(&vectors[0]);
	struct refusal refusal;
	assert_true(refusal_explain(&q, "process", "pid 0x12 (0xc0370101): x", &refusal));
	assert_string_equal(refusal.code, "0xc0370101");
	assert_true(refusal_explain(&q, "process", "The object already exists", &refusal));
	assert_string_equal(refusal.code, "");
}

static void other_sentences_are_left_as_they_are(void **state)
{
	(void)state;
	const struct isolation_question q = question_of(&vectors[0]);
	struct refusal refusal;
	assert_false(refusal_explain(&q, "process", "No such image: core:1", &refusal));
	assert_false(refusal_explain(&q, "process", "exit 1 (0x1) of 0xzz 0", &refusal));
	assert_false(refusal_explain(&q, NULL, "", &refusal));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ports_that_the_host_can_mean_are_named),
		cmocka_unit_test(each_answer_of_the_host_is_explained_with_what_would_work),
		cmocka_unit_test(what_was_asked_for_or_is_strict_has_no_cure_but_is_explained),
		cmocka_unit_test(an_engine_without_the_other_isolation_is_not_sent_there),
		cmocka_unit_test(the_code_is_told_as_it_was_said),
		cmocka_unit_test(other_sentences_are_left_as_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
