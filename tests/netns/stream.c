/* SPDX-License-Identifier: MIT */
/* stream -- the containers and clients of tests/netns/run
 *
 *	stream serve PORT		listens for TCP and UDP, and prints the process that does
 *	stream send ADDRESS PORT SECONDS	sends for so long (0: one byte), then says how much came
 *	stream hold ADDRESS PORT	connects, prints "connected", and sends a byte when told to
 *	stream datagram ADDRESS PORT	sends one and prints what came back
 *	stream ask SOCKET COUNT LINE	asks a network's process all lines at once, with the numbers from 1
 *					for @, and prints how many it did and the milliseconds
 *	stream name SERVER NAME a|aaaa|ptr [tcp]	asks for a name and prints "A ADDRESS" or "code N"
 *
 * The server reads to the end and answers "<client's address> <bytes>": so half-close, the amount,
 * and who is seen are tried together. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "base/text.h"
#include "netns/cidr.h"
#include "netns/dns.h"
#include "netns/linux/spot.h"

/* A datagram may be lost, or a busy machine slow: it is asked again as a resolver does. */
enum { PIECE = 262144, TIMEOUT_MS = 3000, TRIES = 3 };

static char piece[PIECE];

static int fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int dial(const char *address, const char *port, int type)
{
	struct sockaddr_storage spot;
	struct cidr cidr;

	if (!cidr_parse(address, &cidr)) {
		errno = EINVAL;
		return -1;
	}
	int descriptor = socket(cidr.is_v6 ? AF_INET6 : AF_INET, type, 0);
	const struct timeval limit = {.tv_sec = TIMEOUT_MS / 1000};

	spot_of(&cidr, (unsigned)strtoul(port, NULL, 10), &spot);
	setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(descriptor, (struct sockaddr *)&spot,
		    cidr.is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)) == 0)
		return descriptor;
	close(descriptor);
	return -1;
}

/* An IPv4 client of a socket for both kinds is seen without the prefix. */
static const char *address_of(const struct sockaddr_in6 *peer, char out[static CIDR_TEXT])
{
	inet_ntop(AF_INET6, &peer->sin6_addr, out, CIDR_TEXT);
	return strncmp(out, "::ffff:", 7) == 0 ? out + 7 : out;
}

static void serve_one(int client, const struct sockaddr_in6 *peer)
{
	unsigned long long count = 0;
	char address[CIDR_TEXT];
	ssize_t len;

	while ((len = read(client, piece, sizeof(piece))) > 0)
		count += (unsigned long long)len;
	dprintf(client, "%s %llu\n", address_of(peer, address), count);
	_exit(EXIT_SUCCESS);
}

static void serve_all(int stream, int datagram)
{
	struct pollfd both[] = {{stream, POLLIN, 0}, {datagram, POLLIN, 0}};

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		struct sockaddr_in6 peer;
		socklen_t len = sizeof(peer);
		char address[CIDR_TEXT];

		poll(both, 2, -1);
		if (both[1].revents && recvfrom(datagram, piece, sizeof(piece), 0,
						(struct sockaddr *)&peer, &len) >= 0) {
			const char *text = address_of(&peer, address);

			sendto(datagram, text, strlen(text), 0, (struct sockaddr *)&peer, len);
		}
		if (!both[0].revents)
			continue;
		len = sizeof(peer);
		int client = accept(stream, (struct sockaddr *)&peer, &len);

		if (fork() == 0)
			serve_one(client, &peer);
		close(client);
	}
}

static int serve(char **words)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)strtoul(words[0], NULL, 10))};
	int stream = socket(AF_INET6, SOCK_STREAM, 0), datagram = socket(AF_INET6, SOCK_DGRAM, 0);
	int on = 1;

	setsockopt(stream, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(stream, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(stream, 64) < 0 ||
	    bind(datagram, (struct sockaddr *)&any, sizeof(any)) < 0)
		return fail("serve");
	pid_t child = fork();

	if (child) {
		printf("%d\n", (int)child);
		return EXIT_SUCCESS;
	}
	setsid();
	for (int i = 0; i < 3; i++)
		close(i);
	serve_all(stream, datagram);
	return EXIT_SUCCESS;
}

static int hear(int descriptor, unsigned long long sent, double took)
{
	char answer[128] = "", *space;
	ssize_t len = read(descriptor, answer, sizeof(answer) - 1);

	if (len <= 0)
		return fail("no answer");
	answer[strcspn(answer, "\n")] = '\0';
	space = strchr(answer, ' ');
	if (!space || strtoull(space, NULL, 10) != sent) {
		printf("%llu bytes were sent: %s\n", sent, answer);
		return EXIT_FAILURE;
	}
	*space = '\0';
	printf("%s %.0f\n", answer, took > 0 ? (double)sent * 8 / took / 1e6 : 0);
	return EXIT_SUCCESS;
}

static int send_stream(char **words)
{
	double seconds = strtod(words[2], NULL), start = now();
	int descriptor = dial(words[0], words[1], SOCK_STREAM);
	unsigned long long sent = 0;

	if (descriptor < 0)
		return fail("connect");
	do {
		ssize_t len =
			send(descriptor, piece, seconds > 0 ? sizeof(piece) : 1, MSG_NOSIGNAL);

		if (len < 0)
			return fail("send");
		sent += (unsigned long long)len;
	} while (now() - start < seconds);
	shutdown(descriptor, SHUT_WR);
	return hear(descriptor, sent, now() - start);
}

