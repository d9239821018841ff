// A set of sockets behind one descriptor, which poll(2) reports as readable while something has happened at any of them.
// So waiting costs the same however many sockets there are. It is epoll(7) on Linux and kqueue(2) on Darwin.
#pragma once
#include <stdint.h>

/// What a socket is watched for, and what happened there; the same bits as libcurl's.
enum { CSOCKETS_IN = 1, CSOCKETS_OUT = 2 };

/// Something that happened at a socket.
typedef struct {
  /// The number that its watch was given.
  uint64_t number;
  /// A broken socket counts as readable and writable: whoever reads or writes learns what is wrong.
  int happened;
} CSocketsHappening;

/// Makes an empty set, which is closed on exec. Returns -1 where the system has no descriptor for it.
int csockets_open(void);
/// Changes what a socket is watched for; 0 takes it out, which must come before it is closed.
///
/// `before` is what it has been watched for, 0 where it is not in the set. Its number may change only from there.
/// Returns -1 where the system has no room for it.
int csockets_watch(int set, int socket, int before, int wanted, uint64_t number);
/// Fills in what has happened and returns how many there are; does not wait. None is left out twice in a row.
int csockets_take(int set, CSocketsHappening *_Nonnull happenings, int maximum);
