/* SPDX-License-Identifier: MIT */
#include "engine/linux/option.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

#include "base/error.h"
#include "base/own.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

/* Attributes by word, with the word that takes them away. The times exclude each other: a change of them clears the
 * whole field first, as the kernel wants it. */
static const struct {
	const char *on, *off;
	uint64_t attribute, field;
} attributes[] = {
	{"ro", "rw", MOUNT_ATTR_RDONLY, 0},
	{"nosuid", "suid", MOUNT_ATTR_NOSUID, 0},
	{"nodev", "dev", MOUNT_ATTR_NODEV, 0},
	{"noexec", "exec", MOUNT_ATTR_NOEXEC, 0},
	{"nodiratime", "diratime", MOUNT_ATTR_NODIRATIME, 0},
	{"nosymfollow", "symfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
	{"noatime", "atime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
	{"strictatime", "nostrictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
	{"relatime", "norelatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
};

static const struct {
	const char *word;
	uint64_t propagation;
	bool all;
} propagations[] = {
	{"private", MS_PRIVATE, false},       {"rprivate", MS_PRIVATE, true},
	{"slave", MS_SLAVE, false},           {"rslave", MS_SLAVE, true},
	{"shared", MS_SHARED, false},         {"rshared", MS_SHARED, true},
	{"unbindable", MS_UNBINDABLE, false}, {"runbindable", MS_UNBINDABLE, true},
};

static bool attribute(const char *word, struct option_set *ret)
{
	for (int all = 0; all < 2; all++) {
		const char *name = word + all;
		uint64_t *set = all ? &ret->set_all : &ret->set,
			 *clear = all ? &ret->clear_all : &ret->clear;

		if (all && *word != 'r')
			break;
		for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
			bool on = strcmp(name, attributes[i].on) == 0;

			if (!on && strcmp(name, attributes[i].off) != 0)
				continue;
			*set &= ~(attributes[i].attribute | attributes[i].field);
			*clear &= ~attributes[i].attribute;
			*set |= on ? attributes[i].attribute : 0;
			*clear |= attributes[i].field;
			*clear |= on ? 0 : attributes[i].attribute;
			return true;
		}
	}
	return false;
}

int option_parse(char *const *options, struct option_set *ret, struct error **err)
{
	*ret = (struct option_set){0};
	for (; options && *options; options++) {
		const char *word = *options;
		bool known = attribute(word, ret);

		for (size_t i = 0; i < ARRAY_LEN(propagations) && !known; i++)
			if (strcmp(word, propagations[i].word) == 0) {
				ret->propagation = propagations[i].propagation;
				ret->propagation_all = propagations[i].all;
				known = true;
			}
		if (known || !*word || strcmp(word, "defaults") == 0)
			continue;
		if (strcmp(word, "bind") == 0 || strcmp(word, "rbind") == 0) {
			ret->bind = true;
			ret->recursive = *word == 'r';
		} else if (strcmp(word, "idmap") == 0 || strcmp(word, "ridmap") == 0) {
			ret->idmap = true;
		} else if (strcmp(word, "tmpcopyup") == 0) {
			option_drop(ret);
			return error_set(err, ERROR_UNSUPPORTED,
					 "the mount option tmpcopyup is not known");
		} else {
			text_add_n(&ret->data, word, strlen(word) + 1);
		}
	}
	return 0;
}

void option_drop(struct option_set *set)
{
	text_drop(&set->data);
}