static int hold(char **words)
{
	int descriptor = dial(words[0], words[1], SOCK_STREAM);

	if (descriptor < 0)
		return fail("connect");
	puts("connected");
	fflush(stdout);
	if (getchar() == EOF || send(descriptor, "x", 1, MSG_NOSIGNAL) != 1)
		return fail("send");
	shutdown(descriptor, SHUT_WR);
	return hear(descriptor, 1, 0);
}

static int send_datagram(char **words)
{
	int descriptor = dial(words[0], words[1], SOCK_DGRAM);
	ssize_t len = -1;

	if (descriptor < 0)
		return fail("connect");
	for (int i = 0; i < TRIES && len < 0; i++) {
		if (send(descriptor, "x", 1, 0) != 1)
			return fail("send");
		len = recv(descriptor, piece, sizeof(piece) - 1, 0);
	}
	if (len < 0)
		return fail("no answer");
	printf("%.*s\n", (int)len, piece);
	return EXIT_SUCCESS;
}

/* Counts the answers' last lines in what has come. */
static unsigned count_answers(const struct text *text, const char *word)
{
	unsigned count = 0;

	for (const char *line = text_string(text); *line; line += strcspn(line, "\n") + 1) {
		if (!strchr(line, '\n'))
			break;
		count += strncmp(line, word, strlen(word)) == 0;
	}
	return count;
}

static int ask_all(char **words)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	unsigned long count = strtoul(words[1], NULL, 10);
	CLEANUP(text_drop) struct text lines = {0};
	CLEANUP(text_drop) struct text answers = {0};
	int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);

	for (unsigned long i = 1; i <= count; i++) {
		for (const char *c = words[2]; *c; c++)
			if (*c == '@')
				text_printf(&lines, "%lu", i);
			else
				text_add_char(&lines, *c);
		text_add_char(&lines, '\n');
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", words[0]);
	double start = now();

	if (connect(descriptor, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    write(descriptor, lines.data, lines.len) < 0)
		return fail("ask");
	while (count_answers(&answers, "ok") + count_answers(&answers, "error") < count) {
		ssize_t len = read(descriptor, piece, sizeof(piece));

		if (len <= 0)
			break;
		text_add_n(&answers, piece, (size_t)len);
	}
	printf("%u %.1f\n", count_answers(&answers, "ok"), (now() - start) * 1000);
	return EXIT_SUCCESS;
}

/* --- names */

static size_t write_question(const char *name, unsigned type, uint8_t *out)
{
	static const uint8_t head[] = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	size_t len = sizeof(head);

	memcpy(out, head, len);
	while (*name) {
		size_t label = strcspn(name, ".");

		out[len++] = (uint8_t)label;
		memcpy(out + len, name, label);
		len += label;
		name += label + (name[label] == '.');
	}
	memcpy(out + len, (uint8_t[]){0, 0, (uint8_t)type, 0, 1}, 5);
	return len + 5;
}

/* Prints records whose names are pointers, as ours are. */
static void print_records(const uint8_t *bytes, size_t len, size_t at)
{
	while (at + 12 <= len) {
		unsigned type = bytes[at + 3],
			 data = (unsigned)bytes[at + 10] << 8 | bytes[at + 11];
		char text[CIDR_TEXT] = "";

		at += 12;
		if (type == DNS_PTR) {
			for (size_t i = at; i < at + data && bytes[i]; i += 1u + bytes[i])
				printf("%s%.*s", i > at ? "." : "PTR ", bytes[i], bytes + i + 1);
			puts("");
		} else {
			inet_ntop(type == DNS_A ? AF_INET : AF_INET6, bytes + at, text,
				  sizeof(text));
			printf("%s %s\n", type == DNS_A ? "A" : "AAAA", text);
		}
		at += data;
	}
}

static int ask(char **words)
{
	static const struct {
		const char *word;
		unsigned type;
	} types[] = {{"a", DNS_A}, {"aaaa", DNS_AAAA}, {"ptr", DNS_PTR}};
	bool is_tcp = words[3] && strcmp(words[3], "tcp") == 0;
	int descriptor = dial(words[0], "53", is_tcp ? SOCK_STREAM : SOCK_DGRAM);
	uint8_t bytes[512], answer[4096];
	unsigned type = DNS_A;

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(types[i].word, words[2]) == 0)
			type = types[i].type;
	size_t question = write_question(words[1], type, bytes + 2);
	size_t skip = is_tcp ? 0 : 2;

	bytes[0] = (uint8_t)(question >> 8);
	bytes[1] = (uint8_t)question;
	ssize_t len = -1;

	if (descriptor < 0)
		return fail("connect");
	for (int i = 0; i < TRIES && len < 0; i++) {
		if (write(descriptor, bytes + skip, question + 2 - skip) < 0)
			return fail("ask");
		len = read(descriptor, answer + skip, sizeof(answer) - skip);
	}
	if (len < (ssize_t)DNS_HEADER)
		return fail("no answer");
	size_t whole = (size_t)len + skip - 2;

	if (answer[2 + 3] & 15)
		printf("code %d\n", answer[2 + 3] & 15);
	else if (answer[2 + 7] == 0)
		puts("nothing");
	else
		print_records(answer + 2, whole, question);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int words;
		int (*run)(char **words);
	} verbs[] = {
		{"serve", 1, serve}, {"send", 3, send_stream},
		{"hold", 2, hold},   {"datagram", 2, send_datagram},
		{"ask", 3, ask_all}, {"name", 3, ask},
	};

	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].name, argv[1]) == 0 && argc - 2 >= verbs[i].words)
			return verbs[i].run(argv + 2);
	return 2;
}
