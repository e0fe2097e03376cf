/* SPDX-License-Identifier: MIT */
#include "engine/linux/cgroup.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "engine/linux/entry.h"

#define ANY                                                                                        \
	{                                                                                          \
		false, 0                                                                           \
	}
#define IS(n_)                                                                                     \
	{                                                                                          \
		true, n_                                                                           \
	}

static char character[] = "c", block[] = "b", make[] = "m", all_three[] = "rwm";

const struct oci_device_rule *cgroup_device_always(size_t *count)
{
	static const struct oci_device_rule rules[] = {
		{true, character, ANY, ANY, make},
		{true, block, ANY, ANY, make},
		{true, character, IS(1), IS(3), all_three},
		{true, character, IS(1), IS(8), all_three},
		{true, character, IS(1), IS(7), all_three},
		{true, character, IS(5), IS(0), all_three},
		{true, character, IS(1), IS(5), all_three},
		{true, character, IS(1), IS(9), all_three},
		/* The container's own terminals. */
		{true, character, IS(136), ANY, all_three},
		{true, character, IS(5), IS(2), all_three},
	};

	*count = ARRAY_LEN(rules);
	return rules;
}

typedef ARRAY(struct bpf_insn) program;

#define EVERY_ACCESS (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)

/* The registers: what is asked, in parts. */
enum {
	RESULT = BPF_REG_0,
	CONTEXT = BPF_REG_1,
	TYPE = BPF_REG_2,
	ACCESS = BPF_REG_3,
	MAJOR = BPF_REG_4,
	MINOR = BPF_REG_5,
	SCRATCH = BPF_REG_6
};

static void put(program *to, uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	array_push(to,
		   ((struct bpf_insn){
			   .code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm}));
}

static void put_head(program *to)
{
	put(to, BPF_LDX | BPF_MEM | BPF_W, TYPE, CONTEXT,
	    offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	put(to, BPF_ALU | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	put(to, BPF_ALU | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	put(to, BPF_ALU | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	put(to, BPF_LDX | BPF_MEM | BPF_W, MAJOR, CONTEXT,
	    offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	put(to, BPF_LDX | BPF_MEM | BPF_W, MINOR, CONTEXT,
	    offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
}

static int access_of(const struct oci_device_rule *rule)
{
	int access = 0;

	for (const char *c = rule->access ? rule->access : ""; *c; c++)
		access |= *c == 'r'   ? BPF_DEVCG_ACC_READ
			  : *c == 'w' ? BPF_DEVCG_ACC_WRITE
			  : *c == 'm' ? BPF_DEVCG_ACC_MKNOD
				      : 0;
	return access ? access : EVERY_ACCESS;
}

/* A rule that allows fits where it has all that is asked; one that refuses, where it has any of it. */
static void put_rule(program *to, const struct oci_device_rule *rule)
{
	char type = rule->type && *rule->type ? *rule->type : 'a';
	int access = type == 'a' ? EVERY_ACCESS : access_of(rule);
	bool major = type != 'a' && rule->major.set && rule->major.value >= 0;
	bool minor = type != 'a' && rule->minor.set && rule->minor.value >= 0;
	/* How many instructions stand between each jump and the next rule. */
	int16_t left = (int16_t)((type != 'a') + 3 * (access != EVERY_ACCESS) + major + minor + 2);

	if (type != 'a')
		put(to, BPF_JMP | BPF_JNE | BPF_K, TYPE, 0, --left,
		    type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	if (access != EVERY_ACCESS) {
		put(to, BPF_ALU | BPF_MOV | BPF_X, SCRATCH, ACCESS, 0, 0);
		put(to, BPF_ALU | BPF_AND | BPF_K, SCRATCH, 0, 0, access);
		left = (int16_t)(left - 3);
		if (rule->allow)
			put(to, BPF_JMP | BPF_JNE | BPF_X, SCRATCH, ACCESS, left, 0);
		else
			put(to, BPF_JMP | BPF_JEQ | BPF_K, SCRATCH, 0, left, 0);
	}
	if (major)
		put(to, BPF_JMP | BPF_JNE | BPF_K, MAJOR, 0, --left, (int32_t)rule->major.value);
	if (minor)
		put(to, BPF_JMP | BPF_JNE | BPF_K, MINOR, 0, --left, (int32_t)rule->minor.value);
	put(to, BPF_ALU64 | BPF_MOV | BPF_K, RESULT, 0, 0, rule->allow);
	put(to, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static bool about_all(const struct oci_device_rule *rule)
{
	return !rule->type || !*rule->type || *rule->type == 'a';
}

struct bpf_insn *cgroup_device_program(const struct oci_device_rule *rules, size_t count,
				       size_t *len, struct error **err)
{
	const struct oci_device_rule nothing = {false, NULL, ANY, ANY, NULL}, *always;
	size_t more;
	program code = {0};

	for (size_t i = 0; i < count; i++)
		if (rules[i].type && *rules[i].type &&
		    (strlen(rules[i].type) != 1 || !strchr("abc", *rules[i].type))) {
			error_set(err, ERROR_INVALID, "\"%s\" is no kind of device", rules[i].type);
			return NULL;
		}
	always = cgroup_device_always(&more);
	put_head(&code);
	while (more--)
		put_rule(&code, &always[more]);
	/* A rule about everything is the last that is reached, and the kernel takes no code that is not. */
	while (count-- && !about_all(&rules[count]))
		put_rule(&code, &rules[count]);
	put_rule(&code, count != SIZE_MAX ? &rules[count] : &nothing);
	*len = code.len;
	return code.items;
}

int cgroup_device_attach(int folder, const struct oci_device_rule *rules, size_t count,
			 struct error **err)
{
	static const char licence[] = "GPL";
	size_t len = 0;
	CLEANUP(memory_free) struct bpf_insn *code = cgroup_device_program(rules, count, &len, err);
	union bpf_attr attr = {0};

	if (!code)
		return (*err)->code;
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = (uint32_t)len;
	attr.license = (uintptr_t)licence;
	CLEANUP(entry_close) int loaded = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (loaded < 0)
		return error_errno(err, errno, "cannot load the rules of devices as a BPF program");
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)folder;
	attr.attach_bpf_fd = (uint32_t)loaded;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)))
		return error_errno(err, errno,
				   "cannot attach the rules of devices to the control group");
	return 0;
}
