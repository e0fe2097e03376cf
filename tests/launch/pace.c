/* SPDX-License-Identifier: MIT */
/* pace -- how long a launcher takes to start a container: pace BUNDLE TIMES FILTERS
 *
 * Prints the median in microseconds from the request to the running program, and of its removal after its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/linux/entry.h"
#include "engine/linux/launch.h"
#include "engine/linux/seal.h"

#define MOST 1000

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static int by_size(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return x < y ? -1 : x > y;
}

static int once(const struct launch_request *request, long *start, long *end, struct error **err)
{
	struct launch *launch = NULL;
	struct launch_end how;
	long began = now_us();

	if (launch_create(request, &launch, err))
		return (*err)->code;
	if (!launch_start(launch, err)) {
		*start = now_us() - began;
		launch_wait(launch, &how, err);
	}
	began = now_us();
	launch_delete(&launch, err);
	*end = now_us() - began;
	return *err ? (*err)->code : 0;
}

int main(int argc, char **argv)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text text = {0};
	CLEANUP(json_drop) cJSON *json = NULL;
	CLEANUP(oci_drop) struct oci oci = {0};
	static long starts[MOST], ends[MOST];
	struct launch_request request = {.id = "pace", .oci = &oci, .streams = {0, 1, 2}};
	int times = argc > 3 ? atoi(argv[2]) : 0;

	if (times < 1 || times > MOST || seal_self(argv, &err))
		return 2;
	request.files.bundle = argv[1];
	request.filters = argv[3];
	if (chdir(argv[1]) || entry_read(-100, "config.json", "", &text, &err) ||
	    json_parse(text.data, text.len, "config.json", &json, &err) ||
	    oci_parse(json, "config.json", &oci, &err))
		times = 0;
	for (int i = 0; i < times && !err; i++)
		once(&request, &starts[i], &ends[i], &err);
	if (err || !times) {
		fprintf(stderr, "pace: %s\n", err ? err->message : "no bundle");
		return 1;
	}
	qsort(starts, (size_t)times, sizeof(*starts), by_size);
	qsort(ends, (size_t)times, sizeof(*ends), by_size);
	printf("%ld %ld\n", starts[times / 2], ends[times / 2]);
	return 0;
}
