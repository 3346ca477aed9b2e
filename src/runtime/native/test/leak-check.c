/*
 * For sanitizer builds, with -Wl,--wrap=_exit: keeper and monitor end by _exit, before which this looks for leaks. Not in a
 * process on its way into a container: it may not be traced, which the search requires.
 */
#include <sanitizer/lsan_interface.h>
#include <sys/prctl.h>

_Noreturn void __real__exit(int status);

_Noreturn void __wrap__exit(int status) {
  if (prctl(PR_GET_DUMPABLE) == 1) __lsan_do_leak_check();
  __real__exit(status);
}
