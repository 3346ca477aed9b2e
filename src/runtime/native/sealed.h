#pragma once
/* 0 when this process runs from a sealed memfd; otherwise it executes itself from one. -1 and errno when it cannot. */
int run_sealed(char **argv, char **envp);
