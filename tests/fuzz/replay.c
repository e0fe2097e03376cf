/* SPDX-License-Identifier: MIT */
/* A fuzzer as a plain program: gives it each file that is named, and every prefix of short ones. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "tests/fuzz/fuzz.h"

enum { PREFIXES = 600, FILE_MAX = 1 << 20 };

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		CLEANUP(text_drop) struct text text = {0};
		CLEANUP(error_drop) struct error *err = NULL;

		if (file_read(argv[i], FILE_MAX, &text, &err) < 0) {
			fprintf(stderr, "%s\n", err->message);
			return 1;
		}
		const uint8_t *bytes = (const uint8_t *)text_string(&text);
		LLVMFuzzerTestOneInput(bytes, text.len);
		for (size_t len = 0; len < text.len && len < PREFIXES; len++)
			LLVMFuzzerTestOneInput(bytes, len);
	}
	return 0;
}
