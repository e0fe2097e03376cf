/* SPDX-License-Identifier: MIT */
/* list -- a doubly linked list whose links stand in its members
 *
 * A head and a link are both struct list; an initialised link that is in no list points to itself,
 * so that list_unlink may be called twice.
 */
#pragma once

#include <stdbool.h>

#include "base/own.h"

struct list {
	struct list *prev;
	struct list *next;
};

static inline void list_init(struct list *list)
{
	list->prev = list;
	list->next = list;
}

static inline bool list_empty(const struct list *list)
{
	return list->next == list;
}

static inline void list_append(struct list *head, struct list *link)
{
	link->prev = head->prev;
	link->next = head;
	head->prev->next = link;
	head->prev = link;
}

static inline void list_unlink(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

/* it may be unlinked inside the loop. */
#define LIST_FOR_EACH(type, it, head, member)                                                      \
	for (type *it = container_of((head)->next, type, member),                                  \
		  *it##_next = container_of(it->member.next, type, member);                        \
	     &it->member != (head);                                                                \
	     it = it##_next, it##_next = container_of(it->member.next, type, member))

#define list_first(head, type, member)                                                             \
	(list_empty(head) ? NULL : container_of((head)->next, type, member))
