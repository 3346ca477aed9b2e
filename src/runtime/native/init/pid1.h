#pragma once
/* docker's --init: runs argv as a child, forwards signals to it, reaps orphans, exits as it exits. */
int pid1_main(char **argv, char **envp);
