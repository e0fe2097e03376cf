/* SPDX-License-Identifier: MIT */
/* words -- what an attribute of a project file is for, in a line: for editors and docs/project-file.md
 */
#pragma once

/* path: services.web's image is services.image: names and numbers are left out. NULL: no line. */
const char *words_of(const char *path);
