/* SPDX-License-Identifier: MIT */
/* What other verbs ask over the control socket. */
#include "base/error.h"
#include "base/own.h"
#include "base/text.h"
#include "compose/supervise/job.h"

static void told(const struct progress *progress, void *payload)
{
	struct job *job = payload;

	control_progress(job->request, progress);
}

static void warn(const char *sentence, void *payload)
{
	struct job *job = payload;

	control_warn(job->request, sentence);
}

static void operate(struct supervisor *supervisor, struct control_request *request,
		    const cJSON *message)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(operation_drop) struct operation operation = {0};

	if (operation_read(json_get(message, "operation"), &operation, &err) < 0) {
		control_finish(request, err, NULL);
		return;
	}
	if (!text_same(operation.project->name, supervisor->project_name)) {
		error_set(&err, ERROR_INVALID, "this is the supervisor of project %s, not of %s",
			  supervisor->project_name, operation.project->name);
		control_finish(request, err, NULL);
		return;
	}
	struct job *job = job_new(supervisor, JOB_OPERATION);
	job->operation = operation;
	operation = (struct operation){0};
	job->owned = true;
	job->request = request;
	job->remote = (struct progress_sink){told, warn, job};
	job->progress = &job->remote;
	control_set_payload(request, job);
	supervisor_go_on(supervisor);
}

static void give_up(struct supervisor *supervisor, struct control_request *request,
		    const cJSON *message)
{
	(void)message;
	supervisor_say(supervisor, NULL, PROGRESS_DONE, "Ending", "another supervisor takes over");
	control_finish(request, NULL, NULL);
	supervisor->gives_up = true;
	alarm_in(&supervisor->turn, 0);
}

/* What our own probes find: the engine knows nothing of them. */
static cJSON *health(const struct supervisor *supervisor)
{
	cJSON *words = cJSON_CreateObject();

	ARRAY_FOR_EACH (const struct container, container, &supervisor->observed.containers) {
		enum container_health found =
			probes_health(supervisor->probes, supervisor->desired, container->name);
		if (found != HEALTH_NONE && container->state == CONTAINER_RUNNING)
			json_set_string(words, container->name, container_health_name(found));
	}
	return words;
}

static void status(struct supervisor *supervisor, struct control_request *request,
		   const cJSON *message)
{
	CLEANUP(json_drop) cJSON *reply = cJSON_CreateObject();

	(void)message;
	json_set_string(reply, "project", supervisor->project_name);
	json_set_int(reply, "pid", uv_os_getpid());
	cJSON_AddItemToObject(reply, "holds", json_strings(keeper_held(supervisor->keeper)));
	cJSON_AddItemToObject(reply, "health", health(supervisor));
	control_finish(request, NULL, reply);
	supervisor->ends_from = 0;
	supervisor_go_on(supervisor);
}

void desk_request(struct control_request *request, const cJSON *message, void *payload)
{
	static const struct {
		const char *name;
		void (*serve)(struct supervisor *supervisor, struct control_request *request,
			      const cJSON *message);
	} verbs[] = {{"operate", operate}, {"give-up", give_up}, {"status", status}};
	struct supervisor *supervisor = payload;
	const char *verb = json_string(message, "verb");
	CLEANUP(error_drop) struct error *err = NULL;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (text_same(verb, verbs[i].name)) {
			verbs[i].serve(supervisor, request, message);
			return;
		}
	}
	error_set(&err, ERROR_UNSUPPORTED, "the supervisor knows no verb \"%s\"", verb ? verb : "");
	control_finish(request, err, NULL);
}

/* The verb that asked was interrupted: so is what it asked for. A stop takes as long as the
 * container likes, and nobody is left who could give it up: that is done now. */
void desk_gone(struct control_request *request, void *payload)
{
	struct job *job = control_payload(request);

	(void)payload;
	job_cancel(job);
	if (job->operation.plan.goal == PLAN_STOP)
		job_cancel(job);
}
