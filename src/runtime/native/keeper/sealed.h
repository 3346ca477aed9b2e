#pragma once
/*
 * 0 when this process runs from a sealed memfd; otherwise it executes itself from one, with the path of the file it was
 * started from as argv[0]. -1 and errno when it cannot.
 */
int run_sealed(char **argv, char **envp);
