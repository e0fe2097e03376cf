/* SPDX-License-Identifier: MIT */
/* Everything that is tested of http.h, over a named pipe. */
#define SERVER_WAY &server_pipe

#include "tests/server.pipe.h"

#include "tests/unit/test_http.c"
