/* SPDX-License-Identifier: MIT */
#include "engine/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/request.h"

enum { RECEIVE_SIZE = 16 << 10 };

/* --- errors */

static const struct {
	CURLcode curl;
	enum error_code code;
	const char *text;
} failures[] = {
	{CURLE_COULDNT_RESOLVE_HOST, ERROR_UNAVAILABLE, "cannot find the host of"},
	{CURLE_COULDNT_RESOLVE_PROXY, ERROR_UNAVAILABLE, "cannot find the proxy to"},
	{CURLE_COULDNT_CONNECT, ERROR_UNAVAILABLE, "cannot connect to"},
	{CURLE_SSL_CONNECT_ERROR, ERROR_UNAVAILABLE, "no TLS with"},
	{CURLE_GOT_NOTHING, ERROR_UNAVAILABLE, "the connection was lost to"},
	{CURLE_SEND_ERROR, ERROR_UNAVAILABLE, "the connection was lost to"},
	{CURLE_RECV_ERROR, ERROR_UNAVAILABLE, "the connection was lost to"},
	{CURLE_PARTIAL_FILE, ERROR_UNAVAILABLE, "the connection was lost to"},
	{CURLE_HTTP2_STREAM, ERROR_UNAVAILABLE, "the connection was lost to"},
	{CURLE_URL_MALFORMAT, ERROR_INVALID, "this is no address:"},
	{CURLE_UNSUPPORTED_PROTOCOL, ERROR_INVALID, "what answers is no Docker Engine:"},
	{CURLE_SSL_CERTPROBLEM, ERROR_INVALID, "our certificate or key cannot be used for"},
	{CURLE_SSL_CACERT_BADFILE, ERROR_INVALID, "the CA file cannot be used for"},
	{CURLE_PEER_FAILED_VERIFICATION, ERROR_INVALID, "not the certificate of"},
	{CURLE_WEIRD_SERVER_REPLY, ERROR_SYSTEM, "an answer that is not HTTP from"},
	{CURLE_OPERATION_TIMEDOUT, ERROR_UNAVAILABLE, "cannot connect in time to"},
};

int transfer_failed(const struct http_request *request, CURLcode code, struct error **err)
{
	const struct http_host *host = request->host;
	const char *detail = request->error_text[0] ? request->error_text
						    : request->http->lib.easy_strerror(code);
	const char *address = host->socket ? host->socket : host->url;
	long number = 0;

	/* libcurl speaks of a port where a unix socket is dialled; the system's word is the better
	 * one. */
	if (request->easy)
		request->http->lib.easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &number);
	if (host->socket && number && code == CURLE_COULDNT_CONNECT)
		detail = uv_strerror(uv_translate_sys_error((int)number));

	for (size_t i = 0; i < ARRAY_LEN(failures); i++)
		if (failures[i].curl == code)
			return error_set(err, failures[i].code, "%s %s: %s", failures[i].text,
					 address, detail);
	return error_set(err, ERROR_SYSTEM, "a request to %s failed: %s", address, detail);
}

/* --- libcurl's callbacks: they only note */

static size_t header(char *bytes, size_t size, size_t count, void *payload)
{
	struct http_request *request = payload;
	size_t len = size * count;

	if (len > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
		const char *next = memchr(bytes, ' ', len);

		request->status = 0;
		while (next && ++next < bytes + len && *next >= '0' && *next <= '9')
			request->status = request->status * 10 % 10000 + *next - '0';
	} else if (len <= 2 && request->status >= 200) {
		request_head(request, request->status);
	}
	return len;
}

