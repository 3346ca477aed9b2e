#pragma once
/*
 * What the shell of the command that happened to start the keeper has set for itself (ulimit, nice, taskset, setarch, an OOM score)
 * must not hold for the engine and every container. What may not be changed stays.
 */
void drop_inherited_state(void);
