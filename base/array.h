/* SPDX-License-Identifier: MIT */
/* array -- a growing array of values of one type
 *
 *	ARRAY(struct port) ports = {0};		or a named struct member
 *	struct port *port = array_add(&ports);	a zeroed new element, valid until the next array_add
 *	array_push(&numbers, 5);
 *	ARRAY_FOR_EACH(struct port, p, &ports) { ... p->number ... }
 *	array_drop(&ports);			the elements' own memory is their owner's matter
 */
#pragma once

#include <stddef.h>

#define ARRAY(type)                                                                                \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t len;                                                                        \
		size_t cap;                                                                        \
	}

/* Adds a zeroed element and gives its address. */
#define array_add(array)                                                                           \
	((__typeof__((array)->items))array_add_(&(array)->items, &(array)->len, &(array)->cap,     \
						sizeof(*(array)->items)))
#define array_push(array, value) ((void)(*array_add(array) = (value)))
#define array_drop(array)        array_drop_(&(array)->items, &(array)->len, &(array)->cap)
/* Removes element i and keeps the order. */
#define array_remove(array, i)                                                                     \
	array_remove_((array)->items, &(array)->len, sizeof(*(array)->items), (i))
#define ARRAY_FOR_EACH(type, it, array)                                                            \
	for (type *it = (array)->items; it && it < (array)->items + (array)->len; it++)

void *array_add_(void *items, size_t *len, size_t *cap, size_t size);
void array_drop_(void *items, size_t *len, size_t *cap);
void array_remove_(void *items, size_t *len, size_t size, size_t i);
