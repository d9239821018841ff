#define _GNU_SOURCE
#include "cterminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

// Alternate screen, cursor, wrapping.
static const char enter[] = "\033[?1049h\033[?25l\033[?7l";
static const char leave[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

// Signals of faults and of the keyboard that end a process; a run handles the others itself.
static const int fatal[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP};
enum { fatal_count = sizeof fatal / sizeof fatal[0] };
static struct sigaction before[fatal_count];

// Lock-free, because handlers and other threads use it. `saved` belongs to the thread that set or cleared `shown`.
static atomic_int shown;
static atomic_int is_over;
static atomic_int terminal = -1;
static int has_saved;
static struct termios saved;

// Returns whether the terminal accepted everything, without waiting.
static int put(int descriptor, const char *bytes, size_t count) {
  // The descriptor itself may block if it could not be opened again.
  struct pollfd entry = {descriptor, POLLOUT, 0};
  if (poll(&entry, 1, 0) != 1 || !(entry.revents & POLLOUT)) return 0;
  return write(descriptor, bytes, count) == (ssize_t)count;
}

// Leaves the alternate screen even if the terminal accepts nothing: output stopped by Ctrl-S is resumed, and unread
// frames are discarded.
static void put_leave(int descriptor) {
  if (put(descriptor, leave, sizeof leave - 1)) return;
  // tcflow can only resume output that tcflow has stopped.
  tcflow(descriptor, TCOOFF);
  tcflow(descriptor, TCOON);
  if (put(descriptor, leave, sizeof leave - 1)) return;
  tcflush(descriptor, TCOFLUSH);
  put(descriptor, leave, sizeof leave - 1);
}

static void end(int number) {
  int error = errno;
  cterminal_end();
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
  // A shell without job control ignores it, and then it stays ignored.
  if (sigaction(SIGTSTP, NULL, &stopping) == 0 && stopping.sa_handler != SIG_IGN) {
    action.sa_handler = stop;
    sigaction(SIGTSTP, &action, NULL);
  }
  atexit(cterminal_end);
}

int cterminal_show(int descriptor) {
  if (shown) return 1;
  if (is_over) return 0;
  pid_t group = tcgetpgrp(descriptor);
  if (group != -1 && group != getpgrp()) return 0;
  install();
  terminal = descriptor;
  has_saved = 0;
  if (tcgetattr(descriptor, &saved) == 0) {
    struct termios silent = saved;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    has_saved = tcsetattr(descriptor, TCSANOW, &silent) == 0;
  }
  shown = 1;
  put(descriptor, enter, sizeof enter - 1);
  // Another thread may meanwhile have restored the terminal for good.
  if (is_over) put_leave(descriptor);
  return 1;
}

void cterminal_hide(void) {
  if (!atomic_exchange(&shown, 0)) return;
  put_leave(terminal);
  if (has_saved) tcsetattr(terminal, TCSANOW, &saved);
}

void cterminal_end(void) {
  is_over = 1;
  cterminal_hide();
}

int cterminal_is_shown(void) { return shown; }
