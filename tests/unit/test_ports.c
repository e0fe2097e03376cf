/* SPDX-License-Identifier: MIT */
#include "base/ports.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "tests/loop.h"
#include "tests/test.h"

static void netsh_is_read_in_any_language(void **state)
{
	static const char *const texts[] = {
		"\r\nProtocol tcp Port Exclusion Ranges\r\n\r\n"
		"Start Port    End Port      \r\n----------    --------      \r\n"
		"      5357        5357      \r\n     50000       50059     *\r\n\r\n"
		"* - Administered port exclusions.\r\n\r\n",
		"\r\nPortausschlussbereiche f\xfcr Protokoll \"tcp\"\r\n\r\n"
		"Startport     Endport       \r\n----------    --------      \r\n"
		"      5357        5357      \r\n     50000       50059     *\r\n\r\n"
		"* - Verwaltete Portausschl\xfcsse.\r\n",
		"\n\xe5\x8d\x8f\xe8\xae\xae tcp \xe7\xab\xaf\xe5\x8f\xa3\n5357 5357\n50000\t50059 *",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct ports_ranges ranges = {0};

		ports_parse_ranges(texts[i], &ranges);
		assert_int_equal(ranges.len, 2);
		assert_int_equal(ranges.items[0].first, 5357);
		assert_int_equal(ranges.items[0].last, 5357);
		assert_false(ranges.items[0].administered);
		assert_int_equal(ranges.items[1].first, 50000);
		assert_int_equal(ranges.items[1].last, 50059);
		assert_true(ranges.items[1].administered);
		assert_null(ports_in_range(&ranges, 49999));
		assert_ptr_equal(ports_in_range(&ranges, 50000), &ranges.items[1]);
		assert_ptr_equal(ports_in_range(&ranges, 50059), &ranges.items[1]);
		assert_null(ports_in_range(&ranges, 50060));
		ports_drop_ranges(&ranges);
	}
}

static void what_is_no_range_is_passed_over(void **state)
{
	struct ports_ranges ranges = {0};

	(void)state;
	ports_parse_ranges("80\n80 90 100\n90 80\n80 70000\n80-90\n080000 1\nhttp 80\n80 90 **\n"
			   "1 2 x\n80 90*x\n",
			   &ranges);
	assert_int_equal(ranges.len, 0);
	ports_parse_ranges("", &ranges);
	assert_int_equal(ranges.len, 0);
	ports_drop_ranges(&ranges);
}

static const char tcp[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
	"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
	"0 "
	"4711 1 0000000000000000 100 0 0 10 0\n"
	"   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
	"0 "
	"4712 1 0000000000000000 100 0 0 10 0\n"
	"   2: 0100007F:01BB 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        "
	"0 "
	"4713 1 0000000000000000 100 0 0 10 0\n";
static const char tcp6[] =
	"   0: 00000000000000000000000001000000:0051 00000000000000000000000000000000:0000 0A "
	"00000000:00000000 00:00000000 00000000     0        0 4714 1 0000000000000000 100 0\n"
	"   1: 00000000000000000000000000000000:0052 00000000000000000000000000000000:0000 0A "
	"00000000:00000000 00:00000000 00000000     0        0 4715 1 0000000000000000 100 0\n";

static void sockets_that_listen_are_read_from_proc(void **state)
{
	const uint32_t loopback = 0x0100007F;
	struct ports_sockets sockets = {0};

	(void)state;
	/* The words are in the machine's order: these are a little-endian one's. */
	if (*(const unsigned char *)&loopback != 0x7F)
		skip();
	ports_parse_proc_(tcp, PORTS_TCP, &sockets);
	ports_parse_proc_(tcp6, PORTS_TCP, &sockets);
	assert_int_equal(sockets.len, 4);
	assert_string_equal(sockets.items[0].address, "127.0.0.1");
	assert_int_equal(sockets.items[0].port, 8080);
	assert_int_equal(sockets.items[0].inode, 4711);
	assert_string_equal(sockets.items[2].address, "::1");
	assert_string_equal(sockets.items[3].address, "::");

	assert_int_equal(ports_find(&sockets, NULL, 80, PORTS_TCP)->inode, 4712);
	assert_int_equal(ports_find(&sockets, "10.0.0.1", 80, PORTS_TCP)->inode, 4712);
	assert_int_equal(ports_find(&sockets, "0.0.0.0", 8080, PORTS_TCP)->inode, 4711);
	assert_null(ports_find(&sockets, "10.0.0.1", 8080, PORTS_TCP));
	assert_null(ports_find(&sockets, NULL, 80, PORTS_UDP));
	assert_null(ports_find(&sockets, NULL, 443, PORTS_TCP));
	assert_int_equal(ports_find(&sockets, NULL, 82, PORTS_TCP)->inode, 4715);
	ports_drop_sockets(&sockets);
}

static void ignore(uv_stream_t *server, int status)
{
	(void)server;
	(void)status;
}

static void who_listens_here_is_this_process(void **state)
{
	CLEANUP(error_drop) struct error *err = NULL;
	CLEANUP(ports_drop_sockets) struct ports_sockets sockets = {0};
	struct sockaddr_in address;
	int len = sizeof(address);
	uv_loop_t loop;
	uv_tcp_t server;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(uv_tcp_init(&loop, &server), 0);
	uv_ip4_addr("127.0.0.1", 0, &address);
	assert_int_equal(uv_tcp_bind(&server, (const struct sockaddr *)&address, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&server, 1, ignore), 0);
	assert_int_equal(uv_tcp_getsockname(&server, (struct sockaddr *)&address, &len), 0);
	unsigned port = ntohs(address.sin_port);

	assert_int_equal(ports_read(&sockets, &err), 0);
	const struct ports_socket *found = ports_find(&sockets, NULL, port, PORTS_TCP);
	assert_non_null(found);
	assert_string_equal(found->address, "127.0.0.1");
	struct ports_socket socket = *found;
	/* Wine does not know whose sockets they are. */
	if (!socket.process && !socket.inode)
		socket.process = (uint32_t)uv_os_getpid();
	CLEANUP(memory_free) char *holder = ports_holder(&socket);
	CLEANUP(memory_free) char *number = memory_format("(process %d)", (int)uv_os_getpid());
	assert_non_null(holder);
	assert_non_null(strstr(holder, number));
	/* Its name before it; under valgrind that is valgrind's. */
	assert_false(text_starts(holder, " "));

	uv_close((uv_handle_t *)&server, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	loop_assert_clean(&loop);
}

struct answer {
	int calls;
	bool is_error;
};

static void answered(const struct ports_ranges *ranges, const struct error *err, void *payload)
{
	struct answer *answer = payload;

	assert_true(!ranges == !!err);
	answer->calls++;
	answer->is_error = err;
}

static void the_systems_ranges_are_told_once_and_later(void **state)
{
	struct answer answer = {0};
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	ports_ask_ranges(&loop, PORTS_TCP, answered, &answer);
	assert_int_equal(answer.calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(answer.calls, 1);
	assert_false(answer.is_error);
	loop_assert_clean(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netsh_is_read_in_any_language),
		cmocka_unit_test(what_is_no_range_is_passed_over),
		cmocka_unit_test(sockets_that_listen_are_read_from_proc),
		cmocka_unit_test(who_listens_here_is_this_process),
		cmocka_unit_test(the_systems_ranges_are_told_once_and_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
