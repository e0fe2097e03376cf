/* SPDX-License-Identifier: MIT */
#include "engine/linux/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/linux/entry.h"
#include "engine/linux/filter.store.h"

struct word {
	const char *name;
	uint32_t value;
};

static const struct word actions[] = {
	{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
	{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
	{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
	{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
	{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(EPERM)},
	{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(EPERM)},
	{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
	{"SCMP_ACT_LOG", SCMP_ACT_LOG},
};

static const struct word operators[] = {
	{"SCMP_CMP_NE", SCMP_CMP_NE},
	{"SCMP_CMP_LT", SCMP_CMP_LT},
	{"SCMP_CMP_LE", SCMP_CMP_LE},
	{"SCMP_CMP_EQ", SCMP_CMP_EQ},
	{"SCMP_CMP_GE", SCMP_CMP_GE},
	{"SCMP_CMP_GT", SCMP_CMP_GT},
	{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

static const struct word flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", 0}, /* of one thread, it says nothing */
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
};

static const struct word processors[] = {
	{"SCMP_ARCH_X86", SCMP_ARCH_X86},         {"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
	{"SCMP_ARCH_X32", SCMP_ARCH_X32},         {"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
	{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64}, {"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
	{"SCMP_ARCH_S390", SCMP_ARCH_S390},       {"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
	{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
};

#define X32_BIT 0x40000000u

static int look_up(const struct word *words, size_t count, const char *name, const char *what,
		   uint32_t *ret, struct error **err)
{
	for (size_t i = 0; i < count; i++)
		if (text_same(words[i].name, name)) {
			*ret = words[i].value;
			return 0;
		}
	return error_set(err, ERROR_INVALID, "seccomp: \"%s\" is no %s", name ? name : "", what);
}

#define LOOK_UP(words_, name_, what_, ret_, err_)                                                  \
	look_up(words_, ARRAY_LEN(words_), name_, what_, ret_, err_)

static int find_action(const char *name, const struct oci_int *number, uint32_t *ret,
		       struct error **err)
{
	if (LOOK_UP(actions, name, "action", ret, err))
		return (*err)->code;
	if (!number->set || (*ret != SCMP_ACT_ERRNO(EPERM) && *ret != SCMP_ACT_TRACE(EPERM)))
		return 0;
	if (number->value < 0 || number->value > 4095)
		return error_set(err, ERROR_INVALID, "seccomp: %lld is no errno",
				 (long long)number->value);
	*ret = *ret == SCMP_ACT_ERRNO(EPERM) ? SCMP_ACT_ERRNO((uint32_t)number->value)
					     : SCMP_ACT_TRACE((uint32_t)number->value);
	return 0;
}

static void drop_context(scmp_filter_ctx *context)
{
	if (*context)
		seccomp_release(*context);
}

/* Several conditions on one argument cannot stand in one rule of libseccomp: each is then a rule of its own, that is,
 * any of them allows (as runc does it). */
static bool repeats(const struct oci_seccomp_rule *rule)
{
	for (size_t i = 0; i < rule->args.len; i++)
		for (size_t j = 0; j < i; j++)
			if (rule->args.items[i].index == rule->args.items[j].index)
				return true;
	return false;
}

static int add_call(scmp_filter_ctx context, const struct oci_seccomp_rule *rule, uint32_t action,
		    const char *name, struct error **err)
{
	struct scmp_arg_cmp compare[6];
	int number = seccomp_syscall_resolve_name(name);
	unsigned count = (unsigned)rule->args.len;
	int result = 0;

	if (number == __NR_SCMP_ERROR)
		return 0;
	for (unsigned i = 0; i < count; i++) {
		const struct oci_seccomp_arg *arg = &rule->args.items[i];
		uint32_t op = 0;

		if (LOOK_UP(operators, arg->op, "operator", &op, err))
			return (*err)->code;
		compare[i] = (struct scmp_arg_cmp){(unsigned)arg->index, (enum scmp_compare)op,
						   arg->value, arg->value_two};
	}
	if (repeats(rule)) {
		for (unsigned i = 0; i < count && !result; i++)
			result = seccomp_rule_add_array(context, action, number, 1, &compare[i]);
	} else {
		result = seccomp_rule_add_array(context, action, number, count, compare);
	}
	if (result)
		return error_errno(err, -result, "seccomp: libseccomp refuses the rule for %s",
				   name);
	return 0;
}

static int add_rules(scmp_filter_ctx context, const struct oci_seccomp *profile, uint32_t fallback,
		     struct error **err)
{
	ARRAY_FOR_EACH (const struct oci_seccomp_rule, rule, &profile->syscalls) {
		uint32_t action = 0;

		if (find_action(rule->action, &rule->errno_ret, &action, err))
			return (*err)->code;
		if (rule->args.len > 6)
			return error_set(err, ERROR_INVALID,
					 "seccomp: a system call has six arguments, not %zu",
					 rule->args.len);
		ARRAY_FOR_EACH (const struct oci_seccomp_arg, arg, &rule->args)
			if (arg->index < 0 || arg->index > 5)
				return error_set(err, ERROR_INVALID,
						 "seccomp: there is no argument %lld",
						 (long long)arg->index);
		/* libseccomp refuses a rule that says what the default says. */
		for (char **name = rule->names; action != fallback && name && *name; name++)
			if (add_call(context, rule, action, *name, err))
				return (*err)->code;
	}
	return 0;
}

static int add_processors(scmp_filter_ctx context, const struct oci_seccomp *profile,
			  struct error **err)
{
	for (char **name = profile->architectures; name && *name; name++) {
		uint32_t processor = 0;
		int result;

		if (LOOK_UP(processors, *name, "processor", &processor, err))
			return (*err)->code;
		result = seccomp_arch_add(context, processor);
		if (result && result != -EEXIST)
			return error_errno(err, -result,
					   "seccomp: libseccomp refuses the processor %s", *name);
	}
	return 0;
}

/* --- what stands before: ENOSYS for what is newer than the profile */

/* The highest number that the profile names for a processor; -1: none. */
static int highest(const struct oci_seccomp *profile, uint32_t processor)
{
	int most = -1;

	ARRAY_FOR_EACH (const struct oci_seccomp_rule, rule, &profile->syscalls)
		for (char **name = rule->names; name && *name; name++) {
			int number = seccomp_syscall_resolve_name_arch(processor, *name);

			if (number > most)
				most = number;
		}
	return processor == SCMP_ARCH_X32 && most >= 0 ? (int)((unsigned)most & ~X32_BIT) : most;
}

static void put(struct text *code, uint16_t op, uint32_t k, size_t yes, size_t no)
{
	struct sock_filter it = {op, (uint8_t)yes, (uint8_t)no, k};

	text_add_n(code, (const char *)&it, sizeof(it));
}

/* For a processor whose token the kernel gives: falls through where the call is known. x32 is x86-64 with a bit in the
 * number. */
static void put_processor(struct text *code, uint32_t token, int most, int most_x32, bool has_x32)
{
	const uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;

	put(code, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	put(code, BPF_JMP | BPF_JEQ | BPF_K, token, 0, has_x32 ? 5 : 3);
	put(code, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	if (has_x32) {
		put(code, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
		put(code, BPF_JMP | BPF_JGT | BPF_K, X32_BIT | (uint32_t)most_x32, 1, 2);
	}
	put(code, BPF_JMP | BPF_JGT | BPF_K, (uint32_t)most, 0, 1);
	put(code, BPF_RET | BPF_K, unknown, 0, 0);
}

static void put_stub(struct text *code, const struct oci_seccomp *profile, uint32_t fallback)
{
	bool x32 = false;

	if ((fallback & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO ||
	    fallback == SCMP_ACT_ERRNO(ENOSYS))
		return;
	for (char **name = profile->architectures; name && *name; name++)
		x32 = x32 || strcmp(*name, "SCMP_ARCH_X32") == 0;
	for (char **name = profile->architectures; name && *name; name++)
		for (size_t i = 0; i < ARRAY_LEN(processors); i++) {
			uint32_t token = processors[i].value;
			int most;

			if (strcmp(*name, processors[i].name) != 0 || token == SCMP_ARCH_X32)
				continue;
			most = highest(profile, token);
			if (most >= 0)
				put_processor(code, token, most,
					      x32 ? highest(profile, SCMP_ARCH_X32) : 0,
					      x32 && token == SCMP_ARCH_X86_64);
		}
}

/* --- all of it */

static int export(scmp_filter_ctx context, struct text *code, struct error **err)
{
	CLEANUP(entry_close) int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct stat about;

	if (fd < 0)
		return error_errno(err, errno, "seccomp: no memory file");
	int result = seccomp_export_bpf(context, fd);

	if (result)
		return error_errno(err, -result, "seccomp: libseccomp cannot write the program");
	if (fstat(fd, &about) || pread(fd, text_reserve(code, (size_t)about.st_size),
				       (size_t)about.st_size, 0) != about.st_size)
		return error_errno(err, errno, "seccomp: cannot read the program");
	code->len += (size_t)about.st_size;
	return 0;
}

static int compile(const struct oci_seccomp *profile, struct text *code, struct error **err)
{
	__attribute__((cleanup(drop_context))) scmp_filter_ctx context = NULL;
	uint32_t fallback = 0;

	if (find_action(profile->default_action, &profile->default_errno_ret, &fallback, err))
		return (*err)->code;
	context = seccomp_init(fallback);
	if (!context)
		return error_set(err, ERROR_SYSTEM, "seccomp: libseccomp does not begin");
	/* no_new_privs is the container's own matter. The second gives a binary tree instead of a list. */
	seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0);
	seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (add_processors(context, profile, err) || add_rules(context, profile, fallback, err))
		return (*err)->code;
	put_stub(code, profile, fallback);
	return export(context, code, err);
}

int filter_compile(const struct oci_seccomp *profile, const char *folder, struct filter *ret,
		   struct error **err)
{
	/* The kept ones, which is the one thing here that outlives a call. */
	static struct text kept_key, kept_code;
	CLEANUP(text_drop) struct text code = {0};
	CLEANUP(memory_free) char *key = NULL;
	struct filter filter = {0};

	if (!profile->default_action) {
		*ret = filter;
		return 0;
	}
	for (char **name = profile->flags; name && *name; name++) {
		uint32_t flag = 0;

		if (LOOK_UP(flags, *name, "flag", &flag, err))
			return (*err)->code;
		filter.flags |= flag;
	}
	key = oci_seccomp_text(profile);
	if (strcmp(text_string(&kept_key), key) != 0) {
		if (!filter_store_read(folder, key, &code)) {
			if (compile(profile, &code, err))
				return (*err)->code;
			filter_store_write(folder, key, &code);
		}
		if (code.len % sizeof(struct sock_filter) ||
		    code.len / sizeof(struct sock_filter) > BPF_MAXINSNS)
			return error_set(err, ERROR_INVALID, "seccomp: the profile is too large");
		text_drop(&kept_key);
		text_drop(&kept_code);
		text_add(&kept_key, key);
		kept_code = code;
		code = (struct text){0};
	}
	filter.code = (struct sock_filter *)(void *)kept_code.data;
	filter.count = kept_code.len / sizeof(struct sock_filter);
	*ret = filter;
	return 0;
}

int filter_load(const struct filter *filter, struct error **err)
{
	struct sock_fprog program = {(unsigned short)filter->count, filter->code};

	if (filter->count && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter->flags, &program))
		return error_errno(err, errno, "cannot load the seccomp filter");
	return 0;
}
