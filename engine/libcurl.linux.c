/* SPDX-License-Identifier: MIT */
#include "engine/libcurl.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/own.h"

#define FUNCTION(member_)                                                                          \
	{                                                                                          \
		"curl_" #member_, offsetof(struct libcurl, member_)                                \
	}

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(global_init_mem),     FUNCTION(easy_init),           FUNCTION(easy_setopt),
	FUNCTION(easy_getinfo),        FUNCTION(easy_pause),          FUNCTION(easy_send),
	FUNCTION(easy_recv),           FUNCTION(easy_header),         FUNCTION(easy_strerror),
	FUNCTION(easy_cleanup),        FUNCTION(multi_init),          FUNCTION(multi_setopt),
	FUNCTION(multi_add_handle),    FUNCTION(multi_remove_handle), FUNCTION(multi_assign),
	FUNCTION(multi_socket_action), FUNCTION(multi_info_read),     FUNCTION(multi_cleanup),
	FUNCTION(slist_append),        FUNCTION(slist_free_all),
};

int libcurl_load(struct libcurl *lib, struct error **err)
{
	void *library = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);

	if (!library)
		return error_set(err, ERROR_SYSTEM, "libcurl cannot be loaded: %s", dlerror());
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			return error_set(err, ERROR_SYSTEM,
					 "libcurl is too old (7.88 or later is needed): %s",
					 dlerror());
		memcpy((char *)lib + functions[i].offset, &function, sizeof(function));
	}
	libcurl_prepare(lib);
	return 0;
}
