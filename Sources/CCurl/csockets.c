#include "csockets.h"

enum { MAXIMUM_TAKEN = 64 };

static int smaller(int left, int right) { return left < right ? left : right; }

#if defined(__linux__)
#include <sys/epoll.h>

int csockets_open(void) { return epoll_create1(EPOLL_CLOEXEC); }

int csockets_watch(int set, int socket, int before, int wanted, uint64_t number) {
  struct epoll_event event = {.data.u64 = number};
  if (wanted & CSOCKETS_IN) event.events |= EPOLLIN;
  if (wanted & CSOCKETS_OUT) event.events |= EPOLLOUT;
  return epoll_ctl(set, !wanted ? EPOLL_CTL_DEL : before ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
}

int csockets_take(int set, CSocketsActivity *activities, int maximum) {
  struct epoll_event events[MAXIMUM_TAKEN];
  int count = epoll_wait(set, events, smaller(maximum, MAXIMUM_TAKEN), 0);
  for (int index = 0; index < count; index++) {
    uint32_t ready = events[index].events;
    activities[index] = (CSocketsActivity){.number = events[index].data.u64};
    if (ready & (EPOLLIN | EPOLLERR | EPOLLHUP)) activities[index].flags |= CSOCKETS_IN;
    if (ready & (EPOLLOUT | EPOLLERR | EPOLLHUP)) activities[index].flags |= CSOCKETS_OUT;
  }
  return count;
}

#else
#include <fcntl.h>
#include <sys/event.h>
#include <sys/time.h>

int csockets_open(void) {
  int set = kqueue();
  if (set >= 0) fcntl(set, F_SETFD, FD_CLOEXEC);
  return set;
}

static int filter(int set, int socket, int kind, int before, int wanted, uint64_t number) {
  struct kevent change;
  if (!before == !wanted) return 0;
  EV_SET(&change, socket, kind, wanted ? EV_ADD : EV_DELETE, 0, 0, (void *)(uintptr_t)number);
  return kevent(set, &change, 1, 0, 0, 0);
}

int csockets_watch(int set, int socket, int before, int wanted, uint64_t number) {
  int read = filter(set, socket, EVFILT_READ, before & CSOCKETS_IN, wanted & CSOCKETS_IN, number);
  int write = filter(set, socket, EVFILT_WRITE, before & CSOCKETS_OUT, wanted & CSOCKETS_OUT, number);
  return read < 0 ? read : write;
}

int csockets_take(int set, CSocketsActivity *activities, int maximum) {
  struct kevent events[MAXIMUM_TAKEN];
  struct timespec at_once = {0, 0};
  int count = kevent(set, 0, 0, events, smaller(maximum, MAXIMUM_TAKEN), &at_once);
  for (int index = 0; index < count; index++) {
    activities[index] = (CSocketsActivity){
        .number = (uint64_t)(uintptr_t)events[index].udata,
        .flags = events[index].filter == EVFILT_READ ? CSOCKETS_IN : CSOCKETS_OUT};
  }
  return count;
}
#endif
