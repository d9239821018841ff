#include "csignalfd.h"

#if defined(__linux__)
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int csignalfd_open(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int index = 0; index < count; index++) sigaddset(&set, signals[index]);
  return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int csignalfd_next(int descriptor) {
  struct signalfd_siginfo info;
  return read(descriptor, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}
#endif
