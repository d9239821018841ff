#include "carguments.h"

#include <stddef.h>
#include <sys/resource.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

void carguments_keep_memory(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__)
  // The core limit is ignored if a program receives the dumps.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

#if defined(__APPLE__)

#include <crt_externs.h>

char **carguments_values(void) { return *_NSGetArgv(); }

int carguments_count(void) { return *_NSGetArgc(); }

#else

#include <features.h>

static int count;
static char **values;

#ifdef __GLIBC__
// glibc passes the arguments of main to constructors; other C libraries pass nothing.
__attribute__((constructor)) static void keep(int argument_count, char **arguments) {
  count = argument_count;
  values = arguments;
}
#endif

char **carguments_values(void) { return values; }

int carguments_count(void) { return count; }

#endif
