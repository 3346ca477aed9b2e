// Modes of what tests write must not depend on who runs them.
process.umask(0o022);
