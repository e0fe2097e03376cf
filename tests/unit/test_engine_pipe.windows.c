/* SPDX-License-Identifier: MIT */
/* The docker driver, over a named pipe. */
#define SERVER_WAY &server_pipe

#include "tests/server.pipe.h"

#include "tests/unit/test_engine.c"
