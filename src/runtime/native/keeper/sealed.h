#pragma once
/*
 * 0 when this process runs from a sealed memfd; otherwise it executes itself from one, with the path of its original file as
 * argv[0]. -1 and errno when it can't.
 */
int run_sealed(char **argv, char **envp);
