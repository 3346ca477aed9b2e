/* execve with a search of PATH. */
#pragma once
#include <stdbool.h>

/* Tries argv[0] as execvp would, by PATH of `env`; returns only on failure, with errno EACCES if a candidate was not executable. */
void exec_path(char *const argv[], char *const env[]);
/* Whether exec_path would find a file it may execute; else errno is as it would leave it. */
bool exec_path_exists(char *const argv[], char *const env[]);
