/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

#include <uv.h>
#include <windows.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/wide.h"

struct file_lock {
	HANDLE file;
};

/* NTFS keeps renames in its own journal; a folder cannot be flushed without rights that users do
 * not have. */
void file_sync_folder_(const char *path)
{
	(void)path;
}

/* Windows' locks keep others from reading what is locked: the byte that is locked lies far behind
 * the number. */
static OVERLAPPED locked_byte(void)
{
	return (OVERLAPPED){.OffsetHigh = 0x40000000};
}

/* Without security attributes a handle is not inherited. Nobody may delete or rename the file while
 * it is open. */
static HANDLE open_lock(const char *path, DWORD access, DWORD disposition)
{
	CLEANUP(memory_free) wchar_t *wide = wide_from(path);

	return CreateFileW(wide, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition,
			   FILE_ATTRIBUTE_NORMAL, NULL);
}

static void empty(HANDLE file)
{
	SetFilePointer(file, 0, NULL, FILE_BEGIN);
	SetEndOfFile(file);
}

int file_lock_take(const char *path, struct file_lock **ret, struct error **err)
{
	HANDLE file = open_lock(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS);
	OVERLAPPED byte = locked_byte();
	char number[32];
	DWORD written;

	if (file == INVALID_HANDLE_VALUE)
		return error_uv(err, uv_translate_sys_error((int)GetLastError()),
				"cannot open the lock %s", path);
	if (!LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
			&byte)) {
		DWORD reason = GetLastError();

		CloseHandle(file);
		if (reason == ERROR_LOCK_VIOLATION || reason == ERROR_IO_PENDING)
			return error_set(err, ERROR_CONFLICT,
					 "%s is locked by another process (%ld)", path,
					 file_lock_holder(path));
		return error_uv(err, uv_translate_sys_error((int)reason), "cannot lock %s", path);
	}
	/* The number is for messages only: a full disk does not keep anybody from the lock. */
	empty(file);
	WriteFile(file, number,
		  (DWORD)snprintf(number, sizeof(number), "%lu\n", GetCurrentProcessId()), &written,
		  NULL);
	*ret = memory_zero(1, sizeof(**ret));
	(*ret)->file = file;
	return 0;
}

void file_lock_drop(struct file_lock **lock)
{
	OVERLAPPED byte = locked_byte();

	if (!*lock)
		return;
	empty((*lock)->file);
	UnlockFileEx((*lock)->file, 0, 1, 0, &byte);
	CloseHandle((*lock)->file);
	free(*lock);
	*lock = NULL;
}

long file_lock_holder(const char *path)
{
	HANDLE file = open_lock(path, GENERIC_READ, OPEN_EXISTING);
	char number[32] = "";
	DWORD count = 0;

	if (file == INVALID_HANDLE_VALUE)
		return 0;
	if (!ReadFile(file, number, sizeof(number) - 1, &count, NULL))
		count = 0;
	CloseHandle(file);
	return count ? strtol(number, NULL, 10) : 0;
}
