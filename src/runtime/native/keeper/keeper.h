#pragma once
/*
 * Arguments after the mode, see shim-protocol.ts; `binary` is the file the keeper was started from, for the engine.
 * Returns the exit status.
 */
int keeper_main(int argc, char **argv, const char *binary);
