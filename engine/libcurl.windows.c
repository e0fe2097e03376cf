/* SPDX-License-Identifier: MIT */
#include "engine/libcurl.h"

/* The type-checking macros of curl.h take arguments; a name alone is the function. */
int libcurl_load(struct libcurl *lib, struct error **err)
{
	(void)err;
	*lib = (struct libcurl){
		.global_init_mem = curl_global_init_mem,
		.easy_init = curl_easy_init,
		.easy_setopt = curl_easy_setopt,
		.easy_getinfo = curl_easy_getinfo,
		.easy_pause = curl_easy_pause,
		.easy_send = curl_easy_send,
		.easy_recv = curl_easy_recv,
		.easy_header = curl_easy_header,
		.easy_strerror = curl_easy_strerror,
		.easy_cleanup = curl_easy_cleanup,
		.multi_init = curl_multi_init,
		.multi_setopt = curl_multi_setopt,
		.multi_add_handle = curl_multi_add_handle,
		.multi_remove_handle = curl_multi_remove_handle,
		.multi_assign = curl_multi_assign,
		.multi_socket_action = curl_multi_socket_action,
		.multi_info_read = curl_multi_info_read,
		.multi_cleanup = curl_multi_cleanup,
		.slist_append = curl_slist_append,
		.slist_free_all = curl_slist_free_all,
	};
	libcurl_prepare(lib);
	return 0;
}
