#pragma once
/* docker's --init: runs argv as a child, forwards signals to it, reaps orphans, exits with its status. */
int pid1_main(char **argv, char **envp);
