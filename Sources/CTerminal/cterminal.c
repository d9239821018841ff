#define _GNU_SOURCE
#include "cterminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

// Alternate screen, cursor, wrapping.
static const char enter[] = "\033[?1049h\033[?25l\033[?7l";
static const char leave[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

// What ends a process by a fault or by the keyboard; the signals that a run takes over come to its own end.
static const int fatal[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP};
enum { fatal_count = sizeof fatal / sizeof fatal[0] };
static struct sigaction before[fatal_count];

static volatile sig_atomic_t shown;
static volatile sig_atomic_t terminal = -1;
static volatile sig_atomic_t has_saved;
static struct termios saved;

static void put(int descriptor, const char *bytes, size_t count) {
  // What a terminal does not take now cannot be waited for in a handler.
  ssize_t written = write(descriptor, bytes, count);
  (void)written;
}

static void end(int number) {
  int error = errno;
  cterminal_hide();
  for (int index = 0; index < fatal_count; index++)
    if (fatal[index] == number) sigaction(number, &before[index], NULL);
  errno = error;
  raise(number);
}

static void stop(int number) {
  (void)number;
  int error = errno;
  cterminal_hide();
  raise(SIGSTOP);
  errno = error;
}

static void install(void) {
  static int is_installed;
  if (is_installed) return;
  is_installed = 1;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART | SA_NODEFER;
  action.sa_handler = end;
  for (int index = 0; index < fatal_count; index++) sigaction(fatal[index], &action, &before[index]);
  struct sigaction stopping;
  // A shell without jobs has it ignored, and then so it stays.
  if (sigaction(SIGTSTP, NULL, &stopping) == 0 && stopping.sa_handler != SIG_IGN) {
    action.sa_handler = stop;
    sigaction(SIGTSTP, &action, NULL);
  }
  atexit(cterminal_hide);
}

int cterminal_open(int descriptor) {
  char path[256];
  if (ttyname_r(descriptor, path, sizeof path) != 0) return -1;
  return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int cterminal_show(int descriptor) {
  if (shown) return 1;
  pid_t group = tcgetpgrp(descriptor);
  if (group != -1 && group != getpgrp()) return 0;
  install();
  terminal = descriptor;
  if (tcgetattr(descriptor, &saved) == 0) {
    struct termios silent = saved;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    has_saved = tcsetattr(descriptor, TCSANOW, &silent) == 0;
  }
  shown = 1;
  put(descriptor, enter, sizeof enter - 1);
  return 1;
}

void cterminal_hide(void) {
  if (!shown) return;
  shown = 0;
  put(terminal, leave, sizeof leave - 1);
  if (has_saved) tcsetattr(terminal, TCSANOW, &saved);
}

int cterminal_is_shown(void) { return shown; }