static size_t receive(char *bytes, size_t size, size_t count, void *payload)
{
	struct http_request *request = payload;
	size_t len = size * count;
	bool streamed = request->kind != HTTP_SHORT && request_accepted(request);

	if (streamed && request->in_len && request->in_len + len > request->window) {
		request->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	return request_received(request, bytes, len) ? len : CURL_WRITEFUNC_ERROR;
}

static size_t transmit(char *bytes, size_t size, size_t count, void *payload)
{
	struct http_request *request = payload;
	size_t len = size * count;

	if (!request->out_pending || request->written_due) {
		request->out_paused = true;
		return CURL_READFUNC_PAUSE;
	}
	if (len > request->out_len)
		len = request->out_len;
	if (len)
		memcpy(bytes, request->out, len);
	request->out += len;
	request->out_len -= len;
	if (request->out_len == 0)
		request_written(request);
	/* An empty write is no end: libcurl would take it for one. */
	if (len == 0 && !request->out_end) {
		request->out_paused = true;
		return CURL_READFUNC_PAUSE;
	}
	return len;
}

void transfer_ended(CURL *easy, CURLcode result, void *payload)
{
	struct http *http = payload;
	struct http_request *request = NULL;
	CLEANUP(error_drop) struct error *err = NULL;

	http->lib.easy_getinfo(easy, CURLINFO_PRIVATE, &request);
	if (result != CURLE_OK)
		transfer_failed(request, result, &err);
	request_finish(request, &err);
}

/* --- making one */

void transfer_dial(struct http_request *request, CURL *easy)
{
	const struct http_host *host = request->host;
	const struct libcurl *lib = &request->http->lib;
	long connect = host->connect_timeout ? (long)(host->connect_timeout / CLOCK_MS) : 10000;

	lib->easy_setopt(easy, CURLOPT_URL, request->url);
	lib->easy_setopt(easy, CURLOPT_PRIVATE, request);
	lib->easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error_text);
	lib->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	lib->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect);
	lib->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	lib->easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	if (host->socket)
		lib->easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, host->socket);
	if (host->local || host->socket)
		lib->easy_setopt(easy, CURLOPT_NOPROXY, "*");
	if (host->ca_file)
		lib->easy_setopt(easy, CURLOPT_CAINFO, host->ca_file);
	if (host->cert_file)
		lib->easy_setopt(easy, CURLOPT_SSLCERT, host->cert_file);
	if (host->key_file)
		lib->easy_setopt(easy, CURLOPT_SSLKEY, host->key_file);
	if (host->skip_verify) {
		lib->easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		lib->easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void method(struct http_request *request, const struct http_call *call)
{
	const struct libcurl *lib = &request->http->lib;
	const char *name = call->method ? call->method : "GET";
	CURL *easy = request->easy;

	if (call->upload) {
		lib->easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		lib->easy_setopt(easy, CURLOPT_READFUNCTION, transmit);
		lib->easy_setopt(easy, CURLOPT_READDATA, request);
		lib->easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
				 (curl_off_t)(call->upload_len > 0 ? call->upload_len : -1));
	} else if (call->body || strcmp(name, "POST") == 0 || strcmp(name, "PUT") == 0) {
		request->body = memory_copy_n(call->body ? call->body : "", call->body_len);
		request->body_len = call->body_len;
		lib->easy_setopt(easy, CURLOPT_POST, 1L);
		lib->easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
		lib->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
	} else if (strcmp(name, "HEAD") == 0) {
		lib->easy_setopt(easy, CURLOPT_NOBODY, 1L);
	}
	lib->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, name);
}

static void headers(struct http_request *request, const struct http_call *call)
{
	const struct libcurl *lib = &request->http->lib;
	bool typed = false;

	for (const char *const *line = call->headers; line && *line; line++) {
		request->headers = lib->slist_append(request->headers, *line);
		typed |= strncmp(*line, "Content-Type:", 13) == 0;
	}
	/* No body of ours is worth a round trip that asks whether it may come. */
	request->headers = lib->slist_append(request->headers, "Expect:");
	if (!typed)
		request->headers = lib->slist_append(request->headers,
						     call->body ? "Content-Type: application/json"
								: "Content-Type:");
	lib->easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
}

void transfer_start(struct http_request *request, const struct http_call *call)
{
	struct http *http = request->http;
	const struct libcurl *lib = &http->lib;
	CURL *easy = request->easy = lib->easy_init();

	transfer_dial(request, easy);
	lib->easy_setopt(easy, CURLOPT_HEADERFUNCTION, header);
	lib->easy_setopt(easy, CURLOPT_HEADERDATA, request);
	lib->easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
	lib->easy_setopt(easy, CURLOPT_WRITEDATA, request);
	lib->easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_SIZE);
	if (strncmp(call->host->url, "http://", 7) == 0)
		lib->easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	if (call->follow) {
		lib->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
		lib->easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
	}
	if (call->fresh)
		lib->easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	method(request, call);
	headers(request, call);
	lib->multi_add_handle(http->wire.multi, easy);
}

void transfer_resume(struct http_request *request)
{
	if (!request->easy)
		return;
	bool receives = request->paused && request->in_len < request->window / 2;
	bool sends = request->out_paused && request->out_pending && !request->written_due;

	if (!receives && !sends)
		return;
	if (receives)
		request->paused = false;
	if (sends)
		request->out_paused = false;
	request->http->lib.easy_pause(request->easy,
				      (request->paused ? CURLPAUSE_RECV : 0) |
					      (request->out_paused ? CURLPAUSE_SEND : 0));
}

void transfer_end(struct http_request *request)
{
	struct http *http = request->http;

	if (!request->easy)
		return;
	http->lib.multi_remove_handle(http->wire.multi, request->easy);
	http->lib.easy_cleanup(request->easy);
	http->lib.slist_free_all(request->headers);
	request->easy = NULL;
}

const char *transfer_header(const struct http_request *request, const char *name)
{
	struct curl_header *found = NULL;

	if (!request->easy || request->http->lib.easy_header(request->easy, name, 0, CURLH_HEADER,
							     -1, &found) != CURLHE_OK)
		return NULL;
	return found->value;
}
