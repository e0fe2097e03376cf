/* SPDX-License-Identifier: MIT */
#include "tests/test.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "compose/cli/inquire.h"

static cJSON *answer_of(const char *text)
{
	CLEANUP(error_drop) struct error *err = NULL;
	cJSON *json = NULL;

	assert_int_equal(json_parse(text, strlen(text), "the answer", &json, &err), 0);
	return json;
}

static void the_word_of_a_probe_is_shown_as_the_engines_is(void **state)
{
	static const struct {
		const char *status;
		enum container_health health;
		const char *word;
		const char *wanted;
		enum container_health wanted_health;
	} cases[] = {
		{"Up 2 minutes", HEALTH_NONE, "healthy", "Up 2 minutes (healthy)", HEALTH_HEALTHY},
		{"Up 2 minutes", HEALTH_NONE, "starting", "Up 2 minutes (health: starting)",
		 HEALTH_STARTING},
		{"Up 2 minutes", HEALTH_NONE, "unhealthy", "Up 2 minutes (unhealthy)",
		 HEALTH_UNHEALTHY},
		{"Up 1 second (health: starting)", HEALTH_STARTING, "healthy",
		 "Up 1 second (healthy)", HEALTH_HEALTHY},
		{"Up 1 second (healthy)", HEALTH_HEALTHY, "unhealthy", "Up 1 second (unhealthy)",
		 HEALTH_UNHEALTHY},
		/* Either that finds it ill is enough. */
		{"Up 1 second (unhealthy)", HEALTH_UNHEALTHY, "healthy", "Up 1 second (unhealthy)",
		 HEALTH_UNHEALTHY},
		/* Of a later version. */
		{"Up 1 second (healthy)", HEALTH_HEALTHY, "dizzy", "Up 1 second (healthy)",
		 HEALTH_HEALTHY},
		{NULL, HEALTH_NONE, "healthy", " (healthy)", HEALTH_HEALTHY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(memory_free)
		char *text = memory_format("{\"health\":{\"web\":\"%s\"}}", cases[i].word);
		CLEANUP(json_drop) cJSON *answer = answer_of(text);
		CLEANUP(observed_drop) struct observed observed = {0};
		struct container *container = array_add(&observed.containers);

		container->name = memory_copy("web");
		container->state = CONTAINER_RUNNING;
		container->health = cases[i].health;
		container->status = memory_copy(cases[i].status);
		inquire_health(answer, &observed);
		assert_string_equal(container->status, cases[i].wanted);
		assert_int_equal(container->health, cases[i].wanted_health);
	}
}

static void what_it_says_nothing_of_and_what_does_not_run_stay_as_they_are(void **state)
{
	static const char *const answers[] = {"{\"health\":{\"web\":\"healthy\"}}", "{}",
					      "{\"health\":[]}", "{\"health\":{\"api\":7}}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		CLEANUP(json_drop) cJSON *answer = answer_of(answers[i]);
		CLEANUP(observed_drop) struct observed observed = {0};

		array_add(&observed.containers)->name = memory_copy("web");
		array_add(&observed.containers)->name = memory_copy("api");
		observed.containers.items[0].state = CONTAINER_EXITED;
		observed.containers.items[1].state = CONTAINER_RUNNING;
		for (size_t j = 0; j < 2; j++)
			observed.containers.items[j].status = memory_copy("as it was");
		inquire_health(answer, &observed);
		inquire_health(NULL, &observed);
		for (size_t j = 0; j < 2; j++) {
			assert_string_equal(observed.containers.items[j].status, "as it was");
			assert_int_equal(observed.containers.items[j].health, HEALTH_NONE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_word_of_a_probe_is_shown_as_the_engines_is),
		cmocka_unit_test(what_it_says_nothing_of_and_what_does_not_run_stay_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
