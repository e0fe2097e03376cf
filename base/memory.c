/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* Nothing here may allocate: one line by the system call, then the end. */
static void __attribute__((noreturn)) exhausted(void)
{
	static const char line[] = "wincompose: out of memory\n";

	if (write(2, line, sizeof(line) - 1) < 0)
		_exit(1);
	_exit(1);
}

static size_t product(size_t count, size_t size)
{
	size_t bytes;

	/* No object is larger than differences of pointers can be. */
	if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX)
		exhausted();
	return bytes ? bytes : 1;
}

void *memory_alloc(size_t size)
{
	void *memory = malloc(product(size, 1));

	if (!memory)
		exhausted();
	return memory;
}

void *memory_zero(size_t count, size_t size)
{
	void *memory = calloc(1, product(count, size));

	if (!memory)
		exhausted();
	return memory;
}

void *memory_grow(void *old, size_t count, size_t size)
{
	void *memory = realloc(old, product(count, size));

	if (!memory)
		exhausted();
	return memory;
}

char *memory_copy(const char *string)
{
	return string ? memory_copy_n(string, strlen(string)) : NULL;
}

char *memory_copy_n(const char *bytes, size_t len)
{
	if (len == SIZE_MAX)
		exhausted();
	char *copy = memory_alloc(len + 1);

	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *memory_format(const char *format, ...)
{
	struct text text = {0};
	va_list args;

	va_start(args, format);
	text_vprintf(&text, format, args);
	va_end(args);
	return text_steal(&text);
}

/* The pointer is read and written as bytes, for its real type is not known here. */
void memory_free(void *address_of_pointer)
{
	void *memory;

	memcpy(&memory, address_of_pointer, sizeof(memory));
	free(memory);
	memory = NULL;
	memcpy(address_of_pointer, &memory, sizeof(memory));
}

char **memory_copy_vector(const char *const *strings)
{
	size_t count = 0;

	if (!strings)
		return NULL;
	while (strings[count])
		count++;
	char **copy = memory_zero(count + 1, sizeof(*copy));

	for (size_t i = 0; i < count; i++)
		copy[i] = memory_copy(strings[i]);
	return copy;
}

void memory_free_vector(char ***vector)
{
	for (char **string = *vector; string && *string; string++)
		free(*string);
	free(*vector);
	*vector = NULL;
}
