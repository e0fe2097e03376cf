/* SPDX-License-Identifier: MIT */
/* simulator -- an HNS in memory, as strict as the real one
 *
 * It keeps networks, endpoints, the ports that they publish and the addresses that they have; it
 * refuses what HNS refuses, in HNS's own shapes: an HRESULT and no answer where the service itself
 * fails, else {"Success":false,"Error":TEXT,"ErrorCode":NUMBER}. Texts and codes are those of
 * Microsoft's HCNHResult.md and of the reports in docker/for-win#1745 (0x20), moby#47576
 * (0x803B002F) and hcsshim#1049 (0x803B001B). What no client of HNS should ever send (a method in
 * small letters, a body with a GET) is counted in violations as well.
 *
 * Its state is one JSON document, in the form of HNS's own answers:
 *	{"Build": 20348, "Networks": [...], "Endpoints": [...], "BusyPorts": [8080],
 *	 "Faults": [{"Method": "GET", "Path": "/endpoints/", "Skip": 0, "HResult": 2147943718}]}
 * A fault is used up by the first call that it fits after Skip others; instead of HResult it may
 * have "Answer" (told instead of the real one), "Text" (the same, of any bytes) or "Hang": true (the
 * call never comes back).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "netns/hns.h"

struct simulator;

struct simulator *simulator_new(const char *state); /* NULL: nothing, on build 20348 */
void simulator_drop(struct simulator **simulator);
struct hns_api simulator_api(struct simulator *simulator);
/* The call itself, as struct hns_api has it; service is the simulator. */
int32_t simulator_call(void *service, const char *method, const char *path, const char *request,
		       char **response);
char *simulator_state(const struct simulator *simulator); /* yours */
unsigned simulator_violations(const struct simulator *simulator);
unsigned simulator_calls(const struct simulator *simulator);
/* A call will fail: the fault as above. */
void simulator_fail(struct simulator *simulator, const char *fault);
