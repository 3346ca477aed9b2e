/* execve with a search of PATH. */
#pragma once
#include <stdbool.h>

/*
 * Tries argv[0] like execvp, with PATH from `env`; returns only on failure, with errno EACCES if a candidate was not
 * executable.
 */
void exec_path(char *const argv[], char *const env[]);
/* Whether exec_path would find a file that it may execute; otherwise errno is set as by exec_path. */
bool exec_path_exists(char *const argv[], char *const env[]);
