/* SPDX-License-Identifier: MIT */
/* Connections that carry both ways, over a named pipe. */
#define SERVER_WAY &server_pipe

#include "tests/server.pipe.h"

#include "tests/unit/test_attach.c"
