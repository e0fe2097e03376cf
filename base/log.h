/* SPDX-License-Identifier: MIT */
/* log -- debug lines for those who mend the program; results and errors for users do not come here
 *
 * Lines go to stderr, or to the file given (the supervisor's log, rotated once at 1 MiB to NAME.1),
 * each with a time. The level is the one mutable global that STYLE.md allows.
 */
#pragma once

#include <stdbool.h>

#include "base/own.h"

struct error;

enum log_level { LOG_LEVEL_NONE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_level_set(enum log_level level);
int log_file_set(const char *path, struct error **err); /* 0600; appends */
void log_close(void);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);
