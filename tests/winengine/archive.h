/* SPDX-License-Identifier: MIT */
/* archive -- files into a container: windows.md 1.5, cp */
#pragma once

struct call;

void archive_put(struct call *call);
void archive_get(struct call *call);
