/* SPDX-License-Identifier: MIT */
#include "compose/cli/inquire.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/control.h"

#define PATIENCE_MS 1000

struct question {
	struct control_client *client;
	uv_timer_t timer;
	cJSON *reply;
	bool done, closed;
};

static void answered(enum control_outcome outcome, const cJSON *reply, const struct error *err,
		     void *payload)
{
	struct question *question = payload;

	if (outcome == CONTROL_ANSWERED && !err)
		question->reply = reply ? cJSON_Duplicate(reply, true) : cJSON_CreateObject();
	question->client = NULL;
	question->done = true;
}

static void late(uv_timer_t *timer)
{
	struct question *question = timer->data;

	if (question->client)
		control_cancel(question->client);
}

static void closed(uv_handle_t *timer)
{
	struct question *question = timer->data;

	question->closed = true;
}

cJSON *inquire(struct cli *cli, const struct home_project *home)
{
	CLEANUP(json_drop) cJSON *message = cJSON_CreateObject();
	struct question question = {0};

	json_set_int(message, "version", CONTROL_VERSION);
	json_set_string(message, "verb", "status");
	uv_timer_init(cli->loop, &question.timer);
	question.timer.data = &question;
	uv_timer_start(&question.timer, late, PATIENCE_MS, 0);
	question.client = control_call(cli->loop, home, message, NULL, answered, &question);
	cli_run(cli, &question.done);
	uv_close((uv_handle_t *)&question.timer, closed);
	cli_run(cli, &question.closed);
	return question.reply;
}

/* As the engine ends a container's status. */
static const char *const endings[] = {
	[HEALTH_NONE] = "",
	[HEALTH_STARTING] = " (health: starting)",
	[HEALTH_HEALTHY] = " (healthy)",
	[HEALTH_UNHEALTHY] = " (unhealthy)",
};

static void take_health(struct container *container, const char *word)
{
	CLEANUP(memory_free) char *status = steal(&container->status);
	size_t len = status ? strlen(status) : 0;
	enum container_health health = container->health;

	for (int i = HEALTH_STARTING; i <= HEALTH_UNHEALTHY; i++) {
		if (health != HEALTH_UNHEALTHY &&
		    text_same(container_health_name((enum container_health)i), word))
			health = (enum container_health)i;
	}
	if (status && text_ends(status, endings[container->health]))
		len -= strlen(endings[container->health]);
	container->status =
		memory_format("%.*s%s", (int)len, status ? status : "", endings[health]);
	container->health = health;
}

void inquire_health(const cJSON *answer, struct observed *observed)
{
	const cJSON *words = answer ? json_get(answer, "health") : NULL;

	if (!words)
		return;
	ARRAY_FOR_EACH (struct container, container, &observed->containers) {
		const char *word = json_string(words, container->name);
		if (word && container->state == CONTAINER_RUNNING)
			take_health(container, word);
	}
}
