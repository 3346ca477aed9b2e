#pragma once
/*
 * Arguments after the mode, see shim-protocol.ts; `binary` is the file from which the keeper was started, for the engine.
 * Returns the exit status.
 */
int keeper_main(int argc, char **argv, const char *binary);
