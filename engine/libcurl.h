/* SPDX-License-Identifier: MIT */
/* libcurl -- the library's functions, found when the first request needs them
 *
 * On Linux libcurl brings 33 libraries and costs 10 ms to load: a command that asks no engine does
 * without. On Windows it is a part of the program. It stays loaded to the end of the process.
 */
#pragma once

#include <curl/curl.h>

struct error;

struct libcurl {
	CURLcode (*global_init_mem)(long flags, curl_malloc_callback alloc,
				    curl_free_callback release, curl_realloc_callback grow,
				    curl_strdup_callback copy, curl_calloc_callback zero);
	CURL *(*easy_init)(void);
	CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
	CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
	CURLcode (*easy_pause)(CURL *easy, int bits);
	CURLcode (*easy_send)(CURL *easy, const void *bytes, size_t len, size_t *sent);
	CURLcode (*easy_recv)(CURL *easy, void *bytes, size_t len, size_t *received);
	CURLHcode (*easy_header)(CURL *easy, const char *name, size_t index, unsigned origin,
				 int request, struct curl_header **ret);
	const char *(*easy_strerror)(CURLcode code);
	void (*easy_cleanup)(CURL *easy);
	CURLM *(*multi_init)(void);
	CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
	CURLMcode (*multi_add_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *easy);
	CURLMcode (*multi_assign)(CURLM *multi, curl_socket_t socket, void *pointer);
	CURLMcode (*multi_socket_action)(CURLM *multi, curl_socket_t socket, int events,
					 int *running);
	CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
	CURLMcode (*multi_cleanup)(CURLM *multi);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *string);
	void (*slist_free_all)(struct curl_slist *list);
};

/* Fills lib and gives the library our allocator. ERROR_SYSTEM: it is not installed. */
int libcurl_load(struct libcurl *lib, struct error **err);
void libcurl_prepare(struct libcurl *lib); /* what both platforms do then */
