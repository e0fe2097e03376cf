/* SPDX-License-Identifier: MIT */
/* home -- where wincompose keeps what is not the engine's, and the names of a project's files there
 *
 * /var/lib/wincompose and /run/wincompose for root; XDG_DATA_HOME and XDG_RUNTIME_DIR (else the
 * data folder) for users; LOCALAPPDATA on Windows. WINCOMPOSE_HOME moves all of it. A project is
 * (engine id, project name); its files are named by a hash of both.
 */
#pragma once

struct error;

struct home {
	char *data;    /* folder for lasting things: lock, record's copy, log */
	char *runtime; /* folder for the socket and desired.json */
};

struct home_project {
	char *key;    /* 16 hex digits of the hash */
	char *folder; /* data/projects/<name>-<key>: the supervisor's working folder */
	char *lock;   /* folder/lock */
	char *record; /* runtime folder's desired.json */
	char *socket; /* the control socket, or a pipe's name on Windows (wincompose-<SID>-<hash>)
		       */
	char *log;    /* folder/supervisor.log */
};

/* Names only; where they cannot be made, there is nothing to be read. */
void home_find(struct home *home);
void home_drop(struct home *home);
int home_project(const struct home *home, const char *engine_id, const char *project,
		 struct home_project *ret, struct error **err);
void home_project_drop(struct home_project *project);
/* For who writes there: makes the folders, 0700. */
int home_make(const struct home *home, const struct home_project *project, struct error **err);

/* --- the platform's part: the two folders, and the address of a control socket; yours. */
void home_folders(struct home *home);
int home_socket(const struct home *home, const char *key, char **ret,
		struct error **err); /* fails where it is longer than an address may be */
