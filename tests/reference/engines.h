/* SPDX-License-Identifier: MIT */
/* engines -- what Docker on Linux and on Windows does with attributes, besides what plan/rule has */
#pragma once

enum reference_engine { ON_LINUX, ON_WINDOWS, ENGINES_LEN };

/* NULL: nothing to say, it is obeyed. */
const char *engines_note(const char *path, enum reference_engine engine);
