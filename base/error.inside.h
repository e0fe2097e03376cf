/* SPDX-License-Identifier: MIT */
/* error.inside -- what error.c and error.uv.c share; for nobody else */
#pragma once

#include "base/error.h"
#include "base/text.h"

int error_take_(struct error **err, enum error_code code,
		struct text *message); /* empties message */
enum error_code error_code_of_status_(int status);
