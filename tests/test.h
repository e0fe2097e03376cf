/* SPDX-License-Identifier: MIT */
/* test -- what every unit test includes: cmocka with the four headers that it wants before it */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
