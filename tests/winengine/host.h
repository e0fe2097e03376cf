/* SPDX-License-Identifier: MIT */
/* host -- the Windows that the engine says it runs on, and what that runs
 *
 * Facts: windows.md 1.6 (what /info and /version say), 2.1 (builds), 2.2-2.6 (which image runs where).
 */
#pragma once

#include <stdbool.h>

#include <cjson/cJSON.h>

struct error;

#define HOST_API     "1.51"
#define HOST_API_MIN "1.24"
#define HOST_ENGINE  "28.3.3"

enum { HOST_CPUS = 4 };

struct host {
	unsigned build, revision; /* 10.0.BUILD.REVISION */
	bool client;              /* Windows 10, 11; else a server */
	bool hyperv;              /* a hypervisor is there */
	const char *isolation;    /* the default */
};

/* "20348.2582" of a known build. ERROR_INVALID. */
int host_parse(struct host *host, const char *version, struct error **err);

/* The answers, without what counts containers and images. */
cJSON *host_info(const struct host *host);
cJSON *host_version(const struct host *host);

const char *const *host_log_drivers(void); /* NULL-ended */

/* What Windows' compute service answers when a container of an image of os.version is started: 0,
 * or an HRESULT. *call says during which of its calls. */
unsigned long host_runs(const struct host *host, const char *os_version, bool hyperv,
			const char **call);
/* The sentence of an HRESULT of HCS or HNS, or of a Windows error. */
const char *host_words(unsigned long code);
