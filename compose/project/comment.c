/* SPDX-License-Identifier: MIT */
#include "compose/project/comment.h"

#include <string.h>

#include "base/arena.h"
#include "compose/project/node.h"

/* One place after the other: a line may be as long as the text. */
static void go_to(struct comments *comments, struct position place)
{
	for (; comments->line < place.line; comments->line++, comments->column = 1) {
		const char *next =
			memchr(comments->at, '\n', (size_t)(comments->end - comments->at));

		comments->at = next ? next + 1 : comments->end;
	}
	for (; comments->column < place.column && comments->at < comments->end; comments->column++)
		do
			comments->at++;
		while (comments->at < comments->end &&
		       ((unsigned char)*comments->at & 0xc0) == 0x80);
}

/* The first that is no blank. */
static const char *skip(const char *at, const char *end)
{
	while (at < end && strchr(" \t\r", *at))
		at++;
	return at;
}

void comment_keep(struct comments *comments, struct arena *arena, struct node *node)
{
	go_to(comments, node->at);
	const char *at = comments->at, *end = comments->end;
	const char *hash = skip(at, end);
	/* A comment to be read by people has mostly a blank behind its #, or several of them. */
	if (hash == at || hash - at >= NODE_FAR || end - hash < 2 || *hash != '#' ||
	    strchr(" \t\r\n#", hash[1]))
		return;
	const char *word = hash;
	while (word < end && !strchr(" \t\r\n", *word))
		word++;
	/* More than a word is a sentence, unless a comment follows. */
	const char *behind = skip(word, end);
	if (behind < end && !strchr("#\n", *behind))
		return;
	node->comment = arena_copy_n(arena, hash, (size_t)(word - hash));
	node->lead = (uint8_t)(hash - at);
}

const char *comment_quoted(struct arena *arena, const struct node *node)
{
	bool plain = !strpbrk(node->comment, "\"\\");

	if (!plain && strchr(node->comment, '\''))
		return "\"#...\"";
	return arena_format(arena, plain ? "\"%s\"" : "'%s'", node->comment);
}
