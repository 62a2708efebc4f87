// SPDX-License-Identifier: Apache-2.0
/* Stands between a process and the files below one folder (LD_PRELOAD): counts what it does to
 * them, lets one of these operations fail, and writes all of them to a trace. For one thread.
 *
 * An operation is: create or empty a file, write, sync, truncate, rename, remove. The trace is read
 * by cuts.py; a record is a line `kind path number number`, and for a write the bytes after it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* How an operation fails. */
enum { REFUSED, KILLED_BEFORE, KILLED_AFTER, HALF, HALF_KILLED, DONE_AND_REFUSED, REFUSED_FROM_HERE };

static char folder[PATH_MAX];
static size_t folder_length;
static int fail_at, fail_how, fail_error, counted, trace = -1;

static int (*really_open)(const char *, int, ...);
static ssize_t (*really_write)(int, const void *, size_t);
static ssize_t (*really_pwrite)(int, const void *, size_t, off64_t);
static int (*really_fsync)(int), (*really_fdatasync)(int), (*really_unlink)(const char *);
static int (*really_truncate)(int, off64_t);
static int (*really_rename)(const char *, const char *);

__attribute__((constructor)) static void find_them(void) {
    *(void **)&really_open = dlsym(RTLD_NEXT, "open64");
    *(void **)&really_write = dlsym(RTLD_NEXT, "write");
    *(void **)&really_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    *(void **)&really_fsync = dlsym(RTLD_NEXT, "fsync");
    *(void **)&really_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    *(void **)&really_unlink = dlsym(RTLD_NEXT, "unlink");
    *(void **)&really_truncate = dlsym(RTLD_NEXT, "ftruncate64");
    *(void **)&really_rename = dlsym(RTLD_NEXT, "rename");
}

void disk_arm(const char *place, int number, int how, int error) {
    snprintf(folder, sizeof folder, "%s/", place);
    folder_length = strlen(folder);
    fail_at = number, fail_how = how, fail_error = error, counted = 0;
}

void disk_trace(int fd) { trace = fd; }

int disk_count(void) { return counted; }

static void record(char kind, const char *path, long long one, long long two, const void *data) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%c %s %lld %lld\n", kind, path, one, two);
    if (trace < 0) return;
    really_write(trace, line, length);
    if (data) really_write(trace, data, two);
}

void disk_mark(const char *text) { record('m', text, 0, 0, NULL); }

/* The name of fd below the folder, or NULL if it is not there. */
static const char *name_of(int fd) {
    static char path[PATH_MAX];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    if (!folder_length || strncmp(path, folder, folder_length) || strstr(path, " (deleted)")) {
        /* the folder itself is opened to be synced */
        if (folder_length && strncmp(path, folder, folder_length - 1) == 0 &&
            (size_t)length == folder_length - 1)
            return ".";
        return NULL;
    }
    return path + folder_length;
}

static const char *below(const char *path) {
    return folder_length && strncmp(path, folder, folder_length) == 0 ? path + folder_length : NULL;
}

/* Counts one operation; says how it fails, or -1. */
static int next(void) {
    counted += 1;
    if (fail_at && (counted == fail_at || (counted > fail_at && fail_how == REFUSED_FROM_HERE))) {
        if (fail_how == KILLED_BEFORE) raise(SIGKILL);
        return fail_how;
    }
    return -1;
}

/* What the caller is told once the operation was done with *result*. */
static long after(int how, long result) {
    if (how == KILLED_AFTER || how == HALF_KILLED) raise(SIGKILL);
    if (how == DONE_AND_REFUSED) {
        errno = fail_error;
        return -1;
    }
    return result;
}

static int refused(int how) {
    if (how == REFUSED || how == REFUSED_FROM_HERE) errno = fail_error;
    return how == REFUSED || how == REFUSED_FROM_HERE;
}

static int open_it(const char *path, int flags, mode_t mode) {
    const char *name = below(path);
    struct stat status;
    if (!name || !(flags & O_CREAT)) return really_open(path, flags, mode);
    int is_new = stat(path, &status) != 0;
    if (!is_new && !(flags & O_TRUNC)) return really_open(path, flags, mode);
    int how = next();
    if (refused(how)) return -1;
    int fd = really_open(path, flags, mode);
    if (fd >= 0 && is_new) record('c', name, 0, 0, NULL);
    if (fd >= 0 && !is_new) record('t', name, 0, 0, NULL);
    if (how == DONE_AND_REFUSED && fd >= 0) close(fd);
    return after(how, fd);
}

static ssize_t write_it(int fd, const void *data, size_t length, off64_t offset, int here) {
    const char *name = name_of(fd);
    if (!name) return here ? really_write(fd, data, length) : really_pwrite(fd, data, length, offset);
    int how = next();
    if (refused(how)) return -1;
    if (how == HALF || how == HALF_KILLED) length = (length + 1) / 2;
    if (here) offset = lseek64(fd, 0, SEEK_CUR);
    ssize_t done = here ? really_write(fd, data, length) : really_pwrite(fd, data, length, offset);
    if (done > 0) record('w', name, offset, done, data);
    return after(how, done);
}

static int sync_it(int fd, int (*really)(int)) {
    const char *name = name_of(fd);
    if (!name) return really(fd);
    int how = next();
    if (refused(how)) {
        record('x', name, 0, 0, NULL); /* what was not synced yet never will be */
        return -1;
    }
    int result = really(fd);
    record('s', name, 0, 0, NULL);
    return after(how, result);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_it(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_it(path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t length) { return write_it(fd, data, length, 0, 1); }

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    return write_it(fd, data, length, offset, 0);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    return write_it(fd, data, length, offset, 0);
}

int fsync(int fd) { return sync_it(fd, really_fsync); }

int fdatasync(int fd) { return sync_it(fd, really_fdatasync); }

int ftruncate64(int fd, off64_t length) {
    const char *name = name_of(fd);
    if (!name) return really_truncate(fd, length);
    int how = next();
    if (refused(how)) return -1;
    int result = really_truncate(fd, length);
    record('t', name, length, 0, NULL);
    return after(how, result);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int rename(const char *old, const char *new) {
    const char *name = below(old);
    char both[2 * PATH_MAX];
    if (!name || !below(new)) return really_rename(old, new);
    int how = next();
    if (refused(how)) return -1;
    int result = really_rename(old, new);
    snprintf(both, sizeof both, "%s>%s", name, below(new));
    if (result == 0) record('r', both, 0, 0, NULL);
    return after(how, result);
}

int unlink(const char *path) {
    const char *name = below(path);
    if (!name) return really_unlink(path);
    int how = next();
    if (refused(how)) return -1;
    int result = really_unlink(path);
    if (result == 0) record('u', name, 0, 0, NULL);
    return after(how, result);
}
