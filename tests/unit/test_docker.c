/* SPDX-License-Identifier: MIT */
#include "engine/docker/docker.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/own.h"
#include "tests/test.h"

/* --- what the engine says */

static void a_status_tells_exit_code_and_health(void **state)
{
	static const struct {
		const char *status;
		int64_t exit_code;
		enum container_health health;
	} rows[] = {
		{"Created", 0, HEALTH_NONE},
		{"Up 3 minutes", 0, HEALTH_NONE},
		{"Up Less than a second (health: starting)", 0, HEALTH_STARTING},
		{"Up 3 minutes (healthy)", 0, HEALTH_HEALTHY},
		{"Up About an hour (unhealthy)", 0, HEALTH_UNHEALTHY},
		{"Up 2 hours (Paused)", 0, HEALTH_NONE},
		{"Exited (0) 3 minutes ago", 0, HEALTH_NONE},
		{"Exited (137) Less than a second ago", 137, HEALTH_NONE},
		{"Exited (3221225786) 5 days ago", 3221225786, HEALTH_NONE},
		{"Restarting (1) 2 seconds ago", 1, HEALTH_NONE},
		{"Dead", 0, HEALTH_NONE},
		{"Up (", 0, HEALTH_NONE},
		{"", 0, HEALTH_NONE},
		{NULL, 0, HEALTH_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct container container = {0};

		docker_parse_status(rows[i].status, &container);
		assert_true(container.exit_code == rows[i].exit_code);
		assert_int_equal(container.health, rows[i].health);
	}
}

static cJSON *json_of(const char *text)
{
	CLEANUP(error_drop) struct error *err = NULL;
	cJSON *json = NULL;

	assert_int_equal(json_parse(text, strlen(text), "test", &json, &err), 0);
	return json;
}

static void a_listed_container_is_read(void **state)
{
	CLEANUP(json_drop)
	cJSON *json = json_of(
		"{\"Id\":\"1de3\",\"Names\":[\"/other/alias\",\"/shop-web-1\"],\"Image\":\"web\","
		"\"ImageID\":\"sha256:48\",\"Command\":\"sh -c 'a b'\",\"Created\":1795468800,"
		"\"Ports\":[{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":"
		"\"tcp\"},"
		"{\"PrivatePort\":443,\"Type\":\"tcp\"}],"
		"\"Labels\":{\"b\":\"2\",\"a\":\"1\"},\"State\":\"running\","
		"\"Status\":\"Up 3 minutes (healthy)\","
		"\"NetworkSettings\":{\"Networks\":{\"shop_default\":{\"NetworkID\":\"n1\","
		"\"IPAddress\":\"10.0.0.2\",\"GlobalIPv6Address\":\"\",\"Aliases\":null}}},"
		"\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"v\",\"Source\":\"/s\","
		"\"Destination\":\"/d\",\"RW\":false}]}");
	struct container c = {0};

	(void)state;
	docker_parse_listed(json, &c);
	assert_string_equal(c.name, "shop-web-1");
	assert_string_equal(c.image_id, "sha256:48");
	assert_int_equal(c.state, CONTAINER_RUNNING);
	assert_int_equal(c.health, HEALTH_HEALTHY);
	assert_true(c.created == 1795468800 * (int64_t)CLOCK_SECOND);
	assert_string_equal(labels_get(&c.labels, "a"), "1");
	assert_string_equal(labels_get(&c.labels, "b"), "2");
	assert_int_equal(c.ports.len, 2);
	assert_int_equal(c.ports.items[0].published, 8080);
	assert_null(c.ports.items[1].ip);
	assert_string_equal(c.networks.items[0].address, "10.0.0.2");
	assert_null(c.networks.items[0].address6);
	assert_true(c.mounts.items[0].read_only);
	container_drop(&c);
}

static void an_inspected_container_is_read(void **state)
{
	CLEANUP(json_drop)
	cJSON *json = json_of(
		"{\"Id\":\"1de3\",\"Created\":\"2026-11-23T20:40:00.5Z\",\"Path\":\"sh\","
		"\"Args\":[\"-c\",\"x\"],\"Name\":\"/shop-web-1\",\"RestartCount\":3,"
		"\"Image\":\"sha256:48\",\"State\":{\"Status\":\"exited\",\"ExitCode\":137,"
		"\"OOMKilled\":true,\"Error\":\"\",\"StartedAt\":\"2026-11-23T20:40:01Z\","
		"\"FinishedAt\":\"0001-01-01T00:00:00Z\",\"Health\":{\"Status\":\"unhealthy\","
		"\"Log\":[{\"Output\":\"old\"},{\"Output\":\"refused\"}]}},"
		"\"Config\":{\"Image\":\"web:1\",\"Tty\":true,\"Labels\":null,"
		"\"Healthcheck\":{\"Test\":[\"CMD\",\"true\"]}},"
		"\"NetworkSettings\":{\"Ports\":{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\","
		"\"HostPort\":\"8080\"},{\"HostIp\":\"::\",\"HostPort\":\"8080\"}],\"53/"
		"udp\":null},"
		"\"Networks\":{\"n\":{\"Aliases\":[\"web\",\"1de3\"]}}}}");
	struct container c = {0};

	(void)state;
	docker_parse_inspected(json, &c);
	assert_string_equal(c.image, "web:1");
	assert_string_equal(c.command, "sh -c x");
	assert_int_equal(c.state, CONTAINER_EXITED);
	assert_int_equal(c.exit_code, 137);
	assert_true(c.oom_killed && c.tty && c.has_healthcheck);
	assert_null(c.error);
	assert_true(c.started > c.created && c.created > 0);
	assert_true(c.finished == 0);
	assert_int_equal(c.restart_count, 3);
	/* What has stopped has no health. */
	assert_int_equal(c.health, HEALTH_NONE);
	assert_string_equal(c.health_output, "refused");
	assert_int_equal(c.ports.len, 3);
	assert_string_equal(c.ports.items[2].protocol, "udp");
	assert_int_equal(c.ports.items[2].published, 0);
	assert_string_equal(c.networks.items[0].aliases[0], "web");
	container_drop(&c);
}

static void events_are_told_apart_by_the_daemons_words(void **state)
{
	static const struct {
		const char *type, *action;
		enum engine_event_kind kind;
		enum container_health health;
	} rows[] = {
		{"container", "start", EVENT_START, HEALTH_NONE},
		{"container", "health_status: healthy", EVENT_HEALTH, HEALTH_HEALTHY},
		{"container", "health_status: unhealthy", EVENT_HEALTH, HEALTH_UNHEALTHY},
		{"container", "exec_create: sh -c true", EVENT_EXEC, HEALTH_NONE},
		{"container", "destroy", EVENT_DESTROY, HEALTH_NONE},
		{"network", "destroy", EVENT_NETWORK_DESTROY, HEALTH_NONE},
		{"volume", "destroy", EVENT_VOLUME_DESTROY, HEALTH_NONE},
		{"network", "create", EVENT_OTHER, HEALTH_NONE},
		{"container", "die and more", EVENT_OTHER, HEALTH_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(memory_free)
		char *text = memory_format("{\"Type\":\"%s\",\"Action\":\"%s\"}", rows[i].type,
					   rows[i].action);
		CLEANUP(json_drop) cJSON *json = json_of(text);
		struct engine_event event = {0};

		docker_parse_event(json, &event);
		assert_int_equal(event.kind, rows[i].kind);
		assert_int_equal(event.health, rows[i].health);
	}
}

static void an_event_carries_code_signal_labels_and_time(void **state)
{
	CLEANUP(json_drop)
	cJSON *json =
		json_of("{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":"
			"\"1de3\",\"Attributes\":"
			"{\"name\":\"shop-web-1\",\"exitCode\":\"3221225786\",\"image\":\"web\","
			"\"com.docker.compose.service\":\"web\"}},\"time\":1795468800,"
			"\"timeNano\":1795468800661661323}");
	struct engine_event event = {0};

	(void)state;
	docker_parse_event(json, &event);
	assert_true(event.exit_code == 3221225786);
	assert_string_equal(event.name, "shop-web-1");
	assert_string_equal(labels_get(&event.labels, "com.docker.compose.service"), "web");
	/* A double is exact to 256 ns here. */
	assert_true(event.time / 1000 == 1795468800661661);
	array_drop(&event.labels);
}

static void a_status_of_http_becomes_one_of_our_codes_with_the_daemons_sentence(void **state)
{
	static const struct {
		int status;
		const char *body;
		int code;
		const char *message;
	} rows[] = {
		{404, "{\"message\":\"No such container: x\"}\n", ERROR_NOT_FOUND,
		 "web: No such container: x"},
		{409, "{\"message\":\"in use.\"}", ERROR_CONFLICT, "web: in use"},
		{403, "{\"message\":\"network n has active endpoints\"}", ERROR_CONFLICT,
		 "web: network n has active endpoints"},
		{400, "{\"message\":\"bad parameter\"}", ERROR_INVALID, "web: bad parameter"},
		{500, "{\"message\":\"driver failed\\nbadly\"}", ERROR_SYSTEM,
		 "web: driver failed badly"},
		{503, "Service Unavailable\r\n", ERROR_UNAVAILABLE, "web: Service Unavailable"},
		{501, "", ERROR_UNSUPPORTED, "web: the engine answered with HTTP status 501"},
		{418, "{\"broken\":", ERROR_SYSTEM, "web: {\"broken\":"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(error_drop) struct error *err = NULL;

		docker_refused(rows[i].status, rows[i].body, strlen(rows[i].body), "web", &err);
		assert_int_equal(err->code, rows[i].code);
		assert_string_equal(err->message, rows[i].message);
	}
}

/* --- frames */

struct heard {
	struct flow flow;
	struct text text; /* "1:abc 2:de " */
	size_t largest;
};

static void hear(struct engine_stream *stream, enum stream_channel channel, const char *bytes,
		 size_t len, void *payload)
{
	struct heard *heard = payload;

	(void)stream;
	text_printf(&heard->text, "%d:%.*s ", channel, (int)(len < 100 ? len : 100), bytes);
	if (len > heard->largest)
		heard->largest = len;
}

/* Feeds the bytes with only `step` more of them there each time, as a slow peer sends them. */
static int64_t feed(struct heard *heard, const char *bytes, size_t len, size_t step,
		    struct error **err)
{
	struct frames frames = {0};
	size_t start = 0;
	size_t end = 0;

	heard->flow.stream.reader.data = hear;
	heard->flow.stream.payload = heard;
	while (start < len) {
		heard->flow.permitted = true;
		int64_t taken =
			frames_parse(&frames, &heard->flow, bytes + start, end - start, err);

		if (taken < 0)
			return taken;
		start += (size_t)taken;
		if (taken == 0) {
			assert_true(end < len);
			end = end + step < len ? end + step : len;
		}
	}
	return 0;
}

static void frames_are_taken_apart_however_they_are_cut(void **state)
{
	static const char bytes[] = "\1\0\0\0\0\0\0\5hello\2\0\0\0\0\0\0\3err\1\0\0\0\0\0\0\0"
				    "\3\0\0\0\0\0\0\4ouch";
	CLEANUP(error_drop) struct error *err = NULL;
	struct heard whole = {0};
	struct heard cut = {0};

	(void)state;
	assert_int_equal(feed(&whole, bytes, sizeof(bytes) - 1, 1000, &err), 0);
	assert_string_equal(text_string(&whole.text), "1:hello 2:err 2:ouch ");
	assert_int_equal(feed(&cut, bytes, sizeof(bytes) - 1, 1, &err), 0);
	assert_string_equal(text_string(&cut.text),
			    "1:h 1:e 1:l 1:l 1:o 2:e 2:r 2:r 2:o 2:u 2:c 2:h ");
	text_drop(&whole.text);
	text_drop(&cut.text);
}

static void a_large_frame_comes_in_pieces_of_64_kib(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(text_drop) struct text bytes = {0};
	struct heard heard = {0};

	(void)state;
	text_add_n(&bytes, "\1\0\0\0\0\3\0\0", 8);
	text_add_repeat(&bytes, 'x', 3 << 16);
	assert_int_equal(feed(&heard, bytes.data, bytes.len, bytes.len, &err), 0);
	assert_int_equal(heard.largest, 64 << 10);
	text_drop(&heard.text);
}

static void what_is_no_frame_is_an_error(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	struct heard heard = {0};

	(void)state;
	assert_int_equal(feed(&heard, "plain text", 10, 10, &err), ERROR_SYSTEM);
	text_drop(&heard.text);
}

/* --- what is asked for */

static void assert_json(cJSON *made, const char *expected)
{
	CLEANUP(json_drop) cJSON *json = made;
	CLEANUP(memory_free) char *text = json_print(json);

	assert_string_equal(text, expected);
}

#define STRINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void a_container_of_few_words_asks_for_little(void **state)
{
	struct container_spec spec = {.image = "web", .stop_timeout = -1};

	(void)state;
	assert_json(docker_container_json(&spec, 41), "{\"Image\":\"web\",\"AttachStdout\":true,"
						      "\"AttachStderr\":true,\"HostConfig\":{}}");
}

static void a_whole_container_is_asked_for_as_the_api_wants_it(void **state)
{
	struct label labels[] = {{"a", "1"}, {"b", NULL}};
	struct spec_port ports[] = {
		{.host_ip = "127.0.0.1", .published = "8080", .target = 80, .protocol = "tcp"},
		{.published = "8081", .target = 80, .protocol = "tcp"},
		{.target = 53, .protocol = "udp"},
	};
	struct spec_ulimit limits[] = {{"nofile", 10, 20}};
	struct container_spec spec = {
		.image = "web",
		.command = STRINGS("a b"),
		.entrypoint = (const char *const[]){NULL},
		.env = STRINGS("K=v", "UNSET"),
		.labels = {labels, 2, 2},
		.ports = ports,
		.port_count = 3,
		.expose = STRINGS("81/tcp"),
		.restart = "on-failure",
		.restart_max = 3,
		.stop_timeout = 0,
		.init = false,
		.init_set = true,
		.memory = 1 << 20,
		.nano_cpus = 500000000,
		.ulimits = limits,
		.ulimit_count = 1,
		.devices = STRINGS("/dev/a:/dev/b:r", "/dev/c"),
		.tmpfs = STRINGS("/run", "/tmp:size=1m"),
		.log_driver = "json-file",
		.log_options = {labels, 1, 1},
		.healthcheck = {.test = STRINGS("CMD", "x"),
				.interval = CLOCK_SECOND,
				.retries = 2},
		.network_mode = "none",
	};

	(void)state;
	assert_json(
		docker_container_json(&spec, 41),
		"{\"Image\":\"web\",\"Cmd\":[\"a "
		"b\"],\"Entrypoint\":[],\"Env\":[\"K=v\",\"UNSET\"],"
		"\"StopTimeout\":0,\"AttachStdout\":true,\"AttachStderr\":true,"
		"\"Labels\":{\"a\":\"1\",\"b\":\"\"},"
		"\"Healthcheck\":{\"Test\":[\"CMD\",\"x\"],\"Interval\":1000000000,\"Retries\":2},"
		"\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":"
		"3},"
		"\"Init\":false,\"LogConfig\":{\"Type\":\"json-file\",\"Config\":{\"a\":\"1\"}},"
		"\"NanoCpus\":500000000,\"Memory\":1048576,"
		"\"Ulimits\":[{\"Name\":\"nofile\",\"Soft\":10,\"Hard\":20}],"
		"\"Devices\":[{\"PathOnHost\":\"/dev/a\",\"PathInContainer\":\"/dev/b\","
		"\"CgroupPermissions\":\"r\"},{\"PathOnHost\":\"/dev/c\","
		"\"PathInContainer\":\"/dev/c\",\"CgroupPermissions\":\"rwm\"}],"
		"\"Tmpfs\":{\"/run\":\"\",\"/tmp\":\"size=1m\"},"
		"\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8080\"},"
		"{\"HostPort\":\"8081\"}],\"53/"
		"udp\":[{\"HostPort\":\"\"}]},\"NetworkMode\":\"none\"},"
		"\"ExposedPorts\":{\"81/tcp\":{},\"80/tcp\":{},\"53/udp\":{}}}");
}

static void a_windows_container_has_limits_and_devices_of_its_own(void **state)
{
	static const char *const devices[] = {"class/5B45201D:class/5B45201D:rwm",
					      "vpci://A1:vpci://A1:rwm", NULL};
	const struct container_spec spec = {.image = "web",
					    .stop_timeout = -1,
					    .isolation = "process",
					    .cpu_percent = 50,
					    .cpu_count = 2,
					    .devices = devices};

	(void)state;
	/* Per cent as they are, and not a hundred times as much. */
	assert_json(docker_container_json(&spec, 44),
		    "{\"Image\":\"web\",\"AttachStdout\":true,\"AttachStderr\":true,"
		    "\"HostConfig\":{\"Isolation\":\"process\",\"CpuCount\":2,\"CpuPercent\":50,"
		    "\"Devices\":[{\"PathOnHost\":\"class/5B45201D\"},{\"PathOnHost\":"
		    "\"vpci://A1\"}]}}");
}

static void a_file_is_named_in_a_tar_without_its_drive(void **state)
{
	static const struct {
		const char *target, *path;
	} rows[] = {
		{"/run/secrets/key", "run/secrets/key"},
		{"C:\\ProgramData\\Docker\\secrets\\key", "ProgramData/Docker/secrets/key"},
		{"c:/site", "site"},
		{"/a\\b", "a\\b"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(memory_free) char *path = docker_archive_path(rows[i].target);
		assert_string_equal(path, rows[i].path);
	}
}

static void mounts_take_the_form_that_can_say_what_they_want(void **state)
{
	struct spec_mount mounts[] = {
		{.type = "bind", .source = "/a", .target = "/b", .create_host_path = true},
		{.type = "bind", .source = "/a", .target = "/s", .selinux = "z", .read_only = true},
		{.type = "bind", .source = "/a", .target = "/c", .propagation = "rslave"},
		{.type = "bind", .source = "/a:1", .target = "/d", .create_host_path = true},
		{.type = "volume", .source = "v", .target = "/v", .nocopy = true, .subpath = "x"},
		{.type = "volume", .source = "v", .target = "/z", .nocopy = true, .selinux = "Z"},
		{.type = "volume", .target = "/anonymous"},
		{.type = "tmpfs", .target = "/t", .tmpfs_size = 1024, .tmpfs_mode = 01777},
		{.type = "npipe", .source = "\\\\.\\pipe\\x", .target = "\\\\.\\pipe\\x"},
	};
	struct container_spec spec = {
		.image = "i", .stop_timeout = -1, .mounts = mounts, .mount_count = 9};

	(void)state;
	assert_json(docker_container_json(&spec, 48),
		    "{\"Image\":\"i\",\"AttachStdout\":true,\"AttachStderr\":true,\"HostConfig\":{"
		    "\"Binds\":[\"/a:/b:rw\",\"/a:/s:ro,z\",\"v:/z:rw,Z,nocopy\"],\"Mounts\":["
		    "{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/c\","
		    "\"BindOptions\":{\"Propagation\":\"rslave\"}},"
		    "{\"Type\":\"bind\",\"Source\":\"/a:1\",\"Target\":\"/d\","
		    "\"BindOptions\":{\"CreateMountpoint\":true}},"
		    "{\"Type\":\"volume\",\"Source\":\"v\",\"Target\":\"/v\","
		    "\"VolumeOptions\":{\"NoCopy\":true,\"Subpath\":\"x\"}},"
		    "{\"Type\":\"volume\",\"Target\":\"/anonymous\"},"
		    "{\"Type\":\"tmpfs\",\"Target\":\"/t\","
		    "\"TmpfsOptions\":{\"SizeBytes\":1024,\"Mode\":1023}},"
		    "{\"Type\":\"npipe\",\"Source\":\"\\\\\\\\.\\\\pipe\\\\x\","
		    "\"Target\":\"\\\\\\\\.\\\\pipe\\\\x\"}]}}");
}

static void several_networks_go_into_one_create_from_api_1_44_on(void **state)
{
	struct spec_endpoint endpoints[] = {
		{.network = "front", .aliases = STRINGS("web"), .mac_address = "02:00:00:00:00:01"},
		{.network = "back", .ipv4_address = "10.1.2.3", .gw_priority = 7},
	};
	struct container_spec spec = {
		.image = "i", .stop_timeout = -1, .endpoints = endpoints, .endpoint_count = 2};

	(void)state;
	assert_json(
		docker_container_json(&spec, 43),
		"{\"Image\":\"i\",\"AttachStdout\":true,\"AttachStderr\":true,"
		"\"HostConfig\":{\"NetworkMode\":\"front\"},\"MacAddress\":\"02:00:00:00:00:01\","
		"\"NetworkingConfig\":{\"EndpointsConfig\":{\"front\":{\"Aliases\":[\"web\"]}}}}");
	assert_json(docker_container_json(&spec, 48),
		    "{\"Image\":\"i\",\"AttachStdout\":true,\"AttachStderr\":true,"
		    "\"HostConfig\":{\"NetworkMode\":\"front\"},"
		    "\"NetworkingConfig\":{\"EndpointsConfig\":{\"front\":{\"Aliases\":[\"web\"],"
		    "\"MacAddress\":\"02:00:00:00:00:01\"},"
		    "\"back\":{\"IPAMConfig\":{\"IPv4Address\":\"10.1.2.3\"},\"GwPriority\":7}}}}");
}

static void options_of_mounts_have_fields_of_their_own(void **state)
{
	struct label labels[] = {{"k", "v"}};
	struct spec_mount mounts[] = {
		{.type = "bind", .source = "/a", .target = "/b", .recursive = "disabled"},
		{.type = "bind", .source = "/a", .target = "/c", .recursive = "writable"},
		{.type = "bind",
		 .source = "/a",
		 .target = "/d",
		 .recursive = "readonly",
		 .create_host_path = true},
		{.type = "volume", .source = "v", .target = "/v", .labels = {labels, 1, 1}},
		{.type = "image", .source = "tools:1", .target = "/t", .subpath = "bin"},
		{.type = "bind", .source = "/a", .target = "/e", .consistency = "cached"},
	};
	struct container_spec spec = {
		.image = "i", .stop_timeout = -1, .mounts = mounts, .mount_count = 6};

	(void)state;
	assert_json(docker_container_json(&spec, 48),
		    "{\"Image\":\"i\",\"AttachStdout\":true,\"AttachStderr\":true,\"HostConfig\":{"
		    "\"Mounts\":["
		    "{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/b\","
		    "\"BindOptions\":{\"NonRecursive\":true}},"
		    "{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/c\","
		    "\"BindOptions\":{\"ReadOnlyNonRecursive\":true}},"
		    "{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/d\","
		    "\"BindOptions\":{\"CreateMountpoint\":true,\"ReadOnlyForceRecursive\":true}},"
		    "{\"Type\":\"volume\",\"Source\":\"v\",\"Target\":\"/v\","
		    "\"VolumeOptions\":{\"Labels\":{\"k\":\"v\"}}},"
		    "{\"Type\":\"image\",\"Source\":\"tools:1\",\"Target\":\"/t\","
		    "\"ImageOptions\":{\"Subpath\":\"bin\"}},"
		    "{\"Type\":\"bind\",\"Source\":\"/a\",\"Target\":\"/e\","
		    "\"Consistency\":\"cached\"}]}}");
}

static void devices_that_drivers_give_are_requests(void **state)
{
	struct label labels[] = {{"virt", "1"}};
	struct spec_device_request requests[] = {
		{.count = -1, .capabilities = STRINGS("gpu")},
		{.driver = "nvidia",
		 .device_ids = STRINGS("0", "3"),
		 .capabilities = STRINGS("gpu", "utility"),
		 .options = {labels, 1, 1}},
	};
	struct container_spec spec = {.image = "i",
				      .stop_timeout = -1,
				      .device_requests = requests,
				      .device_request_count = 2};

	(void)state;
	assert_json(docker_container_json(&spec, 41),
		    "{\"Image\":\"i\",\"AttachStdout\":true,\"AttachStderr\":true,\"HostConfig\":{"
		    "\"DeviceRequests\":[{\"Count\":-1,\"Capabilities\":[[\"gpu\"]]},"
		    "{\"Driver\":\"nvidia\",\"DeviceIDs\":[\"0\",\"3\"],"
		    "\"Capabilities\":[[\"gpu\",\"utility\"]],\"Options\":{\"virt\":\"1\"}}]}}");
}

static void every_limit_of_the_specification_has_its_field(void **state)
{
	struct spec_throttle a[] = {{"/dev/a", 400}}, b[] = {{"/dev/b", 7}};
	struct container_spec spec = {
		.image = "i",
		.stop_timeout = -1,
		.cpu_period = 100000,
		.cpu_quota = -1,
		.cpu_rt_period = 3,
		.cpu_rt_runtime = 4,
		.swappiness = 60,
		.oom_kill_disable = true,
		.oom_score_adj = -500,
		.device_cgroup_rules = STRINGS("c 1:3 mr"),
		.blkio = {.weight = 300,
			  .weight_device = {a, 1},
			  .read_bps = {b, 1},
			  .read_iops = {b, 1},
			  .write_bps = {b, 1},
			  .write_iops = {b, 1}},
	};

	(void)state;
	assert_json(docker_container_json(&spec, 41),
		    "{\"Image\":\"i\",\"AttachStdout\":true,\"AttachStderr\":true,\"HostConfig\":{"
		    "\"CpuPeriod\":100000,\"CpuQuota\":-1,\"CpuRealtimePeriod\":3,"
		    "\"CpuRealtimeRuntime\":4,\"MemorySwappiness\":60,\"OomKillDisable\":true,"
		    "\"OomScoreAdj\":-500,\"DeviceCgroupRules\":[\"c 1:3 mr\"],"
		    "\"BlkioWeight\":300,"
		    "\"BlkioWeightDevice\":[{\"Path\":\"/dev/a\",\"Weight\":400}],"
		    "\"BlkioDeviceReadBps\":[{\"Path\":\"/dev/b\",\"Rate\":7}],"
		    "\"BlkioDeviceReadIOps\":[{\"Path\":\"/dev/b\",\"Rate\":7}],"
		    "\"BlkioDeviceWriteBps\":[{\"Path\":\"/dev/b\",\"Rate\":7}],"
		    "\"BlkioDeviceWriteIOps\":[{\"Path\":\"/dev/b\",\"Rate\":7}]}}");
}

static void links_and_the_interfaces_name_are_the_endpoints(void **state)
{
	struct spec_endpoint endpoints[] = {
		{.network = "n", .links = STRINGS("shop-db-1:db"), .interface_name = "eth7"}};
	struct container_spec spec = {
		.image = "i", .stop_timeout = -1, .endpoints = endpoints, .endpoint_count = 1};
	struct container_spec old = {.image = "i",
				     .stop_timeout = -1,
				     .network_mode = "bridge",
				     .links = STRINGS("shop-db-1:db")};

	(void)state;
	assert_json(docker_container_json(&spec, 49),
		    "{\"Image\":\"i\",\"AttachStdout\":true,\"AttachStderr\":true,"
		    "\"HostConfig\":{\"NetworkMode\":\"n\"},"
		    "\"NetworkingConfig\":{\"EndpointsConfig\":{\"n\":{"
		    "\"DriverOpts\":{\"com.docker.network.endpoint.ifname\":\"eth7\"},"
		    "\"Links\":[\"shop-db-1:db\"]}}}}");
	assert_json(docker_container_json(&old, 49),
		    "{\"Image\":\"i\",\"AttachStdout\":true,\"AttachStderr\":true,"
		    "\"HostConfig\":{\"Links\":[\"shop-db-1:db\"],\"NetworkMode\":\"bridge\"}}");
}

static void networks_and_volumes_are_asked_for_as_the_api_wants_them(void **state)
{
	struct label labels[] = {{"k", "v"}};
	struct spec_pool pools[] = {{.subnet = "10.9.0.0/24", .gateway = "10.9.0.1"}};
	struct network_spec network = {
		.name = "n",
		.labels = {labels, 1, 1},
		.internal = true,
		.pools = pools,
		.pool_count = 1,
	};
	struct volume_spec volume = {.name = "v", .driver = "local", .driver_opts = {labels, 1, 1}};

	(void)state;
	assert_json(docker_network_json(&network),
		    "{\"Name\":\"n\",\"CheckDuplicate\":true,\"Internal\":true,\"Labels\":{\"k\":"
		    "\"v\"},"
		    "\"IPAM\":{\"Driver\":\"default\",\"Config\":[{\"Subnet\":\"10.9.0.0/24\","
		    "\"Gateway\":\"10.9.0.1\"}]}}");
	struct network_spec bare = {
		.name = "b", .ipv6 = true, .ipv4_off = true, .ipam_options = {labels, 1, 1}};
	assert_json(docker_network_json(&bare),
		    "{\"Name\":\"b\",\"CheckDuplicate\":true,\"EnableIPv6\":true,"
		    "\"EnableIPv4\":false,\"IPAM\":{\"Driver\":\"default\","
		    "\"Options\":{\"k\":\"v\"}}}");
	assert_json(docker_volume_json(&volume),
		    "{\"Name\":\"v\",\"Driver\":\"local\",\"DriverOpts\":{\"k\":\"v\"}}");
}

static void paths_and_queries_are_escaped(void **state)
{
	CLEANUP(text_drop) struct text path = {0};

	(void)state;
	docker_path(&path, "/images/", "a/b:1@x", "/json");
	docker_query(&path, "none", NULL);
	docker_query(&path, "q", "a b&c");
	docker_query_int(&path, "t", -1);
	docker_query_time(&path, "since", 1500000000000000001);
	docker_query_time(&path, "until", 0);
	assert_string_equal(text_string(&path), "/images/a%2Fb%3A1%40x/json?q=a%20b%26c&t=-1&"
						"since=1500000000.000000001");
	text_clear(&path);
	docker_query_filters(&path, STRINGS("label", "a=1", "label", "b", "type", "x"));
	assert_string_equal(
		text_string(&path),
		"?filters=%7B%22label%22%3A%5B%22a%3D1%22%2C%22b%22%5D%2C%22type%22%3A%5B"
		"%22x%22%5D%7D");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_tells_exit_code_and_health),
		cmocka_unit_test(a_listed_container_is_read),
		cmocka_unit_test(an_inspected_container_is_read),
		cmocka_unit_test(events_are_told_apart_by_the_daemons_words),
		cmocka_unit_test(an_event_carries_code_signal_labels_and_time),
		cmocka_unit_test(
			a_status_of_http_becomes_one_of_our_codes_with_the_daemons_sentence),
		cmocka_unit_test(frames_are_taken_apart_however_they_are_cut),
		cmocka_unit_test(a_large_frame_comes_in_pieces_of_64_kib),
		cmocka_unit_test(what_is_no_frame_is_an_error),
		cmocka_unit_test(a_container_of_few_words_asks_for_little),
		cmocka_unit_test(a_whole_container_is_asked_for_as_the_api_wants_it),
		cmocka_unit_test(a_file_is_named_in_a_tar_without_its_drive),
		cmocka_unit_test(a_windows_container_has_limits_and_devices_of_its_own),
		cmocka_unit_test(mounts_take_the_form_that_can_say_what_they_want),
		cmocka_unit_test(several_networks_go_into_one_create_from_api_1_44_on),
		cmocka_unit_test(options_of_mounts_have_fields_of_their_own),
		cmocka_unit_test(devices_that_drivers_give_are_requests),
		cmocka_unit_test(every_limit_of_the_specification_has_its_field),
		cmocka_unit_test(links_and_the_interfaces_name_are_the_endpoints),
		cmocka_unit_test(networks_and_volumes_are_asked_for_as_the_api_wants_them),
		cmocka_unit_test(paths_and_queries_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
