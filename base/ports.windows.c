/* SPDX-License-Identifier: MIT */
#include "base/ports.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <tlhelp32.h>

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/child.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/text.h"
#include "base/wide.h"

#define TRIES 8 /* a table may grow between the question for its size and the one for itself */

static void add(struct ports_sockets *sockets, enum ports_protocol protocol, int family,
		const void *address, DWORD port, DWORD process)
{
	struct ports_socket *socket = array_add(sockets);

	socket->protocol = protocol;
	socket->port = ntohs((u_short)port);
	socket->process = process;
	inet_ntop(family, address, socket->address, sizeof(socket->address));
}

static void add_tcp4(const void *bytes, struct ports_sockets *sockets)
{
	const MIB_TCPTABLE_OWNER_PID *table = bytes;

	for (DWORD i = 0; i < table->dwNumEntries; i++) {
		const MIB_TCPROW_OWNER_PID *row = &table->table[i];
		add(sockets, PORTS_TCP, AF_INET, &row->dwLocalAddr, row->dwLocalPort,
		    row->dwOwningPid);
	}
}

static void add_tcp6(const void *bytes, struct ports_sockets *sockets)
{
	const MIB_TCP6TABLE_OWNER_PID *table = bytes;

	for (DWORD i = 0; i < table->dwNumEntries; i++) {
		const MIB_TCP6ROW_OWNER_PID *row = &table->table[i];
		add(sockets, PORTS_TCP, AF_INET6, row->ucLocalAddr, row->dwLocalPort,
		    row->dwOwningPid);
	}
}

static void add_udp4(const void *bytes, struct ports_sockets *sockets)
{
	const MIB_UDPTABLE_OWNER_PID *table = bytes;

	for (DWORD i = 0; i < table->dwNumEntries; i++) {
		const MIB_UDPROW_OWNER_PID *row = &table->table[i];
		add(sockets, PORTS_UDP, AF_INET, &row->dwLocalAddr, row->dwLocalPort,
		    row->dwOwningPid);
	}
}

static void add_udp6(const void *bytes, struct ports_sockets *sockets)
{
	const MIB_UDP6TABLE_OWNER_PID *table = bytes;

	for (DWORD i = 0; i < table->dwNumEntries; i++) {
		const MIB_UDP6ROW_OWNER_PID *row = &table->table[i];
		add(sockets, PORTS_UDP, AF_INET6, row->ucLocalAddr, row->dwLocalPort,
		    row->dwOwningPid);
	}
}

static DWORD ask_tcp(void *table, DWORD *size, ULONG family)
{
	return GetExtendedTcpTable(table, size, FALSE, family, TCP_TABLE_OWNER_PID_LISTENER, 0);
}

static DWORD ask_udp(void *table, DWORD *size, ULONG family)
{
	return GetExtendedUdpTable(table, size, FALSE, family, UDP_TABLE_OWNER_PID, 0);
}

int ports_read(struct ports_sockets *ret, struct error **err)
{
	static const struct {
		DWORD (*ask)(void *table, DWORD *size, ULONG family);
		ULONG family;
		void (*add)(const void *bytes, struct ports_sockets *sockets);
	} tables[] = {
		{ask_tcp, AF_INET, add_tcp4},
		{ask_tcp, AF_INET6, add_tcp6},
		{ask_udp, AF_INET, add_udp4},
		{ask_udp, AF_INET6, add_udp6},
	};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		CLEANUP(memory_free) void *bytes = NULL;
		DWORD size = 0, status = ERROR_INSUFFICIENT_BUFFER;

		for (int try = 0; try < TRIES && status == ERROR_INSUFFICIENT_BUFFER; try++) {
			free(bytes);
			bytes = memory_zero(1, size + sizeof(DWORD));
			status = tables[i].ask(bytes, &size, tables[i].family);
		}
		/* Without IPv6 there are no tables of it. */
		if (status == NO_ERROR) {
			tables[i].add(bytes, ret);
		} else if (tables[i].family == AF_INET) {
			array_drop(ret);
			return error_set(err, ERROR_SYSTEM,
					 "cannot read the table of sockets: error %lu", status);
		}
	}
	return 0;
}

/* The snapshot names processes that may not be opened, too. */
char *ports_holder(const struct ports_socket *socket)
{
	PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};

	if (!socket->process)
		return NULL;
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	char *holder = NULL;

	if (all == INVALID_HANDLE_VALUE)
		return NULL;
	for (BOOL more = Process32FirstW(all, &entry); more && !holder;
	     more = Process32NextW(all, &entry)) {
		if (entry.th32ProcessID != socket->process)
			continue;
		CLEANUP(memory_free) char *name = wide_to(entry.szExeFile);
		holder = memory_format("%s (process %lu)", name, entry.th32ProcessID);
	}
	CloseHandle(all);
	return holder;
}

/* --- the ranges: no documented call gives those that WinNAT took, so netsh is asked */

struct question {
	void (*done)(const struct ports_ranges *ranges, const struct error *err, void *payload);
	void *payload;
};

static void on_netsh(const struct child_result *result, const struct error *err, void *payload)
{
	CLEANUP(memory_free) struct question *question = payload;
	CLEANUP(error_drop) struct error *failed = NULL;
	struct ports_ranges ranges = {0};

	if (err) {
		question->done(NULL, err, question->payload);
		return;
	}
	if (result->exit_code != 0) {
		error_set(&failed, ERROR_SYSTEM, "netsh ended with %d: %s", result->exit_code,
			  result->output_len ? result->output : result->errors);
		question->done(NULL, failed, question->payload);
		return;
	}
	ports_parse_ranges(result->output, &ranges);
	question->done(&ranges, NULL, question->payload);
	array_drop(&ranges);
}

void ports_ask_ranges(uv_loop_t *loop, enum ports_protocol protocol,
		      void (*done)(const struct ports_ranges *ranges, const struct error *err,
				   void *payload),
		      void *payload)
{
	wchar_t system[MAX_PATH] = {0};
	GetSystemDirectoryW(system, MAX_PATH);
	CLEANUP(memory_free) char *folder = wide_to(system);
	CLEANUP(memory_free) char *netsh = memory_format("%s\\netsh.exe", folder);
	const char *const arguments[] = {
		netsh,
		"int",
		"ipv4",
		"show",
		"excludedportrange",
		protocol == PORTS_TCP ? "protocol=tcp" : "protocol=udp",
		NULL,
	};
	const struct child_options options = {.arguments = arguments};
	struct question *question = memory_zero(1, sizeof(*question));

	question->done = done;
	question->payload = payload;
	child_start(loop, &options, on_netsh, question);
}
