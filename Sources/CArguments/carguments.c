#include "carguments.h"

#include <stddef.h>

#if defined(__APPLE__)

#include <crt_externs.h>

char **carguments_values(void) { return *_NSGetArgv(); }

int carguments_count(void) { return *_NSGetArgc(); }

#else

#include <features.h>

static int count;
static char **values;

#ifdef __GLIBC__
// glibc calls a constructor with what main gets; other libraries call it with nothing.
__attribute__((constructor)) static void keep(int argument_count, char **arguments) {
  count = argument_count;
  values = arguments;
}
#endif

char **carguments_values(void) { return values; }

int carguments_count(void) { return count; }

#endif
