/* SPDX-License-Identifier: MIT */
/* actor -- a program for containers of tests: it does what its arguments say, one after the other
 *
 *	actor say TEXT | warn TEXT | env NAME | chant TEXT | lines N | long N | where |
 *	      touch FILE | write FILE LINE | show FILE | remove FILE | forget FILE | list FOLDER |
 *	      has FILE | lacks FILE | await FILE | serve PORT | copy |
 *	      sleep MS | wait | ignore | exit CODE | crash [, ...]
 *
 * "," separates, where one likes. "wait" is until the container is stopped, and then goes on;
 * "ignore" has it outlive a stop from there on. "has" and "lacks" end it with 1 where that is not so,
 * as "remove" does; "forget" minds no absence; "await" is until there is such a file. "write" adds a
 * line ("$NAME" is that variable's value); "long" is one line; "chant" says it again and again;
 * "where" says in which folder it is; "copy" copies its input to its output. "serve" answers HTTP
 * from there on, with the files of /www.
 *
 * It is the same program in containers of Linux (tests/images) and of the Windows engine of the
 * tests, where it is no container that holds it: ACTOR_WORLD says where its drive C: lies and what is
 * mounted there ("FOLDER;/target=FOLDER;..."), ACTOR_ADDRESS what its network's address is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The real path of one in its world; static, until the next call. */
const char *actor_path(const char *path);
/* Answers HTTP at the port, from a thread. False: it cannot. */
bool actor_serve(unsigned port);

/* --- by platform: SIGTERM and SIGINT, or the event of the engine that stands for
 * CTRL_SHUTDOWN_EVENT */
extern const char *const actor_line_end;
void actor_begin(void);        /* who does not say otherwise dies of a shutdown */
void actor_set_ignore(void);   /* not any more */
void actor_wait(void);         /* until it is shut down */
void actor_sleep(unsigned ms); /* a shutdown ends it as at any other time */
void actor_crash(void);
size_t actor_input(char *bytes, size_t size); /* what is there; 0: no more comes */
/* Names of what is in a folder; done with NULL. */
bool actor_list(const char *folder, void (*each)(const char *name));
bool actor_where(char *folder, size_t size);
/* Sockets; -1: none. */
intptr_t actor_listen(const char *address, unsigned port);
intptr_t actor_accept(intptr_t listener);
size_t actor_receive(intptr_t socket, char *bytes, size_t size); /* 0: no more */
void actor_send(intptr_t socket, const char *bytes, size_t len);
void actor_close(intptr_t socket);
bool actor_thread(void (*run)(void));
