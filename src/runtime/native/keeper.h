#pragma once
/* Arguments after the mode; see shim-protocol.ts. Returns the exit status. */
int keeper_main(int argc, char **argv, char **envp);
