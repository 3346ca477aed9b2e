#pragma once
/*
 * Settings that the shell of the command which happened to start the keeper has made for itself (ulimit, nice, taskset,
 * setarch, an OOM score) must not apply to the engine and every container. What may not be changed stays.
 */
void drop_inherited_state(void);
