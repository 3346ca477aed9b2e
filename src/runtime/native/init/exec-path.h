/* execve with a search of PATH. */
#pragma once
/* Tries argv[0] as execvp would, by PATH of `env`; returns only on failure, with errno EACCES if a candidate was not executable. */
void exec_path(char *const argv[], char *const env[]);
